/* Server thread for tests. See http_fixture.h. */
#include "harness/http_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "harness/test.h"

enum { FLOOD_BYTES = 64 * 1024 * 1024, FLOOD_PIECE = 65536 };

static void echo(struct http_req *req, void *arg)
{
    (void)arg;
    http_answer_send(req, 200, "text/plain", buf_str(http_req_body(req)));
}

static void answer_number(struct http_req *req, uint64_t n)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    http_answer_send(req, 200, "text/plain", str_of(text));
}

static void count_data(struct http_req *req, struct str bytes, void *arg)
{
    (void)arg;
    uint64_t *count = http_req_data(req);
    *count += bytes.len;
}

static void count_end(struct http_req *req, int rc, void *arg)
{
    struct http_fixture *f = arg;
    const uint64_t *count = http_req_data(req);
    loop_timer_cancel(http_req_loop(req), count[1]); /* the end may come while paused */
    atomic_store(&f->stream_rc, rc);
    if (rc)
        http_answer_problem(req, 0, rc, "the body broke");
    else
        answer_number(req, *count);
}

static const struct http_body_handler counter = {count_data, count_end};

static void on_parked_gone(struct http_req *req, void *arg)
{
    struct http_fixture *f = arg;
    (void)req;
    (void)sem_post(&f->gone_sem);
}

static void park(struct http_fixture *f, struct http_req *req)
{
    f->parked = req;
    http_req_on_gone(req, on_parked_gone, f);
    (void)sem_post(&f->parked_sem);
}

static void send_chunks(struct http_req *req)
{
    struct str n = {0};
    int64_t count = 0;
    if (http_req_query(req, "n", &n) == 0)
        (void)!str_to_i64(n, &count);
    http_answer_begin(req, 200, "text/plain", -1);
    for (int64_t i = 0; i < count; i++)
        (void)!http_answer_write(req, STR("piece "));
    http_answer_end(req);
}

static void send_big(struct http_req *req)
{
    struct str n = {0};
    int64_t size = 0;
    if (http_req_query(req, "n", &n) == 0)
        (void)!str_to_i64(n, &size);
    CLEANUP(buf_done) struct buf body = {0};
    for (int64_t i = 0; i < size; i++)
        buf_add_char(&body, (char)('a' + i % 26));
    http_answer_send(req, 200, "text/plain", buf_str(&body));
}

static void flood(struct http_req *req, void *arg)
{
    static const char zeros[FLOOD_PIECE];
    uint64_t *sent = http_req_data(req);
    (void)arg;
    while (*sent < FLOOD_BYTES && http_answer_writable(req)) {
        if (http_answer_write(req, str_n(zeros, sizeof zeros)))
            break;
        *sent += sizeof zeros;
    }
    if (*sent >= FLOOD_BYTES)
        http_answer_end(req);
}

static void flood_gone(struct http_req *req, void *arg)
{
    struct http_fixture *f = arg;
    (void)sem_post(&f->gone_sem);
    http_answer_abort(req);
}

/* More than the queue takes: what was accepted must arrive whole, end included. */
static void spill(struct http_req *req)
{
    static const char zeros[FLOOD_PIECE];
    http_answer_begin(req, 200, NULL, -1);
    int rc = 0;
    for (int sent = 0; rc == 0 && sent < FLOOD_BYTES; sent += FLOOD_PIECE)
        rc = http_answer_write(req, str_n(zeros, sizeof zeros));
    http_answer_end(req);
}

static void go_on(struct loop *loop, void *arg)
{
    (void)loop;
    http_req_stream_resume(arg);
}

static void count_slowly(struct http_req *req, struct str bytes, void *arg)
{
    count_data(req, bytes, arg);
    http_req_stream_pause(req);
    uint64_t *timer = (uint64_t *)http_req_data(req) + 1;
    *timer = loop_timer(http_req_loop(req), 2, go_on, req);
}

static const struct http_body_handler slow_counter = {count_slowly, count_end};

static void collect_now(struct loop *loop, void *arg)
{
    struct http_req *req = arg;
    (void)loop;
    http_req_collect(req, 65536, echo, NULL);
}

