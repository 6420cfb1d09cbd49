// Orders one action for one or more devices: what it means, its own fields, the reason, then POST /actions.
import { Text, Textarea, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";

import { api, data } from "../api/client";
import { asSentence } from "../api/problem";
import { actionTypesQuery } from "../api/queries";
import type { Action, ActionArguments, Page } from "../api/types";
import { type Given, ReasonDialog, type ReasonTarget } from "../components/ReasonDialog";
import { type ActionKind, actionTitle } from "./kinds";

interface Props {
    kind: ActionKind;
    targets: readonly ReasonTarget[];
    onClose: () => void;
    /** Arguments that are known beforehand: the process to end. */
    fixed?: ActionArguments;
    /** What the page adds above the reason: which process it is. */
    children?: ReactNode;
}

export function OrderDialog({ kind, targets, onClose, fixed, children }: Props) {
    const client = useQueryClient();
    const type = useQuery(actionTypesQuery).data?.find((one) => one.name === kind.name);
    const sentence = (text: string | undefined) => (text ? asSentence(text) : undefined);
    const [title, setTitle] = useState("Security team");
    const [text, setText] = useState("");
    const isMessage = kind.name === "message";
    const toUser = kind.name === "isolate" || kind.name === "release";
    const count = targets.length;

    const submit = async ({ reason, confirmHost }: Given) => {
        const typed = isMessage ? { title: title.trim(), text } : toUser && text.trim() ? { message: text } : {};
        const made: Page<Action> = await data(
            api.POST("/api/v1/actions", {
                body: {
                    name: kind.name,
                    devices: targets.map((target) => target.id),
                    arguments: { ...fixed, ...typed },
                    reason,
                    ...(confirmHost !== undefined && { confirm_host: confirmHost }),
                },
            }),
        );
        const waits = made.items.some((action) => action.state === "pending_approval");
        notifications.show({
            title: `${kind.title}: ordered`,
            message: waits ? "A second person must approve it." : "Its progress is in the list of actions.",
        });
        for (const key of ["actions", "recent-actions", "overview", "device", "devices"])
            void client.invalidateQueries({ queryKey: [key] });
    };

    return (
        <ReasonDialog
            title={kind.title}
            confirm={count === 1 ? kind.title : `${kind.title} ${String(count)} devices`}
            targets={targets}
            does={sentence(type?.description)}
            loses={sentence(type?.unreachable)}
            reversible={type && (type.reversed_by ? actionTitle(type.reversed_by) : kind.danger ? "" : undefined)}
            notRestored={sentence(type?.not_restored)}
            danger={kind.danger}
            ready={!isMessage || (title.trim() !== "" && text.trim() !== "")}
            onSubmit={submit}
            onClose={onClose}
        >
            {children}
            {isMessage && (
                <TextInput
                    label="Heading"
                    required
                    maxLength={120}
                    value={title}
                    onChange={(event) => {
                        setTitle(event.currentTarget.value);
                    }}
                />
            )}
            {(isMessage || toUser) && (
                <Textarea
                    label={isMessage ? "What the user reads" : "Message to the user"}
                    description={isMessage ? "Plain text." : "Optional. Say what happened and whom to call."}
                    required={isMessage}
                    autosize
                    minRows={2}
                    maxRows={8}
                    maxLength={2000}
                    value={text}
                    onChange={(event) => {
                        setText(event.currentTarget.value);
                    }}
                />
            )}
            {kind.name === "isolate" && count === 1 && (
                <Text size="xs" c="dimmed">
                    A device that cannot reach this server right after it was isolated undoes the isolation by itself.
                </Text>
            )}
        </ReasonDialog>
    );
}
