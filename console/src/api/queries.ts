// Every read of the server, with its key. Keys begin with the kind of record, so that a live message can say "alerts".
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import { api, data, setCsrf } from "./client";
import type {
    Action,
    ActionFilter,
    ActionType,
    Alert,
    AlertFilter,
    AlertSummary,
    Device,
    DeviceFilter,
    Overview,
    Page,
    Session,
} from "./types";

export const PAGE_ITEMS = 100;

export const sessionQuery = queryOptions({
    queryKey: ["session"],
    queryFn: async (): Promise<Session> => {
        const session: Session = await data(api.GET("/api/v1/session"));
        setCsrf(session.csrf);
        return session;
    },
    staleTime: Infinity,
});

export const overviewQuery = queryOptions({
    queryKey: ["overview"],
    queryFn: (): Promise<Overview> => data(api.GET("/api/v1/overview")),
});

const NEWEST = 8;

/** The newest alerts that are not closed, for the overview. */
export const newestAlertsQuery = queryOptions({
    queryKey: ["recent-alerts"],
    queryFn: (): Promise<Page<AlertSummary>> =>
        data(api.GET("/api/v1/alerts", { params: { query: { limit: NEWEST, state: ["open", "acknowledged"] } } })),
});

export const newestActionsQuery = queryOptions({
    queryKey: ["recent-actions"],
    queryFn: (): Promise<Page<Action>> => data(api.GET("/api/v1/actions", { params: { query: { limit: NEWEST } } })),
});

/** Options of a list that is loaded page by page. */
function pages<F extends { cursor?: string; limit?: number }, T>(
    key: string,
    filter: F,
    load: (query: F) => Promise<Page<T>>,
) {
    const whole = { limit: PAGE_ITEMS, ...filter };
    return infiniteQueryOptions({
        queryKey: [key, whole] as const,
        queryFn: ({ pageParam }) => load(pageParam ? { ...whole, cursor: pageParam } : whole),
        initialPageParam: "",
        getNextPageParam: (last: Page<T>) => last.next,
        placeholderData: keepPreviousData,
    });
}

export const alertsQuery = (filter: AlertFilter) =>
    pages<AlertFilter, AlertSummary>("alerts", filter, (query) => data(api.GET("/api/v1/alerts", { params: { query } })));

export const devicesQuery = (filter: DeviceFilter) =>
    pages<DeviceFilter, Device>("devices", filter, (query) => data(api.GET("/api/v1/devices", { params: { query } })));

export const actionsQuery = (filter: ActionFilter) =>
    pages<ActionFilter, Action>("actions", filter, (query) => data(api.GET("/api/v1/actions", { params: { query } })));

export const deviceQuery = (id: string) =>
    queryOptions({
        queryKey: ["device", id],
        queryFn: (): Promise<Device> => data(api.GET("/api/v1/devices/{id}", { params: { path: { id } } })),
    });

export const alertQuery = (id: string) =>
    queryOptions({
        queryKey: ["alert", id],
        queryFn: (): Promise<Alert> => data(api.GET("/api/v1/alerts/{id}", { params: { path: { id } } })),
    });

export const actionQuery = (id: string) =>
    queryOptions({
        queryKey: ["action", id],
        queryFn: (): Promise<Action> => data(api.GET("/api/v1/actions/{id}", { params: { path: { id } } })),
    });

/** What can be done to a device, what it costs and what undoes it. The same as long as the server runs. */
export const actionTypesQuery = queryOptions({
    queryKey: ["action-types"],
    queryFn: async (): Promise<ActionType[]> => (await data(api.GET("/api/v1/action-types"))).items,
    staleTime: Infinity,
});

/** The newest few of one device, for pages that show them beside something else. */
export const recentActionsQuery = (device: string, limit: number) =>
    queryOptions({
        queryKey: ["recent-actions", { device, limit }],
        queryFn: async (): Promise<Action[]> =>
            (await data(api.GET("/api/v1/actions", { params: { query: { device, limit } } }))).items,
    });
