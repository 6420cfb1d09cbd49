import { describe, expect, it } from "vitest";

import type { Column } from "./column";
import { toCsv, toTsv } from "./export";

const columns: readonly Column<{ name: string }>[] = [{ id: "name", header: "Name", width: 100, cell: () => null, text: (row) => row.name }];

describe("exports", () => {
    it.each(["=cmd()", "+1", "-1", "@sum"])("never hand a spreadsheet a formula: %s", (name) => {
        expect(toCsv([{ name }], columns)).toBe(`Name\r\n'${name}\r\n`);
        expect(toTsv([{ name }], columns)).toBe(`Name\n'${name}`);
    });

    it("keep a value with separators one value", () => {
        expect(toCsv([{ name: 'a,"b"\nc' }], columns)).toBe('Name\r\n"a,""b""\nc"\r\n');
        expect(toTsv([{ name: "a\tb\nc" }], columns)).toBe("Name\na b c");
    });
});
