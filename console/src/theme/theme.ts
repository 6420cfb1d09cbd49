// Mantine's theme: dense, system fonts (nothing is loaded from elsewhere), contrast that axe accepts in both schemes.
import { Alert, createTheme, type CSSVariablesResolver, Drawer, Menu, Modal, Notification, Tooltip } from "@mantine/core";

import { tokenVariables } from "./tokens";

export const theme = createTheme({
    primaryColor: "cordon",
    primaryShade: { light: 7, dark: 6 },
    autoContrast: true,
    colors: {
        cordon: [
            "#eef3fc", "#dbe5f7", "#b4c9ee", "#8aabe5", "#6891dd", "#4a78cf", "#3566bf", "#1f4b99", "#1a4084", "#12305f",
        ],
    },
    fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif",
    fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Noto Sans Mono', 'Liberation Mono', monospace",
    fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.125rem" },
    headings: {
        fontWeight: "600",
        sizes: {
            h1: { fontSize: "1.25rem", lineHeight: "1.3" },
            h2: { fontSize: "0.9375rem", lineHeight: "1.4" },
            h3: { fontSize: "0.875rem", lineHeight: "1.4" },
        },
    },
    defaultRadius: "sm",
    respectReducedMotion: true,
    components: {
        // Mantine's own colour of an alert's heading is too pale on its ground.
        Alert: Alert.extend({ styles: { title: { color: "var(--mantine-color-text)" } } }),
        // No lock: it writes a style element without the nonce, which the server's policy refuses; the page scrolls in itself.
        Drawer: Drawer.extend({ defaultProps: { lockScroll: false } }),
        Modal: Modal.extend({
            defaultProps: { centered: true, lockScroll: false, closeButtonProps: { "aria-label": "Close" } },
        }),
        // Its first element would take the focus although it is said to be none.
        Menu: Menu.extend({ defaultProps: { withInitialFocusPlaceholder: false } }),
        Notification: Notification.extend({ styles: { description: { color: "var(--mantine-color-dimmed)" } } }),
        Tooltip: Tooltip.extend({ defaultProps: { events: { hover: true, focus: true, touch: true }, withArrow: true } }),
    },
});

/** What Mantine's defaults leave too pale, and Cordon's own tokens. */
export const variables: CSSVariablesResolver = () => ({
    variables: {},
    light: {
        ...tokenVariables("light"),
        "--mantine-color-anchor": "#1f4b99",
        "--mantine-color-dimmed": "#555d66",
        "--mantine-color-placeholder": "#666e77",
        "--mantine-color-error": "#a81414",
        "--page-ground": "#f6f7f9",
        "--panel-ground": "#ffffff",
        "--line": "#dde1e6",
        "--row-hover": "#f0f4fb",
        "--row-active": "#e1eafb",
    },
    dark: {
        ...tokenVariables("dark"),
        "--mantine-color-body": "#16191d",
        "--mantine-color-anchor": "#a5c4ff",
        "--mantine-color-dimmed": "#a3abb4",
        "--mantine-color-placeholder": "#98a1ab",
        "--mantine-color-error": "#ff9c9c",
        "--page-ground": "#16191d",
        "--panel-ground": "#1e2226",
        "--line": "#343a41",
        "--row-hover": "#252b33",
        "--row-active": "#22324f",
    },
});
