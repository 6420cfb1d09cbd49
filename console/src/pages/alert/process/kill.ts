// What an order to end a process needs, or why it cannot be given. A pid alone is never enough: the device ends a process
// only when boot, pid and generation are those of the alert.
import type { ProcessNode } from "./tree";

export interface KillTarget {
    fixed?: { pid: number; generation: number; boot: string };
    /** Why it cannot be ordered. */
    reason?: string;
}

const LEAST_PID = 2;
const BOOT_MOST = 64;

export function killTarget(node: ProcessNode, boot: string): KillTarget {
    const { pid, generation, end } = node;
    if (pid === undefined) return { reason: "The device did not tell its process id." };
    if (pid < LEAST_PID) return { reason: "The first process is the system itself." };
    if (generation === undefined || generation < 0)
        return { reason: "The device did not tell its generation, which a reused process id is told apart by." };
    if (boot === "" || boot.length > BOOT_MOST)
        return { reason: "The device did not tell since which start it counts, so the process cannot be named safely." };
    if (end) return { reason: "It had ended before the alert was sent." };
    return { fixed: { pid, generation, boot } };
}
