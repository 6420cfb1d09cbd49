import { describe, expect, it } from "vitest";

import { severityTokens, toneTokens } from "./tokens";

/** WCAG 2.2 relative luminance of #rrggbb. */
function luminance(colour: string): number {
    const part = (at: number) => {
        const value = parseInt(colour.slice(at, at + 2), 16) / 255;
        return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}

function contrast(a: string, b: string): number {
    const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
}

describe("colours with a meaning", () => {
    const all = [...Object.entries(severityTokens), ...Object.entries(toneTokens)];
    it.each(all)("%s can be read in both schemes", (_, token) => {
        expect(contrast(token.light.text, token.light.ground)).toBeGreaterThanOrEqual(4.5);
        expect(contrast(token.dark.text, token.dark.ground)).toBeGreaterThanOrEqual(4.5);
    });

    it("measures as WCAG does", () => {
        expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 1);
        expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
    });
});
