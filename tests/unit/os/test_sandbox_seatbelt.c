/* The profile text that confines the uplink on a Mac. */
#include "os/sandbox_seatbelt.h"

#include "harness/test.h"

static void paths_come_last_and_are_quoted(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf text = {0};
    static const char *const paths[] = {"/Library/Application Support/Cordon/State/uplink",
                                        "/odd \"name\" \\ here", NULL};
    assert_ok(sandbox_seatbelt_add(&text, paths));
    assert_true(
        str_starts(buf_str(&text), STR("(version 1)\n(allow default)\n(deny process-exec*)\n")));
    assert_true(str_ends(
        buf_str(&text),
        STR("(allow file-read* file-write* (subpath \"/Library/Application "
            "Support/Cordon/State/uplink\"))\n"
            "(allow file-read* file-write* (subpath \"/odd \\\"name\\\" \\\\ here\"))\n")));
}

static void every_line_is_one_balanced_expression(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf text = {0};
    static const char *const paths[] = {"/a", NULL};
    assert_ok(sandbox_seatbelt_add(&text, paths));
    struct str rest = buf_str(&text), line;
    while (str_next(&rest, '\n', &line)) {
        int depth = 0;
        for (size_t i = 0; i < line.len; i++) {
            depth += line.ptr[i] == '(' ? 1 : line.ptr[i] == ')' ? -1 : 0;
            assert_true(depth > 0 || i == line.len - 1);
        }
        assert_int_equal(depth, 0);
    }
}

static void a_path_that_could_end_the_line_is_refused(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf text = {0};
    static const char *const paths[] = {"/a\n(allow process-exec*)", NULL};
    assert_int_equal(sandbox_seatbelt_add(&text, paths), E_ARG);
}

static int build(void *context)
{
    (void)context;
    CLEANUP(buf_done) struct buf text = {0};
    static const char *const paths[] = {"/a", NULL};
    return sandbox_seatbelt_add(&text, paths);
}

static void memory_may_run_out_at_any_point(void **state)
{
    (void)state;
    test_every_allocation_fails(build, NULL, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_come_last_and_are_quoted),
        cmocka_unit_test(every_line_is_one_balanced_expression),
        cmocka_unit_test(a_path_that_could_end_the_line_is_refused),
        cmocka_unit_test(memory_may_run_out_at_any_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
