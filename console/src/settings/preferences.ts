// What a person chose for this browser: zone of times, single-key shortcuts, hidden columns. Kept in localStorage, shared by
// its tabs. The colour scheme is Mantine's own setting.
import { useSyncExternalStore } from "react";

import type { Zone } from "../lib/time";

export interface Preferences {
    zone: Zone;
    /** Single-key shortcuts can be switched off (WCAG 2.1.4). */
    shortcuts: boolean;
    narrowSidebar: boolean;
    wrap: boolean;
    /** Ids of the columns not shown, by table. */
    hiddenColumns: Record<string, string[]>;
}

const KEY = "cordon.preferences";
const DEFAULTS: Preferences = { zone: "utc", shortcuts: true, narrowSidebar: false, wrap: false, hiddenColumns: {} };

function isRecordOfLists(value: unknown): value is Record<string, string[]> {
    return (
        typeof value === "object" &&
        value !== null &&
        Object.values(value).every((list) => Array.isArray(list) && list.every((id) => typeof id === "string"))
    );
}

/** Preferences from stored text; whatever does not fit becomes the default. */
export function readPreferences(stored: string | null): Preferences {
    let raw: Record<string, unknown> = {};
    try {
        const parsed: unknown = JSON.parse(stored ?? "{}");
        if (typeof parsed === "object" && parsed !== null) raw = parsed as Record<string, unknown>;
    } catch {
        // Damaged: start again from the defaults.
    }
    const flag = (name: "shortcuts" | "narrowSidebar" | "wrap") =>
        typeof raw[name] === "boolean" ? raw[name] : DEFAULTS[name];
    return {
        zone: raw["zone"] === "local" ? "local" : DEFAULTS.zone,
        shortcuts: flag("shortcuts"),
        narrowSidebar: flag("narrowSidebar"),
        wrap: flag("wrap"),
        hiddenColumns: isRecordOfLists(raw["hiddenColumns"]) ? raw["hiddenColumns"] : {},
    };
}

let current = readPreferences(window.localStorage.getItem(KEY));
const listeners = new Set<() => void>();

function subscribe(listener: () => void) {
    listeners.add(listener);
    return () => {
        listeners.delete(listener);
    };
}

window.addEventListener("storage", (event) => {
    if (event.key !== KEY) return;
    current = readPreferences(event.newValue);
    for (const listener of listeners) listener();
});

export function setPreferences(change: Partial<Preferences>): void {
    current = { ...current, ...change };
    window.localStorage.setItem(KEY, JSON.stringify(current));
    for (const listener of listeners) listener();
}

export function preferences(): Preferences {
    return current;
}

export function usePreferences(): Preferences {
    return useSyncExternalStore(subscribe, preferences);
}
