// Asked before anything that cannot be taken back at once: how many devices, what their users lose, what undoes it, and why.
// The reason is required and goes into the audit log. Where the server answers that a host name must be typed, it is asked for
// here; a refusal is shown in the server's words and nothing typed is lost.
import { Alert, Button, Group, List, Modal, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";

import { asProblem, type Problem } from "../api/problem";
import { SafeText } from "./SafeText";
import { useReturnFocus } from "./useReturnFocus";

export interface ReasonTarget {
    id: string;
    hostname: string;
}

export interface Given {
    reason: string;
    /** What was typed where the server wants its own host's name. */
    confirmHost?: string;
}

interface Props {
    title: string;
    /** On the button: "Isolate 2 devices". */
    confirm: string;
    targets: readonly ReasonTarget[];
    /** What are the targets: "device" and "devices". */
    nouns?: readonly [string, string];
    /** Undefined while it is not known. */
    does: string | undefined;
    loses?: string | undefined;
    /** How it is undone; absent: it is not. */
    reversible?: string | undefined;
    notRestored?: string | undefined;
    danger?: boolean;
    reasonLabel?: string;
    reasonRequired?: boolean;
    /** A text that must be typed as it is: for what cannot be undone at all. */
    typed?: string;
    /** More fields of the action, above the reason. */
    children?: ReactNode;
    /** Are the further fields filled? */
    ready?: boolean;
    onSubmit: (given: Given) => Promise<void>;
    onClose: () => void;
}

const SHOWN = 8;
const REASON_MOST = 1000;

/** Does the server ask for its host name? Then its answer names it. */
export function asksForHost(problem: Problem | undefined): boolean {
    return problem?.code === "E_DENIED" && problem.message.includes("type its name");
}

function Consequences({ does, loses, reversible, notRestored }: Pick<Props, "does" | "loses" | "reversible" | "notRestored">) {
    return (
        <List size="sm" spacing={2}>
            {does && <List.Item>{does}</List.Item>}
            {loses && (
                <List.Item>
                    <b>Lost meanwhile:</b> {loses}
                </List.Item>
            )}
            {reversible !== undefined && (
                <List.Item>
                    {reversible ? (
                        <>
                            <b>Undone by:</b> {reversible}
                        </>
                    ) : (
                        <b>This cannot be undone.</b>
                    )}
                </List.Item>
            )}
            {notRestored && (
                <List.Item>
                    <b>Not brought back:</b> {notRestored}
                </List.Item>
            )}
        </List>
    );
}

export function ReasonDialog(props: Props) {
    const { targets, nouns = ["device", "devices"], typed, danger = false, reasonRequired = true } = props;
    useReturnFocus();
    const [reason, setReason] = useState("");
    const [host, setHost] = useState("");
    const [typedText, setTypedText] = useState("");
    const [problem, setProblem] = useState<Problem>();
    const [busy, setBusy] = useState(false);
    const [needsHost, setNeedsHost] = useState(false);
    const ready =
        (props.ready ?? true) &&
        (!reasonRequired || reason.trim() !== "") &&
        (typed === undefined || typedText === typed) &&
        (!needsHost || host.trim() !== "");

    const submit = async () => {
        setBusy(true);
        setProblem(undefined);
        try {
            await props.onSubmit(needsHost ? { reason: reason.trim(), confirmHost: host.trim() } : { reason: reason.trim() });
            props.onClose();
        } catch (error) {
            const said = asProblem(error);
            if (asksForHost(said)) setNeedsHost(true);
            setProblem(said);
            setBusy(false);
        }
    };

    return (
        <Modal opened onClose={props.onClose} title={props.title} size="lg" closeOnClickOutside={false}>
            <form
                onSubmit={(event) => {
                    event.preventDefault();
                    if (ready && !busy) void submit();
                }}
            >
                <Stack gap="sm">
                    <div>
                        <Text size="sm" fw={600}>
                            {targets.length} {nouns[targets.length === 1 ? 0 : 1]}
                        </Text>
                        <Text size="sm" component="div">
                            {targets.slice(0, SHOWN).map((target, i) => (
                                <span key={target.id}>
                                    {i > 0 && ", "}
                                    <SafeText>{target.hostname}</SafeText>
                                </span>
                            ))}
                            {targets.length > SHOWN && ` and ${String(targets.length - SHOWN)} more`}
                        </Text>
                    </div>
                    <Consequences {...props} />
                    {props.children}
                    <Textarea
                        label={props.reasonLabel ?? "Reason"}
                        description={reasonRequired ? "Kept with the order and in the audit log." : "Optional."}
                        required={reasonRequired}
                        data-autofocus
                        autosize
                        minRows={2}
                        maxRows={6}
                        maxLength={REASON_MOST}
                        value={reason}
                        onChange={(event) => {
                            setReason(event.currentTarget.value);
                        }}
                    />
                    {typed !== undefined && (
                        <TextInput
                            label={`Type ${typed} to go on`}
                            required
                            autoComplete="off"
                            spellCheck={false}
                            value={typedText}
                            onChange={(event) => {
                                setTypedText(event.currentTarget.value);
                            }}
                        />
                    )}
                    {problem && (
                        <Alert color={needsHost ? "yellow" : "red"} variant="light" role="alert">
                            <SafeText>{problem.message}</SafeText>
                        </Alert>
                    )}
                    {needsHost && (
                        <TextInput
                            label="Name of the server's host"
                            required
                            autoComplete="off"
                            spellCheck={false}
                            value={host}
                            onChange={(event) => {
                                setHost(event.currentTarget.value);
                            }}
                        />
                    )}
                    <Group justify="flex-end" gap="xs">
                        <Button variant="default" onClick={props.onClose}>
                            Back
                        </Button>
                        <Button type="submit" color={danger ? "red.9" : "cordon"} loading={busy} disabled={!ready}>
                            {props.confirm}
                        </Button>
                    </Group>
                </Stack>
            </form>
        </Modal>
    );
}
