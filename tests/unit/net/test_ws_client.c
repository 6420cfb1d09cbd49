/* net/ws_client against the server of net/: opening, talking, refusals, proxies, giving up. */
#include "harness/test.h"

#include <openssl/ssl.h>
#include <stdio.h>

#include "harness/http_fixture.h"
#include "harness/pki.h"
#include "harness/proxy.h"
#include "net/tls_priv.h"
#include "net/ws_client.h"

static struct pki pki;

static int make_pki(void **state)
{
    (void)state;
    pki_init(&pki);
    return 0;
}

static int free_pki(void **state)
{
    (void)state;
    pki_done(&pki);
    return 0;
}

/* The client side of a test: its loop runs in the test's thread. */
struct user {
    struct loop *loop;
    struct http_client *client;
    struct ws_client_options options;
    struct ws_client *attempt;
    struct ws_conn *ws;
    struct buf heard; /* "<t|b>:<payload>;" */
    struct str first; /* said when open */
    struct str ping;  /* sent instead of `first` */
    unsigned messages_wanted;
    unsigned messages;
    int code;
    int status;
    uint16_t close_code;
    bool closed;
};

static void on_message(struct ws_conn *ws, bool is_text, struct str payload, void *arg)
{
    struct user *u = arg;
    buf_addf(&u->heard, "%c:", is_text ? 't' : 'b');
    buf_add_str(&u->heard, payload);
    buf_add_char(&u->heard, ';');
    if (++u->messages == u->messages_wanted)
        ws_conn_close(ws, 4002, "enough");
}

static void on_close(struct ws_conn *ws, uint16_t code, void *arg)
{
    struct user *u = arg;
    (void)ws;
    u->ws = NULL;
    u->close_code = code;
    u->closed = true;
    loop_stop(u->loop);
}

static void on_pong(struct ws_conn *ws, struct str payload, void *arg)
{
    struct user *u = arg;
    buf_add_str(&u->heard, payload);
    ws_conn_close(ws, WS_CLOSE_NORMAL, "");
}

static const struct ws_conn_handler handler = {
    .on_message = on_message, .on_close = on_close, .on_pong = on_pong};

static void on_open(struct ws_conn *ws, void *arg)
{
    struct user *u = arg;
    u->attempt = NULL;
    u->ws = ws;
    if (u->ping.len)
        assert_ok(ws_conn_ping(ws, u->ping));
    else if (u->first.len)
        assert_ok(ws_conn_send(ws, true, u->first));
}

static void on_fail(const struct err *err, int status, void *arg)
{
    struct user *u = arg;
    u->attempt = NULL;
    u->code = err->code;
    u->status = status;
    loop_stop(u->loop);
}

static void user_init(struct user *u, const struct tls_client_options *tls, const char *proxy)
{
    struct err err = {0};
    *u = (struct user){.messages_wanted = 1, .first = STR("hello")};
    struct http_client_options options = {.tls = tls, .proxy = proxy, .connect_timeout_ms = 10000};
    assert_ok(loop_new(&u->loop));
    assert_ok_err(http_client_new(&options, &u->client, &err), &err);
    u->options = (struct ws_client_options){.loop = u->loop,
                                            .protocol = "cordon.test",
                                            .ws = {.handler = &handler, .arg = u},
                                            .on_open = on_open,
                                            .on_fail = on_fail,
                                            .arg = u};
}

static void user_done(struct user *u)
{
    ws_client_cancel(u->attempt);
    http_client_free(u->client);
    loop_free(u->loop);
    buf_done(&u->heard);
}

/* Connect, and run until the connection is closed or refused. */
static void run(struct user *u, const char *scheme, uint16_t port, const char *path)
{
    char url[256];
    struct err err = {0};
    (void)snprintf(url, sizeof url, "%s://localhost:%u%s", scheme, port, path);
    u->options.url = url;
    buf_clear(&u->heard);
    u->messages = 0;
    u->code = 0;
    u->closed = false;
    assert_ok_err(ws_client_connect(u->client, &u->options, &u->attempt, &err), &err);
    assert_ok(loop_run(u->loop));
}

