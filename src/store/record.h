/* What the store holds, as plain records. Slices of a record that was read live in the arena given
 * to the call; slices of a record being written are borrowed for the call. Times are nanoseconds
 * since 1970, 0 = never. Ids and hashes are text; JSON is text that the writer of the record has
 * checked. */
#ifndef CORDON_STORE_RECORD_H
#define CORDON_STORE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "schema/action.h"
#include "schema/permission.h"

enum { STORE_ID_BYTES = 128 }; /* longest id, in bytes */

/* ------------------------------------------------------------------ devices */

/* X(enum, name) */
#define DEVICE_STATE_LIST(X)                                                                       \
    X(DEVICE_ENROLLED, "enrolled")                                                                 \
    X(DEVICE_REVOKED, "revoked")                                                                   \
    X(DEVICE_RETIRED, "retired")

#define ISOLATION_LIST(X)                                                                          \
    X(ISOLATION_NONE, "none")                                                                      \
    X(ISOLATION_ISOLATED, "isolated")                                                              \
    X(ISOLATION_RELEASED, "released")

/* What a device's last health report says; judged where reports come in (fleet/device.h). */
#define CONDITION_LIST(X)                                                                          \
    X(CONDITION_UNKNOWN, "unknown")                                                                \
    X(CONDITION_GOOD, "good")                                                                      \
    X(CONDITION_POOR, "poor")

#define TOKEN_KIND_LIST(X)                                                                         \
    X(TOKEN_SESSION, "session")                                                                    \
    X(TOKEN_API, "api")

#define ENROLL_KIND_LIST(X)                                                                        \
    X(ENROLL_ONCE, "one-time")                                                                     \
    X(ENROLL_GROUP, "group")

#define ALERT_STATE_LIST(X)                                                                        \
    X(ALERT_OPEN, "open")                                                                          \
    X(ALERT_ACKNOWLEDGED, "acknowledged")                                                          \
    X(ALERT_CLOSED, "closed")

#define ALERT_LEVEL_LIST(X)                                                                        \
    X(ALERT_INFORMATIONAL, "informational")                                                        \
    X(ALERT_LOW, "low")                                                                            \
    X(ALERT_MEDIUM, "medium")                                                                      \
    X(ALERT_HIGH, "high")                                                                          \
    X(ALERT_CRITICAL, "critical")

#define HUNT_STATE_LIST(X)                                                                         \
    X(HUNT_QUEUED, "queued")                                                                       \
    X(HUNT_RUNNING, "running")                                                                     \
    X(HUNT_DONE, "done")                                                                           \
    X(HUNT_CANCELLED, "cancelled")                                                                 \
    X(HUNT_INTERRUPTED, "interrupted")                                                             \
    X(HUNT_FAILED, "failed")

#define SEGMENT_STATE_LIST(X)                                                                      \
    X(SEGMENT_OPEN, "open")                                                                        \
    X(SEGMENT_SEALED, "sealed")                                                                    \
    X(SEGMENT_DAMAGED, "damaged")

#define RECORD_ENUM(id, name) id,
enum device_state { DEVICE_STATE_LIST(RECORD_ENUM) DEVICE_STATE_COUNT };
enum isolation { ISOLATION_LIST(RECORD_ENUM) ISOLATION_COUNT };
enum condition { CONDITION_LIST(RECORD_ENUM) CONDITION_COUNT };
enum token_kind { TOKEN_KIND_LIST(RECORD_ENUM) TOKEN_KIND_COUNT };
enum enroll_kind { ENROLL_KIND_LIST(RECORD_ENUM) ENROLL_KIND_COUNT };
enum alert_state { ALERT_STATE_LIST(RECORD_ENUM) ALERT_STATE_COUNT };
enum alert_level { ALERT_LEVEL_LIST(RECORD_ENUM) ALERT_LEVEL_COUNT };
enum hunt_state { HUNT_STATE_LIST(RECORD_ENUM) HUNT_STATE_COUNT };
enum segment_state { SEGMENT_STATE_LIST(RECORD_ENUM) SEGMENT_STATE_COUNT };
#undef RECORD_ENUM

/** Names as the API, the database and files carry them. */
extern const struct str device_state_names[DEVICE_STATE_COUNT];
extern const struct str isolation_names[ISOLATION_COUNT];
extern const struct str condition_names[CONDITION_COUNT];
extern const struct str token_kind_names[TOKEN_KIND_COUNT];
extern const struct str enroll_kind_names[ENROLL_KIND_COUNT];
extern const struct str alert_state_names[ALERT_STATE_COUNT];
extern const struct str alert_level_names[ALERT_LEVEL_COUNT];
extern const struct str hunt_state_names[HUNT_STATE_COUNT];
extern const struct str segment_state_names[SEGMENT_STATE_COUNT];

