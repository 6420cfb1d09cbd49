// Everything known of the selected process, each value to copy as it is, and the order that ends it.
import { Button, Tooltip } from "@mantine/core";
import { IconPlayerStop } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";

import type { Alert } from "../../../api/types";
import { type Fact, Facts } from "../../../components/Facts";
import { Panel } from "../../../components/Panel";
import { SafeText } from "../../../components/SafeText";
import { Time } from "../../../components/Time";
import { useSession } from "../../../session/SessionContext";
import type { AlertBodyRead } from "../body";
import { KillDialog } from "./KillDialog";
import { killTarget } from "./kill";
import classes from "./ProcessPanel.module.css";
import { SigningBadge } from "./SigningBadge";
import type { ProcessNode } from "./tree";

interface Props {
    alert: Alert;
    body: AlertBodyRead;
    node: ProcessNode;
}

function mono(value: string, copy: string): ReactNode {
    return value ? (
        <SafeText mono copy={copy}>
            {value}
        </SafeText>
    ) : undefined;
}

/** What only the event tells, of the process that it is about. */
function eventFacts(event: Record<string, unknown>): Fact[] {
    const say = (name: string) => {
        const value = event[name];
        return typeof value === "string" || typeof value === "number" ? <SafeText>{String(value)}</SafeText> : undefined;
    };
    return [
        ["Group id", say("process.gid")],
        ["Real user id", say("process.real_uid")],
        ["Logged in as", say("process.audit_uid")],
        ["Terminal", say("process.tty")],
        ["Script", say("process.script")],
        ["Responsible", say("process.responsible.executable")],
        ["On behalf of", say("instigator.process.executable")],
    ];
}

export function ProcessPanel({ alert, body, node }: Props) {
    const { can } = useSession();
    const [killing, setKilling] = useState(false);
    const target = killTarget(node, body.boot);
    const user = [node.user, node.uid === undefined ? "" : node.user ? `(${String(node.uid)})` : String(node.uid)];

    const facts: Fact[] = [
        ["Path", mono(node.executable, "Copy path")],
        ["Folder", mono(node.workingDirectory, "Copy folder")],
        ["Process id", node.pid === undefined ? undefined : mono(String(node.pid), "Copy process id")],
        ["Generation", node.generation === undefined ? undefined : mono(String(node.generation), "Copy generation")],
        ["User", user.some(Boolean) ? <SafeText>{user.filter(Boolean).join(" ")}</SafeText> : undefined],
        ["Started", node.start ? <Time value={node.start} /> : undefined],
        ["Ended", node.end ? <Time value={node.end} /> : undefined],
        ["Signed", <SigningBadge key="s" signing={node.signing} />],
        ["Signing id", mono(node.signingId, "Copy signing id")],
        ["Team id", mono(node.teamId, "Copy team id")],
        ["CDHash", mono(node.cdhash, "Copy CDHash")],
        ["SHA-256", mono(node.sha256, "Copy SHA-256")],
        ...(node.part === "alerted" ? eventFacts(body.event) : []),
    ];

    return (
        <Panel
            title="Process"
            aside={
                can("actions.kill") && (
                    <Tooltip label={target.reason} disabled={!target.reason}>
                        <Button
                            size="compact-sm"
                            variant="default"
                            leftSection={<IconPlayerStop size={14} aria-hidden />}
                            // Stays reachable by keyboard, so that its reason can be read.
                            {...(target.reason && { "data-disabled": true, "aria-disabled": true })}
                            onClick={() => {
                                if (!target.reason) setKilling(true);
                            }}
                        >
                            Kill process
                        </Button>
                    </Tooltip>
                )
            }
        >
            <div className={classes.command}>
                <div className={classes.name}>
                    <SafeText>{node.name}</SafeText>
                </div>
                {node.commandLine ? (
                    <SafeText mono copy="Copy command line">
                        {node.commandLine}
                    </SafeText>
                ) : (
                    <span className={classes.none}>The command line is not known.</span>
                )}
            </div>
            <Facts narrow facts={facts.filter(([, value]) => value !== undefined)} />
            {killing && target.fixed && (
                <KillDialog
                    alert={alert}
                    node={node}
                    fixed={target.fixed}
                    onClose={() => {
                        setKilling(false);
                    }}
                />
            )}
        </Panel>
    );
}
