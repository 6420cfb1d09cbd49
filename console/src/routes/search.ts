// The filters that each page keeps in its address. A value that does not fit is dropped.
import { ACTION_STATES, ALERT_STATES, CONDITIONS, DEVICE_STATES, ISOLATIONS, LEVELS, PLATFORMS } from "../api/types";
import { given, readList, readText, readWord } from "../lib/search";

export const AGES = ["1h", "24h", "7d", "30d"] as const;
export type Age = (typeof AGES)[number];

export const ALERT_GROUPS = ["rule", "device"] as const;

/** Shown when the address says nothing: what still needs somebody, without mere information. */
export const DEFAULT_ALERT_STATES = ["open", "acknowledged"] as const;
export const DEFAULT_LEVELS = ["critical", "high", "medium", "low"] as const;

export type AlertsSearch = ReturnType<typeof alertsSearch>;
export function alertsSearch(search: Record<string, unknown>) {
    return given({
        state: readList(search["state"], ALERT_STATES),
        level: readList(search["level"], LEVELS),
        device: readText(search["device"]),
        rule: readText(search["rule"]),
        q: readText(search["q"]),
        /** Received at most so long ago. */
        age: readWord(search["age"], AGES),
        /** Received at least so long ago. */
        before: readWord(search["before"], AGES),
        group: readWord(search["group"], ALERT_GROUPS),
    });
}

export type DevicesSearch = ReturnType<typeof devicesSearch>;
export function devicesSearch(search: Record<string, unknown>) {
    return given({
        q: readText(search["q"]),
        state: readList(search["state"], DEVICE_STATES),
        platform: readWord(search["platform"], PLATFORMS),
        online: readWord(search["online"], ["yes", "no"]),
        isolation: readList(search["isolation"], ISOLATIONS),
        condition: readList(search["condition"], CONDITIONS),
    });
}

export const DEVICE_TABS = ["overview", "facts", "alerts", "actions"] as const;
export type DeviceTab = (typeof DEVICE_TABS)[number];

export type DeviceSearch = ReturnType<typeof deviceSearch>;
export function deviceSearch(search: Record<string, unknown>) {
    return given({ tab: readWord(search["tab"], DEVICE_TABS) });
}

export const ALERT_TABS = ["process", "event", "related"] as const;
export type AlertTab = (typeof ALERT_TABS)[number];

export type AlertSearch = ReturnType<typeof alertSearch>;
export function alertSearch(search: Record<string, unknown>) {
    return given({
        tab: readWord(search["tab"], ALERT_TABS),
        /** Key of the selected process: `pid.generation`. */
        node: readText(search["node"], 64),
    });
}

export type ActionsSearch = ReturnType<typeof actionsSearch>;
export function actionsSearch(search: Record<string, unknown>) {
    return given({
        state: readList(search["state"], ACTION_STATES),
        name: readText(search["name"], 64),
        device: readText(search["device"]),
        request: readText(search["request"]),
        /** The action whose details are open. */
        open: readText(search["open"]),
    });
}
