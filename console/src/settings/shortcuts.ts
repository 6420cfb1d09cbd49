// Single-key shortcuts. One listener for the window; a page registers the keys it understands while it is shown. Never acts
// while a person types, while a dialog is open, with a modifier key, or when shortcuts are switched off.
import { useEffect, useRef } from "react";

import { preferences } from "./preferences";

export type Shortcuts = Record<string, (event: KeyboardEvent) => void>;

const stack: { current: Shortcuts }[] = [];

function isTyping(target: EventTarget | null): boolean {
    return (
        target instanceof HTMLElement &&
        (target.isContentEditable || target.closest("input, textarea, select, [role='combobox']") !== null) &&
        !(target instanceof HTMLInputElement && ["checkbox", "radio", "button"].includes(target.type))
    );
}

function inDialog(): boolean {
    return document.querySelector("[role='dialog'][aria-modal='true'], [role='menu']") !== null;
}

/** A key goes to whoever registered last and knows it; `g` followed by a letter is one key, "g a". */
let prefix = "";
let prefixAt = 0;

function onKey(event: KeyboardEvent): void {
    if (!preferences().shortcuts || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isTyping(event.target) || inDialog()) return;
    // Enter and space belong to the control that has the focus.
    if (
        (event.key === "Enter" || event.key === " ") &&
        event.target instanceof Element &&
        event.target.closest("a, button, input, summary, [role='tab'], [role='menuitem']")
    )
        return;
    const name = prefix && Date.now() - prefixAt < 1500 ? `${prefix} ${event.key}` : event.key;
    prefix = "";
    if (name === "g") {
        prefix = "g";
        prefixAt = Date.now();
        return;
    }
    for (let i = stack.length - 1; i >= 0; i--) {
        const act = stack[i]?.current[name];
        if (act) {
            event.preventDefault();
            act(event);
            return;
        }
    }
}

/** Understand these keys while the component is mounted. */
export function useShortcuts(keys: Shortcuts): void {
    const latest = useRef(keys);
    useEffect(() => {
        latest.current = keys;
    });
    useEffect(() => {
        if (stack.length === 0) window.addEventListener("keydown", onKey);
        stack.push(latest);
        return () => {
            stack.splice(stack.indexOf(latest), 1);
            if (stack.length === 0) window.removeEventListener("keydown", onKey);
        };
    }, []);
}
