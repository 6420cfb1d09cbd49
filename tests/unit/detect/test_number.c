/* detect/number: decimal numbers are read and compared exactly. */
#include "harness/test.h"

#include <stdio.h>

#include "base/err.h"
#include "detect/number.h"

static struct number number(const char *text)
{
    struct number n;
    assert_ok(number_parse(str_of(text), &n));
    return n;
}

static void numbers_are_ordered_by_their_value(void **state)
{
    (void)state;
    static const char *const rising[] = {"-9223372036854775808",
                                         "-2",
                                         "-1.000000002",
                                         "-1.000000001",
                                         "-1",
                                         "-0.5",
                                         "-0.25",
                                         "0",
                                         "0.000000001",
                                         "0.25",
                                         "0.5",
                                         "1",
                                         "1.5",
                                         "10",
                                         "9223372036854775806.9",
                                         "9223372036854775807"};
    for (size_t i = 0; i < ARRAY_LEN(rising); i++) {
        for (size_t k = 0; k < ARRAY_LEN(rising); k++)
            assert_int_equal(number_cmp(number(rising[i]), number(rising[k])), (i > k) - (i < k));
    }
    assert_int_equal(number_cmp(number("-0"), number("0.000000000999")), 0);
    assert_int_equal(number_cmp(number("1.50"), number("1.5")), 0);
}

static void what_is_no_number_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",     "-",  ".",     "1.",   ".5", "1e3",
                                        "0x10", "1 ", "1.5.2", "1.-5", "nan"};
    struct number n;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_int_equal(number_parse(str_of(wrong[i]), &n), E_PARSE);
    assert_int_equal(number_parse(STR("9223372036854775808"), &n), E_LIMIT);
}

static void thousandths_are_cut_and_limited(void **state)
{
    (void)state;
    int64_t value;
    assert_true(number_thousandths(number("-1.2349"), &value));
    assert_int_equal(value, -1234);
    assert_true(number_thousandths(number("9223372036854775.807"), &value));
    assert_int_equal(value, INT64_MAX);
    assert_false(number_thousandths(number("9223372036854775.808"), &value));
    assert_false(number_thousandths(number("-9223372036854776"), &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_ordered_by_their_value),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(thousandths_are_cut_and_limited),
    };
    return cmocka_run_group_tests_name("detect/number", tests, NULL, NULL);
}
