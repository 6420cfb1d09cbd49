// The filters of the queue.
import { ALERT_STATES, type AlertSummary, LEVELS } from "../../api/types";
import { Choice, FilterTag, Switches } from "../../components/filters";
import { stateLook } from "../../components/StateBadge";
import { visible } from "../../lib/escape";
import type { Change } from "../../lib/search";
import { AGES, type Age, ALERT_GROUPS, type AlertsSearch, DEFAULT_ALERT_STATES, DEFAULT_LEVELS } from "../../routes/search";

const LEVEL_WORDS = { critical: "Critical", high: "High", medium: "Medium", low: "Low", informational: "Info" };
const AGE_WORDS: Record<Age, string> = { "1h": "Last hour", "24h": "Last 24 hours", "7d": "Last 7 days", "30d": "Last 30 days" };
const GROUP_WORDS = { rule: "Rule", device: "Device" };
const BEFORE_WORDS: Record<Age, string> = { "1h": "an hour", "24h": "a day", "7d": "7 days", "30d": "30 days" };

interface Props {
    search: AlertsSearch;
    /** A row of the list: it knows the names of the device and the rule that the address only has the ids of. */
    first: AlertSummary | undefined;
    onChange: (next: Change<AlertsSearch>) => void;
}

export function AlertFilters({ search, first, onChange }: Props) {
    const device = first?.device === search.device ? first?.hostname : undefined;
    const rule = first?.rule.id === search.rule ? first?.rule.title : undefined;
    return (
        <>
            <Switches
                label="State"
                options={ALERT_STATES.map((value) => ({ value, label: stateLook("alert", value).word }))}
                value={search.state ?? DEFAULT_ALERT_STATES}
                onChange={(state) => {
                    onChange({ state });
                }}
            />
            <Switches
                label="Level"
                options={LEVELS.map((value) => ({ value, label: LEVEL_WORDS[value] }))}
                value={search.level ?? DEFAULT_LEVELS}
                onChange={(level) => {
                    onChange({ level });
                }}
            />
            <Choice
                label="Received"
                none="Any time"
                options={AGES.map((value) => ({ value, label: AGE_WORDS[value] }))}
                value={search.age}
                onChange={(age) => {
                    onChange({ age });
                }}
            />
            <Choice
                label="Group by"
                none="Nothing"
                options={ALERT_GROUPS.map((value) => ({ value, label: GROUP_WORDS[value] }))}
                value={search.group}
                onChange={(group) => {
                    onChange({ group });
                }}
            />
            {search.before !== undefined && (
                <FilterTag
                    label="Older than"
                    onClear={() => {
                        onChange({ before: undefined });
                    }}
                >
                    {BEFORE_WORDS[search.before]}
                </FilterTag>
            )}
            {search.device !== undefined && (
                <FilterTag
                    label="Device"
                    onClear={() => {
                        onChange({ device: undefined });
                    }}
                >
                    {visible(device ?? search.device)}
                </FilterTag>
            )}
            {search.rule !== undefined && (
                <FilterTag
                    label="Rule"
                    onClear={() => {
                        onChange({ rule: undefined });
                    }}
                >
                    {visible(rule ?? search.rule)}
                </FilterTag>
            )}
        </>
    );
}
