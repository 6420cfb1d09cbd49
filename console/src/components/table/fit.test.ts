import { describe, expect, it } from "vitest";

import { actionColumns } from "../../pages/actions/columns";
import { alertColumns } from "../../pages/alerts/columns";
import { deviceColumns } from "../../pages/devices/columns";
import { withoutRoom } from "./fit";

const columns = [
    { id: "name", width: 300, least: 200 },
    { id: "late", width: 100, yields: 2 },
    { id: "first", width: 100, yields: 1 },
    { id: "stays", width: 100 },
];

describe("withoutRoom", () => {
    it("leaves out what yields, in its order and no more than needed", () => {
        expect(withoutRoom(columns, 500)).toEqual([]);
        expect(withoutRoom(columns, 499)).toEqual(["first"]);
        expect(withoutRoom(columns, 399)).toEqual(["first", "late"]);
        expect(withoutRoom(columns, 10)).toEqual(["first", "late"]);
    });

    it("leaves out nothing before the width is known", () => {
        expect(withoutRoom(columns, 0)).toEqual([]);
    });

    it.each([
        ["alerts", alertColumns, 36],
        ["devices", deviceColumns, 36],
        ["actions", actionColumns(() => undefined), 0],
    ] as const)("fits the list of %s into a window of 1024 pixels", (_, list, select) => {
        const shown = (list as readonly { id: string; width: number; least?: number; yields?: number; hidden?: boolean }[]).filter(
            (column) => !column.hidden,
        );
        const room = 1024 - 202 - select;
        const out = withoutRoom(shown, room);
        const width = shown.filter(({ id }) => !out.includes(id)).reduce((sum, column) => sum + (column.least ?? column.width), 0);
        expect(width).toBeLessThanOrEqual(room);
    });
});
