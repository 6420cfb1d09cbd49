// One alert: what fired, where, who handles it, and what the agent sent.
import { Anchor, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";

import { alertQuery } from "../../api/queries";
import { Copy } from "../../components/Copy";
import { Facts } from "../../components/Facts";
import { Panel } from "../../components/Panel";
import { SafeText } from "../../components/SafeText";
import { Severity } from "../../components/Severity";
import { StateBadge } from "../../components/StateBadge";
import { ErrorState, LoadingLines } from "../../components/states";
import { Time } from "../../components/Time";
import { visible } from "../../lib/escape";
import { Page } from "../../shell/Page";

const route = getRouteApi("/alerts/$id");

export function AlertPage() {
    const { id } = route.useParams();
    const query = useQuery(alertQuery(id));
    const alert = query.data;
    if (query.isPending) return <LoadingLines />;
    if (!alert)
        return (
            <Page title="Alert">
                <ErrorState title="This alert could not be loaded" error={query.error} onRetry={() => void query.refetch()} />
            </Page>
        );
    return (
        <Page title={visible(alert.rule.title)} heading={<SafeText>{alert.rule.title}</SafeText>}>
            <Group gap="xs">
                <Severity level={alert.rule.level} />
                <StateBadge kind="alert" state={alert.state} />
                <Text size="sm">
                    <Time value={alert.time} /> on{" "}
                    <Anchor component={Link} to={`/devices/${encodeURIComponent(alert.device)}`}>
                        <SafeText>{alert.hostname ?? alert.device}</SafeText>
                    </Anchor>
                </Text>
            </Group>
            <Panel title="Alert">
                <Facts
                    facts={[
                        ["Rule", <SafeText key="r">{alert.rule.id}</SafeText>],
                        ["Techniques", <SafeText key="t">{alert.rule.techniques.join(", ")}</SafeText>],
                        ["Seen", `${String(alert.count)} times`],
                        ["Received", <Time key="re" value={alert.received} />],
                        ["Id", <span key="i" className="mono">{alert.id} <Copy value={alert.id} label="Copy alert id" /></span>],
                    ]}
                />
            </Panel>
            <Panel title="What the agent sent">
                <Stack p="sm">
                    <SafeText mono copy="Copy JSON">
                        {JSON.stringify(alert.body ?? {}, null, 2)}
                    </SafeText>
                </Stack>
            </Panel>
        </Page>
    );
}
