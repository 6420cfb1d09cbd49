/* codec/cookie: our own cookie strictly, other programs' not at all. */
#include "harness/test.h"

#include "codec/cookie.h"

static void assert_found(const char *field, const char *value)
{
    struct str got = STR("untouched");
    assert_ok(cookie_find(str_of(field), STR("sid"), &got));
    assert_str(got, value);
}

static void assert_not(const char *field, int code)
{
    struct str got = STR("untouched");
    assert_int_equal(cookie_find(str_of(field), STR("sid"), &got), code);
    assert_str(got, "untouched");
}

static void a_cookie_is_found_by_its_whole_name(void **state)
{
    (void)state;
    assert_found("sid=abc", "abc");
    assert_found("a=b; sid=abc; c=d", "abc");
    assert_found("a=b;sid=abc", "abc");
    assert_found("sid=a=b", "a=b");
    assert_found("sid=", "");
    assert_not("", E_NOT_FOUND);
    assert_not("sid", E_NOT_FOUND);
    assert_not("xsid=abc; sidx=abc; SID=abc", E_NOT_FOUND);
    assert_not("=sid=abc", E_NOT_FOUND);
    assert_not("a=\"; b", E_NOT_FOUND);
}

static void what_other_programs_put_beside_it_does_not_matter(void **state)
{
    (void)state;
    assert_found("other=\"a b\xff\"; nameless; ; sid=abc; =x; ,", "abc");
}

static void two_of_the_name_are_none(void **state)
{
    (void)state;
    assert_not("sid=abc; sid=abc", E_PARSE);
    assert_not("sid=abc; a=b; sid=", E_PARSE);
}

static void a_value_with_a_byte_that_no_cookie_has_is_refused(void **state)
{
    static const char *const bad[] = {"sid=a b",   "sid=\"abc\"",   "sid=a,b", "sid=a\\b",
                                      "sid=a\x7f", "sid=a\xc3\xa4", "sid=a\tb"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_not(bad[i], E_PARSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cookie_is_found_by_its_whole_name),
        cmocka_unit_test(what_other_programs_put_beside_it_does_not_matter),
        cmocka_unit_test(two_of_the_name_are_none),
        cmocka_unit_test(a_value_with_a_byte_that_no_cookie_has_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
