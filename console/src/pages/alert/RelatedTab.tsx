// Other alerts of the same device around the same time, oldest first, so that the run of events can be read.
import { Text } from "@mantine/core";

import { type Alert, ALERT_STATES } from "../../api/types";
import { SafeText } from "../../components/SafeText";
import { Severity } from "../../components/Severity";
import { StateBadge } from "../../components/StateBadge";
import { EmptyState } from "../../components/states";
import { TextLink } from "../../components/TextLink";
import { Time } from "../../components/Time";
import { formatDuration, parseTime } from "../../lib/time";
import classes from "./RelatedTab.module.css";

/** `+12 s`, `-3 min 4 s`: when it was, seen from this alert. */
function distance(here: string, there: string): string {
    const from = parseTime(here);
    const to = parseTime(there);
    if (from === undefined || to === undefined) return "–";
    return to < from ? `-${formatDuration(from - to)}` : `+${formatDuration(to - from)}`;
}

export function RelatedTab({ alert }: { alert: Alert }) {
    const related = [...alert.related].sort((a, b) => (parseTime(a.time) ?? 0) - (parseTime(b.time) ?? 0));
    const all = (
        <TextLink to="/alerts" inText search={{ device: alert.device, state: [...ALERT_STATES] }}>
            All alerts of this device
        </TextLink>
    );
    if (related.length === 0)
        return (
            <EmptyState title="Nothing else happened on this device around that time">
                Within ten minutes before and after. {all}
            </EmptyState>
        );
    return (
        <div className={classes.scroller}>
            <table className={classes.list}>
                <thead>
                    <tr>
                        <th scope="col">Time</th>
                        <th scope="col">From here</th>
                        <th scope="col">Level</th>
                        <th scope="col">State</th>
                        <th scope="col">Rule</th>
                    </tr>
                </thead>
                <tbody>
                    {related.map((other) => (
                        <tr key={other.id}>
                            <td>
                                <Time value={other.time} />
                            </td>
                            <td className={classes.distance}>{distance(alert.time, other.time)}</td>
                            <td>
                                <Severity level={other.level} />
                            </td>
                            <td>
                                <StateBadge kind="alert" state={other.state} />
                            </td>
                            <td className={classes.rule}>
                                <TextLink to="/alerts/$id" params={{ id: other.id }}>
                                    <SafeText>{other.title}</SafeText>
                                </TextLink>
                            </td>
                        </tr>
                    ))}
                </tbody>
            </table>
            <Text size="sm" c="dimmed" p="sm" component="div">
                Within ten minutes before and after, at most 20. {all}
            </Text>
        </div>
    );
}
