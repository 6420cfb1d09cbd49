/* server/stream over a real loop, store and sockets: who is told what, and when a stream ends. */
#include "harness/test.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>

#include "harness/rawpeer.h"
#include "harness/store.h"
#include "server/channels.h"
#include "server/handlers.h"
#include "server/stream.h"

#define SESSION "1111111111111111111111111111111111111111111111111111111111111111"
#define OTHER   "2222222222222222222222222222222222222222222222222222222222222222"

enum { STREAM_ID_HEADER_BYTES = 96 };

/** A server with nothing but a stream: GET /stream with the session and role that headers name. */
struct fixture {
    struct test_store t;
    struct arena arena;
    struct server_config config;
    struct server server;
    pthread_t thread;
};

static void on_request(struct http_req *req, void *arg)
{
    struct fixture *f = arg;
    struct call *c = arena_alloc(http_req_arena(req), sizeof *c);
    struct str session = http1_find(http_req_head(req), "session");
    assert_non_null(c);
    c->server = &f->server;
    c->req = req;
    c->actor.role = http1_find(http_req_head(req), "nobody").ptr ? ROLE_COUNT : ROLE_VIEWER;
    memcpy(c->token_hash, session.len ? session.ptr : SESSION, HASH_HEX_BYTES - 1);
    stream_open(c);
}

static const struct http_handler handler = {on_request, NULL};

static void *run_loop(void *arg)
{
    struct fixture *f = arg;
    assert_ok(loop_run(f->server.loop));
    return NULL;
}

static int put_people(struct store_tx *tx, void *arg, struct err *err)
{
    (void)arg;
    const struct store_user user = {
        .name = STR("u"), .role = ROLE_VIEWER, .password_hash = STR("x")};
    struct store_token token = {.kind = TOKEN_API, .user = STR("u"), .created_ns = 1};
    token.expires_ns = INT64_MAX;
    int rc = store_user_put(tx, &user, err);
    token.hash = STR(SESSION);
    if (!rc)
        rc = store_token_put(tx, &token, err);
    token.hash = STR(OTHER);
    return rc ? rc : store_token_put(tx, &token, err);
}

static int start(void **state)
{
    static struct fixture f;
    struct err err = {0};
    f = (struct fixture){.server = {.config = &f.config}};
    assert_ok_err(server_config_load(NULL, &f.arena, &f.config, &err), &err);
    f.config.stream_messages = STR("64");
    assert_ok(loop_new(&f.server.loop));
    assert_ok_err(stream_new(&f.server, &f.server.stream, &err), &err);
    test_store_open(&f.t);
    test_store_add_device(&f.t, "dev-1"); /* before anybody watches */
    f.t.config.on_commit = stream_commit;
    f.t.config.on_commit_arg = f.server.stream;
    test_store_reopen(&f.t);
    f.server.store = f.t.store;
    test_store_write(&f.t, put_people, NULL);
    assert_ok(channels_new(&f.server, &f.server.channels));
    struct http_server_options options = {
        .loop = f.server.loop, .address = "127.0.0.1", .handler = &handler, .arg = &f};
    assert_ok_err(http_server_new(&options, &f.server.admin, &err), &err);
    assert_int_equal(pthread_create(&f.thread, NULL, run_loop, &f), 0);
    *state = &f;
    return 0;
}

struct posted {
    void (*fn)(struct fixture *f);
    struct fixture *f;
    sem_t done;
};

static void run_posted(struct loop *loop, void *arg)
{
    struct posted *p = arg;
    (void)loop;
    p->fn(p->f);
    (void)sem_post(&p->done);
}

/* Run on the loop's thread, and wait until it has run. */
static void on_loop(struct fixture *f, void (*fn)(struct fixture *f))
{
    struct posted p = {.fn = fn, .f = f};
    assert_int_equal(sem_init(&p.done, 0, 0), 0);
    assert_ok(loop_post(f->server.loop, run_posted, &p));
    while (sem_wait(&p.done) != 0)
        ;
    (void)sem_destroy(&p.done);
}

