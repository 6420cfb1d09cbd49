// UTC or local time, always in sight: a wrong zone in a timeline costs hours.
import { SegmentedControl } from "@mantine/core";

import { useNow } from "../components/Time";
import { zoneName, type Zone } from "../lib/time";
import { setPreferences, usePreferences } from "../settings/preferences";

export function ZoneSwitch() {
    const { zone } = usePreferences();
    const now = useNow();
    const local = zoneName(now, "local");
    return (
        <SegmentedControl
            size="xs"
            aria-label="Time zone of all times"
            data={[
                { value: "utc", label: "UTC" },
                { value: "local", label: local === "UTC" ? "Local" : `Local (${local})` },
            ]}
            value={zone}
            onChange={(value) => {
                setPreferences({ zone: value as Zone });
            }}
        />
    );
}
