// States of alerts, devices, isolation and actions in one look: icon, word, colour; the title says what the state means.
import {
    IconAlertTriangle,
    IconBan,
    IconCircle,
    IconCircleCheck,
    IconCircleDashed,
    IconCircleX,
    IconClock,
    IconClockX,
    IconEye,
    IconHeartbeat,
    IconHelpCircle,
    IconPlayerPlay,
    IconPlugConnected,
    IconPlugConnectedX,
    IconShieldLock,
    IconUserQuestion,
} from "@tabler/icons-react";
import type { ComponentType } from "react";

import { visible } from "../lib/escape";
import type { Tone } from "../theme/tokens";
import classes from "./Badge.module.css";

interface Look {
    word: string;
    tone: Tone;
    icon: ComponentType<{ size?: number; "aria-hidden"?: boolean }>;
    means: string;
}

const look = (word: string, tone: Tone, icon: Look["icon"], means: string): Look => ({ word, tone, icon, means });

const looks = {
    alert: {
        open: look("Open", "warn", IconCircle, "Nobody looks at it yet"),
        acknowledged: look("Acknowledged", "busy", IconEye, "Somebody looks at it"),
        closed: look("Closed", "quiet", IconCircleCheck, "Dealt with"),
    },
    device: {
        enrolled: look("Enrolled", "good", IconCircleCheck, "Has a valid certificate of this server"),
        retired: look("Retired", "quiet", IconBan, "No longer in use"),
        revoked: look("Revoked", "bad", IconBan, "Refused by the server"),
    },
    presence: {
        online: look("Online", "good", IconPlugConnected, "Holds a connection to the server"),
        offline: look("Offline", "quiet", IconPlugConnectedX, "No connection; orders wait for it"),
    },
    condition: {
        good: look("Healthy", "good", IconHeartbeat, "The agent reports nothing wrong"),
        poor: look("Needs attention", "warn", IconAlertTriangle, "The agent reports a problem"),
        unknown: look("No report", "quiet", IconHelpCircle, "The agent has not reported its health"),
    },
    isolation: {
        none: look("Not isolated", "quiet", IconCircleDashed, "Never isolated"),
        isolated: look("Isolated", "bad", IconShieldLock, "Cut off the network, but for the way to this server"),
        released: look("Not isolated", "quiet", IconCircleDashed, "Was isolated, has its network back"),
        isolating: look("Isolating", "warn", IconShieldLock, "Ordered; the device has not reported it yet"),
        releasing: look("Releasing", "warn", IconShieldLock, "Ordered; the device has not reported it yet"),
    },
    action: {
        draft: look("Draft", "quiet", IconCircleDashed, "Written, not asked for yet"),
        pending_approval: look("Needs approval", "warn", IconUserQuestion, "Waits for a second person"),
        approved: look("Approved", "busy", IconCircleCheck, "A second person agreed"),
        denied: look("Denied", "bad", IconBan, "A second person refused"),
        lapsed: look("Lapsed", "quiet", IconClockX, "Nobody approved it in time"),
        queued: look("Queued", "busy", IconClock, "Signed, waits for the device"),
        delivered: look("Delivered", "busy", IconPlayerPlay, "The device has it"),
        running: look("Running", "busy", IconPlayerPlay, "The device runs it"),
        succeeded: look("Succeeded", "good", IconCircleCheck, "Done, as the device reports"),
        failed: look("Failed", "bad", IconCircleX, "The device tried and could not"),
        refused: look("Refused", "bad", IconBan, "The device did not accept it"),
        timed_out: look("Timed out", "bad", IconClockX, "No outcome within its time"),
        interrupted: look("Interrupted", "bad", IconHelpCircle, "It ran, the outcome is unknown"),
        cancelled: look("Cancelled", "quiet", IconBan, "Withdrawn, or replaced by a later order"),
        expired: look("Expired", "quiet", IconClockX, "The device did not come in time"),
    },
} satisfies Record<string, Record<string, Look>>;

export type StateKind = keyof typeof looks;

/** Word and meaning of a state, for texts and exports. A state that is not known is shown as it came. */
export function stateLook(kind: StateKind, state: string): Look {
    const known = looks[kind] as Record<string, Look>;
    return Object.hasOwn(known, state) && known[state]
        ? known[state]
        : look(visible(state), "quiet", IconHelpCircle, "Not known to this console");
}

export function StateBadge({ kind, state }: { kind: StateKind; state: string }) {
    const { word, tone, icon: Icon, means } = stateLook(kind, state);
    return (
        <span
            className={classes.badge}
            title={means}
            style={{ color: `var(--tone-${tone}-text)`, background: `var(--tone-${tone}-ground)` }}
        >
            <Icon size={13} aria-hidden />
            {word}
        </span>
    );
}
