// Types of the administration API (docs/api.md), in the shape that openapi-typescript writes.
interface Answer<T> {
    headers: Record<string, unknown>;
    content: { "application/json": T };
}

interface NoAnswer {
    headers: Record<string, unknown>;
    content?: never;
}

interface Failure {
    headers: Record<string, unknown>;
    content: { "application/problem+json": components["schemas"]["Problem"] };
}

interface Page<T> {
    items: T[];
    next?: string;
}

interface ById {
    path: { id: string };
}

interface PageQuery {
    cursor?: string;
    limit?: number;
}

type WithPath<Path> = [Path] extends [never] ? { path?: never } : { path: Path };

interface Get<Query, Out, Path = never> {
    parameters: { query?: Query; header?: never; cookie?: never } & WithPath<Path>;
    requestBody?: never;
    responses: { 200: Answer<Out>; default: Failure };
}

interface Post<Body, Out, Path = never> {
    parameters: { query?: never; header?: never; cookie?: never } & WithPath<Path>;
    requestBody: { content: { "application/json": Body } };
    responses: { 200: Out; default: Failure };
}

type S = components["schemas"];

export interface paths {
    "/api/v1/session": {
        get: Get<never, S["Session"]>;
        post: Post<{ name: string; password: string; new_password?: string }, Answer<S["Session"]>>;
        delete: {
            parameters: { query?: never; header?: never; path?: never; cookie?: never };
            requestBody?: never;
            responses: { 204: NoAnswer; default: Failure };
        };
    };
    "/api/v1/password": { post: Post<{ password: string; new_password: string }, NoAnswer> };
    "/api/v1/overview": { get: Get<never, S["Overview"]> };
    "/api/v1/devices": {
        get: Get<PageQuery & { state?: string; platform?: string; q?: string }, Page<S["Device"]>>;
    };
    "/api/v1/devices/{id}": { get: Get<never, S["Device"], ById["path"]> };
    "/api/v1/devices/{id}/revoke": { post: Post<{ reason: string }, Answer<S["Device"]>, ById["path"]> };
    "/api/v1/alerts": {
        get: Get<
            PageQuery & { state?: string; level?: string; device?: string; rule?: string; since?: string },
            Page<S["Alert"]>
        >;
    };
    "/api/v1/alerts/{id}": { get: Get<never, S["Alert"], ById["path"]> };
    "/api/v1/alerts/{id}/ack": { post: Post<{ note?: string }, Answer<S["Alert"]>, ById["path"]> };
    "/api/v1/alerts/{id}/close": { post: Post<{ reason: string }, Answer<S["Alert"]>, ById["path"]> };
    "/api/v1/actions": {
        get: Get<PageQuery & { device?: string; state?: string; name?: string; request?: string }, Page<S["Action"]>>;
        post: Post<S["ActionOrder"], Answer<Page<S["Action"]>>>;
    };
    "/api/v1/actions/{id}": { get: Get<never, S["Action"], ById["path"]> };
    "/api/v1/actions/{id}/cancel": { post: Post<{ reason: string }, Answer<S["Action"]>, ById["path"]> };
    "/api/v1/actions/{id}/confirm": { post: Post<Record<string, never>, Answer<S["Action"]>, ById["path"]> };
    "/api/v1/audit": { get: Get<PageQuery & { actor?: string; object?: string }, Page<S["AuditEntry"]>> };
}

export interface components {
    schemas: {
        Problem: { type: string; title: string; status: number; detail?: string; code: string };
        Session: {
            name: string;
            role: string;
            permissions: string[];
            must_change_password: boolean;
            csrf?: string;
            expires?: string;
        };
        Overview: {
            devices: { total: number; online: number; isolated: number; revoked: number };
            alerts: { open: number; acknowledged: number; by_level: Record<string, number> };
            actions: { pending: number; running: number };
            telemetry: { events: number; batches: number; lost: number };
            ruleset: string;
        };
        Isolation: {
            desired: "none" | "isolated" | "released";
            desired_generation: number;
            observed: "none" | "isolated" | "released";
            observed_generation: number;
        };
        Device: {
            id: string;
            hostname: string;
            platform: string;
            os_version: string;
            agent_version: string;
            hardware_uuid: string;
            state: "enrolled" | "retired" | "revoked";
            online: boolean;
            address: string;
            first_seen?: string;
            last_seen?: string;
            certificate_expires?: string;
            clock_offset_ms: number;
            isolation: components["schemas"]["Isolation"];
            open_alerts: number;
            facts: Record<string, unknown>;
            health: Record<string, unknown>;
        };
        AlertRule: { id: string; title: string; level: string; techniques: string[] };
        Alert: {
            id: string;
            device: string;
            hostname?: string;
            rule: components["schemas"]["AlertRule"];
            state: "open" | "acknowledged" | "closed";
            time?: string;
            received?: string;
            stored?: string;
            count: number;
            acknowledged_by?: string;
            acknowledged_at?: string;
            acknowledge_note?: string;
            closed_by?: string;
            closed_at?: string;
            close_reason?: string;
            body?: Record<string, unknown>;
        };
        Action: {
            id: string;
            request: string;
            device: string;
            hostname?: string;
            name: string;
            arguments: Record<string, unknown>;
            reason: string;
            state: string;
            final: boolean;
            requested_by: string;
            requested_at?: string;
            decided_by?: string;
            decided_at?: string;
            decision?: string;
            queued_at?: string;
            delivered_at?: string;
            finished_at?: string;
            expires?: string;
            generation?: number;
            rollback_at?: string;
            message: string;
            result: Record<string, unknown>;
        };
        ActionOrder: {
            name: string;
            devices: string[];
            arguments: Record<string, unknown>;
            reason: string;
            confirm_host?: string;
        };
        AuditEntry: {
            seq: number;
            time: string;
            actor_kind: string;
            actor: string;
            address: string;
            verb: string;
            object: string;
            detail: Record<string, unknown>;
            hash: string;
        };
    };
}
