// All devices: filters in the address, search, and orders for the selected ones.
import { Button, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import { devicesQuery } from "../../api/queries";
import { CONDITIONS, type Device, type DeviceFilter, DEVICE_STATES, PLATFORMS } from "../../api/types";
import { Choice, SearchField, Switches } from "../../components/filters";
import { NewRows } from "../../components/NewRows";
import { Panel } from "../../components/Panel";
import { stateLook } from "../../components/StateBadge";
import { EmptyState } from "../../components/states";
import { DataTable } from "../../components/table/DataTable";
import { visible } from "../../lib/escape";
import { type Change, changed } from "../../lib/search";
import { useNewRows } from "../../live/useNewRows";
import { ACTION_KINDS, type ActionKind } from "../../respond/kinds";
import { OrderDialog } from "../../respond/OrderDialog";
import type { DevicesSearch } from "../../routes/search";
import { useSession } from "../../session/SessionContext";
import { Page } from "../../shell/Page";
import { deviceColumns, PLATFORM_NAMES } from "./columns";

const route = getRouteApi("/devices");
const DEFAULT_STATES = ["enrolled"] as const;

function filterOf(search: DevicesSearch): DeviceFilter {
    return {
        state: search.state ?? [...DEFAULT_STATES],
        ...(search.q !== undefined && { q: search.q }),
        ...(search.platform !== undefined && { platform: search.platform }),
        ...(search.online !== undefined && { online: search.online === "yes" }),
        ...(search.isolation !== undefined && { isolation: search.isolation }),
        ...(search.condition !== undefined && { condition: search.condition }),
    };
}

function Empty({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
    if (filtered)
        return (
            <EmptyState title="No device matches">
                <Button size="compact-xs" variant="default" onClick={onClear}>
                    Show all enrolled devices
                </Button>
            </EmptyState>
        );
    return (
        <EmptyState title="No device is enrolled yet">
            Make an enrollment token with <code>cordon enroll-token create</code>, then run{" "}
            <code>cordon-agent enroll</code> with it on the Mac.
        </EmptyState>
    );
}

const rowId = (device: Device) => device.id;

export function DevicesPage() {
    const search = route.useSearch();
    const navigate = useNavigate({ from: "/devices" });
    const { can } = useSession();
    const query = useInfiniteQuery(devicesQuery(filterOf(search)));
    const fresh = useNewRows("devices", query.data, (message) =>
        message.event === "device" && message.change === "new" ? message.id : undefined,
    );
    const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
    const [ordering, setOrdering] = useState<ActionKind>();
    const change = (next: Change<DevicesSearch>) =>
        void navigate({ search: (before) => changed(before, next), replace: true });

    const chosen = useMemo(
        () => query.data?.pages.flatMap((page) => page.items).filter((device) => selected.has(device.id)) ?? [],
        [query.data, selected],
    );
    const kinds = [ACTION_KINDS.isolate, ACTION_KINDS.release, ACTION_KINDS.message].filter(
        (kind) => can("actions.create") && can(kind.permission),
    );
    const filtered = Object.keys(search).length > 0;

    return (
        <Page
            title="Devices"
            fill
            actions={
                <SearchField
                    label="Search host name or id"
                    value={search.q ?? ""}
                    onChange={(q) => {
                        change({ q: q || undefined });
                    }}
                />
            }
        >
            <Panel fill>
                <DataTable
                    name="devices"
                    label="Devices"
                    nouns={["device", "devices"]}
                    columns={deviceColumns}
                    query={query}
                    rowId={rowId}
                    rowLabel={(device) => visible(device.hostname)}
                    onOpen={(device) => void navigate({ to: "/devices/$id", params: { id: device.id } })}
                    {...(kinds.length > 0 && { selection: { ids: selected, onChange: setSelected } })}
                    toolbar={
                        chosen.length > 0 ? (
                            <>
                                <Text size="sm" fw={600} role="status">
                                    {chosen.length} selected
                                </Text>
                                {kinds.map((kind) => (
                                    <Button
                                        key={kind.name}
                                        size="compact-xs"
                                        variant="default"
                                        onClick={() => {
                                            setOrdering(kind);
                                        }}
                                    >
                                        {kind.title}
                                    </Button>
                                ))}
                                <Button
                                    size="compact-xs"
                                    variant="subtle"
                                    onClick={() => {
                                        setSelected(new Set());
                                    }}
                                >
                                    Clear
                                </Button>
                            </>
                        ) : (
                            <>
                                <Filters search={search} onChange={change} />
                                <NewRows count={fresh.count} nouns={["new device", "new devices"]} onLoad={fresh.load} />
                            </>
                        )
                    }
                    empty={
                        <Empty
                            filtered={filtered}
                            onClear={() => {
                                void navigate({ search: {} });
                            }}
                        />
                    }
                />
            </Panel>
            {ordering && (
                <OrderDialog
                    kind={ordering}
                    targets={chosen}
                    onClose={() => {
                        setOrdering(undefined);
                    }}
                />
            )}
        </Page>
    );
}

function Filters({ search, onChange }: { search: DevicesSearch; onChange: (next: Change<DevicesSearch>) => void }) {
    return (
        <>
            <Choice
                label="Connection"
                none="Any"
                options={[
                    { value: "yes", label: "Online" },
                    { value: "no", label: "Offline" },
                ]}
                value={search.online}
                onChange={(online) => {
                    onChange({ online });
                }}
            />
            <Choice
                label="Isolation"
                none="Any"
                options={[
                    { value: "isolated", label: "Isolated" },
                    { value: "not", label: "Not isolated" },
                ]}
                value={
                    search.isolation === undefined ? undefined : search.isolation.includes("isolated") ? "isolated" : "not"
                }
                onChange={(value) => {
                    onChange({
                        isolation:
                            value === undefined ? undefined : value === "isolated" ? ["isolated"] : ["none", "released"],
                    });
                }}
            />
            <Switches
                label="Agent"
                options={CONDITIONS.map((value) => ({ value, label: stateLook("condition", value).word }))}
                value={search.condition ?? CONDITIONS}
                onChange={(condition) => {
                    onChange({ condition: condition.length === CONDITIONS.length ? undefined : condition });
                }}
            />
            <Choice
                label="Platform"
                none="Any"
                options={PLATFORMS.map((value) => ({ value, label: PLATFORM_NAMES[value] ?? value }))}
                value={search.platform}
                onChange={(platform) => {
                    onChange({ platform });
                }}
            />
            <Switches
                label="State"
                options={DEVICE_STATES.map((value) => ({ value, label: stateLook("device", value).word }))}
                value={search.state ?? DEFAULT_STATES}
                onChange={(state) => {
                    onChange({ state });
                }}
            />
        </>
    );
}
