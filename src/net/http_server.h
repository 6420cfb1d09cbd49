/* HTTP/1.1 server on one loop: a listener, keep-alive connections, one request at a time on each.
 * Gives every request to its handler (the router's hook); answers by itself what cannot be a
 * request. Several loops in threads have a server each on a shared port. */
#ifndef CORDON_NET_HTTP_SERVER_H
#define CORDON_NET_HTTP_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "net/http_req.h"
#include "net/tls.h"
#include "os/loop.h"

struct http_server;

struct http_handler {
    /** A request head is complete and its path decoded; the request is the handler's. */
    void (*on_request)(struct http_req *req, void *arg);
    /** A request is finished, be it after the server was freed: for logs and metrics; may be NULL.
     * `status` is 0 when no answer was begun, `sent_bytes` counts the answer's body. */
    void (*on_done)(const struct http_req *req, int status, uint64_t sent_bytes, void *arg);
};

struct http_server_options {
    struct loop *loop;
    const char *address;     /* numeric, borrowed for the call */
    uint16_t port;           /* 0 = any free one */
    bool share_port;         /* one server per loop on the same port */
    struct tls_context *tls; /* NULL: plain; must outlive the server */
    const struct http_handler *handler;
    void *arg;
    /* 0 = the default of the parameter table (http_...) */
    int64_t head_timeout_ms;  /* handshake, and from the first byte of a head to its last */
    int64_t idle_timeout_ms;  /* between requests */
    int64_t body_timeout_ms;  /* grace; beyond it a body must come at HTTP_BODY_BYTES_PER_S */
    int64_t write_timeout_ms; /* a peer that takes nothing of an answer */
    unsigned accepts_per_s;
    unsigned connections_max;
    unsigned connections_per_address_max;
};

/** Slowest average at which a body may come once its grace is over. */
#define HTTP_BODY_BYTES_PER_S 1024

/** @return 0, E_ARG, E_DENIED, E_EXISTS (port in use), E_IO, E_NOMEM */
int http_server_new(const struct http_server_options *options, struct http_server **ret_server,
                    struct err *err) MUST_CHECK;

/**
 * Stop accepting, close idle connections, send WebSockets away (1001), let requests in work finish.
 * `fn` runs once from the loop when all connections are gone, or after `timeout_ms`, when the rest
 * is cut off. It may free the server.
 * @return 0 or E_NOMEM (nothing was begun)
 */
int http_server_drain(struct http_server *server, int64_t timeout_ms,
                      void (*fn)(struct http_server *server, void *arg), void *arg) MUST_CHECK;

/** Cut off everything. Requests that handlers still own stay valid until finished. Not from inside
 * a callback of one of its requests or WebSockets. NULL is allowed. */
void http_server_free(struct http_server *server);

uint16_t http_server_port(const struct http_server *server);
/** Connections open now, WebSockets included. */
unsigned http_server_connections(const struct http_server *server);
/** Close every connection whose client certificate has this fingerprint (lower-case hexadecimal
 * SHA-256): revocation. @return how many */
unsigned http_server_cut(struct http_server *server, struct str fingerprint_hex);

#endif
