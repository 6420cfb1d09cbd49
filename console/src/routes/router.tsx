// All addresses of the console. Each page is a file of its own that is loaded when it is first visited.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";

import { ErrorState, LoadingLines } from "../components/states";
import { parseSearch, stringifySearch } from "../lib/search";
import { Shell } from "../shell/Shell";
import { NotFound } from "./NotFound";
import { actionsSearch, alertSearch, alertsSearch, deviceSearch, devicesSearch } from "./search";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const overview = createRoute({
    getParentRoute: () => root,
    path: "/",
    component: lazyRouteComponent(() => import("../pages/overview/OverviewPage"), "OverviewPage"),
});

const alerts = createRoute({
    getParentRoute: () => root,
    path: "/alerts",
    validateSearch: alertsSearch,
    component: lazyRouteComponent(() => import("../pages/alerts/AlertsPage"), "AlertsPage"),
});

const alert = createRoute({
    getParentRoute: () => root,
    path: "/alerts/$id",
    validateSearch: alertSearch,
    component: lazyRouteComponent(() => import("../pages/alert/AlertPage"), "AlertPage"),
});

const devices = createRoute({
    getParentRoute: () => root,
    path: "/devices",
    validateSearch: devicesSearch,
    component: lazyRouteComponent(() => import("../pages/devices/DevicesPage"), "DevicesPage"),
});

const device = createRoute({
    getParentRoute: () => root,
    path: "/devices/$id",
    validateSearch: deviceSearch,
    component: lazyRouteComponent(() => import("../pages/device/DevicePage"), "DevicePage"),
});

const actions = createRoute({
    getParentRoute: () => root,
    path: "/actions",
    validateSearch: actionsSearch,
    component: lazyRouteComponent(() => import("../pages/actions/ActionsPage"), "ActionsPage"),
});

export const router = createRouter({
    routeTree: root.addChildren([overview, alerts, alert, devices, device, actions]),
    parseSearch,
    stringifySearch,
    defaultPreload: "intent",
    defaultPendingComponent: LoadingLines,
    defaultErrorComponent: ({ error, reset }) => (
        <ErrorState title="This page could not be shown" error={error} onRetry={reset} />
    ),
});

declare module "@tanstack/react-router" {
    interface Register {
        router: typeof router;
    }
}
