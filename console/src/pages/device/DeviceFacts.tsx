// Everything the device says about itself, as it says it.
import { SimpleGrid, Text } from "@mantine/core";

import type { Device } from "../../api/types";
import { Facts } from "../../components/Facts";
import { Panel } from "../../components/Panel";
import { SafeText } from "../../components/SafeText";
import classes from "./Device.module.css";

function text(value: unknown): string {
    return typeof value === "string" ? value : JSON.stringify(value);
}

export function DeviceFacts({ device }: { device: Device }) {
    const facts = Object.entries(device.facts as Record<string, unknown>);
    return (
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="sm" pt="sm">
            <Panel title="Facts">
                {facts.length === 0 ? (
                    <Text size="sm" c="dimmed" p="sm">
                        The agent has not reported any yet. It does so when it connects.
                    </Text>
                ) : (
                    <Facts facts={facts.map(([name, value]) => [name, <SafeText key={name}>{text(value)}</SafeText>] as const)} />
                )}
            </Panel>
            <Panel title="Health report, as received">
                <div className={classes.raw}>
                    <SafeText mono copy="Copy the health report" first={6000}>
                        {JSON.stringify(device.health, null, 2)}
                    </SafeText>
                </div>
            </Panel>
        </SimpleGrid>
    );
}
