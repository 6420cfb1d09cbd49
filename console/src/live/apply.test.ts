import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { LiveApplier } from "./apply";
import { type LiveMessage, parseMessage } from "./messages";

const alert = (device: string, id = "a9"): LiveMessage => ({
    event: "alert", id, change: "new", state: "open", level: "high", title: "t", device, time: "2026-01-01T00:00:00Z",
});
const list = (...ids: string[]) => ({ pages: [{ items: ids.map((id) => ({ id })) }], pageParams: [""] });

describe("LiveApplier", () => {
    let client: QueryClient;
    let applier: LiveApplier;
    const stale = (key: readonly unknown[]) => client.getQueryState(key)?.isInvalidated === true;

    beforeEach(() => {
        vi.useFakeTimers();
        client = new QueryClient();
        applier = new LiveApplier(client);
    });
    afterEach(() => {
        applier.close();
        vi.useRealTimers();
    });

    it("asks again for the alerts at hand of the device that a new alert came from", () => {
        client.setQueryData(["alert", "a1"], { id: "a1", device: "d1", related: [] });
        client.setQueryData(["alert", "a2"], { id: "a2", device: "d2", related: [] });
        applier.apply(alert("d1"));
        vi.advanceTimersByTime(1000);
        expect(stale(["alert", "a1"])).toBe(true);
        expect(stale(["alert", "a2"])).toBe(false);
    });

    it("fills an empty list and leaves the rows of another where they are", () => {
        client.setQueryData(["alerts", { state: ["closed"] }], list());
        client.setQueryData(["alerts", { state: ["open"] }], list("a1"));
        client.setQueryData(["devices", {}], list());
        applier.apply(alert("d1"));
        vi.advanceTimersByTime(1000);
        expect(stale(["alerts", { state: ["closed"] }])).toBe(true);
        expect(stale(["alerts", { state: ["open"] }])).toBe(false);
        expect(stale(["devices", {}])).toBe(false);
        const device = parseMessage("device", JSON.stringify({ id: "d1", change: "new", hostname: "mac", online: true, state: "enrolled" }));
        if (device) applier.apply(device);
        vi.advanceTimersByTime(1000);
        expect(stale(["devices", {}])).toBe(true);
    });

    it("fills an empty list of alerts when many came at once", () => {
        client.setQueryData(["alerts", {}], list());
        applier.apply({ event: "alerts", new: 40, changed: 0 });
        vi.advanceTimersByTime(1000);
        expect(stale(["alerts", {}])).toBe(true);
    });
});
