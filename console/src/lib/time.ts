// Times as people read them. The server's are RFC 3339 in UTC with nanoseconds; a browser keeps milliseconds, so the text
// itself is shown wherever the exact value matters.
export type Zone = "utc" | "local";

/** Milliseconds since 1970, or undefined for what is no time. */
export function parseTime(text: string | undefined): number | undefined {
    if (!text) return undefined;
    // More than three digits after the point are cut, not every engine takes them.
    const ms = Date.parse(text.replace(/(\.\d{3})\d+/, "$1"));
    return Number.isNaN(ms) ? undefined : ms;
}

function pad(value: number, digits = 2): string {
    return String(value).padStart(digits, "0");
}

function parts(ms: number, zone: Zone) {
    const d = new Date(ms);
    return zone === "utc"
        ? [d.getUTCFullYear(), d.getUTCMonth() + 1, d.getUTCDate(), d.getUTCHours(), d.getUTCMinutes(), d.getUTCSeconds()]
        : [d.getFullYear(), d.getMonth() + 1, d.getDate(), d.getHours(), d.getMinutes(), d.getSeconds()];
}

/** `2026-01-31 08:00:05`, the same width always, so that columns line up. */
export function formatTime(ms: number, zone: Zone): string {
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts(ms, zone);
    return `${pad(year, 4)}-${pad(month)}-${pad(day)} ${pad(hour)}:${pad(minute)}:${pad(second)}`;
}

/** `UTC`, `UTC+2`, `UTC-3:30`: the zone a time is shown in. */
export function zoneName(ms: number, zone: Zone): string {
    const minutes = zone === "utc" ? 0 : -new Date(ms).getTimezoneOffset();
    if (minutes === 0) return "UTC";
    const size = Math.abs(minutes);
    const rest = size % 60 ? ":" + pad(size % 60) : "";
    return `UTC${minutes < 0 ? "-" : "+"}${String(Math.floor(size / 60))}${rest}`;
}

const UNITS = [
    ["day", 86400],
    ["h", 3600],
    ["min", 60],
] as const;

const AHEAD_S = 15;

/** `now`, `40 s ago`, `5 min ago`, `3 h ago`, `2 days ago`, `in 4 min`. */
export function formatRelative(ms: number, nowMs: number): string {
    const seconds = Math.round((nowMs - ms) / 1000);
    const size = Math.abs(seconds);
    // What has just happened must not lie ahead: the page's clock ticks every ten seconds, and two clocks differ.
    if (size < 5 || (seconds < 0 && size <= AHEAD_S)) return "now";
    const [unit, length] = UNITS.find(([, s]) => size >= s) ?? ["s", 1];
    const count = Math.floor(size / length);
    const word = unit === "day" && count !== 1 ? "days" : unit;
    return seconds < 0 ? `in ${String(count)} ${word}` : `${String(count)} ${word} ago`;
}

/** Everything that is known about the moment: both zones and the server's own text. */
export function describeTime(text: string, nowMs: number): string {
    const ms = parseTime(text);
    if (ms === undefined) return text;
    const local = `${formatTime(ms, "local")} ${zoneName(ms, "local")}`;
    return `${text}\nhere: ${local}\n${formatRelative(ms, nowMs)}`;
}

/** `450 ms`, `12 s`, `5 min 3 s`, `2 h 5 min`, `3 days 4 h`: how long something took. */
export function formatDuration(ms: number): string {
    if (ms < 1000) return `${String(Math.max(0, Math.round(ms)))} ms`;
    const s = Math.floor(ms / 1000);
    const two = (a: number, unitA: string, b: number, unitB: string) =>
        b ? `${String(a)} ${unitA} ${String(b)} ${unitB}` : `${String(a)} ${unitA}`;
    if (s < 60) return `${String(s)} s`;
    if (s < 3600) return two(Math.floor(s / 60), "min", s % 60, "s");
    if (s < 86400) return two(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min");
    const days = Math.floor(s / 86400);
    return two(days, days === 1 ? "day" : "days", Math.floor((s % 86400) / 3600), "h");
}
