// JSON as a tree that opens step by step: however deep or wide it is, only what is open is in the document.
import { Button } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useState } from "react";

import { SafeText } from "../../../components/SafeText";
import { isRecord } from "../../../lib/values";
import classes from "./JsonTree.module.css";

const STEP = 100;
const TEXT_FIRST = 400;

function entriesOf(value: unknown): [string, unknown][] | undefined {
    if (Array.isArray(value)) return value.map((item, i): [string, unknown] => [String(i), item]);
    return isRecord(value) ? Object.entries(value) : undefined;
}

function Leaf({ value }: { value: unknown }) {
    if (typeof value === "string")
        return value === "" ? (
            <span className={classes.plain}>""</span>
        ) : (
            <span className={classes.text}>
                <SafeText mono first={TEXT_FIRST}>
                    {value}
                </SafeText>
            </span>
        );
    return <span className={classes.plain}>{String(value)}</span>;
}

function Member({ name, value, open: openFirst }: { name: string; value: unknown; open: boolean }) {
    const [open, setOpen] = useState(openFirst);
    const [shown, setShown] = useState(STEP);
    const entries = entriesOf(value);
    if (!entries)
        return (
            <li className={classes.member}>
                <span className={classes.name}>
                    <SafeText mono first={TEXT_FIRST}>
                        {name}
                    </SafeText>
                    :
                </span>{" "}
                <Leaf value={value} />
            </li>
        );
    const Chevron = open ? IconChevronDown : IconChevronRight;
    const [before, after] = Array.isArray(value) ? "[]" : "{}";
    return (
        <li className={classes.member}>
            <button
                type="button"
                className={classes.toggle}
                aria-expanded={open}
                onClick={() => {
                    setOpen(!open);
                }}
            >
                <Chevron size={13} aria-hidden />
                <span className={classes.name}>
                    <SafeText mono oneLine first={TEXT_FIRST}>
                        {name}
                    </SafeText>
                </span>
                <span className={classes.plain}>
                    {before}
                    {entries.length}
                    {after}
                </span>
            </button>
            {open && <Members entries={entries.slice(0, shown)} />}
            {open && entries.length > shown && (
                <Button
                    size="compact-xs"
                    variant="default"
                    ml={20}
                    onClick={() => {
                        setShown(shown + STEP);
                    }}
                >
                    Show {Math.min(STEP, entries.length - shown)} of {entries.length - shown} more
                </Button>
            )}
        </li>
    );
}

function Members({ entries }: { entries: [string, unknown][] }) {
    return (
        <ul className={classes.members}>
            {entries.map(([name, value], i) => (
                <Member key={i} name={name} value={value} open={false} />
            ))}
        </ul>
    );
}

/** @param name what the root is called */
export function JsonTree({ name, value }: { name: string; value: unknown }) {
    return (
        <ul className={classes.members} data-root aria-label={name}>
            <Member name={name} value={value} open />
        </ul>
    );
}
