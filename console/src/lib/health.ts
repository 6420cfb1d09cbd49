// What an agent says about itself, in sentences that say what is wrong. Everything here came from the device: whatever its
// type, nothing may throw, and texts are shown through SafeText.
import type { Device, DeviceHealth } from "../api/types";
import type { Tone } from "../theme/tokens";
import { formatDuration, parseTime } from "./time";

export interface Finding {
    tone: Extract<Tone, "bad" | "warn">;
    text: string;
}

const CLOCK_MS = 60_000;
const CERTIFICATE_MS = 14 * 86_400_000;

function count(value: unknown): number {
    return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

function words(value: unknown): string {
    return typeof value === "string" ? value.trim() : "";
}

function many(value: unknown, one: string, more: string): string {
    const n = count(value);
    return `${n.toLocaleString("en")} ${n === 1 ? one : more}`;
}

/** What each tier of the sensor sees. */
export const TIERS: Record<string, string> = {
    kernel: "Full: told by the kernel, can deny a start",
    eslogger: "Full view through eslogger, cannot deny",
    degraded: "Degraded: sees only a part",
    none: "None: sees nothing",
};

function ofSensor(sensor: NonNullable<DeviceHealth["sensor"]>): Finding[] {
    const found: Finding[] = [];
    const said = words(sensor.text);
    if (sensor.running === false)
        found.push({ tone: "bad", text: `The sensor does not run${said ? `: ${said}` : "."}` });
    else if (said) found.push({ tone: "warn", text: `The sensor says: ${said}` });
    if (sensor.tier === "none" || (sensor.tier === "degraded" && sensor.running !== false))
        found.push({ tone: "bad", text: "The sensor sees less than it should." });
    if (sensor.paused === true) found.push({ tone: "bad", text: "The sensor is paused: the agent's disk space for events is full." });
    if (count(sensor.lost) > 0)
        found.push({ tone: "warn", text: `${many(sensor.lost, "event was", "events were")} lost before the agent could read them.` });
    if (count(sensor.restarts) > 0)
        found.push({ tone: "warn", text: `The sensor was started again ${many(sensor.restarts, "time", "times")}.` });
    return found;
}

function ofUplink(uplink: NonNullable<DeviceHealth["uplink"]>): Finding[] {
    const found: Finding[] = [];
    if (uplink.spool_full === true) found.push({ tone: "bad", text: "The device's space for unsent events is full." });
    if (count(uplink.waiting_batches) > 0)
        found.push({
            tone: "warn",
            text: `${many(uplink.waiting_events, "event waits", "events wait")} to be sent, in ${many(uplink.waiting_batches, "batch", "batches")}.`,
        });
    const failure = words(uplink.last_failure);
    if (failure) found.push({ tone: "warn", text: `The last failure while sending: ${failure}` });
    return found;
}

function ofCommands(commands: NonNullable<DeviceHealth["commands"]>): Finding[] {
    const found: Finding[] = [];
    const last = Array.isArray(commands.last_refused) ? commands.last_refused.at(-1) : undefined;
    if (count(commands.refused) > 0)
        found.push({
            tone: "warn",
            text: `It refused ${many(commands.refused, "order", "orders")}${last ? `, the last one because ${words(last.reason)}` : ""}.`,
        });
    if (commands.server_time_known === false)
        found.push({ tone: "warn", text: "It does not know the server's time yet and takes no orders." });
    return found;
}

function ofDevice(device: Device, nowMs: number, ruleset: string): Finding[] {
    const found: Finding[] = [];
    const health = device.health;
    const offset = count(device.clock_offset_ms) || count(health.commands?.clock_offset_ms);
    if (Math.abs(offset) > CLOCK_MS)
        found.push({
            tone: "warn",
            text: `Its clock is ${formatDuration(Math.abs(offset))} ${offset > 0 ? "ahead of" : "behind"} the server's.`,
        });
    const expires = parseTime(device.certificate_expires);
    if (expires !== undefined && expires - nowMs < CERTIFICATE_MS && device.state === "enrolled")
        found.push({
            tone: expires < nowMs ? "bad" : "warn",
            text: expires < nowMs ? "Its certificate has expired." : "Its certificate expires within two weeks.",
        });
    const own = words(health.analyst?.ruleset);
    if (own && ruleset && own !== ruleset)
        found.push({ tone: "warn", text: "It does not have the active rules yet." });
    return found;
}

/** What is wrong with a device, the worst first; empty when it is well. */
export function findings(device: Device, nowMs: number, ruleset = ""): Finding[] {
    const health = device.health;
    if (Object.keys(health).length === 0)
        return [{ tone: "warn", text: "The agent has not reported its health yet." }, ...ofDevice(device, nowMs, ruleset)];
    const found: Finding[] = [];
    const containment = words(health.containment);
    if (containment) found.push({ tone: "bad", text: `Isolation has a problem: ${containment}` });
    if (health.sensor) found.push(...ofSensor(health.sensor));
    if (health.uplink) found.push(...ofUplink(health.uplink));
    if (health.commands) found.push(...ofCommands(health.commands));
    if (count(health.analyst?.damaged) > 0)
        found.push({ tone: "warn", text: `${many(health.analyst?.damaged, "record", "records")} could not be read.` });
    if (count(health.analyst_restarts) > 0)
        found.push({ tone: "warn", text: `The agent's analyst was started again ${many(health.analyst_restarts, "time", "times")}.` });
    if (count(health.uplink_restarts) > 0)
        found.push({ tone: "warn", text: `The agent's uplink was started again ${many(health.uplink_restarts, "time", "times")}.` });
    found.push(...ofDevice(device, nowMs, ruleset));
    return [...found.filter((each) => each.tone === "bad"), ...found.filter((each) => each.tone !== "bad")];
}
