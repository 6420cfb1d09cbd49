// Gives the focus back to what had it before a dialog opened. Mantine's own does so when a dialog is closed and stays; ours
// are taken off the page.
import { useEffect, useState } from "react";

/** What has the focus now; for an item of a menu, which closes with its choice, the button that opened the menu. */
function focused(): Element | null {
    const element = document.activeElement;
    const opener = element?.closest("[role=menu]")?.getAttribute("aria-labelledby");
    return opener ? document.getElementById(opener) : element;
}

/** Call in a dialog that is on the page only while it is open. */
export function useReturnFocus(): void {
    const [before] = useState(focused);
    useEffect(
        () => () => {
            // Not when something else has taken it: the page one went to.
            const free = document.activeElement === null || document.activeElement === document.body;
            if (free && before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
        },
        [before],
    );
}
