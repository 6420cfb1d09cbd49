// A moment: in the chosen zone or as "5 min ago", always with everything exact in the title.
import { useSyncExternalStore } from "react";

import { describeTime, formatRelative, formatTime, parseTime } from "../lib/time";
import { usePreferences } from "../settings/preferences";

const TICK_MS = 10_000;
let now = Date.now();
const listeners = new Set<() => void>();
let timer: number | undefined;

/** One clock for all relative times of the page; it stands still while nobody looks at it. */
function subscribe(listener: () => void) {
    listeners.add(listener);
    timer ??= window.setInterval(() => {
        now = Date.now();
        for (const each of listeners) each();
    }, TICK_MS);
    return () => {
        listeners.delete(listener);
        if (listeners.size === 0) {
            window.clearInterval(timer);
            timer = undefined;
        }
    };
}

function current(): number {
    // Read between ticks: close enough, and stable within one rendering.
    if (listeners.size === 0) now = Date.now();
    return now;
}

export function useNow(): number {
    return useSyncExternalStore(subscribe, current);
}

interface Props {
    value: string | undefined;
    /** "5 min ago" instead of date and time. */
    relative?: boolean;
    /** Shown when there is no time. */
    absent?: string;
}

export function Time({ value, relative = false, absent = "–" }: Props) {
    const { zone } = usePreferences();
    const nowMs = useNow();
    const ms = parseTime(value);
    if (value === undefined || ms === undefined) return <span>{absent}</span>;
    return (
        <time dateTime={value} title={describeTime(value, nowMs)} style={{ whiteSpace: "nowrap" }}>
            {relative ? formatRelative(ms, nowMs) : formatTime(ms, zone)}
        </time>
    );
}
