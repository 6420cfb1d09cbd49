/* The monitor's two children, analyst and uplink: started by re-executing this program in another
 * role with a socket as standard input, restarted with growing pauses when they die, counted. */
#ifndef CORDON_AGENT_CHILDREN_H
#define CORDON_AGENT_CHILDREN_H

#include <stdint.h>

#include "base/err.h"
#include "os/loop.h"
#include "proto/agent_msg.h"

struct children;

struct children_handler {
    /** The child runs; `fd` (taken by the handler) is the socket to it. */
    void (*started)(void *arg, enum agent_role role, int fd);
    /** It ended (waitpid status); it is started again by itself. */
    void (*ended)(void *arg, enum agent_role role, int status);
};

/**
 * @param program  absolute path of cordon-agent
 * @param config   path of the configuration file, given to the children
 * @param handler  borrowed, static
 * @return 0, E_NOMEM, E_IO. Takes over SIGCHLD of the loop.
 */
int children_new(struct loop *loop, const char *program, const char *config,
                 const struct children_handler *handler, void *arg, struct children **ret_children,
                 struct err *err) MUST_CHECK;
/** Start both. A child that cannot be started is tried again like one that died. */
void children_start(struct children *c);
/** Kill one that misbehaves; it is then restarted as if it had died. */
void children_kill(struct children *c, enum agent_role role);
/** No restarts from now on; children_left says how many still run. */
void children_stop(struct children *c);
unsigned children_left(const struct children *c);
/** How often it was started again. */
uint64_t children_restarts(const struct children *c, enum agent_role role);
/** Kills what still runs. */
void children_free(struct children *c);

#endif
