/* System call filter of Linux: seccomp by libseccomp. See sandbox.h. The tables below are the whole
 * policy. A call whose arguments point into memory cannot be judged by them, only allowed or not.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <seccomp.h>

#include "os/sandbox.h"

/* Memory, threads, time, signals to itself, and input and output over descriptors it has. */
static const int compute_calls[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(close_range),
    SCMP_SYS(fstat),
    SCMP_SYS(dup),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(shutdown),
    SCMP_SYS(getsockopt),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_pwait2),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(eventfd2),
    SCMP_SYS(signalfd4),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(fadvise64),
    SCMP_SYS(brk),
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(mprotect), /* executable memory too: regexes are compiled */
    SCMP_SYS(madvise),
    SCMP_SYS(membarrier),
    SCMP_SYS(futex),
    SCMP_SYS(futex_waitv),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getcpu),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getrandom),
    SCMP_SYS(getpid),
    SCMP_SYS(getppid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getrusage),
    SCMP_SYS(times),
    SCMP_SYS(sysinfo), /* the C library's qsort asks how much memory there is */
    SCMP_SYS(uname),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* Files by name, which Landlock narrows, and outgoing connections. */
static const int uplink_calls[] = {
    SCMP_SYS(openat),      SCMP_SYS(open),        SCMP_SYS(stat),       SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),  SCMP_SYS(statx),       SCMP_SYS(access),     SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),  SCMP_SYS(readlink),    SCMP_SYS(readlinkat), SCMP_SYS(getcwd),
    SCMP_SYS(getdents64),  SCMP_SYS(statfs),      SCMP_SYS(fstatfs),    SCMP_SYS(rename),
    SCMP_SYS(renameat),    SCMP_SYS(renameat2),   SCMP_SYS(unlink),     SCMP_SYS(unlinkat),
    SCMP_SYS(mkdir),       SCMP_SYS(mkdirat),     SCMP_SYS(ftruncate),  SCMP_SYS(fallocate),
    SCMP_SYS(flock),       SCMP_SYS(fchmod),      SCMP_SYS(umask),      SCMP_SYS(pipe2),
    SCMP_SYS(dup2),        SCMP_SYS(dup3),        SCMP_SYS(socketpair), SCMP_SYS(connect),
    SCMP_SYS(bind), /* the C library binds the netlink socket by which it lists addresses */
    SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(setsockopt), SCMP_SYS(sendto),
    SCMP_SYS(sendmmsg),    SCMP_SYS(recvmmsg),
};

/* Nothing of ours makes these in either profile: whoever does is not us. */
static const int deadly_calls[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(kcmp),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(setns),
    SCMP_SYS(unshare),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(setuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
    SCMP_SYS(personality),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(acct),
};

struct conditional {
    int call;
    struct scmp_arg_cmp arg;
};

static int add_calls(scmp_filter_ctx ctx, uint32_t action, const int *calls, size_t count)
{
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = seccomp_rule_add(ctx, action, calls[i], 0);
    return rc;
}

static int add_conditional(scmp_filter_ctx ctx, const struct conditional *rows, size_t count)
{
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, rows[i].call, 1, &rows[i].arg);
    return rc;
}

static int add_compute(scmp_filter_ctx ctx)
{
    const struct conditional rows[] = {
        /* fstat(3) of newer C libraries. */
        {SCMP_SYS(newfstatat), SCMP_A3(SCMP_CMP_EQ, AT_EMPTY_PATH)},
        /* To the peer of a connected socket, no address. */
        {SCMP_SYS(sendto), SCMP_A4(SCMP_CMP_EQ, 0)},
        {SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, F_GETFD)},
        {SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, F_SETFD)},
        {SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, F_GETFL)},
        {SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, F_SETFL)},
        {SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, F_DUPFD_CLOEXEC)},
        {SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME)},
        /* Reading a limit, not setting one. */
        {SCMP_SYS(prlimit64), SCMP_A2(SCMP_CMP_EQ, 0)},
        /* abort(3). */
        {SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid())},
        /* A thread, not a process. */
        {SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)},
    };
    int rc = add_calls(ctx, SCMP_ACT_ALLOW, compute_calls, ARRAY_LEN(compute_calls));
    if (rc == 0)
        rc = add_conditional(ctx, rows, ARRAY_LEN(rows));
    /* Its flags lie in memory. The C library then takes clone(2). */
    if (rc == 0)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    return rc;
}

static int add_uplink(scmp_filter_ctx ctx)
{
    const struct conditional rows[] = {
        {SCMP_SYS(socket), SCMP_A0(SCMP_CMP_EQ, AF_INET)},
        {SCMP_SYS(socket), SCMP_A0(SCMP_CMP_EQ, AF_INET6)},
        {SCMP_SYS(socket), SCMP_A0(SCMP_CMP_EQ, AF_UNIX)}, /* name service caches */
        {SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, FIONBIO)},
        {SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, FIONREAD)},
        {SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, F_SETLK)},
        {SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, F_SETLKW)},
    };
    int rc = add_calls(ctx, SCMP_ACT_ALLOW, uplink_calls, ARRAY_LEN(uplink_calls));
    if (rc == 0)
        rc = add_conditional(ctx, rows, ARRAY_LEN(rows));
    /* Which addresses the machine has (getaddrinfo(3)), no other netlink. */
    if (rc == 0)
        rc =
            seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
                             SCMP_A0(SCMP_CMP_EQ, AF_NETLINK), SCMP_A2(SCMP_CMP_EQ, NETLINK_ROUTE));
    return rc;
}

static int build(scmp_filter_ctx ctx, enum sandbox_profile profile)
{
    int rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
    if (rc == 0)
        rc = add_compute(ctx);
    if (rc == 0 && profile == SANDBOX_UPLINK)
        rc = add_uplink(ctx);
    if (rc == 0)
        rc = add_calls(ctx, SCMP_ACT_KILL_PROCESS, deadly_calls, ARRAY_LEN(deadly_calls));
    return rc;
}

#ifdef __SANITIZE_ADDRESS__
/* The leak check at exit stops the program by ptrace, which the filter answers with death. */
static int leak_check_is_off;
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    return leak_check_is_off;
}
#endif

int sandbox_calls(enum sandbox_profile profile, struct sandbox_state *state, struct err *err)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!ctx)
        return err_set(err, E_NOMEM, "cannot build the system call filter");
    int rc = build(ctx, profile);
    if (rc == 0)
        rc = seccomp_load(ctx);
    seccomp_release(ctx);
    if (rc == -EINVAL || rc == -ENOSYS || rc == -EOPNOTSUPP)
        return err_errno(err, E_UNSUPPORTED, -rc, "the kernel does not filter system calls");
    if (rc != 0)
        return err_errno(err, rc == -ENOMEM ? E_NOMEM : E_IO, -rc,
                         "cannot load the system call filter");
#ifdef __SANITIZE_ADDRESS__
    leak_check_is_off = 1;
#endif
    state->calls = true;
    return 0;
}
