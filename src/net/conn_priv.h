/* The inside of a connection, shared by conn.c and its transports: conn_tcp.c,
 * conn_tls.c and the client's in ws_client.c. */
#ifndef CORDON_NET_CONN_PRIV_H
#define CORDON_NET_CONN_PRIV_H

#include <sys/socket.h>
#include <sys/uio.h>

#include "net/conn.h"
#include "net/tls.h"

/* Where send(2) has no such flag, conn_new sets SO_NOSIGPIPE. */
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

/* One TLS record's worth: a read of this size never leaves decrypted bytes behind in OpenSSL, so
 * the descriptor's readiness is the whole truth and reading may be paused at any time. */
enum { CONN_IO_BYTES = 16384 };

/* How bytes move. Every function returns 0, a negative code, or E_AGAIN with *ret_want (LOOP_READ
 * or LOOP_WRITE) saying what to wait for. */
struct conn_transport {
    int (*handshake)(struct conn *c, unsigned *ret_want); /* NULL: none needed */
    /* 0 with at least one byte; E_CLOSED when the peer ended in good order */
    int (*read)(struct conn *c, char *ptr, size_t cap, size_t *ret_len, unsigned *ret_want);
    int (*write)(struct conn *c, const struct iovec *iov, int count, size_t *ret_len,
                 unsigned *ret_want);
    void (*finish)(struct conn *c); /* end our side */
    void (*close)(struct conn *c);  /* free the transport's state and close the descriptor */
};

struct conn {
    const struct conn_transport *transport;
    const struct conn_handler *handler;
    void *arg;
    struct loop *loop;
    void *ssl;             /* conn_tls: SSL */
    struct tls_peer *peer; /* conn_tls: whom the certificate names, or NULL */
    void *state;           /* of another transport */
    int fd;
    int failure; /* why the connection is over, once it is */
    int depth;   /* callbacks under way: the memory must stay */
    unsigned watched;
    unsigned handshake_want;
    unsigned read_want;  /* LOOP_READ unless the transport must write before it can read */
    unsigned write_want; /* likewise */
    bool handshaking;
    bool paused;
    bool eof;
    bool hangup_told;
    bool finishing;
    bool finished; /* our side is ended */
    bool over;     /* on_close was called, or is not to be */
    bool freed;
    struct buf out; /* write queue; bytes before out_pos are sent */
    size_t out_pos;
    size_t queue_bytes_max;
    int64_t write_timeout_ms;
    int64_t write_moved_ms; /* monotonic time of the last progress */
    uint64_t write_timer;
    uint64_t deadline_timer;
    int64_t deadline_ms;       /* monotonic, 0 = off */
    int64_t deadline_timer_ms; /* when deadline_timer fires */
};

extern const struct conn_transport conn_tcp_transport;
extern const struct conn_transport conn_tls_transport;

/** Make the SSL of a connection whose fd is set. @return 0 or E_NOMEM */
int conn_tls_init(struct conn *c, struct tls_context *context, const char *server_name) MUST_CHECK;
/** Free what there is of it; the descriptor stays open. */
void conn_tls_done(struct conn *c);

/** A connection over a transport of the caller's, whose `state` is in c->state. @return as conn_new
 */
int conn_priv_new(const struct conn_options *options, const struct conn_transport *transport,
                  void *state, struct conn **ret_conn) MUST_CHECK;

#endif
