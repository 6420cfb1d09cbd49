// The queue: what needs somebody, newest first, dealt with by keyboard or in bulk.
import { Button, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import { alertsQuery } from "../../api/queries";
import type { AlertSummary } from "../../api/types";
import { SearchField } from "../../components/filters";
import { NewRows } from "../../components/NewRows";
import { Panel } from "../../components/Panel";
import { SafeText } from "../../components/SafeText";
import { Severity } from "../../components/Severity";
import { EmptyState } from "../../components/states";
import type { GroupBy } from "../../components/table/column";
import { DataTable } from "../../components/table/DataTable";
import { visible } from "../../lib/escape";
import { type Change, changed } from "../../lib/search";
import { useNewRows } from "../../live/useNewRows";
import type { Triage } from "../../respond/triage";
import { TriageDialog } from "../../respond/TriageDialog";
import type { AlertsSearch } from "../../routes/search";
import { useSession } from "../../session/SessionContext";
import { useShortcuts } from "../../settings/shortcuts";
import { Page } from "../../shell/Page";
import { AlertFilters } from "./AlertFilters";
import { alertColumns } from "./columns";
import { alertFilter, fits } from "./filter";

const route = getRouteApi("/alerts");

const GROUPS: Record<"rule" | "device", GroupBy<AlertSummary>> = {
    rule: {
        key: (alert) => alert.rule.id,
        heading: (alert) => (
            <>
                <Severity level={alert.rule.level} />
                <SafeText oneLine>{alert.rule.title}</SafeText>
            </>
        ),
    },
    device: { key: (alert) => alert.device, heading: (alert) => <SafeText oneLine>{alert.hostname}</SafeText> },
};

const rowId = (alert: AlertSummary) => alert.id;

export function AlertsPage() {
    const search = route.useSearch();
    const navigate = useNavigate({ from: "/alerts" });
    const { can } = useSession();
    // Ages count from when the filter was chosen, not from each rendering.
    const [since, setSince] = useState(() => Date.now());
    const filter = useMemo(() => alertFilter(search, since), [search, since]);
    const query = useInfiniteQuery(alertsQuery(filter));
    const fresh = useNewRows("alerts", query.data, (message) => {
        if (message.event === "alerts" && message.new > 0) return message.new;
        return message.event === "alert" && message.change === "new" && fits(search, message) ? message.id : undefined;
    });
    const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
    const [work, setWork] = useState<{ what: Triage; alerts: AlertSummary[] }>();

    const change = (next: Change<AlertsSearch>) => {
        fresh.forget();
        setSince(Date.now());
        void navigate({ search: (before) => changed(before, next), replace: true });
    };
    const chosen = useMemo(
        () => query.data?.pages.flatMap((page) => page.items).filter((alert) => selected.has(alert.id)) ?? [],
        [query.data, selected],
    );
    const start = (what: Triage, row?: AlertSummary) => {
        const alerts = (chosen.length > 0 ? chosen : row ? [row] : []).filter((alert) =>
            what === "ack" ? alert.state === "open" : alert.state !== "closed",
        );
        if (alerts.length > 0) setWork({ what, alerts });
    };

    const loadFresh = () => {
        setSince(Date.now());
        fresh.load();
    };
    useShortcuts({ n: loadFresh });
    const mayWrite = can("alerts.write");

    return (
        <Page
            title="Alerts"
            fill
            actions={
                <SearchField
                    label="Search rule or host name"
                    value={search.q ?? ""}
                    onChange={(q) => {
                        change({ q: q || undefined });
                    }}
                />
            }
        >
            <Panel fill>
                <DataTable
                    name="alerts"
                    label="Alerts"
                    nouns={["alert", "alerts"]}
                    columns={alertColumns}
                    query={query}
                    rowId={rowId}
                    rowLabel={(alert) => `${visible(alert.rule.title)} on ${visible(alert.hostname)}`}
                    onOpen={(alert) => void navigate({ to: "/alerts/$id", params: { id: alert.id } })}
                    groupBy={search.group && GROUPS[search.group]}
                    {...(mayWrite && {
                        selection: { ids: selected, onChange: setSelected },
                        keys: { a: (row: AlertSummary) => { start("ack", row); }, c: (row: AlertSummary) => { start("close", row); } },
                    })}
                    toolbar={
                        <>
                            {chosen.length > 0 ? (
                                <Bulk
                                    count={chosen.length}
                                    onStart={start}
                                    onClear={() => {
                                        setSelected(new Set());
                                    }}
                                />
                            ) : (
                                <AlertFilters search={search} first={query.data?.pages[0]?.items[0]} onChange={change} />
                            )}
                            <NewRows count={fresh.count} nouns={["new alert", "new alerts"]} onLoad={loadFresh} />
                        </>
                    }
                    empty={<Empty search={search} onClear={() => void navigate({ search: {} })} />}
                />
            </Panel>
            {work && (
                <TriageDialog
                    what={work.what}
                    alerts={work.alerts}
                    onClose={() => {
                        setWork(undefined);
                    }}
                    onDone={() => {
                        setSelected(new Set());
                    }}
                />
            )}
        </Page>
    );
}

function Bulk({ count, onStart, onClear }: { count: number; onStart: (what: Triage) => void; onClear: () => void }) {
    return (
        <>
            <Text size="sm" fw={600} role="status">
                {count} selected
            </Text>
            <Button
                size="compact-xs"
                variant="default"
                onClick={() => {
                    onStart("ack");
                }}
            >
                Acknowledge
            </Button>
            <Button
                size="compact-xs"
                variant="default"
                onClick={() => {
                    onStart("close");
                }}
            >
                Close
            </Button>
            <Button size="compact-xs" variant="subtle" onClick={onClear}>
                Clear
            </Button>
        </>
    );
}

function Empty({ search, onClear }: { search: AlertsSearch; onClear: () => void }) {
    if (Object.keys(search).some((key) => key !== "group"))
        return (
            <EmptyState title="No alert matches">
                <Button size="compact-xs" variant="default" onClick={onClear}>
                    Show what needs somebody
                </Button>
            </EmptyState>
        );
    return (
        <EmptyState title="Nothing needs you">
            No alert is open or acknowledged. Informational and closed ones are hidden; the switches above show them.
        </EmptyState>
    );
}
