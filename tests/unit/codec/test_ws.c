/* codec/ws: the examples of RFC 6455, every rule of the framing broken once, and round trips. */
#include "harness/test.h"

#include <stdlib.h>

#include "codec/ws.h"

#define BYTES(literal) str_n((literal), sizeof(literal) - 1)

struct heard {
    struct buf text; /* "<opcode>:<payload>;" of every event */
    uint16_t close_code;
    int rc;
};

/* Feed the bytes in pieces of `step`, each in an exact-size block. Stops at the first error. */
static void hear(struct ws_decoder *d, struct str in, size_t step, struct heard *h)
{
    h->rc = E_AGAIN;
    for (size_t used = 0; used < in.len && h->rc == E_AGAIN; used += step) {
        size_t n = in.len - used < step ? in.len - used : step;
        char *piece = malloc(n);
        assert_non_null(piece);
        memcpy(piece, in.ptr + used, n);
        struct str rest = {piece, n};
        struct ws_event event;
        while ((h->rc = ws_decode(d, &rest, &event, &h->close_code)) == 0) {
            buf_addf(&h->text, "%d:%.*s;", event.opcode, STR_FMT(event.payload));
            if (event.opcode == WS_CLOSE)
                h->close_code = event.close_code;
        }
        free(piece);
    }
}

/* RFC 6455 section 5.7. */
static const struct {
    enum ws_role role;
    struct str frames;
    const char *heard;
} examples[] = {
    {WS_CLIENT, {"\x81\x05Hello", 7}, "1:Hello;"},
    {WS_SERVER, {"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11}, "1:Hello;"},
    {WS_CLIENT, {"\x01\x03Hel\x80\x02lo", 9}, "1:Hello;"},
    {WS_CLIENT, {"\x89\x05Hello", 7}, "9:Hello;"},
    {WS_SERVER, {"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11}, "10:Hello;"},
    {WS_CLIENT, {"\x01\x03Hel\x89\x01p\x00\x00\x80\x02lo", 14}, "9:p;1:Hello;"},
    {WS_CLIENT, {"\x82\x00", 2}, "2:;"},
    {WS_CLIENT,
     {"\x81\x01"
      "a\x81\x01"
      "b",
      6},
     "1:a;1:b;"},
    {WS_CLIENT, {"\x88\x00", 2}, "8:;"},
    {WS_CLIENT,
     {"\x88\x05\x03\xe9"
      "bye",
      7},
     "8:bye;"},
};

static void the_examples_of_the_specification_are_heard_however_they_are_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        for (size_t step = 1; step <= examples[i].frames.len; step++) {
            struct ws_decoder d = {.role = examples[i].role, .message_bytes_max = 100};
            struct heard h = {0};
            hear(&d, examples[i].frames, step, &h);
            assert_str(buf_str(&h.text), examples[i].heard);
            buf_done(&h.text);
            ws_decoder_done(&d);
        }
    }
}

static const struct {
    const char *what;
    enum ws_role role;
    struct str frames;
    int rc;
    uint16_t close_code;
} broken[] = {
    {"unmasked to a server",
     WS_SERVER,
     {"\x81\x01"
      "a",
      3},
     E_PARSE,
     1002},
    {"masked to a client", WS_CLIENT, {"\x81\x81\0\0\0\0a", 7}, E_PARSE, 1002},
    {"RSV1",
     WS_CLIENT,
     {"\xc1\x01"
      "a",
      3},
     E_PARSE,
     1002},
    {"RSV2",
     WS_CLIENT,
     {"\xa1\x01"
      "a",
      3},
     E_PARSE,
     1002},
    {"RSV3",
     WS_CLIENT,
     {"\x91\x01"
      "a",
      3},
     E_PARSE,
     1002},
    {"reserved data opcode",
     WS_CLIENT,
     {"\x83\x01"
      "a",
      3},
     E_PARSE,
     1002},
    {"reserved control opcode", WS_CLIENT, {"\x8b\x00", 2}, E_PARSE, 1002},
    {"fragmented ping", WS_CLIENT, {"\x09\x00", 2}, E_PARSE, 1002},
    {"long ping", WS_CLIENT, {"\x89\x7e\x00\x7e", 4}, E_PARSE, 1002},
    {"16-bit length that fits 7", WS_CLIENT, {"\x82\x7e\x00\x05", 4}, E_PARSE, 1002},
    {"64-bit length that fits 16", WS_CLIENT, {"\x82\x7f\0\0\0\0\0\0\xff\xff", 10}, E_PARSE, 1002},
    {"length with the top bit", WS_CLIENT, {"\x82\x7f\xff\0\0\0\0\0\0\0", 10}, E_LIMIT, 1009},
    {"continuation of nothing",
     WS_CLIENT,
     {"\x80\x01"
      "a",
      3},
     E_PARSE,
     1002},
    {"new message inside one",
     WS_CLIENT,
     {"\x01\x01"
      "a\x81\x01"
      "b",
      6},
     E_PARSE,
     1002},
    {"message too long", WS_CLIENT, {"\x82\x65", 2}, E_LIMIT, 1009},
    {"fragments too long",
     WS_CLIENT,
     {"\x02\x02"
      "aa\x80\x63",
      6},
     E_LIMIT,
     1009},
    {"text that is not UTF-8", WS_CLIENT, {"\x81\x01\xff", 3}, E_PARSE, 1007},
    {"text cut inside a character", WS_CLIENT, {"\x81\x01\xc3", 3}, E_PARSE, 1007},
    {"close of one byte", WS_CLIENT, {"\x88\x01\x03", 3}, E_PARSE, 1002},
    {"close code 1005", WS_CLIENT, {"\x88\x02\x03\xed", 4}, E_PARSE, 1002},
    {"close code 1006", WS_CLIENT, {"\x88\x02\x03\xee", 4}, E_PARSE, 1002},
    {"close code 1015", WS_CLIENT, {"\x88\x02\x03\xf7", 4}, E_PARSE, 1002},
    {"close code 999", WS_CLIENT, {"\x88\x02\x03\xe7", 4}, E_PARSE, 1002},
    {"close code 2999", WS_CLIENT, {"\x88\x02\x0b\xb7", 4}, E_PARSE, 1002},
    {"close code 5000", WS_CLIENT, {"\x88\x02\x13\x88", 4}, E_PARSE, 1002},
    {"close reason that is not UTF-8", WS_CLIENT, {"\x88\x03\x03\xe8\xff", 5}, E_PARSE, 1007},
};

static void every_broken_rule_ends_the_connection_with_its_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        for (size_t step = 1; step < 12; step += 5) {
            struct ws_decoder d = {.role = broken[i].role, .message_bytes_max = 100};
            struct heard h = {0};
            hear(&d, broken[i].frames, step, &h);
            if (h.rc != broken[i].rc || h.close_code != broken[i].close_code)
                print_error("%s\n", broken[i].what);
            assert_int_equal(h.rc, broken[i].rc);
            assert_int_equal(h.close_code, broken[i].close_code);
            struct str more = BYTES("\x81\x01"
                                    "a");
            struct ws_event event;
            assert_int_equal(ws_decode(&d, &more, &event, &h.close_code), E_PARSE);
            buf_done(&h.text);
            ws_decoder_done(&d);
        }
    }
}

