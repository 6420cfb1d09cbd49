// Short names of the API's records, and the fixed lists of words that filters offer.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Session = Schemas["Session"];
export type Overview = Schemas["Overview"];
export type Device = Schemas["Device"];
export type Isolation = Device["isolation"];
export type Alert = Schemas["Alert"];
export type Action = Schemas["Action"];
export type ActionOrder = Schemas["ActionOrder"];

export interface Page<T> {
    items: T[];
    next?: string | undefined;
}

/** Levels of an alert, worst first. */
export const LEVELS = ["critical", "high", "medium", "low", "informational"] as const;
export type Level = (typeof LEVELS)[number];

export const ALERT_STATES = ["open", "acknowledged", "closed"] as const;
export type AlertState = (typeof ALERT_STATES)[number];

export const DEVICE_STATES = ["enrolled", "retired", "revoked"] as const;
export type DeviceState = (typeof DEVICE_STATES)[number];

export const PLATFORMS = ["macos", "linux"] as const;

/** States of an action in the order in which they are passed; what each means is in src/schema/action.h. */
export const ACTION_STATES = [
    "draft",
    "pending_approval",
    "approved",
    "denied",
    "lapsed",
    "queued",
    "delivered",
    "running",
    "succeeded",
    "failed",
    "refused",
    "timed_out",
    "interrupted",
    "cancelled",
    "expired",
] as const;
export type ActionState = (typeof ACTION_STATES)[number];

/** Groups of action states that a person asks for. */
export const ACTION_WAITING: readonly ActionState[] = ["pending_approval", "approved", "queued"];
export const ACTION_RUNNING: readonly ActionState[] = ["delivered", "running"];
export const ACTION_FAILED: readonly ActionState[] = ["failed", "refused", "timed_out", "interrupted", "expired"];

/** Is this one of the words? For values that come from an address or a server of another version. */
export function isOneOf<T extends string>(words: readonly T[], word: unknown): word is T {
    return typeof word === "string" && (words as readonly string[]).includes(word);
}
