/* os/proc: identities, children with pipes, deadlines, privileges. Runs real programs. */
#include "harness/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/file.h"
#include "os/proc.h"

#define SH(script) ((const char *const[]){"sh", "-c", (script), NULL})

struct outcome {
    struct buf out;
    struct buf errors;
    int status;
    struct err err;
};

static void outcome_done(struct outcome *o)
{
    buf_done(&o->out);
    buf_done(&o->errors);
}

static int run(const char *script, struct str input, size_t limit, struct outcome *o)
{
    return proc_run(SH(script), input, 20000, limit, &o->out, &o->errors, &o->status, &o->err);
}

static void identities_are_read_and_stay_the_same(void **state)
{
    (void)state;
    struct buf a CLEANUP(buf_done) = {0};
    struct buf b CLEANUP(buf_done) = {0};
    struct err err = {0};
    assert_ok_err(proc_boot_id(&a, &err), &err);
    assert_ok_err(proc_boot_id(&b, &err), &err);
    assert_int_equal(a.len, 36);
    assert_str(buf_str(&a), buf_cstr(&b));
    uint64_t first;
    uint64_t again;
    assert_ok(proc_start_time(getpid(), &first));
    assert_ok(proc_start_time(getpid(), &again));
    assert_true(first > 0 && first == again);
    assert_int_equal(proc_start_time(0x7ffffff0, &first), E_NOT_FOUND);
}

static void output_errors_and_status_of_a_program_are_collected(void **state)
{
    (void)state;
    struct outcome o CLEANUP(outcome_done) = {0};
    assert_ok_err(run("cat; echo bad >&2; exit 7", STR("hello"), 1000, &o), &o.err);
    assert_str(buf_str(&o.out), "hello");
    assert_str(buf_str(&o.errors), "bad\n");
    assert_true(WIFEXITED(o.status));
    assert_int_equal(WEXITSTATUS(o.status), 7);
}

static void large_input_and_output_do_not_block_each_other(void **state)
{
    (void)state;
    enum { BYTES = 1 << 20 };
    struct outcome o CLEANUP(outcome_done) = {0};
    char *text = malloc(BYTES);
    assert_non_null(text);
    memset(text, 'x', BYTES);
    assert_ok_err(run("cat", str_n(text, BYTES), BYTES * 2, &o), &o.err);
    assert_int_equal(o.out.len, BYTES);
    assert_memory_equal(o.out.ptr, text, BYTES);
    free(text);
}

static void output_over_the_limit_is_cut_and_the_program_still_ends(void **state)
{
    (void)state;
    struct outcome o CLEANUP(outcome_done) = {0};
    assert_ok_err(run("head -c 300000 /dev/zero; echo end >&2", (struct str){0}, 100, &o), &o.err);
    assert_int_equal(o.out.len, 100);
    assert_str(buf_str(&o.errors), "end\n");
    assert_int_equal(o.status, 0);
}

static void a_program_that_ignores_its_input_is_no_failure(void **state)
{
    (void)state;
    enum { BYTES = 1 << 20 };
    struct outcome o CLEANUP(outcome_done) = {0};
    char *text = calloc(1, BYTES);
    assert_non_null(text);
    assert_ok_err(run("exec <&-; sleep 0.1; echo done", str_n(text, BYTES), 100, &o), &o.err);
    assert_str(buf_str(&o.out), "done\n");
    sigset_t pending;
    assert_int_equal(sigpending(&pending), 0);
    assert_int_equal(sigismember(&pending, SIGPIPE), 0);
    free(text);
}

static void a_program_past_its_deadline_is_killed_with_its_children(void **state)
{
    (void)state;
    struct outcome o CLEANUP(outcome_done) = {0};
    int rc = proc_run(SH("sleep 1000 & echo $!; wait"), (struct str){0}, 300, 100, &o.out,
                      &o.errors, &o.status, &o.err);
    assert_int_equal(rc, E_TIMEOUT);
    int64_t grandchild;
    assert_ok(str_to_i64(str_trim(buf_str(&o.out)), &grandchild));
    /* Killed, perhaps not yet reaped by init. */
    uint64_t start;
    for (int i = 0; i < 200 && proc_start_time((pid_t)grandchild, &start) == 0; i++) {
        char path[64];
        struct buf stat CLEANUP(buf_done) = {0};
        (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)grandchild);
        if (file_read(path, 4096, &stat, NULL) || str_find(buf_str(&stat), STR(") Z ")) != SIZE_MAX)
            return;
        (void)usleep(10000);
    }
    assert_int_equal(proc_start_time((pid_t)grandchild, &start), E_NOT_FOUND);
}

