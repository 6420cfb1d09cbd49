/* From a verified command to the action that runs: the monitor's side of respond/. Also the
 * containment that is in force, and its upkeep. */
#ifndef CORDON_AGENT_ACTIONS_H
#define CORDON_AGENT_ACTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "os/loop.h"
#include "proto/agent_msg.h"
#include "proto/command.h"

struct actions;

struct actions_hooks {
    void (*started)(void *arg, struct str action);
    void (*finished)(void *arg, const struct agent_result *r);
    /** The observed isolation changed. */
    void (*observed)(void *arg);
};

/**
 * Re-apply the containment that was in force (first of all), then be ready for commands.
 * @param folder      the root process's state folder
 * @param uplink_uid  account the lifeline is for
 * @return 0, E_IO, E_NOMEM, E_PARSE (the stored containment is damaged)
 */
int actions_new(struct loop *loop, const char *folder, uid_t uplink_uid,
                const struct actions_hooks *hooks, void *arg, struct actions **ret_actions,
                struct err *err) MUST_CHECK;
void actions_free(struct actions *a);

/** Run a command; ends with `finished`. Slices of the command are valid for this call only. */
void actions_run(struct actions *a, const struct command *c);

/** The device reached its server through the isolation of this generation: if that is the one in
 * force, it is now confirmed and no longer undoes itself. */
void actions_reached(struct actions *a, uint64_t generation);

/** Isolation as observed in the kernel. @param ret_state "isolated" or "released" */
void actions_isolation(const struct actions *a, uint64_t *ret_generation, struct str *ret_state);

/** True when the desired state of this generation, or of a later one, is in the kernel. */
bool actions_in_force(const struct actions *a, uint64_t generation);

/** Append what is wrong with containment, "" when all is well. */
void actions_trouble(const struct actions *a, struct buf *out);
/** Times that somebody else had changed the rules of containment and they were put back. */
uint64_t actions_reasserted(const struct actions *a);

#endif
