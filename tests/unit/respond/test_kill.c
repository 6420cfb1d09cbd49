/* Ending real processes, real reuse of a pid included. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/test.h"
#include "os/clock.h"
#include "os/proc.h"
#include "respond/kill.h"
#include "respond/kill_priv.h"

enum { NOBODYS_ROOT = 1 << 30, LONG_MS = 60000 };

/* A child in a session of its own that runs a shell command. */
static pid_t start(const char *command)
{
    int ready[2];
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)setsid();
        (void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(98);
    }
    char byte;
    (void)close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 0); /* closed by the exec */
    (void)close(ready[0]);
    return pid;
}

static uint64_t generation(pid_t pid)
{
    uint64_t start_ticks = 0;
    assert_ok(proc_start_time(pid, &start_ticks));
    return start_ticks;
}

static char state_of(pid_t pid)
{
    char path[64], text[512] = "";
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    if (!f)
        return '-';
    size_t n = fread(text, 1, sizeof text - 1, f);
    (void)fclose(f);
    text[n] = '\0';
    const char *end = strrchr(text, ')');
    return end ? end[2] : '-';
}

/* Running processes of a session, zombies excluded. */
static unsigned alive_in_session(pid_t session)
{
    char command[256];
    unsigned count = 0;
    (void)snprintf(command, sizeof command,
                   "cat /proc/[0-9]*/stat 2>/dev/null | sed 's/.*) //' | awk '$4 == %d && $1 != "
                   "\"Z\" && $1 != \"X\"' | wc -l",
                   (int)session);
    FILE *f = popen(command, "re");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%u", &count), 1);
    assert_int_equal(pclose(f), 0);
    return count;
}

static void wait_for_session(pid_t session, unsigned count)
{
    int64_t give_up = clock_mono_ms() + LONG_MS;
    while (alive_in_session(session) < count) {
        assert_true(clock_mono_ms() < give_up);
        (void)usleep(5000);
    }
}

