// Start: theme with the response's nonce, the cache of the server's data, the session, live updates, the pages.
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./theme/global.css";

import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { Problem } from "./api/problem";
import { LiveProvider } from "./live/LiveProvider";
import { router } from "./routes/router";
import { SessionProvider } from "./session/SessionProvider";
import { theme, variables } from "./theme/theme";

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";

const client = new QueryClient({
    defaultOptions: {
        queries: {
            staleTime: 5_000,
            // A refusal stays a refusal; only what might be a passing failure is tried again.
            retry: (count, error) => count < 2 && (!(error instanceof Problem) || error.status === 0 || error.status >= 500),
            refetchOnWindowFocus: "always",
        },
    },
});

const root = document.getElementById("root");
if (root)
    createRoot(root).render(
        <StrictMode>
            <MantineProvider
                theme={theme}
                cssVariablesResolver={variables}
                defaultColorScheme="auto"
                getStyleNonce={() => nonce}
            >
                <Notifications position="bottom-right" limit={4} />
                <QueryClientProvider client={client}>
                    <SessionProvider>
                        <LiveProvider>
                            <RouterProvider router={router} />
                        </LiveProvider>
                    </SessionProvider>
                </QueryClientProvider>
            </MantineProvider>
        </StrictMode>,
    );
