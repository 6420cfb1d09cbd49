/* proc_run: a child from start to end, with input, bounded output and a deadline. See proc.h. */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/file.h"
#include "os/proc.h"

enum { LOOK_MS = 50, CHUNK = 16384 };

struct run {
    struct proc_child child;
    struct str input; /* what is still to be written */
    struct buf *sinks[2];
    size_t room[2]; /* bytes each sink may still take */
    bool exited;
    int status;
};

static void run_done(struct run *r)
{
    fd_closep(&r->child.stdin_fd);
    fd_closep(&r->child.stdout_fd);
    fd_closep(&r->child.stderr_fd);
}

/* write(2) to a pipe whose reader may be gone, without leaving a SIGPIPE to anybody. */
static ssize_t write_no_sigpipe(int fd, const void *ptr, size_t len)
{
    sigset_t pipe_set;
    sigset_t old;
    sigset_t pending;
    (void)sigemptyset(&pipe_set);
    (void)sigaddset(&pipe_set, SIGPIPE);
    (void)sigpending(&pending);
    bool was_pending = sigismember(&pending, SIGPIPE) == 1;
    (void)pthread_sigmask(SIG_BLOCK, &pipe_set, &old);
    ssize_t n = write(fd, ptr, len);
    int e = errno;
    if (n < 0 && e == EPIPE && !was_pending) {
        int signo;
        (void)sigpending(&pending);
        if (sigismember(&pending, SIGPIPE) == 1)
            (void)sigwait(&pipe_set, &signo);
    }
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = e;
    return n;
}

static void feed(struct run *r)
{
    ssize_t n = write_no_sigpipe(r->child.stdin_fd, r->input.ptr, r->input.len);
    if (n >= 0)
        r->input = str_sub(r->input, (size_t)n, SIZE_MAX);
    else if (errno == EAGAIN || errno == EINTR)
        return;
    /* A program that does not want its input is no failure: its status tells. */
    if (n < 0 || r->input.len == 0)
        fd_closep(&r->child.stdin_fd);
}

/* Output over the limit is read and dropped, so that the program does not hang on a full pipe. */
static int drain(struct run *r, int *fd, int sink)
{
    char chunk[CHUNK];
    for (;;) {
        ssize_t n = read(*fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return 0;
        if (n <= 0) {
            fd_closep(fd);
            return 0;
        }
        size_t keep = (size_t)n < r->room[sink] ? (size_t)n : r->room[sink];
        r->room[sink] -= keep;
        buf_add(r->sinks[sink], chunk, keep);
        if (buf_check(r->sinks[sink]))
            return buf_check(r->sinks[sink]);
    }
}

static int look_for_exit(struct run *r, int options)
{
    pid_t pid;
    do {
        pid = waitpid(r->child.pid, &r->status, options);
    } while (pid < 0 && errno == EINTR);
    if (pid < 0)
        return E_IO;
    r->exited = pid == r->child.pid;
    return 0;
}

static int wait_round(struct run *r, int64_t wait_ms)
{
    struct pollfd fds[3] = {{.fd = r->child.stdin_fd, .events = POLLOUT},
                            {.fd = r->child.stdout_fd, .events = POLLIN},
                            {.fd = r->child.stderr_fd, .events = POLLIN}};
    bool open = fds[1].fd >= 0 || fds[2].fd >= 0;
    /* With its output closed a program is about to end; a grandchild may keep it open after that.
     * Either way the look at the exit must come round. */
    int64_t most = open ? LOOK_MS : 1;
    if (poll(fds, 3, (int)(wait_ms < most ? wait_ms : most)) < 0 && errno != EINTR)
        return E_IO;
    if (r->child.stdin_fd >= 0 && fds[0].revents)
        feed(r);
    int rc = 0;
    if (r->child.stdout_fd >= 0 && fds[1].revents)
        rc = drain(r, &r->child.stdout_fd, 0);
    if (!rc && r->child.stderr_fd >= 0 && fds[2].revents)
        rc = drain(r, &r->child.stderr_fd, 1);
    return rc ? rc : look_for_exit(r, WNOHANG);
}

/* What the program wrote just before it ended is still in the pipes. */
static int drain_rest(struct run *r)
{
    int rc = 0;
    if (r->child.stdout_fd >= 0)
        rc = drain(r, &r->child.stdout_fd, 0);
    if (!rc && r->child.stderr_fd >= 0)
        rc = drain(r, &r->child.stderr_fd, 1);
    return rc;
}

static int run_to_end(struct run *r, int64_t timeout_ms)
{
    int64_t end_ms = clock_mono_ms() + timeout_ms;
    while (!r->exited) {
        int64_t left_ms = end_ms - clock_mono_ms();
        if (left_ms <= 0)
            return E_TIMEOUT;
        int rc = wait_round(r, left_ms);
        if (rc)
            return rc;
    }
    return drain_rest(r);
}

int proc_run(const char *const *argv, struct str input, int64_t timeout_ms, size_t output_limit,
             struct buf *out, struct buf *errors, int *ret_status, struct err *err)
{
    struct run r CLEANUP(run_done) = {.child = {-1, -1, -1, -1},
                                      .input = input,
                                      .sinks = {out, errors},
                                      .room = {output_limit, output_limit}};
    assert(timeout_ms > 0 && timeout_ms < INT64_MAX / 4);
    int rc = proc_spawn(
        argv, NULL, PROC_STDIN | PROC_STDOUT | PROC_STDERR | PROC_NEW_GROUP | PROC_DIE_WITH_PARENT,
        &r.child, err);
    if (rc)
        return rc;
    rc = fd_set_nonblock(r.child.stdin_fd, true);
    if (!rc)
        rc = fd_set_nonblock(r.child.stdout_fd, true);
    if (!rc)
        rc = fd_set_nonblock(r.child.stderr_fd, true);
    if (input.len == 0)
        fd_closep(&r.child.stdin_fd);
    if (!rc)
        rc = run_to_end(&r, timeout_ms);
    if (rc && !r.exited) {
        (void)kill(-r.child.pid, SIGKILL);
        (void)!look_for_exit(&r, 0);
    }
    if (rc == E_TIMEOUT)
        return err_set(err, rc, "%s did not end within %lld ms", argv[0], (long long)timeout_ms);
    if (rc)
        return err_set(err, rc, "cannot run %s: %s", argv[0], err_sentence(rc));
    *ret_status = r.status;
    return 0;
}
