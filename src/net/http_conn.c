/* One HTTP connection: cuts the bytes into requests, one in work at a time, and keeps the
 * deadlines. See http_priv.h. Everything that can happen ends in `run`, which steps until no
 * further progress is possible; a handler that answers at once is called from there and never
 * nests. */
#include <assert.h>

#include "base/mem.h"
#include "codec/http1_write.h"
#include "net/http_priv.h"
#include "net/http_problem.h"
#include "net/ws_conn_priv.h"
#include "os/clock.h"
#include "schema/param.h"

enum {
    PIPELINED_BYTES_MAX = 16384,  /* taken in advance while a request is in work */
    ANSWERS_WAITING_BYTES = 65536 /* unsent answers at which the next request must wait */
};

static void finish(struct http_conn *hc)
{
    hc->finishing = true;
    hc->view = (struct str){0};
    conn_finish(hc->conn);
}

/* Answer what is no request, and close. */
static void refuse(struct http_conn *hc, int status, int code, const char *reason)
{
    CLEANUP(buf_done) struct buf head = {0};
    CLEANUP(buf_done) struct buf body = {0};
    http_problem_write(&body, status, code, reason);
    http1_write_status(&head, status);
    http1_write_date(&head, clock_wall_ns());
    buf_add_cstr(&head, "Content-Type: " HTTP_PROBLEM_TYPE "\r\nConnection: close\r\n");
    http1_write_length(&head, body.len);
    http1_write_end(&head);
    struct str parts[] = {buf_str(&head), buf_str(&body)};
    if (buf_check(&head) || buf_check(&body) || conn_write(hc->conn, parts, 2))
        conn_abort(hc->conn);
    finish(hc);
}

/* Begin the next request. @return true when there was one */
static bool begin_request(struct http_conn *hc)
{
    if (hc->finishing)
        return false;
    if (hc->server->draining) {
        finish(hc);
        return false;
    }
    if (conn_queued_bytes(hc->conn) > ANSWERS_WAITING_BYTES)
        return false; /* on_drain comes back */
    struct http_req *req;
    struct http1_fault fault = {0};
    int rc = http_req_new(hc, &hc->scan, hc->view, &req, &fault);
    if (rc == E_AGAIN) {
        if (hc->eof)
            finish(hc);
        return false;
    }
    if (rc) {
        if (rc == E_NOMEM)
            fault = (struct http1_fault){503, NULL};
        refuse(hc, fault.status, rc, fault.reason);
        return false;
    }
    hc->view = str_sub(hc->view, http_req_head(req)->head_bytes, SIZE_MAX);
    hc->scan = (struct http1_scan){0};
    hc->in_head = false;
    hc->req = req;
    conn_deadline(hc->conn, 0);
    hc->server->options.handler->on_request(req, hc->server->options.arg);
    return true;
}

/* Put what was not used where it stays until more comes. */
static void keep_rest(struct http_conn *hc)
{
    if (hc->in.len) { /* the view is its end */
        buf_drop_front(&hc->in, hc->in.len - hc->view.len);
    } else {
        buf_clear(&hc->in);
        buf_add_str(&hc->in, hc->view);
        if (buf_check(&hc->in))
            conn_abort(hc->conn);
    }
    hc->view = (struct str){0};
    if (hc->in.len == 0)
        buf_done(&hc->in);
}

static void set_reading(struct http_conn *hc)
{
    bool body_stopped = hc->req && hc->req->body_paused;
    bool full =
        (hc->req == NULL || !http_body_wanted(hc->req)) && hc->in.len >= PIPELINED_BYTES_MAX;
    if (body_stopped || (full && (hc->req || conn_queued_bytes(hc->conn))))
        conn_pause(hc->conn);
    else
        conn_resume(hc->conn);
}

static void set_deadline(struct http_conn *hc)
{
    const struct http_server_options *o = &hc->server->options;
    if (hc->req) {
        /* A request in work has no deadline here: its handler answers for that. */
        bool waiting = http_body_wanted(hc->req) && !hc->req->body_paused;
        conn_deadline(hc->conn, waiting ? http_body_deadline_ms(hc->req) : 0);
        return;
    }
    if (conn_queued_bytes(hc->conn) > ANSWERS_WAITING_BYTES) {
        conn_deadline(hc->conn, 0); /* it waits for us; taking its answers has a deadline itself */
        return;
    }
    if (hc->in.len && hc->in_head)
        return; /* runs since the head's first byte */
    hc->in_head = hc->in.len > 0;
    conn_deadline(hc->conn, hc->in_head ? o->head_timeout_ms : o->idle_timeout_ms);
}

