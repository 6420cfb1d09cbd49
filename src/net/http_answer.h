/* The answer to a request. Each of send, problem, end, abort and upgrade finishes the request,
 * which must not be touched afterwards; on a peer that is gone they only free it. Loop thread only.
 */
#ifndef CORDON_NET_HTTP_ANSWER_H
#define CORDON_NET_HTTP_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "net/http_req.h"
#include "net/ws_conn.h"

/** Add a field to the answer. A value that cannot stand in a head turns the answer into a 500. */
void http_answer_header(struct http_req *req, const char *name, struct str value);
/**
 * Answer and finish. Content-Length, Date and Connection are added; an answer to HEAD is sent
 * without its body.
 * @param content_type NULL for none
 * @param body         borrowed for the call
 */
void http_answer_send(struct http_req *req, int status, const char *content_type, struct str body);
/**
 * Answer with application/problem+json (RFC 9457) and finish.
 * @param status 0: the status of the code
 * @param code   one of the error list: gives "title" and "code"
 * @param detail a sentence for people, NULL for none
 */
void http_answer_problem(struct http_req *req, int status, int code, const char *detail);

/**
 * Begin an answer whose body follows by http_answer_write, and is ended by http_answer_end.
 * @param length_bytes exact length, or -1: chunked (until close for an HTTP/1.0 peer)
 */
void http_answer_begin(struct http_req *req, int status, const char *content_type,
                       int64_t length_bytes);
/** Send a piece. @return 0, E_CLOSED (peer gone), E_LIMIT (queue full; not taken), E_NOMEM */
int http_answer_write(struct http_req *req, struct str bytes) MUST_CHECK;
/** Finish a begun answer; one shorter than announced closes the connection. */
void http_answer_end(struct http_req *req);
/** Finish without (the rest of) an answer: closes the connection at once. */
void http_answer_abort(struct http_req *req);
/** True while the peer keeps up; otherwise wait for on_drain. */
bool http_answer_writable(const struct http_req *req);
/** `fn` runs whenever the peer has caught up after http_answer_writable was false. */
void http_answer_on_drain(struct http_req *req, http_req_fn fn, void *arg);

/**
 * Answer a WebSocket handshake and finish the request: the connection lives on as *ret_ws. A
 * request that is not a proper handshake is answered with 400 or 426. The caller checks who asks
 * (certificate, token, Origin) before.
 *
 * @param protocol value for Sec-WebSocket-Protocol, NULL for none
 * @return 0, or an error when the request was answered and is finished
 */
int http_answer_upgrade(struct http_req *req, const char *protocol,
                        const struct ws_conn_options *options, struct ws_conn **ret_ws) MUST_CHECK;

#endif
