// The small menu of a list: which columns, wrapping, copy, export.
import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import { IconClipboard, IconDotsVertical, IconFileTypeCsv, IconJson } from "@tabler/icons-react";

import { setPreferences, usePreferences } from "../../settings/preferences";
import type { Column } from "./column";
import { saveFile, toCsv, toTsv } from "./export";

interface Props<T> {
    name: string;
    columns: readonly Column<T>[];
    hidden: readonly string[];
    onHidden: (ids: string[]) => void;
    /** Selected rows, or all that are loaded. */
    rows: readonly T[];
    selectedOnly: boolean;
}

export function TableTools<T>({ name, columns, hidden, onHidden, rows, selectedOnly }: Props<T>) {
    const { wrap } = usePreferences();
    const shown = columns.filter((column) => !hidden.includes(column.id));
    const what = `${String(rows.length)} ${selectedOnly ? "selected" : "loaded"}`;
    const file = `cordon-${name}-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}`;
    return (
        <Menu position="bottom-end" closeOnItemClick={false} withinPortal>
            <Menu.Target>
                <Tooltip label="Columns, copy, export">
                    <ActionIcon variant="subtle" color="gray" aria-label="Columns, copy, export" className="no-print">
                        <IconDotsVertical size={16} aria-hidden />
                    </ActionIcon>
                </Tooltip>
            </Menu.Target>
            <Menu.Dropdown>
                <Menu.Label>Columns</Menu.Label>
                {columns
                    .filter((column) => !column.fixed)
                    .map((column) => {
                        const on = !hidden.includes(column.id);
                        return (
                            <Menu.CheckboxItem
                                key={column.id}
                                checked={on}
                                onChange={() => {
                                    onHidden(on ? [...hidden, column.id] : hidden.filter((id) => id !== column.id));
                                }}
                            >
                                {column.header}
                            </Menu.CheckboxItem>
                        );
                    })}
                <Menu.Divider />
                <Menu.CheckboxItem
                    checked={wrap}
                    onChange={() => {
                        setPreferences({ wrap: !wrap });
                    }}
                >
                    Wrap long text
                </Menu.CheckboxItem>
                <Menu.Divider />
                <Menu.Label>{what}</Menu.Label>
                <Menu.Item
                    closeMenuOnClick
                    leftSection={<IconClipboard size={14} aria-hidden />}
                    onClick={() => void navigator.clipboard.writeText(toTsv(rows, shown))}
                >
                    Copy as a table
                </Menu.Item>
                <Menu.Item
                    closeMenuOnClick
                    leftSection={<IconFileTypeCsv size={14} aria-hidden />}
                    onClick={() => {
                        saveFile(file + ".csv", "text/csv;charset=utf-8", toCsv(rows, shown));
                    }}
                >
                    Save as CSV, shown columns
                </Menu.Item>
                <Menu.Item
                    closeMenuOnClick
                    leftSection={<IconJson size={14} aria-hidden />}
                    onClick={() => {
                        saveFile(file + ".json", "application/json", JSON.stringify(rows, null, 2) + "\n");
                    }}
                >
                    Save as JSON, everything
                </Menu.Item>
            </Menu.Dropdown>
        </Menu>
    );
}
