/* os/failpoint and the clock's offset: both read the environment once a process, so each case runs
 * in a child of its own. */
#include "harness/test.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/timefmt.h"
#include "os/clock.h"
#include "os/failpoint.h"
#include "os/file.h"

#ifdef CORDON_FAILPOINTS

static int in_child(int (*body)(const char *arg), const char *spec, const char *arg)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (spec)
            (void)setenv("CORDON_FAILPOINT", spec, 1);
        _exit(body(arg));
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int pass(const char *name)
{
    return FAILPOINT(name);
}

static int third_pass(const char *name)
{
    if (FAILPOINT(name) || FAILPOINT(name))
        return 100;
    int third = FAILPOINT(name);
    return FAILPOINT(name) ? 101 : third;
}

static void an_armed_place_behaves_as_it_was_told(void **state)
{
    (void)state;
    assert_int_equal(in_child(pass, "a.b=error", "a.b"), EIO);
    assert_int_equal(in_child(pass, "a.b=full", "a.b"), ENOSPC);
    assert_int_equal(in_child(pass, "a.b=kill", "a.b"), -SIGKILL);
    assert_int_equal(in_child(pass, "a.b=delay1", "a.b"), 0);
    assert_int_equal(in_child(pass, "a.b=error", "a.c"), 0);
    assert_int_equal(in_child(pass, NULL, "a.b"), 0);
    assert_int_equal(in_child(pass, "x=kill;a.b=full;", "a.b"), ENOSPC);
    assert_int_equal(in_child(third_pass, "a.b=error:3", "a.b"), EIO);
}

static void a_specification_that_cannot_be_read_stops_the_program(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "a",       "=kill",    "a=",        "a=explode",      "a=kill:0",
        "a=kill:", "a=delayx", "a=delay-1", "a=delay99999999"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(in_child(pass, bad[i], "a"), -SIGABRT);
}

static int pass_some(const char *path)
{
    (void)setenv("CORDON_FAILPOINT_LOG", path, 1);
    return FAILPOINT("one") + FAILPOINT("two") + FAILPOINT("one");
}

static void every_name_passed_is_listed_once(void **state)
{
    (void)state;
    char *folder = test_tmpdir();
    char path[512];
    struct buf b CLEANUP(buf_done) = {0};
    (void)snprintf(path, sizeof path, "%s/log", folder);
    assert_int_equal(in_child(pass_some, NULL, path), 0);
    assert_ok(file_read(path, 1000, &b, NULL));
    assert_str(buf_str(&b), "one\ntwo\n");
    test_tmpdir_remove(folder);
}

static int clock_is_shifted_by(const char *seconds)
{
    (void)setenv("CORDON_CLOCK_OFFSET_S", seconds, 1);
    int64_t offset;
    struct timespec ts;
    int64_t shifted = clock_wall_ns();
    (void)clock_gettime(CLOCK_REALTIME, &ts);
    if (str_to_i64(str_of(seconds), &offset))
        return 1;
    int64_t difference = shifted - (int64_t)ts.tv_sec * NS_PER_S - offset * NS_PER_S;
    return difference > -3600 * NS_PER_S && difference < 3600 * NS_PER_S ? 0 : 2;
}

static void the_wall_clock_can_be_shifted_for_a_test(void **state)
{
    (void)state;
    assert_int_equal(in_child(clock_is_shifted_by, NULL, "86400000"), 0);
    assert_int_equal(in_child(clock_is_shifted_by, NULL, "-86400000"), 0);
    assert_int_equal(in_child(clock_is_shifted_by, NULL, "tomorrow"), -SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_armed_place_behaves_as_it_was_told),
        cmocka_unit_test(a_specification_that_cannot_be_read_stops_the_program),
        cmocka_unit_test(every_name_passed_is_listed_once),
        cmocka_unit_test(the_wall_clock_can_be_shifted_for_a_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void a_release_has_no_fail_points(void **state)
{
    (void)state;
    assert_int_equal(setenv("CORDON_FAILPOINT", "a=error", 1), 0);
    assert_int_equal(FAILPOINT("a"), 0);
    assert_int_equal(setenv("CORDON_CLOCK_OFFSET_S", "86400000", 1), 0);
    struct timespec ts;
    (void)clock_gettime(CLOCK_REALTIME, &ts);
    assert_true(clock_wall_ns() < ((int64_t)ts.tv_sec + 3600) * NS_PER_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_release_has_no_fail_points)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
