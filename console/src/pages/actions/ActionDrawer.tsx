// One action in full: who, why, what, when each state was reached, what the device said; cancel and confirm.
import { Alert, Button, Drawer, Group, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api, data } from "../../api/client";
import { actionQuery } from "../../api/queries";
import type { Action } from "../../api/types";
import { Copy } from "../../components/Copy";
import { Facts } from "../../components/Facts";
import { Panel } from "../../components/Panel";
import { ReasonDialog } from "../../components/ReasonDialog";
import { SafeText } from "../../components/SafeText";
import { StateBadge, stateLook } from "../../components/StateBadge";
import { ErrorState, LoadingLines } from "../../components/states";
import { TextLink } from "../../components/TextLink";
import { Time } from "../../components/Time";
import { KeepIsolated } from "../../respond/KeepIsolated";
import { useReturnFocus } from "../../components/useReturnFocus";
import { actionTitle } from "../../respond/kinds";
import { useSession } from "../../session/SessionContext";
import classes from "./ActionDrawer.module.css";
import { stepsOf } from "./steps";

export function ActionDrawer({ id, onClose }: { id: string; onClose: () => void }) {
    useReturnFocus();
    const query = useQuery(actionQuery(id));
    const action = query.data;
    return (
        <Drawer
            opened
            onClose={onClose}
            position="right"
            size="lg"
            title={action ? `${actionTitle(action.name)}: details` : "Action"}
            closeButtonProps={{ "aria-label": "Close the details" }}
        >
            {query.isPending && <LoadingLines />}
            {query.isError && (
                <ErrorState title="This action could not be loaded" error={query.error} onRetry={() => void query.refetch()} />
            )}
            {action && <Details action={action} />}
        </Drawer>
    );
}

function Details({ action }: { action: Action }) {
    const look = stateLook("action", action.state);
    return (
        <Stack gap="sm">
            <Group gap="xs">
                <StateBadge kind="action" state={action.state} />
                <Text size="sm">{look.means}.</Text>
            </Group>
            {action.message && (
                <Alert variant="light" color={look.tone === "bad" ? "red" : "gray"} title="What the device said">
                    <SafeText copy="Copy what the device said">{action.message}</SafeText>
                </Alert>
            )}
            <Steer action={action} />
            <Panel title="Order">
                <Facts
                    facts={[
                        [
                            "Device",
                            <TextLink key="d" to="/devices/$id" params={{ id: action.device }}>
                                <SafeText>{action.hostname}</SafeText>
                            </TextLink>,
                        ],
                        ["Reason", <SafeText key="r">{action.reason}</SafeText>],
                        ["Ordered by", <SafeText key="b">{action.requested_by}</SafeText>],
                        ...(action.decided_by
                            ? ([
                                  ["Decided by", <SafeText key="db">{action.decided_by}</SafeText>],
                                  ["Their reason", <SafeText key="dr">{action.decision}</SafeText>],
                              ] as const)
                            : []),
                        ...(action.generation ? ([["Generation", String(action.generation)]] as const) : []),
                        ["Id", <span key="i" className="mono">{action.id} <Copy value={action.id} label="Copy action id" /></span>],
                        [
                            "Order id",
                            <TextLink key="o" to="/actions" search={{ request: action.request }}>
                                all actions of this order
                            </TextLink>,
                        ],
                    ]}
                />
            </Panel>
            <Panel title="Times">
                <ol className={classes.steps}>
                    {stepsOf(action).map((step) => (
                        <li key={step.name} data-ahead={step.ahead || undefined}>
                            <span>{step.name}</span>
                            <Time value={step.at} />
                            <span className={classes.took}>{step.took}</span>
                        </li>
                    ))}
                </ol>
            </Panel>
            <Panel title="Arguments">
                <div className={classes.json}>
                    <SafeText mono copy="Copy arguments">
                        {JSON.stringify(action.arguments, null, 2)}
                    </SafeText>
                </div>
            </Panel>
            <Panel title="Result">
                <div className={classes.json}>
                    {Object.keys(action.result).length > 0 ? (
                        <SafeText mono copy="Copy result">
                            {JSON.stringify(action.result, null, 2)}
                        </SafeText>
                    ) : (
                        <Text size="sm" c="dimmed">
                            {action.final ? "The device reported nothing more." : "Not known before the end."}
                        </Text>
                    )}
                </div>
            </Panel>
        </Stack>
    );
}

/** Withdraw while it was not delivered; keep an isolation of the server's own host. */
function Steer({ action }: { action: Action }) {
    const { can } = useSession();
    const client = useQueryClient();
    const [cancelling, setCancelling] = useState(false);
    if (!can("actions.create")) return null;

    const taken = (changed: Action) => {
        client.setQueryData(actionQuery(action.id).queryKey, changed);
        for (const key of ["actions", "overview", "recent-actions"]) void client.invalidateQueries({ queryKey: [key] });
    };
    const path = { params: { path: { id: action.id } } };
    // Isolation is a wished state: it is reversed, not cancelled.
    const contains = action.name === "isolate" || action.name === "release";
    const mayCancel = (action.state === "queued" && !contains) || action.state === "pending_approval";
    return (
        <>
            <KeepIsolated action={action} />
            {mayCancel && (
                <div>
                    <Button
                        size="xs"
                        variant="default"
                        onClick={() => {
                            setCancelling(true);
                        }}
                    >
                        Cancel this action
                    </Button>
                </div>
            )}
            {cancelling && (
                <ReasonDialog
                    title={`Cancel: ${actionTitle(action.name)}`}
                    confirm="Cancel the action"
                    targets={[{ id: action.device, hostname: action.hostname }]}
                    does="Withdraws the order. The device never gets it."
                    onSubmit={async ({ reason }) => {
                        taken(await data(api.POST("/api/v1/actions/{id}/cancel", { ...path, body: { reason } })));
                    }}
                    onClose={() => {
                        setCancelling(false);
                    }}
                />
            )}
        </>
    );
}
