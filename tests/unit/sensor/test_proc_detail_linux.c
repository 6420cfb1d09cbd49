#include "sensor/proc_detail.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/test.h"
#include "os/proc.h"

static void a_stat_line_is_read_whatever_the_name_is(void **state)
{
    (void)state;
    static const char *const names[] = {"sh", "a b", ") R 1 1 1", "((", "x) Z 9"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        CLEANUP(proc_detail_done) struct proc_detail d = {0};
        char line[512];
        (void)snprintf(line, sizeof line,
                       "77 (%s) S 12 34 56 34819 77 4194304 1 0 0 0 5 6 7 8 -20 0 1 0 987654321 "
                       "2674688 300 18446744073709551615",
                       names[i]);
        assert_ok(proc_detail_parse_stat(str_of(line), &d));
        assert_int_equal(d.parent, 12);
        assert_int_equal(d.group, 34);
        assert_int_equal(d.session, 56);
        assert_int_equal(d.start, 987654321);
        assert_str(d.tty, "/dev/pts/3");
    }
}

static void terminals_are_named_by_their_device(void **state)
{
    (void)state;
    static const struct {
        unsigned device;
        const char *name;
    } cases[] = {
        {0, ""},
        {0x8800, "/dev/pts/0"},
        {0x8bff, "/dev/pts/1023"},
        {0x108800, "/dev/pts/256"},
        {0x0401, "/dev/tty1"},
        {0x0440, "/dev/ttyS0"},
        {0x0501, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(proc_detail_done) struct proc_detail d = {0};
        char line[512];
        (void)snprintf(line, sizeof line,
                       "77 (sh) S 1 1 1 %u 77 0 1 0 0 0 5 6 7 8 20 0 1 0 9 10 11", cases[i].device);
        assert_ok(proc_detail_parse_stat(str_of(line), &d));
        assert_str(d.tty, cases[i].name);
    }
}

static void damaged_stat_lines_are_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        "77",
        "77 (sh",
        "77 (sh)",
        "77 (sh) ",
        "77 (sh) S 1 2 3",
        "77 (sh) S 99999999999 1 1 0 77 0 1 0 0 0 5 6 7 8 20 0 1 0 9 10 11",
    };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        CLEANUP(proc_detail_done) struct proc_detail d = {0};
        assert_int_equal(proc_detail_parse_stat(str_of(lines[i]), &d), E_PARSE);
    }
}

static void this_process_is_described_correctly(void **state)
{
    (void)state;
    static struct proc_detail d;
    char self[4096] = {0}, cwd[4096];
    uint64_t start;
    assert_ok(proc_detail_read(getpid(), PROC_DETAIL_ALL, &d));
    assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    assert_non_null(getcwd(cwd, sizeof cwd));
    assert_ok(proc_start_time(getpid(), &start));
    assert_str(d.executable, self);
    assert_str(d.cwd, cwd);
    assert_int_equal(d.start, start);
    assert_int_equal(d.parent, getppid());
    assert_int_equal(d.uid, geteuid());
    assert_int_equal(d.ruid, getuid());
    assert_int_equal(d.gid, getegid());
    assert_int_equal(d.group, getpgrp());
    assert_int_equal(d.session, getsid(0));
    assert_int_equal(d.args_len, 1);
    assert_true(str_ends(d.args[0], STR("unit_sensor_test_proc_detail_linux")));
    assert_true(str_eq(d.args[0], d.command_line));
    assert_false(d.args_cut);
    proc_detail_done(&d);
}

static void a_process_that_is_gone_is_not_found(void **state)
{
    (void)state;
    static struct proc_detail d;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(proc_detail_read(pid, PROC_DETAIL_ALL, &d), E_NOT_FOUND);
    assert_int_equal(d.executable.len, 0);
    assert_int_equal(d.uid, -1);
    proc_detail_done(&d);
}

/* A child that runs a program with these arguments and waits to be killed. */
static pid_t run(char *const *argv)
{
    int ready[2];
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)execv("/bin/sleep", argv);
        _exit(98);
    }
    char byte;
    (void)close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 0); /* closed by the exec */
    (void)close(ready[0]);
    return pid;
}

static void stop(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void arguments_are_split_and_joined(void **state)
{
    (void)state;
    static struct proc_detail d;
    char *argv[] = {"", "1000", NULL};
    pid_t pid = run(argv);
    assert_ok(proc_detail_read(pid, PROC_DETAIL_IMAGE, &d));
    assert_int_equal(d.args_len, 2);
    assert_str(d.args[0], "");
    assert_str(d.args[1], "1000");
    assert_str(d.command_line, " 1000");
    assert_int_equal(d.parent, 0); /* not asked for */
    stop(pid);
    proc_detail_done(&d);
}

static void a_huge_command_line_is_cut(void **state)
{
    (void)state;
    static struct proc_detail d;
    static char big[100000];
    memset(big, '0', sizeof big - 1);
    big[0] = '1';
    big[1] = '.';
    char *argv[] = {"sleep", "1000", big, NULL};
    pid_t pid = run(argv);
    assert_ok(proc_detail_read(pid, PROC_DETAIL_IMAGE, &d));
    assert_true(d.args_cut);
    assert_int_equal(d.command_line.len, PROC_DETAIL_ARGS_BYTES);
    assert_int_equal(d.args_len, 3);
    assert_str(d.args[1], "1000");
    stop(pid);
    proc_detail_done(&d);
}

static int read_self(void *context)
{
    (void)context;
    static struct proc_detail d;
    int rc = proc_detail_read(getpid(), PROC_DETAIL_ALL, &d);
    proc_detail_done(&d);
    return rc;
}

static void memory_may_run_out_at_any_point(void **state)
{
    (void)state;
    test_every_allocation_fails(read_self, NULL, 10);
}

static void note_self(void *arg, pid_t pid)
{
    if (pid == getpid())
        ++*(unsigned *)arg;
}

static void each_names_every_process_once(void **state)
{
    (void)state;
    unsigned seen = 0;
    assert_ok(proc_detail_each(note_self, &seen));
    assert_int_equal(seen, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stat_line_is_read_whatever_the_name_is),
        cmocka_unit_test(terminals_are_named_by_their_device),
        cmocka_unit_test(damaged_stat_lines_are_refused),
        cmocka_unit_test(this_process_is_described_correctly),
        cmocka_unit_test(a_process_that_is_gone_is_not_found),
        cmocka_unit_test(arguments_are_split_and_joined),
        cmocka_unit_test(a_huge_command_line_is_cut),
        cmocka_unit_test(memory_may_run_out_at_any_point),
        cmocka_unit_test(each_names_every_process_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
