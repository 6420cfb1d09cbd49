/* The action table: everything Cordon can do to a device, one row each, as data. The server checks
 * orders against it, forms, help and API documents are made from it, and the agent binds each row
 * to one file of respond/. Also the states of an action, shared by server, store and console. */
#ifndef CORDON_SCHEMA_ACTION_H
#define CORDON_SCHEMA_ACTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/str.h"
#include "schema/permission.h"

/* X(enum, name, final, sentence): `final` states are never left */
#define ACTION_STATE_LIST(X)                                                                       \
    X(ACTION_DRAFT, "draft", false, "written, not asked for yet")                                  \
    X(ACTION_PENDING, "pending_approval", false, "waits for a second person")                      \
    X(ACTION_APPROVED, "approved", false, "a second person agreed")                                \
    X(ACTION_DENIED, "denied", true, "a second person refused")                                    \
    X(ACTION_LAPSED, "lapsed", true, "nobody approved it in time")                                 \
    X(ACTION_QUEUED, "queued", false, "signed, waits for the device")                              \
    X(ACTION_DELIVERED, "delivered", false, "the device has it")                                   \
    X(ACTION_RUNNING, "running", false, "the device runs it")                                      \
    X(ACTION_SUCCEEDED, "succeeded", true, "the wanted state was observed")                        \
    X(ACTION_FAILED, "failed", true, "the device tried and could not")                             \
    X(ACTION_REFUSED, "refused", true, "the device did not accept it")                             \
    X(ACTION_TIMED_OUT, "timed_out", true, "no outcome within its time")                           \
    X(ACTION_INTERRUPTED, "interrupted", true, "it ran, the outcome is unknown")                   \
    X(ACTION_CANCELLED, "cancelled", true, "withdrawn, or replaced by a later order")              \
    X(ACTION_EXPIRED, "expired", true, "the device did not come in time")

enum action_state {
#define ACTION_STATE_ENUM(id, name, final, doc) id,
    ACTION_STATE_LIST(ACTION_STATE_ENUM)
#undef ACTION_STATE_ENUM
        ACTION_STATE_COUNT
};

struct action_state_row {
    struct str name;
    bool final;
    struct str doc;
};

/** Who carries an action to its device. */
enum action_channel { CHANNEL_AGENT, CHANNEL_MDM, CHANNEL_SERVER };

enum { PLATFORM_MACOS = 1, PLATFORM_LINUX = 2 }; /* bits */

enum action_arg_type {
    ACTION_ARG_TEXT, /* JSON string; least and most count bytes */
    ACTION_ARG_INT,  /* JSON integer; least and most are values */
    ACTION_ARG_BOOL, /* JSON true or false */
    ACTION_ARG_LIST  /* JSON array of strings of at most 256 bytes; least and most count items */
};

enum { ACTION_LIST_ITEM_BYTES = 256, ACTION_ARGS_MOST = 8 };

struct action_arg {
    struct str name; /* key in the arguments object */
    enum action_arg_type type;
    bool required;
    int64_t least;
    int64_t most;
    struct str doc;
};

struct action_row {
    struct str name;
    const struct action_arg *args;
    size_t args_len;
    unsigned platforms; /* PLATFORM_ bits */
    enum action_channel channel;
    bool desired_state;      /* containment: carries a generation, the latest order wins */
    bool destructive;        /* always needs a second person */
    struct str reversed_by;  /* action that undoes it, or empty */
    struct str not_restored; /* what the undo cannot bring back */
    struct str unreachable;  /* what no longer works on the device afterwards */
    int64_t expires_s;       /* default life of the signed order */
    int64_t timeout_s;       /* from delivery to an outcome */
    enum permission_id permission;
    struct str doc;
    struct str example; /* arguments, valid JSON by the rules of this row */
};

enum action_id { ACTION_ISOLATE, ACTION_RELEASE, ACTION_KILL, ACTION_MESSAGE, ACTION_COUNT };

extern const struct action_row action_table[ACTION_COUNT];
extern const struct action_state_row action_state_table[ACTION_STATE_COUNT];

/** Row by name, or NULL. */
const struct action_row *action_row_find(struct str name);
/** State by name; ACTION_STATE_COUNT when there is none. */
enum action_state action_state_find(struct str name);

#endif
