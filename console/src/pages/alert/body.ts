// What the agent sent, read with distrust: the server has checked ids and that it is JSON, a device that somebody else runs
// may send any member with any value. What does not fit is left out here, once; the raw text stays in the event's tab.
import { isRecord } from "../../lib/values";

/** More ancestors than this are not drawn; a Mac's deepest honest family is far below. */
export const PROCESSES_MOST = 64;
const MATCHED_MOST = 200;

export interface Process {
    pid: number | undefined;
    /** Tells a reused pid apart. */
    generation: number | undefined;
    executable: string;
    commandLine: string;
    workingDirectory: string;
    uid: number | undefined;
    user: string;
    signingId: string;
    teamId: string;
    cdhash: string;
    sha256: string;
    platformBinary: boolean;
    signingFlags: number | undefined;
    signingCategory: number | undefined;
    start: string;
    end: string;
}

export interface MatchedField {
    field: string;
    /** null: the rule wanted the field to be absent. */
    values: (string | null)[];
}

export interface AlertBodyRead {
    matched: MatchedField[];
    /** Fields that matched and are not in `matched`. */
    matchedMore: number;
    /** The process of the event first, then its parent and so on; at most PROCESSES_MOST. */
    ancestry: Process[];
    ancestryMore: number;
    event: Record<string, unknown>;
    boot: string;
}

function text(value: unknown): string {
    return typeof value === "string" ? value : "";
}

function whole(value: unknown): number | undefined {
    return Number.isSafeInteger(value) ? (value as number) : undefined;
}

function processOf(value: unknown): Process | undefined {
    if (!isRecord(value)) return undefined;
    return {
        pid: whole(value["pid"]),
        generation: whole(value["generation"]),
        executable: text(value["executable"]),
        commandLine: text(value["command_line"]),
        workingDirectory: text(value["working_directory"]),
        uid: whole(value["uid"]),
        user: text(value["user"]),
        signingId: text(value["signing_id"]),
        teamId: text(value["team_id"]),
        cdhash: text(value["cdhash"]),
        sha256: text(value["sha256"]),
        platformBinary: value["platform_binary"] === true,
        signingFlags: whole(value["signing_flags"]),
        signingCategory: whole(value["signing_category"]),
        start: text(value["start"]),
        end: text(value["end"]),
    };
}

/** A process as an event names it, under `process`, `process.parent` or `target.process`; undefined when it names none. */
export function processOfEvent(event: Record<string, unknown>, base: string): Process | undefined {
    const at = (name: string) => event[`${base}.${name}`];
    const found = processOf({
        pid: at("pid"),
        generation: at("pidversion"),
        executable: at("executable"),
        command_line: at("command_line"),
        working_directory: at("working_directory"),
        uid: at("uid"),
        user: base === "process" ? event["user.name"] : undefined,
        signing_id: at("signing.id"),
        team_id: at("signing.team_id"),
        cdhash: at("signing.cdhash"),
        sha256: at("hash.sha256"),
        platform_binary: at("signing.platform_binary"),
        signing_flags: at("signing.flags"),
        signing_category: at("signing.category"),
        start: at("start"),
    });
    return found && (found.pid !== undefined || found.executable !== "") ? found : undefined;
}

/** `known`, and where it says nothing, what `more` says. */
function merged(known: Process, more: Process | undefined): Process {
    if (!more || (known.pid !== undefined && more.pid !== undefined && known.pid !== more.pid)) return known;
    const out: Process = { ...more };
    for (const [name, value] of Object.entries(known))
        if (value !== undefined && value !== "" && value !== false) Object.assign(out, { [name]: value });
    return out;
}

function ancestryOf(body: Record<string, unknown>, event: Record<string, unknown>): Process[] {
    const told = Array.isArray(body["ancestry"]) ? body["ancestry"].slice(0, PROCESSES_MOST) : [];
    const known = told.map(processOf).filter((process) => process !== undefined);
    const subject = processOfEvent(event, "process");
    const [first, ...others] = known;
    if (first) return [merged(first, subject), ...others];
    if (!subject) return [];
    const parent = processOfEvent(event, "process.parent");
    return parent ? [subject, parent] : [subject];
}

function valuesOf(value: unknown): (string | null)[] {
    const one = (item: unknown) => (item === null ? null : typeof item === "string" ? item : (JSON.stringify(item) ?? ""));
    return Array.isArray(value) ? value.slice(0, MATCHED_MOST).map(one) : [one(value)];
}

/** Read an alert's body; never throws, whatever it is. */
export function readBody(value: unknown): AlertBodyRead {
    const body = isRecord(value) ? value : {};
    const event = isRecord(body["event"]) ? body["event"] : {};
    const matched = isRecord(body["matched"]) ? Object.entries(body["matched"]) : [];
    const told = Array.isArray(body["ancestry"]) ? body["ancestry"].length : 0;
    return {
        matched: matched.slice(0, MATCHED_MOST).map(([field, values]) => ({ field, values: valuesOf(values) })),
        matchedMore: Math.max(0, matched.length - MATCHED_MOST),
        ancestry: ancestryOf(body, event),
        ancestryMore: Math.max(0, told - PROCESSES_MOST),
        event,
        boot: text(body["boot"]),
    };
}
