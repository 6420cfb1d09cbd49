/* An open WebSocket over a connection: whole messages in, frames out, a ping that finds dead peers,
 * the closing handshake. Used by the device channel and the console's event stream. Loop thread
 * only. Source: RFC 6455. */
#ifndef CORDON_NET_WS_CONN_H
#define CORDON_NET_WS_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "codec/ws.h"
#include "net/tls.h"
#include "os/loop.h"

struct conn;
struct ws_conn;

struct ws_conn_handler {
    /** A whole message; the payload is valid during the call. */
    void (*on_message)(struct ws_conn *ws, bool is_text, struct str payload, void *arg);
    /** The write queue is empty again after ws_conn_send filled it; may be NULL. */
    void (*on_drain)(struct ws_conn *ws, void *arg);
    /**
     * It is over; the last call, once, never from inside ws_conn_send or ws_conn_close. The
     * ws_conn is freed when this returns.
     * @param code the peer's close code, or ours when it never answered, WS_CLOSE_ABNORMAL when the
     *             connection broke or a ping went unanswered
     */
    void (*on_close)(struct ws_conn *ws, uint16_t code, void *arg);
    /** The peer answered a ping, this or the timer's (empty); may be NULL. */
    void (*on_pong)(struct ws_conn *ws, struct str payload, void *arg);
};

struct ws_conn_options {
    const struct ws_conn_handler *handler;
    void *arg;
    /* 0 = the default of the parameter table */
    size_t message_bytes_max; /* ws_message_bytes */
    int64_t ping_ms;          /* ping_interval; a peer silent for two of them is dead */
    size_t queue_bytes_max;   /* ws_queue_bytes: ws_conn_send is refused beyond */
};

/** @return 0, E_CLOSED (over or closing), E_LIMIT (queue full; not taken), E_NOMEM */
int ws_conn_send(struct ws_conn *ws, bool is_text, struct str payload) MUST_CHECK;
/** Send a ping of one's own; on_pong tells the answer. @param payload at most 125 bytes
 * @return as ws_conn_send */
int ws_conn_ping(struct ws_conn *ws, struct str payload) MUST_CHECK;
/** Bytes not taken by the peer yet. */
size_t ws_conn_queued_bytes(const struct ws_conn *ws);
/** Begin the closing handshake; on_close follows within seconds. Messages that still arrive are
 * dropped. Calling it again does nothing. */
void ws_conn_close(struct ws_conn *ws, uint16_t code, const char *reason);
/** Break it off without a word; on_close follows from the loop. */
void ws_conn_abort(struct ws_conn *ws);
/** Back-pressure on the peer: no on_message between the two. */
void ws_conn_pause(struct ws_conn *ws);
void ws_conn_resume(struct ws_conn *ws);

void *ws_conn_arg(const struct ws_conn *ws);
struct loop *ws_conn_loop(const struct ws_conn *ws);
/** Whom the client certificate names, or NULL; lives as long as the ws_conn. */
const struct tls_peer *ws_conn_tls_peer(const struct ws_conn *ws);
/** Milliseconds between the last ping and its pong; -1 before the first. */
int64_t ws_conn_round_trip_ms(const struct ws_conn *ws);

#endif