static void a_daemon_that_keeps_the_pipes_open_does_not_hold_the_caller(void **state)
{
    (void)state;
    struct outcome o CLEANUP(outcome_done) = {0};
    assert_ok_err(run("sleep 5 & echo started", (struct str){0}, 100, &o), &o.err);
    assert_str(buf_str(&o.out), "started\n");
}

static void a_program_that_does_not_exist_is_told_by_name(void **state)
{
    (void)state;
    struct proc_child child;
    struct err err = {0};
    const char *const missing[] = {"/nonexistent/program", NULL};
    const char *const unknown[] = {"cordon-no-such-program", NULL};
    const char *const no_program[] = {"/etc/passwd", NULL};
    assert_int_equal(proc_spawn(missing, NULL, 0, &child, &err), E_NOT_FOUND);
    assert_non_null(strstr(err.message, "/nonexistent/program"));
    assert_int_equal(proc_spawn(unknown, NULL, 0, &child, &err), E_NOT_FOUND);
    assert_int_equal(proc_spawn(no_program, NULL, 0, &child, &err), E_DENIED);
}

static void a_child_inherits_only_its_standard_descriptors(void **state)
{
    (void)state;
    struct outcome o CLEANUP(outcome_done) = {0};
    /* A descriptor somebody forgot to mark. */
    int leaked = open("/dev/null", O_RDONLY);
    assert_true(leaked >= 0);
    assert_ok_err(run("ls /proc/self/fd | wc -l", (struct str){0}, 100, &o), &o.err);
    /* 0, 1, 2 and the folder that ls reads. */
    assert_str(str_trim(buf_str(&o.out)), "4");
    (void)close(leaked);
}

static void a_child_gets_a_minimal_environment_unless_given_one(void **state)
{
    (void)state;
    struct outcome o CLEANUP(outcome_done) = {0};
    assert_int_equal(setenv("CORDON_TEST_SECRET", "x", 1), 0);
    const char *const argv[] = {"env", NULL};
    assert_ok_err(
        proc_run(argv, (struct str){0}, 20000, 10000, &o.out, &o.errors, &o.status, &o.err),
        &o.err);
    assert_true(str_starts(buf_str(&o.out), STR("PATH=")));
    assert_int_equal(str_find(buf_str(&o.out), STR("SECRET")), SIZE_MAX);
    const char *const envp[] = {"ONLY=this", NULL};
    struct proc_child child;
    char text[64];
    assert_ok_err(proc_spawn(argv, envp, PROC_STDOUT, &child, &o.err), &o.err);
    assert_int_equal(read(child.stdout_fd, text, sizeof text), 10);
    assert_memory_equal(text, "ONLY=this\n", 10);
    fd_closep(&child.stdout_fd);
    assert_int_equal(child.stdin_fd, -1);
    assert_int_equal(waitpid(child.pid, NULL, 0), child.pid);
}

