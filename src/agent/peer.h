/* One end of a message socket between two of the agent's processes, on this process's loop: frames
 * of codec/imsg, descriptors beside them, every message checked against the table of
 * proto/agent_msg before the handler sees it. A peer that breaks the rules, or is gone, is reported
 * once through `closed`. */
#ifndef CORDON_AGENT_PEER_H
#define CORDON_AGENT_PEER_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "os/loop.h"
#include "proto/agent_msg.h"

struct peer;

struct peer_handler {
    /**
     * One message. `fd` is -1 or a descriptor that the handler must take (TAKE_FD) or leave to be
     * closed. Must not free the peer; to end it call peer_close_soon.
     */
    void (*message)(void *arg, struct peer *p, uint16_t type, struct str body, int *fd);
    /** The connection ended; `err` says why (code E_CLOSED when the other side just left). */
    void (*closed)(void *arg, struct peer *p, const struct err *err);
};

/**
 * @param fd    stream socket, taken; made non-blocking
 * @param self  who we are  @param other  who sits at the far end
 * @param handler borrowed, static
 * @return 0, E_NOMEM, E_IO (the descriptor is closed on failure)
 */
int peer_new(struct loop *loop, int fd, enum agent_role self, enum agent_role other,
             const struct peer_handler *handler, void *arg, struct peer **ret_peer) MUST_CHECK;
/** Close the socket and free; allowed from any callback of the loop except the peer's own
 * `message`. */
void peer_free(struct peer *p);

/**
 * Queue one message. The descriptor (or -1) is duplicated. Sent in order.
 * @return 0, E_NOMEM, E_LIMIT (body or queue too large), E_CLOSED
 */
int peer_send(struct peer *p, uint16_t type, struct str body, int fd) MUST_CHECK;
/** Bytes queued and not yet handed to the kernel: the caller's back-pressure signal. */
size_t peer_queued(const struct peer *p);
/** Stop reading (true) or go on: what the far end sends then waits in the socket. */
void peer_hold(struct peer *p, bool hold);
/** Report `closed` with this reason from the loop soon. */
void peer_close_soon(struct peer *p, int code, const char *reason);

/** A connected pair of stream sockets, close-on-exec. @return 0 or E_IO */
int peer_pair(int ret_fds[2], struct err *err) MUST_CHECK;

#endif
