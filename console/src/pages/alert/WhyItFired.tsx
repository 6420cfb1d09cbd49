// Why the rule fired: its name and id, and each field with the value that made it fire.
import { Text } from "@mantine/core";

import type { Alert } from "../../api/types";
import { Copy } from "../../components/Copy";
import { Panel } from "../../components/Panel";
import { SafeText } from "../../components/SafeText";
import type { AlertBodyRead, MatchedField } from "./body";
import classes from "./WhyItFired.module.css";

const VALUE_FIRST = 600;

function Values({ field, values }: MatchedField) {
    return (
        <>
            {values.map((value, i) => (
                <div key={i} className={classes.value}>
                    {value === null ? (
                        <Text span size="sm" c="dimmed">
                            was absent, as the rule wants
                        </Text>
                    ) : value === "" ? (
                        <Text span size="sm" c="dimmed">
                            empty
                        </Text>
                    ) : (
                        <SafeText mono first={VALUE_FIRST} copy={`Copy value of ${field.slice(0, 80)}`}>
                            {value}
                        </SafeText>
                    )}
                </div>
            ))}
        </>
    );
}

export function WhyItFired({ alert, body }: { alert: Alert; body: AlertBodyRead }) {
    return (
        <Panel
            title="Why it fired"
            aside={
                <Text size="xs" c="dimmed" component="div">
                    Rule <SafeText mono>{alert.rule.id}</SafeText> <Copy value={alert.rule.id} label="Copy rule id" />
                </Text>
            }
        >
            {body.matched.length === 0 ? (
                <Text size="sm" c="dimmed" p="sm">
                    The device did not tell which fields matched; the tab Event has all that it sent.
                </Text>
            ) : (
                <table className={classes.matched}>
                    <colgroup>
                        <col className={classes.field} />
                        <col />
                    </colgroup>
                    <thead className="visually-hidden">
                        <tr>
                            <th scope="col">Field</th>
                            <th scope="col">Value</th>
                        </tr>
                    </thead>
                    <tbody>
                        {body.matched.map((one) => (
                            <tr key={one.field}>
                                <th scope="row">
                                    <SafeText mono first={200}>
                                        {one.field}
                                    </SafeText>
                                </th>
                                <td>
                                    <Values {...one} />
                                </td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            )}
            {body.matchedMore > 0 && (
                <Text size="xs" c="dimmed" p="xs">
                    And {body.matchedMore} more fields; the tab Event has all.
                </Text>
            )}
        </Panel>
    );
}
