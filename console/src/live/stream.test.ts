import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { LiveApplier } from "./apply";
import { type LiveMessage, parseMessage } from "./messages";
import { type LiveState, openStream } from "./stream";

/** A stream whose other end is the test. */
class FakeSource extends EventTarget {
    static readonly CLOSED = 2;
    static all: FakeSource[] = [];
    readyState = 0;
    onerror: (() => void) | undefined;
    constructor(readonly url: string) {
        super();
        FakeSource.all.push(this);
    }
    close() {
        this.readyState = FakeSource.CLOSED;
    }
    say(event: string, body: unknown) {
        this.dispatchEvent(new MessageEvent(event, { data: typeof body === "string" ? body : JSON.stringify(body) }));
    }
    fail(readyState: number) {
        this.readyState = readyState;
        this.onerror?.();
    }
}

function latest(): FakeSource {
    const source = FakeSource.all.at(-1);
    if (!source) throw new Error("no stream was opened");
    return source;
}

function start() {
    const messages: LiveMessage[] = [];
    const states: LiveState[] = [];
    const onRefused = vi.fn();
    const stop = openStream({ onMessage: (m) => messages.push(m), onState: (s) => states.push(s), onRefused });
    return { messages, states, onRefused, stop };
}

beforeEach(() => {
    FakeSource.all = [];
    vi.stubGlobal("EventSource", FakeSource);
    vi.useFakeTimers();
});

afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
});

describe("the stream", () => {
    it("is live after hello, and passes messages on", () => {
        const { messages, states } = start();
        expect(states).toEqual(["connecting"]);
        latest().say("hello", { epoch: "e1" });
        latest().say("alert", { id: "a", change: "new", state: "open", level: "high", title: "t", device: "d", time: "x" });
        expect(states.at(-1)).toBe("live");
        expect(messages.map((m) => m.event)).toEqual(["hello", "alert"]);
    });

    it("lets the browser reconnect after a broken connection, without a reset", () => {
        const { messages, states, onRefused } = start();
        latest().say("hello", { epoch: "e1" });
        latest().fail(0);
        expect(states.at(-1)).toBe("reconnecting");
        latest().say("hello", { epoch: "e1" });
        expect(states.at(-1)).toBe("live");
        expect(messages.some((m) => m.event === "reset")).toBe(false);
        expect(onRefused).not.toHaveBeenCalled();
        expect(FakeSource.all).toHaveLength(1);
    });

    it("asks for everything again when the server was started anew", () => {
        const { messages } = start();
        latest().say("hello", { epoch: "e1" });
        latest().fail(0);
        latest().say("hello", { epoch: "e2" });
        expect(messages.map((m) => m.event)).toEqual(["hello", "reset", "hello"]);
    });

    it("passes the server's own reset on", () => {
        const { messages } = start();
        latest().say("hello", { epoch: "e1" });
        latest().say("reset", {});
        expect(messages.at(-1)).toEqual({ event: "reset" });
    });

    it("opens a new stream after a refusal, later each time, and then resets", () => {
        const { messages, onRefused } = start();
        latest().say("hello", { epoch: "e1" });
        latest().fail(FakeSource.CLOSED);
        expect(onRefused).toHaveBeenCalledOnce();
        vi.advanceTimersByTime(1_400);
        expect(FakeSource.all).toHaveLength(1);
        vi.advanceTimersByTime(1_200);
        expect(FakeSource.all).toHaveLength(2);
        latest().fail(FakeSource.CLOSED);
        vi.advanceTimersByTime(2_900);
        expect(FakeSource.all).toHaveLength(2);
        vi.advanceTimersByTime(2_200);
        expect(FakeSource.all).toHaveLength(3);
        latest().say("hello", { epoch: "e1" });
        expect(messages.map((m) => m.event)).toEqual(["hello", "reset", "hello"]);
    });

    it("stays closed when it was closed", () => {
        const { stop } = start();
        latest().fail(FakeSource.CLOSED);
        stop();
        vi.advanceTimersByTime(120_000);
        expect(FakeSource.all).toHaveLength(1);
    });
});

