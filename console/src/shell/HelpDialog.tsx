// `?`: the keys, and the switch that turns them off.
import { Kbd, Modal, Stack, Switch, Table, Text } from "@mantine/core";

import { setPreferences, usePreferences } from "../settings/preferences";

const KEYS: readonly (readonly [string, readonly string[], string])[] = [
    ["Everywhere", ["?"], "This help"],
    ["Everywhere", ["/"], "Search"],
    ["Everywhere", ["g", "o"], "Go to the overview"],
    ["Everywhere", ["g", "a"], "Go to alerts"],
    ["Everywhere", ["g", "d"], "Go to devices"],
    ["Everywhere", ["g", "c"], "Go to actions"],
    ["Lists", ["j"], "Next row"],
    ["Lists", ["k"], "Row before"],
    ["Lists", ["Enter"], "Open the row"],
    ["Lists", ["x"], "Select the row"],
    ["Alerts", ["a"], "Acknowledge the selected alerts, or the row"],
    ["Alerts", ["c"], "Close the selected alerts, or the row"],
    ["Alerts", ["n"], "Load the new alerts"],
    ["Dialogs", ["Esc"], "Back, nothing is done"],
];

export function HelpDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
    const { shortcuts } = usePreferences();
    return (
        <Modal opened={opened} onClose={onClose} title="Help" size="md">
            <Stack gap="sm">
                <Switch
                    label="Single-key shortcuts"
                    description="Off: only the keys of the browser and of screen readers"
                    checked={shortcuts}
                    onChange={(event) => {
                        setPreferences({ shortcuts: event.currentTarget.checked });
                    }}
                />
                <Table verticalSpacing={4}>
                    <Table.Tbody>
                        {KEYS.map(([place, keys, does]) => (
                            <Table.Tr key={does}>
                                <Table.Td c="dimmed">{place}</Table.Td>
                                <Table.Td>
                                    {keys.map((key, i) => (
                                        <span key={key}>
                                            {i > 0 && " then "}
                                            <Kbd>{key}</Kbd>
                                        </span>
                                    ))}
                                </Table.Td>
                                <Table.Td>{does}</Table.Td>
                            </Table.Tr>
                        ))}
                    </Table.Tbody>
                </Table>
                <Text size="sm" c="dimmed">
                    The same things are done from a terminal with the program <code>cordon</code>; see{" "}
                    <code>cordon --help</code>.
                </Text>
            </Stack>
        </Modal>
    );
}
