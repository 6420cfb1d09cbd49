/* detect/pattern: escaping, shapes, glob matching. */
#include "harness/test.h"

#include "base/arena.h"
#include "base/buf.h"
#include "detect/pattern.h"

static void assert_glob(const char *raw, bool front, bool back, enum pattern_shape shape,
                        const char *text, const char *glob)
{
    struct arena arena = {0};
    struct pattern p;
    assert_ok(pattern_parse(str_of(raw), &arena, &p));
    assert_ok(pattern_open(&p, front, back, &arena));
    struct str got;
    assert_int_equal(pattern_shape(&p, &got), shape);
    assert_str(got, text);
    struct buf out = {0};
    pattern_add_glob(&out, &p);
    assert_str(buf_str(&out), glob);
    buf_done(&out);
    arena_done(&arena);
}

static void a_backslash_escapes_only_wildcards_and_itself(void **state)
{
    (void)state;
    assert_glob("a\\b", false, false, PATTERN_EXACT, "a\\b", "a\\\\b");
    assert_glob("a\\\\b", false, false, PATTERN_EXACT, "a\\b", "a\\\\b");
    assert_glob("a\\*b", false, false, PATTERN_EXACT, "a*b", "a\\*b");
    assert_glob("a\\?", false, false, PATTERN_EXACT, "a?", "a\\?");
    assert_glob("a\\\\*", false, false, PATTERN_PREFIX, "a\\", "a\\\\*");
    assert_glob("a\\\\\\*", false, false, PATTERN_EXACT, "a\\*", "a\\\\\\*");
    assert_glob("a\\", false, false, PATTERN_EXACT, "a\\", "a\\\\");
}

static void a_pattern_with_one_text_needs_no_wildcard_search(void **state)
{
    (void)state;
    assert_glob("", false, false, PATTERN_EXACT, "", "");
    assert_glob("ab", false, false, PATTERN_EXACT, "ab", "ab");
    assert_glob("ab", true, true, PATTERN_CONTAINS, "ab", "*ab*");
    assert_glob("*ab", false, true, PATTERN_CONTAINS, "ab", "*ab*");
    assert_glob("**ab", false, false, PATTERN_SUFFIX, "ab", "*ab");
    assert_glob("ab", false, true, PATTERN_PREFIX, "ab", "ab*");
    assert_glob("", true, true, PATTERN_ANYTHING, "", "*");
    assert_glob("*", true, false, PATTERN_ANYTHING, "", "*");
    assert_glob("", false, true, PATTERN_ANYTHING, "", "*");
    assert_glob("a*b", false, false, PATTERN_GLOB, "", "a*b");
    assert_glob("?", false, false, PATTERN_GLOB, "", "?");
    assert_glob("a?", true, false, PATTERN_GLOB, "", "*a?");
}

static void assert_anchor(const char *raw, const char *text, enum pattern_shape shape)
{
    struct arena arena = {0};
    struct pattern p;
    assert_ok(pattern_parse(str_of(raw), &arena, &p));
    enum pattern_shape got;
    assert_str(pattern_anchor(&p, &got), text);
    assert_int_equal(got, shape);
    arena_done(&arena);
}

static void the_anchor_is_the_longest_text_and_where_it_stands(void **state)
{
    (void)state;
    assert_anchor("abc*d", "abc", PATTERN_PREFIX);
    assert_anchor("a*bcd", "bcd", PATTERN_SUFFIX);
    assert_anchor("a*bcd?e", "bcd", PATTERN_CONTAINS);
    assert_anchor("*?*", "", PATTERN_CONTAINS);
}

