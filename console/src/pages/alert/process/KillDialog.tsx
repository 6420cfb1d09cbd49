// Asks before a process is ended: which one, and with its descendants or without.
import { Checkbox } from "@mantine/core";
import { useState } from "react";

import type { Alert } from "../../../api/types";
import { Facts } from "../../../components/Facts";
import { SafeText } from "../../../components/SafeText";
import { ACTION_KINDS } from "../../../respond/kinds";
import { OrderDialog } from "../../../respond/OrderDialog";
import type { KillTarget } from "./kill";
import type { ProcessNode } from "./tree";

interface Props {
    alert: Alert;
    node: ProcessNode;
    fixed: NonNullable<KillTarget["fixed"]>;
    onClose: () => void;
}

export function KillDialog({ alert, node, fixed, onClose }: Props) {
    const [tree, setTree] = useState(false);
    return (
        <OrderDialog
            kind={ACTION_KINDS.kill}
            targets={[{ id: alert.device, hostname: alert.hostname }]}
            fixed={tree ? { ...fixed, tree } : fixed}
            onClose={onClose}
        >
            <Facts
                facts={[
                    ["Process", <SafeText key="n">{`${node.name} (${String(fixed.pid)})`}</SafeText>],
                    ["Command line", <SafeText key="c" mono first={300}>{node.commandLine}</SafeText>],
                    ["Generation", String(fixed.generation)],
                    ["Start of the device", <SafeText key="b" mono>{fixed.boot}</SafeText>],
                ]}
            />
            <Checkbox
                label="End its descendants too"
                checked={tree}
                onChange={(event) => {
                    setTree(event.currentTarget.checked);
                }}
            />
        </OrderDialog>
    );
}