static struct tls_context *start_tls(struct http_fixture *f, enum tls_client_cert client_cert)
{
    struct tls_context *tls;
    struct err err = {0};
    struct tls_server_options options = {.cert_pem = buf_str(&pki.server_cert_pem),
                                         .key_pem = buf_str(&pki.server_key_pem),
                                         .client_cert = client_cert,
                                         .client_ca_pem = buf_str(&pki.ca_pem)};
    assert_ok_err(tls_server_new(&options, &tls, &err), &err);
    http_fixture_init(f, tls);
    http_fixture_start(f);
    return tls;
}

static void a_plain_websocket_is_opened_used_and_closed(void **state)
{
    (void)state;
    struct http_fixture f;
    struct user u;
    http_fixture_init(&f, NULL);
    http_fixture_start(&f);
    user_init(&u, NULL, "");
    run(&u, "ws", http_fixture_port(&f), "/ws");
    assert_true(u.closed);
    assert_str(buf_str(&u.heard), "t:hello;");
    assert_int_equal(u.close_code, 4002);
    http_fixture_wait(&f.closed_sem);
    assert_int_equal(atomic_load(&f.ws_code), 4002);
    user_done(&u);
    http_fixture_stop(&f);
}

static void mutual_tls_large_messages_and_resumption_work(void **state)
{
    (void)state;
    struct http_fixture f;
    struct user u;
    struct tls_context *tls = start_tls(&f, TLS_CLIENT_CERT_REQUIRED);
    struct pki_identity device;
    CLEANUP(buf_done) struct buf large = {0};
    pki_issue_device(&pki, "device-9", 0, 30, &device);
    for (int i = 0; i < 900000; i++)
        buf_add_char(&large, (char)('a' + i % 26));
    struct tls_client_options own = {.ca_fingerprint = pki.ca_fingerprint,
                                     .cert_pem = buf_str(&device.cert_pem),
                                     .key_pem = buf_str(&device.key_pem)};
    user_init(&u, &own, "");
    u.first = buf_str(&large);
    for (int i = 0; i < 3; i++) {
        run(&u, "wss", http_fixture_port(&f), "/ws");
        assert_true(u.closed);
        assert_int_equal(u.heard.len, large.len + 3);
        assert_true(str_eq(str_sub(buf_str(&u.heard), 2, large.len), buf_str(&large)));
    }
    user_done(&u);
    http_fixture_stop(&f);
    assert_int_equal(SSL_CTX_sess_hits(tls->ssl_ctx), 2);
    pki_identity_done(&device);
    tls_free(tls);
}

static void a_ping_of_ones_own_comes_back_as_it_went(void **state)
{
    (void)state;
    struct http_fixture f;
    struct user u;
    http_fixture_init(&f, NULL);
    http_fixture_start(&f);
    user_init(&u, NULL, "");
    u.ping = STR("generation 7");
    run(&u, "ws", http_fixture_port(&f), "/ws");
    assert_true(u.closed);
    assert_int_equal(u.messages, 0);
    assert_str(buf_str(&u.heard), "generation 7");
    user_done(&u);
    http_fixture_stop(&f);
}

static void a_proxy_is_passed(void **state)
{
    (void)state;
    struct http_fixture f;
    struct user u;
    struct proxy proxy;
    char address[64];
    struct tls_context *tls = start_tls(&f, TLS_CLIENT_CERT_NONE);
    struct tls_client_options trust = {.ca_pem = buf_str(&pki.ca_pem)};
    proxy_start(&proxy, (struct str){0});
    (void)snprintf(address, sizeof address, "http://127.0.0.1:%u", proxy.port);
    user_init(&u, &trust, address);
    run(&u, "wss", http_fixture_port(&f), "/ws");
    assert_true(u.closed);
    assert_str(buf_str(&u.heard), "t:hello;");
    assert_int_equal(atomic_load(&proxy.connects), 1);
    user_done(&u);
    http_fixture_stop(&f);
    proxy_stop(&proxy);
    tls_free(tls);
}

