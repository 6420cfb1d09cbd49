// Reads the stream while somebody is signed in, keeps the data current, and lets pages listen. Without the stream (a proxy
// that holds it back, a server that restarts) what is on the page is asked for again every half minute.
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from "react";

import { sessionQuery } from "../api/queries";
import { LiveApplier } from "./apply";
import type { LiveMessage } from "./messages";
import { type LiveState, shareStream } from "./stream";

const FALLBACK_MS = 30_000;

type Listener = (message: LiveMessage) => void;

interface LiveValue {
    state: LiveState;
    listen: (listener: Listener) => () => void;
}

const LiveContext = createContext<LiveValue>({ state: "connecting", listen: () => () => undefined });

export function LiveProvider({ children }: { children: ReactNode }) {
    const client = useQueryClient();
    const [state, setState] = useState<LiveState>("connecting");
    const listeners = useRef(new Set<Listener>());

    useEffect(() => {
        const applier = new LiveApplier(client);
        const stop = shareStream({
            onMessage: (message) => {
                applier.apply(message);
                for (const listener of listeners.current) listener(message);
            },
            onState: setState,
            onRefused: () => {
                // A 401 of this brings the sign-in dialog.
                void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
            },
        });
        return () => {
            stop();
            applier.close();
        };
    }, [client]);

    useEffect(() => {
        if (state === "live") return undefined;
        const timer = setInterval(() => {
            void client.invalidateQueries({ type: "active", predicate: (query) => query.queryKey[0] !== "session" });
        }, FALLBACK_MS);
        return () => {
            clearInterval(timer);
        };
    }, [client, state]);

    const value = useMemo(
        () => ({
            state,
            listen: (listener: Listener) => {
                listeners.current.add(listener);
                return () => {
                    listeners.current.delete(listener);
                };
            },
        }),
        [state],
    );
    return <LiveContext value={value}>{children}</LiveContext>;
}

export function useLiveState(): LiveState {
    return useContext(LiveContext).state;
}

/** Call the listener for each message while the component is mounted. */
export function useLiveMessages(listener: Listener): void {
    const { listen } = useContext(LiveContext);
    const latest = useRef(listener);
    useEffect(() => {
        latest.current = listener;
    });
    useEffect(() => listen((message) => { latest.current(message); }), [listen]);
}
