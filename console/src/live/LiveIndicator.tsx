// "Live" or "Reconnecting", in words and shape: whoever watches the list must know whether it is current.
import { Tooltip } from "@mantine/core";
import { IconAccessPoint, IconAccessPointOff } from "@tabler/icons-react";

import badge from "../components/Badge.module.css";
import { useLiveState } from "./LiveProvider";

const words = { connecting: "Connecting", live: "Live", reconnecting: "Reconnecting" };
const means = {
    connecting: "Asking the server for live updates",
    live: "Changes appear by themselves",
    reconnecting: "No live updates at the moment; the page asks again every half minute",
};

export function LiveIndicator() {
    const state = useLiveState();
    const tone = state === "live" ? "good" : state === "connecting" ? "quiet" : "warn";
    const Icon = state === "live" ? IconAccessPoint : IconAccessPointOff;
    return (
        <Tooltip label={means[state]}>
            <span
                className={badge.badge}
                role="status"
                style={{ color: `var(--tone-${tone}-text)`, background: `var(--tone-${tone}-ground)` }}
            >
                <Icon size={14} aria-hidden />
                {words[state]}
            </span>
        </Tooltip>
    );
}
