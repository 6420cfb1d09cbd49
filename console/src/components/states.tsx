// What a page shows when there is nothing to show: an error in the server's words, or an empty list that says what to do.
import { Button, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import { IconAlertTriangle, IconRefresh } from "@tabler/icons-react";
import type { ReactNode } from "react";

import { asProblem } from "../api/problem";
import classes from "./states.module.css";

interface ErrorProps {
    title: string;
    error: unknown;
    onRetry?: () => void;
}

export function ErrorState({ title, error, onRetry }: ErrorProps) {
    const problem = asProblem(error);
    return (
        <Stack className={classes.state} gap="xs" role="alert">
            <Group gap="xs" wrap="nowrap">
                <IconAlertTriangle size={18} aria-hidden className={classes.bad} />
                <Title order={2}>{title}</Title>
            </Group>
            <Text size="sm">{problem.message}</Text>
            {problem.code && (
                <Text size="xs" c="dimmed">
                    {problem.status} {problem.code}
                </Text>
            )}
            {onRetry && (
                <div>
                    <Button size="xs" variant="default" leftSection={<IconRefresh size={14} aria-hidden />} onClick={onRetry}>
                        Try again
                    </Button>
                </div>
            )}
        </Stack>
    );
}

interface EmptyProps {
    title: string;
    /** What to do next. */
    children?: ReactNode;
}

export function EmptyState({ title, children }: EmptyProps) {
    return (
        <Stack className={classes.state} gap={4}>
            <Title order={2}>{title}</Title>
            {children && (
                <Text size="sm" c="dimmed" component="div">
                    {children}
                </Text>
            )}
        </Stack>
    );
}

/** Grey lines in the shape of a list, while it loads. */
export function LoadingLines({ lines = 8 }: { lines?: number }) {
    return (
        <Stack gap={10} p="md" aria-busy="true" role="status" aria-label="Loading">
            {Array.from({ length: lines }, (_, i) => (
                <Skeleton key={i} height={14} width={`${String(95 - ((i * 17) % 40))}%`} />
            ))}
        </Stack>
    );
}