static void a_refusal_tells_status_and_code(void **state)
{
    (void)state;
    struct http_fixture f;
    struct user u;
    http_fixture_init(&f, NULL);
    http_fixture_start(&f);
    user_init(&u, NULL, "");
    run(&u, "ws", http_fixture_port(&f), "/nowhere?x=y");
    assert_int_equal(u.status, 404);
    assert_int_equal(u.code, E_NOT_FOUND);
    run(&u, "ws", http_fixture_port(&f), "/hello");
    assert_int_equal(u.status, 200);
    assert_int_equal(u.code, E_PARSE);
    u.options.protocol = NULL; /* the server chooses one all the same */
    run(&u, "ws", http_fixture_port(&f), "/ws");
    assert_int_equal(u.status, 101);
    assert_int_equal(u.code, E_PARSE);
    run(&u, "ws", 1, "/ws");
    assert_int_equal(u.status, 0);
    assert_int_equal(u.code, E_CONNECT);
    user_done(&u);
    http_fixture_stop(&f);
}

static void a_server_that_is_not_trusted_is_not_talked_to(void **state)
{
    (void)state;
    struct http_fixture f;
    struct user u;
    struct pki foreign;
    struct tls_context *tls = start_tls(&f, TLS_CLIENT_CERT_NONE);
    pki_init(&foreign);
    struct tls_client_options trust = {.ca_pem = buf_str(&foreign.ca_pem)};
    user_init(&u, &trust, "");
    run(&u, "wss", http_fixture_port(&f), "/ws");
    assert_int_equal(u.code, E_CRYPTO);
    user_done(&u);
    pki_done(&foreign);
    http_fixture_stop(&f);
    assert_int_equal(atomic_load(&f.done), 0);
    tls_free(tls);
}

static void a_certificate_the_server_refuses_ends_the_attempt(void **state)
{
    (void)state;
    struct http_fixture f;
    struct user u;
    struct tls_context *tls = start_tls(&f, TLS_CLIENT_CERT_REQUIRED);
    struct tls_client_options trust = {.ca_pem = buf_str(&pki.ca_pem)};
    user_init(&u, &trust, "");
    run(&u, "wss", http_fixture_port(&f), "/ws");
    assert_int_not_equal(u.code, 0);
    assert_int_equal(u.status, 0);
    user_done(&u);
    http_fixture_stop(&f);
    tls_free(tls);
}

static const struct {
    const char *what;
    const char *answer;
    int status;
} canned[] = {
    {"nothing", "", 0},
    {"no HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n", 0},
    {"wrong key",
     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
     "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
     101},
    {"no key",
     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 101},
    {"no upgrade", "HTTP/1.1 101 Switching Protocols\r\n\r\n", 101},
    {"unauthorized", "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", 401},
    {"busy", "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", 503},
};

static void answers_that_open_nothing_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(canned); i++) {
        struct proxy server;
        struct user u;
        proxy_start(&server, str_of(canned[i].answer));
        user_init(&u, NULL, "");
        run(&u, "ws", server.port, "/ws");
        if (u.code == 0 || u.status != canned[i].status)
            print_error("%s: %d %d\n", canned[i].what, u.code, u.status);
        assert_int_not_equal(u.code, 0);
        assert_int_equal(u.status, canned[i].status);
        user_done(&u);
        proxy_stop(&server);
    }
}

static void stop_loop(struct loop *loop, void *arg)
{
    (void)arg;
    loop_stop(loop);
}

static void an_attempt_can_be_given_up_at_any_moment(void **state)
{
    (void)state;
    struct http_fixture f;
    struct user u;
    char url[128];
    struct err err = {0};
    struct tls_context *tls = start_tls(&f, TLS_CLIENT_CERT_NONE);
    struct tls_client_options trust = {.ca_pem = buf_str(&pki.ca_pem)};
    user_init(&u, &trust, "");
    u.first = (struct str){0};
    (void)snprintf(url, sizeof url, "wss://localhost:%u/ws", http_fixture_port(&f));
    u.options.url = url;
    for (int delay_ms = 0; delay_ms < 30; delay_ms++) {
        u.options.url = url;
        assert_ok_err(ws_client_connect(u.client, &u.options, &u.attempt, &err), &err);
        (void)loop_timer(u.loop, delay_ms, stop_loop, NULL);
        assert_ok(loop_run(u.loop));
        if (u.ws) {
            ws_conn_close(u.ws, WS_CLOSE_NORMAL, "");
            assert_ok(loop_run(u.loop));
        }
        ws_client_cancel(u.attempt);
        u.attempt = NULL;
    }
    run(&u, "http", 1, "/"); /* the loop is still good for another */
    assert_int_equal(u.code, E_CONNECT);
    user_done(&u);
    http_fixture_stop(&f);
    tls_free(tls);
}

