// Asks who is signed in. Nobody: the sign-in page. A session that ends while somebody works: a dialog over the page, which
// stays as it is, so that nothing typed is lost.
import { Center, Loader, Modal, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";

import { api, onSessionLost, setCsrf } from "../api/client";
import { asProblem } from "../api/problem";
import { sessionQuery } from "../api/queries";
import type { Permission, Session } from "../api/types";
import { ErrorState } from "../components/states";
import { SessionContext } from "./SessionContext";
import { SignInForm } from "./SignInForm";
import { SignInPage } from "./SignInPage";

/** While the dialog of a lost session stands, Escape must not reach the one below it, which would close with what was typed. */
function useEscapeHeld(held: boolean): void {
    const now = useRef(held);
    useEffect(() => {
        now.current = held;
    }, [held]);
    useEffect(() => {
        const hold = (event: KeyboardEvent) => {
            if (now.current && event.key === "Escape") event.stopImmediatePropagation();
        };
        // Dialogs listen at the window too, but they come later.
        window.addEventListener("keydown", hold, { capture: true });
        return () => {
            window.removeEventListener("keydown", hold, { capture: true });
        };
    }, []);
}

export function SessionProvider({ children }: { children: ReactNode }) {
    const client = useQueryClient();
    const query = useQuery({ ...sessionQuery, retry: false });
    const [lost, setLost] = useState(false);
    const [leaving, setLeaving] = useState(false);
    const session = query.data;

    useEffect(() => onSessionLost(() => { setLost(true); }), []);
    useEscapeHeld(lost);

    const value = useMemo(() => {
        if (!session) return undefined;
        const granted = new Set(session.permissions);
        return {
            session,
            can: (permission: Permission) => granted.has(permission),
            signOut: async () => {
                // The page goes first: its lists would ask once more in the name of a session that has ended.
                setLeaving(true);
                try {
                    await api.DELETE("/api/v1/session");
                } catch (error) {
                    setLeaving(false);
                    throw error;
                }
                setCsrf(undefined);
                client.clear();
                // A fresh start: nothing of this person stays in memory.
                window.location.assign("/");
            },
        };
    }, [session, client]);

    const signedIn = (fresh: Session) => {
        // Somebody else must not see what the one before was shown.
        if (session && session.name !== fresh.name) client.clear();
        client.setQueryData(sessionQuery.queryKey, fresh);
        setLost(false);
        void client.invalidateQueries({ predicate: (other) => other.queryKey[0] !== "session" });
    };

    if (query.isPending || leaving)
        return (
            <Center mih="100vh">
                <Loader aria-label="Loading" />
            </Center>
        );
    if (!value) {
        const problem = asProblem(query.error);
        if (problem.status === 401) return <SignInPage onSignedIn={signedIn} />;
        return (
            <Center mih="100vh">
                <ErrorState title="The console cannot start" error={query.error} onRetry={() => void query.refetch()} />
            </Center>
        );
    }
    return (
        <SessionContext value={value}>
            {children}
            <Modal
                opened={lost}
                onClose={() => undefined}
                withCloseButton={false}
                closeOnEscape={false}
                closeOnClickOutside={false}
                title="Your session has ended"
                zIndex={500}
            >
                <Stack gap="sm">
                    <Text size="sm">Sign in again to go on. What you typed is still there.</Text>
                    <SignInForm name={value.session.name} onSignedIn={signedIn} />
                </Stack>
            </Modal>
        </SessionContext>
    );
}
