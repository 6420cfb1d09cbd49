/* One stream connection on a loop, plain TCP or TLS behind the same functions, so that no protocol
 * file knows which it has. Non-blocking, bounded write queue, deadlines. Used by http_conn and
 * ws_conn. Everything runs on the loop's thread. */
#ifndef CORDON_NET_CONN_H
#define CORDON_NET_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "os/loop.h"

struct conn;
struct tls_context;
struct tls_peer;

/* What a connection tells its user. Any callback may call any function here, conn_free included. */
struct conn_handler {
    /** Bytes arrived; valid during the call, all of them are the user's now. At most 16 KiB. */
    void (*on_data)(struct conn *c, struct str bytes, void *arg);
    /** The peer ended its side in good order; ours still works. Once, after the last on_data. */
    void (*on_eof)(struct conn *c, void *arg);
    /** A hint while reading is paused: the peer sends no more than what is not read yet. */
    void (*on_hangup)(struct conn *c, void *arg);
    /** The write queue became empty after a write did not go out at once. */
    void (*on_drain)(struct conn *c, void *arg);
    /** The deadline passed; it is off now. */
    void (*on_timeout)(struct conn *c, void *arg);
    /**
     * The connection is over: 0 after conn_finish, else E_CLOSED, E_IO, E_TIMEOUT (a write that did
     * not move), E_CRYPTO (handshake or record refused), E_NOMEM. The last call; never made from
     * inside conn_write or conn_finish. The user calls conn_free now or later.
     */
    void (*on_close)(struct conn *c, int reason, void *arg);
};

struct conn_options {
    struct loop *loop;
    int fd;                   /* connected; owned by the connection on success */
    struct tls_context *tls;  /* NULL: plain. A client context makes this the client side */
    const char *server_name;  /* client side of TLS: the name to verify */
    size_t queue_bytes_max;   /* conn_write is refused when this much already waits */
    int64_t write_timeout_ms; /* a queued write must move within this time */
    const struct conn_handler *handler;
    void *arg;
};

/** @return 0, E_NOMEM or E_IO; the descriptor stays the caller's on failure */
int conn_new(const struct conn_options *options, struct conn **ret_conn) MUST_CHECK;
/** Close at once, without any callback; queued bytes are lost. NULL is allowed. */
void conn_free(struct conn *c);

/**
 * Send the parts in order, as one write(2) or TLS record where they fit; queue what does not go out
 * at once.
 * @return 0, E_CLOSED (broken or finishing), E_LIMIT (queue full; nothing was taken), E_NOMEM (the
 *         connection is broken now and on_close follows)
 */
int conn_write(struct conn *c, const struct str *parts, unsigned count) MUST_CHECK;
/** Bytes waiting in the write queue. */
size_t conn_queued_bytes(const struct conn *c);
/** Send what is queued, end our side, drop what still arrives, then on_close(0). */
void conn_finish(struct conn *c);
/** Break it off: queued bytes are lost, on_close follows from the loop. */
void conn_abort(struct conn *c);

/** Stop and restart on_data. */
void conn_pause(struct conn *c);
void conn_resume(struct conn *c);
/** on_timeout in `delay_ms` from now; replaces the previous deadline. 0 switches it off. */
void conn_deadline(struct conn *c, int64_t delay_ms);

/** Another user takes over (protocol upgrade). */
void conn_set_handler(struct conn *c, const struct conn_handler *handler, void *arg);
/** Change what conn_write is refused at. */
void conn_set_queue_max(struct conn *c, size_t queue_bytes_max);
struct loop *conn_loop(const struct conn *c);

bool conn_is_tls(const struct conn *c);
/** Who the verified certificate of the peer names; NULL without TLS or certificate. Known from the
 * first on_data on, valid as long as the connection. */
const struct tls_peer *conn_tls_peer(const struct conn *c);
/** Append the peer's certificate. @return 0, E_NOT_FOUND (it sent none), E_NOMEM, E_LIMIT */
int conn_tls_peer_der(const struct conn *c, struct buf *out) MUST_CHECK;

#endif
