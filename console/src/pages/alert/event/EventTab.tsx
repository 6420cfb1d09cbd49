// Everything the device sent: the event's fields in groups, and all of it as JSON, to copy or to keep as a file.
import { Button, Group, Text } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconCopy, IconDownload } from "@tabler/icons-react";
import { useMemo } from "react";

import type { Alert } from "../../../api/types";
import { type Fact, Facts } from "../../../components/Facts";
import { SafeText } from "../../../components/SafeText";
import { saveFile } from "../../../components/table/export";
import { Time } from "../../../components/Time";
import { parseTime } from "../../../lib/time";
import type { AlertBodyRead } from "../body";
import classes from "./EventTab.module.css";
import { groupFields } from "./groups";
import { JsonTree } from "./JsonTree";

const FIELDS_MOST = 300;
const VALUE_FIRST = 400;
const ITEMS_MOST = 50;
const TIMES = ["time", "process.start"];

function Value({ name, value }: { name: string; value: unknown }) {
    if (TIMES.includes(name) && typeof value === "string" && parseTime(value) !== undefined) return <Time value={value} />;
    if (Array.isArray(value) && value.every((item) => typeof item === "string"))
        return (
            <ol className={classes.items} start={0}>
                {value.slice(0, ITEMS_MOST).map((item, i) => (
                    <li key={i}>
                        <SafeText mono first={VALUE_FIRST}>
                            {item}
                        </SafeText>
                    </li>
                ))}
                {value.length > ITEMS_MOST && <li className={classes.more}>{value.length - ITEMS_MOST} more, see the JSON below</li>}
            </ol>
        );
    if (typeof value === "string")
        return (
            <SafeText mono first={VALUE_FIRST} copy={`Copy ${name.slice(0, 80)}`}>
                {value}
            </SafeText>
        );
    if (typeof value === "object") return <span className={classes.more}>see the JSON below</span>;
    return <span className="mono">{String(value)}</span>;
}

/** Indented text of any JSON; what is nested too deep for that, in one line or not at all. */
function jsonText(value: unknown): string {
    try {
        return JSON.stringify(value, null, 2);
    } catch {
        return "";
    }
}

export function EventTab({ alert, body }: { alert: Alert; body: AlertBodyRead }) {
    const clipboard = useClipboard({ timeout: 2000 });
    const groups = useMemo(() => groupFields(body.event, FIELDS_MOST), [body]);
    const left = Object.keys(body.event).length - FIELDS_MOST;
    return (
        <div>
            {groups.map(({ title, fields }) => (
                <section key={title} className={classes.group} aria-label={title}>
                    <h3>{title}</h3>
                    <Facts
                        facts={fields.map(([name, value]): Fact => [name, <Value key={name} name={name} value={value} />])}
                    />
                </section>
            ))}
            {left > 0 && (
                <Text size="sm" c="dimmed" p="sm">
                    The event has {left} more fields, see the JSON below.
                </Text>
            )}
            <section className={classes.group} aria-label="JSON">
                <Group justify="space-between" pr="sm">
                    <h3>As the device sent it</h3>
                    <Group gap="xs" className="no-print">
                        <Button
                            size="compact-sm"
                            variant="default"
                            leftSection={clipboard.copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
                            onClick={() => {
                                clipboard.copy(jsonText(alert.body));
                            }}
                        >
                            {clipboard.copied ? "Copied" : "Copy JSON"}
                        </Button>
                        <Button
                            size="compact-sm"
                            variant="default"
                            leftSection={<IconDownload size={14} aria-hidden />}
                            onClick={() => {
                                saveFile(`alert-${alert.id.replace(/[^A-Za-z0-9]/g, "")}.json`, "application/json", jsonText(alert.body));
                            }}
                        >
                            Download
                        </Button>
                    </Group>
                </Group>
                <JsonTree name="alert" value={alert.body} />
            </section>
        </div>
    );
}