static void run(struct http_conn *hc)
{
    hc->pumping = true;
    bool more = true;
    while (more && hc->conn) {
        if (hc->req)
            more = http_body_feed(hc->req, &hc->view);
        else
            more = begin_request(hc);
    }
    hc->pumping = false;
    if (!hc->conn)
        return; /* a WebSocket now */
    keep_rest(hc);
    if (hc->finishing)
        return;
    set_reading(hc);
    set_deadline(hc);
}

void http_conn_pump(struct http_conn *hc)
{
    if (hc->pumping || hc->finishing || !hc->conn)
        return;
    hc->view = buf_str(&hc->in);
    run(hc);
}

void http_conn_next(struct http_conn *hc, bool keep)
{
    hc->req = NULL;
    if (keep)
        http_conn_pump(hc);
    else
        finish(hc);
}

static void on_data(struct conn *c, struct str bytes, void *arg)
{
    struct http_conn *hc = arg;
    if (hc->finishing)
        return;
    if (hc->in.len == 0) {
        hc->view = bytes; /* used where it lies; only a rest is copied */
    } else {
        buf_add_str(&hc->in, bytes);
        if (buf_check(&hc->in)) {
            conn_abort(c);
            return;
        }
        hc->view = buf_str(&hc->in);
    }
    run(hc);
}

static void on_eof(struct conn *c, void *arg)
{
    struct http_conn *hc = arg;
    (void)c;
    hc->eof = true;
    if (hc->req)
        http_req_hangup(hc->req);
    http_conn_pump(hc);
}

static void on_hangup(struct conn *c, void *arg)
{
    struct http_conn *hc = arg;
    (void)c;
    if (hc->req)
        http_req_hangup(hc->req);
}

static void on_drain(struct conn *c, void *arg)
{
    struct http_conn *hc = arg;
    (void)c;
    if (hc->req && hc->req->on_drain)
        hc->req->on_drain(hc->req, hc->req->drain_arg);
    else
        http_conn_pump(hc);
}

static void on_timeout(struct conn *c, void *arg)
{
    struct http_conn *hc = arg;
    (void)c;
    if (hc->finishing)
        return;
    if (hc->req)
        http_body_end(hc->req, E_TIMEOUT);
    else if (hc->in.len)
        refuse(hc, 408, E_TIMEOUT, "the request head did not arrive in time");
    else
        finish(hc);
}

static void on_close(struct conn *c, int reason, void *arg)
{
    (void)c;
    (void)reason;
    http_conn_free(arg);
}

static const struct conn_handler conn_callbacks = {
    .on_data = on_data,
    .on_eof = on_eof,
    .on_hangup = on_hangup,
    .on_drain = on_drain,
    .on_timeout = on_timeout,
    .on_close = on_close,
};

int http_conn_new(struct http_server *server, int fd, const struct listener_peer *peer)
{
    struct http_conn *hc = mem_calloc(1, sizeof *hc);
    if (!hc)
        return E_NOMEM;
    struct conn_options options = {
        .loop = server->options.loop,
        .fd = fd,
        .tls = server->options.tls,
        /* Streamed answers stop at half of it; what ends them must still fit. */
        .queue_bytes_max = 2 * (size_t)param_default(PARAM_HTTP_QUEUE_BYTES),
        .write_timeout_ms = server->options.write_timeout_ms,
        .handler = &conn_callbacks,
        .arg = hc,
    };
    int rc = conn_new(&options, &hc->conn);
    if (rc) {
        mem_free(hc);
        return rc;
    }
    hc->server = server;
    hc->peer = *peer;
    hc->next = server->conns;
    if (hc->next)
        hc->next->prev = hc;
    server->conns = hc;
    conn_deadline(hc->conn, server->options.head_timeout_ms);
    return 0;
}

void http_conn_free(struct http_conn *hc)
{
    if (hc->ws) {
        ws_conn_priv_cut(TAKE(hc->ws)); /* comes back here by way of its owner callback */
        return;
    }
    assert(!hc->pumping);
    struct http_server *server = hc->server;
    struct http_req *req = TAKE(hc->req);
    conn_free(TAKE(hc->conn));
    if (hc->next)
        hc->next->prev = hc->prev;
    if (hc->prev)
        hc->prev->next = hc->next;
    else
        server->conns = hc->next;
    listener_release(server->listener, &hc->peer);
    buf_done(&hc->in);
    mem_free(hc);
    if (req)
        http_req_orphan(req);
    http_server_check_drained(server);
}

void http_conn_on_ws_freed(void *owner)
{
    struct http_conn *hc = owner;
    hc->ws = NULL;
    http_conn_free(hc);
}

void http_conn_drain(struct http_conn *hc)
{
    if (hc->ws)
        ws_conn_close(hc->ws, WS_CLOSE_GOING_AWAY, "the server stops");
    else if (!hc->req && !hc->finishing)
        finish(hc);
}
