/* net/http_conn under disorder: thousands of conversations cut, damaged and broken off at random
 * places, with handlers that answer in every way at every moment. Nothing may crash, leak or stay.
 */
#include "harness/test.h"

#include <sys/socket.h>
#include <unistd.h>

#include "net/http_answer.h"
#include "net/http_priv.h"
#include "os/file.h"

enum { ROUNDS = 4000, PARKED_MAX = 64 };

static const char *const templates[] = {
    "GET /send HTTP/1.1\r\nHost: a\r\n\r\n",
    "HEAD /send HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /send HTTP/1.0\r\n\r\n",
    "GET /begin HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /park HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /abort HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /collect HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "POST /collect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "POST /collect HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\nExpect: 100-continue\r\n\r\nxx",
    "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
    "chunked\r\n\r\n2;x\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
    "POST /park HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
    "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    "\x81\x83\x01\x01\x01\x01\x60\x63\x62\x89\x80\x01\x01\x01\x01\x88\x80\x01\x01\x01\x01",
};

struct world {
    struct loop *loop;
    struct http_server *server;
    uint64_t random;
    struct http_req *parked[PARKED_MAX];
    unsigned parked_count;
    unsigned requests;
    unsigned done;
    unsigned sockets_open;
    unsigned messages;
};

/* xorshift64*: the same conversations in every run. */
static unsigned draw(struct world *w, unsigned bound)
{
    w->random ^= w->random >> 12;
    w->random ^= w->random << 25;
    w->random ^= w->random >> 27;
    return (unsigned)((w->random * UINT64_C(2685821657736338717)) >> 33) % bound;
}

static void on_collected(struct http_req *req, void *arg)
{
    (void)arg;
    http_answer_send(req, 200, "text/plain", buf_str(http_req_body(req)));
}

static void on_stream_data(struct http_req *req, struct str bytes, void *arg)
{
    struct world *w = arg;
    (void)bytes;
    switch (draw(w, 6)) {
    case 0: /* pause, and go on at once: the loop must not care */
        http_req_stream_pause(req);
        http_req_stream_resume(req);
        break;
    case 1:
        http_answer_send(req, 200, NULL, STR("before the end"));
        break;
    default:
        break;
    }
}

static void on_stream_end(struct http_req *req, int rc, void *arg)
{
    (void)arg;
    http_answer_problem(req, rc ? 0 : 409, rc ? rc : E_STATE, "as it ended");
}

static const struct http_body_handler stream_handler = {on_stream_data, on_stream_end};

static void forget_parked(struct world *w, const struct http_req *req)
{
    for (unsigned i = 0; i < w->parked_count; i++) {
        if (w->parked[i] == req)
            w->parked[i] = w->parked[--w->parked_count];
    }
}

static void on_gone(struct http_req *req, void *arg)
{
    struct world *w = arg;
    if (draw(w, 2)) {
        forget_parked(w, req);
        http_answer_abort(req);
    }
}

static void on_message(struct ws_conn *ws, bool is_text, struct str payload, void *arg)
{
    struct world *w = arg;
    w->messages++;
    if (draw(w, 4) == 0)
        ws_conn_close(ws, WS_CLOSE_NORMAL, "");
    else if (draw(w, 4) == 0)
        ws_conn_abort(ws);
    else
        (void)!ws_conn_send(ws, is_text, payload);
}

static void on_ws_close(struct ws_conn *ws, uint16_t code, void *arg)
{
    struct world *w = arg;
    (void)ws;
    assert_true(code >= 1000);
    w->sockets_open--;
}

static const struct ws_conn_handler ws_handler = {.on_message = on_message,
                                                  .on_close = on_ws_close};

/* Give a request one of the endings a handler has. */
static void answer(struct world *w, struct http_req *req)
{
    struct ws_conn_options options = {.handler = &ws_handler, .arg = w};
    struct ws_conn *ws;
    switch (draw(w, 5)) {
    case 0:
        http_answer_abort(req);
        break;
    case 1:
        http_req_collect(req, 4, on_collected, w);
        break;
    case 2:
        http_answer_begin(req, 200, "text/plain", draw(w, 2) ? -1 : 3);
        (void)!http_answer_write(req, STR("abc"));
        http_answer_end(req);
        break;
    case 3:
        if (http_answer_upgrade(req, NULL, &options, &ws) == 0)
            w->sockets_open++;
        break;
    default:
        http_answer_send(req, 200, NULL, STR("late"));
        break;
    }
}

