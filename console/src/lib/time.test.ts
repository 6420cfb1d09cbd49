import { describe, expect, it } from "vitest";

import { describeTime, formatDuration, formatRelative, formatTime, parseTime, zoneName } from "./time";

const at = Date.UTC(2026, 0, 31, 8, 0, 5);

describe("times", () => {
    it("reads the server's nanoseconds", () => {
        expect(parseTime("2026-01-31T08:00:05.000000001Z")).toBe(at);
        expect(parseTime("2026-01-31T08:00:05.123456789Z")).toBe(at + 123);
        expect(parseTime("2026-01-31T08:00:05Z")).toBe(at);
    });

    it("says undefined for what is no time", () => {
        expect(parseTime(undefined)).toBeUndefined();
        expect(parseTime("")).toBeUndefined();
        expect(parseTime("yesterday")).toBeUndefined();
    });

    it("shows UTC whatever the browser's zone is", () => {
        expect(formatTime(at, "utc")).toBe("2026-01-31 08:00:05");
        expect(zoneName(at, "utc")).toBe("UTC");
    });

    it("shows the browser's zone with its offset", () => {
        // The difference between the two texts is the offset that the name tells.
        const minutes = -new Date(at).getTimezoneOffset();
        expect(formatTime(at + minutes * 60_000, "utc")).toBe(formatTime(at, "local"));
    });

    it.each([
        [-14_000, "now"],
        [-30_000, "in 30 s"],
        [0, "now"],
        [4_000, "now"],
        [40_000, "40 s ago"],
        [59_999, "1 min ago"],
        [5 * 60_000, "5 min ago"],
        [3 * 3_600_000, "3 h ago"],
        [86_400_000, "1 day ago"],
        [9 * 86_400_000, "9 days ago"],
        [-240_000, "in 4 min"],
    ])("tells how long ago: %d ms", (ms, expected) => {
        expect(formatRelative(at, at + ms)).toBe(expected);
    });

    it("describes the exact moment with the server's own text first", () => {
        const text = "2026-01-31T08:00:05.123456789Z";
        expect(describeTime(text, at + 60_123).split("\n")[0]).toBe(text);
        expect(describeTime("no time", 0)).toBe("no time");
    });

    it.each([
        [-5, "0 ms"],
        [450, "450 ms"],
        [12_300, "12 s"],
        [303_000, "5 min 3 s"],
        [7_500_000, "2 h 5 min"],
        [3_600_000, "1 h"],
        [3 * 86_400_000 + 4 * 3_600_000, "3 days 4 h"],
    ])("tells how long it took: %d ms", (ms, expected) => {
        expect(formatDuration(ms)).toBe(expected);
    });
});
