/* detect/regex and regex_literal: semantics, limits, and the text every match must contain. */
#include "harness/test.h"

#include <stdlib.h>

#include "base/buf.h"
#include "detect/regex.h"

static int match_with(const char *pattern, uint32_t flags, struct str text, bool jit)
{
    struct regex *r;
    struct regex_scratch *s;
    struct err err = {0};
    assert_ok_err(regex_new(str_of(pattern), flags, jit, &r, &err), &err);
    assert_ok(regex_scratch_new(&s));
    int rc = regex_match(r, s, text);
    regex_free(r);
    regex_scratch_free(s);
    return rc;
}

static void assert_match(const char *pattern, uint32_t flags, struct str text, int expected)
{
    assert_int_equal(match_with(pattern, flags, text, false), expected);
    assert_int_equal(match_with(pattern, flags, text, true), expected);
}

static void a_pattern_is_searched_and_case_counts(void **state)
{
    (void)state;
    assert_match("b.d", 0, STR("abcde"), 1);
    assert_match("B.D", 0, STR("abcde"), 0);
    assert_match("(?i)B.D", 0, STR("abcde"), 1);
    assert_match("B.D", REGEX_CASELESS, STR("abcde"), 1);
    assert_match("^b", 0, STR("a\nb"), 0);
    assert_match("^b", REGEX_MULTILINE, STR("a\nb"), 1);
    assert_match("a.b", 0, STR("a\nb"), 0);
    assert_match("a.b", REGEX_DOTALL, STR("a\nb"), 1);
    assert_match("^.$", 0, STR("\xc3\xa9"), 1);
    assert_match("a(?=b)(?!bc)", 0, STR("abd"), 1);
    assert_match("", 0, (struct str){0}, 1);
}

static void ill_formed_text_is_searched_too(void **state)
{
    (void)state;
    assert_match("abc", 0,
                 STR("\xff\xfe"
                     "abc"),
                 1);
    assert_match("abc$", 0, STR("abc\xff"), 0);
}

static void a_pattern_that_runs_wild_stops(void **state)
{
    (void)state;
    struct buf text = {0};
    for (int i = 0; i < 2000; i++)
        buf_add_char(&text, 'a');
    assert_int_equal(match_with("(a|aa)+$b", 0, buf_str(&text), false), 0);
    buf_add_char(&text, '!');
    assert_int_equal(match_with("(a+)+$", 0, buf_str(&text), false), E_LIMIT);
    assert_true(match_with("(a+)+$", 0, buf_str(&text), true) <= 0);
    buf_done(&text);
}

/* Walks to the end from each position: the square of the length, and no backtracking to limit. The
 * time is not looked at here; without a limit the test would not end. */
static void a_pattern_that_takes_the_square_of_the_length_stops(void **state)
{
    (void)state;
    struct buf text = {0};
    for (int i = 0; i < REGEX_TEXT_BYTES; i++)
        buf_add_char(&text, 'a');
    assert_int_equal(match_with("(?=a[^x]*[yz])a", 0, buf_str(&text), true), E_LIMIT);
    assert_int_equal(match_with("a[^x]*+[yz]", 0, buf_str(&text), false), E_LIMIT);
    assert_match("a{3}$", 0, str_n(text.ptr, 5000), 1);
    buf_done(&text);
}

/* Matches that begin in any window, also right at its edge, and characters across an edge. */
static void a_long_text_is_searched_to_its_end(void **state)
{
    (void)state;
    struct buf text = {0};
    for (int i = 0; i < 3 * REGEX_WINDOW; i++)
        buf_add_char(&text, '.');
    for (size_t at = REGEX_WINDOW - 3; at < REGEX_WINDOW + 3; at++) {
        memcpy(text.ptr + at, "needle", 6);
        assert_match("needle", 0, buf_str(&text), 1);
        assert_match("(?<=[.])needle", 0, buf_str(&text), 1);
        assert_match("^needle", 0, buf_str(&text), 0);
        assert_match("needles", 0, buf_str(&text), 0);
        memset(text.ptr + at, '.', 6);
        memcpy(text.ptr + at, "\xc3\xa9", 2);
        assert_match("\xc3\xa9[.]", 0, buf_str(&text), 1);
        assert_match("\xc3\xa8", 0, buf_str(&text), 0);
        memset(text.ptr + at, '.', 2);
    }
    text.ptr[text.len - 1] = 'z';
    assert_match("z$", 0, buf_str(&text), 1);
    assert_match("$", 0, buf_str(&text), 1);
    buf_done(&text);
}

