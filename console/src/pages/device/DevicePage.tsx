// One device: who it is, how it is, what it did, and what can be done to it.
import { Button, Group, Menu, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconDotsVertical } from "@tabler/icons-react";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { deviceQuery } from "../../api/queries";
import type { Device } from "../../api/types";
import { SafeText } from "../../components/SafeText";
import { StateBadge } from "../../components/StateBadge";
import { ErrorState, LoadingLines } from "../../components/states";
import { visible } from "../../lib/escape";
import { isolationLook } from "../../lib/isolation";
import { ACTION_KINDS, type ActionKind } from "../../respond/kinds";
import { OrderDialog } from "../../respond/OrderDialog";
import { useSession } from "../../session/SessionContext";
import { DEVICE_TABS } from "../../routes/search";
import { Page } from "../../shell/Page";
import classes from "./Device.module.css";
import { DeviceActions, DeviceAlerts } from "./DeviceLists";
import { DeviceOverview } from "./DeviceOverview";
import { DeviceFacts } from "./DeviceFacts";
import { RevokeDialog } from "./RevokeDialog";

const route = getRouteApi("/devices/$id");

export function DevicePage() {
    const { id } = route.useParams();
    const query = useQuery(deviceQuery(id));
    if (query.isPending) return <LoadingLines />;
    if (!query.data)
        return (
            <Page title="Device">
                <ErrorState title="This device could not be loaded" error={query.error} onRetry={() => void query.refetch()} />
            </Page>
        );
    return <Loaded device={query.data} />;
}

function Loaded({ device }: { device: Device }) {
    const { tab = "overview" } = route.useSearch();
    const navigate = useNavigate({ from: "/devices/$id" });
    const { can } = useSession();
    const isolation = isolationLook(device.isolation);
    const list = tab === "alerts" || tab === "actions";
    return (
        <Page
            title={visible(device.hostname)}
            fill={list}
            heading={<SafeText>{device.hostname}</SafeText>}
            actions={<DeviceButtons device={device} />}
        >
            <Group gap="xs">
                {device.state === "enrolled" ? (
                    <StateBadge kind="presence" state={device.online ? "online" : "offline"} />
                ) : (
                    <StateBadge kind="device" state={device.state} />
                )}
                <StateBadge kind="isolation" state={isolation} />
                <StateBadge kind="condition" state={device.condition} />
            </Group>
            <Tabs
                value={tab}
                onChange={(value) => {
                    const next = DEVICE_TABS.find((each) => each === value) ?? "overview";
                    void navigate({ search: next === "overview" ? {} : { tab: next }, replace: true });
                }}
                keepMounted={false}
                className={classes.tabs}
                data-fill={list || undefined}
            >
                <Tabs.List>
                    <Tabs.Tab value="overview">Overview</Tabs.Tab>
                    {can("alerts.read") && <Tabs.Tab value="alerts">Alerts ({device.open_alerts} open)</Tabs.Tab>}
                    {can("actions.read") && <Tabs.Tab value="actions">Actions</Tabs.Tab>}
                    <Tabs.Tab value="facts">Facts</Tabs.Tab>
                </Tabs.List>
                <Tabs.Panel value="overview">
                    <DeviceOverview device={device} />
                </Tabs.Panel>
                <Tabs.Panel value="alerts" className={classes.list}>
                    <DeviceAlerts id={device.id} />
                </Tabs.Panel>
                <Tabs.Panel value="actions" className={classes.list}>
                    <DeviceActions id={device.id} />
                </Tabs.Panel>
                <Tabs.Panel value="facts">
                    <DeviceFacts device={device} />
                </Tabs.Panel>
            </Tabs>
        </Page>
    );
}

/** What this person may order for this device now; a button that could only fail says why instead. */
function DeviceButtons({ device }: { device: Device }) {
    const { can } = useSession();
    const [ordering, setOrdering] = useState<ActionKind>();
    const [revoking, setRevoking] = useState(false);
    const target = { id: device.id, hostname: device.hostname };
    const gone = device.state !== "enrolled";
    const why = gone ? `The device is ${device.state}: it takes no orders` : undefined;
    const cut = device.isolation.desired === "isolated";
    const kinds = [cut ? ACTION_KINDS.release : ACTION_KINDS.isolate, ACTION_KINDS.message].filter(
        (kind) => can("actions.create") && can(kind.permission),
    );
    return (
        <>
            {kinds.map((kind) => (
                <Button
                    key={kind.name}
                    size="xs"
                    variant={kind.danger ? "filled" : "default"}
                    {...(kind.danger && { color: "red.9" })}
                    disabled={gone}
                    title={why}
                    onClick={() => {
                        setOrdering(kind);
                    }}
                >
                    {kind.title}
                </Button>
            ))}
            {can("devices.revoke") && !gone && (
                <Menu position="bottom-end">
                    <Menu.Target>
                        <Button size="xs" variant="default" px={6} aria-label="More about this device">
                            <IconDotsVertical size={15} aria-hidden />
                        </Button>
                    </Menu.Target>
                    <Menu.Dropdown>
                        <Menu.Item
                            c="var(--mantine-color-error)"
                            onClick={() => {
                                setRevoking(true);
                            }}
                        >
                            Revoke this device
                        </Menu.Item>
                    </Menu.Dropdown>
                </Menu>
            )}
            {ordering && (
                <OrderDialog
                    kind={ordering}
                    targets={[target]}
                    onClose={() => {
                        setOrdering(undefined);
                    }}
                />
            )}
            {revoking && (
                <RevokeDialog
                    device={device}
                    onClose={() => {
                        setRevoking(false);
                    }}
                />
            )}
        </>
    );
}
