// Filters above a list. Each is a set of switches or a field; the page keeps their values in its address.
import { CloseButton, Group, Text, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";

import classes from "./filters.module.css";

interface SwitchesProps<T extends string> {
    label: string;
    options: readonly { value: T; label: ReactNode }[];
    value: readonly T[];
    onChange: (value: T[]) => void;
}

/** Several words, each on or off. The last one on can be switched off too: then nothing matches, and the list says so. */
export function Switches<T extends string>({ label, options, value, onChange }: SwitchesProps<T>) {
    const id = useId();
    return (
        <div role="group" aria-labelledby={id} className={classes.group}>
            <span id={id} className={classes.label}>
                {label}
            </span>
            {options.map((option) => {
                const on = value.includes(option.value);
                return (
                    <button
                        key={option.value}
                        type="button"
                        aria-pressed={on}
                        className={classes.switch}
                        onClick={() => {
                            onChange(
                                options.map((each) => each.value).filter((each) => (each === option.value ? !on : value.includes(each))),
                            );
                        }}
                    >
                        {option.label}
                    </button>
                );
            })}
        </div>
    );
}

interface ChoiceProps<T extends string> {
    label: string;
    options: readonly { value: T; label: string }[];
    value: T | undefined;
    onChange: (value: T | undefined) => void;
    /** The word for no choice. */
    none: string;
}

/** One of several words, or none of them. */
export function Choice<T extends string>({ label, options, value, onChange, none }: ChoiceProps<T>) {
    const id = useId();
    return (
        <div className={classes.group}>
            <label htmlFor={id} className={classes.label}>
                {label}
            </label>
            <select
                id={id}
                className={classes.select}
                data-set={value !== undefined || undefined}
                value={value ?? ""}
                onChange={(event) => {
                    onChange(options.find((option) => option.value === event.currentTarget.value)?.value);
                }}
            >
                <option value="">{none}</option>
                {options.map((option) => (
                    <option key={option.value} value={option.value}>
                        {option.label}
                    </option>
                ))}
            </select>
        </div>
    );
}

/** A filter that came from a link, "Device imac-1", with a way to drop it. */
export function FilterTag({ label, children, onClear }: { label: string; children: ReactNode; onClear: () => void }) {
    return (
        <Group gap={2} className={classes.tag} wrap="nowrap">
            <Text size="xs" component="span" truncate maw={260}>
                {label} <b>{children}</b>
            </Text>
            <CloseButton size={20} iconSize={12} aria-label={`Remove the filter ${label.toLowerCase()}`} onClick={onClear} />
        </Group>
    );
}

const TYPING_MS = 300;

interface SearchFieldProps {
    label: string;
    value: string;
    onChange: (value: string) => void;
    width?: number;
}

/** Text to search for; the list follows when the person stops typing. The key `/` leads here. */
export function SearchField({ label, value, onChange, width = 220 }: SearchFieldProps) {
    const [text, setText] = useState(value);
    const [told, setTold] = useState(value);
    const latest = useRef(onChange);
    useEffect(() => {
        latest.current = onChange;
    });
    // The address changed by itself: going back, a link.
    if (value !== told) {
        setTold(value);
        setText(value);
    }
    useEffect(() => {
        if (text === told) return undefined;
        const timer = setTimeout(() => {
            setTold(text);
            latest.current(text);
        }, TYPING_MS);
        return () => {
            clearTimeout(timer);
        };
    }, [text, told]);
    return (
        <TextInput
            size="xs"
            w={width}
            aria-label={label}
            placeholder={label}
            leftSection={<IconSearch size={14} aria-hidden />}
            rightSection={
                text && (
                    <CloseButton
                        size={20}
                        aria-label="Clear the search"
                        onClick={() => {
                            setText("");
                        }}
                    />
                )
            }
            data-search-field
            spellCheck={false}
            value={text}
            onChange={(event) => {
                setText(event.currentTarget.value);
            }}
            onKeyDown={(event) => {
                if (event.key === "Escape") event.currentTarget.blur();
            }}
        />
    );
}
