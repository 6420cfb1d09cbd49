// The row that the keyboard is on: j and k (or the arrow keys) move, Enter opens, x selects. The rows share one tab stop.
import { type KeyboardEvent, useRef, useState } from "react";

import { useShortcuts } from "../../settings/shortcuts";
import type { Line } from "./column";

interface Options<T> {
    lines: readonly Line<T>[];
    scrollTo: (index: number) => void;
    onOpen: ((row: T) => void) | undefined;
    onToggle: ((id: string) => void) | undefined;
    keys: Record<string, (row: T) => void> | undefined;
}

/** Index of the next row in a direction, past group headings; the same index at the end. */
export function nextRow(lines: readonly { kind: string }[], from: number, step: 1 | -1): number {
    for (let i = from + step; i >= 0 && i < lines.length; i += step) if (lines[i]?.kind === "row") return i;
    return from;
}

export function useRowCursor<T>({ lines, scrollTo, onOpen, onToggle, keys }: Options<T>) {
    const [activeId, setActive] = useState<string>();
    const focusRef = useRef(false);
    const lastAt = useRef(-1);
    const at = lines.findIndex((line) => line.kind === "row" && line.id === activeId);

    const move = (step: 1 | -1) => {
        // The row may be gone, because it was dealt with: go on where it stood.
        const from = at >= 0 || lastAt.current < 0 ? at : step > 0 ? lastAt.current - 1 : lastAt.current;
        const next = nextRow(lines, Math.min(from, lines.length), step);
        const line = lines[next];
        if (line?.kind !== "row" || next === at) return;
        focusRef.current = true;
        lastAt.current = next;
        setActive(line.id);
        scrollTo(next);
    };
    const withRow = (act: (row: T, id: string) => void) => () => {
        const line = lines[at];
        if (line?.kind === "row") act(line.row, line.id);
    };

    useShortcuts({
        j: () => { move(1); },
        k: () => { move(-1); },
        ...(onOpen && { Enter: withRow(onOpen) }),
        ...(onToggle && { x: withRow((_, id) => { onToggle(id); }) }),
        ...Object.fromEntries(Object.entries(keys ?? {}).map(([key, act]) => [key, withRow(act)])),
    });

    // On a focused row these work without single-key shortcuts too, as in any grid.
    const onRowKey = (event: KeyboardEvent<HTMLElement>) => {
        if (event.target !== event.currentTarget) return;
        const line = lines[at];
        if (event.key === "ArrowDown") move(1);
        else if (event.key === "ArrowUp") move(-1);
        else if (event.key === "Enter" && line?.kind === "row" && onOpen) onOpen(line.row);
        else if (event.key === " " && line?.kind === "row" && onToggle) onToggle(line.id);
        else return;
        event.preventDefault();
        event.stopPropagation();
    };

    const first = lines.find((line) => line.kind === "row");
    return { activeId, setActive, onRowKey, focusRef, tabStopId: at >= 0 ? activeId : first?.id };
}
