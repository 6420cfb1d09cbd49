// Text that came from a device. Hidden characters are named and marked, very long text is shown in steps, and copying gives the
// raw value. Never markup: React puts it into text nodes.
import { Button, Group } from "@mantine/core";
import { type ReactNode, useState } from "react";

import { cut, pieces } from "../lib/escape";
import { Copy } from "./Copy";
import classes from "./SafeText.module.css";

const FIRST = 2_000;
/** One step of "show more"; bounded, so that 1 MB never becomes one enormous line at once. */
const STEP = 20_000;

interface Props {
    children: string | undefined;
    /** Shown in the font of commands and paths. */
    mono?: boolean;
    /** A copy button, with what is copied as its label: "Copy command line". */
    copy?: string;
    /** One line that ends in an ellipsis; the whole text is in the title. */
    oneLine?: boolean;
    /** Characters shown at first. */
    first?: number;
}

/** Hidden characters of the text as marked names; the rest as it is. */
export function marked(text: string): ReactNode[] {
    return pieces(text).map((piece, i) =>
        piece.hidden ? (
            <span key={i} className={classes.hidden} title="A character that would not be visible">
                {piece.text}
            </span>
        ) : (
            piece.text
        ),
    );
}

export function SafeText({ children: text, mono = false, copy, oneLine = false, first = FIRST }: Props) {
    const [shown, setShown] = useState(first);
    if (text === undefined || text === "") return <span className={classes.none}>none</span>;
    const part = cut(text, oneLine ? Math.min(shown, 500) : shown);
    const rest = text.length - part.length;
    const body = (
        <bdi className={classes.text} data-mono={mono || undefined} data-one-line={oneLine || undefined}>
            {marked(part)}
            {rest > 0 && oneLine && "…"}
        </bdi>
    );
    return (
        <>
            {body}
            {rest > 0 && !oneLine && (
                <Group gap="xs" mt={4} component="span" display="inline-flex">
                    <span className={classes.more}>{rest.toLocaleString("en")} more characters</span>
                    <Button
                        size="compact-xs"
                        variant="default"
                        onClick={() => {
                            setShown(part.length + STEP);
                        }}
                    >
                        Show {Math.min(rest, STEP).toLocaleString("en")} more
                    </Button>
                    {part.length > first && (
                        <Button
                            size="compact-xs"
                            variant="default"
                            onClick={() => {
                                setShown(first);
                            }}
                        >
                            Show less
                        </Button>
                    )}
                </Group>
            )}
            {copy && <Copy value={text} label={copy} />}
        </>
    );
}
