// Render with the theme and an empty cache, as the pages have it.
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";

import { theme } from "../src/theme/theme";

export function show(node: ReactNode, client = new QueryClient({ defaultOptions: { queries: { retry: false } } })) {
    return render(
        <MantineProvider theme={theme} env="test">
            <QueryClientProvider client={client}>{node}</QueryClientProvider>
        </MantineProvider>,
    );
}

/** An answer of the server. */
export function answer(status: number, body: unknown, headers: Record<string, string> = {}): Response {
    const type = status < 400 ? "application/json" : "application/problem+json";
    return new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { "Content-Type": type, ...headers } });
}
