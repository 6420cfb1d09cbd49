// What a live message does to the data at hand. Rows of lists change in place and never move under the cursor; everything
// else is asked for again, at most twice a second however many messages come.
import type { InfiniteData, QueryClient, QueryKey } from "@tanstack/react-query";

import type { Action, Alert, Device, Page } from "../api/types";
import type { LiveMessage } from "./messages";

const GATHER_MS = 500;

/** Change one row wherever a loaded list of this kind has it. */
function patch<T extends { id: string }>(client: QueryClient, kind: string, id: string, change: Partial<T>): void {
    client.setQueriesData<InfiniteData<Page<T>>>({ queryKey: [kind] }, (list) => {
        if (!list?.pages.some((page) => page.items.some((item) => item.id === id))) return list;
        return {
            ...list,
            pages: list.pages.map((page) => ({
                ...page,
                items: page.items.map((item) => (item.id === id ? { ...item, ...change } : item)),
            })),
        };
    });
}

export class LiveApplier {
    private readonly client: QueryClient;
    private waiting = new Map<string, QueryKey>();
    private timer: ReturnType<typeof setTimeout> | undefined;

    constructor(client: QueryClient) {
        this.client = client;
    }

    /** Take one message; nothing is thrown whatever it says. */
    apply(message: LiveMessage): void {
        switch (message.event) {
            case "reset":
                void this.client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "session" });
                return;
            case "alert":
                if (message.change === "changed")
                    patch<Alert>(this.client, "alerts", message.id, { state: message.state as Alert["state"] });
                this.later(["alert", message.id], ["overview"], ["device", message.device], ["recent-alerts"]);
                return;
            case "alerts":
                this.later(["overview"], ["recent-alerts"]);
                // Which ones is not said.
                if (message.changed) this.later(["alerts"], ["alert"]);
                return;
            case "device":
                this.applyDevice(message);
                return;
            case "action":
                if (message.change === "changed")
                    patch<Action>(this.client, "actions", message.id, { state: message.state as Action["state"] });
                this.later(["action", message.id], ["overview"], ["device", message.device], ["recent-actions"]);
                return;
            case "ruleset":
                this.later(["overview"]);
                return;
            case "hello":
                return;
        }
    }

    close(): void {
        clearTimeout(this.timer);
    }

    private applyDevice(message: Extract<LiveMessage, { event: "device" }>): void {
        const { id, online, state } = message;
        this.client.setQueriesData<InfiniteData<Page<Device>>>({ queryKey: ["devices"] }, (list) => {
            if (!list?.pages.some((page) => page.items.some((item) => item.id === id))) return list;
            const change = (item: Device): Device =>
                item.id === id
                    ? { ...item, online, state: state as Device["state"], isolation: { ...item.isolation, ...message.isolation } }
                    : item;
            return { ...list, pages: list.pages.map((page) => ({ ...page, items: page.items.map(change) })) };
        });
        this.later(["device", id], ["overview"]);
    }

    /** Ask again for these soon, each once. */
    private later(...keys: QueryKey[]): void {
        for (const key of keys) this.waiting.set(JSON.stringify(key), key);
        this.timer ??= setTimeout(() => {
            const gathered = [...this.waiting.values()];
            this.waiting = new Map();
            this.timer = undefined;
            for (const queryKey of gathered) void this.client.invalidateQueries({ queryKey });
        }, GATHER_MS);
    }
}