static void globs_match_characters_and_ignore_ascii_case(void **state)
{
    (void)state;
    static const struct {
        const char *glob;
        const char *text;
        bool match;
    } cases[] = {
        {"a?c", "abc", true},
        {"a?c", "ABC", true},
        {"a?c", "ac", false},
        {"a?c",
         "a\xc3\xa9"
         "c",
         true},
        {"a??c",
         "a\xc3\xa9"
         "c",
         false},
        {"*?", "", false},
        {"*??", "\xe2\x82\xac", false},
        {"*??", "\xe2\x82", true}, /* ill-formed: two characters of one byte */
        {"a*b*c", "axxbyyc", true},
        {"a*b*c", "axxbyy", false},
        {"*b", "abab", true},
        {"a\\*b", "a*b", true},
        {"a\\*b", "axb", false},
        {"\\\\*", "\\x", true},
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*aab", "aaaaaab", true},
        {"\xc3\xa9", "\xc3\x89", false}, /* folding is ASCII only */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (glob_match(str_of(cases[i].glob), str_of(cases[i].text), false) != cases[i].match) {
            print_error("%s on %s\n", cases[i].glob, cases[i].text);
            fail();
        }
    }
}

static void letter_case_counts_where_it_is_asked_for(void **state)
{
    (void)state;
    assert_true(glob_match(STR("A*c"), STR("Abc"), true));
    assert_false(glob_match(STR("A*c"), STR("abc"), true));
    assert_false(glob_match(STR("a"), STR("A"), true));
    assert_true(glob_match(STR("\\*A"), STR("*A"), true));
}

static int parse_and_open(void *context)
{
    (void)context;
    struct arena arena = {0};
    struct pattern p;
    int rc = pattern_parse(STR("a*b?c"), &arena, &p);
    if (rc == 0)
        rc = pattern_open(&p, true, true, &arena);
    arena_done(&arena);
    return rc;
}

/* The meaning of a glob, by trying everything; characters of the text are ASCII or two bytes. */
static bool means(const char *glob, const char *text, bool cased)
{
    if (*glob == '\0')
        return *text == '\0';
    size_t step = (unsigned char)*text >= 0xc0 ? 2 : 1;
    if (*glob == '*')
        return means(glob + 1, text, cased) || (*text && means(glob, text + step, cased));
    if (*text == '\0')
        return false;
    if (*glob == '?')
        return means(glob + 1, text + step, cased);
    if (*glob == '\\' && glob[1])
        glob++;
    return (cased ? *text : char_lower(*text)) == *glob && means(glob + 1, text + 1, cased);
}

static void random_text(unsigned *state, const char *const *parts, size_t parts_len, size_t most,
                        struct buf *out)
{
    buf_clear(out);
    *state = *state * 1103515245 + 12345;
    for (unsigned n = (*state >> 16) % (unsigned)(most + 1); n; n--) {
        *state = *state * 1103515245 + 12345;
        buf_add_cstr(out, parts[(*state >> 16) % parts_len]);
    }
}

static void random_globs_match_what_they_mean(void **state)
{
    (void)state;
    static const char *const globs[] = {"a", "b", "ab", "-", "\xc3\xa9", "*", "*", "?", "\\*"};
    static const char *const texts[] = {"a", "A", "b", "B", "ab", "-", "\xc3\xa9", "*", "\xc3\xa8"};
    struct buf glob = {0};
    struct buf text = {0};
    unsigned dice = 1;
    unsigned matched = 0;
    for (unsigned n = 0; n < 50000; n++) {
        random_text(&dice, globs, ARRAY_LEN(globs), 6, &glob);
        random_text(&dice, texts, ARRAY_LEN(texts), 20, &text);
        bool wanted = means(buf_cstr(&glob), buf_cstr(&text), n % 2);
        if (glob_match(buf_str(&glob), buf_str(&text), n % 2) != wanted)
            fail_msg("'%s' and '%s'", buf_cstr(&glob), buf_cstr(&text));
        matched += wanted ? 1 : 0;
    }
    assert_true(matched > 1000);
    buf_done(&glob);
    buf_done(&text);
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    test_every_allocation_fails(parse_and_open, NULL, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_backslash_escapes_only_wildcards_and_itself),
        cmocka_unit_test(a_pattern_with_one_text_needs_no_wildcard_search),
        cmocka_unit_test(the_anchor_is_the_longest_text_and_where_it_stands),
        cmocka_unit_test(globs_match_characters_and_ignore_ascii_case),
        cmocka_unit_test(random_globs_match_what_they_mean),
        cmocka_unit_test(letter_case_counts_where_it_is_asked_for),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests_name("detect/pattern", tests, NULL, NULL);
}
