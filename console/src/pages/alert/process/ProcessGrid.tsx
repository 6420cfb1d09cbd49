// The process tree as a tree grid: the same processes as the drawing, for keyboards and screen readers, and for reading exact
// times. Arrow keys move, open and close as the ARIA practice for tree grids has it; the row with the focus is the selected one.
import { IconAlertTriangleFilled, IconChevronDown, IconChevronRight, IconTargetArrow } from "@tabler/icons-react";
import { type KeyboardEvent, useEffect, useRef } from "react";

import { SafeText } from "../../../components/SafeText";
import { Time } from "../../../components/Time";
import { visible } from "../../../lib/escape";
import { formatDuration } from "../../../lib/time";
import classes from "./ProcessGrid.module.css";
import { SigningBadge } from "./SigningBadge";
import type { Line } from "./tree";

interface Props {
    lines: readonly Line[];
    selected: string;
    onSelect: (key: string) => void;
    onToggle: (key: string, open: boolean) => void;
    deed: string;
}

const INDENT_PX = 14;
/** Deeper levels stand below each other, so that names keep their room. */
const INDENTS_MOST = 10;
const PARTS = { ancestor: "", alerted: "Alert", target: "Acted upon" } as const;

function Row({ line, index, lines, selected, onSelect, onToggle, deed }: Props & { line: Line; index: number }) {
    const { node, level, open } = line;
    const siblings = lines.filter((other) => other.level === level);
    const Mark = node.part === "alerted" ? IconAlertTriangleFilled : IconTargetArrow;
    const Chevron = open ? IconChevronDown : IconChevronRight;
    return (
        <div
            role="row"
            aria-level={level}
            aria-rowindex={index + 2}
            aria-posinset={siblings.indexOf(line) + 1}
            aria-setsize={siblings.length}
            aria-expanded={open}
            aria-selected={node.key === selected}
            tabIndex={node.key === selected ? 0 : -1}
            data-key={node.key}
            data-part={node.part}
            className={classes.row}
            onClick={() => {
                onSelect(node.key);
            }}
            onKeyDown={(event) => {
                onKey(event, { line, index, lines, onSelect, onToggle });
            }}
        >
            <div role="gridcell" className={classes.process} style={{ paddingInlineStart: 8 + Math.min(level - 1, INDENTS_MOST) * INDENT_PX }}>
                {/* For the mouse; the keys are left and right. */}
                <span
                    aria-hidden="true"
                    className={classes.toggle}
                    onClick={(event) => {
                        if (open === undefined) return;
                        event.stopPropagation();
                        onToggle(node.key, !open);
                    }}
                >
                    {open !== undefined && <Chevron size={13} />}
                </span>
                <span className={classes.name} title={visible(node.executable.slice(0, 500))}>
                    <SafeText oneLine>{node.name}</SafeText>
                </span>
                {PARTS[node.part] && (
                    <span className={classes.part}>
                        <Mark size={13} aria-hidden />
                        {node.part === "target" ? `${PARTS.target}: ${visible(deed.slice(0, 40))}` : PARTS[node.part]}
                    </span>
                )}
            </div>
            <div role="gridcell" className={classes.number}>
                {node.pid ?? "–"}
            </div>
            <div role="gridcell" className={classes.user}>
                <SafeText oneLine>{node.user || (node.uid === undefined ? "–" : String(node.uid))}</SafeText>
            </div>
            <div role="gridcell" className={classes.time}>
                <Time value={node.start || undefined} />
            </div>
            <div role="gridcell" className={classes.number}>
                {node.elapsedMs === undefined ? "–" : `+${formatDuration(node.elapsedMs)}`}
            </div>
            <div role="gridcell">
                <SigningBadge signing={node.signing} />
            </div>
        </div>
    );
}

interface Keys extends Pick<Props, "lines" | "onSelect" | "onToggle"> {
    line: Line;
    index: number;
}

/** Up, down, home, end; right opens or goes to the first child, left closes or goes to the parent. */
function onKey(event: KeyboardEvent, { line, index, lines, onSelect, onToggle }: Keys): void {
    const parent = () => lines.slice(0, index).findLast((other) => other.level < line.level);
    const goal: Record<string, () => Line | undefined> = {
        ArrowDown: () => lines[index + 1],
        ArrowUp: () => lines[index - 1],
        Home: () => lines[0],
        End: () => lines.at(-1),
        ArrowRight: () => (line.open ? lines[index + 1] : undefined),
        ArrowLeft: () => (line.open ? undefined : parent()),
    };
    const go = goal[event.key];
    if (!go || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (event.key === "ArrowRight" && line.open === false) onToggle(line.node.key, true);
    else if (event.key === "ArrowLeft" && line.open === true) onToggle(line.node.key, false);
    const next = go();
    if (next) onSelect(next.node.key);
}

export function ProcessGrid(props: Props) {
    const { lines, selected } = props;
    const grid = useRef<HTMLDivElement>(null);

    // The focus follows the selection, but only once it is in the grid.
    useEffect(() => {
        const within = grid.current?.contains(document.activeElement);
        const row = within && grid.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(selected)}"]`);
        if (row) row.focus();
    }, [selected]);

    return (
        <div className={classes.scroller}>
            <div ref={grid} role="treegrid" aria-label="Process tree" aria-rowcount={lines.length + 1} className={classes.grid}>
                <div role="row" aria-rowindex={1} className={classes.head}>
                    {["Process", "PID", "User", "Started", "After parent", "Signed"].map((name) => (
                        <div key={name} role="columnheader">
                            {name}
                        </div>
                    ))}
                </div>
                {lines.map((line, index) => (
                    <Row key={line.node.key} {...props} line={line} index={index} />
                ))}
            </div>
        </div>
    );
}
