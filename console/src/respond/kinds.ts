// What a person must know before ordering an action: what it does, what is lost, what undoes it. The words are those of the
// action table (src/schema/action.c).
import type { ActionName, Permission } from "../api/types";
import { visible } from "../lib/escape";

export interface ActionKind {
    name: ActionName;
    /** On buttons and headings. */
    title: string;
    permission: Permission;
    does: string;
    /** What no longer works on the device afterwards. */
    loses?: string;
    reversedBy?: string;
    notRestored?: string;
    danger: boolean;
}

export const ACTION_KINDS: Record<ActionName, ActionKind> = {
    isolate: {
        name: "isolate",
        title: "Isolate",
        permission: "actions.isolate",
        does: "Cuts the device off the network and keeps its way to this server.",
        loses: "The network, except the way to this server.",
        reversedBy: "Release",
        notRestored: "Connections that were open when the device was isolated.",
        danger: true,
    },
    release: {
        name: "release",
        title: "Release",
        permission: "actions.isolate",
        does: "Gives an isolated device its network back.",
        reversedBy: "Isolate",
        danger: false,
    },
    kill: {
        name: "kill",
        title: "Kill process",
        permission: "actions.kill",
        does: "Ends one process, known by boot, process id and generation.",
        loses: "The process and what it had not saved.",
        danger: true,
    },
    message: {
        name: "message",
        title: "Message",
        permission: "actions.message",
        does: "Shows a message to the user of the device.",
        danger: false,
    },
};

/** Title of an action's name, also of one that this console does not know. */
export function actionTitle(name: string): string {
    return Object.hasOwn(ACTION_KINDS, name) ? ACTION_KINDS[name as ActionName].title : visible(name);
}
