/* A blocking peer for server tests: sends exact bytes over TCP or TLS, reads answers. It is
 * deliberately simple-minded and may misbehave in every way a test wants. */
#ifndef CORDON_TESTS_HARNESS_RAWPEER_H
#define CORDON_TESTS_HARNESS_RAWPEER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "codec/http1.h"

struct ssl_ctx_st;
struct ssl_st;
struct ssl_session_st;

struct rawpeer {
    int fd;
    struct ssl_ctx_st *ctx;
    struct ssl_st *ssl;
    struct buf in;   /* received and not consumed */
    struct str body; /* of the last answer; borrows from body_buf */
    struct buf body_buf;
    struct http1_head head; /* of the last answer; borrows from head_buf */
    struct buf head_buf;
};

struct rawpeer_tls {
    struct str ca_pem;
    struct str cert_pem; /* may be empty */
    struct str key_pem;
    int max_version;                /* 0: TLS 1.3 */
    struct ssl_session_st *session; /* to resume, or NULL */
    const char *alpn;               /* NULL: none */
};

/** Connect to 127.0.0.1; fails the test when TCP does not connect. */
void rawpeer_connect(struct rawpeer *p, uint16_t port);
/** TLS on top. @return true when the handshake succeeded as far as the client can tell */
bool rawpeer_start_tls(struct rawpeer *p, const struct rawpeer_tls *tls);
void rawpeer_close(struct rawpeer *p);
/** Close with a TCP reset. */
void rawpeer_reset(struct rawpeer *p);
/** End our side of TCP. */
void rawpeer_half_close(struct rawpeer *p);
/** @return true when all bytes were taken */
bool rawpeer_send(struct rawpeer *p, struct str bytes);
#define rawpeer_say(p, text) assert_true(rawpeer_send((p), str_of(text)))
/** Read some bytes into `in`. @return true, or false at the end or on an error or after 20 s */
bool rawpeer_read(struct rawpeer *p);
/** Read one whole answer into head and body. @return its status; 0 when none came */
int rawpeer_answer(struct rawpeer *p, bool of_head_request);
/** True when the server closes without sending anything more. */
bool rawpeer_at_end(struct rawpeer *p);

#endif
