// Counts what a list does not have yet: rows never move under the cursor, so new ones wait until somebody asks for them. Into
// an empty list they come by themselves (apply.ts); there nothing can move.
import { type InfiniteData, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import type { Page } from "../api/types";
import { useLiveMessages } from "./LiveProvider";
import type { LiveMessage } from "./messages";

interface Waiting {
    ids: ReadonlySet<string>;
    /** Told of without their names. */
    more: number;
}

const NONE: Waiting = { ids: new Set(), more: 0 };

export interface NewRowsWaiting {
    count: number;
    /** Load the list again from its beginning. */
    load: () => void;
    /** The filter changed: what was counted was for another list. */
    forget: () => void;
}

/**
 * @param kind what the list's key begins with
 * @param data what is loaded of it
 * @param take id of the row that a message tells of, or how many are told without a name; undefined: none for this list
 */
export function useNewRows<T extends { id: string }>(
    kind: "alerts" | "actions" | "devices",
    data: InfiniteData<Page<T>> | undefined,
    take: (message: LiveMessage) => string | number | undefined,
): NewRowsWaiting {
    const client = useQueryClient();
    const [waiting, setWaiting] = useState(NONE);
    const loaded = useMemo(() => new Set(data?.pages.flatMap((page) => page.items.map((item) => item.id))), [data]);

    useLiveMessages((message) => {
        if (loaded.size === 0) return;
        const found = take(message);
        if (found === undefined) return;
        setWaiting(({ ids, more }) =>
            typeof found === "string" ? { ids: new Set(ids).add(found), more } : { ids, more: more + found },
        );
    });

    const forget = () => {
        setWaiting(NONE);
    };
    return {
        // The list may have been loaded meanwhile, because the window came to the front again.
        count: [...waiting.ids].filter((id) => !loaded.has(id)).length + waiting.more,
        load: () => {
            forget();
            void client.resetQueries({ queryKey: [kind] });
        },
        forget,
    };
}