static void text_may_be_cut_inside_a_character_between_fragments(void **state)
{
    (void)state;
    struct ws_decoder d = {.role = WS_CLIENT, .message_bytes_max = 100};
    struct heard h = {0};
    hear(&d, BYTES("\x01\x01\xc3\x80\x01\xa4"), 64, &h);
    assert_str(buf_str(&h.text), "1:\xc3\xa4;");
    buf_done(&h.text);
    ws_decoder_done(&d);
}

static void nothing_is_read_after_a_close_frame(void **state)
{
    (void)state;
    struct ws_decoder d = {.role = WS_CLIENT, .message_bytes_max = 100};
    struct heard h = {0};
    hear(&d,
         BYTES("\x88\x02\x03\xe8\x81\x01"
               "a"),
         64, &h);
    assert_str(buf_str(&h.text), "8:;");
    assert_int_equal(h.rc, E_PARSE);
    buf_done(&h.text);
    ws_decoder_done(&d);
}

static void what_is_encoded_is_decoded_by_the_other_role(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 3, 125, 126, 127, 65535, 65536, 70001};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        for (int client = 0; client < 2; client++) {
            struct buf payload = {0};
            for (size_t k = 0; k < sizes[i]; k++)
                buf_add_u8(&payload, (uint8_t)(k * 31));
            struct buf frame = {0};
            ws_encode(&frame, client ? WS_CLIENT : WS_SERVER, WS_BINARY, buf_str(&payload),
                      0x9c01fe77);
            assert_ok(buf_check(&frame));
            struct ws_decoder d = {.role = client ? WS_SERVER : WS_CLIENT,
                                   .message_bytes_max = 70001};
            for (size_t step = 1; step < 80000; step = step * 13 + 1) {
                size_t used = 0;
                struct ws_event event = {0};
                uint16_t code;
                int rc = E_AGAIN;
                while (rc == E_AGAIN && used < frame.len) {
                    struct str piece = str_sub(buf_str(&frame), used, step);
                    used += piece.len;
                    rc = ws_decode(&d, &piece, &event, &code);
                }
                assert_ok(rc);
                assert_int_equal(used, frame.len);
                assert_int_equal(event.opcode, WS_BINARY);
                assert_true(str_eq(event.payload, buf_str(&payload)));
            }
            ws_decoder_done(&d);
            buf_done(&frame);
            buf_done(&payload);
        }
    }
}

