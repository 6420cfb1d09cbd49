// A number that leads to the list it counts.
import { createLink, type LinkComponent } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, ReactNode, Ref } from "react";

import type { Tone } from "../theme/tokens";
import classes from "./Stat.module.css";

type Props = AnchorHTMLAttributes<HTMLAnchorElement> & {
    value: number | string;
    label: ReactNode;
    /** Shown only when the number is not zero: a quiet zero is good news. */
    tone?: Tone;
    ref?: Ref<HTMLAnchorElement>;
};

function StatAnchor({ value, label, tone, ...rest }: Props) {
    const loud = tone && value !== 0 ? tone : undefined;
    return (
        <a
            {...rest}
            className={classes.stat}
            data-zero={value === 0 || undefined}
            style={loud && { color: `var(--tone-${loud}-text)` }}
        >
            <span className={classes.value}>{typeof value === "number" ? value.toLocaleString("en") : value}</span>
            <span className={classes.label}>{label}</span>
        </a>
    );
}

export const Stat: LinkComponent<typeof StatAnchor> = createLink(StatAnchor);