static void stream_close_all(struct fixture *f)
{
    stream_close(f->server.stream);
}

static void stop_loop(struct fixture *f)
{
    loop_stop(f->server.loop);
}

static int stop(void **state)
{
    struct fixture *f = *state;
    on_loop(f, stop_loop);
    assert_int_equal(pthread_join(f->thread, NULL), 0);
    http_server_free(f->server.admin);
    assert_int_equal(stream_len(f->server.stream), 0);
    test_store_close(&f->t);
    channels_free(f->server.channels);
    stream_free(f->server.stream);
    loop_free(f->server.loop);
    arena_done(&f->arena);
    return 0;
}

/* ---------------------------------------------------------------- a reader */

static void ask(struct fixture *f, struct rawpeer *p, const char *headers)
{
    struct buf text CLEANUP(buf_done) = {0};
    rawpeer_connect(p, http_server_port(f->server.admin));
    buf_addf(&text, "GET /stream HTTP/1.1\r\nHost: a\r\n%s\r\n", headers);
    assert_true(rawpeer_send(p, buf_str(&text)));
}

/* Read until the text has come; what it says up to there. */
static struct str read_until(struct rawpeer *p, const char *text)
{
    size_t at;
    while ((at = str_find(buf_str(&p->in), str_of(text))) == SIZE_MAX) {
        if (!rawpeer_read(p))
            fail_msg("'%s' did not come, but: %.*s", text, (int)p->in.len, p->in.ptr);
    }
    return str_sub(buf_str(&p->in), 0, at + strlen(text));
}

static bool has(const struct rawpeer *p, const char *text)
{
    return str_find(buf_str(&p->in), str_of(text)) != SIZE_MAX;
}

static unsigned count(const struct rawpeer *p, const char *text)
{
    struct str rest = buf_str(&p->in);
    unsigned n = 0;
    for (size_t at; (at = str_find(rest, str_of(text))) != SIZE_MAX; n++)
        rest = str_sub(rest, at + 1, SIZE_MAX);
    return n;
}

/* The end of a chunked answer, or of the connection. */
static void read_to_end(struct rawpeer *p)
{
    while (!has(p, "\r\n0\r\n\r\n") && rawpeer_read(p))
        ;
}

static void open_stream(struct fixture *f, struct rawpeer *p, const char *headers)
{
    ask(f, p, headers);
    (void)read_until(p, "event: hello\ndata: {\"epoch\":\"");
}

/* The id of the last message that was read. */
static void last_id(const struct rawpeer *p, char id[STREAM_ID_HEADER_BYTES])
{
    struct str rest = buf_str(&p->in);
    struct str found = {0};
    for (size_t at; (at = str_find(rest, STR("id: "))) != SIZE_MAX;) {
        rest = str_sub(rest, at + 4, SIZE_MAX);
        found = str_sub(rest, 0, str_find_char(rest, '\n'));
    }
    (void)snprintf(id, STREAM_ID_HEADER_BYTES, "Last-Event-ID: %.*s\r\n", STR_FMT(found));
}

/* ---------------------------------------------------------------- changes */

struct alerts {
    const char *prefix;
    int len;
};

static int put_alerts(struct store_tx *tx, void *arg, struct err *err)
{
    const struct alerts *a = arg;
    int rc = 0;
    for (int i = 0; i < a->len && rc == 0; i++) {
        char id[32];
        bool is_new;
        (void)snprintf(id, sizeof id, "%s%d", a->prefix, i);
        const struct store_alert alert = {.id = str_of(id),
                                          .device = STR("dev-1"),
                                          .rule_id = STR("rule-1"),
                                          .rule_title = STR("Line\nend \"quoted\""),
                                          .level = ALERT_HIGH,
                                          .time_ns = TEST_NOW_NS,
                                          .received_ns = TEST_NOW_NS,
                                          .json = STR("{}")};
        rc = store_alert_put(tx, &alert, &is_new, err);
    }
    return rc;
}

