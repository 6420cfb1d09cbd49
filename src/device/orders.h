/* What the root process does with a signed command, from bytes to the moment it may run: verify,
 * judge, refuse repeats, record, acknowledge. Knows nothing of sockets or of what an action does;
 * those are hooks.
 *
 * Containment is a desired state, which its generation orders: a repeat does no harm, a lost order
 * does. So when this process died between recording the latest one and bringing it into force, the
 * order is not ended but taken again when the server repeats it, and a log that cannot be written
 * (who fills the disk must not stay free) does not stop it. Any other command runs once, or not at
 * all.
 *
 * Also keeps the server's time: a signed clock command that repeats our challenge
 * sets it, so the device's own clock does not matter. */
#ifndef CORDON_DEVICE_ORDERS_H
#define CORDON_DEVICE_ORDERS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "device/cmdlog.h"
#include "proto/agent_msg.h"
#include "proto/command.h"

enum { ORDERS_CHALLENGE_CHARS = 32, ORDERS_LAST_REFUSED = 8 };

struct orders;

struct orders_hooks {
    /** The command was verified and recorded. */
    void (*ack)(void *arg, struct str action);
    /** Run it; slices are valid for the call. Ends with orders_finish, now or later. */
    void (*run)(void *arg, const struct command *c);
    /** The command's end, also of one that was refused. */
    void (*result)(void *arg, const struct agent_result *r);
    /** Something worth telling the server changed (server's time known, a refusal). */
    void (*changed)(void *arg);
    /** Is the desired state of this generation, or of a later one, in force? */
    bool (*in_force)(void *arg, uint64_t generation);
};

/**
 * @param device  this device's id, borrowed for ever
 * @param keys    keys that commands are accepted from, borrowed for ever
 * @param log     taken over
 */
int orders_new(struct str device, const struct command_key *keys, size_t keys_len,
               struct cmdlog *log, const struct orders_hooks *hooks, void *arg,
               struct orders **ret_orders) MUST_CHECK;
void orders_free(struct orders *o);

/** Report what was running when the last life of this process ended: "interrupted", or "succeeded"
 * where the desired state is in force. */
void orders_recover(struct orders *o);

/** The challenge the next clock command must repeat: 32 hex digits, new after each that was
 * accepted. */
const char *orders_challenge(const struct orders *o);

/** Handle one envelope as it came from the uplink. Never fails: what cannot be accepted is refused.
 */
void orders_receive(struct orders *o, struct str envelope);

/** End of a command that `run` was called for. */
void orders_finish(struct orders *o, const struct agent_result *r);

/** The server's time now, INT64_MIN while it was never heard. */
int64_t orders_server_now(const struct orders *o);

/** Append counters and the last refusals as members of the open JSON object. */
struct json_out;
void orders_health(const struct orders *o, struct json_out *j);

#endif
