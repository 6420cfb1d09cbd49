// Rows as files: CSV for spreadsheets, JSON for programs. What is loaded is what is written; nothing is cut silently.
import type { Column } from "./column";

/**
 * Text that a spreadsheet would run as a formula gets an apostrophe in front: telemetry is hostile, and `=cmd()` in a
 * process name must stay text, in a file and when pasted.
 */
function harmless(text: string): string {
    return /^[=+\-@\t\r]/.test(text) ? "'" + text : text;
}

/** One CSV value. */
function csvValue(text: string): string {
    const safe = harmless(text);
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** RFC 4180, with a heading line. */
export function toCsv<T>(rows: readonly T[], columns: readonly Column<T>[]): string {
    const lines = [columns.map((column) => csvValue(column.header)).join(",")];
    for (const row of rows) lines.push(columns.map((column) => csvValue(column.text(row))).join(","));
    return lines.join("\r\n") + "\r\n";
}

/** Tab-separated, for pasting into a table or a ticket. Tabs and line ends inside a value become spaces. */
export function toTsv<T>(rows: readonly T[], columns: readonly Column<T>[]): string {
    const value = (text: string) => harmless(text).replace(/[\t\r\n]+/g, " ");
    return [
        columns.map((column) => column.header).join("\t"),
        ...rows.map((row) => columns.map((column) => value(column.text(row))).join("\t")),
    ].join("\n");
}

/** Let the browser save a text as a file. */
export function saveFile(name: string, type: string, text: string): void {
    const url = URL.createObjectURL(new Blob([text], { type }));
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    // The browser has taken the blob by the next turn.
    setTimeout(() => {
        URL.revokeObjectURL(url);
    }, 0);
}
