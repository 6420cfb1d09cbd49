// The newest alerts and actions, a few lines each.
import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { newestActionsQuery, newestAlertsQuery } from "../../api/queries";
import { Panel } from "../../components/Panel";
import { SafeText } from "../../components/SafeText";
import { Severity } from "../../components/Severity";
import { StateBadge } from "../../components/StateBadge";
import { ErrorState, LoadingLines } from "../../components/states";
import { TextLink } from "../../components/TextLink";
import { Time } from "../../components/Time";
import { actionTitle } from "../../respond/kinds";
import classes from "./Overview.module.css";

function Nothing({ children }: { children: ReactNode }) {
    return (
        <Text size="sm" c="dimmed" p="sm">
            {children}
        </Text>
    );
}

export function NewestAlerts() {
    const query = useQuery(newestAlertsQuery);
    return (
        <Panel title="Newest alerts" aside={<TextLink to="/alerts">All alerts</TextLink>}>
            {query.isPending && <LoadingLines lines={5} />}
            {query.isError && <ErrorState title="Not loaded" error={query.error} onRetry={() => void query.refetch()} />}
            {query.data?.items.length === 0 && <Nothing>No alert so far. A device reports what its rules find.</Nothing>}
            <ul className={classes.lines}>
                {query.data?.items.map((alert) => (
                    <li key={alert.id}>
                        <span className={classes.level}>
                            <Severity level={alert.rule.level} />
                        </span>
                        <span className={classes.what}>
                            <TextLink to="/alerts/$id" params={{ id: alert.id }} strong>
                                <SafeText oneLine>{alert.rule.title}</SafeText>
                            </TextLink>
                            <span className={classes.where}>
                                <SafeText oneLine>{alert.hostname}</SafeText>
                            </span>
                        </span>
                        <span className={classes.when}>
                            <Time value={alert.received} relative />
                        </span>
                    </li>
                ))}
            </ul>
        </Panel>
    );
}

export function NewestActions() {
    const query = useQuery(newestActionsQuery);
    return (
        <Panel title="Newest actions" aside={<TextLink to="/actions">All actions</TextLink>}>
            {query.isPending && <LoadingLines lines={5} />}
            {query.isError && <ErrorState title="Not loaded" error={query.error} onRetry={() => void query.refetch()} />}
            {query.data?.items.length === 0 && <Nothing>Nothing was ordered yet. Orders start on the page of a device.</Nothing>}
            <ul className={classes.lines}>
                {query.data?.items.map((action) => (
                    <li key={action.id}>
                        <span className={classes.state}>
                            <StateBadge kind="action" state={action.state} />
                        </span>
                        <span className={classes.what}>
                            <TextLink to="/actions" search={{ open: action.id }} strong>
                                {actionTitle(action.name)}
                            </TextLink>
                            <span className={classes.where}>
                                <SafeText oneLine>{action.hostname}</SafeText> by <SafeText oneLine>{action.requested_by}</SafeText>
                            </span>
                        </span>
                        <span className={classes.when}>
                            <Time value={action.requested_at} relative />
                        </span>
                    </li>
                ))}
            </ul>
        </Panel>
    );
}