/* Ask for the body only after a while. */
static void collect_later(struct http_req *req)
{
    struct str ms = {0};
    int64_t delay_ms = 0;
    if (http_req_query(req, "ms", &ms) == 0)
        (void)!str_to_i64(ms, &delay_ms);
    (void)loop_timer(http_req_loop(req), delay_ms, collect_now, req);
}

static void who(struct http_req *req)
{
    const struct tls_peer *peer = http_req_tls_peer(req);
    CLEANUP(buf_done) struct buf der = {0};
    CLEANUP(buf_done) struct buf text = {0};
    if (peer && http_req_tls_peer_der(req, &der) == 0)
        buf_addf(&text, "%s %s %zu", peer->common_name, peer->fingerprint_hex, der.len);
    else
        buf_addf(&text, "nobody at %s", http_req_peer_address(req));
    http_answer_send(req, 200, "text/plain", buf_str(&text));
}

static void resume_ws(struct loop *loop, void *arg)
{
    (void)loop;
    ws_conn_resume(arg);
}

static void on_message(struct ws_conn *ws, bool is_text, struct str payload, void *arg)
{
    struct http_fixture *f = arg;
    atomic_fetch_add(&f->messages, 1);
    if (str_is(payload, "close")) {
        ws_conn_close(ws, 4001, "as you wish");
    } else if (str_is(payload, "pause")) {
        ws_conn_pause(ws);
        (void)loop_timer(ws_conn_loop(ws), 50, resume_ws, ws);
    } else {
        (void)!ws_conn_send(ws, is_text, payload);
    }
}

static void on_ws_close(struct ws_conn *ws, uint16_t code, void *arg)
{
    struct http_fixture *f = arg;
    (void)ws;
    atomic_store(&f->ws_code, code);
    (void)sem_post(&f->closed_sem);
}

static const struct ws_conn_handler ws_handler = {.on_message = on_message,
                                                  .on_close = on_ws_close};

static void upgrade(struct http_fixture *f, struct http_req *req)
{
    struct ws_conn *ws;
    f->ws_options.handler = &ws_handler;
    f->ws_options.arg = f;
    (void)!http_answer_upgrade(req, "cordon.test", &f->ws_options, &ws);
}

static void count_cleanup(struct http_req *req, void *data)
{
    struct http_fixture *f = data;
    (void)req;
    atomic_fetch_add(&f->cleaned, 1);
}

static void on_request(struct http_req *req, void *arg)
{
    struct http_fixture *f = arg;
    struct str path = http_req_path(req);
    struct str method = http_req_method(req);
    uint64_t *number = arena_array(http_req_arena(req), 2, sizeof *number); /* count, timer */
    if (!number) {
        http_answer_problem(req, 0, E_NOMEM, NULL);
        return;
    }
    if (!str_is(method, "GET") && !str_is(method, "HEAD") && !str_is(method, "POST")) {
        http_answer_header(req, "Allow", STR("GET, HEAD, POST"));
        http_answer_problem(req, 405, E_UNSUPPORTED, NULL);
    } else if (str_is(path, "/hello")) {
        http_answer_send(req, 200, "text/plain", STR("hello"));
    } else if (str_is(path, "/echo")) {
        http_req_collect(req, 65536, echo, f);
    } else if (str_is(path, "/count")) {
        http_req_set_data(req, number, NULL);
        http_req_stream(req, UINT64_C(1) << 30, &counter, f);
    } else if (str_is(path, "/park")) {
        park(f, req);
    } else if (str_is(path, "/chunks")) {
        send_chunks(req);
    } else if (str_is(path, "/big")) {
        send_big(req);
    } else if (str_is(path, "/flood")) {
        http_req_set_data(req, number, NULL);
        http_answer_begin(req, 200, NULL, FLOOD_BYTES);
        http_answer_on_drain(req, flood, f);
        http_req_on_gone(req, flood_gone, f);
        flood(req, f);
    } else if (str_is(path, "/slow")) {
        http_req_set_data(req, number, NULL);
        http_req_stream(req, UINT64_C(1) << 30, &slow_counter, f);
    } else if (str_is(path, "/later")) {
        collect_later(req);
    } else if (str_is(path, "/spill")) {
        spill(req);
    } else if (str_is(path, "/who")) {
        who(req);
    } else if (str_is(path, "/split")) {
        http_answer_header(req, "X-Evil", STR("a\r\nSet-Cookie: b"));
        http_answer_send(req, 200, NULL, STR("never"));
    } else if (str_is(path, "/ws")) {
        upgrade(f, req);
    } else if (str_is(path, "/data")) {
        http_req_set_data(req, f, count_cleanup);
        http_req_collect(req, 100, echo, f);
    } else {
        http_answer_problem(req, 0, E_NOT_FOUND, "no such place");
    }
}

