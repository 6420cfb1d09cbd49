// Messages of GET /api/v1/stream, checked once where they come in.
import type { Isolation } from "../api/types";

export interface AlertMessage {
    event: "alert";
    id: string;
    change: "new" | "changed";
    state: string;
    level: string;
    title: string;
    device: string;
    time: string;
}

export interface DeviceMessage {
    event: "device";
    id: string;
    change: "new" | "changed";
    hostname: string;
    online: boolean;
    state: string;
    isolation: Pick<Isolation, "desired" | "observed">;
}

export interface ActionMessage {
    event: "action";
    id: string;
    change: "new" | "changed";
    state: string;
    name: string;
    device: string;
    request: string;
}

export type LiveMessage =
    | AlertMessage
    /** More alerts than are told one by one: so many more are new, so many others changed. */
    | { event: "alerts"; new: number; changed: number }
    | DeviceMessage
    | ActionMessage
    | { event: "ruleset"; version: string }
    | { event: "hello"; epoch: string }
    /** What was told meanwhile is lost: ask for everything again. */
    | { event: "reset" };

export const EVENTS = ["hello", "reset", "alert", "alerts", "device", "action", "ruleset"] as const;
export type EventName = (typeof EVENTS)[number];

/** @returns undefined for what no page could use: no object, or one without what its event must have */
export function parseMessage(event: EventName, text: string): LiveMessage | undefined {
    let body: Record<string, unknown>;
    try {
        const parsed: unknown = JSON.parse(text);
        if (typeof parsed !== "object" || parsed === null) return undefined;
        body = parsed as Record<string, unknown>;
    } catch {
        return undefined;
    }
    const word = (name: string) => (typeof body[name] === "string" ? body[name] : "");
    const number = (name: string) => (typeof body[name] === "number" ? body[name] : 0);
    const change = body["change"] === "new" ? "new" : "changed";
    const id = word("id");
    switch (event) {
        case "hello":
            return { event, epoch: word("epoch") };
        case "reset":
            return { event };
        case "ruleset":
            return { event, version: word("version") };
        case "alerts":
            return { event, new: number("new"), changed: number("changed") };
        case "alert":
            return id
                ? {
                      event, id, change, state: word("state"), level: word("level"), title: word("title"),
                      device: word("device"), time: word("time"),
                  }
                : undefined;
        case "action":
            return id
                ? {
                      event, id, change, state: word("state"), name: word("name"), device: word("device"),
                      request: word("request"),
                  }
                : undefined;
        case "device": {
            const isolation = (body["isolation"] ?? {}) as DeviceMessage["isolation"];
            return id
                ? { event, id, change, hostname: word("hostname"), online: body["online"] === true, state: word("state"), isolation }
                : undefined;
        }
    }
}
