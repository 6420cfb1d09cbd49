/* Actions on devices: who may order what, the state machine, containment as desired state. One
 * table of legal transitions (action.c); every transition leaves an audit entry in the same
 * transaction. For units of work unless it says reads.
 *
 * Containment (isolate, release) is desired state: each order raises the device's generation and
 * replaces the order before; it succeeds when the device reports that generation as observed, never
 * by its mere acknowledgement, and never expires while it is the latest.
 * Source: the design, section 9. */
#ifndef CORDON_FLEET_ACTION_H
#define CORDON_FLEET_ACTION_H

#include "base/buf.h"
#include "fleet/actor.h"
#include "schema/action.h"

enum { ACTION_REASON_BYTES = 2000, ACTION_RESULT_BYTES = 65536 };

/** Makes the signed bytes of an order. Reads id, device, name, args_json, queued_ns (issued),
 * expires_ns, generation and nonce (16 bytes); appends the envelope (proto/command.h). */
struct action_signer {
    int (*seal)(void *arg, const struct store_action *action, struct buf *out, struct err *err);
    void *arg;
};

struct action_policy {
    struct action_signer signer;
    struct str own_device;   /* device id of the server's own host; empty = it has no agent */
    struct str own_hostname; /* what must be typed to isolate it */
    uint32_t devices_most;   /* more need a second person; 0 = PARAM_ACTION_DEVICES */
};

struct action_request {
    struct str name;             /* row of schema/action.h */
    const struct str *devices;   /* ids */
    size_t devices_len;          /* 1 .. PARAM_ACTION_DEVICES_MOST */
    struct str args_json;        /* empty = {} */
    struct str reason;           /* required */
    struct str confirm_hostname; /* typed to isolate the server's own host; else empty */
    int64_t expires_ns;          /* 0 = the row's default */
};

/**
 * Order an action on one or more devices: all or none.
 *
 * @param ret_actions one per device, queued or pending approval, in the arena
 * @return 0, E_ARG, E_NOT_FOUND (action or device), E_DENIED (permission, or the server's own host
 * without its typed name), E_STATE (a device is not enrolled), E_UNSUPPORTED (its platform),
 * E_LIMIT
 */
int action_create(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                  const struct action_request *request, const struct action_policy *policy,
                  struct arena *arena, struct store_action **ret_actions, size_t *ret_len,
                  struct err *err) MUST_CHECK;

/** Approve every waiting action of a request: a second person with actions.approve.
 * @return 0, E_DENIED (also the requester), E_STATE (none waits) */
int action_approve(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str request,
                   struct str reason, const struct action_policy *policy, struct arena *arena,
                   struct store_action **ret_actions, size_t *ret_len, struct err *err) MUST_CHECK;
int action_deny(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str request,
                struct str reason, struct err *err) MUST_CHECK;
/** Withdraw one that the device did not start. Containment is not cancelled but reversed (E_STATE).
 */
int action_cancel(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str id,
                  struct str reason, struct err *err) MUST_CHECK;
/** "The server is still reachable": keep an isolation that would roll back. */
int action_confirm(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str id,
                   struct err *err) MUST_CHECK;

/**
 * What a device must get now: its waiting plain actions in order of request, and the latest
 * containment order if its generation was not observed yet. Reads; expired ones are left out.
 */
int action_pending(struct store_tx *tx, struct str device, int64_t now_ns, struct arena *arena,
                   struct store_action **ret_actions, size_t *ret_len, struct err *err) MUST_CHECK;
/** queued -> delivered: the device said that it has the order (channel message "ack"). Until then
 * action_pending yields it again at every connection. Repeats are fine. */
int action_delivered(struct store_tx *tx, struct str device, struct str id, int64_t now_ns,
                     struct err *err) MUST_CHECK;
/**
 * A device's report: running, succeeded, failed, refused, interrupted or timed_out. A repeated
 * report is fine; one that comes late after timed_out or expired is kept as the result without
 * changing the state. A containment order that reports success stays running until its generation
 * is observed.
 * @return 0, E_NOT_FOUND (no such action of this device), E_STATE (not a legal step), E_LIMIT,
 * E_PARSE
 */
int action_report(struct store_tx *tx, struct str device, struct str id, enum action_state state,
                  struct str result_json, int64_t now_ns, struct err *err) MUST_CHECK;
/** The device says which containment it is in (hello, and on every change). When it has lost what
 * it had observed, the server orders it again (the next sweep signs it). When it knows a later
 * generation than the server, the server counts on from there and orders again what is wanted. */
int action_observed(struct store_tx *tx, struct str device, enum isolation isolation,
                    int64_t generation, int64_t now_ns, struct err *err) MUST_CHECK;

/** End every open action of a device that leaves: what it may have begun becomes interrupted. */
int action_close_device(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                        struct str device, struct str reason, struct err *err) MUST_CHECK;
/** The machine enrolled again while isolated: order isolation for its new record; the next sweep
 * signs it. */
int action_carry_isolation(struct store_tx *tx, int64_t now_ns, struct str device,
                           struct err *err) MUST_CHECK;

/**
 * Do what time demands: pending -> lapsed, queued -> expired, delivered or running -> timed_out,
 * unconfirmed isolation of the own host -> a release ordered by the system, the latest containment
 * order that expired undelivered -> signed anew. Call every few seconds.
 * @param ret_devices ids whose pending actions changed (tell their connections), in the arena
 */
int action_sweep(struct store_tx *tx, int64_t now_ns, const struct action_policy *policy,
                 struct arena *arena, struct str **ret_devices, size_t *ret_len,
                 struct err *err) MUST_CHECK;

/** Is this step in the table? For tests and documents. */
bool action_step_legal(enum action_state from, enum action_state to);

#endif
