// The column that names the device a row is about, and leads to it.
import { SafeText } from "../SafeText";
import { TextLink } from "../TextLink";
import type { Column } from "./column";

export const deviceColumn: Column<{ device: string; hostname: string }> = {
    id: "device",
    header: "Device",
    width: 160,
    cell: (row) => (
        <TextLink to="/devices/$id" params={{ id: row.device }}>
            <SafeText oneLine>{row.hostname}</SafeText>
        </TextLink>
    ),
    text: (row) => row.hostname,
};
