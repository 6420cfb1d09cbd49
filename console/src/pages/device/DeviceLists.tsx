// The alerts and the actions of one device.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import { actionsQuery, alertsQuery } from "../../api/queries";
import type { Action, AlertSummary } from "../../api/types";
import { NewRows } from "../../components/NewRows";
import { Panel } from "../../components/Panel";
import { EmptyState } from "../../components/states";
import { DataTable } from "../../components/table/DataTable";
import { TextLink } from "../../components/TextLink";
import { visible } from "../../lib/escape";
import { useNewRows } from "../../live/useNewRows";
import { actionTitle } from "../../respond/kinds";
import { ActionDrawer } from "../actions/ActionDrawer";
import { actionColumns } from "../actions/columns";
import { alertColumns } from "../alerts/columns";

const rowId = (row: { id: string }) => row.id;
const columnsOfAlerts = alertColumns.filter((column) => column.id !== "device");

export function DeviceAlerts({ id }: { id: string }) {
    const navigate = useNavigate();
    const query = useInfiniteQuery(alertsQuery({ device: id }));
    const fresh = useNewRows("alerts", query.data, (message) =>
        message.event === "alert" && message.change === "new" && message.device === id ? message.id : undefined,
    );
    return (
        <Panel fill>
            <DataTable<AlertSummary>
                name="device-alerts"
                label="Alerts of this device"
                nouns={["alert", "alerts"]}
                columns={columnsOfAlerts}
                query={query}
                rowId={rowId}
                rowLabel={(alert) => visible(alert.rule.title)}
                onOpen={(alert) => void navigate({ to: "/alerts/$id", params: { id: alert.id } })}
                toolbar={
                    <>
                        <TextLink to="/alerts" search={{ device: id }}>
                            Work on them in the list of alerts
                        </TextLink>
                        <NewRows count={fresh.count} nouns={["new alert", "new alerts"]} onLoad={fresh.load} />
                    </>
                }
                empty={<EmptyState title="No alert from this device">Its rules have found nothing so far.</EmptyState>}
            />
        </Panel>
    );
}

export function DeviceActions({ id }: { id: string }) {
    const query = useInfiniteQuery(actionsQuery({ device: id }));
    const fresh = useNewRows("actions", query.data, (message) =>
        message.event === "action" && message.change === "new" && message.device === id ? message.id : undefined,
    );
    const [open, setOpen] = useState<string>();
    const columns = useMemo(
        () =>
            actionColumns((action) => {
                setOpen(action.id);
            }).filter((column) => column.id !== "device"),
        [],
    );
    return (
        <Panel fill>
            <DataTable<Action>
                name="device-actions"
                label="Actions for this device"
                nouns={["action", "actions"]}
                columns={columns}
                query={query}
                rowId={rowId}
                rowLabel={(action) => actionTitle(action.name)}
                onOpen={(action) => {
                    setOpen(action.id);
                }}
                toolbar={<NewRows count={fresh.count} nouns={["new action", "new actions"]} onLoad={fresh.load} />}
                empty={<EmptyState title="Nothing was ordered for this device">The buttons above start an order.</EmptyState>}
            />
            {open !== undefined && (
                <ActionDrawer
                    key={open}
                    id={open}
                    onClose={() => {
                        setOpen(undefined);
                    }}
                />
            )}
        </Panel>
    );
}
