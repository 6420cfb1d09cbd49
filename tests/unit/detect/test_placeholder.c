/* detect/placeholder: values from files, combinations, limits. */
#include "harness/test.h"

#include <stdio.h>

#include "base/buf.h"
#include "detect/placeholder.h"

static struct placeholders *load(const char *yaml)
{
    struct placeholders *p;
    struct err err = {0};
    assert_ok(placeholders_new(&p));
    assert_ok_err(placeholders_add(p, str_of(yaml), "p.yml", &err), &err);
    return p;
}

static void assert_expands(const struct placeholders *p, const char *raw, const char *expected)
{
    struct arena arena = {0};
    struct buf shown = {0};
    const struct str *texts;
    size_t len;
    struct err err = {0};
    assert_ok_err(placeholders_expand(p, str_of(raw), &arena, &texts, &len, &err), &err);
    for (size_t i = 0; i < len; i++)
        buf_addf(&shown, "%s%.*s", i ? "," : "", STR_FMT(texts[i]));
    assert_string_equal(buf_cstr(&shown), expected);
    buf_done(&shown);
    arena_done(&arena);
}

static void every_combination_of_values_is_made(void **state)
{
    (void)state;
    struct placeholders *p = load("A: [a1, a2]\nB_2: [b1, 'b*']\none: 1\n---\nA: [a3, a4]\n");
    assert_expands(p, "%A%", "a3,a4");
    assert_expands(p, "x%A%-%B_2%y", "xa3-b1y,xa3-b*y,xa4-b1y,xa4-b*y");
    assert_expands(p, "%one%%one%", "11");
    assert_expands(p, "", "");
    assert_expands(p, "50% of %A", "50% of %A");
    assert_expands(p, "%%A%", "%a3,%a4");
    assert_expands(p, "%a b%", "%a b%");
    placeholders_free(p);
}

static void a_percent_sign_can_be_escaped(void **state)
{
    (void)state;
    struct placeholders *p = load("A: a");
    assert_expands(p, "\\%A%", "%A%");
    assert_expands(p, "\\%plain%A%", "%plaina");
    assert_expands(p, "\\\\%A%", "\\\\a");
    assert_expands(p, "C:\\*\\%A%", "C:\\*%A%");
    assert_expands(p, "end\\", "end\\");
    placeholders_free(p);
}

static void a_file_replaces_what_comes_with_the_program(void **state)
{
    (void)state;
    assert_true(placeholder_table_len > 0);
    struct placeholders *p = load("MacShells: /opt/fish\n");
    assert_expands(p, "%MacShells%", "/opt/fish");
    for (size_t i = 0; i < placeholder_table_len; i++) {
        assert_true(placeholder_table[i].values_len > 0 && placeholder_table[i].doc.len > 0);
    }
    placeholders_free(p);
    assert_expands(NULL, "%MacShells%",
                   "/bin/sh,/bin/bash,/bin/zsh,/bin/dash,/bin/ksh,/bin/csh,/bin/tcsh");
}

static void folders_of_management_agents_are_whole_folders_of_root(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct str *texts;
    size_t len;
    struct err err = {0};
    assert_ok_err(placeholders_expand(NULL, STR("%MacManagement%"), &arena, &texts, &len, &err),
                  &err);
    for (size_t i = 0; i < len; i++) {
        bool root_alone = str_starts(texts[i], STR("/Library/")) ||
                          str_starts(texts[i], STR("/usr/local/")) ||
                          str_starts(texts[i], STR("/opt/"));
        assert_true(root_alone && texts[i].ptr[texts[i].len - 1] == '/');
    }
    arena_done(&arena);
}

static void assert_refused(const char *yaml, int code, unsigned line, unsigned column,
                           const char *part)
{
    struct placeholders *p;
    struct err err = {0};
    assert_ok(placeholders_new(&p));
    assert_int_equal(placeholders_add(p, str_of(yaml), "p.yml", &err), code);
    assert_int_equal(err.line, line);
    assert_int_equal(err.column, column);
    assert_non_null(strstr(err.message, part));
    assert_string_equal(err.source, "p.yml");
    placeholders_free(p);
}

static void a_malformed_file_is_refused_at_its_place(void **state)
{
    (void)state;
    assert_refused("- a\n", E_PARSE, 1, 1, "a map of names");
    assert_refused("a: b\nb c: d\n", E_PARSE, 2, 1, "letters, digits and underscores");
    assert_refused("a: []\n", E_PARSE, 1, 4, "needs a value");
    assert_refused("a: [b, [c]]\n", E_PARSE, 1, 8, "must be text");
    assert_refused("a:\n", E_PARSE, 1, 3, "must be text");
    assert_refused("a: [b\n", E_PARSE, 2, 1, "");
}

static void the_number_of_combinations_is_limited(void **state)
{
    (void)state;
    struct buf yaml = {0};
    buf_add_cstr(&yaml, "N: [");
    for (int i = 0; i < 30; i++)
        buf_addf(&yaml, "%d, ", i);
    buf_add_cstr(&yaml, "x]\nL: [");
    for (int i = 0; i < 1100; i++)
        buf_addf(&yaml, "%01000d, ", i);
    buf_add_cstr(&yaml, "x]\n");
    struct placeholders *p = load(buf_cstr(&yaml));
    struct arena arena = {0};
    const struct str *texts;
    size_t len;
    struct err err = {0};
    assert_int_equal(placeholders_expand(p, STR("%N%%N%%N%"), &arena, &texts, &len, &err), E_LIMIT);
    assert_non_null(strstr(err.message, "more than 10000"));
    assert_int_equal(placeholders_expand(p, STR("%L%"), &arena, &texts, &len, &err), E_LIMIT);
    assert_non_null(strstr(err.message, "longer than"));
    assert_int_equal(placeholders_expand(p, STR("%M%"), &arena, &texts, &len, &err), E_NOT_FOUND);
    arena_done(&arena);
    placeholders_free(p);
    buf_done(&yaml);
}

static int everything(void *context)
{
    (void)context;
    struct placeholders *p = NULL;
    struct arena arena = {0};
    const struct str *texts;
    size_t len;
    int rc = placeholders_new(&p);
    if (rc == 0)
        rc = placeholders_add(p, STR("a: [b, c]\n"), "p.yml", NULL);
    if (rc == 0)
        rc = placeholders_expand(p, STR("x%a%y"), &arena, &texts, &len, NULL);
    arena_done(&arena);
    placeholders_free(p);
    return rc;
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    test_every_allocation_fails(everything, NULL, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_combination_of_values_is_made),
        cmocka_unit_test(a_percent_sign_can_be_escaped),
        cmocka_unit_test(a_file_replaces_what_comes_with_the_program),
        cmocka_unit_test(folders_of_management_agents_are_whole_folders_of_root),
        cmocka_unit_test(a_malformed_file_is_refused_at_its_place),
        cmocka_unit_test(the_number_of_combinations_is_limited),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests_name("detect/placeholder", tests, NULL, NULL);
}
