/* What a commit changed, told to whoever watches the store (store_config.on_commit): noted by the
 * domain calls inside a unit of work, kept only when the unit and its commit succeed. */
#ifndef CORDON_STORE_CHANGE_H
#define CORDON_STORE_CHANGE_H

#include "base/arena.h"
#include "store/record.h"

enum store_change_kind {
    CHANGE_ALERT,
    CHANGE_DEVICE,
    CHANGE_ACTION,
    CHANGE_HUNT,
    CHANGE_RULESET, /* another version is the active one */
    CHANGE_PEOPLE   /* accounts or tokens: who is logged in may not be any more */
};

/** One record that was written. Texts live in the arena of the changes. */
struct store_change {
    enum store_change_kind kind;
    bool is_new;            /* alert, device, action, hunt: it was not there before */
    struct str id;          /* empty for people; a ruleset's version */
    struct str device;      /* alert, action */
    struct str title;       /* alert: of the rule; action: its name; hunt */
    struct str request;     /* action */
    unsigned state;         /* of the kind's enumeration: alert, action, hunt */
    enum alert_level level; /* alert */
    int64_t time_ns;        /* alert: the device's clock */
    int64_t done;           /* hunt: stored bytes read or passed over, of how many, and matches */
    int64_t total;
    int64_t matches;
};

/** Most records of one commit that are listed. */
#define STORE_CHANGES_MOST 8192

/** The changes of one commit, in the order of the writes. `{0}` is valid and empty. */
struct store_changes {
    struct arena arena;
    struct store_change *items;
    size_t len;
    size_t cap;
    uint64_t alerts_more; /* new alerts that are not listed any more */
    bool incomplete;      /* something else changed that is not listed */
};

/** Where changes are cut when a unit of work is undone. */
struct store_changes_mark {
    size_t len;
    uint64_t alerts_more;
};

static inline bool store_changes_any(const struct store_changes *c)
{
    return c->len || c->alerts_more || c->incomplete;
}

/** Free the contents; empty and usable again. */
void store_changes_done(struct store_changes *c);

/* ---- for backends; NULL for `c` notes nothing. Out of memory is noted as `incomplete`. ---- */

/** `change` is borrowed for the call. */
void store_changes_add(struct store_changes *c, const struct store_change *change);
void store_changes_add_alert(struct store_changes *c, const struct store_alert *alert, bool is_new);
void store_changes_add_action(struct store_changes *c, const struct store_action *action,
                              bool is_new);

struct store_changes_mark store_changes_mark(const struct store_changes *c);
/** Forget what was noted since. */
void store_changes_cut(struct store_changes *c, struct store_changes_mark mark);

#endif
