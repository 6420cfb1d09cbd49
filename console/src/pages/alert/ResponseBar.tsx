// What can be done to the alert's device, and how the latest orders to it stand, live.
import { Button, Group, Text, Tooltip } from "@mantine/core";
import { IconMessage, IconShieldLock, IconShieldOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { deviceQuery, recentActionsQuery } from "../../api/queries";
import type { Action, ActionName, Alert } from "../../api/types";
import { SafeText } from "../../components/SafeText";
import { StateBadge, stateLook } from "../../components/StateBadge";
import { TextLink } from "../../components/TextLink";
import { Time } from "../../components/Time";
import { ACTION_KINDS, actionTitle } from "../../respond/kinds";
import { KeepIsolated } from "../../respond/KeepIsolated";
import { OrderDialog } from "../../respond/OrderDialog";
import { useSession } from "../../session/SessionContext";
import classes from "./ResponseBar.module.css";

const SHOWN = 4;

const BUTTONS = [
    { name: "isolate", icon: IconShieldLock },
    { name: "release", icon: IconShieldOff },
    { name: "message", icon: IconMessage },
] as const satisfies { name: ActionName; icon: typeof IconMessage }[];

function Order({ action }: { action: Action }) {
    const told = action.message || action.reason;
    return (
        <li className={classes.order}>
            <Tooltip label={<SafeText oneLine>{told}</SafeText>} disabled={!told} multiline maw={420}>
                <TextLink to="/actions" search={{ open: action.id }}>
                    {actionTitle(action.name)}
                </TextLink>
            </Tooltip>
            <StateBadge kind="action" state={action.state} />
            <Text span size="xs" c="dimmed">
                <Time value={action.finished_at ?? action.requested_at} relative />
                {" by "}
                <SafeText>{action.requested_by}</SafeText>
            </Text>
        </li>
    );
}

export function ResponseBar({ alert }: { alert: Alert }) {
    const { can } = useSession();
    const [name, setName] = useState<ActionName>();
    const device = useQuery({ ...deviceQuery(alert.device), enabled: can("devices.read") }).data;
    const orders = useQuery({ ...recentActionsQuery(alert.device, SHOWN), enabled: can("actions.read") });
    const isolated = device?.isolation.desired === "isolated";
    const fits = (one: ActionName) => (one === "isolate" ? !isolated : one !== "release" || isolated);
    const buttons = BUTTONS.filter((one) => can(ACTION_KINDS[one.name].permission) && fits(one.name));
    const newest = orders.data?.[0];

    return (
        <section className={classes.bar} aria-label="Response">
            <Group gap="xs" className="no-print">
                {buttons.map(({ name: one, icon: Icon }) => (
                    <Button
                        key={one}
                        size="xs"
                        variant={one === "isolate" ? "filled" : "default"}
                        color="red.9"
                        leftSection={<Icon size={15} aria-hidden />}
                        onClick={() => {
                            setName(one);
                        }}
                    >
                        {ACTION_KINDS[one].title}
                    </Button>
                ))}
            </Group>
            {orders.data && orders.data.length > 0 && (
                <ul className={classes.orders} aria-label="Latest actions on this device">
                    {orders.data.map((action) => (
                        <Order key={action.id} action={action} />
                    ))}
                </ul>
            )}
            {orders.data?.map((action) => <KeepIsolated key={action.id} action={action} />)}
            {orders.data?.length === 0 && (
                <Text size="sm" c="dimmed">
                    Nothing was done to this device yet.
                </Text>
            )}
            {orders.isError && (
                <Text size="sm" c="dimmed">
                    Its actions could not be loaded.
                </Text>
            )}
            {/* Only what changes is read aloud. */}
            <div className="visually-hidden" role="status">
                {newest && `${actionTitle(newest.name)}: ${stateLook("action", newest.state).word}`}
            </div>
            {name && (
                <OrderDialog
                    kind={ACTION_KINDS[name]}
                    targets={[{ id: alert.device, hostname: alert.hostname }]}
                    onClose={() => {
                        setName(undefined);
                    }}
                />
            )}
        </section>
    );
}