static void tell_alerts(struct fixture *f, const char *prefix, int len)
{
    struct alerts a = {prefix, len};
    test_store_write(&f->t, put_alerts, &a);
}

static void a_change_is_told_to_all_who_may_read_it(void **state)
{
    struct fixture *f = *state;
    struct rawpeer one;
    struct rawpeer two;
    struct rawpeer nobody;
    open_stream(f, &one, "");
    open_stream(f, &two, "");
    open_stream(f, &nobody, "Nobody: 1\r\n");
    assert_true(has(&one, "HTTP/1.1 200 OK\r\n") && has(&one, "Cache-Control: no-store\r\n"));
    assert_true(has(&one, "Content-Type: text/event-stream\r\n") && has(&one, "retry: 2000\n\n"));
    tell_alerts(f, "a", 1);
    const char *line = "event: alert\ndata: "
                       "{\"id\":\"a0\",\"change\":\"new\",\"state\":\"open\",\"level\":\"high\","
                       "\"title\":\"Line\\nend \\\"quoted\\\"\",\"device\":\"dev-1\","
                       "\"time\":\"2025-11-24T00:00:00.000000000Z\"}\n\n";
    (void)read_until(&one, line);
    (void)read_until(&two, line);
    on_loop(f, stream_close_all);
    read_to_end(&nobody);
    assert_false(has(&nobody, "event: alert"));
    rawpeer_close(&one);
    rawpeer_close(&two);
    rawpeer_close(&nobody);
}

static void who_comes_back_gets_exactly_what_was_missed(void **state)
{
    struct fixture *f = *state;
    struct rawpeer p;
    char id[STREAM_ID_HEADER_BYTES];
    open_stream(f, &p, "");
    tell_alerts(f, "a", 3);
    (void)read_until(&p, "\"id\":\"a2\"");
    last_id(&p, id);
    rawpeer_close(&p);
    tell_alerts(f, "b", 5);
    open_stream(f, &p, id);
    (void)read_until(&p, "\"id\":\"b4\"");
    assert_int_equal(count(&p, "event: alert"), 5);
    assert_false(has(&p, "event: reset"));
    rawpeer_close(&p);
    /* More than the ring keeps: told in several seconds, since only so many are told in one. */
    for (int i = 0; i < 3; i++) {
        open_stream(f, &p, "");
        tell_alerts(f, (const char *[]){"c", "d", "e"}[i], 60);
        (void)read_until(&p, "event: alerts");
        rawpeer_close(&p);
    }
    open_stream(f, &p, id);
    (void)read_until(&p, "event: reset\ndata: {}\n\n");
    assert_int_equal(count(&p, "event: alert"), 0);
    rawpeer_close(&p);
}

static void alerts_beyond_the_most_of_a_second_are_told_as_a_number(void **state)
{
    struct fixture *f = *state;
    struct rawpeer p;
    open_stream(f, &p, "");
    tell_alerts(f, "a", 200);
    (void)read_until(&p, "event: alerts\ndata: {\"new\":150,\"changed\":0}\n\n");
    assert_int_equal(count(&p, "event: alert\n"), 50);
    tell_alerts(f, "b", 1);
    (void)read_until(&p, "\"id\":\"b0\"");
    rawpeer_close(&p);
}

static int touch_devices(struct store_tx *tx, void *arg, struct err *err)
{
    (void)arg;
    int rc = 0;
    for (int i = 0; i < 50 && rc == 0; i++) {
        struct arena arena CLEANUP(arena_done) = {0};
        struct store_device d;
        char name[32];
        rc = store_device_get(tx, STR("dev-2"), &arena, &d, err);
        (void)snprintf(name, sizeof name, "name-%d", i);
        d.hostname = str_of(name);
        if (rc == 0)
            rc = store_device_put(tx, &d, err);
    }
    return rc;
}

