// Name and password; when the server says that the password was for one use (409 E_STATE), the new one too.
import { Alert, Button, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";

import { api, data, setCsrf } from "../api/client";
import { asProblem, type Problem } from "../api/problem";
import type { Session } from "../api/types";

const NEW_PASSWORD_LEAST = 12;

interface Props {
    /** Whose session ended, when one did. */
    name?: string;
    onSignedIn: (session: Session) => void;
}

export function SignInForm({ name: known = "", onSignedIn }: Props) {
    const [name, setName] = useState(known);
    const [password, setPassword] = useState("");
    const [renewing, setRenewing] = useState(false);
    const [fresh, setFresh] = useState("");
    const [again, setAgain] = useState("");
    const [problem, setProblem] = useState<Problem>();
    const [busy, setBusy] = useState(false);

    const tooShort = renewing && fresh !== "" && fresh.length < NEW_PASSWORD_LEAST;
    const differs = renewing && again !== "" && again !== fresh;
    const ready = name !== "" && password !== "" && (!renewing || (fresh.length >= NEW_PASSWORD_LEAST && again === fresh));

    const submit = async () => {
        setBusy(true);
        setProblem(undefined);
        try {
            const body = renewing ? { name, password, new_password: fresh } : { name, password };
            const session: Session = await data(api.POST("/api/v1/session", { body }));
            setCsrf(session.csrf);
            onSignedIn(session);
        } catch (error) {
            const said = asProblem(error);
            if (said.status === 409 && said.code === "E_STATE" && !renewing) setRenewing(true);
            else setProblem(said);
            setBusy(false);
        }
    };

    return (
        <form
            onSubmit={(event) => {
                event.preventDefault();
                if (ready && !busy) void submit();
            }}
        >
            <Stack gap="sm">
                <TextInput
                    label="Name"
                    name="username"
                    autoComplete="username"
                    autoCapitalize="none"
                    spellCheck={false}
                    data-autofocus={known === "" || undefined}
                    value={name}
                    onChange={(event) => {
                        setName(event.currentTarget.value);
                        setRenewing(false);
                    }}
                />
                <PasswordInput
                    label={renewing ? "One-time password" : "Password"}
                    name="password"
                    autoComplete="current-password"
                    data-autofocus={known !== "" || undefined}
                    value={password}
                    onChange={(event) => {
                        setPassword(event.currentTarget.value);
                    }}
                />
                {renewing && (
                    <>
                        <Text size="sm" role="status">
                            This password was for one use. Choose your own to go on.
                        </Text>
                        {/* For password managers: whose new password it is. */}
                        <input type="text" autoComplete="username" value={name} readOnly hidden />
                        <PasswordInput
                            label="New password"
                            description={`At least ${String(NEW_PASSWORD_LEAST)} characters`}
                            name="new-password"
                            autoComplete="new-password"
                            error={tooShort ? `At least ${String(NEW_PASSWORD_LEAST)} characters, please.` : undefined}
                            value={fresh}
                            onChange={(event) => {
                                setFresh(event.currentTarget.value);
                            }}
                        />
                        <PasswordInput
                            label="New password, once more"
                            name="new-password-again"
                            autoComplete="new-password"
                            error={differs ? "The two differ." : undefined}
                            value={again}
                            onChange={(event) => {
                                setAgain(event.currentTarget.value);
                            }}
                        />
                    </>
                )}
                {problem && (
                    <Alert color="red" variant="light" role="alert">
                        {problem.message}
                        {problem.retryAfterS !== undefined && ` Try again in ${String(problem.retryAfterS)} seconds.`}
                    </Alert>
                )}
                <Button type="submit" loading={busy} disabled={!ready}>
                    {renewing ? "Set the password and sign in" : "Sign in"}
                </Button>
            </Stack>
        </form>
    );
}
