/* base/err: the list and the report. */
#include "harness/test.h"

#include <errno.h>
#include <stdio.h>

static const int codes[] = {
#define CODE(code, number, http, exit, text) code,
    ERR_LIST(CODE)
#undef CODE
};

static void every_code_has_a_name_a_sentence_and_statuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        assert_true(codes[i] < 0);
        for (size_t k = 0; k < i; k++) {
            assert_int_not_equal(codes[i], codes[k]);
            assert_string_not_equal(err_sentence(codes[i]), err_sentence(codes[k]));
        }
        assert_int_equal(strncmp(err_name(codes[i]), "E_", 2), 0);
        assert_true(err_http_status(codes[i]) >= 400 && err_http_status(codes[i]) < 600);
        /* sysexits(3): apart from 0, from 1 and from the shell's 126 and above. */
        assert_true(err_exit_status(codes[i]) >= 64 && err_exit_status(codes[i]) <= 78);
    }
    assert_string_equal(err_name(-9999), "E_UNKNOWN");
    assert_int_equal(err_http_status(-9999), 500);
    assert_int_equal(err_exit_status(-9999), 70);
    assert_string_equal(err_sentence(1), "unknown error");
}

static void a_report_names_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        uint32_t line, column;
        const char *expected;
    } rows[] = {
        {"rules/a.yml", 3, 7, "rules/a.yml:3:7: unknown modifier"},
        {"rules/a.yml", 3, 0, "rules/a.yml:3: unknown modifier"},
        {"rules/a.yml", 0, 7, "rules/a.yml: unknown modifier"},
        {NULL, 3, 7, "3:7: unknown modifier"},
        {NULL, 0, 0, "unknown modifier"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        char text[256];
        err_at(&err, rows[i].source, rows[i].line, rows[i].column);
        assert_int_equal(err_set(&err, E_PARSE, "unknown %s", "modifier"), E_PARSE);
        assert_int_equal(err_format(&err, text, sizeof text), strlen(rows[i].expected));
        assert_string_equal(text, rows[i].expected);
    }
}

static void the_place_may_come_after_the_message(void **state)
{
    (void)state;
    struct err err = {0};
    char text[64];
    (void)err_set(&err, E_LIMIT, "too deep");
    err_at(&err, "a", 1, 2);
    err_at(&err, NULL, 3, 4);
    (void)err_format(&err, text, sizeof text);
    assert_string_equal(text, "a:3:4: too deep");
    err_clear(&err);
    assert_int_equal(err.code, 0);
    assert_string_equal(err.source, "");
}

static void a_report_stays_one_line_and_within_its_size(void **state)
{
    (void)state;
    struct err err = {0};
    char longer[2000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    (void)err_set(&err, E_PARSE, "a\nb\x1b[2J\r%s", longer);
    assert_int_equal(strncmp(err.message, "a b [2J x", 9), 0);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    err_at(&err, longer, 1, 1);
    assert_int_equal(strlen(err.source), sizeof err.source - 1);
    err_prefix(&err, "%s", longer);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
}

static void the_text_of_errno_follows_the_message(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(err_errno(&err, E_NOT_FOUND, ENOENT, "cannot open %s", "x"), E_NOT_FOUND);
    assert_string_equal(err.message, "cannot open x: No such file or directory");
    err_prefix(&err, "rule %d", 3);
    assert_string_equal(err.message, "rule 3: cannot open x: No such file or directory");
}

static void nobody_need_want_a_report(void **state)
{
    (void)state;
    struct err empty = {0};
    assert_int_equal(err_set(NULL, E_PARSE, "x"), E_PARSE);
    assert_int_equal(err_errno(NULL, E_IO, EIO, "x"), E_IO);
    err_at(NULL, "x", 1, 1);
    err_prefix(NULL, "x");
    err_clear(NULL);
    err_prefix(&empty, "nothing to prefix");
    assert_string_equal(empty.message, "");
    char text[32];
    struct err bare = {.code = E_FULL};
    (void)err_format(&bare, text, sizeof text);
    assert_string_equal(text, "no space left");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_a_name_a_sentence_and_statuses),
        cmocka_unit_test(a_report_names_its_place),
        cmocka_unit_test(the_place_may_come_after_the_message),
        cmocka_unit_test(a_report_stays_one_line_and_within_its_size),
        cmocka_unit_test(the_text_of_errno_follows_the_message),
        cmocka_unit_test(nobody_need_want_a_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
