// What a list says about one of its columns.
import type { ReactNode } from "react";

export interface Column<T> {
    id: string;
    header: string;
    /** Pixels at first; a person may drag the edge. */
    width: number;
    /** Takes what is left of the width. One column of a list has it. */
    grow?: boolean;
    /** Pixels it can do with, where it grows. */
    least?: number;
    /** Left out where the list has no room for all: 1 goes first. */
    yields?: number;
    cell: (row: T) => ReactNode;
    /** Plain value, for exports and copying. */
    text: (row: T) => string;
    /** Not shown until a person asks for it. */
    hidden?: boolean;
    /** Cannot be hidden. */
    fixed?: boolean;
}

/** Rows under one heading, for lists that are grouped. */
export interface GroupBy<T> {
    key: (row: T) => string;
    heading: (row: T) => ReactNode;
}

export type Line<T> =
    | { kind: "row"; id: string; row: T; index: number }
    | { kind: "group"; id: string; row: T; count: number; open: boolean };

/** Rows in their order as lines; with groups, each group stands where its first row did. */
export function linesOf<T>(
    rows: readonly T[],
    rowId: (row: T) => string,
    groupBy: GroupBy<T> | undefined,
    closed: ReadonlySet<string>,
): Line<T>[] {
    if (!groupBy) return rows.map((row, index) => ({ kind: "row", id: rowId(row), row, index }));
    const groups = new Map<string, T[]>();
    for (const row of rows) {
        const key = groupBy.key(row);
        const group = groups.get(key);
        if (group) group.push(row);
        else groups.set(key, [row]);
    }
    const lines: Line<T>[] = [];
    let index = 0;
    for (const [key, group] of groups) {
        const first = group[0];
        if (first === undefined) continue;
        const open = !closed.has(key);
        lines.push({ kind: "group", id: key, row: first, count: group.length, open });
        if (open) for (const row of group) lines.push({ kind: "row", id: rowId(row), row, index: index++ });
    }
    return lines;
}
