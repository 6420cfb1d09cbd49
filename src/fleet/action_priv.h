/* Steps that the files of an action share. */
#ifndef CORDON_FLEET_ACTION_PRIV_H
#define CORDON_FLEET_ACTION_PRIV_H

#include "fleet/action.h"

/* More orders to one device than anybody gives: a device that claims more is not believed. */
#define ACTION_GENERATION_MOST (INT64_C(1) << 40)

/* States in which an action may still change something. */
#define ACTION_STATES_SENT (1u << ACTION_QUEUED | 1u << ACTION_DELIVERED | 1u << ACTION_RUNNING)
#define ACTION_STATES_OPEN                                                                         \
    (ACTION_STATES_SENT | 1u << ACTION_DRAFT | 1u << ACTION_PENDING | 1u << ACTION_APPROVED)

/**
 * Take one step of the state machine: check it, set the state and the times that follow from it,
 * write the record, audit.
 * @param action changed only on success
 * @return 0, E_STATE (not a legal step)
 */
int action_move(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                struct store_action *action, enum action_state to, struct str reason,
                struct err *err) MUST_CHECK;

/**
 * Sign an approved or new order and queue it: raises the generation and replaces earlier orders
 * when it is containment. The record must not be written yet or be in state approved.
 * @param arena owns the new nonce and envelope
 */
int action_queue(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                 const struct action_policy *policy, struct arena *arena,
                 struct store_action *action, struct err *err) MUST_CHECK;

/** Draw a nonce and sign; sets nonce and envelope. */
int action_seal(const struct action_policy *policy, struct arena *arena,
                struct store_action *action, struct err *err) MUST_CHECK;

/** A new record in state draft; texts are borrowed, ids are drawn in the arena. */
int action_draft(const struct actor *by, int64_t now_ns, const struct action_row *row,
                 struct str device, struct str args_json, struct str reason, struct arena *arena,
                 struct store_action *ret_action, struct err *err) MUST_CHECK;

/** Order one action for one device by the system itself: no approval, no guard. */
int action_order(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                 const struct action_row *row, struct str device, struct str reason,
                 const struct action_policy *policy, struct arena *arena,
                 struct err *err) MUST_CHECK;

/** The same where there is no signer: approved now, signed and queued by the next sweep. */
int action_order_later(struct store_tx *tx, int64_t now_ns, const struct action_row *row,
                       struct str device, struct str reason, struct err *err) MUST_CHECK;

typedef int (*action_each_fn)(void *arg, struct store_action *action, struct err *err);
/** Call `each` for every action the filter finds, newest first; records live in the arena. */
int action_each(struct store_tx *tx, const struct store_action_filter *filter, struct arena *arena,
                action_each_fn each, void *arg, struct err *err) MUST_CHECK;

/** The row of a stored action; never NULL for what this program wrote. */
const struct action_row *action_row_of(const struct store_action *action);
/** Does the action set the containment the device should be in now? */
bool action_is_latest(const struct store_action *action, const struct store_device *device);

#endif
