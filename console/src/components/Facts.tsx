// Names and values, one a line, in one or two columns.
import type { ReactNode } from "react";

import classes from "./Facts.module.css";

interface Props {
    facts: readonly (readonly [string, ReactNode])[];
    columns?: 1 | 2;
}

export function Facts({ facts, columns = 1 }: Props) {
    return (
        <dl className={classes.facts} data-columns={columns}>
            {facts.map(([name, value]) => (
                <div key={name} className={classes.fact}>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                </div>
            ))}
        </dl>
    );
}
