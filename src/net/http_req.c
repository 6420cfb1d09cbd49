/* Requests as handlers see them. See http_req.h. Reading a body is in http_body.c, answering in
 * http_answer.c. */
#include "net/http_req.h"

#include <assert.h>

#include "base/mem.h"
#include "codec/http_target.h"
#include "net/http_priv.h"
#include "os/clock.h"
#include "schema/param.h"

/* Most memory a handler takes from a request's arena, head included. */
enum { ARENA_BYTES_MAX = 16 * 1024 * 1024 };

static void move_slice(struct str *s, struct str from, struct str to)
{
    if (s->ptr)
        s->ptr = to.ptr + (s->ptr - from.ptr);
}

/* Copy the head's bytes into the request and let its slices borrow from there. */
static int take_head(struct http_req *req, const struct http1_head *head, struct str bytes)
{
    struct str from = str_sub(bytes, 0, head->head_bytes);
    struct str to = arena_str(&req->arena, from);
    if (!to.ptr)
        return E_NOMEM;
    memcpy(&req->head, head,
           offsetof(struct http1_head, headers) + head->header_count * sizeof head->headers[0]);
    move_slice(&req->head.method, from, to);
    move_slice(&req->head.target, from, to);
    move_slice(&req->head.host, from, to);
    for (unsigned i = 0; i < req->head.header_count; i++) {
        move_slice(&req->head.headers[i].name, from, to);
        move_slice(&req->head.headers[i].value, from, to);
    }
    return 0;
}

static int take_path(struct http_req *req, struct http1_fault *ret_fault)
{
    struct str raw;
    http_target_split(req->head.target, &raw, &req->query);
    if (str_is(raw, "*")) {
        req->path = raw;
        return 0;
    }
    CLEANUP(buf_done) struct buf path = {0};
    int rc = http_target_path(raw, &path);
    if (rc) {
        *ret_fault = (struct http1_fault){400, "the request path is malformed or ambiguous"};
        return rc;
    }
    req->path = arena_str(&req->arena, buf_str(&path));
    return req->path.ptr ? 0 : E_NOMEM;
}

static void discard(struct http_req *req)
{
    buf_done(&req->body);
    buf_done(&req->headers);
    arena_done(&req->arena);
    mem_free(req);
}

int http_req_new(struct http_conn *hc, struct http1_scan *scan, struct str bytes,
                 struct http_req **ret_req, struct http1_fault *ret_fault)
{
    struct http1_limits limits = {
        .head_bytes = (size_t)param_default(PARAM_HTTP_HEAD_BYTES),
        .line_bytes = (size_t)param_default(PARAM_HTTP_LINE_BYTES),
        .headers = (unsigned)param_default(PARAM_HTTP_HEADERS),
    };
    struct http1_head head;
    int rc = http1_request(scan, bytes, &limits, &head, ret_fault);
    if (rc)
        return rc;
    /* The head's last member, 4 KiB of header slots, is filled as far as it is used. */
    struct http_req *req = mem_alloc(sizeof *req);
    if (!req)
        return E_NOMEM;
    memset(req, 0, offsetof(struct http_req, head));
    req->arena.limit_bytes = ARENA_BYTES_MAX;
    rc = take_head(req, &head, bytes);
    if (rc == 0)
        rc = take_path(req, ret_fault);
    if (rc) {
        discard(req);
        return rc;
    }
    bool bodiless = head.body == HTTP1_BODY_NONE ||
                    (head.body == HTTP1_BODY_LENGTH && head.content_length == 0);
    req->body_state = bodiless ? HTTP_BODY_DONE : HTTP_BODY_UNREAD;
    req->hc = hc;
    req->handler = hc->server->options.handler;
    req->handler_arg = hc->server->options.arg;
    req->loop = hc->server->options.loop;
    req->close = !head.keep_alive;
    req->gone = hc->eof;
    memcpy(req->peer_address, hc->peer.address, sizeof req->peer_address);
    *ret_req = req;
    return 0;
}

void http_req_free(struct http_req *req)
{
    if (req->handler->on_done)
        req->handler->on_done(req, req->status, req->sent_bytes, req->handler_arg);
    if (req->cleanup)
        req->cleanup(req, req->data);
    discard(req);
}

static void tell_gone(struct http_req *req)
{
    req->gone = true;
    if (req->gone_told || !req->on_gone)
        return;
    req->gone_told = true;
    req->on_gone(req, req->gone_arg);
}

