// The times that an action has gone through, in their order, with how long each took.
import type { Action } from "../../api/types";
import { stateLook } from "../../components/StateBadge";
import { formatDuration, parseTime } from "../../lib/time";

export interface Step {
    name: string;
    at: string | undefined;
    /** "after 12 s": since the step before. */
    took: string;
    /** Not reached: when it will end by itself. */
    ahead: boolean;
}

export function stepsOf(action: Action): Step[] {
    const reached: [string, string | undefined][] = [
        ["Ordered", action.requested_at],
        ["Decided", action.decided_at],
        ["Queued", action.queued_at],
        ["Delivered", action.delivered_at],
        [stateLook("action", action.state).word, action.finished_at],
    ];
    const steps: Step[] = [];
    let before: number | undefined;
    for (const [name, at] of reached) {
        const ms = parseTime(at);
        if (ms === undefined) continue;
        steps.push({
            name,
            at,
            took: before === undefined ? "" : `after ${formatDuration(Math.max(0, ms - before))}`,
            ahead: false,
        });
        before = ms;
    }
    // A decision may come late (a cancellation); times tell the order.
    steps.sort((a, b) => (parseTime(a.at) ?? 0) - (parseTime(b.at) ?? 0));
    if (!action.final && action.expires) steps.push({ name: "Expires", at: action.expires, took: "", ahead: true });
    return steps;
}
