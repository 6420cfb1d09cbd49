// The frame of every page: sidebar, top bar, skip link, the keys that work everywhere.
import { AppShell, Burger, Group, NavLink, ScrollArea, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBolt, IconDevices, IconLayoutDashboard, IconUrgent } from "@tabler/icons-react";
import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

import { LiveIndicator } from "../live/LiveIndicator";
import { useSession } from "../session/SessionContext";
import { useShortcuts } from "../settings/shortcuts";
import icon from "../theme/icon.svg";
import { AccountMenu } from "./AccountMenu";
import { HelpDialog } from "./HelpDialog";
import classes from "./Shell.module.css";
import { ZoneSwitch } from "./ZoneSwitch";

const PLACES = [
    { to: "/", label: "Overview", icon: IconLayoutDashboard, permission: "devices.read" },
    { to: "/alerts", label: "Alerts", icon: IconUrgent, permission: "alerts.read" },
    { to: "/devices", label: "Devices", icon: IconDevices, permission: "devices.read" },
    { to: "/actions", label: "Actions", icon: IconBolt, permission: "actions.read" },
] as const;

export function Shell() {
    const { can } = useSession();
    const navigate = useNavigate();
    const path = useRouterState({ select: (state) => state.location.pathname });
    const [menu, { toggle: toggleMenu, close: closeMenu }] = useDisclosure(false);
    const [help, { open: openHelp, close: closeHelp }] = useDisclosure(false);
    const main = useRef<HTMLElement>(null);
    const before = useRef(path);

    // A new page is read from its beginning; without this the focus would stay in the sidebar.
    useEffect(() => {
        if (before.current === path) return;
        before.current = path;
        main.current?.focus({ preventScroll: true });
    }, [path]);

    useShortcuts({
        "?": openHelp,
        "g o": () => void navigate({ to: "/" }),
        "g a": () => void navigate({ to: "/alerts" }),
        "g d": () => void navigate({ to: "/devices" }),
        "g c": () => void navigate({ to: "/actions" }),
        "/": () => {
            const field = document.querySelector<HTMLInputElement>("[data-search-field]");
            if (field) field.focus();
            else void navigate({ to: "/devices" });
        },
    });

    return (
        <AppShell
            header={{ height: 46 }}
            navbar={{ width: 168, breakpoint: "sm", collapsed: { mobile: !menu } }}
            padding={0}
        >
            <a href="#main" className="skip-link">
                Skip to the content
            </a>
            <AppShell.Header className={classes.header}>
                <Group gap="sm" wrap="nowrap">
                    <Burger opened={menu} onClick={toggleMenu} hiddenFrom="sm" size="sm" aria-label="Pages" />
                    <img src={icon} width={24} height={24} alt="" />
                    <Text fw={700} size="md" className="wide-only">
                        Cordon
                    </Text>
                </Group>
                <Group gap="xs" wrap="nowrap">
                    <LiveIndicator />
                    <ZoneSwitch />
                    <AccountMenu onHelp={openHelp} />
                </Group>
            </AppShell.Header>
            <AppShell.Navbar className={classes.navbar} aria-label="Pages" data-closed={!menu || undefined}>
                <ScrollArea>
                    {PLACES.filter((place) => can(place.permission)).map((place) => (
                        <NavLink
                            key={place.to}
                            component={Link}
                            to={place.to}
                            label={place.label}
                            leftSection={<place.icon size={17} aria-hidden />}
                            active={place.to === "/" ? path === "/" : path.startsWith(place.to)}
                            aria-current={(place.to === "/" ? path === "/" : path.startsWith(place.to)) ? "page" : undefined}
                            onClick={closeMenu}
                            className={classes.place}
                        />
                    ))}
                </ScrollArea>
            </AppShell.Navbar>
            <AppShell.Main id="main" ref={main} tabIndex={-1} className={classes.main}>
                <Outlet />
            </AppShell.Main>
            <HelpDialog opened={help} onClose={closeHelp} />
        </AppShell>
    );
}