void http_req_orphan(struct http_req *req)
{
    req->hc = NULL;
    if (req->body_state == HTTP_BODY_COLLECTING) {
        http_req_free(req); /* its handler waits for a callback that never comes */
        return;
    }
    bool streaming = req->body_state == HTTP_BODY_STREAMING;
    req->gone = true;
    if (streaming)
        http_body_end(req, E_CLOSED);
    else
        tell_gone(req);
}

void http_req_hangup(struct http_req *req)
{
    /* A body in the course of arriving ends with E_CLOSED instead. */
    if (!http_body_wanted(req))
        tell_gone(req);
}

struct str http_req_method(const struct http_req *req)
{
    return req->head.method;
}

struct str http_req_path(const struct http_req *req)
{
    return req->path;
}

struct str http_req_target(const struct http_req *req)
{
    return req->head.target;
}

const struct http1_head *http_req_head(const struct http_req *req)
{
    return &req->head;
}

int http_req_query(struct http_req *req, const char *name, struct str *ret_value)
{
    CLEANUP(buf_done) struct buf found = {0};
    CLEANUP(buf_done) struct buf value = {0};
    struct str rest = req->query;
    for (;;) {
        int rc = http_target_param(&rest, &found, &value);
        if (rc)
            return rc;
        if (!str_is(buf_str(&found), name))
            continue;
        struct str kept = arena_str(&req->arena, buf_str(&value));
        if (!kept.ptr)
            return E_NOMEM;
        *ret_value = kept;
        return 0;
    }
}

const char *http_req_peer_address(const struct http_req *req)
{
    return req->peer_address;
}

const struct tls_peer *http_req_tls_peer(const struct http_req *req)
{
    return req->hc ? conn_tls_peer(req->hc->conn) : NULL;
}

int http_req_tls_peer_der(const struct http_req *req, struct buf *out)
{
    return req->hc ? conn_tls_peer_der(req->hc->conn, out) : E_CLOSED;
}

struct arena *http_req_arena(struct http_req *req)
{
    return &req->arena;
}

struct loop *http_req_loop(const struct http_req *req)
{
    return req->loop;
}

void http_req_set_data(struct http_req *req, void *data, http_req_fn cleanup)
{
    req->data = data;
    req->cleanup = cleanup;
}

void *http_req_data(const struct http_req *req)
{
    return req->data;
}

/* The peer holds its body back until told to send it. RFC 9110 section 10.1.1. */
static void send_continue(struct http_req *req)
{
    struct str line = STR("HTTP/1.1 100 Continue\r\n\r\n");
    if (req->head.expect_continue && conn_write(req->hc->conn, &line, 1))
        conn_abort(req->hc->conn);
}

static void begin_body(struct http_req *req, uint64_t limit_bytes, enum http_body_state state)
{
    bool has_body = req->body_state == HTTP_BODY_UNREAD;
    assert(has_body || req->body_state == HTTP_BODY_DONE);
    req->body_limit = limit_bytes;
    req->body_started_ms = clock_mono_ms();
    req->body_state = state;
    if (!req->hc) {
        http_req_orphan(req);
        return;
    }
    if (has_body && req->head.body == HTTP1_BODY_LENGTH && req->head.content_length > limit_bytes) {
        http_body_end(req, E_LIMIT); /* before a byte of it is read */
        return;
    }
    if (has_body)
        send_continue(req);
    http_conn_pump(req->hc);
}

void http_req_collect(struct http_req *req, uint64_t limit_bytes, http_req_fn fn, void *arg)
{
    req->on_body = fn;
    req->body_arg = arg;
    begin_body(req, limit_bytes, HTTP_BODY_COLLECTING);
}

struct buf *http_req_body(struct http_req *req)
{
    return &req->body;
}

void http_req_stream(struct http_req *req, uint64_t limit_bytes,
                     const struct http_body_handler *handler, void *arg)
{
    req->stream = handler;
    req->body_arg = arg;
    begin_body(req, limit_bytes, HTTP_BODY_STREAMING);
}

void http_req_stream_pause(struct http_req *req)
{
    req->body_paused = true;
    if (req->hc)
        conn_pause(req->hc->conn);
}

void http_req_stream_resume(struct http_req *req)
{
    if (!req->body_paused)
        return;
    req->body_paused = false;
    http_body_restart_clock(req);
    if (req->hc)
        http_conn_pump(req->hc);
}

void http_req_on_gone(struct http_req *req, http_req_fn fn, void *arg)
{
    req->on_gone = fn;
    req->gone_arg = arg;
}

bool http_req_is_gone(const struct http_req *req)
{
    return req->gone;
}
