// Signing verdict: icon, word and colour together.
import {
    IconCertificate,
    IconHelpCircle,
    IconRosetteDiscountCheck,
    IconShieldOff,
    IconShieldX,
    IconUserQuestion,
} from "@tabler/icons-react";

import type { Tone } from "../../../theme/tokens";
import badge from "../../../components/Badge.module.css";
import type { Signing, Verdict } from "./signing";

interface Look {
    icon: typeof IconCertificate;
    tone: Tone;
}

/** Icon and colour of each verdict; also for the nodes of the drawing. */
export const SIGNING_LOOKS: Record<Verdict, Look> = {
    apple: { icon: IconRosetteDiscountCheck, tone: "quiet" },
    identified: { icon: IconCertificate, tone: "busy" },
    adhoc: { icon: IconUserQuestion, tone: "warn" },
    unsigned: { icon: IconShieldOff, tone: "bad" },
    invalid: { icon: IconShieldX, tone: "bad" },
    unknown: { icon: IconHelpCircle, tone: "quiet" },
};

export function SigningBadge({ signing }: { signing: Signing }) {
    const { icon: Icon, tone } = SIGNING_LOOKS[signing.verdict];
    return (
        <span
            className={badge["badge"]}
            title={signing.means}
            style={{ color: `var(--tone-${tone}-text)`, background: `var(--tone-${tone}-ground)` }}
        >
            <Icon size={13} aria-hidden />
            {signing.word}
        </span>
    );
}
