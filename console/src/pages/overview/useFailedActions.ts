// The server's overview does not count failed actions; the list does, up to its first page.
import { useInfiniteQuery } from "@tanstack/react-query";

import { actionsQuery } from "../../api/queries";
import { ACTION_FAILED } from "../../api/types";

/** "3", "100+" where there are more than one page holds, "…" while it is not known. */
export function useFailedActions(): number | string {
    const query = useInfiniteQuery(actionsQuery({ state: [...ACTION_FAILED] }));
    const first = query.data?.pages[0];
    if (!first) return "…";
    return first.next ? `${String(first.items.length)}+` : first.items.length;
}
