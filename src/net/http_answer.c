/* Answers. See http_answer.h. A whole answer goes out as one write: head and body together. */
#include "net/http_answer.h"

#include <assert.h>

#include "codec/http1_write.h"
#include "net/http_priv.h"
#include "net/http_problem.h"
#include "net/ws_conn_priv.h"
#include "os/clock.h"
#include "schema/param.h"

/* The answer is out, or will never be: free the request, let the connection go on. */
static void finish(struct http_req *req, bool complete)
{
    struct http_conn *hc = req->hc;
    bool keep = complete && !req->close && req->body_state == HTTP_BODY_DONE;
    http_req_free(req);
    if (hc)
        http_conn_next(hc, keep);
}

void http_answer_abort(struct http_req *req)
{
    if (req->hc)
        conn_abort(req->hc->conn);
    finish(req, false);
}

void http_answer_header(struct http_req *req, const char *name, struct str value)
{
    int rc = http1_write_header(&req->headers, name, value);
    if (rc)
        req->header_error = rc;
}

static bool has_no_body(const struct http_req *req, int status)
{
    return str_is(req->head.method, "HEAD") || status == 204 || status == 304;
}

/* Will the connection be closed behind this answer? */
static bool is_last(const struct http_req *req)
{
    return req->close || req->body_state != HTTP_BODY_DONE || req->hc->server->draining;
}

/* Write the head. `length` -1: chunked or until close. @return 0, E_NOMEM */
static int write_head(struct http_req *req, int status, const char *content_type, int64_t length,
                      struct buf *out)
{
    req->status = status;
    req->answer = HTTP_ANSWER_BEGUN;
    req->answer_bodiless = has_no_body(req, status);
    req->answer_left = length;
    req->answer_chunked = length < 0 && req->head.minor_version == 1;
    if (length < 0 && !req->answer_chunked)
        req->close = true;
    http1_write_status(out, status);
    http1_write_date(out, clock_wall_ns());
    if (content_type && http1_write_header(out, "Content-Type", str_of(content_type)))
        return E_ARG;
    buf_add_str(out, buf_str(&req->headers));
    if (status != 204 && status != 304 && length >= 0)
        http1_write_length(out, (uint64_t)length);
    if (req->answer_chunked && status != 204 && status != 304)
        buf_add_cstr(out, "Transfer-Encoding: chunked\r\n");
    req->close = is_last(req);
    if (req->close)
        buf_add_cstr(out, "Connection: close\r\n");
    http1_write_end(out);
    return buf_check(&req->headers) ? buf_check(&req->headers) : buf_check(out);
}

/* A header the handler could not be allowed: answer 500 instead, without any of them. */
static void drop_headers(struct http_req *req)
{
    buf_clear(&req->headers);
    req->header_error = 0;
    req->close = true;
}

void http_answer_send(struct http_req *req, int status, const char *content_type, struct str body)
{
    assert(req->answer == HTTP_ANSWER_NONE);
    if (!req->hc) {
        req->status = status;
        finish(req, false);
        return;
    }
    if (req->header_error) {
        drop_headers(req);
        http_answer_problem(req, 500, E_INTERNAL, "the answer could not be written");
        return;
    }
    CLEANUP(buf_done) struct buf head = {0};
    int rc = write_head(req, status, content_type, (int64_t)body.len, &head);
    if (req->answer_bodiless)
        body = (struct str){0};
    struct str parts[] = {buf_str(&head), body};
    if (rc == 0)
        rc = conn_write(req->hc->conn, parts, 2);
    if (rc) {
        http_answer_abort(req);
        return;
    }
    req->sent_bytes = body.len;
    finish(req, true);
}

void http_answer_problem(struct http_req *req, int status, int code, const char *detail)
{
    CLEANUP(buf_done) struct buf body = {0};
    if (status == 0)
        status = err_http_status(code);
    http_problem_write(&body, status, code, detail);
    if (buf_check(&body))
        http_answer_abort(req);
    else
        http_answer_send(req, status, HTTP_PROBLEM_TYPE, buf_str(&body));
}

void http_answer_begin(struct http_req *req, int status, const char *content_type,
                       int64_t length_bytes)
{
    assert(req->answer == HTTP_ANSWER_NONE);
    req->answer = HTTP_ANSWER_BEGUN;
    req->status = status;
    if (!req->hc)
        return;
    if (req->header_error) {
        drop_headers(req);
        status = 500; /* its body is then the handler's, but the head says what happened */
    }
    CLEANUP(buf_done) struct buf head = {0};
    int rc = write_head(req, status, content_type, length_bytes, &head);
    struct str part = buf_str(&head);
    if (rc == 0)
        rc = conn_write(req->hc->conn, &part, 1);
    if (rc)
        conn_abort(req->hc->conn);
}

