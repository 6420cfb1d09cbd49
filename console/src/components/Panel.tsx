// A bordered part of a page, with or without a heading.
import { Group, Title } from "@mantine/core";
import { type ReactNode, useId } from "react";

import classes from "./Panel.module.css";

interface Props {
    title?: string;
    aside?: ReactNode;
    /** Fills what is left of the page's height; for lists. */
    fill?: boolean;
    children: ReactNode;
}

export function Panel({ title, aside, fill = false, children }: Props) {
    const id = useId();
    return (
        <section className={classes.panel} data-fill={fill || undefined} aria-labelledby={title ? id : undefined}>
            {title && (
                <Group justify="space-between" className={classes.head} wrap="nowrap">
                    <Title order={2} id={id}>
                        {title}
                    </Title>
                    {aside}
                </Group>
            )}
            {children}
        </section>
    );
}
