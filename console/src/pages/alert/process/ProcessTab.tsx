// The tab of processes: drawing, list and the selected process, or why there is none.
import { Text } from "@mantine/core";
import { useMemo, useState } from "react";

import type { Alert } from "../../../api/types";
import { EmptyState } from "../../../components/states";
import { visible } from "../../../lib/escape";
import { type AlertBodyRead, PROCESSES_MOST } from "../body";
import { ProcessGraph } from "./ProcessGraph";
import { ProcessGrid } from "./ProcessGrid";
import classes from "./ProcessTab.module.css";
import { ProcessPanel } from "./ProcessPanel";
import { flatten, treeOf } from "./tree";

interface Props {
    alert: Alert;
    body: AlertBodyRead;
    /** Key from the address; the alerted process when it names none. */
    selected: string | undefined;
    onSelect: (key: string) => void;
}

/** What an event without a process is about, as far as it says. */
function subjectOf(event: Record<string, unknown>): string {
    for (const name of ["launch_item.program", "launch_item.url", "file.path", "malware.path", "profile.id", "auth.to_user"]) {
        const value = event[name];
        if (typeof value === "string" && value) return value;
    }
    return "";
}

function NoProcess({ body }: { body: AlertBodyRead }) {
    const kind = typeof body.event["kind"] === "string" ? body.event["kind"] : "";
    const subject = subjectOf(body.event);
    return (
        <EmptyState title="This alert has no process">
            {kind ? `Events of the kind ${visible(kind.slice(0, 60))}` : "This event"} can be told by the system without a process
            that did it, as when a login item is registered, a profile is installed or the malware scanner reports.
            {subject && ` It is about ${visible(subject.slice(0, 300))}.`} The tab Event has all that the device sent.
        </EmptyState>
    );
}

export function ProcessTab({ alert, body, selected, onSelect }: Props) {
    const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
    const root = useMemo(() => treeOf(body), [body]);
    const all = useMemo(() => (root ? flatten(root) : []), [root]);
    if (!root) return <NoProcess body={body} />;

    const alerted = all.find(({ node }) => node.part === "alerted") ?? all[0];
    const chosen = all.find(({ node }) => node.key === selected) ?? alerted;
    if (!chosen) return <NoProcess body={body} />;
    const lines = flatten(root, closed);
    // What was closed over the selected one: its nearest visible ancestor stands for it.
    const shown = lines.some(({ node }) => node.key === chosen.node.key) ? chosen.node.key : (lines.at(-1)?.node.key ?? root.key);
    const deed = typeof body.event["kind"] === "string" ? body.event["kind"] : "";

    return (
        <div className={classes.columns}>
            <div className={classes.tree}>
                <ProcessGraph root={root} closed={closed} selected={shown} onSelect={onSelect} deed={deed} count={all.length} />
                <ProcessGrid
                    lines={lines}
                    selected={shown}
                    onSelect={onSelect}
                    deed={deed}
                    onToggle={(key, open) => {
                        const next = new Set(closed);
                        if (open) next.delete(key);
                        else next.add(key);
                        setClosed(next);
                        if (!open) onSelect(key);
                    }}
                />
                {body.ancestryMore > 0 && (
                    <Text size="xs" c="dimmed" p="xs">
                        The device told {body.ancestryMore} more ancestors; the nearest {PROCESSES_MOST} are shown, the tab Event has
                        all.
                    </Text>
                )}
            </div>
            <div className={classes.details}>
                <ProcessPanel key={chosen.node.key} alert={alert} body={body} node={chosen.node} />
            </div>
        </div>
    );
}
