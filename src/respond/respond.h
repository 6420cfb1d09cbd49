/* The actions an agent can carry out: one row each of schema/action.h bound to its code. The caller
 * has verified the order's signature; arguments are checked again here all the same. */
#ifndef CORDON_RESPOND_RESPOND_H
#define CORDON_RESPOND_RESPOND_H

#include <jansson.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "respond/isolation.h"
#include "schema/action.h"

/** What actions need of the process that runs them. */
struct respond_env {
    struct isolation *isolation; /* for isolate and release */
    uint64_t generation;         /* of the desired state an order sets; 0 = a plain action */
    uint32_t lifeline_uid;       /* account of the uplink */
    pid_t own_root;              /* top of the agent's process tree */
};

/** One action; each lies in a file of its own. */
struct respond_handler {
    enum action_id action;
    /** Check what a row cannot say. Changes nothing. @return 0, E_ARG */
    int (*check)(const json_t *args, struct err *err);
    /**
     * Carry it out on checked arguments.
     * @param result an object to which what was done is added, also on failure
     */
    int (*run)(const struct respond_env *env, const json_t *args, json_t *result, struct err *err);
};

extern const struct respond_handler isolate_handler;
extern const struct respond_handler release_handler;
extern const struct respond_handler kill_handler;
extern const struct respond_handler message_handler;

/** All of them, ending with NULL. */
extern const struct respond_handler *const respond_table[];
/** By the action's name, or NULL. */
const struct respond_handler *respond_find(struct str action);

/** Check name and arguments. @return 0, E_NOT_FOUND (no such action), E_ARG, E_PARSE, E_LIMIT,
 * E_NOMEM */
int respond_check(struct str action, struct str args_json, struct err *err) MUST_CHECK;

/**
 * Check and carry out. May block: see the action's header; all stay below 25 s, kill and message
 * below 5 s as a rule.
 *
 * @param result what was done, appended as one JSON object; also on failure ({} when nothing was)
 * @return as respond_check, or what the action says
 */
int respond_run(const struct respond_env *env, struct str action, struct str args_json,
                struct buf *result, struct err *err) MUST_CHECK;

#endif
