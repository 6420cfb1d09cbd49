// Open alerts by level and by age, and how many came in each of the last 24 hours.
import { LEVELS, type Overview } from "../../api/types";
import { Panel } from "../../components/Panel";
import { Severity } from "../../components/Severity";
import { Stat } from "../../components/Stat";
import { HourBars } from "./HourBars";
import classes from "./Overview.module.css";

const AGES = [
    { key: "hour", label: "Under an hour", search: { age: "1h" } },
    { key: "day", label: "An hour to a day", search: { before: "1h", age: "24h" } },
    { key: "week", label: "A day to a week", search: { before: "24h", age: "7d" } },
    { key: "older", label: "Over a week", search: { before: "7d" } },
] as const;

export function AlertNumbers({ alerts }: { alerts: Overview["alerts"] }) {
    return (
        <Panel title="Alerts">
            <div className={classes.alerts}>
                <section aria-label="Open alerts by level">
                    <h3 className={classes.caption}>Open, by level</h3>
                    <div className={classes.stats}>
                        {LEVELS.map((level) => (
                            <Stat
                                key={level}
                                to="/alerts"
                                search={{ state: ["open"], level: [level] }}
                                value={alerts.by_level[level]}
                                label={<Severity level={level} />}
                            />
                        ))}
                        <Stat
                            to="/alerts"
                            search={{ state: ["acknowledged"], level: [...LEVELS] }}
                            value={alerts.acknowledged}
                            label="Acknowledged"
                        />
                    </div>
                </section>
                <section aria-label="Open alerts by age">
                    <h3 className={classes.caption}>Open, by age</h3>
                    <div className={classes.stats}>
                        {AGES.map((age) => (
                            <Stat
                                key={age.key}
                                to="/alerts"
                                search={{ state: ["open"], level: [...LEVELS], ...age.search }}
                                value={alerts.open_by_age[age.key]}
                                label={age.label}
                                {...(age.key === "older" && { tone: "warn" as const })}
                            />
                        ))}
                    </div>
                </section>
                <section className={classes.bars} aria-label="Alerts of the last 24 hours">
                    <h3 className={classes.caption}>Received in the last 24 hours</h3>
                    <HourBars hours={alerts.last_24h} />
                </section>
            </div>
        </Panel>
    );
}
