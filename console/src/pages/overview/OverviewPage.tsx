// What needs somebody now. Every number leads to the list it counts.
import { SimpleGrid, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { overviewQuery } from "../../api/queries";
import { ACTION_FAILED, ACTION_RUNNING, ACTION_WAITING, type Overview } from "../../api/types";
import { Panel } from "../../components/Panel";
import { Stat } from "../../components/Stat";
import { ErrorState, LoadingLines } from "../../components/states";
import { useSession } from "../../session/SessionContext";
import { Page } from "../../shell/Page";
import { AlertNumbers } from "./AlertNumbers";
import classes from "./Overview.module.css";
import { NewestActions, NewestAlerts } from "./Newest";
import { useFailedActions } from "./useFailedActions";

function DeviceNumbers({ devices }: { devices: Overview["devices"] }) {
    return (
        <Panel title="Devices">
            <div className={classes.stats}>
                <Stat to="/devices" search={{ online: "yes" }} value={devices.online} label="Online" />
                <Stat to="/devices" search={{ online: "no" }} value={devices.total - devices.online} label="Offline" />
                <Stat
                    to="/devices"
                    search={{ condition: ["poor"] }}
                    value={devices.unhealthy}
                    label="Need attention"
                    tone="warn"
                />
                <Stat to="/devices" search={{ isolation: ["isolated"] }} value={devices.isolated} label="Isolated" tone="bad" />
                <Stat to="/devices" search={{ state: ["revoked"] }} value={devices.revoked} label="Revoked" />
                <Stat to="/devices" search={{ platform: "macos" }} value={devices.by_platform.macos} label="Macs" />
                <Stat to="/devices" search={{ platform: "linux" }} value={devices.by_platform.linux} label="Linux" />
            </div>
        </Panel>
    );
}

function ActionNumbers({ actions }: { actions: Overview["actions"] }) {
    const failed = useFailedActions();
    return (
        <Panel title="Actions">
            <div className={classes.stats}>
                <Stat
                    to="/actions"
                    search={{ state: ["pending_approval"] }}
                    value={actions.pending}
                    label="Need approval"
                    tone="warn"
                />
                <Stat
                    to="/actions"
                    search={{ state: [...ACTION_WAITING.filter((state) => state === "queued"), ...ACTION_RUNNING] }}
                    value={actions.running}
                    label="Waiting or running"
                    tone="busy"
                />
                <Stat to="/actions" search={{ state: [...ACTION_FAILED] }} value={failed} label="Failed" tone="bad" />
            </div>
        </Panel>
    );
}

function Telemetry({ overview }: { overview: Overview }) {
    const { events, lost } = overview.telemetry;
    return (
        <Text size="xs" c="dimmed">
            {events.toLocaleString("en")} events stored, {lost.toLocaleString("en")} lost on devices. Active rules:{" "}
            <span className="mono">{overview.ruleset || "none"}</span>
        </Text>
    );
}

export function OverviewPage() {
    const { can } = useSession();
    const query = useQuery(overviewQuery);
    const overview = query.data;
    return (
        <Page title="Overview">
            {query.isPending && <LoadingLines />}
            {query.isError && !overview && (
                <ErrorState title="The overview could not be loaded" error={query.error} onRetry={() => void query.refetch()} />
            )}
            {overview && (
                <>
                    <AlertNumbers alerts={overview.alerts} />
                    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="sm">
                        <DeviceNumbers devices={overview.devices} />
                        <ActionNumbers actions={overview.actions} />
                        {can("alerts.read") && <NewestAlerts />}
                        {can("actions.read") && <NewestActions />}
                    </SimpleGrid>
                    <Telemetry overview={overview} />
                </>
            )}
        </Page>
    );
}
