// Columns of the list of devices.
import type { Device } from "../../api/types";
import { SafeText } from "../../components/SafeText";
import { stateLook, StateBadge } from "../../components/StateBadge";
import type { Column } from "../../components/table/column";
import { TextLink } from "../../components/TextLink";
import { Time } from "../../components/Time";
import { isolationLook } from "../../lib/isolation";

export const PLATFORM_NAMES: Record<string, string> = { macos: "macOS", linux: "Linux" };

/** "macOS 26.1", "Debian GNU/Linux 12": what the system is called. */
export function systemName(device: Device): string {
    return device.platform === "macos" && !device.os_version.startsWith("macOS") ? `macOS ${device.os_version}` : device.os_version;
}

export const deviceColumns: readonly Column<Device>[] = [
    {
        id: "hostname",
        header: "Host name",
        width: 240,
        least: 180,
        grow: true,
        fixed: true,
        cell: (d) => (
            <TextLink to="/devices/$id" params={{ id: d.id }} strong>
                <SafeText oneLine>{d.hostname}</SafeText>
            </TextLink>
        ),
        text: (d) => d.hostname,
    },
    {
        id: "online",
        header: "Connection",
        width: 100,
        cell: (d) =>
            d.state === "enrolled" ? (
                <StateBadge kind="presence" state={d.online ? "online" : "offline"} />
            ) : (
                <StateBadge kind="device" state={d.state} />
            ),
        text: (d) => (d.state === "enrolled" ? (d.online ? "Online" : "Offline") : stateLook("device", d.state).word),
    },
    {
        id: "isolation",
        header: "Isolation",
        width: 120,
        cell: (d) => {
            const state = isolationLook(d.isolation);
            return state === "none" || state === "released" ? "–" : <StateBadge kind="isolation" state={state} />;
        },
        text: (d) => stateLook("isolation", isolationLook(d.isolation)).word,
    },
    {
        id: "condition",
        header: "Agent",
        width: 154,
        cell: (d) => <StateBadge kind="condition" state={d.condition} />,
        text: (d) => stateLook("condition", d.condition).word,
    },
    {
        id: "alerts",
        header: "Open alerts",
        width: 96,
        cell: (d) =>
            d.open_alerts > 0 ? (
                <TextLink
                    to="/alerts"
                    search={{ device: d.id, state: ["open"], level: ["critical", "high", "medium", "low", "informational"] }}
                    strong
                >
                    {d.open_alerts.toLocaleString("en")}
                </TextLink>
            ) : (
                "0"
            ),
        text: (d) => String(d.open_alerts),
    },
    { id: "os", header: "System", width: 180, yields: 2, cell: (d) => <SafeText oneLine>{systemName(d)}</SafeText>, text: systemName },
    {
        id: "agent",
        header: "Agent version",
        width: 100,
        hidden: true,
        cell: (d) => <SafeText oneLine>{d.agent_version}</SafeText>,
        text: (d) => d.agent_version,
    },
    {
        id: "address",
        header: "Last address",
        width: 130,
        yields: 1,
        cell: (d) => (
            <SafeText oneLine mono>
                {d.address}
            </SafeText>
        ),
        text: (d) => d.address,
    },
    {
        id: "last_seen",
        header: "Last seen",
        width: 100,
        cell: (d) => (d.online ? "now" : <Time value={d.last_seen} relative />),
        text: (d) => d.last_seen,
    },
    {
        id: "first_seen",
        header: "Enrolled",
        width: 150,
        hidden: true,
        cell: (d) => <Time value={d.first_seen} />,
        text: (d) => d.first_seen,
    },
    {
        id: "certificate",
        header: "Certificate until",
        width: 150,
        hidden: true,
        cell: (d) => <Time value={d.certificate_expires} />,
        text: (d) => d.certificate_expires,
    },
    {
        id: "uuid",
        header: "Hardware UUID",
        width: 280,
        hidden: true,
        cell: (d) => (
            <SafeText oneLine mono>
                {d.hardware_uuid}
            </SafeText>
        ),
        text: (d) => d.hardware_uuid,
    },
    {
        id: "id",
        header: "Id",
        width: 280,
        hidden: true,
        cell: (d) => <span className="mono">{d.id}</span>,
        text: (d) => d.id,
    },
];
