/* A blocking peer for server tests: sends exact bytes over TCP or TLS, reads answers. It is
 * deliberately simple-minded and may misbehave in every way a test wants. */
#ifndef CORDON_TESTS_HARNESS_PEER_H
#define CORDON_TESTS_HARNESS_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "codec/http1.h"

struct ssl_ctx_st;
struct ssl_st;
struct ssl_session_st;

struct peer {
    int fd;
    struct ssl_ctx_st *ctx;
    struct ssl_st *ssl;
    struct buf in;   /* received and not consumed */
    struct str body; /* of the last answer; borrows from body_buf */
    struct buf body_buf;
    struct http1_head head; /* of the last answer; borrows from head_buf */
    struct buf head_buf;
};

struct peer_tls {
    struct str ca_pem;
    struct str cert_pem; /* may be empty */
    struct str key_pem;
    int max_version;                /* 0: TLS 1.3 */
    struct ssl_session_st *session; /* to resume, or NULL */
    const char *alpn;               /* NULL: none */
};

/** Connect to 127.0.0.1; fails the test when TCP does not connect. */
void peer_connect(struct peer *p, uint16_t port);
/** TLS on top. @return true when the handshake succeeded as far as the client can tell */
bool peer_start_tls(struct peer *p, const struct peer_tls *tls);
void peer_close(struct peer *p);
/** Close with a TCP reset. */
void peer_reset(struct peer *p);
/** End our side of TCP. */
void peer_half_close(struct peer *p);
/** @return true when all bytes were taken */
bool peer_send(struct peer *p, struct str bytes);
#define peer_say(p, text) assert_true(peer_send((p), str_of(text)))
/** Read some bytes into `in`. @return true, or false at the end or on an error or after 20 s */
bool peer_read(struct peer *p);
/** Read one whole answer into head and body. @return its status; 0 when none came */
int peer_answer(struct peer *p, bool of_head_request);
/** True when the server closes without sending anything more. */
bool peer_at_end(struct peer *p);

#endif
