/* base: str, buf, rd, arena, map, text, timefmt, err. */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/rd.h"
#include "base/text.h"
#include "base/timefmt.h"

static void a_slice_is_cut_at_separators(void **state)
{
    (void)state;
    struct str rest = STR("a,,b");
    struct str piece;
    assert_true(str_next(&rest, ',', &piece));
    assert_str(piece, "a");
    assert_true(str_next(&rest, ',', &piece));
    assert_str(piece, "");
    assert_true(str_next(&rest, ',', &piece));
    assert_str(piece, "b");
    assert_false(str_next(&rest, ',', &piece));
}

static void numbers_are_parsed_up_to_their_limits(void **state)
{
    (void)state;
    int64_t i;
    uint64_t u;
    assert_ok(str_to_i64(STR("-9223372036854775808"), &i));
    assert_true(i == INT64_MIN);
    assert_int_equal(str_to_i64(STR("9223372036854775808"), &i), E_LIMIT);
    assert_int_equal(str_to_i64(STR("12x"), &i), E_PARSE);
    assert_int_equal(str_to_i64(STR(""), &i), E_PARSE);
    assert_ok(str_to_u64(STR("18446744073709551615"), &u));
    assert_true(u == UINT64_MAX);
    assert_int_equal(str_to_u64(STR("18446744073709551616"), &u), E_LIMIT);
    assert_int_equal(str_to_u64(STR("18446744073709551616x"), &u), E_PARSE);
}

static void a_buffer_keeps_its_first_error(void **state)
{
    (void)state;
    struct buf b = {.limit = 4};
    buf_add_cstr(&b, "abc");
    assert_ok(buf_check(&b));
    buf_add_cstr(&b, "de");
    assert_int_equal(buf_check(&b), E_LIMIT);
    buf_add_cstr(&b, "f");
    assert_str(buf_str(&b), "abc");
    buf_clear(&b);
    assert_ok(buf_check(&b));
    buf_done(&b);
}

static void written_integers_are_read_back_and_a_short_read_sticks(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_add_u8(&b, 7);
    buf_add_u16(&b, 0xbeef);
    buf_add_u64(&b, UINT64_C(0x0123456789abcdef));
    buf_add_u32(&b, 3);
    buf_add_cstr(&b, "xyz");
    struct rd r = rd_of(buf_str(&b));
    assert_int_equal(rd_u8(&r), 7);
    assert_int_equal(rd_u16(&r), 0xbeef);
    assert_true(rd_u64(&r) == UINT64_C(0x0123456789abcdef));
    assert_str(rd_str32(&r, 10), "xyz");
    assert_true(rd_done(&r));
    assert_int_equal(rd_u32(&r), 0);
    assert_true(r.failed);
    assert_false(rd_done(&r));
    buf_done(&b);
}

static void a_map_agrees_with_a_plain_array_under_random_use(void **state)
{
    (void)state;
    enum { KEYS = 300, ROUNDS = 20000 };
    char names[KEYS][8];
    bool there[KEYS] = {false};
    uint64_t values[KEYS] = {0};
    struct map m = {.seed = 42};
    unsigned seed = 1;
    for (unsigned i = 0; i < KEYS; i++)
        (void)snprintf(names[i], sizeof names[i], "k%u", i);
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned k = (unsigned)rand_r(&seed) % KEYS;
        if (rand_r(&seed) % 2) {
            values[k] = round;
            there[k] = true;
            assert_ok(map_put(&m, str_of(names[k]), round));
        } else {
            assert_int_equal(map_remove(&m, str_of(names[k])), there[k]);
            there[k] = false;
        }
        uint64_t got = 0;
        unsigned q = (unsigned)rand_r(&seed) % KEYS;
        assert_int_equal(map_find(&m, str_of(names[q]), &got), there[q]);
        if (there[q])
            assert_true(got == values[q]);
    }
    size_t pos = 0;
    size_t seen = 0;
    while (map_next(&m, &pos))
        seen++;
    assert_int_equal(seen, m.len);
    map_done(&m);
}

static void ill_formed_utf8_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82",
                                      "\x80",     "aaaaaaaa\xff", "\xf0\x80\x80\x80"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(text_utf8_valid(str_of(bad[i])));
    assert_true(text_utf8_valid(STR("plain, \xc3\xa9, \xe2\x82\xac, \xf0\x9f\x8d\x8e and more")));
}