/** Index of `name` in one of the arrays above; `len` when it is not there. */
unsigned record_name_find(const struct str *names, unsigned len, struct str name);

struct store_device {
    struct str id;
    struct str hardware_uuid; /* identity of the machine; unique among enrolled devices */
    struct str hostname;
    struct str platform; /* "macos", "linux" */
    struct str os_version;
    struct str agent_version;
    struct str address;          /* where it last came from */
    struct str cert_serial;      /* lower-case hex */
    struct str key_fingerprint;  /* SHA-256 of the certificate, lower-case hex */
    struct str next_serial;      /* certificate given out by a renewal, not used yet; or empty */
    struct str next_fingerprint; /* its SHA-256 */
    int64_t cert_expires_ns;     /* of the newest certificate given out */
    enum device_state state;
    struct str enrolled_with; /* hash of the enrollment token */
    int64_t first_seen_ns;
    int64_t last_seen_ns;
    int64_t clock_offset_ns; /* device clock minus server clock */
    struct str facts_json;   /* inventory; "{}" when nothing is known */
    struct str health_json;  /* sensor tier, losses, versions; "{}" when nothing is known */
    enum isolation isolation_desired;
    int64_t desired_generation; /* counts orders; 0 = never ordered */
    enum isolation isolation_observed;
    int64_t observed_generation; /* last generation the device reported */
    enum condition condition;    /* by health_json */
};

/** An enrollment token; the token itself is never stored. */
struct store_enroll_token {
    struct str hash; /* SHA-256 of the token, lower-case hex */
    struct str label;
    enum enroll_kind kind;
    int64_t uses_left; /* -1 = no limit */
    int64_t uses;
    int64_t created_ns;
    int64_t expires_ns; /* 0 = never */
    struct str created_by;
    bool revoked;
};

/* ------------------------------------------------------------------ people */

struct store_user {
    struct str name; /* lower case, unique */
    enum role_id role;
    struct str password_hash; /* argon2id text form */
    bool must_change_password;
    bool disabled;
    int64_t created_ns;
    struct str created_by;
    int64_t last_login_ns;
};

/** A session or an API token; the token itself is never stored. */
struct store_token {
    struct str hash; /* SHA-256 of the token, lower-case hex */
    enum token_kind kind;
    struct str user;
    struct str name; /* what the owner called it; a session's user agent */
    int64_t created_ns;
    int64_t expires_ns; /* 0 = never */
    int64_t last_used_ns;
    struct str address; /* where a session was opened */
};

/* ------------------------------------------------------------------ telemetry */

struct store_alert {
    struct str id; /* hash(device, rule, event id): repeats carry the same */
    struct str device;
    struct str rule_id;
    struct str rule_title;
    enum alert_level level;
    struct str techniques; /* comma-separated, "T1059.004,T1547" */
    int64_t time_ns;       /* device's clock */
    int64_t received_ns;
    int64_t stored_ns; /* set by the store */
    enum alert_state state;
    struct str state_by;
    int64_t state_ns;
    struct str state_reason;
    int64_t count; /* events it stands for; 0 is taken as 1 */
    struct str json;
};

/** A frame run of one committed batch: the row is the commit. */
struct store_batch_row {
    struct str device;
    uint64_t epoch;
    uint64_t sequence;
    int64_t segment;
    int64_t offset; /* bytes from the start of the segment */
    int64_t length; /* bytes of all its frames; 0 = the batch had alerts only */
    int64_t plain_length;
    int64_t events;
    int64_t alerts;
    int64_t lost; /* events the device says it lost before this batch */
    struct str sha256;
    int64_t received_ns;
    int64_t stored_ns;
};

/** What the server remembers of one spool epoch of a device. */
struct store_epoch {
    struct str device;
    uint64_t epoch;
    uint64_t last_sequence; /* highest committed */
    int64_t batches;
    int64_t events;
    int64_t missing; /* batches not seen although later ones were */
    int64_t lost;    /* events the device reported as lost */
    int64_t updated_ns;
    struct str window; /* bits of the last sequences, see epoch.h */
};

struct store_segment {
    int64_t id;
    int64_t shard;
    struct str path; /* relative to the data folder */
    enum segment_state state;
    int64_t created_ns;
    int64_t sealed_ns;
    int64_t bytes; /* committed bytes, without the footer */
    int64_t events;
    int64_t received_min_ns;
    int64_t received_max_ns;
};

/* ------------------------------------------------------------------ response, rules, audit */

