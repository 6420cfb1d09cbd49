// Columns of lists of actions. What opening the details means is the list's matter.
import { Anchor } from "@mantine/core";

import type { Action } from "../../api/types";
import { SafeText } from "../../components/SafeText";
import { stateLook, StateBadge } from "../../components/StateBadge";
import type { Column } from "../../components/table/column";
import { deviceColumn } from "../../components/table/deviceColumn";
import { Time } from "../../components/Time";
import { actionTitle } from "../../respond/kinds";

export const actionColumns = (onOpen: (action: Action) => void): readonly Column<Action>[] => [
    {
        id: "state",
        header: "State",
        width: 132,
        fixed: true,
        cell: (a) => <StateBadge kind="action" state={a.state} />,
        text: (a) => stateLook("action", a.state).word,
    },
    {
        id: "name",
        header: "Action",
        width: 112,
        fixed: true,
        cell: (a) => (
            <Anchor
                component="button"
                type="button"
                size="sm"
                fw={600}
                aria-haspopup="dialog"
                onClick={() => {
                    onOpen(a);
                }}
            >
                {actionTitle(a.name)}
            </Anchor>
        ),
        text: (a) => a.name,
    },
    deviceColumn,
    {
        id: "reason",
        header: "Reason",
        width: 260,
        least: 150,
        grow: true,
        cell: (a) => <SafeText oneLine>{a.reason}</SafeText>,
        text: (a) => a.reason,
    },
    {
        id: "by",
        header: "Ordered by",
        width: 110,
        yields: 2,
        cell: (a) => <SafeText oneLine>{a.requested_by}</SafeText>,
        text: (a) => a.requested_by,
    },
    {
        id: "at",
        header: "Ordered",
        width: 90,
        cell: (a) => <Time value={a.requested_at} relative />,
        text: (a) => a.requested_at,
    },
    {
        id: "finished",
        header: "Finished",
        width: 90,
        yields: 1,
        cell: (a) => <Time value={a.finished_at} relative />,
        text: (a) => a.finished_at ?? "",
    },
    {
        id: "message",
        header: "Outcome",
        width: 178,
        cell: (a) => (a.message ? <SafeText oneLine>{a.message}</SafeText> : "–"),
        text: (a) => a.message,
    },
    {
        id: "expires",
        header: "Expires",
        width: 110,
        hidden: true,
        cell: (a) => (a.final ? "–" : <Time value={a.expires} relative />),
        text: (a) => a.expires ?? "",
    },
    { id: "id", header: "Id", width: 280, hidden: true, cell: (a) => <span className="mono">{a.id}</span>, text: (a) => a.id },
];
