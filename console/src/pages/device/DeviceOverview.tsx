// The first tab: identity, health in sentences, isolation as wished and as observed.
import { SimpleGrid, Text } from "@mantine/core";
import { IconAlertOctagon, IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";

import { overviewQuery } from "../../api/queries";
import type { Device } from "../../api/types";
import { Copy } from "../../components/Copy";
import { Facts } from "../../components/Facts";
import { Panel } from "../../components/Panel";
import { SafeText } from "../../components/SafeText";
import { StateBadge } from "../../components/StateBadge";
import { Time, useNow } from "../../components/Time";
import { findings, TIERS } from "../../lib/health";
import { describeIsolation, isolationLook } from "../../lib/isolation";
import { systemName } from "../devices/columns";
import classes from "./Device.module.css";

function Health({ device }: { device: Device }) {
    const now = useNow();
    const ruleset = useQuery(overviewQuery).data?.ruleset;
    const found = findings(device, now, ruleset);
    const sensor = device.health.sensor;
    const uplink = device.health.uplink;
    const tier = sensor?.tier ?? "";
    return (
        <Panel title="Health" aside={<StateBadge kind="condition" state={device.condition} />}>
            <ul className={classes.findings}>
                {found.map((finding) => (
                    <li key={finding.text} style={{ color: `var(--tone-${finding.tone}-text)` }}>
                        {finding.tone === "bad" ? (
                            <IconAlertOctagon size={16} aria-label="Problem" />
                        ) : (
                            <IconAlertTriangle size={16} aria-label="Note" />
                        )}
                        <span>
                            <SafeText>{finding.text}</SafeText>
                        </span>
                    </li>
                ))}
                {found.length === 0 && (
                    <li style={{ color: "var(--tone-good-text)" }}>
                        <IconCircleCheck size={16} aria-hidden />
                        <span>Nothing is wrong.</span>
                    </li>
                )}
            </ul>
            <Facts
                facts={[
                    ["Sensor", <SafeText key="n">{sensor?.name}</SafeText>],
                    ["What it sees", Object.hasOwn(TIERS, tier) ? TIERS[tier] : <SafeText key="t">{tier}</SafeText>],
                    ["Events read", sensor?.records?.toLocaleString("en") ?? "–"],
                    ["Events lost", sensor?.lost?.toLocaleString("en") ?? "–"],
                    ["Waiting to be sent", uplink?.waiting_events?.toLocaleString("en") ?? "–"],
                    ["Agent", <SafeText key="v">{device.agent_version}</SafeText>],
                    [
                        "Rules",
                        <SafeText key="r" mono>
                            {device.health.analyst?.ruleset}
                        </SafeText>,
                    ],
                ]}
            />
        </Panel>
    );
}

function IsolationPanel({ device }: { device: Device }) {
    const { isolation } = device;
    return (
        <Panel title="Isolation" aside={<StateBadge kind="isolation" state={isolationLook(isolation)} />}>
            <Facts
                facts={[
                    ["Ordered", <StateBadge key="d" kind="isolation" state={isolation.desired} />],
                    ["Observed", <StateBadge key="o" kind="isolation" state={isolation.observed} />],
                    [
                        "Generation",
                        `${String(isolation.desired_generation)} ordered, ${String(isolation.observed_generation)} observed`,
                    ],
                ]}
            />
            <Text size="xs" c="dimmed" px={14} pb={8}>
                {describeIsolation(isolation)}
            </Text>
        </Panel>
    );
}

export function DeviceOverview({ device }: { device: Device }) {
    return (
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="sm" pt="sm">
            <div className={classes.column}>
                <Panel title="Identity">
                    <Facts
                        facts={[
                            ["System", <SafeText key="s">{systemName(device)}</SafeText>],
                            [
                                "Last address",
                                <SafeText key="a" mono copy="Copy address">
                                    {device.address}
                                </SafeText>,
                            ],
                            ["Last seen", device.online ? "connected now" : <Time key="l" value={device.last_seen} />],
                            ["Enrolled", <Time key="f" value={device.first_seen} />],
                            ["Certificate until", <Time key="c" value={device.certificate_expires} />],
                            [
                                "Hardware UUID",
                                <SafeText key="u" mono copy="Copy hardware UUID">
                                    {device.hardware_uuid}
                                </SafeText>,
                            ],
                            [
                                "Device id",
                                <span key="i" className="mono">
                                    {device.id} <Copy value={device.id} label="Copy device id" />
                                </span>,
                            ],
                        ]}
                    />
                </Panel>
                <IsolationPanel device={device} />
            </div>
            <Health device={device} />
        </SimpleGrid>
    );
}
