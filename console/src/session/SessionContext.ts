// Who is signed in and what they may do. Pages ask for permissions, never for role names.
import { createContext, useContext } from "react";

import type { Permission, Session } from "../api/types";

export interface SessionValue {
    session: Session;
    /** May this person do it? What the server grants, role names aside. */
    can: (permission: Permission) => boolean;
    signOut: () => Promise<void>;
}

export const SessionContext = createContext<SessionValue | undefined>(undefined);

export function useSession(): SessionValue {
    const value = useContext(SessionContext);
    if (!value) throw new Error("useSession outside of SessionProvider");
    return value;
}
