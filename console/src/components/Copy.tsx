// Puts a raw value on the clipboard; says so for two seconds, to the eye and to a screen reader.
import { ActionIcon, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconCopy } from "@tabler/icons-react";

import { visible } from "../lib/escape";

interface Props {
    value: string;
    /** What is copied: "Copy device id". */
    label: string;
}

export function Copy({ value, label: named }: Props) {
    const label = visible(named);
    const clipboard = useClipboard({ timeout: 2000 });
    return (
        <Tooltip label={clipboard.copied ? "Copied" : label}>
            <ActionIcon
                className="no-print"
                size={24}
                style={{ verticalAlign: "middle" }}
                variant="subtle"
                color="gray"
                aria-label={clipboard.copied ? `${label}: copied` : label}
                onClick={() => {
                    clipboard.copy(value);
                }}
            >
                {clipboard.copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
            </ActionIcon>
        </Tooltip>
    );
}