static void beyond_the_limit_a_text_is_not_looked_at(void **state)
{
    (void)state;
    struct buf text = {0};
    for (int i = 0; i < REGEX_TEXT_BYTES; i++)
        buf_add_char(&text, '.');
    buf_add_cstr(&text, "needle");
    assert_match("needle", 0, buf_str(&text), E_LIMIT);
    memcpy(text.ptr + REGEX_TEXT_BYTES - 6, "needle", 6);
    assert_match("needle", 0, buf_str(&text), 1);
    buf_done(&text);
}

static void a_long_text_with_groups_fits_the_stack(void **state)
{
    (void)state;
    struct buf text = {0};
    for (int i = 0; i < 60000; i++)
        buf_add_char(&text, 'a');
    assert_match("(.){200,}", 0, buf_str(&text), 1);
    buf_done(&text);
}

static void a_bad_pattern_is_refused_with_its_place(void **state)
{
    (void)state;
    static const char *const bad[] = {"a(b", "[a", "(?<n>a)(?<n>b)", "\\C", "*a", "(?i"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct regex *r;
        struct err err = {0};
        assert_int_equal(regex_new(str_of(bad[i]), 0, true, &r, &err), E_PARSE);
        assert_non_null(strstr(err.message, "regular expression: "));
        assert_non_null(strstr(err.message, "at byte "));
    }
    struct buf deep = {0};
    for (int i = 0; i < REGEX_NEST_MOST + 1; i++)
        buf_add_char(&deep, '(');
    for (int i = 0; i < REGEX_NEST_MOST + 1; i++)
        buf_add_char(&deep, ')');
    struct regex *r;
    assert_int_equal(regex_new(buf_str(&deep), 0, true, &r, NULL), E_PARSE);
    buf_clear(&deep);
    for (int i = 0; i < REGEX_PATTERN_BYTES + 1; i++)
        buf_add_char(&deep, 'a');
    assert_int_equal(regex_new(buf_str(&deep), 0, true, &r, NULL), E_PARSE);
    buf_done(&deep);
}

static void assert_literal(const char *pattern, uint32_t flags, const char *expected)
{
    struct buf out = {0};
    assert_ok(regex_literal(str_of(pattern), flags, &out));
    if (!str_is(buf_str(&out), expected)) {
        print_error("%s -> %.*s, expected %s\n", pattern, STR_FMT(buf_str(&out)), expected);
        fail();
    }
    buf_done(&out);
}

static void the_text_every_match_contains_is_found(void **state)
{
    (void)state;
    assert_literal("abc", 0, "abc");
    assert_literal("ABC", 0, "abc");
    assert_literal("ab+cde", 0, "cde");
    assert_literal("abcd?e", 0, "abc");
    assert_literal("abcd*", 0, "abc");
    assert_literal("abc{2}d", 0, "ab");
    assert_literal("abc{0,5}?d", 0, "ab");
    assert_literal("\\.sh\\b.*\\\\x", 0, ".sh");
    assert_literal("(a|b)cde(f)?", 0, "cde");
    assert_literal("[abc]de[^]x]fgh", 0, "fgh");
    assert_literal("(?i)/lib/python3\\.([5-9]|[0-9]{2})/site-packages/", 0, "/lib/python3.");
    assert_literal("(?:ab)+cd", 0, "cd");
    assert_literal("a(?=xyz)bc", 0, "bc");
    assert_literal("\xc3\xa9t\xc3\xa9", 0, "\xc3\xa9t\xc3\xa9");
}

static void nothing_is_said_where_it_is_not_certain(void **state)
{
    (void)state;
    static const char *const unsure[] = {"abc|d",
                                         "a*",
                                         "(abc)",
                                         "(?x)a b c",
                                         "a\\x41bc",
                                         "\\Qa.b\\E",
                                         "(abc",
                                         "(?i:abc)",
                                         "[[:alpha:]]",
                                         "(?#abc)d",
                                         "(*UTF)ab",
                                         "ab{,3}c",
                                         "\\p{L}abc",
                                         "(?1)abc",
                                         "a#b",
                                         "(?|ab|c)de",
                                         "(?(?=a)b|c)de",
                                         "abc\\K",
                                         "ab\\",
                                         "(?-i)abc",
                                         "(a)\\1b",
                                         "ab{1,2,3}",
                                         "x|",
                                         "[ab",
                                         "a)b"};
    for (size_t i = 0; i < ARRAY_LEN(unsure); i++)
        assert_literal(unsure[i], 0, "");
}

