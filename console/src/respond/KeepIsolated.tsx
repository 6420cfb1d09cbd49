// An isolation of the server's own host undoes itself, in case it cut off whoever ordered it, unless somebody says that the
// console can still be reached. Shown wherever such an order is seen.
import { Alert, Button, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { api, data } from "../api/client";
import { asProblem } from "../api/problem";
import { actionQuery } from "../api/queries";
import type { Action } from "../api/types";
import { Time } from "../components/Time";
import { useSession } from "../session/SessionContext";

export function KeepIsolated({ action }: { action: Action }) {
    const { can } = useSession();
    const client = useQueryClient();
    const [failure, setFailure] = useState("");
    const [busy, setBusy] = useState(false);
    if (!action.rollback_at) return null;

    const confirm = async () => {
        setBusy(true);
        setFailure("");
        try {
            const path = { params: { path: { id: action.id } } };
            client.setQueryData(
                actionQuery(action.id).queryKey,
                await data(api.POST("/api/v1/actions/{id}/confirm", { ...path, body: {} })),
            );
            for (const key of ["actions", "overview", "recent-actions"]) void client.invalidateQueries({ queryKey: [key] });
        } catch (error) {
            setFailure(asProblem(error).message);
        }
        setBusy(false);
    };
    return (
        <Alert variant="light" color="yellow" title="It undoes itself unless confirmed">
            <Stack gap="xs" align="flex-start">
                <Text size="sm">
                    This is the server&apos;s own host. It is released again <Time value={action.rollback_at} relative /> unless
                    somebody confirms that the console can still be reached.
                </Text>
                {can("actions.create") && (
                    <Button size="xs" loading={busy} onClick={() => void confirm()}>
                        Keep it isolated
                    </Button>
                )}
                {failure && (
                    <Text size="sm" c="var(--mantine-color-error)" role="alert">
                        {failure}
                    </Text>
                )}
            </Stack>
        </Alert>
    );
}
