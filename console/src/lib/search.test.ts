import { describe, expect, it } from "vitest";

import { actionsSearch, alertsSearch, deviceSearch, devicesSearch } from "../routes/search";
import { parseSearch, readList, stringifySearch } from "./search";

describe("filters in the address", () => {
    it("writes lists with commas and leaves out what is not set", () => {
        expect(stringifySearch({ state: ["open", "closed"], device: undefined, rule: "", age: "24h" })).toBe(
            "?state=open,closed&age=24h",
        );
        expect(stringifySearch({})).toBe("");
    });

    it("escapes what a person searches for and reads it back", () => {
        const text = "a&b=c #1 ümläut,+%";
        expect(parseSearch(stringifySearch({ q: text }))).toEqual({ q: text });
    });

    it("reads back what it wrote, for every kind of filter", () => {
        const search = alertsSearch({ state: "closed", level: "critical,high", device: "d-1", rule: "r", age: "7d", group: "rule" });
        expect(alertsSearch(parseSearch(stringifySearch(search)))).toEqual(search);
        expect(alertsSearch(search)).toEqual(search);
    });

    it("tells nothing said from nothing chosen", () => {
        expect(readList(undefined, ["a", "b"])).toBeUndefined();
        expect(readList("", ["a", "b"])).toEqual([]);
        expect(stringifySearch({ state: [] })).toBe("?state=");
        expect(alertsSearch(parseSearch("?state="))).toEqual({ state: [] });
    });

    it("drops what does not fit instead of failing", () => {
        expect(alertsSearch({ state: "open,burning", level: "loud", age: "1y", group: "moon", extra: "x" })).toEqual({
            state: ["open"],
        });
        expect(devicesSearch({ condition: "poor,__proto__", q: "", online: "maybe" })).toEqual({ condition: ["poor"] });
        expect(deviceSearch({ tab: "constructor" })).toEqual({});
        expect(actionsSearch({ state: ["queued", 7, null], name: { toString: "x" } })).toEqual({ state: ["queued"] });
    });

    it("keeps the order of the list, whatever the address has", () => {
        expect(readList("low,critical", ["critical", "high", "low"])).toEqual(["critical", "low"]);
    });

    it("bounds free text", () => {
        expect(devicesSearch({ q: "x".repeat(5000) }).q).toHaveLength(200);
    });
});