describe("messages", () => {
    it.each(["", "null", "7", "{", '"text"', "[]", '{"id":5}', "{}"])("ignores what is no alert: %s", (text) => {
        expect(parseMessage("alert", text)).toBeUndefined();
    });

    it("counts alerts that are not named", () => {
        expect(parseMessage("alerts", '{"new":950,"changed":0}')).toEqual({ event: "alerts", new: 950, changed: 0 });
        expect(parseMessage("alerts", '{"new":"many"}')).toEqual({ event: "alerts", new: 0, changed: 0 });
    });

    it("takes an unknown change for a change", () => {
        expect(parseMessage("action", '{"id":"x","change":"exploded","state":"running"}')).toMatchObject({ change: "changed" });
    });
});

describe("what a message does to the data", () => {
    const page = (items: unknown[]) => ({ pages: [{ items }], pageParams: [""] });

    it("changes a row in place and never its order", () => {
        const client = new QueryClient();
        client.setQueryData(["alerts", {}], page([{ id: "a", state: "open" }, { id: "b", state: "open" }]));
        new LiveApplier(client).apply({
            event: "alert", id: "b", change: "changed", state: "closed", level: "high", title: "t", device: "d", time: "",
        });
        expect(client.getQueryData(["alerts", {}])).toEqual(page([{ id: "a", state: "open" }, { id: "b", state: "closed" }]));
    });

    it("keeps the generations of a device's isolation", () => {
        const client = new QueryClient();
        const isolation = { desired: "none", observed: "none", desired_generation: 3, observed_generation: 3 };
        client.setQueryData(["devices", {}], page([{ id: "d", online: true, state: "enrolled", isolation }]));
        new LiveApplier(client).apply({
            event: "device", id: "d", change: "changed", hostname: "h", online: false, state: "enrolled",
            isolation: { desired: "isolated", observed: "none" },
        });
        expect(client.getQueryData(["devices", {}])).toEqual(
            page([{ id: "d", online: false, state: "enrolled", isolation: { ...isolation, desired: "isolated" } }]),
        );
    });

    it("asks once for what many messages touch", () => {
        const client = new QueryClient();
        const invalidate = vi.spyOn(client, "invalidateQueries").mockResolvedValue();
        const applier = new LiveApplier(client);
        for (let i = 0; i < 50; i++)
            applier.apply({ event: "action", id: "x", change: "changed", state: "running", name: "kill", device: "d", request: "r" });
        expect(invalidate).not.toHaveBeenCalled();
        vi.advanceTimersByTime(10_000);
        const asked = invalidate.mock.calls.map(([filter]) => JSON.stringify(filter?.queryKey));
        expect(new Set(asked).size).toBe(asked.length);
        expect(asked).toContain('["overview"]');
        expect(asked).toContain('["action","x"]');
    });

    it("asks for the lists again when alerts changed that are not named", () => {
        const client = new QueryClient();
        const invalidate = vi.spyOn(client, "invalidateQueries").mockResolvedValue();
        const applier = new LiveApplier(client);
        const asked = () => invalidate.mock.calls.map(([filter]) => JSON.stringify(filter?.queryKey));
        applier.apply({ event: "alerts", new: 950, changed: 0 });
        vi.advanceTimersByTime(10_000);
        expect(asked()).toEqual(['["overview"]', '["recent-alerts"]', '["alert"]']);
        applier.apply({ event: "alerts", new: 0, changed: 3 });
        vi.advanceTimersByTime(10_000);
        expect(asked().slice(3)).toEqual(['["overview"]', '["recent-alerts"]', '["alert"]', '["alerts"]']);
    });

    it("asks for everything but the session after a reset", () => {
        const client = new QueryClient();
        client.setQueryData(["session"], {});
        client.setQueryData(["overview"], {});
        new LiveApplier(client).apply({ event: "reset" });
        expect(client.getQueryState(["overview"])?.isInvalidated).toBe(true);
        expect(client.getQueryState(["session"])?.isInvalidated).toBe(false);
    });
});
