// Where each process stands in the drawing: left to right in time, one column a generation.
import { hierarchy, tree } from "d3-hierarchy";

import type { ProcessNode } from "./tree";

export const NODE_WIDTH = 178;
export const NODE_HEIGHT = 62;
/** Room between two columns: holds the elapsed time. */
const GAP_X = 74;
const GAP_Y = 14;
const MARGIN = 8;

export interface Placed {
    node: ProcessNode;
    x: number;
    y: number;
    /** Its parent's place; undefined for the root. */
    from: { x: number; y: number } | undefined;
}

export interface Layout {
    placed: Placed[];
    width: number;
    height: number;
}

export function layOut(root: ProcessNode, closed: ReadonlySet<string>): Layout {
    const laid = tree<ProcessNode>().nodeSize([NODE_HEIGHT + GAP_Y, NODE_WIDTH + GAP_X])(
        hierarchy(root, (node) => (closed.has(node.key) ? [] : node.children)),
    );
    // d3 grows downwards around zero: depth becomes x, and the topmost node comes to the margin.
    const all = laid.descendants();
    const top = Math.min(...all.map((one) => one.x));
    const place = (one: { x: number; y: number }) => ({ x: one.y + MARGIN, y: one.x - top + MARGIN });
    const placed = all.map((one) => ({ node: one.data, ...place(one), from: one.parent ? place(one.parent) : undefined }));
    return {
        placed,
        width: Math.max(...placed.map((one) => one.x)) + NODE_WIDTH + MARGIN,
        height: Math.max(...placed.map((one) => one.y)) + NODE_HEIGHT + MARGIN,
    };
}
