// The one way to the server: typed calls that return the data or throw a Problem. Adds the CSRF token to everything that
// changes something, and tells the session when the server no longer knows it.
import createClient, { type Middleware } from "openapi-fetch";

import { Problem, problemOf } from "./problem";
import type { paths } from "./schema";

let csrf = "";
const lostListeners = new Set<() => void>();

/** The token that GET /session gave; empty before signing in. */
export function setCsrf(token: string | undefined): void {
    csrf = token ?? "";
}

/** Be told when a call was answered 401. Returns the way to stop. */
export function onSessionLost(listener: () => void): () => void {
    lostListeners.add(listener);
    return () => {
        lostListeners.delete(listener);
    };
}

const guard: Middleware = {
    onRequest({ request }) {
        if (csrf && request.method !== "GET" && request.method !== "HEAD") request.headers.set("X-CSRF-Token", csrf);
        return request;
    },
    async onResponse({ request, response }) {
        if (response.ok) return undefined;
        // A failed sign-in is 401 too, but no lost session.
        const signingIn = new URL(request.url).pathname === "/api/v1/session";
        if (response.status === 401 && !signingIn) {
            for (const listener of lostListeners) listener();
            throw new Problem(401, "E_AUTH", "Your session had ended, so nothing was done. Try again once you are signed in.");
        }
        throw await problemOf(response);
    },
};

export const api = createClient<paths>({
    baseUrl: window.location.origin,
    credentials: "same-origin",
    headers: { Accept: "application/json" },
    // Lists as ?state=open,closed.
    querySerializer: { array: { style: "form", explode: false } },
    // Looked up at each call, so that a test can put its own in place.
    fetch: (request: Request) => globalThis.fetch(request),
});
api.use(guard);

/** The data of a call: `await data(api.GET(...))`. Errors were thrown already. */
export async function data<T>(call: Promise<{ data?: T }>): Promise<T> {
    const answer = await call;
    return answer.data as T;
}
