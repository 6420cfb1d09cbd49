// Head of a page: its one h1, which is also the title of the browser tab, and what belongs beside it.
import { Group, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";

import classes from "./Page.module.css";

interface Props {
    title: string;
    /** Beside the heading instead of plain text. */
    heading?: ReactNode;
    /** Right of the heading: buttons. */
    actions?: ReactNode;
    /** The content fills the window and scrolls by itself (lists). */
    fill?: boolean;
    children: ReactNode;
}

export function Page({ title, heading, actions, fill = false, children }: Props) {
    useEffect(() => {
        document.title = `${title} · Cordon`;
    }, [title]);
    return (
        <div className={classes.page} data-fill={fill || undefined}>
            <Group justify="space-between" gap="sm" className={classes.head}>
                <Group gap="sm">
                    <Title order={1}>{heading ?? title}</Title>
                </Group>
                {actions && (
                    <Group gap="xs" className="no-print">
                        {actions}
                    </Group>
                )}
            </Group>
            {children}
        </div>
    );
}
