// Names and values, one a line, in one or two columns.
import type { ReactNode } from "react";

import { cut } from "../lib/escape";
import classes from "./Facts.module.css";
import { marked } from "./SafeText";

const NAME_MOST = 200;

/** A name may be a device's own, as much to be distrusted as its value. */
export type Fact = readonly [string, ReactNode];

interface Props {
    facts: readonly Fact[];
    columns?: 1 | 2;
    /** Less room for the names: in a column at the side. */
    narrow?: boolean;
}

export function Facts({ facts, columns = 1, narrow = false }: Props) {
    return (
        <dl className={classes.facts} data-columns={columns} data-narrow={narrow || undefined}>
            {facts.map(([name, value], i) => (
                <div key={i} className={classes.fact}>
                    <dt>
                        <bdi>{marked(cut(name, NAME_MOST))}</bdi>
                    </dt>
                    <dd>{value}</dd>
                </div>
            ))}
        </dl>
    );
}
