// Names and values, one a line, in one or two columns.
import type { ReactNode } from "react";

import classes from "./Facts.module.css";

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
            {facts.map(([name, value]) => (
                <div key={name} className={classes.fact}>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                </div>
            ))}
        </dl>
    );
}
