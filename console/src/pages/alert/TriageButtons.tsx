// Who looks at the alert, and how it ends: what its state allows, as buttons and as the keys a and c.
import { Button, Group } from "@mantine/core";
import { IconArrowBackUp, IconCheck, IconEye } from "@tabler/icons-react";
import { useState } from "react";

import type { Alert, AlertState } from "../../api/types";
import type { Triage } from "../../respond/triage";
import { TriageDialog } from "../../respond/TriageDialog";
import { useSession } from "../../session/SessionContext";
import { useShortcuts } from "../../settings/shortcuts";

interface Step {
    what: Triage;
    title: string;
    icon: typeof IconEye;
    /** States from which it can be done. */
    from: readonly AlertState[];
}

const STEPS: readonly Step[] = [
    { what: "ack", title: "Acknowledge", icon: IconEye, from: ["open"] },
    { what: "close", title: "Close", icon: IconCheck, from: ["open", "acknowledged"] },
    { what: "reopen", title: "Reopen", icon: IconArrowBackUp, from: ["acknowledged", "closed"] },
];

export function TriageButtons({ alert }: { alert: Alert }) {
    const { can } = useSession();
    const [what, setWhat] = useState<Triage>();
    const steps = STEPS.filter(({ from }) => can("alerts.write") && from.includes(alert.state));
    const begin = (wanted: Triage) => () => {
        if (steps.some((step) => step.what === wanted)) setWhat(wanted);
    };
    useShortcuts({ a: begin("ack"), c: begin("close") });

    return (
        <Group gap="xs">
            {steps.map(({ what: one, title, icon: Icon }) => (
                <Button
                    key={one}
                    size="xs"
                    variant={one === "ack" ? "filled" : "default"}
                    leftSection={<Icon size={15} aria-hidden />}
                    onClick={begin(one)}
                >
                    {title}
                </Button>
            ))}
            {what && (
                <TriageDialog
                    what={what}
                    alerts={[alert]}
                    onClose={() => {
                        setWhat(undefined);
                    }}
                />
            )}
        </Group>
    );
}
