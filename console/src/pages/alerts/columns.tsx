// Columns of lists of alerts.
import type { AlertSummary } from "../../api/types";
import { SafeText } from "../../components/SafeText";
import { Severity } from "../../components/Severity";
import { stateLook, StateBadge } from "../../components/StateBadge";
import type { Column } from "../../components/table/column";
import { deviceColumn } from "../../components/table/deviceColumn";
import { TextLink } from "../../components/TextLink";
import { Time } from "../../components/Time";

/** Who has it, and what they said. */
function handler(alert: AlertSummary): string {
    return alert.acknowledged_by ?? alert.closed_by ?? "";
}

function note(alert: AlertSummary): string {
    return alert.acknowledge_note ?? alert.close_reason ?? alert.reopen_reason ?? "";
}

export const alertColumns: readonly Column<AlertSummary>[] = [
    {
        id: "level",
        header: "Level",
        width: 106,
        fixed: true,
        cell: (a) => <Severity level={a.rule.level} />,
        text: (a) => a.rule.level,
    },
    {
        id: "title",
        header: "Alert",
        width: 320,
        least: 240,
        grow: true,
        fixed: true,
        cell: (a) => (
            <TextLink to="/alerts/$id" params={{ id: a.id }} strong>
                <SafeText oneLine>{a.rule.title}</SafeText>
            </TextLink>
        ),
        text: (a) => a.rule.title,
    },
    deviceColumn,
    {
        id: "state",
        header: "State",
        width: 140,
        cell: (a) => <StateBadge kind="alert" state={a.state} />,
        text: (a) => stateLook("alert", a.state).word,
    },
    { id: "count", header: "Events", width: 70, yields: 3, cell: (a) => a.count.toLocaleString("en"), text: (a) => String(a.count) },
    { id: "received", header: "Received", width: 100, cell: (a) => <Time value={a.received} relative />, text: (a) => a.received },
    { id: "time", header: "Time on device", width: 172, yields: 1, cell: (a) => <Time value={a.time} />, text: (a) => a.time },
    {
        id: "by",
        header: "Handled by",
        width: 110,
        yields: 2,
        cell: (a) => (handler(a) ? <SafeText oneLine>{handler(a)}</SafeText> : "–"),
        text: handler,
    },
    {
        id: "note",
        header: "Note",
        width: 180,
        hidden: true,
        cell: (a) => (note(a) ? <SafeText oneLine>{note(a)}</SafeText> : "–"),
        text: note,
    },
    {
        id: "techniques",
        header: "Techniques",
        width: 150,
        hidden: true,
        cell: (a) => <SafeText oneLine>{a.rule.techniques.join(" ")}</SafeText>,
        text: (a) => a.rule.techniques.join(" "),
    },
    { id: "rule", header: "Rule id", width: 280, hidden: true, cell: (a) => <SafeText oneLine mono>{a.rule.id}</SafeText>, text: (a) => a.rule.id },
    { id: "id", header: "Id", width: 270, hidden: true, cell: (a) => <span className="mono">{a.id}</span>, text: (a) => a.id },
];
