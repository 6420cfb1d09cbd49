/* base/conf: table-driven configuration text. */
#include "harness/test.h"

#include "base/conf.h"

struct sample {
    struct str address;
    struct str folder;
};

static const struct conf_row rows[] = {
    CONF_ROW(sample, address, "address", "127.0.0.1:1", "where to listen"),
    CONF_ROW(sample, folder, "folder", "", "where to write"),
};

static int parse(const char *text, struct sample *ret, struct buf *prefixed, struct arena *arena,
                 struct err *err)
{
    return conf_parse(str_of(text), "a.conf", rows, ARRAY_LEN(rows), ret, arena, "sensor.",
                      prefixed, err);
}

static void values_defaults_and_prefixed_keys_are_read(void **state)
{
    (void)state;
    struct sample s = {0};
    struct buf prefixed CLEANUP(buf_done) = {0};
    struct arena arena CLEANUP(arena_done) = {0};
    struct err err = {0};
    assert_ok_err(parse("# comment\n\n folder =  /a b/c \nsensor.watch=/x\nsensor.rate = 3\n", &s,
                        &prefixed, &arena, &err),
                  &err);
    assert_str(s.address, "127.0.0.1:1");
    assert_str(s.folder, "/a b/c");
    assert_str(buf_str(&prefixed), "watch=/x\nrate=3\n");
}

static void a_bad_line_is_named_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *want;
    } cases[] = {
        {"a = b\n", "a.conf:1: unknown key 'a'"},
        {"\nadress = b\n", "a.conf:2: unknown key 'adress', did you mean 'address'?"},
        {"folder\n", "a.conf:1: expected 'key = value', got 'folder'"},
        {"folder = a\nfolder = b\n", "a.conf:2: key 'folder' is given twice"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sample s = {0};
        struct buf prefixed CLEANUP(buf_done) = {0};
        struct arena arena CLEANUP(arena_done) = {0};
        struct err err = {0};
        char text[512];
        assert_int_equal(parse(cases[i].text, &s, &prefixed, &arena, &err), E_PARSE);
        (void)err_format(&err, text, sizeof text);
        assert_string_equal(text, cases[i].want);
    }
}

static int parse_sample(void *context)
{
    (void)context;
    struct sample s = {0};
    struct buf prefixed CLEANUP(buf_done) = {0};
    struct arena arena CLEANUP(arena_done) = {0};
    return parse("folder = a\nsensor.x = y\n", &s, &prefixed, &arena, NULL);
}

static void an_allocation_failure_is_reported(void **state)
{
    (void)state;
    test_every_allocation_fails(parse_sample, NULL, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_defaults_and_prefixed_keys_are_read),
        cmocka_unit_test(a_bad_line_is_named_with_its_place),
        cmocka_unit_test(an_allocation_failure_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
