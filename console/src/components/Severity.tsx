// The level of an alert: shape, word and colour together.
import {
    IconAlertOctagonFilled,
    IconAlertTriangleFilled,
    IconCircleArrowDown,
    IconInfoCircle,
    IconSquareRotatedFilled,
} from "@tabler/icons-react";

import { isOneOf, type Level, LEVELS } from "../api/types";
import { visible } from "../lib/escape";
import classes from "./Badge.module.css";

const icons = {
    critical: IconAlertOctagonFilled,
    high: IconAlertTriangleFilled,
    medium: IconSquareRotatedFilled,
    low: IconCircleArrowDown,
    informational: IconInfoCircle,
} satisfies Record<Level, unknown>;

const words: Record<Level, string> = {
    critical: "Critical",
    high: "High",
    medium: "Medium",
    low: "Low",
    informational: "Info",
};

export function Severity({ level }: { level: string }) {
    const known = isOneOf(LEVELS, level) ? level : undefined;
    const Icon = icons[known ?? "informational"];
    const token = known ?? "informational";
    return (
        <span
            className={classes.badge}
            style={{ color: `var(--severity-${token}-text)`, background: `var(--severity-${token}-ground)` }}
        >
            <Icon size={13} aria-hidden />
            {known ? words[known] : visible(level)}
        </span>
    );
}
