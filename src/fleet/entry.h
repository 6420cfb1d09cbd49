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

/** @param exception what the id has to be: an exception, or an entry of a list
 * @return 0, E_NOT_FOUND, E_STATE (removed before), E_DENIED, errors of the store */
int entry_remove(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str id,
                 bool exception, struct str reason, struct err *err) MUST_CHECK;

/**
 * Everything that is not removed and has not expired, for building a ruleset.
 * @param list       appended
 * @param exceptions appended: one YAML document each
 * @return 0, errors of the store, E_PARSE (a stored entry is none), E_LIMIT, E_NOMEM
 */
int entry_collect(struct store_tx *tx, int64_t now_ns, struct list *list, struct buf *exceptions,
                  struct err *err) MUST_CHECK;

#endif
