import { describe, expect, it } from "vitest";

import { PROCESSES_MOST, readBody } from "./body";

describe("what the agent sent", () => {
    it("is read whatever it is", () => {
        const odd = [undefined, null, 7, "text", [], [1], { matched: 1, ancestry: "x", event: [] }, { ancestry: [null, 1, []] }];
        for (const value of odd) {
            const body = readBody(value);
            expect(body.ancestry).toEqual([]);
            expect(body.matched).toEqual([]);
            expect(body.event).toEqual({});
        }
    });

    it("keeps only values of the right type", () => {
        const [process] = readBody({ ancestry: [{ pid: "7", generation: 1.5, executable: ["/x"], platform_binary: "true" }] }).ancestry;
        expect(process).toMatchObject({ pid: undefined, generation: undefined, executable: "", platformBinary: false });
    });

    it("completes the process of the event from the event, and no other", () => {
        const event = { "process.pid": 9, "process.hash.sha256": "ab", "process.signing.flags": 3, "user.name": "ada" };
        const { ancestry } = readBody({ ancestry: [{ pid: 9, user: "root" }, { pid: 1 }], event });
        expect(ancestry[0]).toMatchObject({ pid: 9, sha256: "ab", signingFlags: 3, user: "root" });
        expect(ancestry[1]?.sha256).toBe("");
        const other = readBody({ ancestry: [{ pid: 8 }], event });
        expect(other.ancestry[0]?.sha256).toBe("");
    });

    it("takes process and parent from the event when there is no ancestry", () => {
        const event = { "process.pid": 9, "process.executable": "/bin/a", "process.parent.pid": 4 };
        expect(readBody({ event }).ancestry.map(({ pid }) => pid)).toEqual([9, 4]);
        expect(readBody({ event: { kind: "btm_launch_item_add" } }).ancestry).toEqual([]);
    });

    it("says how much it leaves out", () => {
        const ancestry = Array.from({ length: 10_000 }, (_, pid) => ({ pid }));
        const matched = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`f${String(i)}`, "v"]));
        const body = readBody({ ancestry, matched });
        expect(body.ancestry).toHaveLength(PROCESSES_MOST);
        expect(body.ancestryMore).toBe(10_000 - PROCESSES_MOST);
        expect(body.matched.length + body.matchedMore).toBe(1_000);
    });

    it("shows an absent field, several values and foreign ones", () => {
        const { matched } = readBody({ matched: { a: null, b: ["x", null, 3], c: { d: 1 } } });
        expect(matched).toEqual([
            { field: "a", values: [null] },
            { field: "b", values: ["x", null, "3"] },
            { field: "c", values: ['{"d":1}'] },
        ]);
    });
});
