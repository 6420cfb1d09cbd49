// Filters in the address: short, readable and typed. `?state=open,acknowledged&q=imac`, a list is joined by commas.
// Pages declare their own words with these readers; what does not fit is dropped, so that a mistyped link still opens.

/** Search part of an address -> plain words. Later values of a repeated name win. */
export function parseSearch(text: string): Record<string, string> {
    return Object.fromEntries(new URLSearchParams(text));
}

/** Typed filters -> search part, with its question mark; empty ones are left out. */
export function stringifySearch(search: Record<string, unknown>): string {
    const out = new URLSearchParams();
    for (const [name, value] of Object.entries(search)) {
        const word = Array.isArray(value) ? value.join(",") : typeof value === "string" ? value : undefined;
        if (word !== undefined && (word !== "" || Array.isArray(value))) out.set(name, word);
    }
    // Commas and colons are harmless in a query and are easier to read and to type as they are.
    const text = out.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
    return text ? "?" + text : "";
}

/**
 * Several of a fixed list of words, in the list's order.
 * @returns undefined when the address says nothing; [] when it says that nothing is chosen
 */
export function readList<T extends string>(value: unknown, words: readonly T[]): T[] | undefined {
    const given = typeof value === "string" ? value.split(",") : Array.isArray(value) ? value.map(String) : undefined;
    if (!given) return undefined;
    const known = words.filter((word) => given.includes(word));
    // Only unknown words: as if nothing had been said. Nothing at all: nothing is chosen.
    return known.length === 0 && given.some((word) => word !== "") ? undefined : known;
}

export function readWord<T extends string>(value: unknown, words: readonly T[]): T | undefined {
    return words.find((word) => word === value);
}

/** Free text of at most `most` characters. */
export function readText(value: unknown, most = 200): string | undefined {
    return typeof value === "string" && value !== "" ? value.slice(0, most) : undefined;
}

/** Drop members without a value, as exact optional properties want it. */
export function given<T extends object>(search: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
    return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as {
        [K in keyof T]?: Exclude<T[K], undefined>;
    };
}

/** Some filters anew; undefined takes one away. */
export type Change<S> = { [K in keyof S]?: S[K] | undefined };

export function changed<S extends object>(before: S, change: Change<S>): S {
    return given({ ...before, ...change }) as S;
}
