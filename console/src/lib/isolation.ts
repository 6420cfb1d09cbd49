// Isolation is a wish and an observation. This is what a person is told: where it stands, and whether the two agree.
import type { Isolation } from "../api/types";

export type IsolationLook = "none" | "isolated" | "released" | "isolating" | "releasing";

export function isolationLook(isolation: Isolation): IsolationLook {
    const { desired, observed } = isolation;
    const cut = observed === "isolated";
    if (desired === "isolated" && !cut) return "isolating";
    if (desired === "released" && cut) return "releasing";
    return observed;
}

/** One sentence about desired and observed with their generations. */
export function describeIsolation(isolation: Isolation): string {
    const { desired_generation: wanted, observed_generation: seen } = isolation;
    if (wanted === 0) return "It was never ordered.";
    if (wanted === seen) return `The device has confirmed the latest order, generation ${String(wanted)}.`;
    if (seen === 0) return `Order ${String(wanted)} has not been confirmed; the device has not reported any yet.`;
    return `Order ${String(wanted)} has not been confirmed; the device last reported generation ${String(seen)}.`;
}
