// The actions as the console shows them: title, who may, which are dangerous. What an action does and what undoes it is told by
// the server's own table (actionTypesQuery).
import type { ActionName, Permission } from "../api/types";
import { visible } from "../lib/escape";

export interface ActionKind {
    name: ActionName;
    /** On buttons and headings. */
    title: string;
    permission: Permission;
    danger: boolean;
}

export const ACTION_KINDS: Record<ActionName, ActionKind> = {
    isolate: { name: "isolate", title: "Isolate", permission: "actions.isolate", danger: true },
    release: { name: "release", title: "Release", permission: "actions.isolate", danger: false },
    kill: { name: "kill", title: "Kill process", permission: "actions.kill", danger: true },
    message: { name: "message", title: "Message", permission: "actions.message", danger: false },
};

/** Title of an action's name, also of one that this console does not know. */
export function actionTitle(name: string): string {
    return Object.hasOwn(ACTION_KINDS, name) ? ACTION_KINDS[name as ActionName].title : visible(name);
}