static void base64_and_hex_survive_a_round_trip(void **state)
{
    (void)state;
    for (size_t len = 0; len < 40; len++) {
        unsigned char raw[40];
        for (size_t i = 0; i < len; i++)
            raw[i] = (unsigned char)(i * 37 + len);
        struct buf text = {0};
        struct buf back = {0};
        text_base64_add(&text, raw, len);
        assert_int_equal(text.len, (len + 2) / 3 * 4);
        assert_ok(text_base64_decode(buf_str(&text), &back));
        assert_int_equal(back.len, len);
        assert_true(len == 0 || memcmp(back.ptr, raw, len) == 0);
        buf_clear(&text);
        text_hex_add(&text, raw, len);
        unsigned char out[40];
        size_t out_len;
        assert_ok(text_hex_decode(buf_str(&text), out, sizeof out, &out_len));
        assert_int_equal(out_len, len);
        assert_memory_equal(out, raw, len);
        buf_done(&text);
        buf_done(&back);
    }
}

static void hostile_text_is_made_visible(void **state)
{
    (void)state;
    struct buf b = {0};
    text_add_printable(&b, STR("a\x1b[2J\xe2\x80\xae"
                               "b\xff\n"));
    assert_str(buf_str(&b), "a\\x1b[2J\\u202eb\\xff\\x0a");
    buf_done(&b);
}

static void times_are_parsed_and_written(void **state)
{
    (void)state;
    int64_t ns;
    assert_ok(timefmt_parse(STR("2025-08-07T13:21:35.880814738Z"), &ns));
    assert_true(ns == INT64_C(1754572895880814738));
    assert_ok(timefmt_parse(STR("2025-08-07 15:21:35.88+02:00"), &ns));
    assert_true(ns == INT64_C(1754572895880000000));
    assert_ok(timefmt_parse(STR("1969-12-31T23:59:59.5Z"), &ns));
    assert_true(ns == -NS_PER_S / 2);
    struct buf b = {0};
    timefmt_add(&b, ns, 3);
    assert_str(buf_str(&b), "1969-12-31T23:59:59.500Z");
    buf_done(&b);
    assert_int_equal(timefmt_parse(STR("2025-02-29T00:00:00Z"), &ns), E_PARSE);
    assert_int_equal(timefmt_parse(STR("2025-08-07T13:21:35"), &ns), E_PARSE);
    assert_int_equal(timefmt_parse(STR("9999-01-01T00:00:00Z"), &ns), E_LIMIT);
    assert_ok(timefmt_parse_duration(STR("15m"), &ns));
    assert_true(ns == 900 * NS_PER_S);
    assert_ok(timefmt_parse_duration(STR("250ms"), &ns));
    assert_true(ns == 250 * NS_PER_MS);
    assert_int_equal(timefmt_parse_duration(STR("15"), &ns), E_PARSE);
}

static void an_error_report_names_its_place(void **state)
{
    (void)state;
    struct err err = {0};
    char text[256];
    err_at(&err, "rules/a.yml", 3, 7);
    assert_int_equal(err_set(&err, E_PARSE, "unknown modifier '%s'", "foo\nbar"), E_PARSE);
    (void)err_format(&err, text, sizeof text);
    assert_string_equal(text, "rules/a.yml:3:7: unknown modifier 'foo bar'");
    assert_int_equal(err_http_status(E_FULL), 507);
    assert_string_equal(err_name(E_LIMIT), "E_LIMIT");
}

static int use_everything_that_allocates(void *context)
{
    (void)context;
    struct buf b CLEANUP(buf_done) = {0};
    struct arena a CLEANUP(arena_done) = {0};
    struct map m CLEANUP(map_done) = {0};
    for (unsigned i = 0; i < 100; i++)
        buf_addf(&b, "%u,", i);
    if (buf_check(&b))
        return buf_check(&b);
    struct str rest = buf_str(&b);
    struct str piece;
    while (str_next(&rest, ',', &piece)) {
        struct str key = arena_str(&a, piece);
        if (!key.ptr || map_put(&m, key, 1))
            return E_NOMEM;
    }
    return m.len == 100 ? 0 : E_INTERNAL;
}

static void an_allocation_failure_is_reported_not_fatal(void **state)
{
    (void)state;
    test_every_allocation_fails(use_everything_that_allocates, NULL, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slice_is_cut_at_separators),
        cmocka_unit_test(numbers_are_parsed_up_to_their_limits),
        cmocka_unit_test(a_buffer_keeps_its_first_error),
        cmocka_unit_test(written_integers_are_read_back_and_a_short_read_sticks),
        cmocka_unit_test(a_map_agrees_with_a_plain_array_under_random_use),
        cmocka_unit_test(ill_formed_utf8_is_refused),
        cmocka_unit_test(base64_and_hex_survive_a_round_trip),
        cmocka_unit_test(hostile_text_is_made_visible),
        cmocka_unit_test(times_are_parsed_and_written),
        cmocka_unit_test(an_error_report_names_its_place),
        cmocka_unit_test(an_allocation_failure_is_reported_not_fatal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