static void on_request(struct http_req *req, void *arg)
{
    struct world *w = arg;
    struct str path = http_req_path(req);
    struct ws_conn_options options = {.handler = &ws_handler, .arg = w};
    struct ws_conn *ws;
    w->requests++;
    if (str_is(path, "/collect")) {
        http_req_collect(req, 50, on_collected, w);
    } else if (str_is(path, "/stream")) {
        http_req_stream(req, 50, &stream_handler, w);
    } else if (str_is(path, "/abort")) {
        http_answer_abort(req);
    } else if (str_is(path, "/begin")) {
        http_answer_begin(req, 200, NULL, -1);
        (void)!http_answer_write(req, STR("piece"));
        http_answer_end(req);
    } else if (str_is(path, "/ws")) {
        if (http_answer_upgrade(req, NULL, &options, &ws) == 0)
            w->sockets_open++;
    } else if (str_is(path, "/park") && w->parked_count < PARKED_MAX) {
        http_req_on_gone(req, on_gone, w);
        w->parked[w->parked_count++] = req;
    } else {
        http_answer_send(req, 200, "text/plain", STR("hello"));
    }
}

static void on_done(const struct http_req *req, int status, uint64_t sent_bytes, void *arg)
{
    struct world *w = arg;
    (void)req;
    (void)status;
    (void)sent_bytes;
    w->done++;
}

static const struct http_handler handler = {on_request, on_done};

static void stop(struct loop *loop, void *arg)
{
    (void)arg;
    loop_stop(loop);
}

/* One round of the loop: what is ready, then the post. */
static void turn(struct world *w)
{
    assert_ok(loop_post(w->loop, stop, NULL));
    assert_ok(loop_run(w->loop));
}

static void make_conversation(struct world *w, struct buf *bytes)
{
    buf_clear(bytes);
    for (unsigned i = 1 + draw(w, 4); i > 0; i--)
        buf_add_cstr(bytes, templates[draw(w, (unsigned)ARRAY_LEN(templates))]);
    while (draw(w, 3) == 0)
        bytes->ptr[draw(w, (unsigned)bytes->len)] = (char)draw(w, 256);
}

static void converse(struct world *w, struct buf *bytes)
{
    static const struct listener_peer nobody = {.address = "192.0.2.1"};
    int fds[2];
    make_conversation(w, bytes);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    assert_ok(fd_set_nonblock(fds[1], true));
    assert_ok(http_conn_new(w->server, fds[1], &nobody));
    bool whole = draw(w, 4) == 0;
    for (size_t at = 0; at < bytes->len;) {
        size_t n = whole ? bytes->len : 1 + draw(w, 60);
        struct str piece = str_sub(buf_str(bytes), at, n);
        if (send(fds[0], piece.ptr, piece.len, MSG_NOSIGNAL) < 0 || draw(w, 60) == 0)
            break;
        at += piece.len;
        turn(w);
        if (w->parked_count && draw(w, 4) == 0)
            answer(w, w->parked[--w->parked_count]);
    }
    if (draw(w, 3) == 0) {
        (void)shutdown(fds[0], SHUT_WR);
        turn(w);
    }
    (void)close(fds[0]);
    turn(w);
    turn(w);
}

static void no_disorder_crashes_leaks_or_leaves_anything_behind(void **state)
{
    (void)state;
    struct world w = {.random = 20240229};
    struct err err = {0};
    CLEANUP(buf_done) struct buf bytes = {0};
    assert_ok(loop_new(&w.loop));
    struct http_server_options options = {
        .loop = w.loop, .address = "127.0.0.1", .handler = &handler, .arg = &w};
    assert_ok_err(http_server_new(&options, &w.server, &err), &err);
    for (unsigned i = 0; i < ROUNDS; i++)
        converse(&w, &bytes);
    while (w.parked_count)
        answer(&w, w.parked[--w.parked_count]);
    turn(&w);
    turn(&w);
    assert_null(w.server->conns);
    assert_int_equal(w.sockets_open, 0);
    assert_int_equal(w.done, w.requests);
    assert_true(w.requests > ROUNDS && w.messages > 50);
    http_server_free(w.server);
    loop_free(w.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_disorder_crashes_leaks_or_leaves_anything_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
