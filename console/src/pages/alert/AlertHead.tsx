// Under the heading: how bad, who handles it, when, on which device and how that device is, which techniques.
import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { deviceQuery } from "../../api/queries";
import type { Alert } from "../../api/types";
import { Copy } from "../../components/Copy";
import { SafeText } from "../../components/SafeText";
import { Severity } from "../../components/Severity";
import { StateBadge } from "../../components/StateBadge";
import { TextLink } from "../../components/TextLink";
import { Time } from "../../components/Time";
import { visible } from "../../lib/escape";
import { isolationLook } from "../../lib/isolation";
import { techniqueName } from "../../lib/techniques";
import { useSession } from "../../session/SessionContext";
import classes from "./AlertHead.module.css";

const TECHNIQUES_MOST = 40;

function Device({ alert }: { alert: Alert }) {
    const { can } = useSession();
    const device = useQuery({ ...deviceQuery(alert.device), enabled: can("devices.read") }).data;
    return (
        <span className={classes.part}>
            <TextLink to="/devices/$id" params={{ id: alert.device }} strong>
                <SafeText>{alert.hostname || alert.device}</SafeText>
            </TextLink>
            {device && (
                <>
                    <StateBadge kind="presence" state={device.online ? "online" : "offline"} />
                    <StateBadge kind="isolation" state={isolationLook(device.isolation)} />
                    <Text span size="sm" c="dimmed">
                        <SafeText>{device.os_version}</SafeText>
                    </Text>
                </>
            )}
        </span>
    );
}

/** Who did the last step, when and why. */
function Handling({ alert }: { alert: Alert }) {
    const closed = { verb: "Closed", by: alert.closed_by, at: alert.closed_at, why: alert.close_reason };
    const acknowledged = {
        verb: "Acknowledged",
        by: alert.acknowledged_by,
        at: alert.acknowledged_at,
        why: alert.acknowledge_note,
    };
    const reopened = { verb: "Reopened", by: alert.reopened_by, at: alert.reopened_at, why: alert.reopen_reason };
    const step = { open: reopened, acknowledged, closed }[alert.state];
    if (!step.by) return null;
    return (
        <div className={classes.handling}>
            {step.verb} by <SafeText>{step.by}</SafeText> <Time value={step.at} relative />
            {step.why && (
                <>
                    {": "}
                    <SafeText first={600}>{step.why}</SafeText>
                </>
            )}
        </div>
    );
}

function Techniques({ ids }: { ids: readonly string[] }) {
    if (ids.length === 0) return null;
    return (
        <ul className={classes.techniques} aria-label="ATT&CK techniques">
            {ids.slice(0, TECHNIQUES_MOST).map((id, i) => (
                <li key={i}>
                    <span className="mono">{visible(id.slice(0, 40))}</span> {techniqueName(id)}
                </li>
            ))}
        </ul>
    );
}

export function AlertHead({ alert }: { alert: Alert }) {
    return (
        <div className={classes.head}>
            <div className={classes.line}>
                <Severity level={alert.rule.level} />
                <StateBadge kind="alert" state={alert.state} />
                <span className={classes.part}>
                    <Time value={alert.time} />
                    <Text span size="sm" c="dimmed">
                        (<Time value={alert.time} relative />)
                    </Text>
                </span>
                <Device alert={alert} />
                {alert.count > 1 && <span>Seen {alert.count} times</span>}
                <span className={classes.part}>
                    <Text span size="sm" c="dimmed">
                        Alert <span className="mono">{visible(alert.id.slice(0, 8))}</span>
                    </Text>
                    <Copy value={alert.id} label="Copy alert id" />
                </span>
            </div>
            <Handling alert={alert} />
            <Techniques ids={alert.rule.techniques} />
        </div>
    );
}
