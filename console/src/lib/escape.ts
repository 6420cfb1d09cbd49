// Hostile text made visible. A file name may hold characters that turn the reading direction, that nobody sees, or that only
// look like a space; each is replaced by its code point, so that what a person reads is what is there.

/** First and last code point of what must not be shown as it is, ascending. */
const HIDDEN: readonly (readonly [number, number])[] = [
    [0x0000, 0x0008], // C0 controls; tab and line feed are shown by the layout
    [0x000b, 0x001f],
    [0x007f, 0x009f], // delete and C1 controls
    [0x00a0, 0x00a0], // no-break space: looks like a space, is none
    [0x00ad, 0x00ad], // soft hyphen
    [0x034f, 0x034f], // combining grapheme joiner
    [0x061c, 0x061c], // Arabic letter mark
    [0x115f, 0x1160], // Hangul fillers
    [0x1680, 0x1680], // Ogham space
    [0x17b4, 0x17b5], // Khmer vowels that are not drawn
    [0x180b, 0x180f], // Mongolian separators
    [0x2000, 0x200f], // spaces of other widths, zero-width characters, direction marks
    [0x2028, 0x202f], // line and paragraph separators, embeddings, overrides
    [0x205f, 0x206f], // invisible operators, isolates
    [0x2800, 0x2800], // Braille blank
    [0x3000, 0x3000], // ideographic space
    [0x3164, 0x3164], // Hangul filler
    [0xd800, 0xdfff], // half of a surrogate pair
    [0xe000, 0xf8ff], // private use
    [0xfdd0, 0xfdef], // no characters
    [0xfe00, 0xfe0f], // variation selectors
    [0xfeff, 0xfeff], // byte order mark
    [0xffa0, 0xffa0], // Hangul filler, half width
    [0xfff0, 0xfffb], // interlinear annotation
    [0x1bca0, 0x1bca3], // shorthand controls
    [0x1d173, 0x1d17a], // musical controls
    [0xe0000, 0x10ffff], // tags, further variation selectors, private use
];

/** Must this code point be named instead of shown? */
export function isHidden(point: number): boolean {
    // Printable ASCII, nearly everything.
    if (point >= 0x20 && point < 0x7f) return false;
    // The last two of each plane are no characters.
    return (point & 0xfffe) === 0xfffe || HIDDEN.some(([first, last]) => point >= first && point <= last);
}

/** `<U+202E>`: how a hidden character is shown. */
export function codePoint(character: string): string {
    return `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`;
}

export interface Piece {
    /** What is shown: the text as it is, or the name of one hidden character. */
    text: string;
    hidden: boolean;
}

/** Cut text into runs that may be shown and single characters that must be named. */
export function pieces(text: string): Piece[] {
    const found: Piece[] = [];
    let plain = "";
    for (const character of text) {
        if (!isHidden(character.codePointAt(0) ?? 0)) {
            plain += character;
            continue;
        }
        if (plain) found.push({ text: plain, hidden: false });
        plain = "";
        found.push({ text: codePoint(character), hidden: true });
    }
    if (plain) found.push({ text: plain, hidden: false });
    return found;
}

/** The same as one string, for titles and labels, where nothing can be marked. */
export function visible(text: string): string {
    return pieces(text)
        .map((piece) => piece.text)
        .join("");
}

/** At most `most` UTF-16 units, never half of a pair. */
export function cut(text: string, most: number): string {
    if (text.length <= most) return text;
    const last = text.charCodeAt(most - 1);
    return text.slice(0, last >= 0xd800 && last <= 0xdbff ? most - 1 : most);
}