static void assert_killed(pid_t pid)
{
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void end(pid_t pid)
{
    (void)kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static struct kill_order order(pid_t pid)
{
    return (struct kill_order){.pid = pid, .generation = generation(pid), .own_root = NOBODYS_ROOT};
}

static void one_process_is_killed_and_named(void **state)
{
    (void)state;
    pid_t pid = start("exec sleep 1000"), other = start("exec sleep 1000");
    while (state_of(pid) == 'R')
        (void)usleep(1000);
    struct kill_order o = order(pid);
    struct kill_report r = {0};
    struct err err = {0};
    char sleep_path[4096];
    assert_non_null(realpath("/bin/sleep", sleep_path));
    assert_ok_err(kill_run(&o, &r, &err), &err);
    assert_int_equal(r.len, 1);
    assert_int_equal(r.entries[0].pid, pid);
    assert_int_equal(r.entries[0].generation, o.generation);
    assert_int_equal(r.entries[0].outcome, KILL_DONE);
    assert_string_equal(r.entries[0].executable, sleep_path);
    assert_false(r.already_gone);
    assert_killed(pid);
    assert_int_equal(kill(other, 0), 0);
    kill_report_done(&r);
    end(other);
}

static void children_live_on_without_tree(void **state)
{
    (void)state;
    pid_t pid = start("sleep 1000 & sleep 1000 & wait");
    wait_for_session(pid, 3);
    struct kill_order o = order(pid);
    struct kill_report r = {0};
    assert_ok(kill_run(&o, &r, NULL));
    assert_killed(pid);
    assert_int_equal(alive_in_session(pid), 2);
    kill_report_done(&r);
    assert_int_equal(kill(-pid, SIGKILL), 0);
}

static void a_tree_dies_whole_while_it_keeps_forking(void **state)
{
    (void)state;
    pid_t pid = start("(sh -c 'sleep 1000 & sleep 1000 & wait' & wait) &"
                      "i=0; while [ $i -lt 300 ]; do sleep 1000 & i=$((i+1)); done; wait");
    wait_for_session(pid, 20);
    struct kill_order o = order(pid);
    struct kill_report r = {0};
    struct err err = {0};
    o.tree = true;
    assert_ok_err(kill_run(&o, &r, &err), &err);
    assert_true(r.len >= 20);
    assert_int_equal(r.entries[0].pid, pid);
    for (size_t i = 0; i < r.len; i++)
        assert_true(r.entries[i].outcome == KILL_DONE || r.entries[i].outcome == KILL_VANISHED);
    assert_killed(pid);
    assert_int_equal(alive_in_session(pid), 0);
    kill_report_done(&r);
}

static void a_stopped_process_is_killed_too(void **state)
{
    (void)state;
    pid_t pid = start("exec sleep 1000");
    assert_int_equal(kill(pid, SIGSTOP), 0);
    struct kill_order o = order(pid);
    struct kill_report r = {0};
    assert_ok(kill_run(&o, &r, NULL));
    assert_killed(pid);
    kill_report_done(&r);
}

static void a_process_of_another_generation_is_left_alone(void **state)
{
    (void)state;
    pid_t pid = start("exec sleep 1000");
    struct kill_order o = order(pid);
    struct kill_report r = {0};
    struct err err = {0};
    o.generation++;
    assert_int_equal(kill_run(&o, &r, &err), E_STATE);
    assert_non_null(strstr(err.message, "is another one now"));
    o.tree = true;
    assert_int_equal(kill_run(&o, &r, &err), E_STATE);
    assert_null(r.entries);
    assert_int_equal(kill(pid, 0), 0);
    assert_int_not_equal(state_of(pid), 'T');
    end(pid);
}

/* A process that has a given, free pid. */
static pid_t start_with_pid(pid_t pid)
{
    struct clone_args args = {
        .exit_signal = SIGCHLD,
        .set_tid = (uint64_t)(uintptr_t)&pid,
        .set_tid_size = 1,
    };
    long made = syscall(SYS_clone3, &args, sizeof args);
    if (made == 0) {
        (void)pause();
        _exit(0);
    }
    return (pid_t)made;
}

static void a_reused_pid_does_not_get_the_signal_meant_for_another(void **state)
{
    (void)state;
    pid_t pid = start("exec sleep 1000");
    struct kill_order o = order(pid);
    struct kill_report r = {0};
    struct kill_hold hold;
    assert_ok(kill_os_open(pid, o.generation, &hold));
    end(pid);
    (void)usleep(30000); /* start times count in ticks of 10 ms */
    pid_t reused = start_with_pid(pid);
    if (reused != pid) {
        print_message("skipped: this system gives no chosen pid\n");
        kill_os_close(&hold);
        skip();
    }
    assert_int_equal(kill_os_signal(&hold, SIGKILL), E_NOT_FOUND);
    assert_true(kill_os_wait(&hold, 0));
    kill_os_close(&hold);
    assert_int_equal(kill_os_open(pid, o.generation, &hold), E_STATE);
    assert_int_equal(kill_run(&o, &r, NULL), E_STATE);
    assert_int_equal(kill(pid, 0), 0);
    assert_int_not_equal(state_of(pid), 'Z');
    end(pid);
}

static void a_process_that_is_gone_already_is_a_success(void **state)
{
    (void)state;
    pid_t pid = start("exec sleep 1000");
    struct kill_order o = order(pid);
    struct kill_report r = {0};
    assert_int_equal(kill(pid, SIGKILL), 0);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_ok(kill_run(&o, &r, NULL)); /* a zombie is gone */
    assert_true(r.already_gone);
    assert_int_equal(r.len, 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    r = (struct kill_report){0};
    assert_ok(kill_run(&o, &r, NULL));
    assert_true(r.already_gone);
    kill_report_done(&r);
}

static void the_first_process_and_the_kernels_are_refused(void **state)
{
    (void)state;
    static const pid_t pids[] = {0, 1, -1};
    struct kill_report r = {0};
    struct err err = {0};
    for (size_t i = 0; i < ARRAY_LEN(pids); i++) {
        struct kill_order o = {.pid = pids[i], .own_root = NOBODYS_ROOT};
        assert_int_equal(kill_run(&o, &r, &err), E_DENIED);
    }
    struct kill_process p;
    if (kill_os_look(2, &p) == 0 && p.kernel_thread) {
        struct kill_order o = order(2);
        assert_int_equal(kill_run(&o, &r, &err), E_DENIED);
        assert_non_null(strstr(err.message, "kernel"));
    }
}

static void the_agents_own_tree_is_refused(void **state)
{
    (void)state;
    pid_t pid = start("sleep 1000 & sleep 1000 & wait");
    wait_for_session(pid, 3);
    struct kill_report r = {0};
    struct err err = {0};
    struct kill_order o = order(pid);
    o.own_root = getpid();
    assert_int_equal(kill_run(&o, &r, &err), E_DENIED);
    assert_non_null(strstr(err.message, "belongs to the agent"));
    o = order(getpid());
    o.own_root = getpid();
    assert_int_equal(kill_run(&o, &r, &err), E_DENIED);
    assert_int_equal(alive_in_session(pid), 3);
    assert_int_equal(kill(-pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void inside_a_tree_the_agent_is_spared(void **state)
{
    (void)state;
    char *folder = test_tmpdir();
    char command[512], path[512];
    (void)snprintf(command, sizeof command,
                   "sleep 1000 & (sleep 1000 & sleep 1000 & wait) & echo $! > %s/agent; "
                   "mv %s/agent %s/pid; wait",
                   folder, folder, folder);
    (void)snprintf(path, sizeof path, "%s/pid", folder);
    pid_t pid = start(command);
    wait_for_session(pid, 5);
    FILE *f = NULL;
    int agent = 0;
    int64_t give_up = clock_mono_ms() + LONG_MS;
    while (!(f = fopen(path, "r")))
        assert_true(clock_mono_ms() < give_up);
    assert_int_equal(fscanf(f, "%d", &agent), 1);
    assert_int_equal(fclose(f), 0);
    struct kill_order o = order(pid);
    struct kill_report r = {0};
    o.tree = true;
    o.own_root = agent;
    assert_ok(kill_run(&o, &r, NULL));
    assert_killed(pid);
    assert_int_equal(alive_in_session(pid), 3); /* the agent and its two children */
    assert_int_equal(state_of(agent), 'S');
    unsigned spared = 0;
    for (size_t i = 0; i < r.len; i++)
        spared += r.entries[i].outcome == KILL_SPARED;
    assert_int_equal(spared, 3);
    kill_report_done(&r);
    assert_int_equal(kill(-pid, SIGKILL), 0);
    test_tmpdir_remove(folder);
}

static void what_the_system_needs_is_known_by_its_full_path(void **state)
{
    (void)state;
    assert_true(kill_os_needed("/usr/lib/systemd/systemd"));
    assert_true(kill_os_needed("/lib/systemd/systemd-logind"));
    assert_true(kill_os_needed("/usr/bin/dbus-daemon"));
    assert_false(kill_os_needed("/tmp/systemd"));
    assert_false(kill_os_needed("/home/a/usr/lib/systemd/systemd"));
    assert_false(kill_os_needed("/usr/bin/sleep"));
    assert_false(kill_os_needed(""));
}

static void without_the_privilege_it_says_so_and_leaves_nobody_stopped(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("skipped: needs root to give privileges up\n");
        skip();
    }
    pid_t pid = start("exec sleep 1000");
    struct kill_order o = order(pid);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct kill_report r = {0};
        if (setuid(12345) != 0)
            _exit(1);
        int rc = kill_run(&o, &r, NULL);
        o.tree = true;
        int rc_tree = kill_run(&o, &r, NULL);
        _exit(rc == E_DENIED && rc_tree == E_DENIED && !r.entries ? 0 : 2);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_not_equal(state_of(pid), 'T');
    end(pid);
}

static pid_t victim;

static int kill_victim(void *context)
{
    (void)context;
    struct kill_order o = order(victim);
    struct kill_report r = {0};
    o.tree = true;
    int rc = kill_run(&o, &r, NULL);
    kill_report_done(&r);
    /* The signal to go on may take a moment to be seen. */
    int64_t give_up = clock_mono_ms() + LONG_MS;
    while (rc && state_of(victim) == 'T')
        assert_true(clock_mono_ms() < give_up);
    return rc;
}

static void without_memory_the_process_goes_on_running(void **state)
{
    (void)state;
    victim = start("sleep 1000 & wait");
    wait_for_session(victim, 2);
    test_every_allocation_fails(kill_victim, NULL, 20);
    assert_killed(victim);
    assert_int_equal(alive_in_session(victim), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_process_is_killed_and_named),
        cmocka_unit_test(children_live_on_without_tree),
        cmocka_unit_test(a_tree_dies_whole_while_it_keeps_forking),
        cmocka_unit_test(a_stopped_process_is_killed_too),
        cmocka_unit_test(a_process_of_another_generation_is_left_alone),
        cmocka_unit_test(a_reused_pid_does_not_get_the_signal_meant_for_another),
        cmocka_unit_test(a_process_that_is_gone_already_is_a_success),
        cmocka_unit_test(the_first_process_and_the_kernels_are_refused),
        cmocka_unit_test(the_agents_own_tree_is_refused),
        cmocka_unit_test(inside_a_tree_the_agent_is_spared),
        cmocka_unit_test(what_the_system_needs_is_known_by_its_full_path),
        cmocka_unit_test(without_the_privilege_it_says_so_and_leaves_nobody_stopped),
        cmocka_unit_test(without_memory_the_process_goes_on_running),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
