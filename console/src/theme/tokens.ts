// Colours that carry a meaning, for both schemes. Each pair of text and ground has at least 4.5:1 (tokens.test.ts), and none
// is ever the only sign: an icon and a word stand beside it.
import type { Level } from "../api/types";

export interface Pair {
    text: string;
    ground: string;
}

export interface Token {
    light: Pair;
    dark: Pair;
}

export const severityTokens: Record<Level, Token> = {
    critical: { light: { text: "#ffffff", ground: "#a81414" }, dark: { text: "#ffffff", ground: "#bf2020" } },
    high: { light: { text: "#8a3200", ground: "#ffe3d0" }, dark: { text: "#ffb27a", ground: "#47260f" } },
    medium: { light: { text: "#654c00", ground: "#ffefba" }, dark: { text: "#f0d264", ground: "#3a3110" } },
    low: { light: { text: "#0a5384", ground: "#dceefb" }, dark: { text: "#93cdf6", ground: "#12304a" } },
    informational: { light: { text: "#454c54", ground: "#e9ecef" }, dark: { text: "#c3c9d0", ground: "#2e3338" } },
};

/** How a state feels: all well, at work, needs a look, went wrong, over. */
export const TONES = ["good", "busy", "warn", "bad", "quiet"] as const;
export type Tone = (typeof TONES)[number];

export const toneTokens: Record<Tone, Token> = {
    good: { light: { text: "#1a5c32", ground: "#dff4e5" }, dark: { text: "#8fd9a8", ground: "#15321f" } },
    busy: { light: { text: "#1f4b99", ground: "#e1eafb" }, dark: { text: "#a5c4ff", ground: "#1b2c4d" } },
    warn: { light: { text: "#744300", ground: "#ffeccc" }, dark: { text: "#f5c073", ground: "#402c0e" } },
    bad: { light: { text: "#9a1717", ground: "#fde3e3" }, dark: { text: "#ffa8a8", ground: "#481a1a" } },
    quiet: { light: { text: "#4a525a", ground: "#e9ecef" }, dark: { text: "#c3c9d0", ground: "#2e3338" } },
};

/** CSS variables of one scheme: `--severity-high-text`, `--tone-bad-ground` and so on. */
export function tokenVariables(scheme: "light" | "dark"): Record<string, string> {
    const out: Record<string, string> = {};
    for (const [name, token] of Object.entries(severityTokens)) {
        out[`--severity-${name}-text`] = token[scheme].text;
        out[`--severity-${name}-ground`] = token[scheme].ground;
    }
    for (const [name, token] of Object.entries(toneTokens)) {
        out[`--tone-${name}-text`] = token[scheme].text;
        out[`--tone-${name}-ground`] = token[scheme].ground;
    }
    return out;
}
