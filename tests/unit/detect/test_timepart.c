/* detect/timepart: parts of times, held against the C library's calendar for many days. */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/timefmt.h"
#include "detect/timepart.h"

static void every_part_agrees_with_the_c_library(void **state)
{
    (void)state;
    /* 1677 to 2262, about every eleven hours. */
    for (int64_t s = INT64_C(-9223372036); s < INT64_C(9223372036); s += 39883) {
        time_t seconds = (time_t)s;
        struct tm tm;
        char text[40];
        char week[4];
        assert_non_null(gmtime_r(&seconds, &tm));
        (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S+09:00", &tm);
        (void)strftime(week, sizeof week, "%V", &tm);
        const int64_t expected[TIME_PARTS] = {
            [TIME_MINUTE] = tm.tm_min,    [TIME_HOUR] = tm.tm_hour,
            [TIME_DAY] = tm.tm_mday,      [TIME_WEEK] = atoi(week),
            [TIME_MONTH] = tm.tm_mon + 1, [TIME_YEAR] = tm.tm_year + 1900};
        for (int part = TIME_MINUTE; part < TIME_PARTS; part++) {
            int64_t value = -1;
            assert_true(timepart_of_text(str_of(text), (enum timepart)part, &value));
            assert_int_equal(value, expected[part]);
            assert_int_equal(timepart_of_ns(s * NS_PER_S, (enum timepart)part), expected[part]);
        }
    }
}

static void a_text_may_lack_the_time_of_day_but_nothing_else(void **state)
{
    (void)state;
    int64_t value;
    assert_true(timepart_of_text(STR("2024-02-29"), TIME_DAY, &value));
    assert_int_equal(value, 29);
    assert_false(timepart_of_text(STR("2024-02-29"), TIME_HOUR, &value));
    assert_true(timepart_of_text(STR("2024-02-29 23:59"), TIME_MINUTE, &value));
    assert_int_equal(value, 59);
    assert_true(timepart_of_text(STR("0000-01-01"), TIME_WEEK, &value));
    assert_int_equal(value, 52);
    static const char *const wrong[] = {"",
                                        "2024",
                                        "2024-2-9",
                                        "2023-02-29",
                                        "2024-13-01",
                                        "2024-00-01",
                                        "2024-01-00",
                                        "2024/01/01",
                                        "x024-01-01",
                                        "2024-01-01x10:00",
                                        "2024-01-01T1:00",
                                        "2024-01-01T24:00",
                                        "2024-01-01T10:60",
                                        "2024-01-01T10-00",
                                        "2024-01-01T10:000"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_false(timepart_of_text(str_of(wrong[i]), TIME_DAY, &value));
}

static void every_part_has_a_name_and_a_range(void **state)
{
    (void)state;
    for (int part = TIME_MINUTE; part < TIME_PARTS; part++) {
        int64_t least;
        int64_t most;
        timepart_range((enum timepart)part, &least, &most);
        assert_true(least < most && timepart_name((enum timepart)part)[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_agrees_with_the_c_library),
        cmocka_unit_test(a_text_may_lack_the_time_of_day_but_nothing_else),
        cmocka_unit_test(every_part_has_a_name_and_a_range),
    };
    return cmocka_run_group_tests_name("detect/timepart", tests, NULL, NULL);
}
