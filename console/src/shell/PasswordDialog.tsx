// Change the own password. The server ends the account's other sessions.
import { Alert, Button, Group, Modal, PasswordInput, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";

import { api } from "../api/client";
import { asProblem } from "../api/problem";
import { useReturnFocus } from "../components/useReturnFocus";
import { useSession } from "../session/SessionContext";

export function PasswordDialog({ onClose }: { onClose: () => void }) {
    useReturnFocus();
    const { session } = useSession();
    const [password, setPassword] = useState("");
    const [fresh, setFresh] = useState("");
    const [again, setAgain] = useState("");
    const [failure, setFailure] = useState("");
    const [busy, setBusy] = useState(false);
    const differs = again !== "" && again !== fresh;

    const submit = async () => {
        setBusy(true);
        setFailure("");
        try {
            await api.POST("/api/v1/password", { body: { password, new_password: fresh } });
            notifications.show({ message: "The password is changed. Your other sessions have ended." });
            onClose();
        } catch (error) {
            setFailure(asProblem(error).message);
            setBusy(false);
        }
    };

    return (
        <Modal opened onClose={onClose} title="Change password" closeOnClickOutside={false}>
            <form
                onSubmit={(event) => {
                    event.preventDefault();
                    void submit();
                }}
            >
                <Stack gap="sm">
                    {/* For password managers: whose password it is. */}
                    <input type="text" name="username" autoComplete="username" value={session.name} readOnly hidden />
                    <PasswordInput
                        label="Present password"
                        autoComplete="current-password"
                        data-autofocus
                        value={password}
                        onChange={(event) => {
                            setPassword(event.currentTarget.value);
                        }}
                    />
                    <PasswordInput
                        label="New password"
                        description="At least 12 characters"
                        autoComplete="new-password"
                        value={fresh}
                        onChange={(event) => {
                            setFresh(event.currentTarget.value);
                        }}
                    />
                    <PasswordInput
                        label="New password, once more"
                        autoComplete="new-password"
                        error={differs ? "The two differ." : undefined}
                        value={again}
                        onChange={(event) => {
                            setAgain(event.currentTarget.value);
                        }}
                    />
                    <Text size="xs" c="dimmed">
                        Your other sessions end.
                    </Text>
                    {failure && (
                        <Alert color="red" variant="light" role="alert">
                            {failure}
                        </Alert>
                    )}
                    <Group justify="flex-end" gap="xs">
                        <Button variant="default" onClick={onClose}>
                            Back
                        </Button>
                        <Button type="submit" loading={busy} disabled={!password || fresh.length < 12 || again !== fresh}>
                            Change password
                        </Button>
                    </Group>
                </Stack>
            </form>
        </Modal>
    );
}
