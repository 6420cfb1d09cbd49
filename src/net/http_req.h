/* One HTTP request as a handler sees it: what was asked, and the body. The answer: http_answer.h.
 *
 * Ownership: a request given to a handler (http_handler.on_request, a body callback) is the
 * handler's until it finishes it with exactly one of http_answer_send, http_answer_problem,
 * http_answer_end, http_answer_abort or http_answer_upgrade; after that it must not be touched. It
 * lives that long even when the peer disconnects or the server is freed: sending then does nothing
 * and finishing frees it. So an answer may come later, from a commit on another thread by way of
 * loop_post. While the server collects a body (http_req_collect) the request is the server's.
 * All calls are made on the loop's thread. */
#ifndef CORDON_NET_HTTP_REQ_H
#define CORDON_NET_HTTP_REQ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "codec/http1.h"
#include "net/tls.h"
#include "os/loop.h"

struct http_req;

typedef void (*http_req_fn)(struct http_req *req, void *arg);

/* ---- What was asked. Slices live as long as the request. ---- */

struct str http_req_method(const struct http_req *req);
/** Percent-decoded, rooted, without dot segments, empty segments or control bytes; "*" of OPTIONS.
 */
struct str http_req_path(const struct http_req *req);
/** The target as sent, for logs. */
struct str http_req_target(const struct http_req *req);
/** The whole head; fields by http1_find and http1_find_single. */
const struct http1_head *http_req_head(const struct http_req *req);
/**
 * Decoded value of the first query parameter of that name, kept in the request's arena.
 * @return 0, E_NOT_FOUND, E_PARSE (a malformed escape before it), E_NOMEM
 */
int http_req_query(struct http_req *req, const char *name, struct str *ret_value) MUST_CHECK;
/** Numeric address of the TCP peer. */
const char *http_req_peer_address(const struct http_req *req);
/** Whom the client certificate names; NULL without one, and after the peer is gone. */
const struct tls_peer *http_req_tls_peer(const struct http_req *req);
/** Append the client certificate. @return 0, E_NOT_FOUND, E_CLOSED (peer gone), E_NOMEM, E_LIMIT */
int http_req_tls_peer_der(const struct http_req *req, struct buf *out) MUST_CHECK;
/** Memory that dies with the request. */
struct arena *http_req_arena(struct http_req *req);
struct loop *http_req_loop(const struct http_req *req);
/** Something of the handler's, given back to `cleanup` just before the request is freed. */
void http_req_set_data(struct http_req *req, void *data, http_req_fn cleanup);
void *http_req_data(const struct http_req *req);

/* ---- The body: nothing of it is read until one of these. Either may call back before it returns,
 * and the request may be gone by then. ---- */

/**
 * Read the whole body, then call `fn` with the request, whose body is in http_req_body. Answers 413
 * by itself when it is longer than `limit_bytes`, 400 and 408 for a broken and a slow one; `fn` is
 * then not called.
 */
void http_req_collect(struct http_req *req, uint64_t limit_bytes, http_req_fn fn, void *arg);
/** The collected body; the handler may move its contents out (leave `{0}` behind). */
struct buf *http_req_body(struct http_req *req);

struct http_body_handler {
    /** Bytes of the body, valid during the call. */
    void (*on_data)(struct http_req *req, struct str bytes, void *arg);
    /** 0: complete. Else E_LIMIT, E_PARSE, E_TIMEOUT, E_CLOSED (also while paused): no more data
     * comes, and the handler finishes the request as ever, once its own work on it has ended. */
    void (*on_end)(struct http_req *req, int rc, void *arg);
};
/** Hand over the body piece by piece; the request stays the handler's. */
void http_req_stream(struct http_req *req, uint64_t limit_bytes,
                     const struct http_body_handler *handler, void *arg);
/** Back-pressure on the sender: no on_data between the two. */
void http_req_stream_pause(struct http_req *req);
void http_req_stream_resume(struct http_req *req);

/* ---- The peer. ---- */

/**
 * `fn` runs once when the peer disconnects, or ends its side, before the request is finished. It
 * may finish the request; if it does not, the handler still has to. Not called for a peer that was
 * gone before: ask http_req_is_gone first. A body that is being streamed ends with E_CLOSED
 * instead.
 */
void http_req_on_gone(struct http_req *req, http_req_fn fn, void *arg);
/** True once nobody is likely to read the answer. */
bool http_req_is_gone(const struct http_req *req);

#endif
