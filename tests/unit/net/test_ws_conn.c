/* net/ws_conn over real sockets: handshake, messages, pings, closing from either side. */
#include "harness/test.h"

#include <time.h>

#include "base/buf.h"
#include "codec/ws.h"
#include "harness/http_fixture.h"

#define HANDSHAKE                                                                                  \
    "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"     \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

static void open_ws(struct http_fixture *f, struct rawpeer *p)
{
    rawpeer_connect(p, http_fixture_port(f));
    rawpeer_say(p, HANDSHAKE);
    assert_int_equal(rawpeer_answer(p, false), 101);
    assert_str(http1_find(&p->head, "Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_str(http1_find(&p->head, "Sec-WebSocket-Protocol"), "cordon.test");
}

static void say(struct rawpeer *p, enum ws_opcode opcode, struct str payload)
{
    CLEANUP(buf_done) struct buf frame = {0};
    ws_encode(&frame, WS_CLIENT, opcode, payload, 0x12345678);
    assert_true(rawpeer_send(p, buf_str(&frame)));
}

/* Next event from the server; its payload is valid until the next call. @return 0 or E_CLOSED */
static int hear(struct rawpeer *p, struct ws_decoder *d, struct ws_event *ret_event)
{
    d->message_bytes_max = 1 << 20;
    d->role = WS_CLIENT;
    for (;;) {
        uint16_t code;
        struct str in = buf_str(&p->in);
        int rc = ws_decode(d, &in, ret_event, &code);
        buf_drop_front(&p->in, p->in.len - in.len);
        if (rc == 0)
            return 0;
        assert_int_equal(rc, E_AGAIN);
        if (!rawpeer_read(p))
            return E_CLOSED;
    }
}

static void messages_are_echoed_and_pings_answered(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    struct ws_decoder d = {0};
    struct ws_event event;
    http_fixture_init(&f, NULL);
    http_fixture_start(&f);
    open_ws(&f, &p);
    say(&p, WS_TEXT, STR("hello"));
    assert_ok(hear(&p, &d, &event));
    assert_int_equal(event.opcode, WS_TEXT);
    assert_str(event.payload, "hello");
    say(&p, WS_PING, STR("are you there"));
    assert_ok(hear(&p, &d, &event));
    assert_int_equal(event.opcode, WS_PONG);
    assert_str(event.payload, "are you there");
    CLEANUP(buf_done) struct buf large = {0};
    for (int i = 0; i < 300000; i++)
        buf_add_u8(&large, (uint8_t)i);
    say(&p, WS_BINARY, buf_str(&large));
    assert_ok(hear(&p, &d, &event));
    assert_int_equal(event.opcode, WS_BINARY);
    assert_true(str_eq(event.payload, buf_str(&large)));
    ws_decoder_done(&d);
    rawpeer_close(&p);
    http_fixture_wait(&f.closed_sem);
    assert_int_equal(atomic_load(&f.ws_code), WS_CLOSE_ABNORMAL);
    http_fixture_stop(&f);
}

static void frames_sent_with_the_handshake_are_heard(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    struct ws_decoder d = {0};
    struct ws_event event;
    http_fixture_init(&f, NULL);
    http_fixture_start(&f);
    rawpeer_connect(&p, http_fixture_port(&f));
    CLEANUP(buf_done) struct buf all = {0};
    buf_add_cstr(&all, HANDSHAKE);
    ws_encode(&all, WS_CLIENT, WS_TEXT, STR("early"), 7);
    ws_encode(&all, WS_CLIENT, WS_TEXT, STR("bird"), 7);
    buf_truncate(&all, all.len - 2);
    assert_true(rawpeer_send(&p, buf_str(&all)));
    assert_int_equal(rawpeer_answer(&p, false), 101);
    assert_ok(hear(&p, &d, &event));
    assert_str(event.payload, "early");
    CLEANUP(buf_done) struct buf rest = {0};
    ws_encode(&rest, WS_CLIENT, WS_TEXT, STR("bird"), 7);
    assert_true(rawpeer_send(&p, str_sub(buf_str(&rest), rest.len - 2, 2)));
    assert_ok(hear(&p, &d, &event));
    assert_str(event.payload, "bird");
    ws_decoder_done(&d);
    rawpeer_close(&p);
    http_fixture_stop(&f);
}

static void the_server_closes_with_a_handshake(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    struct ws_decoder d = {0};
    struct ws_event event;
    http_fixture_init(&f, NULL);
    http_fixture_start(&f);
    open_ws(&f, &p);
    say(&p, WS_TEXT, STR("close"));
    say(&p, WS_TEXT, STR("too late"));
    assert_ok(hear(&p, &d, &event));
    assert_int_equal(event.opcode, WS_CLOSE);
    assert_int_equal(event.close_code, 4001);
    assert_str(event.payload, "as you wish");
    CLEANUP(buf_done) struct buf frame = {0};
    ws_encode_close(&frame, WS_CLIENT, 4001, STR(""), 1);
    assert_true(rawpeer_send(&p, buf_str(&frame)));
    assert_true(rawpeer_at_end(&p));
    ws_decoder_done(&d);
    rawpeer_close(&p);
    http_fixture_wait(&f.closed_sem);
    assert_int_equal(atomic_load(&f.ws_code), 4001);
    assert_int_equal(atomic_load(&f.messages), 1);
    http_fixture_stop(&f);
}

static void the_client_closes_with_a_handshake(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    struct ws_decoder d = {0};
    struct ws_event event;
    http_fixture_init(&f, NULL);
    http_fixture_start(&f);
    open_ws(&f, &p);
    CLEANUP(buf_done) struct buf frame = {0};
    ws_encode_close(&frame, WS_CLIENT, 4321, STR("bye"), 1);
    assert_true(rawpeer_send(&p, buf_str(&frame)));
    assert_ok(hear(&p, &d, &event));
    assert_int_equal(event.opcode, WS_CLOSE);
    assert_int_equal(event.close_code, 4321);
    assert_true(rawpeer_at_end(&p));
    ws_decoder_done(&d);
    rawpeer_close(&p);
    http_fixture_wait(&f.closed_sem);
    assert_int_equal(atomic_load(&f.ws_code), 4321);
    http_fixture_stop(&f);
}

static const struct {
    struct str bytes;
    uint16_t code;
} broken[] = {
    {{"\x81\x01"
      "a",
      3},
     WS_CLOSE_PROTOCOL},                                            /* not masked */
    {{"\xc1\x81\0\0\0\0a", 7}, WS_CLOSE_PROTOCOL},                  /* reserved bit */
    {{"\x81\x81\0\0\0\0\xff", 7}, WS_CLOSE_BAD_TEXT},               /* not UTF-8 */
    {{"\x82\xff\0\0\0\0\0\x20\0\0\0\0\0\0", 14}, WS_CLOSE_TOO_BIG}, /* 2 MiB */
};

static void a_broken_frame_is_answered_with_its_close_code(void **state)
{
    (void)state;
    struct http_fixture f;
    http_fixture_init(&f, NULL);
    http_fixture_start(&f);
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        struct rawpeer p;
        struct ws_decoder d = {0};
        struct ws_event event;
        open_ws(&f, &p);
        assert_true(rawpeer_send(&p, broken[i].bytes));
        assert_ok(hear(&p, &d, &event));
        assert_int_equal(event.opcode, WS_CLOSE);
        assert_int_equal(event.close_code, broken[i].code);
        assert_true(rawpeer_at_end(&p));
        ws_decoder_done(&d);
        rawpeer_close(&p);
        http_fixture_wait(&f.closed_sem);
        assert_int_equal(atomic_load(&f.ws_code), broken[i].code);
    }
    http_fixture_stop(&f);
}

static void a_peer_that_answers_no_ping_is_given_up(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    struct ws_decoder d = {0};
    struct ws_event event;
    http_fixture_init(&f, NULL);
    f.ws_options.ping_ms = 40;
    http_fixture_start(&f);
    open_ws(&f, &p);
    /* Alive as long as it answers. */
    for (int i = 0; i < 5; i++) {
        assert_ok(hear(&p, &d, &event));
        assert_int_equal(event.opcode, WS_PING);
        say(&p, WS_PONG, event.payload);
    }
    http_fixture_wait(&f.closed_sem);
    assert_int_equal(atomic_load(&f.ws_code), WS_CLOSE_ABNORMAL);
    ws_decoder_done(&d);
    rawpeer_close(&p);
    http_fixture_stop(&f);
}

static void a_paused_websocket_loses_nothing(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    struct ws_decoder d = {0};
    struct ws_event event;
    http_fixture_init(&f, NULL);
    http_fixture_start(&f);
    open_ws(&f, &p);
    CLEANUP(buf_done) struct buf all = {0};
    ws_encode(&all, WS_CLIENT, WS_TEXT, STR("one"), 7);
    ws_encode(&all, WS_CLIENT, WS_TEXT, STR("pause"), 7);
    ws_encode(&all, WS_CLIENT, WS_TEXT, STR("pause"), 7);
    ws_encode(&all, WS_CLIENT, WS_TEXT, STR("two"), 7);
    assert_true(rawpeer_send(&p, buf_str(&all)));
    assert_ok(hear(&p, &d, &event));
    assert_str(event.payload, "one");
    say(&p, WS_TEXT, STR("three"));
    assert_ok(hear(&p, &d, &event));
    assert_str(event.payload, "two");
    assert_ok(hear(&p, &d, &event));
    assert_str(event.payload, "three");
    ws_decoder_done(&d);
    rawpeer_close(&p);
    http_fixture_wait(&f.closed_sem);
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

static void draining_sends_websockets_away(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    struct ws_decoder d = {0};
    struct ws_event event;
    http_fixture_init(&f, NULL);
    http_fixture_start(&f);
    open_ws(&f, &p);
    http_fixture_call(&f, drain, &f);
    assert_ok(hear(&p, &d, &event));
    assert_int_equal(event.opcode, WS_CLOSE);
    assert_int_equal(event.close_code, WS_CLOSE_GOING_AWAY);
    ws_decoder_done(&d);
    rawpeer_close(&p);
    http_fixture_wait(&f.drained_sem);
    http_fixture_stop(&f);
}

static void freeing_the_server_ends_open_websockets(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    http_fixture_init(&f, NULL);
    http_fixture_start(&f);
    open_ws(&f, &p);
    http_fixture_stop(&f);
    assert_int_equal(atomic_load(&f.ws_code), WS_CLOSE_ABNORMAL);
    assert_true(rawpeer_at_end(&p));
    rawpeer_close(&p);
}

static const struct {
    const char *request;
    int status;
} handshakes[] = {
    {"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 426},
    {"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
     426},
    {"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
     "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
     426},
    {"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
     "Sec-WebSocket-Version: 13\r\n\r\n",
     400},
    {"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n",
     400},
    {"POST /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
     400},
    {"GET /ws HTTP/1.0\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
     426},
};

static void what_is_no_handshake_is_refused(void **state)
{
    (void)state;
    struct http_fixture f;
    http_fixture_init(&f, NULL);
    http_fixture_start(&f);
    for (size_t i = 0; i < ARRAY_LEN(handshakes); i++) {
        struct rawpeer p;
        rawpeer_connect(&p, http_fixture_port(&f));
        rawpeer_say(&p, handshakes[i].request);
        assert_int_equal(rawpeer_answer(&p, false), handshakes[i].status);
        if (handshakes[i].status == 426)
            assert_str(http1_find(&p.head, "Sec-WebSocket-Version"), "13");
        rawpeer_close(&p);
    }
    http_fixture_stop(&f);
}

static void a_peer_that_reads_nothing_cannot_fill_memory(void **state)
{
    (void)state;
    struct http_fixture f;
    struct rawpeer p;
    static char payload[60000];
    http_fixture_init(&f, NULL);
    f.ws_options.queue_bytes_max = 100000;
    f.options.write_timeout_ms = 300;
    http_fixture_start(&f);
    open_ws(&f, &p);
    CLEANUP(buf_done) struct buf frame = {0};
    ws_encode(&frame, WS_CLIENT, WS_BINARY, str_n(payload, sizeof payload), 1);
    for (int i = 0; i < 400 && rawpeer_send(&p, buf_str(&frame)); i++)
        ;
    http_fixture_wait(&f.closed_sem);
    assert_int_equal(atomic_load(&f.ws_code), WS_CLOSE_ABNORMAL);
    rawpeer_close(&p);
    http_fixture_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_echoed_and_pings_answered),
        cmocka_unit_test(frames_sent_with_the_handshake_are_heard),
        cmocka_unit_test(the_server_closes_with_a_handshake),
        cmocka_unit_test(the_client_closes_with_a_handshake),
        cmocka_unit_test(a_broken_frame_is_answered_with_its_close_code),
        cmocka_unit_test(a_peer_that_answers_no_ping_is_given_up),
        cmocka_unit_test(a_paused_websocket_loses_nothing),
        cmocka_unit_test(draining_sends_websockets_away),
        cmocka_unit_test(freeing_the_server_ends_open_websockets),
        cmocka_unit_test(what_is_no_handshake_is_refused),
        cmocka_unit_test(a_peer_that_reads_nothing_cannot_fill_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