struct store_action {
    struct str id;
    struct str request; /* one order to several devices shares it */
    struct str device;
    struct str name; /* row of schema/action.h */
    struct str args_json;
    enum action_state state;
    struct str reason; /* why it was ordered */
    struct str requested_by;
    int64_t requested_ns;
    struct str decided_by; /* who approved or denied, cancelled or released it */
    int64_t decided_ns;
    struct str decision; /* their reason */
    int64_t queued_ns;
    int64_t delivered_ns;
    int64_t finished_ns;
    int64_t expires_ns;     /* of the signed order */
    int64_t generation;     /* of the desired state it sets; 0 = a plain action */
    int64_t rollback_ns;    /* undo it then unless confirmed; 0 = no */
    int64_t due_ns;         /* when the sweep must look at it again; 0 = never */
    struct str result_json; /* from the device; empty until there is one */
    struct str nonce;       /* bytes */
    struct str envelope;    /* signed command bytes as they go to the device */
};

struct store_ruleset {
    struct str version; /* SHA-256 of the image, lower-case hex */
    struct str path;    /* relative to the data folder */
    int64_t bytes;
    int64_t rules;
    struct str signed_by; /* key id */
    struct str created_by;
    int64_t created_ns;
    bool active; /* at most one is */
};

/** What people put into the ruleset beside rules: an entry of the prevent lists, or an exception to
 * rules. A removed one stays as history. */
struct store_entry {
    struct str id;      /* UUID */
    struct str kind;    /* list_kind_name, or "exception" */
    struct str value;   /* of the list entry; name of the exception */
    struct str verdict; /* "deny" or "allow"; "hide" of an exception */
    struct str body;    /* of an exception: its JSON; else empty */
    struct str reason;
    struct str source;
    int64_t expires_ns; /* 0 = never */
    struct str created_by;
    int64_t created_ns;
    struct str removed_by;
    int64_t removed_ns; /* 0 = it was not removed */
    struct str removed_reason;
};

/** Alerts that an exception hid, over all enrolled devices, as they last reported. */
struct store_hidden {
    struct str name; /* of the exception */
    int64_t count;
};

/** A hunt through stored telemetry, and how far it is. */
struct store_hunt {
    struct str id;
    struct str kind;         /* "expression" or "rules" */
    struct str title;        /* the expression's beginning, or the first rule's title */
    struct str devices_json; /* list of ids; empty list = all */
    int64_t since_ns;        /* time of receipt; 0 = no bound */
    int64_t until_ns;
    enum hunt_state state;
    struct str error; /* HUNT_FAILED: why */
    struct str created_by;
    int64_t created_ns;
    int64_t started_ns;
    int64_t finished_ns;
    int64_t rules; /* that are looked for */
    int64_t segments;
    int64_t segments_done;
    int64_t bytes; /* stored */
    int64_t bytes_done;
    int64_t frames;
    int64_t frames_skipped; /* passed over unread: their keys rule a match out */
    int64_t events;         /* read */
    int64_t matches;
    int64_t results; /* kept */
    int64_t damaged;
    bool truncated;          /* there are more matches than results */
    int64_t received_min_ns; /* of what it looked at; 0 = nothing */
    int64_t received_max_ns;
    struct str detail_json; /* {"text","refused","rules"}; lists leave it empty */
};

struct store_hunt_result {
    struct str hunt;
    int64_t time_ns; /* device's clock */
    struct str id;   /* event id and rule: unique in the hunt */
    struct str rule_id;
    struct str device;
    int64_t received_ns;
    struct str json;
};

/** One entry of the audit log. Only the store sets sequence, prev and hash. */
struct store_audit {
    int64_t sequence; /* 1, 2, 3 ... without a hole */
    int64_t time_ns;
    struct str actor_kind; /* "user", "device", "system" */
    struct str actor;
    struct str address;
    struct str verb;   /* "action.isolate", "alert.close", "user.create" ... */
    struct str object; /* "device:ID", "alert:ID" ... */
    struct str detail_json;
    struct str prev; /* hash of the entry before, lower-case hex; 64 zeros for the first */
    struct str hash; /* SHA-256 of prev and the canonical row, lower-case hex */
};

enum { OVERVIEW_HOURS = 24 };

/* By the time since receipt. */
enum overview_age { AGE_HOUR, AGE_DAY, AGE_WEEK, AGE_OLDER, AGE_COUNT };

struct store_overview {
    int64_t devices[DEVICE_STATE_COUNT];
    int64_t platform_macos; /* enrolled, as the three below */
    int64_t platform_linux;
    int64_t isolated; /* observed */
    int64_t poor;     /* condition */
    int64_t alerts_open[ALERT_LEVEL_COUNT];
    int64_t alerts_open_by_age[AGE_COUNT];  /* each once: less than an hour, a day, a week, older */
    int64_t hours_from_ns;                  /* start of the first of the hours below */
    int64_t alerts_in_hour[OVERVIEW_HOURS]; /* received; the last is the running hour */
    int64_t alerts_acknowledged;
    int64_t actions_pending; /* wait for approval */
    int64_t actions_running; /* queued, delivered or running */
    int64_t events;
    int64_t batches;
    int64_t lost;
};

#endif
