// Short names of the API's records, and the fixed lists of words that filters offer.
import type { components, paths } from "./schema";

type Schemas = components["schemas"];

export type Session = Schemas["Session"];
export type Permission = Schemas["Permission"];
export type Overview = Schemas["Overview"];
export type Device = Schemas["Device"];
export type DeviceHealth = Schemas["DeviceHealth"];
export type Isolation = Schemas["Isolation"];
/** An alert in a list; `Alert` has its event and processes too. */
export type AlertSummary = Schemas["AlertSummary"];
export type Alert = Schemas["Alert"];
export type Action = Schemas["Action"];
export type ActionArguments = Schemas["ActionArguments"];
export type ActionType = Schemas["ActionType"];
export type ActionName = Schemas["ActionName"];

/** Filters of the lists, as the server takes them. */
export type AlertFilter = Query<"/api/v1/alerts">;
export type DeviceFilter = Query<"/api/v1/devices">;
export type ActionFilter = Query<"/api/v1/actions">;

type Query<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Q } } }
    ? NonNullable<Q>
    : never;

export interface Page<T> {
    items: T[];
    next?: string;
    /** All that match, where the server counts them; TOTAL_MOST stands for that many or more. */
    total?: number;
}

export const TOTAL_MOST = 10_000;

/** Levels of an alert, worst first. */
export const LEVELS = ["critical", "high", "medium", "low", "informational"] as const satisfies Level[];
export type Level = Schemas["Level"];

export const ALERT_STATES = ["open", "acknowledged", "closed"] as const satisfies AlertState[];
export type AlertState = Schemas["AlertState"];

export const DEVICE_STATES = ["enrolled", "retired", "revoked"] as const satisfies DeviceState[];
export type DeviceState = Schemas["DeviceState"];

export const PLATFORMS = ["macos", "linux"] as const satisfies Schemas["Platform"][];

export const CONDITIONS = ["good", "poor", "unknown"] as const satisfies Schemas["DeviceCondition"][];

export const ISOLATIONS = ["none", "isolated", "released"] as const satisfies Schemas["IsolationState"][];

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
] as const satisfies ActionState[];
export type ActionState = Schemas["ActionState"];

/** Groups of action states that a person asks for. */
export const ACTION_WAITING: readonly ActionState[] = ["pending_approval", "approved", "queued"];
export const ACTION_RUNNING: readonly ActionState[] = ["delivered", "running"];
export const ACTION_FAILED: readonly ActionState[] = ["failed", "refused", "timed_out", "interrupted", "expired"];

/** Is this one of the words? For values that come from an address or a server of another version. */
export function isOneOf<T extends string>(words: readonly T[], word: unknown): word is T {
    return typeof word === "string" && (words as readonly string[]).includes(word);
}
