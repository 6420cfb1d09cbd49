import { describe, expect, it } from "vitest";

import { cut, isHidden, pieces, visible } from "./escape";

/** Every code point that Unicode calls a control, a direction control, ignorable, or a space other than U+0020. */
const dangerous = /[\p{Cc}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\p{Zs}\p{Cs}\p{Co}\p{Noncharacter_Code_Point}]/u;
const shown = new Set([0x09, 0x0a, 0x20]);

describe("hidden characters", () => {
    it("names every control, direction, ignorable and blank code point of Unicode", () => {
        const missed: string[] = [];
        let count = 0;
        for (let point = 0; point <= 0x10ffff; point++) {
            if (shown.has(point)) continue;
            if (!dangerous.test(String.fromCodePoint(point))) continue;
            count += 1;
            if (!isHidden(point)) missed.push(point.toString(16));
        }
        expect(missed).toEqual([]);
        expect(count).toBeGreaterThan(130_000);
    });

    it("leaves letters, digits, signs and emoji of all scripts alone", () => {
        for (const text of ["ls -la /Users/å/Übung", "пароль", "密码", "كلمة", "🙂", "€ ± ½", "a\tb\nc"])
            expect(visible(text)).toBe(text);
    });

    it.each([
        ["invoice\u202Efdp.exe", "invoice<U+202E>fdp.exe"],
        ["a\u200Bb", "a<U+200B>b"],
        ["\u2066x\u2069", "<U+2066>x<U+2069>"],
        ["bell\u0007", "bell<U+0007>"],
        ["\u001b[31mred", "<U+001B>[31mred"],
        ["carriage\rreturn", "carriage<U+000D>return"],
        ["\u{E0041}tag", "<U+E0041>tag"],
        ["half \ud800", "half <U+D800>"],
        ["\ufeffstart", "<U+FEFF>start"],
        ["no\u00a0break", "no<U+00A0>break"],
    ])("shows %j as what it is", (text, expected) => {
        expect(visible(text)).toBe(expected);
    });

    it("keeps runs of plain text together", () => {
        expect(pieces("ab\u200Bcd")).toEqual([
            { text: "ab", hidden: false },
            { text: "<U+200B>", hidden: true },
            { text: "cd", hidden: false },
        ]);
    });
});

describe("cut", () => {
    it("never leaves half of a pair", () => {
        expect(cut("ab🙂", 3)).toBe("ab");
        expect(cut("ab🙂", 4)).toBe("ab🙂");
        expect(cut("abc", 3)).toBe("abc");
    });
});
