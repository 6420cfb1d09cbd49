/* base/shape: no name that was added is ever said to be missing, and most others are. */
#include "harness/test.h"

#include <stdio.h>

#include "base/shape.h"

enum { NAMES = 400 };

static struct str name_of(char *out, size_t size, const char *start, unsigned i)
{
    return str_n(out, (size_t)snprintf(out, size, "%s%u.name", start, i * 7919u));
}

static void every_name_of_the_set_is_found_and_most_others_are_not(void **state)
{
    (void)state;
    static struct shape_set set;
    char text[32];
    for (unsigned i = 0; i < NAMES; i++)
        shape_add(&set, name_of(text, sizeof text, "process.", i));
    unsigned wrong = 0;
    for (unsigned i = 0; i < NAMES; i++) {
        assert_true(shape_has(&set, shape_of(name_of(text, sizeof text, "process.", i))));
        wrong += shape_has(&set, shape_of(name_of(text, sizeof text, "other", i)));
    }
    assert_in_range(wrong, 0, NAMES / 10);
}

static void length_and_each_byte_that_counts_make_a_shape(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "ab", "ac", "abcd", "abxd", "xbcd", "abcx"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_in_range(shape_of(str_of(names[i])), 0, SHAPES - 1);
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(shape_of(str_of(names[i])), shape_of(str_of(names[k])));
    }
    static struct shape_set set;
    assert_false(shape_has(&set, shape_of(STR(""))));
    shape_add(&set, STR(""));
    assert_true(shape_has(&set, shape_of(STR(""))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_of_the_set_is_found_and_most_others_are_not),
        cmocka_unit_test(length_and_each_byte_that_counts_make_a_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
