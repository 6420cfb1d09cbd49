/* codec/http_target: paths that have one meaning only, and query parameters. */
#include "harness/test.h"

#include "codec/http_target.h"

static const struct {
    const char *path;
    const char *decoded; /* NULL: refused */
} paths[] = {
    {"/", "/"},
    {"/a/b", "/a/b"},
    {"/a/", "/a/"},
    {"/a%20b/%C3%A4", "/a b/\xc3\xa4"},
    {"/a+b", "/a+b"},
    {"/...", "/..."},
    {"/.a/a.", "/.a/a."},
    {"", NULL},
    {"a", NULL},
    {"*", NULL},
    {"//", NULL},
    {"//a", NULL},
    {"/a//b", NULL},
    {"/.", NULL},
    {"/..", NULL},
    {"/../a", NULL},
    {"/a/..", NULL},
    {"/a/../b", NULL},
    {"/a/./b", NULL},
    {"/%2e%2E/etc", NULL},
    {"/.%2e", NULL},
    {"/a%2fb", NULL},
    {"/a%5Cb", NULL},
    {"/a\\b", NULL},
    {"/a%00", NULL},
    {"/a%0a", NULL},
    {"/a%7f", NULL},
    {"/a%", NULL},
    {"/a%4", NULL},
    {"/a%4g", NULL},
    {"/%C3", NULL},
    {"/%C3/%A4", NULL},
    {"/%c0%ae%c0%ae/", NULL},
};

static void a_path_has_one_meaning_or_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct buf out = {0};
        buf_add_cstr(&out, "kept");
        int rc = http_target_path(str_of(paths[i].path), &out);
        if (rc != (paths[i].decoded ? 0 : E_PARSE))
            print_error("path '%s'\n", paths[i].path);
        assert_int_equal(rc, paths[i].decoded ? 0 : E_PARSE);
        assert_str(str_sub(buf_str(&out), 0, 4), "kept");
        assert_str(str_sub(buf_str(&out), 4, SIZE_MAX), paths[i].decoded ? paths[i].decoded : "");
        buf_done(&out);
    }
}

static void a_target_is_cut_at_the_first_question_mark(void **state)
{
    (void)state;
    struct str path;
    struct str query;
    http_target_split(STR("/a?b=c?d"), &path, &query);
    assert_str(path, "/a");
    assert_str(query, "b=c?d");
    http_target_split(STR("/a"), &path, &query);
    assert_str(path, "/a");
    assert_str(query, "");
}

static void parameters_are_decoded_one_by_one(void **state)
{
    (void)state;
    struct str rest = STR("a=1&&b=x%20y+z%2B&flag&=v&c=%C3%A4=&t=1%0A2");
    static const char *const expected[][2] = {{"a", "1"}, {"b", "x y z+"},    {"flag", ""},
                                              {"", "v"},  {"c", "\xc3\xa4="}, {"t", "1\n2"}};
    struct buf name = {0};
    struct buf value = {0};
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        assert_ok(http_target_param(&rest, &name, &value));
        assert_str(buf_str(&name), expected[i][0]);
        assert_str(buf_str(&value), expected[i][1]);
    }
    assert_int_equal(http_target_param(&rest, &name, &value), E_NOT_FOUND);
    struct str none = {0};
    assert_int_equal(http_target_param(&none, &name, &value), E_NOT_FOUND);
    buf_done(&name);
    buf_done(&value);
}

static void malformed_parameters_are_refused(void **state)
{
    (void)state;
    static const char *const queries[] = {"a=%", "a=%0", "%zz=1", "a=%00", "a=%ff", "a%1b=1"};
    for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
        struct buf name = {0};
        struct buf value = {0};
        struct str rest = str_of(queries[i]);
        assert_int_equal(http_target_param(&rest, &name, &value), E_PARSE);
        buf_done(&name);
        buf_done(&value);
    }
}

static int decode_everything(void *context)
{
    (void)context;
    struct buf path CLEANUP(buf_done) = {0};
    struct buf name CLEANUP(buf_done) = {0};
    struct buf value CLEANUP(buf_done) = {0};
    struct str rest = STR("name=value%20that%20is%20longer%20than%20the%20first%20block%20of%20it");
    int rc = http_target_path(STR("/a%20b"), &path);
    return rc ? rc : http_target_param(&rest, &name, &value);
}

static void running_out_of_memory_is_reported(void **state)
{
    (void)state;
    test_every_allocation_fails(decode_everything, NULL, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_has_one_meaning_or_is_refused),
        cmocka_unit_test(a_target_is_cut_at_the_first_question_mark),
        cmocka_unit_test(parameters_are_decoded_one_by_one),
        cmocka_unit_test(malformed_parameters_are_refused),
        cmocka_unit_test(running_out_of_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
