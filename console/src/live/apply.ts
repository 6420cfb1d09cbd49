// What a live message does to the data at hand. Rows of lists change in place and never move under the cursor; everything
// else is asked for again, at most twice a second however many messages come.
import type { InfiniteData, Query, QueryClient, QueryKey } from "@tanstack/react-query";

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

/** Is it a list of this kind without any row? Then a new one may come in by itself. */
function isEmptyList(query: Query, kind: string): boolean {
    const pages = (query.state.data as InfiniteData<Page<unknown>> | undefined)?.pages ?? [];
    return query.queryKey[0] === kind && pages.every((page) => page.items.length === 0);
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
                else this.fillEmpty("alerts");
                this.later(["alert", message.id], ["overview"], ["device", message.device], ["recent-alerts"]);
                this.later(...this.alertsOf(message.device));
                return;
            case "alerts":
                // Which ones is not said: each page of one alert may have further related ones.
                this.later(["overview"], ["recent-alerts"], ["alert"]);
                if (message.changed) this.later(["alerts"]);
                else this.fillEmpty("alerts");
                return;
            case "device":
                this.applyDevice(message);
                return;
            case "action":
                if (message.change === "changed")
                    patch<Action>(this.client, "actions", message.id, { state: message.state as Action["state"] });
                else this.fillEmpty("actions");
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
        if (message.change === "new") this.fillEmpty("devices");
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

    /** Keys of the alerts at hand of a device: a new one is related to those around its time. */
    private alertsOf(device: string): QueryKey[] {
        return this.client
            .getQueriesData<Alert>({ queryKey: ["alert"] })
            .filter(([, alert]) => alert?.device === device)
            .map(([key]) => key);
    }

    private fillEmpty(kind: string): void {
        const empty = this.client.getQueryCache().findAll({ predicate: (query) => isEmptyList(query, kind) });
        this.later(...empty.map((query) => query.queryKey));
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