static void on_done(const struct http_req *req, int status, uint64_t sent_bytes, void *arg)
{
    struct http_fixture *f = arg;
    (void)req;
    (void)sent_bytes;
    atomic_store(&f->last_status, status);
    atomic_fetch_add(&f->done, 1);
}

static const struct http_handler handler = {on_request, on_done};

void http_fixture_init(struct http_fixture *f, struct tls_context *tls)
{
    *f = (struct http_fixture){0};
    assert_ok(loop_new(&f->loop));
    (void)sem_init(&f->parked_sem, 0, 0);
    (void)sem_init(&f->gone_sem, 0, 0);
    (void)sem_init(&f->closed_sem, 0, 0);
    (void)sem_init(&f->drained_sem, 0, 0);
    f->options = (struct http_server_options){
        .loop = f->loop, .address = "127.0.0.1", .tls = tls, .handler = &handler, .arg = f};
}

static void *run(void *arg)
{
    struct http_fixture *f = arg;
    sigset_t pipe_set;
    (void)sigemptyset(&pipe_set);
    (void)sigaddset(&pipe_set, SIGPIPE);
    (void)pthread_sigmask(SIG_UNBLOCK, &pipe_set, NULL); /* a server that raises it dies here */
    (void)!loop_run(f->loop);
    return NULL;
}

void http_fixture_start(struct http_fixture *f)
{
    struct err err = {0};
    assert_ok_err(http_server_new(&f->options, &f->server, &err), &err);
    assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
    f->running = true;
}

static void stop(struct loop *loop, void *arg)
{
    struct http_fixture *f = arg;
    http_server_free(f->server);
    if (f->parked)
        http_answer_abort(f->parked);
    loop_stop(loop);
}

void http_fixture_stop(struct http_fixture *f)
{
    if (f->running) {
        assert_ok(loop_post(f->loop, stop, f));
        (void)pthread_join(f->thread, NULL);
    } else {
        http_server_free(f->server);
    }
    loop_free(f->loop);
    (void)sem_destroy(&f->parked_sem);
    (void)sem_destroy(&f->gone_sem);
    (void)sem_destroy(&f->closed_sem);
    (void)sem_destroy(&f->drained_sem);
}

struct call {
    loop_fn fn;
    void *arg;
    sem_t done;
};

static void run_call(struct loop *loop, void *arg)
{
    struct call *call = arg;
    call->fn(loop, call->arg);
    (void)sem_post(&call->done);
}

void http_fixture_call(struct http_fixture *f, loop_fn fn, void *arg)
{
    struct call call = {.fn = fn, .arg = arg};
    (void)sem_init(&call.done, 0, 0);
    assert_ok(loop_post(f->loop, run_call, &call));
    http_fixture_wait(&call.done);
    (void)sem_destroy(&call.done);
}

static void unpark(struct loop *loop, void *arg)
{
    struct http_fixture *f = arg;
    (void)loop;
    struct http_req *req = TAKE(f->parked);
    http_answer_send(req, 200, "text/plain", STR("unparked"));
}

void http_fixture_unpark(struct http_fixture *f)
{
    http_fixture_call(f, unpark, f);
}

uint16_t http_fixture_port(const struct http_fixture *f)
{
    return http_server_port(f->server);
}

void http_fixture_wait(sem_t *sem)
{
    struct timespec limit;
    (void)clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 20;
    assert_int_equal(sem_timedwait(sem, &limit), 0);
}

void http_fixture_wait_done(struct http_fixture *f, int count)
{
    struct timespec pause = {.tv_nsec = 1000000};
    for (int i = 0; i < 20000 && atomic_load(&f->done) < count; i++)
        (void)nanosleep(&pause, NULL);
    assert_int_equal(atomic_load(&f->done), count);
}
