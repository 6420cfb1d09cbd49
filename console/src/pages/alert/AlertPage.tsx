// One alert, from top to bottom as a responder asks: how bad, where, who handles it; what can be done; why it fired; which
// processes; everything that was sent; what else happened there. Tab and selected process are in the address.
import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";

import { alertQuery } from "../../api/queries";
import { SafeText } from "../../components/SafeText";
import { ErrorState, LoadingLines } from "../../components/states";
import { cut, visible } from "../../lib/escape";
import { ALERT_TABS } from "../../routes/search";
import { Page } from "../../shell/Page";
import { AlertHead } from "./AlertHead";
import classes from "./AlertPage.module.css";
import { readBody } from "./body";
import { EventTab } from "./event/EventTab";
import { ProcessTab } from "./process/ProcessTab";
import { RelatedTab } from "./RelatedTab";
import { ResponseBar } from "./ResponseBar";
import { TriageButtons } from "./TriageButtons";
import { WhyItFired } from "./WhyItFired";

const route = getRouteApi("/alerts/$id");
const TITLE_MOST = 200;

export function AlertPage() {
    const { id } = route.useParams();
    const { tab = "process", node } = route.useSearch();
    const navigate = route.useNavigate();
    const query = useQuery(alertQuery(id));
    const alert = query.data;
    const body = useMemo(() => readBody(alert?.body), [alert?.body]);

    if (!alert)
        return (
            <Page title="Alert">
                {query.isPending ? (
                    <LoadingLines />
                ) : (
                    <ErrorState title="This alert could not be loaded" error={query.error} onRetry={() => void query.refetch()} />
                )}
            </Page>
        );

    return (
        <Page
            title={visible(cut(alert.rule.title, TITLE_MOST))}
            heading={<SafeText first={TITLE_MOST}>{alert.rule.title}</SafeText>}
            actions={<TriageButtons alert={alert} />}
        >
            <AlertHead alert={alert} />
            <ResponseBar alert={alert} />
            <WhyItFired alert={alert} body={body} />
            <Tabs
                value={tab}
                keepMounted={false}
                className={classes.tabs}
                onChange={(value) => {
                    const next = ALERT_TABS.find((one) => one === value);
                    if (next) void navigate({ search: (old) => ({ ...old, tab: next }), replace: true });
                }}
            >
                <Tabs.List>
                    <Tabs.Tab value="process">Process tree</Tabs.Tab>
                    <Tabs.Tab value="event">Event</Tabs.Tab>
                    <Tabs.Tab value="related">Related ({alert.related.length})</Tabs.Tab>
                </Tabs.List>
                <Tabs.Panel value="process">
                    <ProcessTab
                        alert={alert}
                        body={body}
                        selected={node}
                        onSelect={(key) => {
                            void navigate({ search: (old) => ({ ...old, node: key }), replace: true, resetScroll: false });
                        }}
                    />
                </Tabs.Panel>
                <Tabs.Panel value="event">
                    <EventTab alert={alert} body={body} />
                </Tabs.Panel>
                <Tabs.Panel value="related">
                    <RelatedTab alert={alert} />
                </Tabs.Panel>
            </Tabs>
        </Page>
    );
}
