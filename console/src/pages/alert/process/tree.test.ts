import { describe, expect, it } from "vitest";

import { readBody } from "../body";
import { killTarget } from "./kill";
import { layOut, NODE_WIDTH } from "./layout";
import { baseName, flatten, treeOf } from "./tree";

const start = (ms: number) => `2026-01-31T08:00:00.${String(ms).padStart(3, "0")}000000Z`;

const body = readBody({
    boot: "b",
    ancestry: [
        { pid: 30, generation: 3, executable: "/bin/sh", start: start(900) },
        { pid: 20, generation: 2, executable: "/bin/zsh", start: start(400) },
        { pid: 1, generation: 1, executable: "/sbin/launchd" },
    ],
    event: { kind: "signal", "target.process.pid": 99, "target.process.executable": "/bin/victim" },
});

describe("process tree", () => {
    it("runs from the first known ancestor to the alerted process and what it acted upon", () => {
        const root = treeOf(body);
        const lines = root ? flatten(root) : [];
        expect(lines.map(({ node, level }) => [node.name, node.part, level])).toEqual([
            ["launchd", "ancestor", 1],
            ["zsh", "ancestor", 2],
            ["sh", "alerted", 3],
            ["victim", "target", 4],
        ]);
        expect(lines.map(({ node }) => node.elapsedMs)).toEqual([undefined, undefined, 500, undefined]);
    });

    it("hides what is below a closed process, in the list and in the drawing", () => {
        const root = treeOf(body);
        if (!root) throw new Error("no tree");
        const closed = new Set(["20.2"]);
        expect(flatten(root, closed).map(({ node, open }) => [node.pid, open])).toEqual([
            [1, true],
            [20, false],
        ]);
        expect(layOut(root, closed).placed).toHaveLength(2);
    });

    it("places a generation a column, none over another", () => {
        const root = treeOf(body);
        if (!root) throw new Error("no tree");
        const { placed, width } = layOut(root, new Set());
        const columns = placed.map(({ x }) => x);
        expect(columns.every((x, i) => i === 0 || x >= (columns[i - 1] ?? 0) + NODE_WIDTH)).toBe(true);
        expect(width).toBeGreaterThan((columns.at(-1) ?? 0) + NODE_WIDTH);
    });

    it("gives processes that claim to be the same different keys", () => {
        const root = treeOf(readBody({ ancestry: [{ pid: 5, generation: 1 }, { pid: 5, generation: 1 }, { pid: 5, generation: 1 }] }));
        const keys = root ? flatten(root).map(({ node }) => node.key) : [];
        expect(new Set(keys).size).toBe(3);
    });

    it("names what has no path", () => {
        expect(baseName("/a/b")).toBe("b");
        expect(baseName("plain")).toBe("plain");
        expect(baseName("/ends/")).toBe("/ends/");
        expect(treeOf(readBody({ ancestry: [{ pid: 5 }] }))?.name).toBe("pid 5");
    });
});

describe("ending a process", () => {
    const node = () => {
        const root = treeOf(body);
        const found = root && flatten(root).find((line) => line.node.part === "alerted")?.node;
        if (!found) throw new Error("no process");
        return found;
    };

    it("names it by boot, pid and generation", () => {
        expect(killTarget(node(), "b").fixed).toEqual({ pid: 30, generation: 3, boot: "b" });
    });

    it.each([
        ["without a boot session", node(), ""],
        ["of the system itself", { ...node(), pid: 1 }, "b"],
        ["without a pid", { ...node(), pid: undefined }, "b"],
        ["without a generation", { ...node(), generation: undefined }, "b"],
        ["that has ended", { ...node(), end: start(950) }, "b"],
    ])("is not offered for a process %s", (_, process, boot) => {
        const target = killTarget(process, boot);
        expect(target.fixed).toBeUndefined();
        expect(target.reason).toBeTruthy();
    });
});
