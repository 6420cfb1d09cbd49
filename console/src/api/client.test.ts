import { describe, expect, it, vi } from "vitest";

import { answer } from "../../tests/render";
import { api, data, onSessionLost, setCsrf } from "./client";
import { Problem } from "./problem";

function serve(response: Response) {
    const calls: Request[] = [];
    vi.stubGlobal("fetch", (request: Request) => {
        calls.push(request);
        return Promise.resolve(response);
    });
    return calls;
}

describe("calls", () => {
    it("carry the CSRF token when they change something, and only then", async () => {
        setCsrf("secret");
        let calls = serve(answer(200, {}));
        await api.GET("/api/v1/overview");
        expect(calls[0]?.headers.has("X-CSRF-Token")).toBe(false);
        calls = serve(answer(200, {}));
        await api.POST("/api/v1/alerts/{id}/ack", { params: { path: { id: "a/b" } }, body: {} });
        expect(calls[0]?.headers.get("X-CSRF-Token")).toBe("secret");
        expect(new URL(calls[0]?.url ?? "").pathname).toBe("/api/v1/alerts/a%2Fb/ack");
    });

    it("throw the server's own sentence", async () => {
        serve(answer(404, { type: "about:blank", title: "not found", status: 404, detail: "there is no alert 'x'", code: "E_NOT_FOUND" }));
        const call = data(api.GET("/api/v1/alerts/{id}", { params: { path: { id: "x" } } }));
        await expect(call).rejects.toMatchObject({ status: 404, code: "E_NOT_FOUND", message: "There is no alert 'x'." });
    });

    it("say something when a proxy answers a page", async () => {
        serve(new Response("<h1>Bad gateway</h1>", { status: 502 }));
        await expect(data(api.GET("/api/v1/overview"))).rejects.toThrow("The server answered 502 without an explanation.");
    });

    it("tell that the session is gone, but not for a failed sign-in", async () => {
        const lost = vi.fn();
        const stop = onSessionLost(lost);
        const problem = { type: "about:blank", title: "x", status: 401, code: "E_AUTH" };
        serve(answer(401, problem));
        await expect(api.POST("/api/v1/session", { body: { name: "a", password: "b" } })).rejects.toBeInstanceOf(Problem);
        expect(lost).not.toHaveBeenCalled();
        serve(answer(401, problem));
        await expect(api.GET("/api/v1/overview")).rejects.toThrow("Your session had ended, so nothing was done.");
        expect(lost).toHaveBeenCalledOnce();
        stop();
    });

    it("tell how long to wait", async () => {
        serve(answer(429, { detail: "too many failed log-ins from this address", code: "E_RATE" }, { "Retry-After": "60" }));
        await expect(api.POST("/api/v1/session", { body: { name: "a", password: "b" } })).rejects.toMatchObject({ retryAfterS: 60 });
    });
});
