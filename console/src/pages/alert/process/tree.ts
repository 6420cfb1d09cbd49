// The processes of an alert as a tree: the family from the first known ancestor down, and below the alerted process the one
// it acted upon. Each has a key that an address can hold.
import { parseTime } from "../../../lib/time";
import { type AlertBodyRead, type Process, processOfEvent } from "../body";
import { type Signing, signingOf } from "./signing";

export type Part = "ancestor" | "alerted" | "target";

export interface ProcessNode extends Process {
    /** `pid.generation`; unique within the tree. */
    key: string;
    /** Last part of the path, or the best other name. */
    name: string;
    part: Part;
    signing: Signing;
    /** Milliseconds from the parent's start to its own; undefined when one of the two is not known. */
    elapsedMs: number | undefined;
    children: ProcessNode[];
}

/** Last part of a path. A path that ends in a slash is a name as it is. */
export function baseName(path: string): string {
    return path.slice(path.lastIndexOf("/") + 1) || path;
}

/** How a process is called where there is room for one line. */
function nameOf(process: Process): string {
    return baseName(process.executable) || (process.pid === undefined ? "unknown" : `pid ${String(process.pid)}`);
}

/** Milliseconds between two starts; negative ones are the clock's or the device's invention. */
function between(parent: Process | undefined, child: Process): number | undefined {
    const from = parseTime(parent?.start);
    const to = parseTime(child.start);
    return from === undefined || to === undefined || to < from ? undefined : to - from;
}

/** @returns the first known ancestor, or undefined when the alert has no process */
export function treeOf(body: AlertBodyRead): ProcessNode | undefined {
    const keys = new Set<string>();
    const nodeOf = (process: Process, part: Part, parent: Process | undefined): ProcessNode => {
        const plain = `${String(process.pid ?? "x")}.${String(process.generation ?? "x")}`;
        let key = plain;
        for (let n = 2; keys.has(key); n++) key = `${plain}-${String(n)}`;
        keys.add(key);
        return {
            ...process,
            key,
            part,
            name: nameOf(process),
            signing: signingOf(process),
            elapsedMs: between(parent, process),
            children: [],
        };
    };

    const chain = [...body.ancestry].reverse();
    let root: ProcessNode | undefined;
    let last: ProcessNode | undefined;
    chain.forEach((process, i) => {
        const node = nodeOf(process, i === chain.length - 1 ? "alerted" : "ancestor", last);
        if (last) last.children.push(node);
        else root = node;
        last = node;
    });
    const target = processOfEvent(body.event, "target.process");
    if (last && target && (target.pid !== last.pid || target.generation !== last.generation))
        last.children.push(nodeOf(target, "target", last));
    return root;
}

/** A node and all below it, parents before children. */
export function flatten(node: ProcessNode, closed: ReadonlySet<string> = new Set(), level = 1): Line[] {
    const open = !closed.has(node.key);
    const own: Line = { node, level, open: node.children.length > 0 ? open : undefined };
    return [own, ...(open ? node.children.flatMap((child) => flatten(child, closed, level + 1)) : [])];
}

export interface Line {
    node: ProcessNode;
    /** 1 is the root. */
    level: number;
    /** undefined: has no children. */
    open: boolean | undefined;
}
