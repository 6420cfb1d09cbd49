// The process tree as a drawing: plain SVG, one group a process. It is for the eye and the mouse; the list beside it holds
// the same for keyboards and screen readers (ProcessGrid.tsx), so its nodes are hidden from them.
import { IconAlertTriangleFilled, IconTargetArrow } from "@tabler/icons-react";
import { useEffect, useMemo, useRef } from "react";

import { cut, visible } from "../../../lib/escape";
import { formatDuration } from "../../../lib/time";
import { layOut, NODE_HEIGHT, NODE_WIDTH, type Placed } from "./layout";
import classes from "./ProcessGraph.module.css";
import { SIGNING_LOOKS } from "./SigningBadge";
import type { ProcessNode } from "./tree";

const NAME_MOST = 21;
const USER_MOST = 12;
const SIGNING_MOST = 20;

interface Props {
    root: ProcessNode;
    closed: ReadonlySet<string>;
    selected: string;
    onSelect: (key: string) => void;
    /** What the alerted process did to the target: the event's kind. */
    deed: string;
    /** Processes in all, for the name of the drawing. */
    count: number;
}

/** One line of at most `most` characters, hidden ones named. */
function short(text: string, most: number): string {
    const shown = visible(cut(text, most + 1));
    return shown.length > most ? cut(shown, most - 1) + "…" : shown;
}

/** The largest unit alone, as the edge has room for; the list has all. */
function coarse(ms: number): string {
    return formatDuration(ms).split(" ").slice(0, 2).join(" ");
}

function Edge({ one, deed }: { one: Placed; deed: string }) {
    if (!one.from) return null;
    const fromX = one.from.x + NODE_WIDTH;
    const fromY = one.from.y + NODE_HEIGHT / 2;
    const toY = one.y + NODE_HEIGHT / 2;
    const middle = (fromX + one.x) / 2;
    const { part, elapsedMs } = one.node;
    const label = part === "target" ? short(deed, 10) : elapsedMs === undefined ? "" : `+${coarse(elapsedMs)}`;
    return (
        <g>
            <path
                className={classes.edge}
                d={`M${String(fromX)} ${String(fromY)} H${String(middle)} V${String(toY)} H${String(one.x)}`}
            />
            {label && (
                <text className={classes.elapsed} x={(middle + one.x) / 2 - (fromY === toY ? 18 : 0)} y={toY - 6}>
                    {label}
                </text>
            )}
        </g>
    );
}

function Node({ one, selected, onSelect }: { one: Placed; selected: boolean; onSelect: (key: string) => void }) {
    const { node } = one;
    const { icon: Icon, tone } = SIGNING_LOOKS[node.signing.verdict];
    const Mark = node.part === "alerted" ? IconAlertTriangleFilled : node.part === "target" ? IconTargetArrow : undefined;
    const ids = [node.pid === undefined ? "" : `pid ${String(node.pid)}`, short(node.user, USER_MOST)];
    return (
        <g
            aria-hidden="true"
            className={classes.node}
            data-part={node.part}
            data-selected={selected || undefined}
            data-node={node.key}
            transform={`translate(${String(one.x)} ${String(one.y)})`}
            onClick={() => {
                onSelect(node.key);
            }}
        >
            <title>{visible(cut(node.commandLine || node.executable, 500))}</title>
            <rect width={NODE_WIDTH} height={NODE_HEIGHT} rx={5} />
            <text className={classes.name} x={10} y={19}>
                {short(node.name, Mark ? NAME_MOST - 2 : NAME_MOST)}
            </text>
            {Mark && <Mark className={classes.mark} x={NODE_WIDTH - 24} y={7} size={15} />}
            <text className={classes.ids} x={10} y={35}>
                {ids.filter(Boolean).join(" · ")}
            </text>
            <Icon x={9} y={42} size={13} color={`var(--tone-${tone}-text)`} />
            <text className={classes.signing} x={26} y={53} fill={`var(--tone-${tone}-text)`}>
                {short(node.teamId ? `${node.signing.word} · ${node.teamId}` : node.signing.word, SIGNING_MOST)}
            </text>
        </g>
    );
}

export function ProcessGraph({ root, closed, selected, onSelect, deed, count }: Props) {
    const scroller = useRef<HTMLDivElement>(null);
    const { placed, width, height } = useMemo(() => layOut(root, closed), [root, closed]);

    // The selected process is in view, whatever chose it. Moved at once: no animation of nodes.
    useEffect(() => {
        const box = scroller.current;
        const one = placed.find((each) => each.node.key === selected);
        if (!box || !one) return;
        if (one.x < box.scrollLeft || one.x + NODE_WIDTH > box.scrollLeft + box.clientWidth)
            box.scrollLeft = one.x + NODE_WIDTH / 2 - box.clientWidth / 2;
        if (one.y < box.scrollTop || one.y + NODE_HEIGHT > box.scrollTop + box.clientHeight)
            box.scrollTop = one.y + NODE_HEIGHT / 2 - box.clientHeight / 2;
    }, [placed, selected]);

    return (
        <div
            ref={scroller}
            className={classes.scroller}
            role="group"
            aria-label={`Drawing of the process tree, ${String(count)} processes; the list holds the same`}
            // Wide families are scrolled with the arrow keys.
            // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
            tabIndex={0}
        >
            <svg width={width} height={height} className={classes.drawing} aria-hidden="true">
                {placed.map((one) => (
                    <Edge key={one.node.key} one={one} deed={deed} />
                ))}
                {placed.map((one) => (
                    <Node key={one.node.key} one={one} selected={one.node.key === selected} onSelect={onSelect} />
                ))}
            </svg>
        </div>
    );
}
