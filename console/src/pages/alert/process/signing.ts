// Who signed a program, in one word, from what the kernel said of it. Flags as in Apple's cs_blobs.h, categories as in
// EndpointSecurity's ESTypes.h (macOS 26).
import type { Process } from "../body";

export const VERDICTS = ["apple", "identified", "adhoc", "unsigned", "invalid", "unknown"] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Signing {
    verdict: Verdict;
    /** "Developer ID", "Ad hoc": short enough for a node of the tree. */
    word: string;
    /** Who vouches for it, for the details. */
    means: string;
}

const CS_VALID = 0x1;
const CS_ADHOC = 0x2;
const CS_SIGNED = 0x20000000;

const PLATFORM = 1;
/** Whose certificate it was, by category. */
const WORDS: Record<number, readonly [string, string]> = {
    2: ["TestFlight", "A beta version, distributed through Apple's TestFlight"],
    3: ["Development", "Signed with a developer's own certificate, for testing on few Macs"],
    4: ["App Store", "Reviewed and signed by Apple's App Store"],
    5: ["Enterprise", "Signed for use inside one organisation"],
    6: ["Developer ID", "Signed by a developer whom Apple knows, distributed outside the App Store"],
    7: ["Local", "Signed on this Mac itself"],
};

/** `2 ** 31` and above come as they are; bit operations of JavaScript take the low 32 bits. */
function has(flags: number, flag: number): boolean {
    return (flags & flag) !== 0;
}

export function signingOf(process: Process): Signing {
    const { signingFlags: flags, signingCategory: category, teamId } = process;
    if (flags !== undefined && has(flags, CS_SIGNED) && !has(flags, CS_VALID))
        return { verdict: "invalid", word: "Not valid", means: "Signed, but the kernel no longer takes the signature as valid" };
    if (process.platformBinary || category === PLATFORM)
        return { verdict: "apple", word: "Apple", means: "Part of macOS, signed by Apple" };
    const known = category === undefined ? undefined : WORDS[category];
    if (known) return { verdict: "identified", word: known[0], means: known[1] };
    if (flags !== undefined && has(flags, CS_ADHOC))
        return { verdict: "adhoc", word: "Ad hoc", means: "A signature without a certificate: nobody vouches for it" };
    if (teamId !== "") return { verdict: "identified", word: "Developer", means: "Signed by a developer whom Apple knows" };
    if (flags !== undefined && !has(flags, CS_SIGNED))
        return { verdict: "unsigned", word: "Unsigned", means: "No signature at all" };
    return { verdict: "unknown", word: "Not known", means: "The device did not tell how this program is signed" };
}
