/* What people put into the ruleset beside rules: entries of the prevent lists, and exceptions to
 * rules. Changed here, with history and audit log; compiled by whoever builds the ruleset. */
#ifndef CORDON_FLEET_ENTRY_H
#define CORDON_FLEET_ENTRY_H

#include "detect/exception.h"
#include "detect/list.h"
#include "fleet/actor.h"
#include "store/store.h"

/** Kind of a stored entry that is an exception. */
#define ENTRY_EXCEPTION "exception"

struct entry_counts {
    uint32_t added;
    uint32_t changed;  /* had another reason, source or expiry: the old one is history now */
    uint32_t repeated; /* were there exactly so */
};

/**
 * Put entries of a checked list in force; one audit entry tells of them all.
 * @param list passed list_guard, as every list that list_parse filled has
 * @return 0, E_DENIED, errors of the store
 */
int entry_add_list(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                   const struct list *list, struct entry_counts *ret_counts,
                   struct err *err) MUST_CHECK;

/**
 * Put an exception in force; one with its id is replaced.
 * @param body its JSON, as exceptions_parse reads it
 * @return 0, E_DENIED, errors of the store
 */
int entry_add_exception(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                        const struct exception *e, struct str body, struct err *err) MUST_CHECK;

/** Who the entries of the update channel are by. */
#define ENTRY_UPDATES "prevent-updates"
/** Setting: when the update in force was issued, in nanoseconds. */
#define ENTRY_ISSUED_SETTING "prevent.issued"

/**
 * Put an update of the channel in force: its entries are added, those of an earlier update that it
 * does not have any more are removed. What people added stays as it is.
 * @param list with issued_ns, later than that of the update in force
 * @return 0, E_STATE (not later: an old update must not come back), errors of the store
 */
int entry_update(struct store_tx *tx, int64_t now_ns, const struct list *list,
                 struct entry_counts *ret_counts, uint32_t *ret_removed,
                 struct err *err) MUST_CHECK;

/** @param exception what the id has to be: an exception, or an entry of a list
 * @return 0, E_NOT_FOUND, E_STATE (removed before), E_DENIED, errors of the store */
int entry_remove(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str id,
                 bool exception, struct str reason, struct err *err) MUST_CHECK;

/**
 * Everything that is not removed and has not expired, for building a ruleset.
 * @param list       appended; issued_ns is set to that of the update in force
 * @param exceptions appended: one YAML document each
 * @return 0, errors of the store, E_PARSE (a stored entry is none), E_LIMIT, E_NOMEM
 */
int entry_collect(struct store_tx *tx, int64_t now_ns, struct list *list, struct buf *exceptions,
                  struct err *err) MUST_CHECK;

#endif
