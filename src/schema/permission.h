/* The one permission vocabulary and the roles. Roles nest: each has everything of the one before
 * it, so a row names only the least role that holds it. Checked at one choke point (fleet/actor.h).
 */
#ifndef CORDON_SCHEMA_PERMISSION_H
#define CORDON_SCHEMA_PERMISSION_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/str.h"

/* X(enum, name, sentence), weakest first */
#define ROLE_LIST(X)                                                                               \
    X(ROLE_VIEWER, "viewer", "sees devices, alerts and actions")                                   \
    X(ROLE_ANALYST, "analyst", "works on alerts and reads telemetry")                              \
    X(ROLE_RESPONDER, "responder", "acts on devices")                                              \
    X(ROLE_ADMIN, "admin", "runs the installation: enrollment, rules, people, audit")              \
    X(ROLE_OWNER, "owner", "everything, the settings and other owners too")

/* X(enum, name, least role, sentence) */
#define PERMISSION_LIST(X)                                                                         \
    X(PERM_SELF, "self", ROLE_VIEWER, "see and change one's own account, sessions and tokens")     \
    X(PERM_DEVICES_READ, "devices.read", ROLE_VIEWER, "see devices and their facts")               \
    X(PERM_DEVICES_REVOKE, "devices.revoke", ROLE_ADMIN, "revoke or retire a device")              \
    X(PERM_ENROLLMENT_READ, "enrollment.read", ROLE_ADMIN, "see enrollment tokens")                \
    X(PERM_ENROLLMENT_WRITE, "enrollment.write", ROLE_ADMIN, "make and revoke enrollment tokens")  \
    X(PERM_ALERTS_READ, "alerts.read", ROLE_VIEWER, "see alerts")                                  \
    X(PERM_ALERTS_WRITE, "alerts.write", ROLE_ANALYST, "acknowledge, close and reopen alerts")     \
    X(PERM_EVENTS_READ, "events.read", ROLE_ANALYST, "read stored telemetry (personal data)")      \
    X(PERM_HUNTS_RUN, "hunts.run", ROLE_ANALYST, "hunt through stored telemetry")                  \
    X(PERM_ACTIONS_READ, "actions.read", ROLE_VIEWER, "see actions and their results")             \
    X(PERM_ACTIONS_CREATE, "actions.create", ROLE_RESPONDER,                                       \
      "order actions at all, confirm and cancel them")                                             \
    X(PERM_ACTIONS_ISOLATE, "actions.isolate", ROLE_RESPONDER, "isolate and release devices")      \
    X(PERM_ACTIONS_KILL, "actions.kill", ROLE_RESPONDER, "end processes on devices")               \
    X(PERM_ACTIONS_MESSAGE, "actions.message", ROLE_RESPONDER,                                     \
      "show a message to a device's user")                                                         \
    X(PERM_ACTIONS_APPROVE, "actions.approve", ROLE_ADMIN, "approve or deny somebody's action")    \
    X(PERM_RULES_READ, "rules.read", ROLE_VIEWER, "see rules and rulesets")                        \
    X(PERM_RULES_WRITE, "rules.write", ROLE_ADMIN, "upload and activate rulesets")                 \
    X(PERM_LISTS_READ, "lists.read", ROLE_VIEWER, "see the prevent and allow lists")               \
    X(PERM_LISTS_WRITE, "lists.write", ROLE_RESPONDER, "block and allow programs on all devices")  \
    X(PERM_AUDIT_READ, "audit.read", ROLE_ADMIN, "read and verify the audit log")                  \
    X(PERM_METRICS_READ, "metrics.read", ROLE_VIEWER, "read the server's own metrics")             \
    X(PERM_USERS_READ, "users.read", ROLE_ADMIN, "see people and their roles")                     \
    X(PERM_USERS_WRITE, "users.write", ROLE_ADMIN, "add, change and disable people below owner")   \
    X(PERM_OWNERS_WRITE, "owners.write", ROLE_OWNER, "add, change and disable owners")             \
    X(PERM_SETTINGS_READ, "settings.read", ROLE_ADMIN, "see the settings")                         \
    X(PERM_SETTINGS_WRITE, "settings.write", ROLE_OWNER, "change the settings")

enum role_id {
#define ROLE_ENUM(id, name, doc) id,
    ROLE_LIST(ROLE_ENUM)
#undef ROLE_ENUM
        ROLE_COUNT
};

enum permission_id {
#define PERMISSION_ENUM(id, name, role, doc) id,
    PERMISSION_LIST(PERMISSION_ENUM)
#undef PERMISSION_ENUM
        PERMISSION_COUNT
};

struct role_row {
    struct str name;
    struct str doc;
};

struct permission_row {
    struct str name;
    enum role_id least;
    struct str doc;
};

extern const struct role_row role_table[ROLE_COUNT];
extern const struct permission_row permission_table[PERMISSION_COUNT];

/** Role by name; ROLE_COUNT when there is none. */
enum role_id role_find(struct str name);
/** Permission by name; PERMISSION_COUNT when there is none. */
enum permission_id permission_find(struct str name);

/** Does the role hold the permission? False for anything out of range. */
static inline bool role_has(enum role_id role, enum permission_id permission)
{
    return (unsigned)role < ROLE_COUNT && (unsigned)permission < PERMISSION_COUNT &&
           role >= permission_table[permission].least;
}

#endif
