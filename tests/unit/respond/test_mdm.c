/* What profiles(1) prints about enrollment. */
#include "respond/mdm.h"

#include <stdio.h>
#include <sys/stat.h>

#include "harness/test.h"

static void only_a_yes_is_an_enrollment(void **state)
{
    (void)state;
    struct str line;
    assert_true(mdm_says_enrolled(STR("Enrolled via DEP: No\nMDM enrollment: Yes (User Approved)\n"
                                      "MDM server: https://mdm.example.org/mdm\n"),
                                  &line));
    assert_str(line, "MDM enrollment: Yes (User Approved)");
    assert_true(mdm_says_enrolled(STR("MDM enrollment: Yes\n"), &line));
    assert_false(mdm_says_enrolled(STR("Enrolled via DEP: Yes\nMDM enrollment: No\n"), &line));
    assert_str(line, "MDM enrollment: No");
    assert_false(mdm_says_enrolled(STR("profiles: you must be root\n"), &line));
    assert_int_equal(line.len, 0);
}

static void a_program_that_is_missing_or_fails_enrols_nobody(void **state)
{
    (void)state;
    char *folder = test_tmpdir();
    char path[512];
    (void)snprintf(path, sizeof path, "%s/profiles", folder);
    assert_false(mdm_enrolled(path));
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs("#!/bin/sh\n[ \"$*\" = 'status -type enrollment' ] || exit 2\n"
                      "echo 'MDM enrollment: Yes'\n[ ! -e \"$0.fail\" ]\n",
                      f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, 0755), 0);
    assert_true(mdm_enrolled(path));
    char fail_path[520];
    (void)snprintf(fail_path, sizeof fail_path, "%s.fail", path);
    f = fopen(fail_path, "w");
    assert_non_null(f);
    assert_int_equal(fclose(f), 0);
    assert_false(mdm_enrolled(path));
    test_tmpdir_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_yes_is_an_enrollment),
        cmocka_unit_test(a_program_that_is_missing_or_fails_enrols_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
