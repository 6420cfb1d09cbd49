/* net/http_server, http_conn, http_req, http_answer, over real sockets: what a client gets, in good
 * order and in bad. */
#include "harness/test.h"

#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "harness/http_fixture.h"

static void start(struct http_fixture *f)
{
    http_fixture_init(f, NULL);
    http_fixture_start(f);
}

static void a_request_gets_its_answer(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    start(&f);
    rawpeer_connect(&p, http_fixture_port(&f));
    rawpeer_say(&p, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(rawpeer_answer(&p, false), 200);
    assert_str(p.body, "hello");
    assert_str(http1_find(&p.head, "Content-Type"), "text/plain");
    assert_int_equal(http1_find(&p.head, "Date").len, 29);
    assert_null(http1_find(&p.head, "Connection").ptr);
    rawpeer_close(&p);
    http_fixture_stop(&f);
    assert_int_equal(atomic_load(&f.done), 1);
    assert_int_equal(atomic_load(&f.last_status), 200);
}

static void a_thousand_requests_pass_over_one_connection(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    start(&f);
    rawpeer_connect(&p, http_fixture_port(&f));
    for (int i = 0; i < 1000; i++) {
        rawpeer_say(&p, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nwxyz");
        assert_int_equal(rawpeer_answer(&p, false), 200);
        assert_str(p.body, "wxyz");
    }
    rawpeer_close(&p);
    http_fixture_stop(&f);
    assert_int_equal(atomic_load(&f.done), 1000);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    start(&f);
    rawpeer_connect(&p, http_fixture_port(&f));
    struct buf all = {0};
    for (int i = 0; i < 500; i++)
        buf_addf(&all, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n%04d", i);
    buf_add_cstr(&all, "GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_true(rawpeer_send(&p, buf_str(&all)));
    for (int i = 0; i < 500; i++) {
        char expected[16];
        (void)snprintf(expected, sizeof expected, "%04d", i);
        assert_int_equal(rawpeer_answer(&p, false), 200);
        assert_str(p.body, expected);
    }
    assert_int_equal(rawpeer_answer(&p, false), 404);
    assert_str(http1_find(&p.head, "Connection"), "close");
    assert_true(rawpeer_at_end(&p));
    buf_done(&all);
    rawpeer_close(&p);
    http_fixture_stop(&f);
}

static void a_request_behind_a_parked_one_waits_for_it(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    start(&f);
    rawpeer_connect(&p, http_fixture_port(&f));
    rawpeer_say(&p, "GET /park HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    http_fixture_wait(&f.parked_sem);
    http_fixture_unpark(&f);
    assert_int_equal(rawpeer_answer(&p, false), 200);
    assert_str(p.body, "unparked");
    assert_int_equal(rawpeer_answer(&p, false), 200);
    assert_str(p.body, "hello");
    rawpeer_close(&p);
    http_fixture_stop(&f);
}

static void more_than_fits_may_be_pipelined_behind_a_parked_request(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    start(&f);
    rawpeer_connect(&p, http_fixture_port(&f));
    struct buf all = {0};
    buf_add_cstr(&all, "GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
    for (int i = 0; i < 2000; i++)
        buf_add_cstr(&all, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(rawpeer_send(&p, buf_str(&all)));
    http_fixture_wait(&f.parked_sem);
    http_fixture_unpark(&f);
    assert_int_equal(rawpeer_answer(&p, false), 200);
    for (int i = 0; i < 2000; i++)
        assert_int_equal(rawpeer_answer(&p, false), 200);
    buf_done(&all);
    rawpeer_close(&p);
    http_fixture_stop(&f);
}

/* One request and the status it must get; afterwards the connection is open or closed. */
static const struct {
    const char *what;
    const char *request;
    int status;
    bool closes;
} single[] = {
    {"HEAD", "HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n", 200, false},
    {"no such path", "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", 404, false},
    {"method", "DELETE /hello HTTP/1.1\r\nHost: a\r\n\r\n", 405, false},
    {"HTTP/1.0", "GET /hello HTTP/1.0\r\n\r\n", 200, true},
    {"HTTP/1.0 asking for more", "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200,
     true},
    {"close asked for", "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200, true},
    {"dot segments", "GET /a/../hello HTTP/1.1\r\nHost: a\r\n\r\n", 400, true},
    {"encoded NUL", "GET /hello%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400, true},
    {"bare LF", "GET /hello HTTP/1.1\nHost: a\n\n", 400, true},
    {"two lengths",
     "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400,
     true},
    {"length and chunks",
     "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
     "0\r\n\r\n",
     400, true},
    {"coding", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501, true},
    {"version", "GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505, true},
    {"expectation", "GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", 417, true},
    {"body too long", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n", 413, true},
    {"bad chunk", "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n+1\r\nx",
     400, true},
    {"chunked",
     "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", 200,
     false},
    {"body nobody reads", "POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 200,
     true},
    {"empty body", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 200, false},
    {"no body at all", "POST /echo HTTP/1.1\r\nHost: a\r\n\r\n", 200, false},
    {"header that would split", "GET /split HTTP/1.1\r\nHost: a\r\n\r\n", 500, true},
    {"no handshake", "GET /ws HTTP/1.1\r\nHost: a\r\n\r\n", 426, false},
};

static void each_request_gets_its_status(void **state)
{
    (void)state;
    struct http_fixture f;
    start(&f);
    for (size_t i = 0; i < ARRAY_LEN(single); i++) {
        struct rawpeer p;
        bool head = str_starts(str_of(single[i].request), STR("HEAD"));
        rawpeer_connect(&p, http_fixture_port(&f));
        rawpeer_say(&p, single[i].request);
        int status = rawpeer_answer(&p, head);
        if (status != single[i].status)
            print_error("%s: %d\n", single[i].what, status);
        assert_int_equal(status, single[i].status);
        if (status >= 400)
            assert_str(http1_find(&p.head, "Content-Type"), "application/problem+json");
        assert_int_equal(p.head.keep_alive, !single[i].closes);
        if (single[i].closes) {
            assert_true(rawpeer_at_end(&p));
        } else {
            rawpeer_say(&p, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
            assert_int_equal(rawpeer_answer(&p, false), 200);
        }
        rawpeer_close(&p);
    }
    http_fixture_stop(&f);
}

static void an_answer_to_head_says_how_long_it_would_be(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    start(&f);
    rawpeer_connect(&p, http_fixture_port(&f));
    rawpeer_say(
        &p, "HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\nHEAD /chunks?n=3 HTTP/1.1\r\nHost: a\r\n\r\n"
            "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(rawpeer_answer(&p, true), 200);
    assert_str(http1_find(&p.head, "Content-Length"), "5");
    assert_int_equal(rawpeer_answer(&p, true), 200);
    assert_str(http1_find(&p.head, "Transfer-Encoding"), "chunked");
    assert_int_equal(rawpeer_answer(&p, false), 405);
    assert_str(http1_find(&p.head, "Allow"), "GET, HEAD, POST");
    assert_str(p.body, "{\"type\":\"about:blank\",\"title\":\"not supported\",\"status\":405,"
                       "\"code\":\"E_UNSUPPORTED\"}");
    rawpeer_close(&p);
    http_fixture_stop(&f);
}

static void too_long_a_head_is_431_and_too_long_a_target_414(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    struct buf request = {0};
    start(&f);
    buf_add_cstr(&request, "GET /");
    for (int i = 0; i < 9000; i++)
        buf_add_char(&request, 'a');
    rawpeer_connect(&p, http_fixture_port(&f));
    assert_true(rawpeer_send(&p, buf_str(&request)));
    assert_int_equal(rawpeer_answer(&p, false), 414);
    rawpeer_close(&p);
    buf_clear(&request);
    buf_add_cstr(&request, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (int i = 0; i < 65; i++)
        buf_addf(&request, "X-%d: y\r\n", i);
    rawpeer_connect(&p, http_fixture_port(&f));
    assert_true(rawpeer_send(&p, buf_str(&request)));
    assert_int_equal(rawpeer_answer(&p, false), 431);
    assert_true(rawpeer_at_end(&p));
    rawpeer_close(&p);
    buf_done(&request);
    http_fixture_stop(&f);
}

static void an_upload_may_be_cut_at_every_byte(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    struct str request = STR("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                             "4;x=y\r\nWiki\r\n5\r\npedia\r\n0\r\nX: y\r\n\r\n");
    start(&f);
    rawpeer_connect(&p, http_fixture_port(&f));
    for (size_t cut = 1; cut < request.len; cut++) {
        assert_true(rawpeer_send(&p, str_sub(request, 0, cut)));
        struct timespec pause = {.tv_nsec = 300000};
        (void)nanosleep(&pause, NULL);
        assert_true(rawpeer_send(&p, str_sub(request, cut, SIZE_MAX)));
        assert_int_equal(rawpeer_answer(&p, false), 200);
        assert_str(p.body, "Wikipedia");
    }
    for (size_t i = 0; i < request.len; i++)
        assert_true(rawpeer_send(&p, str_sub(request, i, 1)));
    assert_int_equal(rawpeer_answer(&p, false), 200);
    assert_str(p.body, "Wikipedia");
    rawpeer_close(&p);
    http_fixture_stop(&f);
}

static void a_client_that_expects_100_is_told_to_continue(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    start(&f);
    rawpeer_connect(&p, http_fixture_port(&f));
    rawpeer_say(
        &p, "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    assert_int_equal(rawpeer_answer(&p, false), 100);
    rawpeer_say(&p, "abc");
    assert_int_equal(rawpeer_answer(&p, false), 200);
    assert_str(p.body, "abc");
    rawpeer_say(
        &p,
        "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 70000\r\n\r\n");
    assert_int_equal(rawpeer_answer(&p, false), 413);
    assert_true(rawpeer_at_end(&p));
    rawpeer_close(&p);
    http_fixture_stop(&f);
}

static void a_streamed_body_is_counted_and_a_broken_one_noticed(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    struct buf body = {0};
    start(&f);
    for (int i = 0; i < 3000000; i++)
        buf_add_char(&body, 'x');
    rawpeer_connect(&p, http_fixture_port(&f));
    rawpeer_say(&p, "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n");
    assert_true(rawpeer_send(&p, buf_str(&body)));
    assert_int_equal(rawpeer_answer(&p, false), 200);
    assert_str(p.body, "3000000");
    rawpeer_say(&p, "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    rawpeer_close(&p);
    http_fixture_wait_done(&f, 2);
    assert_int_equal(atomic_load(&f.stream_rc), E_CLOSED);
    buf_done(&body);
    http_fixture_stop(&f);
}

static void a_chunked_answer_has_all_its_pieces(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    start(&f);
    rawpeer_connect(&p, http_fixture_port(&f));
    rawpeer_say(&p, "GET /chunks?x=1&n=3 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(rawpeer_answer(&p, false), 200);
    assert_str(p.body, "piece piece piece ");
    rawpeer_say(&p, "GET /chunks?n=0 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(rawpeer_answer(&p, false), 200);
    assert_str(p.body, "");
    rawpeer_say(&p, "GET /chunks?n=2 HTTP/1.0\r\n\r\n");
    assert_int_equal(rawpeer_answer(&p, false), 200);
    assert_int_equal(p.head.body, HTTP1_BODY_UNTIL_CLOSE);
    assert_str(p.body, "piece piece ");
    rawpeer_close(&p);
    http_fixture_stop(&f);
}

static void a_large_answer_waits_for_a_slow_reader(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    start(&f);
    rawpeer_connect(&p, http_fixture_port(&f));
    rawpeer_say(&p, "GET /flood HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    struct timespec pause = {.tv_nsec = 50000000};
    (void)nanosleep(&pause, NULL);
    assert_int_equal(rawpeer_answer(&p, false), 200);
    assert_int_equal(p.body.len, 64 * 1024 * 1024);
    assert_int_equal(rawpeer_answer(&p, false), 200);
    assert_str(p.body, "hello");
    rawpeer_close(&p);
    http_fixture_stop(&f);
}

static void a_peer_that_takes_nothing_of_an_answer_is_cut_off(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    http_fixture_init(&f, NULL);
    f.options.write_timeout_ms = 150;
    http_fixture_start(&f);
    rawpeer_connect(&p, http_fixture_port(&f));
    rawpeer_say(&p, "GET /flood HTTP/1.1\r\nHost: a\r\n\r\n");
    http_fixture_wait(&f.gone_sem);
    rawpeer_close(&p);
    http_fixture_stop(&f);
}

static void a_head_that_comes_too_slowly_is_408(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    http_fixture_init(&f, NULL);
    f.options.head_timeout_ms = 150;
    http_fixture_start(&f);
    rawpeer_connect(&p, http_fixture_port(&f));
    rawpeer_say(&p, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(rawpeer_answer(&p, false), 200);
    /* Bytes keep coming, the head does not end: the deadline does not move. */
    rawpeer_say(&p, "GET /hello HTTP/1.1\r\n");
    for (int i = 0; i < 200 && rawpeer_send(&p, STR("X: y\r\n")); i++) {
        struct timespec pause = {.tv_nsec = 20000000};
        (void)nanosleep(&pause, NULL);
        if (i == 10)
            break;
    }
    assert_int_equal(rawpeer_answer(&p, false), 408);
    rawpeer_close(&p);
    /* A connection that never says anything is closed without an answer. */
    rawpeer_connect(&p, http_fixture_port(&f));
    assert_true(rawpeer_at_end(&p));
    rawpeer_close(&p);
    http_fixture_stop(&f);
}

static void an_idle_connection_is_closed(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    http_fixture_init(&f, NULL);
    f.options.idle_timeout_ms = 100;
    http_fixture_start(&f);
    rawpeer_connect(&p, http_fixture_port(&f));
    rawpeer_say(&p, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(rawpeer_answer(&p, false), 200);
    assert_true(rawpeer_at_end(&p));
    rawpeer_close(&p);
    http_fixture_stop(&f);
}

static void a_body_that_stops_coming_is_408(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    http_fixture_init(&f, NULL);
    f.options.body_timeout_ms = 100;
    http_fixture_start(&f);
    rawpeer_connect(&p, http_fixture_port(&f));
    rawpeer_say(&p, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    assert_int_equal(rawpeer_answer(&p, false), 408);
    rawpeer_close(&p);
    rawpeer_connect(&p, http_fixture_port(&f));
    rawpeer_say(&p, "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    assert_int_equal(rawpeer_answer(&p, false), 504);
    assert_int_equal(atomic_load(&f.stream_rc), E_TIMEOUT);
    rawpeer_close(&p);
    http_fixture_stop(&f);
}

static void a_parked_request_survives_its_peer(void **state)
{
    (void)state;
    for (int how = 0; how < 3; how++) {
        struct http_fixture f;
        struct rawpeer p;
        start(&f);
        rawpeer_connect(&p, http_fixture_port(&f));
        rawpeer_say(&p, "GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
        http_fixture_wait(&f.parked_sem);
        if (how == 0)
            rawpeer_close(&p);
        else if (how == 1)
            rawpeer_reset(&p);
        else
            rawpeer_half_close(&p);
        http_fixture_wait(&f.gone_sem);
        assert_true(http_req_is_gone(f.parked));
        http_fixture_unpark(&f);
        if (how == 2) { /* it only ended its side, and still reads */
            assert_int_equal(rawpeer_answer(&p, false), 200);
            assert_str(p.body, "unparked");
            assert_true(rawpeer_at_end(&p));
            rawpeer_close(&p);
        }
        http_fixture_stop(&f);
        assert_int_equal(atomic_load(&f.done), 1);
    }
}

static void a_gone_peer_is_noticed_behind_pipelined_requests(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    struct buf all = {0};
    start(&f);
    rawpeer_connect(&p, http_fixture_port(&f));
    buf_add_cstr(&all, "GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
    for (int i = 0; i < 3000; i++)
        buf_add_cstr(&all, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(rawpeer_send(&p, buf_str(&all)));
    http_fixture_wait(&f.parked_sem);
    rawpeer_half_close(&p);
    http_fixture_wait(&f.gone_sem);
    http_fixture_unpark(&f);
    assert_int_equal(rawpeer_answer(&p, false), 200);
    for (int i = 0; i < 3000; i++)
        assert_int_equal(rawpeer_answer(&p, false), 200);
    assert_true(rawpeer_at_end(&p));
    buf_done(&all);
    rawpeer_close(&p);
    http_fixture_stop(&f);
}

static void a_parked_request_survives_the_server(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    start(&f);
    rawpeer_connect(&p, http_fixture_port(&f));
    rawpeer_say(&p, "GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
    http_fixture_wait(&f.parked_sem);
    http_fixture_stop(&f); /* frees the server, then aborts the request */
    assert_int_equal(atomic_load(&f.done), 1);
    rawpeer_close(&p);
}

static void what_hangs_on_a_request_is_cleaned_up_when_the_body_never_comes(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    start(&f);
    rawpeer_connect(&p, http_fixture_port(&f));
    rawpeer_say(&p, "POST /data HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    rawpeer_reset(&p);
    http_fixture_wait_done(&f, 1);
    http_fixture_stop(&f);
    assert_int_equal(atomic_load(&f.cleaned), 1);
}

static void a_handler_may_pause_a_body(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    struct buf body = {0};
    http_fixture_init(&f, NULL);
    f.options.body_timeout_ms = 1000;
    http_fixture_start(&f);
    buf_add_cstr(&body, "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n");
    size_t head = body.len;
    while (body.len < head + 500000)
        buf_add_char(&body, 'x');
    buf_add_cstr(&body, "POST /slow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "1\r\nx\r\n1\r\ny\r\n1\r\nz\r\n0\r\n\r\n"
                        "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    rawpeer_connect(&p, http_fixture_port(&f));
    assert_true(rawpeer_send(&p, buf_str(&body)));
    assert_int_equal(rawpeer_answer(&p, false), 200);
    assert_str(p.body, "500000");
    assert_int_equal(rawpeer_answer(&p, false), 200);
    assert_str(p.body, "3");
    assert_int_equal(rawpeer_answer(&p, false), 200);
    assert_str(p.body, "hello");
    /* The peer vanishes while the body is paused. */
    assert_true(rawpeer_send(&p, str_sub(buf_str(&body), 0, 100000)));
    rawpeer_reset(&p);
    http_fixture_wait_done(&f, 4);
    assert_int_equal(atomic_load(&f.stream_rc), E_CLOSED);
    buf_done(&body);
    http_fixture_stop(&f);
}

static void a_body_may_be_asked_for_later(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    start(&f);
    rawpeer_connect(&p, http_fixture_port(&f));
    rawpeer_say(&p, "POST /later?ms=20 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
                    "POST /later HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                    "Content-Length: 3\r\n\r\n");
    assert_int_equal(rawpeer_answer(&p, false), 200);
    assert_str(p.body, "abc");
    assert_int_equal(rawpeer_answer(&p, false), 100);
    rawpeer_say(&p, "def");
    assert_int_equal(rawpeer_answer(&p, false), 200);
    assert_str(p.body, "def");
    rawpeer_say(&p, "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n");
    assert_int_equal(rawpeer_answer(&p, false), 413);
    rawpeer_close(&p);
    rawpeer_connect(&p, http_fixture_port(&f));
    rawpeer_say(&p, "POST /later?ms=50 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
    rawpeer_reset(&p); /* nobody is there when the body is asked for */
    http_fixture_wait_done(&f, 4);
    http_fixture_stop(&f);
}

static void an_answer_that_fills_the_queue_is_refused_more_but_ends_well(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    start(&f);
    rawpeer_connect(&p, http_fixture_port(&f));
    rawpeer_say(&p, "GET /spill HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    http_fixture_wait_done(&f, 1);
    assert_int_equal(rawpeer_answer(&p, false), 200);
    assert_true(p.body.len >= 4 * 1024 * 1024);
    assert_true(p.body.len < 64 * 1024 * 1024);
    assert_int_equal(rawpeer_answer(&p, false), 200);
    assert_str(p.body, "hello");
    rawpeer_close(&p);
    http_fixture_stop(&f);
}

static void running_out_of_descriptors_makes_new_peers_wait(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    struct rlimit before;
    int taken[64];
    size_t count = 0;
    start(&f);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit few = {.rlim_cur = 64, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    for (int fd; count < ARRAY_LEN(taken) && (fd = dup(0)) >= 0;)
        taken[count++] = fd;
    assert_true(count > 0);
    (void)close(taken[--count]); /* one for the peer, none for the server */
    rawpeer_connect(&p, http_fixture_port(&f));
    rawpeer_say(&p, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    struct timespec pause = {.tv_nsec = 20000000};
    (void)nanosleep(&pause, NULL);
    assert_int_equal(atomic_load(&f.done), 0);
    while (count)
        (void)close(taken[--count]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(rawpeer_answer(&p, false), 200);
    rawpeer_close(&p);
    http_fixture_stop(&f);
}

static void two_servers_may_share_a_port(void **state)
{
    (void)state;
    struct http_fixture a;
    struct http_fixture b;
    http_fixture_init(&a, NULL);
    a.options.share_port = true;
    http_fixture_start(&a);
    http_fixture_init(&b, NULL);
    b.options.share_port = true;
    b.options.port = http_fixture_port(&a);
    http_fixture_start(&b);
    for (int i = 0; i < 40; i++) {
        struct rawpeer p;
        rawpeer_connect(&p, http_fixture_port(&a));
        rawpeer_say(&p, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_int_equal(rawpeer_answer(&p, false), 200);
        rawpeer_close(&p);
    }
    http_fixture_stop(&a);
    http_fixture_stop(&b);
    assert_int_equal(atomic_load(&a.done) + atomic_load(&b.done), 40);
}

static void an_ipv4_peer_of_an_ipv6_listener_keeps_its_address(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    struct err err = {0};
    http_fixture_init(&f, NULL);
    f.options.address = "::";
    if (http_server_new(&f.options, &f.server, &err)) {
        print_message("no IPv6 here: %s\n", err.message);
        http_fixture_stop(&f);
        skip();
    }
    http_server_free(f.server);
    http_fixture_start(&f);
    rawpeer_connect(&p, http_fixture_port(&f));
    rawpeer_say(&p, "GET /who HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(rawpeer_answer(&p, false), 200);
    assert_str(p.body, "nobody at 127.0.0.1");
    rawpeer_close(&p);
    http_fixture_stop(&f);
}

static void on_drained(struct http_server *server, void *arg)
{
    struct http_fixture *f = arg;
    (void)server;
    (void)sem_post(&f->drained_sem);
}

static void drain(struct loop *loop, void *arg)
{
    struct http_fixture *f = arg;
    (void)loop;
    assert_ok(http_server_drain(f->server, 20000, on_drained, f));
}

static void drain_soon(struct loop *loop, void *arg)
{
    struct http_fixture *f = arg;
    (void)loop;
    assert_ok(http_server_drain(f->server, 50, on_drained, f));
}

static void draining_lets_work_finish_and_closes_the_rest(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer busy;
    struct rawpeer idle;
    start(&f);
    rawpeer_connect(&idle, http_fixture_port(&f));
    rawpeer_say(&idle, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(rawpeer_answer(&idle, false), 200);
    rawpeer_connect(&busy, http_fixture_port(&f));
    rawpeer_say(&busy,
                "GET /park HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    http_fixture_wait(&f.parked_sem);
    http_fixture_call(&f, drain, &f);
    assert_true(rawpeer_at_end(&idle));
    rawpeer_close(&idle);
    http_fixture_unpark(&f);
    assert_int_equal(rawpeer_answer(&busy, false), 200);
    assert_str(http1_find(&busy.head, "Connection"), "close");
    assert_true(rawpeer_at_end(&busy));
    rawpeer_close(&busy);
    http_fixture_wait(&f.drained_sem);
    http_fixture_stop(&f);
}

static void draining_cuts_off_what_takes_too_long(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    start(&f);
    rawpeer_connect(&p, http_fixture_port(&f));
    rawpeer_say(&p, "GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
    http_fixture_wait(&f.parked_sem);
    http_fixture_call(&f, drain_soon, &f);
    http_fixture_wait(&f.drained_sem);
    assert_true(rawpeer_at_end(&p));
    http_fixture_wait(&f.gone_sem);
    rawpeer_close(&p);
    http_fixture_stop(&f);
}

static void draining_an_idle_server_ends_at_once(void **state)
{
    (void)state;
    struct http_fixture f;
    start(&f);
    http_fixture_call(&f, drain, &f);
    http_fixture_wait(&f.drained_sem);
    http_fixture_stop(&f);
}

static void connections_beyond_the_limit_are_closed(void **state)
{
    (void)state;
    for (int per_address = 0; per_address < 2; per_address++) {
        struct http_fixture f;
        struct rawpeer p[3];
        http_fixture_init(&f, NULL);
        if (per_address)
            f.options.connections_per_address_max = 2;
        else
            f.options.connections_max = 2;
        http_fixture_start(&f);
        for (int i = 0; i < 2; i++) {
            rawpeer_connect(&p[i], http_fixture_port(&f));
            rawpeer_say(&p[i], "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
            assert_int_equal(rawpeer_answer(&p[i], false), 200);
        }
        rawpeer_connect(&p[2], http_fixture_port(&f));
        assert_true(rawpeer_at_end(&p[2]));
        rawpeer_close(&p[2]);
        rawpeer_say(&p[0], "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assert_int_equal(rawpeer_answer(&p[0], false), 200);
        assert_true(rawpeer_at_end(&p[0]));
        rawpeer_close(&p[0]);
        /* Its place is free once the server has seen it go. */
        int status = 0;
        for (int i = 0; i < 200 && status == 0; i++) {
            rawpeer_connect(&p[2], http_fixture_port(&f));
            (void)!rawpeer_send(&p[2], STR("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"));
            status = rawpeer_answer(&p[2], false);
            rawpeer_close(&p[2]);
        }
        assert_int_equal(status, 200);
        rawpeer_close(&p[1]);
        http_fixture_stop(&f);
    }
}

static void connections_beyond_the_rate_wait_their_turn(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p[8];
    http_fixture_init(&f, NULL);
    f.options.accepts_per_s = 5;
    http_fixture_start(&f);
    for (size_t i = 0; i < ARRAY_LEN(p); i++) {
        rawpeer_connect(&p[i], http_fixture_port(&f));
        rawpeer_say(&p[i], "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    for (size_t i = 0; i < ARRAY_LEN(p); i++) {
        assert_int_equal(rawpeer_answer(&p[i], false), 200);
        rawpeer_close(&p[i]);
    }
    http_fixture_stop(&f);
}

static void an_address_that_cannot_be_listened_on_is_an_error(void **state)
{
    (void)state;
    struct http_fixture f;
    struct http_server *second;
    struct err err = {0};
    start(&f);
    struct http_server_options options = f.options;
    options.port = http_fixture_port(&f);
    assert_int_equal(http_server_new(&options, &second, &err), E_EXISTS);
    assert_non_null(strstr(err.message, "127.0.0.1 port"));
    options.address = "localhost";
    assert_int_equal(http_server_new(&options, &second, &err), E_ARG);
    options.address = "192.0.2.1";
    options.port = 0;
    assert_int_equal(http_server_new(&options, &second, &err), E_IO);
    http_fixture_stop(&f);
}

static void fail_allocations(struct loop *loop, void *arg)
{
    (void)loop;
    mem_fail_after(*(const uint64_t *)arg);
}

static void count_allocations(struct loop *loop, void *arg)
{
    (void)loop;
    *(uint64_t *)arg = mem_count();
    mem_fail_after(0);
}

/* Whatever answers come. */
static void talk(uint16_t port)
{
    struct rawpeer p;
    rawpeer_connect(&p, port);
    (void)!rawpeer_send(&p, STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
                                "GET /chunks?n=2 HTTP/1.1\r\nHost: a\r\n\r\n"
                                "GET /no%20where HTTP/1.1\r\nHost: a\r\n\r\n"
                                "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
                                "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
                                "\x81\x83\x01\x01\x01\x01\x60\x63\x62"
                                "\x88\x80\x01\x01\x01\x01"));
    while (rawpeer_read(&p))
        ;
    rawpeer_close(&p);
}

static void running_out_of_memory_costs_a_connection_and_never_the_server(void **state)
{
    (void)state;
    struct http_fixture f;
    start(&f);
    uint64_t made;
    uint64_t n = 0;
    do {
        assert_true(++n < 200);
        http_fixture_call(&f, fail_allocations, &n);
        talk(http_fixture_port(&f));
        http_fixture_call(&f, count_allocations, &made);
        struct rawpeer p;
        rawpeer_connect(&p, http_fixture_port(&f));
        rawpeer_say(&p, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_int_equal(rawpeer_answer(&p, false), 200);
        rawpeer_close(&p);
    } while (made >= n);
    assert_true(atomic_load(&f.messages) >= 1);
    http_fixture_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_gets_its_answer),
        cmocka_unit_test(a_thousand_requests_pass_over_one_connection),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(a_request_behind_a_parked_one_waits_for_it),
        cmocka_unit_test(more_than_fits_may_be_pipelined_behind_a_parked_request),
        cmocka_unit_test(each_request_gets_its_status),
        cmocka_unit_test(an_answer_to_head_says_how_long_it_would_be),
        cmocka_unit_test(too_long_a_head_is_431_and_too_long_a_target_414),
        cmocka_unit_test(an_upload_may_be_cut_at_every_byte),
        cmocka_unit_test(a_client_that_expects_100_is_told_to_continue),
        cmocka_unit_test(a_streamed_body_is_counted_and_a_broken_one_noticed),
        cmocka_unit_test(a_chunked_answer_has_all_its_pieces),
        cmocka_unit_test(a_large_answer_waits_for_a_slow_reader),
        cmocka_unit_test(a_peer_that_takes_nothing_of_an_answer_is_cut_off),
        cmocka_unit_test(a_head_that_comes_too_slowly_is_408),
        cmocka_unit_test(an_idle_connection_is_closed),
        cmocka_unit_test(a_body_that_stops_coming_is_408),
        cmocka_unit_test(a_parked_request_survives_its_peer),
        cmocka_unit_test(a_gone_peer_is_noticed_behind_pipelined_requests),
        cmocka_unit_test(a_parked_request_survives_the_server),
        cmocka_unit_test(what_hangs_on_a_request_is_cleaned_up_when_the_body_never_comes),
        cmocka_unit_test(draining_lets_work_finish_and_closes_the_rest),
        cmocka_unit_test(draining_cuts_off_what_takes_too_long),
        cmocka_unit_test(draining_an_idle_server_ends_at_once),
        cmocka_unit_test(connections_beyond_the_limit_are_closed),
        cmocka_unit_test(connections_beyond_the_rate_wait_their_turn),
        cmocka_unit_test(a_handler_may_pause_a_body),
        cmocka_unit_test(a_body_may_be_asked_for_later),
        cmocka_unit_test(an_answer_that_fills_the_queue_is_refused_more_but_ends_well),
        cmocka_unit_test(running_out_of_descriptors_makes_new_peers_wait),
        cmocka_unit_test(two_servers_may_share_a_port),
        cmocka_unit_test(an_ipv4_peer_of_an_ipv6_listener_keeps_its_address),
        cmocka_unit_test(running_out_of_memory_costs_a_connection_and_never_the_server),
        cmocka_unit_test(an_address_that_cannot_be_listened_on_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
