/* HTTP client over libcurl: the command line, the agent's calls, outputs. Blocking; proxies of the
 * environment or of the options are used. One http_client is one place to call from: an identity, a
 * trust, time limits, and the TLS sessions that make reconnecting cheap. ws_client connects with
 * one too. Redirects are not followed: an API that moves is a mistake to be told. */
#ifndef CORDON_NET_HTTP_CLIENT_H
#define CORDON_NET_HTTP_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "net/tls.h"

struct http_client;

struct http_client_options {
    /** Trust and identity, TLS 1.3; copied. NULL: the system's authorities, TLS 1.2 and later. */
    const struct tls_client_options *tls;
    const char *proxy;          /* "http://host:port"; NULL: the environment's; "": none */
    const char *user_agent;     /* NULL: "cordon/<version>" */
    int64_t connect_timeout_ms; /* 0: 15 s; name, TCP, proxy and TLS together */
    int64_t timeout_ms;         /* 0: 60 s; of a whole call */
    bool http2;                 /* allow HTTP/2 (APNs); else HTTP/1.1 */
};

/** @return 0, E_PARSE or E_CRYPTO (the PEM texts), E_NOMEM, E_INTERNAL (libcurl) */
int http_client_new(const struct http_client_options *options, struct http_client **ret_client,
                    struct err *err) MUST_CHECK;
/** After everything that was connected with it. NULL is allowed. */
void http_client_free(struct http_client *client);
/** For CLEANUP(http_client_freep). */
void http_client_freep(struct http_client **client);

struct http_client_header {
    const char *name;
    struct str value;
};

/** The next bytes of a request body. @return how many, at most `cap`; 0 at the end; SIZE_MAX to
 * give up */
typedef size_t (*http_client_read_fn)(char *ptr, size_t cap, void *arg);
/** Bytes of an answer's body, of a 2xx answer only. @return 0, or an error to stop with */
typedef int (*http_client_write_fn)(struct str bytes, void *arg);

struct http_client_request {
    const char *method; /* NULL: GET */
    const char *url;    /* http:// or https:// */
    const struct http_client_header *headers;
    size_t header_count;
    const char *content_type; /* of the body, or NULL */
    struct str body;          /* borrowed; used when `read` is NULL */
    http_client_read_fn read; /* with read_bytes: a body too large to hold */
    void *read_arg;
    uint64_t read_bytes;
    http_client_write_fn write; /* NULL: the answer's body is collected */
    void *write_arg;
    uint64_t answer_bytes_max; /* 0: 16 MiB when collected, no limit with `write` */
    int64_t timeout_ms;        /* 0: the client's */
};

/** `{0}` before use; each call frees what the one before left. */
struct http_client_answer {
    int status;
    struct buf body;    /* collected; that of an error in any case, at most 64 KiB of it */
    struct buf headers; /* "name: value\n" each, of the final answer */
};

/**
 * Call and wait.
 *
 * @param ret_answer filled on 0, whatever the status
 * @param err        names the host and what failed
 * @return 0, E_CONNECT (name, TCP or proxy), E_CRYPTO (TLS or certificate), E_TIMEOUT, E_LIMIT (the
 *         answer is too long), E_CLOSED, E_ARG (URL or header), E_IO, E_NOMEM, or what `write` said
 */
int http_client_call(struct http_client *client, const struct http_client_request *request,
                     struct http_client_answer *ret_answer, struct err *err) MUST_CHECK;
/** Value of a field of the answer, without case; {NULL, 0} when there is none. */
struct str http_client_find(const struct http_client_answer *answer, const char *name);
/** For CLEANUP(http_client_answer_done). */
void http_client_answer_done(struct http_client_answer *answer);

#endif
