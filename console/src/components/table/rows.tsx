// The two kinds of line in a list.
import { Checkbox } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { type KeyboardEvent, type ReactNode, type RefObject, useEffect, useRef } from "react";

import type { Column } from "./column";
import classes from "./DataTable.module.css";

interface DataRowProps<T> {
    row: T;
    index: number;
    columns: readonly Column<T>[];
    label: string;
    measure: (node: Element | null) => void;
    active: boolean;
    /** Set by the keyboard: the row that becomes active takes the focus, once. */
    focusRef: RefObject<boolean>;
    tabStop: boolean;
    onFocus: () => void;
    onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
    selected: boolean | undefined;
    onSelect: (() => void) | undefined;
}

export function DataRow<T>(props: DataRowProps<T>) {
    const { active, focusRef, measure } = props;
    const node = useRef<HTMLTableRowElement>(null);
    useEffect(() => {
        if (!active || !focusRef.current) return;
        focusRef.current = false;
        node.current?.focus({ preventScroll: true });
    }, [active, focusRef]);
    useEffect(() => {
        measure(node.current);
    }, [measure]);
    return (
        <tr
            ref={node}
            role="row"
            className={classes.row}
            data-index={props.index}
            data-active={active || undefined}
            aria-rowindex={props.index + 2}
            aria-selected={props.selected}
            tabIndex={props.tabStop ? 0 : -1}
            onFocus={props.onFocus}
            onKeyDown={props.onKeyDown}
        >
            {props.onSelect && (
                <td className={classes.select}>
                    <Checkbox
                        size="xs"
                        aria-label={`Select ${props.label}`}
                        checked={props.selected ?? false}
                        onChange={props.onSelect}
                    />
                </td>
            )}
            {props.columns.map((column) => (
                <td key={column.id}>{column.cell(props.row)}</td>
            ))}
        </tr>
    );
}

interface GroupRowProps {
    index: number;
    span: number;
    count: number;
    open: boolean;
    onToggle: () => void;
    measure: (node: Element | null) => void;
    children: ReactNode;
}

export function GroupRow(props: GroupRowProps) {
    const node = useRef<HTMLTableRowElement>(null);
    const { measure } = props;
    useEffect(() => {
        measure(node.current);
    }, [measure]);
    return (
        <tr ref={node} className={classes.group} data-index={props.index} aria-rowindex={props.index + 2}>
            <td colSpan={props.span}>
                <button type="button" aria-expanded={props.open} onClick={props.onToggle} className={classes.groupButton}>
                    {props.open ? <IconChevronDown size={14} aria-hidden /> : <IconChevronRight size={14} aria-hidden />}
                    {props.children}
                    <span className={classes.count}>
                        {props.count}
                        <span className="visually-hidden"> loaded</span>
                    </span>
                </button>
            </td>
        </tr>
    );
}
