// Made by `npm run api` from src/schema/openapi.yaml; not edited by hand.
export interface paths {
    "/livez": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** the process runs */
        get: operations["livez"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** the store is open and has space */
        get: operations["readyz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Prometheus text format */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/openapi.yaml": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** this description */
        get: operations["getOpenapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * what changes, as it happens (server-sent events)
         * @description Messages have `id: <epoch>-<sequence>`, `event` and `data`, one JSON object. `hello` comes first on every
         *     connection; `reset` says that the Last-Event-ID is unknown or too old: fetch everything again. The data of each
         *     event is the schema Stream<Event>. What the caller may not read is not told: `alert` and `alerts` need alerts.read,
         *     `device` devices.read, `action` actions.read, `ruleset` rules.read. Alerts beyond a number a second are told by
         *     `alerts` at the end of that second: fetch the lists again. A comment comes every 15 seconds. The stream ends
         *     with the session.
         */
        get: operations["stream"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** who is signed in; a bearer caller gets no csrf */
        get: operations["getSession"];
        put?: never;
        /**
         * name and password for a session in a cookie
         * @description The answer sets the cookie `__Host-cordon` (Secure, HttpOnly, SameSite=Strict, 12 hours). The content type must be
         *     application/json; `Origin` and `Sec-Fetch-Site` are checked as for any change. A one-time password must come with
         *     `new_password`: otherwise 409 with code E_STATE.
         */
        post: operations["signIn"];
        /** end the session; the cookie is cleared */
        delete: operations["signOut"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** name and password for a bearer token that expires */
        post: operations["login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** end the token used */
        post: operations["logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/whoami": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** who the token belongs to and what it may do */
        get: operations["whoami"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** change the own password; the account's other sessions end */
        post: operations["changePassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** counts of devices, alerts and actions */
        get: operations["getOverview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** devices by host name */
        get: operations["listDevices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        /** one device with facts, health and isolation */
        get: operations["getDevice"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices/{id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** refuse the device from now on and close its connection */
        post: operations["revokeDevice"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/enrollment-tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** enrollment tokens without their secret, newest first */
        get: operations["listEnrollmentTokens"];
        put?: never;
        /** new enrollment token; its secret is shown once */
        post: operations["createEnrollmentToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/enrollment-tokens/{id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** refuse the token from now on */
        post: operations["revokeEnrollmentToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** alerts, newest receipt first */
        get: operations["listAlerts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        /** one alert with its processes, its event and what else happened on the device */
        get: operations["getAlert"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/{id}/ack": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** somebody looks at it */
        post: operations["acknowledgeAlert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/{id}/close": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** dealt with, with a reason */
        post: operations["closeAlert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/alerts/{id}/reopen": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** acknowledged or closed, and open again, with a reason */
        post: operations["reopenAlert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/action-types": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** everything that can be done to a device, with its arguments */
        get: operations["listActionTypes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/actions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** actions, newest first */
        get: operations["listActions"];
        put?: never;
        /** order an action for one or more devices */
        post: operations["orderAction"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/actions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        /** one action with its result */
        get: operations["getAction"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/actions/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** withdraw it while it was not delivered */
        post: operations["cancelAction"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/actions/{id}/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** keep an isolation of the server's own host that would roll back */
        post: operations["confirmAction"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rulesets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** rulesets, newest first; one is active */
        get: operations["listRulesets"];
        put?: never;
        /** compile, sign and activate Sigma rules beside the built-in ones */
        post: operations["uploadRules"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** audit log, newest first */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Format: date-time
         * @description RFC 3339 in UTC, up to nanoseconds
         */
        Time: string;
        /** @description opaque; belongs to one list and its order */
        Cursor: string;
        Problem: {
            /** @constant */
            type: "about:blank";
            /** @description the code as a sentence */
            title: string;
            status: number;
            /** @description what is wrong with this request */
            detail?: string;
            code: components["schemas"]["ErrorCode"];
        };
        /** @enum {string} */
        ErrorCode: "E_NOMEM" | "E_PARSE" | "E_LIMIT" | "E_NOT_FOUND" | "E_EXISTS" | "E_IO" | "E_DENIED" | "E_AUTH" | "E_ARG" | "E_STATE" | "E_TIMEOUT" | "E_CLOSED" | "E_UNSUPPORTED" | "E_CRYPTO" | "E_FULL" | "E_AGAIN" | "E_INTERNAL" | "E_VERSION" | "E_CONNECT" | "E_RATE";
        Status: {
            /** @constant */
            status: "ok";
        };
        Reason: {
            /** @description kept with the thing and in the audit log */
            reason: string;
        };
        Note: {
            /** @description what is known so far */
            note?: string;
        };
        Credentials: {
            name: string;
            password: string;
            /** @description must come with a one-time password */
            new_password?: string;
        };
        PasswordChange: {
            password: string;
            new_password: string;
        };
        /** @enum {string} */
        Role: "viewer" | "analyst" | "responder" | "admin" | "owner";
        /** @enum {string} */
        Permission: "self" | "devices.read" | "devices.revoke" | "enrollment.read" | "enrollment.write" | "alerts.read" | "alerts.write" | "events.read" | "actions.read" | "actions.create" | "actions.isolate" | "actions.kill" | "actions.message" | "actions.approve" | "rules.read" | "rules.write" | "audit.read" | "metrics.read" | "users.read" | "users.write" | "owners.write" | "settings.read" | "settings.write";
        Login: {
            /** @description cordon_api_... */
            token: string;
            expires: components["schemas"]["Time"];
            user: {
                name: string;
                role: components["schemas"]["Role"];
            };
        };
        Whoami: {
            name: string;
            role: components["schemas"]["Role"];
            /** @description nothing else is allowed before */
            must_change_password: boolean;
            permissions: components["schemas"]["Permission"][];
        };
        Session: {
            name: string;
            role: components["schemas"]["Role"];
            /** @description nothing else is allowed before */
            must_change_password: boolean;
            permissions: components["schemas"]["Permission"][];
            /** @description for X-CSRF-Token; absent for a bearer caller */
            csrf?: string;
            expires: components["schemas"]["Time"];
        };
        Overview: {
            devices: {
                /** @description enrolled */
                total: number;
                /** @description hold their connection now */
                online: number;
                /** @description as observed */
                isolated: number;
                revoked: number;
                /** @description enrolled, and their condition is poor */
                unhealthy: number;
                /** @description enrolled ones */
                by_platform: {
                    macos: number;
                    linux: number;
                };
            };
            alerts: {
                /** @description open ones */
                by_level: {
                    informational: number;
                    low: number;
                    medium: number;
                    high: number;
                    critical: number;
                };
                open: number;
                acknowledged: number;
                /** @description open ones by the time since their receipt; each is counted once */
                open_by_age: {
                    /** @description less than an hour */
                    hour: number;
                    /** @description an hour to a day */
                    day: number;
                    /** @description a day to a week */
                    week: number;
                    older: number;
                };
                /** @description received in each of the last 24 hours, the oldest first; the last is the running one */
                last_24h: {
                    hour: components["schemas"]["Time"];
                    count: number;
                }[];
            };
            actions: {
                /** @description wait for approval */
                pending: number;
                /** @description queued, delivered or running */
                running: number;
            };
            telemetry: {
                events: number;
                batches: number;
                /** @description events that devices say they lost */
                lost: number;
            };
            /** @description version of the active one */
            ruleset: string;
        };
        /** @enum {string} */
        DeviceState: "enrolled" | "revoked" | "retired";
        /**
         * @description From the device's health report. Poor: its sensor does not run, sees less than it should (tier none or degraded) or
         *     says that something is missing, or containment has a problem. Unknown: it has not reported.
         * @enum {string}
         */
        DeviceCondition: "unknown" | "good" | "poor";
        /** @enum {string} */
        Platform: "macos" | "linux";
        /** @enum {string} */
        IsolationState: "none" | "isolated" | "released";
        Isolation: {
            desired: components["schemas"]["IsolationState"];
            /** @description counts the orders; 0 = never ordered */
            desired_generation: number;
            observed: components["schemas"]["IsolationState"];
            /** @description the last one the device reported */
            observed_generation: number;
        };
        Device: {
            id: string;
            hostname: string;
            platform: components["schemas"]["Platform"];
            os_version: string;
            agent_version: string;
            hardware_uuid: string;
            state: components["schemas"]["DeviceState"];
            /** @description it holds its connection now */
            online: boolean;
            /** @description where it last came from */
            address: string;
            first_seen: components["schemas"]["Time"];
            last_seen: components["schemas"]["Time"];
            certificate_expires: components["schemas"]["Time"];
            /** @description device's clock minus server's */
            clock_offset_ms: number;
            isolation: components["schemas"]["Isolation"];
            condition: components["schemas"]["DeviceCondition"];
            open_alerts: number;
            facts: components["schemas"]["DeviceFacts"];
            health: components["schemas"]["DeviceHealth"];
        };
        /** @description what the agent says about its device; `{}` before the first report. Said by the device, not checked. */
        DeviceFacts: {
            hostname?: string;
            platform?: string;
            os_version?: string;
            kernel?: string;
            cpu?: string;
            hardware_uuid?: string;
        };
        /** @description what the agent says about itself; `{}` before the first report. Said by the device, not checked. */
        DeviceHealth: {
            sensor?: {
                /** @description eslogger, linux, replay, noop, none */
                name?: string;
                /** @description how much it sees: none, degraded, eslogger, kernel */
                tier?: string;
                running?: boolean;
                records?: number;
                /** @description events the source says it dropped */
                lost?: number;
                restarts?: number;
                /** @description the spool is full */
                paused?: boolean;
                /** @description a stable word for a known trouble, empty when there is none */
                condition?: string;
                /** @description what is missing or wrong, empty when all is well */
                text?: string;
            };
            commands?: {
                accepted?: number;
                refused?: number;
                replayed?: number;
                server_time_known?: boolean;
                clock_offset_ms?: number;
                last_refused?: {
                    time?: components["schemas"]["Time"];
                    action?: string;
                    code?: string;
                    reason?: string;
                }[];
            };
            analyst?: {
                records?: number;
                damaged?: number;
                alerts?: number;
                without_ruleset?: number;
                processes?: number;
                waiting?: number;
                sandbox?: string;
                ruleset?: string;
            };
            uplink?: {
                connected?: boolean;
                waiting_batches?: number;
                waiting_events?: number;
                spool_bytes?: number;
                spool_full?: boolean;
                posted?: number;
                failures?: number;
                last_failure?: string;
                sandbox?: string;
            };
            analyst_restarts?: number;
            uplink_restarts?: number;
            /** @description what is wrong with isolation, empty when all is well */
            containment?: string;
            containment_reasserted?: number;
        };
        /** @enum {string} */
        EnrollmentKind: "one-time" | "group";
        NewEnrollmentToken: {
            kind: components["schemas"]["EnrollmentKind"];
            /** @description of a group token, no limit when absent; a one-time token has 1 */
            uses?: number;
            /** @default 86400 */
            ttl_s: number;
            note?: string;
        };
        EnrollmentTokenCommon: {
            id: string;
            kind: components["schemas"]["EnrollmentKind"];
            note: string;
            /** @description absent when there is no limit */
            uses_left?: number;
            /** @description devices that came with it */
            uses: number;
            created: components["schemas"]["Time"];
            expires: components["schemas"]["Time"];
            created_by: string;
            revoked: boolean;
        };
        EnrollmentToken: components["schemas"]["EnrollmentTokenCommon"];
        EnrollmentTokenWithSecret: components["schemas"]["EnrollmentTokenCommon"] & {
            /** @description cordon_enroll_..., shown this once */
            token: string;
        };
        /** @enum {string} */
        AlertState: "open" | "acknowledged" | "closed";
        /** @enum {string} */
        Level: "informational" | "low" | "medium" | "high" | "critical";
        AlertRule: {
            id: string;
            title: string;
            level: components["schemas"]["Level"];
            /** @description ATT&CK ids, as T1059.004 */
            techniques: string[];
        };
        AlertCommon: {
            id: string;
            /** @description id of the device */
            device: string;
            hostname: string;
            rule: components["schemas"]["AlertRule"];
            state: components["schemas"]["AlertState"];
            /** @description by the device's clock */
            time: components["schemas"]["Time"];
            received: components["schemas"]["Time"];
            stored: components["schemas"]["Time"];
            /** @description events it stands for */
            count: number;
            acknowledged_by?: string;
            acknowledged_at?: components["schemas"]["Time"];
            acknowledge_note?: string;
            closed_by?: string;
            closed_at?: components["schemas"]["Time"];
            close_reason?: string;
            reopened_by?: string;
            reopened_at?: components["schemas"]["Time"];
            reopen_reason?: string;
        };
        AlertSummary: components["schemas"]["AlertCommon"];
        Alert: components["schemas"]["AlertCommon"] & {
            body: components["schemas"]["AlertBody"];
            /** @description other alerts of the device within ten minutes before and after, by its clock; the 20 newest */
            related: components["schemas"]["RelatedAlert"][];
        };
        RelatedAlert: {
            id: string;
            /** @description of the rule */
            title: string;
            level: components["schemas"]["Level"];
            state: components["schemas"]["AlertState"];
            time: components["schemas"]["Time"];
        };
        /**
         * @description What the agent sent. The server has checked the ids, the level and that it is JSON, nothing more: a device that
         *     somebody else runs may send other members and other values. Show all of it as text.
         */
        AlertBody: {
            /** @description hash of device, rule and event id: the alert's id */
            alert_id: string;
            /** @description device/epoch/sequence/ordinal: where the event is stored */
            event_id: string;
            /** @description boot session of its processes, for the action kill; absent when it is not known */
            boot?: string;
            /** @description of the event */
            time?: components["schemas"]["Time"];
            /** @description the process of the event first, then its parent and so on; absent when it is not known */
            ancestry?: components["schemas"]["Process"][];
            rule: components["schemas"]["AlertRule"];
            /**
             * @description Fields that made the rule fire, with the values they had; null where the rule wanted the field to be absent,
             *     a list where several elements of a list field matched.
             */
            matched: {
                [key: string]: (string | null) | (string | null)[];
            };
            event: components["schemas"]["Event"];
        };
        Process: {
            pid: number;
            /** @description tells a reused pid apart: pidversion on a Mac, start time in ticks on Linux */
            generation: number;
            executable?: string;
            command_line?: string;
            working_directory?: string;
            uid?: number;
            user?: string;
            signing_id?: string;
            team_id?: string;
            cdhash?: string;
            sha256?: string;
            /** @description part of the operating system */
            platform_binary: boolean;
            /** @description code-signing flags; absent when they are not known */
            signing_flags?: number;
            /** @description validation category (macOS 26); absent when it is not known */
            signing_category?: number;
            start?: components["schemas"]["Time"];
            end?: components["schemas"]["Time"];
        };
        /**
         * @description One event in the flat schema of src/schema/field.h: dotted names. Members beside these are fields no table knows,
         *     kept for evidence. Any value may be null.
         */
        Event: {
            /** @description src/schema/kind.h: exec, open, rename ... */
            kind: string;
            /** @description by the device's clock */
            time?: components["schemas"]["Time"];
            /** @description Sigma log source: macos, linux */
            product?: string;
            /** @description Sigma log source: process_creation, file_event ... */
            category?: string;
            /** @description Sigma log source */
            service?: string;
            /** @description sensor's running number */
            "event.sequence"?: number | null;
            /** @description device the event comes from */
            "device.id"?: string | null;
            /** @description process id */
            "process.pid"?: number | null;
            /** @description generation of the pid: pidversion on a Mac, start time in ticks on Linux */
            "process.pidversion"?: number | null;
            /** @description path of the program */
            "process.executable"?: string | null;
            /** @description program the process ran before this exec */
            "process.previous.executable"?: string | null;
            /** @description last part of the path */
            "process.name"?: string | null;
            /** @description arguments joined by one space */
            "process.command_line"?: string | null;
            /** @description arguments, [0] included */
            "process.args"?: string[] | null;
            /** @description allow-listed environment, NAME=value */
            "process.env"?: string[] | null;
            /** @description folder the program was started in */
            "process.working_directory"?: string | null;
            /** @description script file that a #! line ran */
            "process.script"?: string | null;
            /** @description controlling terminal */
            "process.tty"?: string | null;
            /**
             * Format: date-time
             * @description start time
             */
            "process.start"?: string | null;
            /** @description wait status */
            "process.exit_status"?: number | null;
            /** @description effective user id */
            "process.uid"?: number | null;
            /** @description effective group id */
            "process.gid"?: number | null;
            /** @description real user id */
            "process.real_uid"?: number | null;
            /** @description user who logged in */
            "process.audit_uid"?: number | null;
            /** @description session */
            "process.session_id"?: number | null;
            /** @description process group */
            "process.group_id"?: number | null;
            /** @description account name */
            "user.name"?: string | null;
            /** @description signing identifier */
            "process.signing.id"?: string | null;
            /** @description Apple team identifier */
            "process.signing.team_id"?: string | null;
            /** @description code directory hash, 40 lower-case hex digits */
            "process.signing.cdhash"?: string | null;
            /** @description code-signing flags */
            "process.signing.flags"?: number | null;
            /** @description validation category (macOS 26) */
            "process.signing.category"?: number | null;
            /** @description part of the operating system */
            "process.signing.platform_binary"?: boolean | null;
            /** @description SHA-256 of the program, hex */
            "process.hash.sha256"?: string | null;
            /** @description Mach-O CPU type that runs */
            "process.cpu_type"?: number | null;
            /** @description parent's process id */
            "process.parent.pid"?: number | null;
            /** @description parent's generation */
            "process.parent.pidversion"?: number | null;
            /** @description parent's program */
            "process.parent.executable"?: string | null;
            /** @description last part of the parent's path */
            "process.parent.name"?: string | null;
            /** @description parent's arguments */
            "process.parent.command_line"?: string | null;
            /** @description parent's signing identifier */
            "process.parent.signing.id"?: string | null;
            /** @description parent's team identifier */
            "process.parent.signing.team_id"?: string | null;
            /** @description parent is part of the operating system */
            "process.parent.signing.platform_binary"?: boolean | null;
            /** @description programs from the parent up to the first process */
            "process.ancestors"?: string[] | null;
            /** @description process macOS holds responsible */
            "process.responsible.pid"?: number | null;
            /** @description its generation */
            "process.responsible.pidversion"?: number | null;
            /** @description its program */
            "process.responsible.executable"?: string | null;
            /** @description process acted upon */
            "target.process.pid"?: number | null;
            /** @description its generation */
            "target.process.pidversion"?: number | null;
            /** @description program of the process acted upon */
            "target.process.executable"?: string | null;
            /** @description its signing identifier */
            "target.process.signing.id"?: string | null;
            /** @description process on whose behalf the event's process acted */
            "instigator.process.pid"?: number | null;
            /** @description its generation */
            "instigator.process.pidversion"?: number | null;
            /** @description its program */
            "instigator.process.executable"?: string | null;
            /** @description its signing identifier */
            "instigator.process.signing.id"?: string | null;
            /** @description its team identifier */
            "instigator.process.signing.team_id"?: string | null;
            /** @description it is part of the operating system */
            "instigator.process.signing.platform_binary"?: boolean | null;
            /** @description signal sent */
            "signal.number"?: number | null;
            /** @description file acted upon */
            "file.path"?: string | null;
            /** @description last part of file.path */
            "file.name"?: string | null;
            /** @description where the file came from (rename, copy, clone, link) */
            "file.source_path"?: string | null;
            /** @description permission bits */
            "file.mode"?: number | null;
            /** @description owner */
            "file.uid"?: number | null;
            /** @description bytes */
            "file.size"?: number | null;
            /** @description inode number, up to 64 bits */
            "file.inode"?: number | null;
            /** @description owning group */
            "file.gid"?: number | null;
            /** @description SHA-256 of the file, hex */
            "file.hash.sha256"?: string | null;
            /** @description BSD file flags or open flags */
            "file.flags"?: number | null;
            /** @description the file was written before close */
            "file.modified"?: boolean | null;
            /** @description extended attribute's name */
            "file.xattr"?: string | null;
            /** @description the destination existed before */
            "file.existed"?: boolean | null;
            /** @description inbound or outbound */
            "network.direction"?: string | null;
            /** @description tcp, udp */
            "network.protocol"?: string | null;
            /** @description our address */
            "network.local.ip"?: string | null;
            /** @description our port */
            "network.local.port"?: number | null;
            /** @description their address */
            "network.remote.ip"?: string | null;
            /** @description their port */
            "network.remote.port"?: number | null;
            /** @description their name */
            "network.remote.host"?: string | null;
            /** @description name asked for */
            "dns.query"?: string | null;
            /** @description record type */
            "dns.type"?: string | null;
            /** @description addresses */
            "dns.answers"?: string[] | null;
            /** @description user, app, login_item, agent, daemon */
            "launch_item.type"?: string | null;
            /** @description program it starts */
            "launch_item.program"?: string | null;
            /** @description its property list */
            "launch_item.url"?: string | null;
            /** @description app it belongs to */
            "launch_item.app_url"?: string | null;
            /** @description a plain property list */
            "launch_item.legacy"?: boolean | null;
            /** @description managed by MDM */
            "launch_item.managed"?: boolean | null;
            /** @description user it belongs to */
            "launch_item.uid"?: number | null;
            /** @description it was allowed */
            "auth.success"?: boolean | null;
            /** @description od, touchid, token, auto_unlock */
            "auth.type"?: string | null;
            /** @description account that asked */
            "auth.from_user"?: string | null;
            /** @description account it became */
            "auth.to_user"?: string | null;
            /** @description user id it became */
            "auth.to_uid"?: number | null;
            /** @description command run as the other account */
            "auth.command"?: string | null;
            /** @description authorization rights asked for */
            "auth.rights"?: string[] | null;
            /** @description privacy service */
            "tcc.service"?: string | null;
            /** @description who gets the permission */
            "tcc.identity"?: string | null;
            /** @description denied, unknown, allowed, limited */
            "tcc.right"?: string | null;
            /** @description why it changed */
            "tcc.reason"?: number | null;
            /** @description create, modify, delete */
            "tcc.update"?: string | null;
            /** @description XProtect's name for it */
            "malware.name"?: string | null;
            /** @description where it was found */
            "malware.path"?: string | null;
            /** @description XProtect's incident id */
            "malware.incident"?: string | null;
            /** @description what was done */
            "malware.result"?: string | null;
            /** @description payload identifier */
            "profile.identifier"?: string | null;
            /** @description payload UUID */
            "profile.uuid"?: string | null;
            /** @description shown name */
            "profile.name"?: string | null;
            /** @description managed or manual */
            "profile.install_source"?: string | null;
            /** @description system or user */
            "profile.scope"?: string | null;
            /** @description organization named in it */
            "profile.organization"?: string | null;
            /** @description account or group acted upon */
            "directory.record"?: string | null;
            /** @description group acted upon */
            "directory.group"?: string | null;
            /** @description member added or removed */
            "directory.member"?: string | null;
            /** @description attribute's name */
            "directory.attribute"?: string | null;
            /** @description attribute's values */
            "directory.value"?: string[] | null;
            /** @description directory node */
            "directory.node"?: string | null;
            /** @description 0 = it succeeded */
            "directory.error"?: number | null;
            /** @description mount point */
            "volume.path"?: string | null;
            /** @description device or image */
            "volume.source"?: string | null;
            /** @description file system */
            "volume.fstype"?: string | null;
            /** @description external, internal, network, virtual, nullfs, unknown */
            "volume.kind"?: string | null;
            /** @description kernel extension's identifier */
            "kext.identifier"?: string | null;
            /** @description XPC service name */
            "xpc.service"?: string | null;
            /** @description driver's user client class */
            "iokit.class"?: string | null;
            /** @description account of the session */
            "session.user"?: string | null;
            /** @description events lost since the last report */
            "sensor.lost"?: number | null;
            /** @description what the sensor says */
            "sensor.text"?: string | null;
        } & {
            [key: string]: (string | number | boolean | null) | string[];
        };
        /** @enum {string} */
        ActionName: "isolate" | "release" | "kill" | "message";
        /** @enum {string} */
        ActionState: "draft" | "pending_approval" | "approved" | "denied" | "lapsed" | "queued" | "delivered" | "running" | "succeeded" | "failed" | "refused" | "timed_out" | "interrupted" | "cancelled" | "expired";
        /** @description as the type of action wants them */
        ActionArguments: {
            [key: string]: (string | number | boolean) | string[];
        };
        ActionType: {
            name: components["schemas"]["ActionName"];
            description: string;
            arguments: components["schemas"]["ActionArgument"][];
            platforms: components["schemas"]["Platform"][];
            /**
             * @description who carries it to the device
             * @enum {string}
             */
            channel: "agent" | "mdm" | "server";
            /** @description a wanted state: the latest order wins, and it holds until another */
            containment: boolean;
            /** @description always needs a second person */
            destructive: boolean;
            /** @description absent when nothing undoes it */
            reversed_by?: components["schemas"]["ActionName"];
            /** @description what the undo cannot bring back */
            not_restored?: string;
            /** @description what no longer works on the device afterwards */
            unreachable?: string;
            /** @description life of an order that the device does not fetch */
            expires_s: number;
            /** @description from delivery to an outcome */
            timeout_s: number;
            /** @description beside actions.create */
            permission: components["schemas"]["Permission"];
            example: components["schemas"]["ActionArguments"];
        };
        ActionArgument: {
            /** @description key in the arguments object */
            name: string;
            /**
             * @description a list is one of texts
             * @enum {string}
             */
            type: "text" | "integer" | "boolean" | "list";
            required: boolean;
            /** @description bytes of a text, value of an integer, items of a list */
            least: number;
            /** @description as least; may be up to 9223372036854775807 */
            most: number;
            /** @description most bytes of one item of a list */
            item_bytes?: number;
            description: string;
        };
        Order: {
            name: components["schemas"]["ActionName"];
            devices: string[];
            arguments?: components["schemas"]["ActionArguments"];
            reason: string;
            /** @description the host name typed again, wanted when the device is the server's own host */
            confirm_host?: string;
        };
        Action: {
            id: string;
            /** @description common to the actions of one order */
            request: string;
            /** @description id of the device */
            device: string;
            hostname: string;
            name: components["schemas"]["ActionName"];
            arguments: components["schemas"]["ActionArguments"];
            reason: string;
            state: components["schemas"]["ActionState"];
            /** @description the state is never left */
            final: boolean;
            requested_by: string;
            requested_at: components["schemas"]["Time"];
            /** @description who approved, denied, cancelled or confirmed it */
            decided_by?: string;
            decided_at?: components["schemas"]["Time"];
            /** @description their reason */
            decision?: string;
            queued_at?: components["schemas"]["Time"];
            delivered_at?: components["schemas"]["Time"];
            finished_at?: components["schemas"]["Time"];
            /** @description of the signed order */
            expires?: components["schemas"]["Time"];
            /** @description of the wanted state that it sets */
            generation?: number;
            /** @description it undoes itself then unless confirmed */
            rollback_at?: components["schemas"]["Time"];
            /** @description what the device said at the end, may be empty */
            message: string;
            result: components["schemas"]["ActionResult"];
        };
        /**
         * @description What the device did; `{}` before the end. Said by the device, not checked. isolate and release: isolated, generation,
         *     persisted, message_shown. kill: processes, already_gone, cut. message: shown, failed.
         */
        ActionResult: {
            isolated?: boolean;
            generation?: number;
            /** @description it outlives a restart */
            persisted?: boolean;
            message_shown?: boolean;
            processes?: {
                pid?: number;
                generation?: number;
                outcome?: string;
                executable?: string;
            }[];
            already_gone?: boolean;
            /** @description more processes than are listed */
            cut?: boolean;
            shown?: {
                user?: string;
                where?: string;
            }[];
            /** @description people it could not be shown to */
            failed?: number;
        };
        Ruleset: {
            /** @description SHA-256 of the image */
            version: string;
            rules: number;
            bytes: number;
            /** @description id of the key */
            signed_by: string;
            /** @description a person, or system: the built-in rules alone */
            created_by: string;
            created: components["schemas"]["Time"];
            active: boolean;
        };
        RulesetUpload: {
            version: string;
            /** @description the built-in ones included */
            rules: number;
            refused: {
                /** @description uploaded:LINE:COLUMN */
                place: string;
                message: string;
            }[];
        };
        AuditEntry: {
            /** @description without a gap */
            seq: number;
            time: components["schemas"]["Time"];
            /** @enum {string} */
            actor_kind: "user" | "device" | "system";
            actor: string;
            /** @description where it came from, may be empty */
            address: string;
            /** @description alert.close, action.queued, user.login ... */
            verb: string;
            /** @description kind and id, as device:ID */
            object: string;
            /** @description by the verb */
            detail: Record<string, never>;
            /** @description of this entry and the one before */
            hash: string;
        };
        StreamHello: {
            /** @description of this run of the server */
            epoch: string;
        };
        StreamReset: Record<string, never>;
        /** @enum {string} */
        StreamChange: "new" | "changed";
        StreamAlert: {
            id: string;
            change: components["schemas"]["StreamChange"];
            state: components["schemas"]["AlertState"];
            level: components["schemas"]["Level"];
            title: string;
            device: string;
            time: components["schemas"]["Time"];
        };
        StreamAlerts: {
            new: number;
            changed: number;
        };
        StreamDevice: {
            id: string;
            change: components["schemas"]["StreamChange"];
            hostname: string;
            online: boolean;
            state: components["schemas"]["DeviceState"];
            isolation: {
                desired: components["schemas"]["IsolationState"];
                observed: components["schemas"]["IsolationState"];
            };
        };
        StreamAction: {
            id: string;
            change: components["schemas"]["StreamChange"];
            state: components["schemas"]["ActionState"];
            name: components["schemas"]["ActionName"];
            device: string;
            request: string;
        };
        StreamRuleset: {
            version: string;
        };
    };
    responses: {
        /** @description why not */
        Problem: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description too many failures from this address */
        Throttled: {
            headers: {
                /** @description seconds */
                "Retry-After"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description all is well */
        Status: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Status"];
            };
        };
        /** @description the caller */
        Session: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Session"];
            };
        };
        /** @description the device as it is now */
        Device: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Device"];
            };
        };
        /** @description the alert as it is now */
        Alert: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Alert"];
            };
        };
        /** @description the action as it is now */
        Action: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Action"];
            };
        };
        /** @description one page; of an order, all its actions */
        Actions: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": {
                    items: components["schemas"]["Action"][];
                    next?: components["schemas"]["Cursor"];
                };
            };
        };
    };
    parameters: {
        id: string;
        /** @description the `next` of the page before */
        cursor: components["schemas"]["Cursor"];
        /** @description most items on the page */
        limit: number;
    };
    requestBodies: {
        /** @description nothing, or an empty object */
        Nothing: {
            content: {
                "application/json": Record<string, never>;
            };
        };
    };
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    livez: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Status"];
            default: components["responses"]["Problem"];
        };
    };
    readyz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Status"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the server's own numbers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    getOpenapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1, as YAML */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/yaml": string;
                };
            };
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    stream: {
        parameters: {
            query?: never;
            header?: {
                /** @description id of the last message that was received; a browser sends it by itself */
                "Last-Event-ID"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description messages without end */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Session"];
            401: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    signIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Credentials"];
            };
        };
        responses: {
            /** @description signed in */
            200: {
                headers: {
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            429: components["responses"]["Throttled"];
            default: components["responses"]["Problem"];
        };
    };
    signOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the session is gone */
            204: {
                headers: {
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Credentials"];
            };
        };
        responses: {
            /** @description logged in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Login"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            429: components["responses"]["Throttled"];
            default: components["responses"]["Problem"];
        };
    };
    logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the token is gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    whoami: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the caller */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Whoami"];
                };
            };
            401: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description the password is changed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            429: components["responses"]["Throttled"];
            default: components["responses"]["Problem"];
        };
    };
    getOverview: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the numbers now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Overview"];
                };
            };
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listDevices: {
        parameters: {
            query?: {
                /** @description the `next` of the page before */
                cursor?: components["parameters"]["cursor"];
                /** @description most items on the page */
                limit?: components["parameters"]["limit"];
                state?: components["schemas"]["DeviceState"][];
                platform?: components["schemas"]["Platform"];
                /** @description part of the host name or the id; ASCII letters of either case */
                q?: string;
                /** @description whether the device holds its connection now */
                online?: boolean;
                /** @description as the device observes it */
                isolation?: components["schemas"]["IsolationState"][];
                condition?: components["schemas"]["DeviceCondition"][];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description one page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Device"][];
                        next?: components["schemas"]["Cursor"];
                    };
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    getDevice: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Device"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    revokeDevice: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            200: components["responses"]["Device"];
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listEnrollmentTokens: {
        parameters: {
            query?: {
                /** @description the `next` of the page before */
                cursor?: components["parameters"]["cursor"];
                /** @description most items on the page */
                limit?: components["parameters"]["limit"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description one page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["EnrollmentToken"][];
                        next?: components["schemas"]["Cursor"];
                    };
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    createEnrollmentToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewEnrollmentToken"];
            };
        };
        responses: {
            /** @description the token, this once with its secret */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EnrollmentTokenWithSecret"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    revokeEnrollmentToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: components["requestBodies"]["Nothing"];
        responses: {
            /** @description the token is refused from now on */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listAlerts: {
        parameters: {
            query?: {
                /** @description the `next` of the page before */
                cursor?: components["parameters"]["cursor"];
                /** @description most items on the page */
                limit?: components["parameters"]["limit"];
                state?: components["schemas"]["AlertState"][];
                level?: components["schemas"]["Level"][];
                /** @description id of the device */
                device?: string;
                /** @description id of the rule */
                rule?: string;
                /** @description received at or after */
                since?: components["schemas"]["Time"];
                /** @description received before */
                until?: components["schemas"]["Time"];
                /** @description part of the rule's title or the host name; ASCII letters of either case */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description one page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["AlertSummary"][];
                        next?: components["schemas"]["Cursor"];
                        /** @description Alerts that match, on the first page of a search without `q`. 10000 stands for that many or more. */
                        total?: number;
                    };
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    getAlert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Alert"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    acknowledgeAlert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Note"];
            };
        };
        responses: {
            200: components["responses"]["Alert"];
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    closeAlert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            200: components["responses"]["Alert"];
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    reopenAlert: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            200: components["responses"]["Alert"];
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listActionTypes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description all of them, on one page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ActionType"][];
                    };
                };
            };
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listActions: {
        parameters: {
            query?: {
                /** @description the `next` of the page before */
                cursor?: components["parameters"]["cursor"];
                /** @description most items on the page */
                limit?: components["parameters"]["limit"];
                /** @description id of the device */
                device?: string;
                state?: components["schemas"]["ActionState"][];
                /** @description of the type of action */
                name?: string;
                /** @description id of the order the actions belong to */
                request?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Actions"];
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    orderAction: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Order"];
            };
        };
        responses: {
            201: components["responses"]["Actions"];
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    getAction: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Action"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    cancelAction: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            200: components["responses"]["Action"];
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    confirmAction: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: components["parameters"]["id"];
            };
            cookie?: never;
        };
        requestBody?: components["requestBodies"]["Nothing"];
        responses: {
            200: components["responses"]["Action"];
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listRulesets: {
        parameters: {
            query?: {
                /** @description the `next` of the page before */
                cursor?: components["parameters"]["cursor"];
                /** @description most items on the page */
                limit?: components["parameters"]["limit"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description one page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Ruleset"][];
                        next?: components["schemas"]["Cursor"];
                    };
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    uploadRules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/yaml": string;
            };
        };
        responses: {
            /** @description in use from now on; rules that could not be compiled are named */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RulesetUpload"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listAudit: {
        parameters: {
            query?: {
                /** @description the `next` of the page before */
                cursor?: components["parameters"]["cursor"];
                /** @description most items on the page */
                limit?: components["parameters"]["limit"];
                /** @description name of the person, device or part of the system */
                actor?: string;
                /** @description kind and id, as `device:ID` */
                object?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description one page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["AuditEntry"][];
                        next?: components["schemas"]["Cursor"];
                    };
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
}