static void letters_with_relatives_outside_ascii_are_left_out(void **state)
{
    (void)state;
    assert_literal("(?i)abskype", 0, "ype");
    assert_literal("abskype", REGEX_CASELESS, "ype");
    assert_literal("(?i)\xc3\xa9"
                   "ab",
                   0, "ab");
    assert_literal("abskype", 0, "abskype");
}

/* `expected` has the texts with '|' between. */
static void assert_any(const char *pattern, uint32_t flags, const char *expected)
{
    struct regex_any any;
    struct buf found = {0};
    assert_ok(regex_any(str_of(pattern), flags, &any));
    for (size_t i = 0; i < any.len; i++) {
        buf_add_cstr(&found, i ? "|" : "");
        buf_add_str(&found, regex_any_text(&any, i));
    }
    if (!str_is(buf_str(&found), expected)) {
        print_error("%s -> %.*s, expected %s\n", pattern, STR_FMT(buf_str(&found)), expected);
        fail();
    }
    buf_done(&found);
    regex_any_done(&any);
}

static void texts_of_which_every_match_contains_one_are_found(void **state)
{
    (void)state;
    assert_any("\\b(curl|wget)\\s", 0, "curl|wget");
    assert_any("(?:^|\\s)(?:curl|wget -q)\\s+(http|ftp)", 0, "curl|wget -q");
    assert_any("history -c|unset\\s+HISTFILE|> *\\S*_history", 0, "history -c|histfile|_history");
    assert_any("(a|b)cde", 0, "cde");
    assert_any("(abcdef|(ghijkl|mnopqr)s?)x", 0, "abcdef|ghijkl|mnopqr");
    assert_any("(abc|def)+ghi", 0, "ghi");
    assert_any("(?>abc|def)", 0, "abc|def");
    assert_any("(?i)(CURL|wGet)", 0, "curl|wget");
    assert_any("(abcd|[|)]wxyz)", 0, "abcd|wxyz");
    assert_any("ab\\|cd|efg", 0, "ab|cd|efg");
}

static void no_texts_are_named_where_one_could_be_missing(void **state)
{
    (void)state;
    static const char *const unsure[] = {"(curl|wget)?",    "(curl|wget)*x",  "(curl|wget){0,2}x",
                                         "(curl|nc)\\s",    "(?=curl|wget)x", "(?!curl|wget)x",
                                         "curl|",           "|curl",          "(curl|wget|)x",
                                         "(?<=curl|wget)x", "(?i:curl|wget)", "curl|\\Qa|b\\E",
                                         "(?x)(curl|wget)", "(curl|wget",     "curl|wget)",
                                         "(curl|(?x)w g)",  "(?|curl|wget)",  "(?<n>curl|wget)",
                                         "(?1)|curl",       "curl|[wget"};
    for (size_t i = 0; i < ARRAY_LEN(unsure); i++)
        assert_any(unsure[i], 0, "");
    /* Other letters equal an s and a k when case does not count. */
    assert_any("(?i)(sk|ssk)", 0, "");
    assert_any("a(?i)(bash|fish)x", 0, "");
    assert_any("(bash|fish)", REGEX_CASELESS, "");
    assert_any("(bash|fish)", 0, "bash|fish");
}

static void too_many_texts_are_none(void **state)
{
    (void)state;
    struct buf pattern = {0};
    for (unsigned i = 0; i <= REGEX_ANY_MOST; i++)
        buf_addf(&pattern, "%sword%u", i ? "|" : "", i + 100);
    assert_any(buf_cstr(&pattern), 0, "");
    buf_done(&pattern);
    /* Nested deeper than anybody needs. */
    assert_any("(((((((((abc|def)))))))))", 0, "");
    assert_any("((((abc|def))))", 0, "abc|def");
}

static bool contains_one(const struct regex_any *any, struct str lower)
{
    for (size_t i = 0; i < any->len; i++) {
        if (str_find(lower, regex_any_text(any, i)) != SIZE_MAX)
            return true;
    }
    return any->len == 0;
}

