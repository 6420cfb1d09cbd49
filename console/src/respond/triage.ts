// Acknowledging and closing many alerts. The API takes one at a time; a few calls run side by side, and a failure of one does not
// stop the others.
import { api, data } from "../api/client";
import { asProblem } from "../api/problem";

export type Triage = "ack" | "close" | "reopen";

export interface Outcome {
    done: number;
    failed: { id: string; message: string }[];
}

const AT_ONCE = 4;

async function one(what: Triage, id: string, text: string): Promise<void> {
    const params = { path: { id } };
    if (what === "ack") await data(api.POST("/api/v1/alerts/{id}/ack", { params, body: text ? { note: text } : {} }));
    else if (what === "close") await data(api.POST("/api/v1/alerts/{id}/close", { params, body: { reason: text } }));
    else await data(api.POST("/api/v1/alerts/{id}/reopen", { params, body: { reason: text } }));
}

/** Never rejects: what failed is in the outcome, in the server's words. */
export async function triage(what: Triage, ids: readonly string[], text: string): Promise<Outcome> {
    const waiting = [...ids];
    const outcome: Outcome = { done: 0, failed: [] };
    const worker = async () => {
        for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
            try {
                await one(what, id, text);
                outcome.done += 1;
            } catch (error) {
                outcome.failed.push({ id, message: asProblem(error).message });
            }
        }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return outcome;
}
