/* codec/json_out: escaping, commas, depth, numbers, and jansson as the judge of every byte. */
#include "harness/test.h"

#include <float.h>
#include <math.h>
#include <jansson.h>

#include "base/text.h"
#include "codec/json_out.h"

static void commas_are_written_between_values_and_nowhere_else(void **state)
{
    (void)state;
    struct buf b = {0};
    struct json_out j = {.out = &b};
    json_object_begin(&j);
    json_key(&j, "empty");
    json_object_begin(&j);
    json_object_end(&j);
    json_key(&j, "list");
    json_array_begin(&j);
    json_int(&j, -1);
    json_int(&j, INT64_MIN);
    json_uint(&j, UINT64_MAX);
    json_array_begin(&j);
    json_array_end(&j);
    json_null_value(&j);
    json_array_end(&j);
    json_kv_bool(&j, "yes", true);
    json_kv_cstr(&j, "none", NULL);
    json_kv_str(&j, "text", STR("a/b"));
    json_kv_int(&j, "i", -5);
    json_kv_uint(&j, "u", 5);
    json_kv_time(&j, "t", 1);
    json_key_str(&j, STR("raw"));
    json_raw(&j, STR("[1]"));
    json_object_end(&j);
    assert_ok(buf_check(&b));
    assert_str(buf_str(&b),
               "{\"empty\":{},\"list\":[-1,-9223372036854775808,18446744073709551615,[],null],"
               "\"yes\":true,\"none\":null,\"text\":\"a/b\",\"i\":-5,\"u\":5,"
               "\"t\":\"1970-01-01T00:00:00.000000001Z\",\"raw\":[1]}");
    buf_done(&b);
}

static void every_byte_string_becomes_a_valid_json_string(void **state)
{
    (void)state;
    struct {
        struct str in;
        const char *out;
    } cases[] = {
        {STR(""), "\"\""},
        {STR("a\"b\\c/d"), "\"a\\\"b\\\\c/d\""},
        {STR("\b\f\n\r\t\x01\x1f\x7f"), "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\""},
        {str_n("a\0b", 3), "\"a\\u0000b\""},
        {STR("gr\xc3\xbc\xc3\x9f \xf0\x9f\x8d\x8e"), "\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x8d\x8e\""},
        {STR("x\xffy"), "\"x\xef\xbf\xbdy\""},
        {STR("\xef\xbf\xbd"), "\"\xef\xbf\xbd\""},
        {STR("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {STR("cut \xf0\x9f\x8d"), "\"cut \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {STR("\xc0\xaf\"\xfe"), "\"\xef\xbf\xbd\xef\xbf\xbd\\\"\xef\xbf\xbd\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf b = {0};
        json_escape(&b, cases[i].in);
        assert_str(buf_str(&b), cases[i].out);
        assert_true(text_utf8_valid(buf_str(&b)));
        buf_done(&b);
    }
}

static void an_independent_reader_gets_back_random_bytes(void **state)
{
    (void)state;
    uint64_t seed = 42;
    for (unsigned round = 0; round < 2000; round++) {
        char raw[24];
        for (size_t i = 0; i < sizeof raw; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            raw[i] = (char)(seed >> 56);
        }
        struct buf b = {0};
        json_escape(&b, str_n(raw, sizeof raw));
        json_error_t error;
        json_t *got = json_loadb(b.ptr, b.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
        assert_non_null(got);
        /* Well-formed parts come back as they were; the rest as U+FFFD. */
        struct buf want = {0};
        struct str in = str_n(raw, sizeof raw);
        for (size_t i = 0; i < in.len;)
            text_utf8_add(&want, text_utf8_next(in, &i));
        struct str back = str_n(json_string_value(got), json_string_length(got));
        assert_true(str_eq(back, buf_str(&want)));
        json_decref(got);
        buf_done(&want);
        buf_done(&b);
    }
}

static void doubles_read_back_as_the_same_number(void **state)
{
    (void)state;
    double values[] = {0.0, -0.0, 0.1, 1e300, -2.5e-8, 1.0 / 3, DBL_MAX, DBL_MIN, 123456789.125};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        struct buf b = {0};
        struct json_out j = {.out = &b};
        json_double(&j, values[i]);
        assert_true(strtod(buf_cstr(&b), NULL) == values[i]);
        buf_done(&b);
    }
    struct buf b = {0};
    struct json_out j = {.out = &b};
    json_array_begin(&j);
    json_double(&j, (double)NAN);
    json_double(&j, (double)INFINITY);
    json_double(&j, 0.1);
    json_array_end(&j);
    assert_str(buf_str(&b), "[null,null,0.1]");
    buf_done(&b);
}

static void sixty_four_levels_are_written_and_one_more_is_a_limit(void **state)
{
    (void)state;
    for (unsigned depth = 64; depth <= 65; depth++) {
        struct buf b = {0};
        struct json_out j = {.out = &b};
        for (unsigned i = 0; i < depth; i++)
            json_array_begin(&j);
        for (unsigned i = 0; i < depth; i++)
            json_array_end(&j);
        assert_int_equal(buf_check(&b), depth == 64 ? 0 : E_LIMIT);
        if (depth == 64)
            assert_int_equal(b.len, 128);
        buf_done(&b);
    }
}

static int write_something(void *context)
{
    (void)context;
    CLEANUP(buf_done) struct buf b = {0};
    struct json_out j = {.out = &b};
    json_object_begin(&j);
    for (unsigned i = 0; i < 20; i++)
        json_kv_cstr(&j, "key \xff", "value \x01 that makes the buffer grow");
    json_object_end(&j);
    return buf_check(&b);
}

static void running_out_of_memory_is_reported_by_the_buffer(void **state)
{
    (void)state;
    test_every_allocation_fails(write_something, NULL, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_are_written_between_values_and_nowhere_else),
        cmocka_unit_test(every_byte_string_becomes_a_valid_json_string),
        cmocka_unit_test(an_independent_reader_gets_back_random_bytes),
        cmocka_unit_test(doubles_read_back_as_the_same_number),
        cmocka_unit_test(sixty_four_levels_are_written_and_one_more_is_a_limit),
        cmocka_unit_test(running_out_of_memory_is_reported_by_the_buffer),
    };
    return cmocka_run_group_tests_name("codec/json_out", tests, NULL, NULL);
}