/* Every match of a random pattern contains its literal, and one of its texts. */
static void a_literal_is_contained_in_every_match_of_random_patterns(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "a",    "b",        "ab",    "S",      "k",   ".",      "a?",         "b*",     "a+",
        "b{2}", "[ab]",     "(ab)",  "(a|b)?", "\\.", "(?i)",   "^",          "b{0}",   "\\w",
        "|",    "\xc3\xa9", "(?:b)", "$",      "a+?", "x{1,2}", "(abS|bab)?", "aSa|bab"};
    static const char *const words[] = {"(abS|bab)",    "(?:aab|b(ak|xab))", "(aba|bab)+",
                                        "(abxb|bba)",   "(?>aba|bab)",       "(abb|baa|aab)",
                                        "(aba|bab){2}", "((bab|aba)a|bbb)"};
    static const char *const chars[] = {
        "a", "b", "A", "S", "s", "k", "x", ".", "\xe2\x84\xaa", "\xc5\xbf", "\xc3\xa9"};
    unsigned seed = 7;
    unsigned matched = 0;
    struct regex_scratch *s;
    assert_ok(regex_scratch_new(&s));
    unsigned with_texts = 0;
    for (int round = 0; round < 12000; round++) {
        struct buf pattern = {0};
        for (int n = 1 + rand_r(&seed) % 6; n; n--)
            buf_add_cstr(&pattern, pieces[(size_t)rand_r(&seed) % ARRAY_LEN(pieces)]);
        if (round % 2)
            buf_add_cstr(&pattern, words[(size_t)rand_r(&seed) % ARRAY_LEN(words)]);
        struct regex *r;
        if (regex_new(buf_str(&pattern), 0, false, &r, NULL)) {
            buf_done(&pattern);
            continue;
        }
        struct buf literal = {0};
        struct regex_any any;
        assert_ok(regex_literal(buf_str(&pattern), 0, &literal));
        assert_ok(regex_any(buf_str(&pattern), 0, &any));
        for (int t = 0; t < 20; t++) {
            struct buf text = {0};
            struct buf lower = {0};
            size_t kinds = round % 2 ? 2 : ARRAY_LEN(chars);
            for (int n = rand_r(&seed) % 10; n; n--)
                buf_add_cstr(&text, chars[(size_t)rand_r(&seed) % kinds]);
            for (size_t i = 0; i < text.len; i++)
                buf_add_char(&lower, char_lower(text.ptr[i]));
            if (regex_match(r, s, buf_str(&text)) == 1) {
                matched++;
                with_texts += any.len > 1;
                if (!contains_one(&any, buf_str(&lower))) {
                    print_error("%s matches %s without any of its texts\n", buf_cstr(&pattern),
                                buf_cstr(&text));
                    fail();
                }
                if (str_find(buf_str(&lower), buf_str(&literal)) == SIZE_MAX) {
                    print_error("%s matches %s without %s\n", buf_cstr(&pattern), buf_cstr(&text),
                                buf_cstr(&literal));
                    fail();
                }
            }
            buf_done(&text);
            buf_done(&lower);
        }
        regex_any_done(&any);
        buf_done(&literal);
        buf_done(&pattern);
        regex_free(r);
    }
    regex_scratch_free(s);
    assert_true(matched > 1000);
    assert_true(with_texts > 200);
}

static int compile_and_match(void *context)
{
    (void)context;
    struct regex *r = NULL;
    struct regex_scratch *s = NULL;
    struct buf literal = {0};
    int rc = regex_new(STR("(a|b)+cd"), 0, false, &r, NULL);
    if (rc == 0)
        rc = regex_scratch_new(&s);
    if (rc == 0)
        rc = regex_match(r, s, STR("xxabcd"));
    if (rc >= 0)
        rc = regex_literal(STR("abc"), 0, &literal);
    struct regex_any any = {.len = 0};
    if (rc >= 0)
        rc = regex_any(STR("(abc|def)x"), 0, &any);
    regex_any_done(&any);
    buf_done(&literal);
    regex_free(r);
    regex_scratch_free(s);
    return rc;
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    test_every_allocation_fails(compile_and_match, NULL, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_of_which_every_match_contains_one_are_found),
        cmocka_unit_test(no_texts_are_named_where_one_could_be_missing),
        cmocka_unit_test(too_many_texts_are_none),
        cmocka_unit_test(a_pattern_is_searched_and_case_counts),
        cmocka_unit_test(ill_formed_text_is_searched_too),
        cmocka_unit_test(a_pattern_that_runs_wild_stops),
        cmocka_unit_test(a_pattern_that_takes_the_square_of_the_length_stops),
        cmocka_unit_test(a_long_text_is_searched_to_its_end),
        cmocka_unit_test(beyond_the_limit_a_text_is_not_looked_at),
        cmocka_unit_test(a_long_text_with_groups_fits_the_stack),
        cmocka_unit_test(a_bad_pattern_is_refused_with_its_place),
        cmocka_unit_test(the_text_every_match_contains_is_found),
        cmocka_unit_test(nothing_is_said_where_it_is_not_certain),
        cmocka_unit_test(letters_with_relatives_outside_ascii_are_left_out),
        cmocka_unit_test(a_literal_is_contained_in_every_match_of_random_patterns),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests_name("detect/regex", tests, NULL, NULL);
}
