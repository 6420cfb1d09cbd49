/* agent/scan_wish: a file is asked for once a minute, and again when it was written. */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/scan_wish.h"

static void a_file_is_asked_for_once_a_minute(void **state)
{
    (void)state;
    struct scan_wish *w = calloc(1, sizeof *w);
    assert_non_null(w);
    assert_true(scan_wish_due(w, STR("/bin/a"), false, 1000));
    assert_false(scan_wish_due(w, STR("/bin/a"), false, 1001));
    assert_false(scan_wish_due(w, STR("/bin/a"), false, 60999));
    assert_true(scan_wish_due(w, STR("/bin/a"), false, 61000));
    assert_true(scan_wish_due(w, STR("/bin/b"), false, 61000));
    free(w);
}

static void a_written_file_is_asked_for_again(void **state)
{
    (void)state;
    struct scan_wish *w = calloc(1, sizeof *w);
    assert_non_null(w);
    assert_true(scan_wish_due(w, STR("/tmp/x"), false, 1000));
    assert_false(scan_wish_due(w, STR("/tmp/x"), true, 1500)); /* still being written */
    assert_true(scan_wish_due(w, STR("/tmp/x"), true, 2000));
    assert_false(scan_wish_due(w, STR("/tmp/x"), false, 2001));
    free(w);
}

/* More paths than places: none is ever kept from being asked for the first time. */
static void many_paths_only_push_each_other_out(void **state)
{
    (void)state;
    struct scan_wish *w = calloc(1, sizeof *w);
    assert_non_null(w);
    for (unsigned i = 0; i < 10 * SCAN_WISH_PLACES; i++) {
        char path[32];
        (void)snprintf(path, sizeof path, "/p/%u", i);
        assert_true(scan_wish_due(w, str_of(path), false, 1000));
    }
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_asked_for_once_a_minute),
        cmocka_unit_test(a_written_file_is_asked_for_again),
        cmocka_unit_test(many_paths_only_push_each_other_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