static void a_large_message_buffer_is_given_back(void **state)
{
    (void)state;
    struct ws_decoder d = {.role = WS_CLIENT, .message_bytes_max = 100000};
    struct buf frame = {0};
    static const char zeros[60000];
    ws_encode(&frame, WS_SERVER, WS_BINARY, str_n(zeros, sizeof zeros), 0);
    struct str in = buf_str(&frame);
    struct ws_event event;
    uint16_t code;
    assert_ok(ws_decode(&d, &in, &event, &code));
    assert_int_equal(event.payload.len, sizeof zeros);
    assert_int_equal(ws_decode(&d, &in, &event, &code), E_AGAIN);
    assert_int_equal(d.message.cap, 0);
    buf_done(&frame);
    ws_decoder_done(&d);
}

static void a_close_reason_is_cut_at_a_character(void **state)
{
    (void)state;
    struct buf reason = {0};
    for (unsigned i = 0; i < 61; i++)
        buf_add_cstr(&reason, "\xc3\xa4");
    buf_add_cstr(&reason, "\xe2\x82\xac"); /* bytes 122 .. 124 of at most 123 */
    struct buf frame = {0};
    ws_encode_close(&frame, WS_SERVER, WS_CLOSE_POLICY, buf_str(&reason), 0);
    struct ws_decoder d = {.role = WS_CLIENT, .message_bytes_max = 0};
    struct str in = buf_str(&frame);
    struct ws_event event;
    uint16_t code;
    assert_ok(ws_decode(&d, &in, &event, &code));
    assert_int_equal(event.close_code, WS_CLOSE_POLICY);
    assert_int_equal(event.payload.len, 122);
    buf_done(&reason);
    buf_done(&frame);
    ws_decoder_done(&d);
}

static void the_accept_key_is_that_of_the_specification(void **state)
{
    (void)state;
    char accept[WS_ACCEPT_BYTES + 1];
    struct str key = STR("dGhlIHNhbXBsZSBub25jZQ==");
    assert_true(ws_key_valid(key));
    assert_ok(ws_accept_key(key, accept));
    assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void only_sixteen_bytes_in_base64_are_a_key(void **state)
{
    (void)state;
    static const char *const keys[] = {"",
                                       "dGhlIHNhbXBsZSBub25jZQ=",
                                       "dGhlIHNhbXBsZSBub25jZQ",
                                       "dGhlIHNhbXBsZSBub25jZQQ=",
                                       "dGhlIHNhbXBsZSBub25-ZQ==",
                                       "dGhlIHNhbXBsZSBub25 ZQ==",
                                       "dGhlIHNhbXBsZSBub25jZQ==="};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        assert_false(ws_key_valid(str_of(keys[i])));
    char accept[WS_ACCEPT_BYTES + 1];
    char longest[200];
    memset(longest, 'a', sizeof longest);
    assert_int_equal(ws_accept_key(str_n(longest, sizeof longest), accept), E_ARG);
}

static int round_trip(void *context)
{
    (void)context;
    struct buf frame CLEANUP(buf_done) = {0};
    ws_encode(&frame, WS_SERVER, WS_TEXT, STR("hello"), 0);
    if (buf_check(&frame))
        return buf_check(&frame);
    struct ws_decoder d CLEANUP(ws_decoder_done) = {.role = WS_CLIENT, .message_bytes_max = 10};
    struct str in = buf_str(&frame);
    struct ws_event event;
    uint16_t code = 0;
    int rc = ws_decode(&d, &in, &event, &code);
    if (rc)
        assert_int_equal(code, WS_CLOSE_INTERNAL);
    return rc;
}

static void running_out_of_memory_closes_with_an_internal_error(void **state)
{
    (void)state;
    test_every_allocation_fails(round_trip, NULL, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_specification_are_heard_however_they_are_cut),
        cmocka_unit_test(every_broken_rule_ends_the_connection_with_its_code),
        cmocka_unit_test(text_may_be_cut_inside_a_character_between_fragments),
        cmocka_unit_test(nothing_is_read_after_a_close_frame),
        cmocka_unit_test(what_is_encoded_is_decoded_by_the_other_role),
        cmocka_unit_test(a_large_message_buffer_is_given_back),
        cmocka_unit_test(a_close_reason_is_cut_at_a_character),
        cmocka_unit_test(the_accept_key_is_that_of_the_specification),
        cmocka_unit_test(only_sixteen_bytes_in_base64_are_a_key),
        cmocka_unit_test(running_out_of_memory_closes_with_an_internal_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