static void a_device_is_told_about_once_in_its_last_state(void **state)
{
    struct fixture *f = *state;
    struct rawpeer p;
    open_stream(f, &p, "");
    test_store_add_device(&f->t, "dev-2");
    (void)read_until(&p, "event: device\ndata: {\"id\":\"dev-2\",\"change\":\"new\",\"hostname\":"
                         "\"dev-2\",\"online\":false,\"state\":\"enrolled\",\"isolation\":"
                         "{\"desired\":\"none\",\"observed\":\"none\"}}\n\n");
    test_store_write(&f->t, touch_devices, NULL);
    (void)read_until(&p, "\"change\":\"changed\",\"hostname\":\"name-49\"");
    assert_int_equal(count(&p, "event: device"), 2);
    rawpeer_close(&p);
}

static void changes_that_could_not_be_noted_make_everybody_start_over(void **state)
{
    struct fixture *f = *state;
    struct rawpeer p;
    char id[STREAM_ID_HEADER_BYTES];
    open_stream(f, &p, "");
    tell_alerts(f, "a", 1);
    (void)read_until(&p, "\"id\":\"a0\"");
    last_id(&p, id);
    struct store_changes changes = {.incomplete = true};
    stream_commit(f->server.stream, &changes);
    (void)read_until(&p, "event: reset\ndata: {}\n\n");
    tell_alerts(f, "b", 1);
    (void)read_until(&p, "\"id\":\"b0\"");
    rawpeer_close(&p);
    open_stream(f, &p, id);
    (void)read_until(&p, "event: reset\ndata: {}\n\n");
    rawpeer_close(&p);
}

static void a_stream_ends_with_its_session(void **state)
{
    struct fixture *f = *state;
    struct rawpeer mine;
    struct rawpeer other;
    open_stream(f, &mine, "");
    open_stream(f, &other, "Session: " OTHER "\r\n");
    assert_ok(TEST_UNIT(&f->t, store_token_delete(tx, STR(SESSION), NULL)));
    read_to_end(&mine);
    assert_true(has(&mine, "\r\n0\r\n\r\n"));
    tell_alerts(f, "a", 1);
    (void)read_until(&other, "\"id\":\"a0\"");
    rawpeer_close(&mine);
    rawpeer_close(&other);
}

static void a_stop_ends_all_streams_and_gives_none(void **state)
{
    struct fixture *f = *state;
    struct rawpeer peers[3];
    struct rawpeer late;
    for (size_t i = 0; i < ARRAY_LEN(peers); i++)
        open_stream(f, &peers[i], "");
    on_loop(f, stream_close_all);
    for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
        read_to_end(&peers[i]);
        assert_true(has(&peers[i], "\r\n0\r\n\r\n"));
        rawpeer_close(&peers[i]);
    }
    ask(f, &late, "");
    assert_int_equal(rawpeer_answer(&late, false), 503);
    assert_str(http1_find(&late.head, "Retry-After"), "5");
    rawpeer_close(&late);
}

static void a_session_has_so_many_streams_and_no_more(void **state)
{
    struct fixture *f = *state;
    struct rawpeer peers[8];
    struct rawpeer more;
    for (size_t i = 0; i < ARRAY_LEN(peers); i++)
        open_stream(f, &peers[i], "");
    ask(f, &more, "");
    assert_int_equal(rawpeer_answer(&more, false), 429);
    rawpeer_close(&more);
    open_stream(f, &more, "Session: " OTHER "\r\n");
    rawpeer_close(&more);
    for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
        if (i % 2)
            rawpeer_reset(&peers[i]);
        else
            rawpeer_close(&peers[i]);
    }
}

#define STREAM_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STREAM_TEST(a_change_is_told_to_all_who_may_read_it),
        STREAM_TEST(who_comes_back_gets_exactly_what_was_missed),
        STREAM_TEST(alerts_beyond_the_most_of_a_second_are_told_as_a_number),
        STREAM_TEST(a_device_is_told_about_once_in_its_last_state),
        STREAM_TEST(changes_that_could_not_be_noted_make_everybody_start_over),
        STREAM_TEST(a_stream_ends_with_its_session),
        STREAM_TEST(a_stop_ends_all_streams_and_gives_none),
        STREAM_TEST(a_session_has_so_many_streams_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
