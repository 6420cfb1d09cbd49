// Acknowledge, close or reopen alerts, with a note or a reason. Used by the list for many and by the page of one.
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";

import { Problem } from "../api/problem";
import type { AlertSummary } from "../api/types";
import { ReasonDialog } from "../components/ReasonDialog";
import { type Triage, triage } from "./triage";

const words = {
    ack: { title: "Acknowledge", done: "acknowledged", does: "Says that you look at it. The alert stays in the list." },
    close: { title: "Close", done: "closed", does: "Says that it is dealt with. The alert leaves the list of what needs somebody." },
    reopen: { title: "Reopen", done: "open again", does: "Puts the alert back among those that need somebody." },
} as const;

interface Props {
    what: Triage;
    alerts: readonly AlertSummary[];
    onClose: () => void;
    onDone?: () => void;
}

export function TriageDialog({ what, alerts, onClose, onDone }: Props) {
    const client = useQueryClient();
    const { title, done, does } = words[what];
    const noun = alerts.length === 1 ? "alert" : `${String(alerts.length)} alerts`;
    return (
        <ReasonDialog
            title={`${title} ${noun}`}
            confirm={`${title} ${noun}`}
            targets={alerts.map((alert) => ({ id: alert.id, hostname: `${alert.rule.title} (${alert.hostname})` }))}
            nouns={["alert", "alerts"]}
            does={does}
            reasonLabel={what === "ack" ? "Note" : "Reason"}
            reasonRequired={what !== "ack"}
            onClose={onClose}
            onSubmit={async ({ reason }) => {
                const outcome = await triage(what, alerts.map((alert) => alert.id), reason);
                for (const key of ["alerts", "alert", "overview", "recent-alerts"])
                    void client.invalidateQueries({ queryKey: [key] });
                const [first] = outcome.failed;
                if (first)
                    throw new Problem(
                        0,
                        "",
                        alerts.length === 1
                            ? first.message
                            : `${String(outcome.done)} ${done}, ${String(outcome.failed.length)} not. The first reason: ${first.message}`,
                    );
                notifications.show({ message: alerts.length === 1 ? `The alert is ${done}.` : `${String(outcome.done)} alerts are ${done}.` });
                onDone?.();
            }}
        />
    );
}