static void a_child_starts_with_default_and_unblocked_signals(void **state)
{
    (void)state;
    struct outcome o CLEANUP(outcome_done) = {0};
    sigset_t set;
    sigset_t old;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    assert_int_equal(sigprocmask(SIG_BLOCK, &set, &old), 0);
    assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    assert_ok_err(run("grep -E '^Sig(Blk|Ign)' /proc/self/status", (struct str){0}, 200, &o),
                  &o.err);
    assert_str(buf_str(&o.out), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    assert_int_equal(sigprocmask(SIG_SETMASK, &old, NULL), 0);
    assert_true(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
}

static void a_child_in_its_own_group_is_its_leader(void **state)
{
    (void)state;
    struct proc_child child;
    struct err err = {0};
    assert_ok_err(proc_spawn(SH("exec sleep 100"), NULL, PROC_NEW_GROUP, &child, &err), &err);
    assert_int_equal(getpgid(child.pid), child.pid);
    assert_int_equal(kill(-child.pid, SIGKILL), 0);
    int status;
    assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
    assert_true(WIFSIGNALED(status));
}

/* Starts a sleeper that shall die with it, tells its pid, and dies. */
static _Noreturn void be_a_short_lived_parent(int fd)
{
    struct proc_child child;
    if (proc_spawn(SH("exec sleep 100"), NULL, PROC_DIE_WITH_PARENT, &child, NULL))
        _exit(1);
    if (file_write_all(fd, &child.pid, sizeof child.pid))
        _exit(1);
    (void)kill(getpid(), SIGKILL);
    _exit(1);
}

static void a_child_dies_with_its_parent(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t parent = fork();
    assert_true(parent >= 0);
    if (parent == 0)
        be_a_short_lived_parent(fds[1]);
    pid_t child = 0;
    assert_int_equal(read(fds[0], &child, sizeof child), (ssize_t)sizeof child);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    uint64_t start;
    bool gone = false;
    for (int i = 0; i < 500 && !gone; i++) {
        char path[64];
        struct buf stat CLEANUP(buf_done) = {0};
        (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)child);
        gone = proc_start_time(child, &start) != 0 || file_read(path, 4096, &stat, NULL) != 0 ||
               str_find(buf_str(&stat), STR(") Z ")) != SIZE_MAX;
        (void)usleep(10000);
    }
    assert_true(gone);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void pipes_work_although_the_standard_descriptors_are_closed(void **state)
{
    (void)state;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct outcome o = {0};
        for (int fd = 0; fd < 3; fd++)
            (void)close(fd);
        int rc = run("cat; echo e >&2", STR("in"), 100, &o);
        _exit(rc == 0 && str_is(buf_str(&o.out), "in") && str_is(buf_str(&o.errors), "e\n") ? 0
                                                                                            : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void dropped_privileges_do_not_come_back(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("needs root: skipped\n");
        skip();
    }
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct err err = {0};
        if (proc_drop_privileges(65534, 65534, &err))
            _exit(1);
        if (getuid() != 65534 || getgid() != 65534 || setuid(0) == 0)
            _exit(2);
        gid_t groups[64];
        int n = getgroups(64, groups);
        if (n != 1 || groups[0] != 65534)
            _exit(3);
        /* Once dropped, nobody else can be become. */
        if (proc_drop_privileges(1, 1, &err) != E_DENIED)
            _exit(4);
        _exit(proc_drop_privileges(65534, 65534, &err) == 0 ? 0 : 5);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static int run_a_program(void *context)
{
    (void)context;
    struct outcome o CLEANUP(outcome_done) = {0};
    int rc = run("echo out; echo err >&2", STR("x"), 100, &o);
    if (rc)
        return rc;
    return proc_boot_id(&o.out, &o.err);
}

static void an_allocation_failure_is_reported_and_leaves_no_child(void **state)
{
    (void)state;
    test_every_allocation_fails(run_a_program, NULL, 30);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identities_are_read_and_stay_the_same),
        cmocka_unit_test(output_errors_and_status_of_a_program_are_collected),
        cmocka_unit_test(large_input_and_output_do_not_block_each_other),
        cmocka_unit_test(output_over_the_limit_is_cut_and_the_program_still_ends),
        cmocka_unit_test(a_program_that_ignores_its_input_is_no_failure),
        cmocka_unit_test(a_program_past_its_deadline_is_killed_with_its_children),
        cmocka_unit_test(a_daemon_that_keeps_the_pipes_open_does_not_hold_the_caller),
        cmocka_unit_test(a_program_that_does_not_exist_is_told_by_name),
        cmocka_unit_test(a_child_inherits_only_its_standard_descriptors),
        cmocka_unit_test(a_child_gets_a_minimal_environment_unless_given_one),
        cmocka_unit_test(a_child_starts_with_default_and_unblocked_signals),
        cmocka_unit_test(a_child_in_its_own_group_is_its_leader),
        cmocka_unit_test(a_child_dies_with_its_parent),
        cmocka_unit_test(pipes_work_although_the_standard_descriptors_are_closed),
        cmocka_unit_test(dropped_privileges_do_not_come_back),
        cmocka_unit_test(an_allocation_failure_is_reported_and_leaves_no_child),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
