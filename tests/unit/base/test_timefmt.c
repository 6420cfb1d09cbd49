/* base/timefmt: RFC 3339 against the C library's calendar, durations. */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/timefmt.h"

static void times_are_parsed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
    } rows[] = {
        {"2025-08-07T13:21:35.880814738Z", INT64_C(1754572895880814738)},
        {"2025-08-07 15:21:35.88+02:00", INT64_C(1754572895880000000)},
        {"2025-08-07t15:21:35.88+0200", INT64_C(1754572895880000000)},
        {"2025-08-07T08:51:35.880-04:30", INT64_C(1754572895880000000)},
        {"2025-08-07T13:21:35.8808147389999z", INT64_C(1754572895880814738)},
        {"1969-12-31T23:59:59.5Z", -NS_PER_S / 2},
        {"2024-02-29T00:00:00Z", INT64_C(1709164800000000000)},
        {"2016-12-31T23:59:60Z", INT64_C(1483228800000000000)},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t ns = 1;
        assert_ok(timefmt_parse(str_of(rows[i].text), &ns));
        if (ns != rows[i].ns)
            fail_msg("%s gave %lld", rows[i].text, (long long)ns);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2025-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2025-13-01T00:00:00Z",
        "2025-00-01T00:00:00Z",
        "2025-01-00T00:00:00Z",
        "2025-04-31T00:00:00Z",
        "2025-01-01T24:00:00Z",
        "2025-01-01T00:60:00Z",
        "2025-01-01T00:00:61Z",
        "2025-08-07T13:21:35",
        "2025-08-07T13:21:35.Z",
        "2025-08-07T13:21:35.5",
        "2025-08-07T13:21:35Zx",
        "2025-08-07T13:21:35+24:00",
        "2025-08-07T13:21:35+00:60",
        "2025-08-07T13:21:35+0:00",
        "2025-08-07T13:21:35+",
        "2025-08-07X13:21:35Z",
        "2025/08/07T13:21:35Z",
        "025-08-07T13:21:35Z",
        " 2025-08-07T13:21:35Z",
        "-2025-08-07T13:21:35Z",
    };
    int64_t ns = 77;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (timefmt_parse(str_of(bad[i]), &ns) != E_PARSE)
            fail_msg("'%s' was parsed", bad[i]);
    }
    assert_int_equal(timefmt_parse(STR("9999-12-31T23:59:60-23:59"), &ns), E_LIMIT);
    assert_int_equal(timefmt_parse(STR("0000-01-01T00:00:00+23:59"), &ns), E_LIMIT);
    assert_int_equal(timefmt_parse(STR("2262-04-11T23:47:16.854775808Z"), &ns), E_LIMIT);
    assert_int_equal(timefmt_parse(STR("1677-09-21T00:12:43.145224191Z"), &ns), E_LIMIT);
    assert_int_equal(ns, 77);
}

static void the_calendar_agrees_with_the_c_library(void **state)
{
    (void)state;
    unsigned seed = 5;
    for (unsigned round = 0; round < 20000; round++) {
        /* Seconds of the years 1678 to 2261. */
        int64_t s = -INT64_C(9214560000) +
                    (int64_t)(((uint64_t)rand_r(&seed) << 31 | (uint64_t)rand_r(&seed)) %
                              UINT64_C(18400000000));
        time_t when = (time_t)s;
        struct tm tm;
        char expected[40];
        assert_non_null(gmtime_r(&when, &tm));
        assert_true(strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S.000Z", &tm) > 0);
        struct buf b = {0};
        int64_t back = 0;
        timefmt_add(&b, s * NS_PER_S, 3);
        assert_str(buf_str(&b), expected);
        assert_ok(timefmt_parse(buf_str(&b), &back));
        assert_true(back == s * NS_PER_S);
        buf_done(&b);
    }
}

static void the_extreme_instants_are_written_and_read_back(void **state)
{
    (void)state;
    static const struct {
        int64_t ns;
        const char *text;
    } rows[] = {
        {INT64_MIN, "1677-09-21T00:12:43.145224192Z"},
        {INT64_MAX, "2262-04-11T23:47:16.854775807Z"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf b = {0};
        int64_t ns = 0;
        timefmt_add(&b, rows[i].ns, 9);
        assert_str(buf_str(&b), rows[i].text);
        assert_ok(timefmt_parse(buf_str(&b), &ns));
        assert_true(ns == rows[i].ns);
        buf_done(&b);
    }
}

static void fraction_digits_are_cut_not_rounded(void **state)
{
    (void)state;
    struct buf b = {0};
    timefmt_add(&b, -1, 0);
    buf_add_char(&b, ' ');
    timefmt_add(&b, INT64_C(1999999999), 1);
    buf_add_char(&b, ' ');
    timefmt_add(&b, INT64_C(1000000001), 12);
    assert_str(buf_str(&b),
               "1969-12-31T23:59:59Z 1970-01-01T00:00:01.9Z 1970-01-01T00:00:01.000000001Z");
    buf_done(&b);
}

static void durations_are_parsed_up_to_their_limits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
    } rows[] = {
        {"15m", 900 * NS_PER_S},
        {"250ms", 250 * NS_PER_MS},
        {"0s", 0},
        {"4h", 14400 * NS_PER_S},
        {"106751d", INT64_C(106751) * 86400 * NS_PER_S},
    };
    static const char *const bad[] = {"15", "", "s", "ms", "-1s", "1.5s", "1 s", "1w", "s1", "1ss"};
    int64_t ns = 77;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(timefmt_parse_duration(str_of(bad[i]), &ns), E_PARSE);
    assert_int_equal(timefmt_parse_duration(STR("106752d"), &ns), E_LIMIT);
    assert_int_equal(timefmt_parse_duration(STR("99999999999999999999999s"), &ns), E_LIMIT);
    assert_int_equal(ns, 77);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_ok(timefmt_parse_duration(str_of(rows[i].text), &ns));
        assert_true(ns == rows[i].ns);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_parsed),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(the_calendar_agrees_with_the_c_library),
        cmocka_unit_test(the_extreme_instants_are_written_and_read_back),
        cmocka_unit_test(fraction_digits_are_cut_not_rounded),
        cmocka_unit_test(durations_are_parsed_up_to_their_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
