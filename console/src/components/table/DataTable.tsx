// The one list of the console: pages from a cursor, only the visible rows in the document, columns to show, hide and widen,
// selection, grouping, keyboard. The server's order is kept; nothing is sorted here, because a part of a list sorted is wrong.
import { Button, Checkbox, Group, Text } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import {
    columnResizingFeature,
    columnSizingFeature,
    columnVisibilityFeature,
    createColumnHelper,
    tableFeatures,
    useTable,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useMemo, useRef, useState } from "react";

import { type Page, TOTAL_MOST } from "../../api/types";
import { setPreferences, usePreferences } from "../../settings/preferences";
import { ErrorState, LoadingLines } from "../states";
import { type Column, type GroupBy, linesOf } from "./column";
import classes from "./DataTable.module.css";
import { withoutRoom } from "./fit";
import { DataRow, GroupRow } from "./rows";
import { TableTools } from "./TableTools";
import { useRowCursor } from "./useRowCursor";

const features = tableFeatures({ columnVisibilityFeature, columnSizingFeature, columnResizingFeature });
const ROW_PX = 34;
const SELECT_PX = 36;

export interface Selection {
    ids: ReadonlySet<string>;
    onChange: (ids: ReadonlySet<string>) => void;
}

interface Props<T> {
    /** Key of the person's settings and name of exported files: "alerts". */
    name: string;
    /** What the rows are, for "Showing 12 alerts": singular and plural. */
    nouns: readonly [string, string];
    /** Read aloud as the name of the list. */
    label: string;
    columns: readonly Column<T>[];
    query: UseInfiniteQueryResult<{ pages: Page<T>[] }>;
    rowId: (row: T) => string;
    /** What selecting and opening call the row: its title. */
    rowLabel: (row: T) => string;
    onOpen?: (row: T) => void;
    selection?: Selection;
    groupBy?: GroupBy<T> | undefined;
    empty: ReactNode;
    /** Left of the tools: what a page wants to say or offer above its list. */
    toolbar?: ReactNode;
    /** Keys beside j, k, Enter and x, with the row they are for. */
    keys?: Record<string, (row: T) => void>;
}