static void a_server_that_goes_away_is_noticed(void **state)
{
    (void)state;
    struct http_fixture f;
    struct user u;
    http_fixture_init(&f, NULL);
    http_fixture_start(&f);
    user_init(&u, NULL, "");
    u.first = STR("close");
    run(&u, "ws", http_fixture_port(&f), "/ws");
    assert_true(u.closed);
    assert_int_equal(u.close_code, 4001);
    user_done(&u);
    http_fixture_stop(&f);
}

static void urls_and_headers_are_checked_before_anything_is_sent(void **state)
{
    (void)state;
    struct user u;
    struct err err = {0};
    user_init(&u, NULL, "");
    static const char *const bad[] = {"ftp://a/", "a", "ws://", "ws://user@a/", "wss://a b/"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        u.options.url = bad[i];
        assert_int_equal(ws_client_connect(u.client, &u.options, &u.attempt, &err), E_ARG);
    }
    struct http_client_header header = {"X", STR("a\r\nb")};
    u.options.url = "ws://localhost/";
    u.options.headers = &header;
    u.options.header_count = 1;
    assert_int_equal(ws_client_connect(u.client, &u.options, &u.attempt, &err), E_ARG);
    user_done(&u);
}

static void leave_when_open(struct ws_conn *ws, void *arg)
{
    struct user *u = arg;
    u->attempt = NULL;
    u->ws = ws;
    ws_conn_close(ws, WS_CLOSE_NORMAL, "");
}

/* @return 0 when it opened and closed, E_NOMEM whatever else happened */
static int open_and_close(const struct http_fixture *f)
{
    struct user u = {0};
    char url[128];
    struct http_client_options options = {.proxy = ""};
    (void)snprintf(url, sizeof url, "ws://localhost:%u/ws", http_fixture_port(f));
    int rc = loop_new(&u.loop);
    if (rc == 0)
        rc = http_client_new(&options, &u.client, NULL);
    u.options = (struct ws_client_options){.loop = u.loop,
                                           .url = url,
                                           .protocol = "cordon.test",
                                           .ws = {.handler = &handler, .arg = &u},
                                           .on_open = leave_when_open,
                                           .on_fail = on_fail,
                                           .arg = &u};
    if (rc == 0)
        rc = ws_client_connect(u.client, &u.options, &u.attempt, NULL);
    if (rc == 0)
        rc = loop_run(u.loop);
    ws_client_cancel(u.attempt);
    http_client_free(u.client);
    loop_free(u.loop);
    return rc == 0 && u.closed && u.close_code == WS_CLOSE_NORMAL ? 0 : E_NOMEM;
}

static void running_out_of_memory_ends_the_attempt(void **state)
{
    (void)state;
    struct http_fixture f;
    http_fixture_init(&f, NULL);
    http_fixture_start(&f);
    /* A failure in the closing handshake is not an error to its user, so only the end is judged. */
    uint64_t n = 0;
    uint64_t made;
    int rc;
    do {
        assert_true(++n < 100);
        mem_fail_after(n);
        rc = open_and_close(&f);
        made = mem_count();
        mem_fail_after(0);
    } while (made >= n);
    assert_ok(rc);
    http_fixture_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_websocket_is_opened_used_and_closed),
        cmocka_unit_test(mutual_tls_large_messages_and_resumption_work),
        cmocka_unit_test(a_ping_of_ones_own_comes_back_as_it_went),
        cmocka_unit_test(a_proxy_is_passed),
        cmocka_unit_test(a_refusal_tells_status_and_code),
        cmocka_unit_test(a_server_that_is_not_trusted_is_not_talked_to),
        cmocka_unit_test(a_certificate_the_server_refuses_ends_the_attempt),
        cmocka_unit_test(answers_that_open_nothing_are_refused),
        cmocka_unit_test(an_attempt_can_be_given_up_at_any_moment),
        cmocka_unit_test(a_server_that_goes_away_is_noticed),
        cmocka_unit_test(urls_and_headers_are_checked_before_anything_is_sent),
        cmocka_unit_test(running_out_of_memory_ends_the_attempt),
    };
    return cmocka_run_group_tests(tests, make_pki, free_pki);
}