int http_answer_write(struct http_req *req, struct str bytes)
{
    assert(req->answer == HTTP_ANSWER_BEGUN);
    if (!req->hc)
        return E_CLOSED;
    if (bytes.len == 0)
        return 0;
    if (req->answer_left >= 0 && bytes.len > (uint64_t)req->answer_left)
        return E_ARG;
    if (conn_queued_bytes(req->hc->conn) >= (size_t)param_default(PARAM_HTTP_QUEUE_BYTES))
        return E_LIMIT;
    int rc = 0;
    if (req->answer_chunked && !req->answer_bodiless) {
        CLEANUP(buf_done) struct buf size = {0};
        http1_write_chunk_size(&size, bytes.len);
        struct str parts[] = {buf_str(&size), bytes, STR("\r\n")};
        rc = buf_check(&size) ? buf_check(&size) : conn_write(req->hc->conn, parts, 3);
    } else if (!req->answer_bodiless) {
        rc = conn_write(req->hc->conn, &bytes, 1);
    }
    if (rc)
        return rc;
    if (!req->answer_bodiless)
        req->sent_bytes += bytes.len;
    if (req->answer_left >= 0)
        req->answer_left -= (int64_t)bytes.len;
    return 0;
}

void http_answer_end(struct http_req *req)
{
    assert(req->answer == HTTP_ANSWER_BEGUN);
    if (!req->hc) {
        finish(req, false);
        return;
    }
    int rc = 0;
    if (req->answer_left > 0 && !req->answer_bodiless)
        rc = E_STATE;
    if (req->answer_chunked && !req->answer_bodiless) {
        CLEANUP(buf_done) struct buf last = {0};
        http1_write_last_chunk(&last);
        struct str part = buf_str(&last);
        rc = buf_check(&last) ? buf_check(&last) : conn_write(req->hc->conn, &part, 1);
    }
    if (rc)
        http_answer_abort(req);
    else
        finish(req, true);
}

bool http_answer_writable(const struct http_req *req)
{
    return req->hc && conn_queued_bytes(req->hc->conn) == 0;
}

void http_answer_on_drain(struct http_req *req, http_req_fn fn, void *arg)
{
    req->on_drain = fn;
    req->drain_arg = arg;
}

/* What a WebSocket handshake must have. RFC 6455 section 4.2.1. @return 0 or the status to answer
 */
static int check_handshake(const struct http_req *req, struct str *ret_key)
{
    struct str version = http1_find(&req->head, "Sec-WebSocket-Version");
    if (!req->head.upgrade || !http1_list_has(http1_find(&req->head, "Upgrade"), "websocket") ||
        (version.len && !str_is(version, "13")))
        return 426;
    if (!str_is(req->head.method, "GET") || req->body_state != HTTP_BODY_DONE || version.len == 0 ||
        http1_find_single(&req->head, "Sec-WebSocket-Key", ret_key) || !ws_key_valid(*ret_key))
        return 400;
    return 0;
}

static int refuse_handshake(struct http_req *req, int status)
{
    if (status == 426) {
        http_answer_header(req, "Upgrade", STR("websocket"));
        http_answer_header(req, "Sec-WebSocket-Version", STR("13"));
    }
    http_answer_problem(req, status, E_VERSION, "this call is a WebSocket handshake");
    return E_VERSION;
}

static int write_switch(struct http_req *req, struct str key, const char *protocol)
{
    char accept[WS_ACCEPT_BYTES + 1];
    int rc = ws_accept_key(key, accept);
    if (rc)
        return rc;
    CLEANUP(buf_done) struct buf head = {0};
    http1_write_status(&head, 101);
    buf_add_cstr(&head, "Upgrade: websocket\r\nConnection: Upgrade\r\n");
    rc = http1_write_header(&head, "Sec-WebSocket-Accept", str_of(accept));
    if (rc == 0 && protocol)
        rc = http1_write_header(&head, "Sec-WebSocket-Protocol", str_of(protocol));
    buf_add_str(&head, buf_str(&req->headers));
    http1_write_end(&head);
    if (rc == 0)
        rc = buf_check(&req->headers) ? buf_check(&req->headers) : buf_check(&head);
    struct str part = buf_str(&head);
    return rc ? rc : conn_write(req->hc->conn, &part, 1);
}

int http_answer_upgrade(struct http_req *req, const char *protocol,
                        const struct ws_conn_options *options, struct ws_conn **ret_ws)
{
    struct http_conn *hc = req->hc;
    if (!hc) {
        finish(req, false);
        return E_CLOSED;
    }
    struct str key = {0};
    int status = check_handshake(req, &key);
    if (status)
        return refuse_handshake(req, status);
    int rc = req->header_error ? req->header_error : write_switch(req, key, protocol);
    struct str early = hc->pumping ? hc->view : buf_str(&hc->in);
    struct ws_conn *ws = NULL;
    if (rc == 0)
        rc = ws_conn_priv_new(hc->conn, WS_SERVER, options, early, http_conn_on_ws_freed, hc, &ws);
    if (rc) {
        http_answer_abort(req);
        return rc;
    }
    req->status = 101;
    hc->req = NULL;
    hc->conn = NULL;
    hc->ws = ws;
    buf_done(&hc->in);
    http_req_free(req);
    *ret_ws = ws;
    return 0;
}
