/* Children and privileges. See proc.h. Between fork and exec only async-signal-safe calls are made,
 * because other threads may have held any lock. What differs by system is in proc_<system>.c. */
#include "os/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/file.h"
#include "os/proc_priv.h"

#ifndef NSIG
#define NSIG 65
#endif

static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/* Everything the child needs, prepared before the fork. */
struct plan {
    const char *file;
    char *const *argv;
    char *const *envp;
    unsigned flags;
    pid_t parent;
    int stdio[3]; /* what becomes 0, 1, 2; -1 = stays as it is */
    void *ready;  /* of proc_priv_exec_ready */
    int report;   /* the errno of a failed start goes here; closed by a successful exec */
};

struct pipes {
    int in[2];
    int out[2];
    int errors[2];
    int report[2];
    int null;
};

static void pipes_done(struct pipes *p)
{
    for (int i = 0; i < 2; i++) {
        fd_closep(&p->in[i]);
        fd_closep(&p->out[i]);
        fd_closep(&p->errors[i]);
        fd_closep(&p->report[i]);
    }
    fd_closep(&p->null);
}

static const char *search_path(void)
{
    const char *path = getenv("PATH");
    return path && *path ? path : default_path;
}

/* The file to execute: argv[0] itself when it has a '/', else the first executable in PATH. */
static int resolve(const char *name, char file[PATH_MAX])
{
    if (strchr(name, '/'))
        return snprintf(file, PATH_MAX, "%s", name) < PATH_MAX ? 0 : ENAMETOOLONG;
    struct str rest = str_of(search_path());
    struct str folder;
    int e = ENOENT;
    while (str_next(&rest, ':', &folder)) {
        /* An empty or relative entry means the working folder, which is nobody's to trust. */
        if (folder.len == 0 || folder.ptr[0] != '/')
            continue;
        if (snprintf(file, PATH_MAX, "%.*s/%s", STR_FMT(folder), name) >= PATH_MAX)
            continue;
        if (access(file, X_OK) == 0)
            return 0;
        if (errno == EACCES)
            e = EACCES;
    }
    return e;
}

static _Noreturn void give_up(const struct plan *plan, int e)
{
    ssize_t n = write(plan->report, &e, sizeof e);
    _exit(n == (ssize_t)sizeof e ? 127 : 126);
}

/* An ignored signal stays ignored through exec, and so does a blocked one. */
static void reset_signals(void)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigset_t none;
    for (int signo = 1; signo < NSIG; signo++)
        (void)sigaction(signo, &standard, NULL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void run_child(const struct plan *plan)
{
    if ((plan->flags & PROC_NEW_GROUP) && setpgid(0, 0) != 0)
        give_up(plan, errno);
    if ((plan->flags & PROC_DIE_WITH_PARENT) && proc_priv_die_with_parent(plan->parent) != 0)
        _exit(126);
    for (int fd = 0; fd < 3; fd++) {
        if (plan->stdio[fd] >= 0 && dup2(plan->stdio[fd], fd) < 0)
            give_up(plan, errno);
    }
    proc_cloexec_from(3);
    reset_signals();
    give_up(plan, proc_priv_exec(plan->file, plan->argv, plan->envp, plan->ready));
}

/* A connected pair, close-on-exec, above 2. Ends as an errno. */
static int open_socket(int fds[2])
{
    int raw[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, raw) != 0)
        return errno;
    int e = 0;
    for (int i = 0; i < 2; i++) {
        fds[i] = fcntl(raw[i], F_DUPFD_CLOEXEC, 3);
        if (fds[i] < 0)
            e = errno;
        (void)close(raw[i]);
    }
    return e;
}

static int open_pipes(struct pipes *p, unsigned flags)
{
    int e = flags & PROC_SOCKET ? open_socket(p->in) : 0;
    if (e)
        return e;
    if ((flags & PROC_STDIN) && !(flags & PROC_SOCKET) && proc_priv_pipe(p->in) != 0)
        return errno;
    if ((flags & PROC_STDOUT) && proc_priv_pipe(p->out) != 0)
        return errno;
    if ((flags & PROC_STDERR) && proc_priv_pipe(p->errors) != 0)
        return errno;
    if (proc_priv_pipe(p->report) != 0)
        return errno;
    int null CLEANUP(fd_closep) = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return errno;
    /* Above 2, or the dup2 calls in the child could overwrite it. */
    p->null = fcntl(null, F_DUPFD_CLOEXEC, 3);
    return p->null < 0 ? errno : 0;
}