export function DataTable<T>(props: Props<T>) {
    const { name, columns, query, rowId, rowLabel, selection, groupBy } = props;
    const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
    const { hiddenColumns, wrap } = usePreferences();
    const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
    const scroller = useRef<HTMLDivElement>(null);

    const { ref: frame, width: room } = useElementSize();
    const own = useMemo(() => columns.filter((column) => column.hidden).map((column) => column.id), [columns]);
    // A person who chose columns gets them, and scrolls.
    const squeezed = useMemo(
        () =>
            hiddenColumns[name]
                ? []
                : withoutRoom(columns.filter((column) => !column.hidden), room - (selection ? SELECT_PX : 0)),
        [hiddenColumns, name, columns, room, selection],
    );
    const hidden = useMemo(() => hiddenColumns[name] ?? [...own, ...squeezed], [hiddenColumns, name, own, squeezed]);
    const hide = (ids: string[]) => {
        setPreferences({ hiddenColumns: { ...hiddenColumns, [name]: ids } });
    };
    const definitions = useMemo(() => {
        const helper = createColumnHelper<typeof features, { id: string }>();
        return columns.map((column) =>
            helper.display({ id: column.id, header: column.header, size: column.width, minSize: 60, maxSize: 1200 }),
        );
    }, [columns]);
    // The table model knows the columns only; rows are lines below, because a group is no row of data.
    const table = useTable({
        features,
        columns: definitions,
        data: NO_ROWS,
        columnResizeMode: "onChange",
        state: { columnVisibility: Object.fromEntries(hidden.map((id) => [id, false])) },
    });
    const headers = table.getHeaderGroups()[0]?.headers ?? [];
    const byId = new Map(columns.map((column) => [column.id, column]));
    const shown = headers.flatMap((header) => byId.get(header.column.id) ?? []);

    const lines = useMemo(() => linesOf(rows, rowId, groupBy, closed), [rows, rowId, groupBy, closed]);
    // eslint-disable-next-line react-hooks/incompatible-library -- the library measures; this component is not memoised
    const virtual = useVirtualizer({
        count: lines.length,
        getScrollElement: () => scroller.current,
        estimateSize: () => ROW_PX,
        getItemKey: (index) => lines[index]?.kind + ":" + (lines[index]?.id ?? ""),
        overscan: 12,
    });
    const cursor = useRowCursor({
        lines,
        scrollTo: (index) => {
            virtual.scrollToIndex(index);
        },
        onOpen: props.onOpen,
        onToggle: selection && ((id) => { toggle(selection, id); }),
        keys: props.keys,
    });

    if (query.isPending) return <LoadingLines />;
    if (query.isError && rows.length === 0)
        return <ErrorState title="This list could not be loaded" error={query.error} onRetry={() => void query.refetch()} />;
    const chosen = selection ? rows.filter((row) => selection.ids.has(rowId(row))) : [];
    const items = virtual.getVirtualItems();
    const above = items[0]?.start ?? 0;
    const below = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
    const span = shown.length + (selection ? 1 : 0);
    const width = headers.reduce(
        (sum, header) => sum + (byId.get(header.column.id)?.least ?? header.getSize()),
        selection ? SELECT_PX : 0,
    );

    return (
        <div className={classes.frame} ref={frame}>
            <Group justify="space-between" gap="xs" px="sm" py={4} wrap="nowrap" className={classes.tools}>
                <Group gap="xs" className="no-print" flex={1} miw={0}>
                    {props.toolbar}
                </Group>
                <TableTools
                    name={name}
                    columns={columns}
                    hidden={hidden}
                    onHidden={hide}
                    rows={chosen.length > 0 ? chosen : rows}
                    selectedOnly={chosen.length > 0}
                />
            </Group>
            {rows.length === 0 ? (
                props.empty
            ) : (
                <div className={classes.scroller} ref={scroller} data-print-whole data-stale={query.isPlaceholderData || undefined}>
                    <table
                        className={classes.table}
                        // eslint-disable-next-line jsx-a11y/no-noninteractive-element-to-interactive-role -- rows take the focus
                        role="grid"
                        aria-label={props.label}
                        aria-rowcount={query.hasNextPage ? -1 : lines.length + 1}
                        aria-multiselectable={selection ? true : undefined}
                        data-wrap={wrap || undefined}
                        style={{ minWidth: width }}
                    >
                        <colgroup>
                            {selection && <col style={{ width: SELECT_PX }} />}
                            {headers.map((header) => (
                                <col
                                    key={header.id}
                                    style={byId.get(header.column.id)?.grow ? undefined : { width: header.getSize() }}
                                />
                            ))}
                        </colgroup>
                        <thead>
                            <tr>
                                {selection && (
                                    <th scope="col" className={classes.select}>
                                        <Checkbox
                                            size="xs"
                                            aria-label={`Select all ${String(rows.length)} loaded`}
                                            checked={chosen.length === rows.length}
                                            indeterminate={chosen.length > 0 && chosen.length < rows.length}
                                            onChange={(event) => {
                                                selection.onChange(new Set(event.currentTarget.checked ? rows.map(rowId) : []));
                                            }}
                                        />
                                    </th>
                                )}
                                {headers.map((header) => (
                                    <th key={header.id} scope="col">
                                        {byId.get(header.column.id)?.header}
                                        {!byId.get(header.column.id)?.grow && (
                                            <span
                                                className={classes.handle}
                                                aria-hidden
                                                onMouseDown={header.getResizeHandler()}
                                                onTouchStart={header.getResizeHandler()}
                                            />
                                        )}
                                    </th>
                                ))}
                            </tr>
                        </thead>
                        <tbody>
                            {above > 0 && <tr aria-hidden style={{ height: above }} />}
                            {items.map((item) => {
                                const line = lines[item.index];
                                if (!line) return null;
                                if (line.kind === "group")
                                    return (
                                        <GroupRow
                                            key={item.key}
                                            span={span}
                                            count={line.count}
                                            open={line.open}
                                            onToggle={() => {
                                                setClosed(toggled(closed, line.id));
                                            }}
                                            measure={virtual.measureElement}
                                            index={item.index}
                                        >
                                            {groupBy?.heading(line.row)}
                                        </GroupRow>
                                    );
                                return (
                                    <DataRow
                                        key={item.key}
                                        row={line.row}
                                        index={item.index}
                                        columns={shown}
                                        label={rowLabel(line.row)}
                                        measure={virtual.measureElement}
                                        active={cursor.activeId === line.id}
                                        focusRef={cursor.focusRef}
                                        tabStop={cursor.tabStopId === line.id}
                                        onFocus={() => {
                                            cursor.setActive(line.id);
                                        }}
                                        onKeyDown={cursor.onRowKey}
                                        selected={selection?.ids.has(line.id)}
                                        onSelect={selection && (() => { toggle(selection, line.id); })}
                                    />
                                );
                            })}
                            {below > 0 && <tr aria-hidden style={{ height: below }} />}
                        </tbody>
                    </table>
                </div>
            )}
            {rows.length > 0 && (
                <Group gap="sm" px="sm" py={6} className={classes.foot}>
                    <Text size="xs" c="dimmed" role="status">
                        {countText(rows.length, query.data?.pages[0]?.total, query.hasNextPage, props.nouns)}
                    </Text>
                    {query.hasNextPage && (
                        <Button
                            size="compact-xs"
                            variant="default"
                            className="no-print"
                            loading={query.isFetchingNextPage}
                            onClick={() => void query.fetchNextPage()}
                        >
                            Load more
                        </Button>
                    )}
                    {squeezed.length > 0 && (
                        <Text size="xs" c="dimmed" component="div" className="no-print">
                            No room for {squeezed.map((id) => byId.get(id)?.header).join(", ")}{" "}
                            <Button
                                size="compact-xs"
                                variant="subtle"
                                onClick={() => {
                                    hide(own);
                                }}
                            >
                                Show all the same
                            </Button>
                        </Text>
                    )}
                    {query.isError && (
                        <Text size="xs" c="var(--mantine-color-error)" role="alert">
                            {query.error.message}{" "}
                            <Button size="compact-xs" variant="default" onClick={() => void query.refetch()}>
                                Try again
                            </Button>
                        </Text>
                    )}
                </Group>
            )}
        </div>
    );
}

/** "Showing 100 of 2,345 alerts"; never silent about what is not shown. */
export function countText(loaded: number, total: number | undefined, more: boolean, [one, several]: readonly [string, string]): string {
    const number = (value: number) => value.toLocaleString("en");
    const noun = loaded === 1 ? one : several;
    if (!more) return `Showing all ${number(loaded)} ${noun}`.replace("all 1 ", "1 ");
    if (total === undefined || total < loaded) return `Showing ${number(loaded)} ${noun}, there are more`;
    return `Showing ${number(loaded)} of ${number(total)}${total >= TOTAL_MOST ? " or more" : ""} ${several}`;
}

const NO_ROWS: { id: string }[] = [];

function toggled(set: ReadonlySet<string>, id: string): ReadonlySet<string> {
    const next = new Set(set);
    if (!next.delete(id)) next.add(id);
    return next;
}

function toggle(selection: Selection, id: string): void {
    selection.onChange(toggled(selection.ids, id));
}
