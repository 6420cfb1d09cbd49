/* Processes on Linux: identities from /proc, close_range(2), PR_SET_PDEATHSIG. See proc.h. */
#include "os/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "os/file.h"
#include "os/proc_priv.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif

enum { ID_BYTES = 128, STAT_BYTES = 4096, OLD_KERNEL_FDS = 65536, OS_RELEASE_MAX = 65536 };

static int add_line_of(const char *path, struct buf *out, struct err *err)
{
    struct buf text CLEANUP(buf_done) = {0};
    int rc = file_read(path, ID_BYTES, &text, err);
    if (rc)
        return rc;
    struct str id = str_trim(buf_str(&text));
    if (id.len == 0)
        return err_set(err, E_PARSE, "%s is empty", path);
    buf_add_str(out, id);
    if (buf_check(out))
        return err_set(err, buf_check(out), "%s: %s", path, err_sentence(buf_check(out)));
    return 0;
}

int proc_boot_id(struct buf *out, struct err *err)
{
    return add_line_of("/proc/sys/kernel/random/boot_id", out, err);
}

int proc_machine_id(struct buf *out, struct err *err)
{
    return add_line_of("/etc/machine-id", out, err);
}

int proc_start_time(pid_t pid, uint64_t *ret_start)
{
    enum { FIELD = 22, FIRST_AFTER_NAME = 3 };
    char path[64];
    char text[STAT_BYTES];
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd CLEANUP(fd_closep) = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return E_NOT_FOUND;
    ssize_t n = read(fd, text, sizeof text);
    if (n <= 0)
        return E_NOT_FOUND;
    /* The name, in parentheses, may itself hold spaces and parentheses: count from the last one. */
    struct str rest = str_n(text, (size_t)n);
    size_t name_end = str_rfind_char(rest, ')');
    if (name_end == SIZE_MAX)
        return E_NOT_FOUND;
    rest = str_sub(rest, name_end + 2, SIZE_MAX);
    struct str field = {0};
    for (int i = FIRST_AFTER_NAME; i <= FIELD; i++) {
        if (!str_next(&rest, ' ', &field))
            return E_NOT_FOUND;
    }
    return str_to_u64(field, ret_start) ? E_NOT_FOUND : 0;
}

/* PRETTY_NAME="Debian GNU/Linux 12 (bookworm)" of os-release(5), else the kernel's release. */
int proc_os_version(struct buf *out, struct err *err)
{
    struct buf text CLEANUP(buf_done) = {0};
    struct utsname uts;
    struct str line;
    if (file_read("/etc/os-release", OS_RELEASE_MAX, &text, NULL) != 0)
        buf_clear(&text);
    for (struct str rest = buf_str(&text); str_next(&rest, '\n', &line);) {
        if (!str_starts(line, STR("PRETTY_NAME=")))
            continue;
        line = str_trim(str_sub(line, 12, SIZE_MAX));
        if (line.len >= 2 && line.ptr[0] == '"')
            line = str_sub(line, 1, line.len - 2);
        buf_add_str(out, line);
        return buf_check(out) ? err_set(err, buf_check(out), "out of memory") : 0;
    }
    if (uname(&uts) != 0)
        return err_errno(err, E_IO, errno, "uname failed");
    buf_addf(out, "%s %s", uts.sysname, uts.release);
    return buf_check(out) ? err_set(err, buf_check(out), "out of memory") : 0;
}

int proc_own_path(char *path, size_t size, struct err *err)
{
    ssize_t n = readlink("/proc/self/exe", path, size);
    if (n < 0)
        return err_errno(err, E_NOT_FOUND, errno, "cannot find the own program");
    if ((size_t)n == size)
        return err_set(err, E_LIMIT, "the own program's path is too long");
    path[n] = '\0';
    return 0;
}

/* Async-signal-safe: it runs between fork and exec. */
void proc_cloexec_from(int from)
{
    if (syscall(SYS_close_range, (unsigned)from, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
        return;
    /* Before Linux 5.11: one descriptor after the other. */
    struct rlimit limit;
    int end = OLD_KERNEL_FDS;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < OLD_KERNEL_FDS)
        end = (int)limit.rlim_cur;
    for (int fd = from; fd < end; fd++)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

int proc_priv_pipe(int ret_fds[2])
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        return -1;
    for (int i = 0; i < 2; i++) {
        if (fds[i] > 2)
            continue;
        int high = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
        int e = errno;
        (void)close(fds[i]);
        fds[i] = high;
        if (high < 0) {
            fd_closep(&fds[0]);
            fd_closep(&fds[1]);
            errno = e;
            return -1;
        }
    }
    ret_fds[0] = fds[0];
    ret_fds[1] = fds[1];
    return 0;
}

int proc_priv_exec_ready(unsigned flags, void **ret_ready)
{
    (void)flags; /* nobody answers for another here */
    *ret_ready = NULL;
    return 0;
}

int proc_priv_exec(const char *file, char *const *argv, char *const *envp, void *ready)
{
    (void)ready;
    (void)execve(file, argv, envp);
    return errno;
}

void proc_priv_exec_done(void *ready)
{
    (void)ready;
}

int proc_priv_die_with_parent(pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return -1;
    /* It may have died before the request was in place. */
    return getppid() == parent ? 0 : -1;
}
