// Which columns a narrow list leaves out, so that it need not be scrolled sideways to be read.
import type { Column } from "./column";

type Sized = Pick<Column<never>, "id" | "width" | "least" | "yields">;

/**
 * @param columns those that would be shown
 * @param roomPx width of the list; 0 while it is not known
 * @returns ids of the columns left out: those that yield, the first to yield first, no more than needed
 */
export function withoutRoom(columns: readonly Sized[], roomPx: number): string[] {
    if (roomPx <= 0) return [];
    let needed = columns.reduce((sum, column) => sum + (column.least ?? column.width), 0);
    const out: string[] = [];
    for (const column of columns.filter((one) => one.yields !== undefined).sort((a, b) => (a.yields ?? 0) - (b.yields ?? 0))) {
        if (needed <= roomPx) break;
        needed -= column.least ?? column.width;
        out.push(column.id);
    }
    return out;
}
