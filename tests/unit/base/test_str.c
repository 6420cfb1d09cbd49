/* base/str: slices, numbers, distance. */
#include "harness/test.h"

#include <stdio.h>

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
    assert_false(str_next(&rest, ',', &piece));
}

static void an_empty_last_piece_is_not_yielded(void **state)
{
    (void)state;
    struct str rest = STR("a,");
    struct str piece;
    assert_true(str_next(&rest, ',', &piece));
    assert_false(str_next(&rest, ',', &piece));
    rest = STR("");
    assert_false(str_next(&rest, ',', &piece));
    rest = (struct str){0};
    assert_false(str_next(&rest, ',', &piece));
}

static void numbers_are_parsed_up_to_their_limits(void **state)
{
    (void)state;
    int64_t i;
    uint64_t u;
    assert_ok(str_to_i64(STR("-9223372036854775808"), &i));
    assert_true(i == INT64_MIN);
    assert_ok(str_to_i64(STR("9223372036854775807"), &i));
    assert_true(i == INT64_MAX);
    assert_int_equal(str_to_i64(STR("9223372036854775808"), &i), E_LIMIT);
    assert_int_equal(str_to_i64(STR("-9223372036854775809"), &i), E_LIMIT);
    assert_ok(str_to_u64(STR("18446744073709551615"), &u));
    assert_true(u == UINT64_MAX);
    assert_int_equal(str_to_u64(STR("18446744073709551616"), &u), E_LIMIT);
    assert_int_equal(str_to_u64(STR("18446744073709551616x"), &u), E_PARSE);
}

static void what_is_no_number_is_refused_and_the_output_left_alone(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    "-",   "+1",  " 1",  "1 ",
                                      "12x", "0x1", "1.0", "--1", "\xd9\xa1"};
    int64_t i = 77;
    for (size_t n = 0; n < ARRAY_LEN(bad); n++)
        assert_int_equal(str_to_i64(str_of(bad[n]), &i), E_PARSE);
    assert_int_equal(i, 77);
}

static void comparison_ignores_case_only_where_it_says_so(void **state)
{
    (void)state;
    assert_true(str_eq_nocase(STR("LaunchD"), STR("launchd")));
    assert_false(str_eq(STR("LaunchD"), STR("launchd")));
    assert_false(str_eq_nocase(STR("launch"), STR("launchd")));
    /* '[' and '{' differ by the same bit as letters do. */
    assert_false(str_eq_nocase(STR("["), STR("{")));
    assert_true(str_starts(STR("abc"), STR("")));
    assert_true(str_starts(STR("abc"), STR("ab")));
    assert_false(str_starts(STR("abc"), STR("AB")));
    assert_true(str_starts_nocase(STR("abc"), STR("AB")));
    assert_false(str_starts_nocase(STR("a"), STR("AB")));
    assert_true(str_ends(STR("abc"), STR("bc")));
    assert_true(str_ends_nocase(STR("abc"), STR("BC")));
    assert_false(str_ends_nocase(STR("c"), STR("bc")));
    assert_true(str_cmp(STR("ab"), STR("abc")) < 0);
    assert_true(str_cmp(STR("b"), STR("abc")) > 0);
    assert_true(str_cmp(STR("\x80"), STR("a")) > 0);
    assert_int_equal(str_cmp(STR(""), (struct str){0}), 0);
}

static void a_slice_may_hold_nul_and_need_not_end_in_one(void **state)
{
    (void)state;
    struct str s = STR("a\0b");
    assert_int_equal(s.len, 3);
    assert_int_equal(str_find_char(s, 'b'), 2);
    assert_false(str_is(s, "a"));
    assert_int_equal(str_find(s, STR("\0b")), 1);
}

static void searching_finds_the_first_or_the_last(void **state)
{
    (void)state;
    struct str path = STR("/a/b/c");
    assert_int_equal(str_find_char(path, '/'), 0);
    assert_int_equal(str_rfind_char(path, '/'), 4);
    assert_true(str_find_char(path, 'x') == SIZE_MAX);
    assert_true(str_rfind_char((struct str){0}, 'x') == SIZE_MAX);
    assert_int_equal(str_find(path, STR("")), 0);
    assert_true(str_find(STR("ab"), STR("abc")) == SIZE_MAX);
    assert_str(str_basename(path), "c");
    assert_str(str_basename(STR("c")), "c");
    assert_str(str_basename(STR("/a/")), "");
}

static void a_sub_slice_is_clamped(void **state)
{
    (void)state;
    assert_str(str_sub(STR("abc"), 1, 1), "b");
    assert_str(str_sub(STR("abc"), 1, SIZE_MAX), "bc");
    assert_str(str_sub(STR("abc"), 3, 1), "");
    assert_str(str_sub(STR("abc"), SIZE_MAX, SIZE_MAX), "");
    assert_int_equal(str_sub((struct str){0}, 5, 5).len, 0);
    assert_str(str_trim(STR(" \t\r\n a b \v\f")), "a b");
    assert_str(str_trim(STR("  ")), "");
}

static void the_hash_depends_on_every_byte_and_on_the_seed(void **state)
{
    (void)state;
    uint64_t h = str_hash(STR("launchd"), 1);
    assert_true(h == str_hash(STR("launchd"), 1));
    assert_true(h != str_hash(STR("launchd"), 2));
    char text[] = "launchd";
    for (size_t i = 0; i < sizeof text - 1; i++) {
        text[i] = (char)(text[i] ^ 1);
        assert_true(h != str_hash(str_of(text), 1));
        text[i] = (char)(text[i] ^ 1);
    }
}

static void the_distance_counts_single_edits_up_to_the_cap(void **state)
{
    (void)state;
    assert_int_equal(str_distance(STR("detect"), STR("detect"), 3), 0);
    assert_int_equal(str_distance(STR("detect"), STR("detct"), 3), 1);
    assert_int_equal(str_distance(STR("detect"), STR("DETECTS"), 3), 1);
    assert_int_equal(str_distance(STR("kitten"), STR("sitting"), 5), 3);
    assert_int_equal(str_distance(STR("kitten"), STR("sitting"), 2), 3);
    assert_int_equal(str_distance(STR(""), STR("abc"), 5), 3);
    char longer[66];
    memset(longer, 'a', sizeof longer);
    assert_int_equal(str_distance(str_n(longer, 65), STR("a"), 2), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slice_is_cut_at_separators),
        cmocka_unit_test(an_empty_last_piece_is_not_yielded),
        cmocka_unit_test(numbers_are_parsed_up_to_their_limits),
        cmocka_unit_test(what_is_no_number_is_refused_and_the_output_left_alone),
        cmocka_unit_test(comparison_ignores_case_only_where_it_says_so),
        cmocka_unit_test(a_slice_may_hold_nul_and_need_not_end_in_one),
        cmocka_unit_test(searching_finds_the_first_or_the_last),
        cmocka_unit_test(a_sub_slice_is_clamped),
        cmocka_unit_test(the_hash_depends_on_every_byte_and_on_the_seed),
        cmocka_unit_test(the_distance_counts_single_edits_up_to_the_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
