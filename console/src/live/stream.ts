// The held connection for live updates. One for all tabs of a browser: it allows only six connections to a server, and a
// responder opens more tabs than that. The tab that holds the lock reads the stream and passes messages on.
import { EVENTS, type LiveMessage, parseMessage } from "./messages";

export type LiveState = "connecting" | "live" | "reconnecting";

export interface LiveHandler {
    onMessage: (message: LiveMessage) => void;
    onState: (state: LiveState) => void;
    /** The server refused the stream (it does not say why): maybe nobody is signed in any more. */
    onRefused: () => void;
}

const URL = "/api/v1/stream";
const RETRY_LEAST_MS = 2_000;
const RETRY_MOST_MS = 30_000;

/**
 * Read the stream until the returned function is called. The browser reconnects by itself after a broken connection, with
 * the last id; after a refusal it gives up, and this opens a new one, later each time, and reports a reset, because what
 * was told meanwhile is not known.
 */
export function openStream(handler: LiveHandler): () => void {
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let waitMs = RETRY_LEAST_MS;
    let epoch: string | undefined;
    let missed = false;

    const take = (message: LiveMessage) => {
        if (message.event === "hello") {
            waitMs = RETRY_LEAST_MS;
            handler.onState("live");
            // A server that was started again counts anew.
            if (missed || (epoch !== undefined && epoch !== message.epoch)) handler.onMessage({ event: "reset" });
            missed = false;
            epoch = message.epoch;
        }
        handler.onMessage(message);
    };

    const open = () => {
        const opened = new EventSource(URL);
        source = opened;
        for (const name of EVENTS)
            opened.addEventListener(name, (event) => {
                const message = parseMessage(name, String((event as MessageEvent).data));
                if (message) take(message);
            });
        opened.onerror = () => {
            handler.onState("reconnecting");
            if (opened.readyState !== EventSource.CLOSED) return;
            missed = true;
            handler.onRefused();
            timer = setTimeout(open, waitMs * (0.75 + Math.random() / 2));
            waitMs = Math.min(waitMs * 2, RETRY_MOST_MS);
        };
    };

    handler.onState("connecting");
    open();
    return () => {
        source?.close();
        clearTimeout(timer);
    };
}

/** What tabs tell each other. */
type TabMessage =
    | { kind: "message"; message: LiveMessage }
    | { kind: "state"; state: LiveState }
    | { kind: "refused" }
    | { kind: "ask" };

const CHANNEL = "cordon-live";

/** As openStream, shared by the tabs of this browser where it can be. */
export function shareStream(handler: LiveHandler): () => void {
    // Typed as always there, but absent in old browsers and where the page is not served securely.
    const locks = (navigator as { locks?: LockManager }).locks;
    if (!locks || typeof BroadcastChannel === "undefined") return openStream(handler);

    const channel = new BroadcastChannel(CHANNEL);
    const abort = new AbortController();
    let stop: (() => void) | undefined;
    let state: LiveState = "connecting";
    let followed = false;

    const say = (message: TabMessage) => {
        channel.postMessage(message);
    };
    channel.onmessage = (event: MessageEvent<TabMessage>) => {
        const told = event.data;
        if (told.kind === "ask") {
            if (stop) say({ kind: "state", state });
            return;
        }
        if (stop) return;
        followed = true;
        if (told.kind === "message") handler.onMessage(told.message);
        else if (told.kind === "state") handler.onState(told.state);
        else handler.onRefused();
    };
    handler.onState("connecting");
    say({ kind: "ask" });

    const lead = () =>
        new Promise<void>((resolve) => {
            abort.signal.addEventListener("abort", () => { resolve(); });
            const close = openStream({
                onMessage: (message) => {
                    handler.onMessage(message);
                    say({ kind: "message", message });
                },
                onState: (next) => {
                    state = next;
                    handler.onState(next);
                    say({ kind: "state", state: next });
                },
                onRefused: () => {
                    handler.onRefused();
                    say({ kind: "refused" });
                },
            });
            stop = close;
            // Between the tab that read before and this one something may have been told to nobody.
            if (followed) handler.onMessage({ event: "reset" });
        });
    locks.request(CHANNEL, { signal: abort.signal }, lead).catch(() => undefined); // aborted while it waited
    return () => {
        stop?.();
        abort.abort();
        channel.close();
    };
}
