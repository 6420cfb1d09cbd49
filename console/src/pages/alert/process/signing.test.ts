import { describe, expect, it } from "vitest";

import { readBody } from "../body";
import { signingOf } from "./signing";

function verdict(process: Record<string, unknown>) {
    const [read] = readBody({ ancestry: [{ pid: 2, ...process }] }).ancestry;
    if (!read) throw new Error("no process");
    const { verdict: found, word } = signingOf(read);
    return [found, word];
}

// Flags and categories as recordings of macOS 15 and 26 have them.
describe("who signed a program", () => {
    it.each([
        [{ platform_binary: true, signing_flags: 570522385, signing_category: 1 }, "apple", "Apple"],
        [{ platform_binary: true }, "apple", "Apple"],
        [{ team_id: "T1", signing_flags: 570503953, signing_category: 6 }, "identified", "Developer ID"],
        [{ team_id: "T1", signing_flags: 570503953, signing_category: 4 }, "identified", "App Store"],
        [{ team_id: "T1", signing_flags: 570503953 }, "identified", "Developer"],
        [{ signing_id: "a", signing_flags: 570556419, signing_category: 10 }, "adhoc", "Ad hoc"],
        [{ signing_flags: 0 }, "unsigned", "Unsigned"],
        [{ team_id: "T1", signing_flags: 0x20000000 }, "invalid", "Not valid"],
        [{}, "unknown", "Not known"],
    ])("%j", (process, found, word) => {
        expect(verdict(process)).toEqual([found, word]);
    });
});
