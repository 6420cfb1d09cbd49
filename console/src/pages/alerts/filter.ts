// From the filters in the address to those of the server, and whether a live message would be in the list.
import type { AlertFilter } from "../../api/types";
import type { AlertMessage } from "../../live/messages";
import { type Age, type AlertsSearch, DEFAULT_ALERT_STATES, DEFAULT_LEVELS } from "../../routes/search";

const AGE_MS: Record<Age, number> = { "1h": 3_600_000, "24h": 86_400_000, "7d": 7 * 86_400_000, "30d": 30 * 86_400_000 };

/** @param nowMs the moment that ages are counted from; kept while the list is shown, so that its key stays */
export function alertFilter(search: AlertsSearch, nowMs: number): AlertFilter {
    const at = (age: Age) => new Date(nowMs - AGE_MS[age]).toISOString();
    return {
        state: search.state ?? [...DEFAULT_ALERT_STATES],
        level: search.level ?? [...DEFAULT_LEVELS],
        ...(search.device !== undefined && { device: search.device }),
        ...(search.rule !== undefined && { rule: search.rule }),
        ...(search.q !== undefined && { q: search.q }),
        ...(search.age !== undefined && { since: at(search.age) }),
        ...(search.before !== undefined && { until: at(search.before) }),
    };
}

/** Would this new alert be in the list? What a message does not tell (the rule, a searched host name) is taken for yes. */
export function fits(search: AlertsSearch, message: AlertMessage): boolean {
    const states: readonly string[] = search.state ?? DEFAULT_ALERT_STATES;
    const levels: readonly string[] = search.level ?? DEFAULT_LEVELS;
    return (
        states.includes(message.state) &&
        levels.includes(message.level) &&
        (search.device === undefined || search.device === message.device) &&
        search.before === undefined
    );
}
