/* os/sandbox: real children behind the real walls. A child reports by its exit status, and uses
 * _exit so that nothing but the tested calls is made. Skipped where the kernel has no such wall. */
#include "harness/test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/file.h"
#include "os/loop.h"
#include "os/proc.h"
#include "os/random.h"
#include "os/sandbox.h"

enum { NO_WALL = 77 };

struct folder {
    char *path;
    char inside[512];  /* a folder that is allowed */
    char file[600];    /* a file in it */
    char outside[512]; /* a file that is not */
};

static int set_up(void **state)
{
    struct folder *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->path = test_tmpdir();
    (void)snprintf(f->inside, sizeof f->inside, "%s/in", f->path);
    (void)snprintf(f->file, sizeof f->file, "%s/file", f->inside);
    (void)snprintf(f->outside, sizeof f->outside, "%s/outside", f->path);
    assert_ok(file_mkdirs(f->inside, 0755, NULL));
    assert_ok(file_write_atomic(f->file, STR("in"), 0644, NULL));
    assert_ok(file_write_atomic(f->outside, STR("out"), 0644, NULL));
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct folder *f = *state;
    test_tmpdir_remove(f->path);
    free(f);
    return 0;
}

/* Run `body` in a child: its result, or -signal. */
static int in_child(int (*body)(void *arg), void *arg)
{
    (void)fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(body(arg));
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void expect(int (*body)(void *arg), void *arg, int wanted)
{
    int got = in_child(body, arg);
    if (got == NO_WALL) {
        print_message("the kernel has no such restriction: skipped\n");
        skip();
    }
    assert_int_equal(got, wanted);
}

static int enter(enum sandbox_profile profile)
{
    struct sandbox_state state = {0};
    struct err err = {0};
    int rc = sandbox_calls(profile, &state, &err);
    if (rc == E_UNSUPPORTED)
        return NO_WALL;
    return rc == 0 && state.calls ? 0 : 99;
}

/* 0 when the call failed with EPERM. */
static int refused(long result)
{
    return result < 0 && errno == EPERM ? 0 : 1;
}

static int compute_refuses(void *arg)
{
    const struct folder *f = arg;
    int failed = enter(SANDBOX_COMPUTE);
    if (failed)
        return failed;
    struct stat st;
    if (refused(open(f->file, O_RDONLY)))
        return 1;
    if (refused(socket(AF_INET, SOCK_STREAM, 0)) || refused(socket(AF_UNIX, SOCK_STREAM, 0)))
        return 2;
    if (refused(stat(f->file, &st)))
        return 3;
    if (refused(unlink(f->file)) || refused(rename(f->file, f->outside)))
        return 4;
    if (refused(kill(getppid(), SIGTERM)) || refused(syscall(SYS_tgkill, getppid(), getppid(), 0)))
        return 5;
    if (refused(syscall(SYS_fork)))
        return 6;
    struct err err = {0};
    return file_open_nofollow(f->file, &err) == E_DENIED ? 0 : 7;
}

static void a_computing_process_opens_connects_and_signals_nothing(void **state)
{
    expect(compute_refuses, *state, 0);
}

static void *add_up(void *arg)
{
    *(int *)arg += 1;
    return NULL;
}

static void stop(struct loop *loop, void *arg)
{
    (void)arg;
    loop_stop(loop);
}

static int compare_ints(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* Everything an analyst does: read what it was given, map it, sort, run threads, wait, answer. */
static int compute_works(void *arg)
{
    const struct folder *f = arg;
    int fds[2];
    char byte;
    int fd = open(f->file, O_RDONLY | O_CLOEXEC);
    struct loop *loop = NULL;
    if (fd < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        return 98;
    int failed = enter(SANDBOX_COMPUTE);
    if (failed)
        return failed;
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size != 2 || read(fd, &byte, 1) != 1 || byte != 'i')
        return 1;
    if (file_pread_all(fd, &byte, 1, 1) || byte != 'n')
        return 2;
    if (send(fds[0], "x", 1, MSG_NOSIGNAL) != 1 || recv(fds[1], &byte, 1, 0) != 1)
        return 3;
    if (fd_set_nonblock(fds[1], true))
        return 4;
    pthread_t thread;
    int sum = 0;
    if (pthread_create(&thread, NULL, add_up, &sum) != 0 || pthread_join(thread, NULL) != 0 ||
        sum != 1)
        return 5;
    if (loop_new(&loop) || !loop_timer(loop, 1, stop, NULL) || loop_run(loop))
        return 6;
    loop_free(loop);
    enum { MANY = 300000 };
    int *numbers = malloc(MANY * sizeof *numbers);
    if (!numbers)
        return 7;
    for (int i = 0; i < MANY; i++)
        numbers[i] = MANY - i;
    qsort(numbers, MANY, sizeof *numbers, compare_ints);
    if (numbers[0] != 1)
        return 8;
    free(numbers);
    if (random_below(1) != 0 || clock_mono_ns() == 0 || clock_wall_ns() == 0)
        return 9;
    return 0;
}

static void a_computing_process_works_with_what_it_was_given(void **state)
{
    expect(compute_works, *state, 0);
}

static int execs(void *arg)
{
    char *const argv[] = {(char *)(uintptr_t) "true", NULL};
    int failed = enter(*(enum sandbox_profile *)arg);
    if (failed)
        return failed;
    (void)execv("/bin/true", argv);
    return 1;
}

static int traces(void *arg)
{
    int failed = enter(*(enum sandbox_profile *)arg);
    if (failed)
        return failed;
    (void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    return 1;
}

static int aborts(void *arg)
{
    int failed = enter(*(enum sandbox_profile *)arg);
    if (failed)
        return failed;
    abort();
}

static void executing_or_tracing_is_deadly_and_abort_still_aborts(void **state)
{
    (void)state;
    for (int profile = SANDBOX_COMPUTE; profile <= SANDBOX_UPLINK; profile++) {
        enum sandbox_profile p = (enum sandbox_profile)profile;
        expect(execs, &p, -SIGSYS);
        expect(traces, &p, -SIGSYS);
        expect(aborts, &p, -SIGABRT);
    }
}

static int uplink_works(void *arg)
{
    const struct folder *f = arg;
    struct err err = {0};
    struct buf text = {0};
    int failed = enter(SANDBOX_UPLINK);
    if (failed)
        return failed;
    if (file_write_atomic(f->file, STR("again"), 0600, &err) ||
        file_read(f->file, 100, &text, &err) || !str_is(buf_str(&text), "again"))
        return 1;
    buf_done(&text);
    char below[700];
    (void)snprintf(below, sizeof below, "%s/a/b", f->inside);
    if (file_mkdirs(below, 0700, &err) || file_free_bytes(below) < 0)
        return 2;
    int lock = file_lock(f->file, &err);
    if (lock < 0)
        return 3;
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s < 0 || close(s) != 0)
        return 4;
    if (refused(socket(AF_PACKET, SOCK_RAW, 0)) || refused(socket(AF_NETLINK, SOCK_RAW, 12)))
        return 5;
    if (refused(listen(lock, 1)) || refused(accept(lock, NULL, NULL)))
        return 6;
    return refused(syscall(SYS_fork)) ? 7 : 0;
}

static void an_uplink_writes_files_and_connects_but_does_not_listen(void **state)
{
    expect(uplink_works, *state, 0);
}

static int restrict_to(const char *readable, const char *writable)
{
    const char *const reads[] = {readable, "/nonexistent/path", NULL};
    const char *const writes[] = {writable, NULL};
    struct sandbox_state state = {0};
    struct err err = {0};
    int rc = sandbox_paths(reads, writes, &state, &err);
    if (rc == E_UNSUPPORTED)
        return !state.paths && state.path_abi == 0 ? NO_WALL : 98;
    return rc == 0 && state.paths && state.path_abi > 0 && state.path_gaps ? 0 : 99;
}

static int denied(const char *path, int flags)
{
    return open(path, flags | O_CLOEXEC, 0600) < 0 && errno == EACCES ? 0 : 1;
}

static int reads_inside_only(void *arg)
{
    const struct folder *f = arg;
    struct buf text = {0};
    struct err err = {0};
    int failed = restrict_to(f->inside, NULL);
    if (failed)
        return failed;
    if (file_read(f->file, 100, &text, &err) || !str_is(buf_str(&text), "in"))
        return 1;
    buf_done(&text);
    if (denied(f->outside, O_RDONLY) || denied("/etc/passwd", O_RDONLY))
        return 2;
    if (denied(f->file, O_WRONLY) || denied(f->file, O_RDWR))
        return 3;
    if (unlink(f->file) == 0 || errno != EACCES)
        return 4;
    return file_write_atomic(f->file, STR("x"), 0600, &err) == E_DENIED ? 0 : 5;
}

static void a_readable_path_is_read_and_nothing_else_is_opened(void **state)
{
    expect(reads_inside_only, *state, 0);
}

static int writes_inside_only(void *arg)
{
    const struct folder *f = arg;
    struct err err = {0};
    int failed = restrict_to("/etc", f->inside);
    if (failed)
        return failed;
    if (file_write_atomic(f->file, STR("again"), 0600, &err))
        return 1;
    char below[700];
    (void)snprintf(below, sizeof below, "%s/a/b", f->inside);
    if (file_mkdirs(below, 0700, &err) || unlink(f->file) != 0)
        return 2;
    if (denied(f->outside, O_RDONLY) || denied(f->outside, O_WRONLY))
        return 3;
    char other[600];
    (void)snprintf(other, sizeof other, "%s/new", f->path);
    return denied(other, O_WRONLY | O_CREAT);
}

static void a_writable_path_is_written_and_nothing_else_is_opened(void **state)
{
    expect(writes_inside_only, *state, 0);
}

static int allows_one_file(void *arg)
{
    const struct folder *f = arg;
    struct err err = {0};
    struct buf text = {0};
    int failed = restrict_to(f->outside, NULL);
    if (failed)
        return failed;
    if (file_read(f->outside, 100, &text, &err))
        return 1;
    buf_done(&text);
    return denied(f->file, O_RDONLY);
}

static void a_single_file_can_be_allowed(void **state)
{
    expect(allows_one_file, *state, 0);
}

static int both_walls(void *arg)
{
    const struct folder *f = arg;
    struct err err = {0};
    struct buf text = {0};
    int failed = restrict_to(f->inside, NULL);
    if (!failed)
        failed = enter(SANDBOX_UPLINK);
    if (failed)
        return failed;
    if (file_read(f->file, 100, &text, &err))
        return 1;
    buf_done(&text);
    return denied(f->outside, O_RDONLY);
}

static void both_walls_stand_together(void **state)
{
    expect(both_walls, *state, 0);
}

/* A sandboxed program that ends in the ordinary way, with its exit handlers. */
static int exits(void *arg)
{
    (void)arg;
    int failed = enter(SANDBOX_COMPUTE);
    if (failed)
        return failed;
    exit(5);
}

static void a_sandboxed_program_can_end_in_the_ordinary_way(void **state)
{
    (void)state;
    expect(exits, NULL, 5);
}

static void the_state_is_told_in_words(void **state)
{
    (void)state;
    struct buf b CLEANUP(buf_done) = {0};
    struct sandbox_state nothing = {0};
    sandbox_state_add(&b, &nothing);
    assert_str(buf_str(&b), "calls not filtered, paths not restricted");
    buf_clear(&b);
    struct sandbox_state all = {true, true, 7, ""};
    sandbox_state_add(&b, &all);
    assert_str(buf_str(&b), "calls filtered, paths restricted (version 7)");
    buf_clear(&b);
    struct sandbox_state some = {true, true, 2, "truncation"};
    sandbox_state_add(&b, &some);
    assert_str(buf_str(&b), "calls filtered, paths restricted (version 2, without truncation)");
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(a_computing_process_opens_connects_and_signals_nothing),
        WITH_FOLDER(a_computing_process_works_with_what_it_was_given),
        cmocka_unit_test(executing_or_tracing_is_deadly_and_abort_still_aborts),
        WITH_FOLDER(an_uplink_writes_files_and_connects_but_does_not_listen),
        WITH_FOLDER(a_readable_path_is_read_and_nothing_else_is_opened),
        WITH_FOLDER(a_writable_path_is_written_and_nothing_else_is_opened),
        WITH_FOLDER(a_single_file_can_be_allowed),
        WITH_FOLDER(both_walls_stand_together),
        cmocka_unit_test(a_sandboxed_program_can_end_in_the_ordinary_way),
        cmocka_unit_test(the_state_is_told_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