/* No handler of ours may run in the child, so signals wait until it has reset them. */
static pid_t fork_quietly(const struct plan *plan)
{
    sigset_t all;
    sigset_t old;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    pid_t pid = fork();
    if (pid == 0)
        run_child(plan);
    int e = errno;
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = e;
    return pid;
}

static void reap(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* Wait until the child has become the program: 0, or the errno it failed with. */
static int read_report(int fd, pid_t pid)
{
    int e = 0;
    ssize_t n;
    do {
        n = read(fd, &e, sizeof e);
    } while (n < 0 && errno == EINTR);
    if (n == 0)
        return 0;
    reap(pid);
    return n == (ssize_t)sizeof e && e ? e : EIO;
}

int proc_spawn(const char *const *argv, const char *const *envp, unsigned flags,
               struct proc_child *ret_child, struct err *err)
{
    struct pipes p CLEANUP(pipes_done) = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}, -1};
    char file[PATH_MAX];
    char path_variable[PATH_MAX];
    const char *minimal[] = {path_variable, NULL};
    int e = resolve(argv[0], file);
    if (!e)
        e = open_pipes(&p, flags);
    if (e)
        return err_errno(err, file_errno_code(e), e, "cannot start %s", argv[0]);
    if (snprintf(path_variable, sizeof path_variable, "PATH=%s", search_path()) >= PATH_MAX)
        return err_set(err, E_ARG, "cannot start %s: PATH is too long", argv[0]);
    struct plan plan = {.file = file,
                        .argv = (char *const *)(uintptr_t)argv,
                        .envp = (char *const *)(uintptr_t)(envp ? envp : minimal),
                        .flags = flags,
                        .parent = getpid(),
                        .report = p.report[1]};
    plan.stdio[0] = flags & (PROC_STDIN | PROC_SOCKET) ? p.in[0] : p.null;
    plan.stdio[1] = flags & PROC_STDOUT ? p.out[1] : p.null;
    plan.stdio[2] = flags & PROC_STDERR ? p.errors[1] : -1;
    e = proc_priv_exec_ready(flags, &plan.ready);
    if (e)
        return err_errno(err, E_IO, e, "cannot start %s", argv[0]);
    pid_t pid = fork_quietly(&plan);
    e = errno;
    proc_priv_exec_done(plan.ready);
    if (pid < 0)
        return err_errno(err, E_IO, e, "cannot start %s", argv[0]);
    if (flags & PROC_NEW_GROUP)
        (void)setpgid(pid, pid); /* the child does so too: the group exists whoever comes first */
    fd_closep(&p.report[1]);
    e = read_report(p.report[0], pid);
    if (e)
        return err_errno(err, file_errno_code(e), e, "cannot start %s", argv[0]);
    *ret_child = (struct proc_child){.pid = pid,
                                     .stdin_fd = TAKE_FD(p.in[1]),
                                     .stdout_fd = TAKE_FD(p.out[0]),
                                     .stderr_fd = TAKE_FD(p.errors[0])};
    return 0;
}

int proc_drop_privileges(uid_t uid, gid_t gid, struct err *err)
{
    if (geteuid() != 0) {
        if (uid == getuid() && uid == geteuid() && gid == getgid() && gid == getegid())
            return 0;
        return err_set(err, E_DENIED, "only root can become user %u", (unsigned)uid);
    }
    /* Groups first: after setuid there is no right left to change them. */
    if (setgroups(1, &gid) != 0 || setgid(gid) != 0 || setuid(uid) != 0)
        return err_errno(err, E_DENIED, errno, "cannot become user %u group %u", (unsigned)uid,
                         (unsigned)gid);
    if (getuid() != uid || geteuid() != uid || getgid() != gid || getegid() != gid)
        return err_set(err, E_DENIED, "the system did not make this process user %u",
                       (unsigned)uid);
    if (uid != 0 && (setuid(0) == 0 || seteuid(0) == 0))
        return err_set(err, E_DENIED, "user %u can still become root", (unsigned)uid);
    return 0;
}
