/* Processes on macOS: identities from sysctl and libproc. See proc.h. */
#include "os/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <libproc.h>
#include <limits.h>
#include <mach-o/dyld.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/proc_info.h>
#include <sys/sysctl.h>
#include <time.h>
#include <unistd.h>
#include <uuid/uuid.h>

#include "base/mem.h"
#include "os/file.h"
#include "os/proc_priv.h"

enum { MOST_FDS = 65536 };

/* Of libquarantine, in libSystem since 10.14; no header declares it. */
int responsibility_spawnattrs_setdisclaim(posix_spawnattr_t *attr, int disclaim);

/* In <unistd.h> of newer headers only. */
int gethostuuid(uuid_t id, const struct timespec *wait);

int proc_boot_id(struct buf *out, struct err *err)
{
    char text[64];
    size_t len = sizeof text;
    if (sysctlbyname("kern.bootsessionuuid", text, &len, NULL, 0) != 0)
        return err_errno(err, E_IO, errno, "cannot read kern.bootsessionuuid");
    buf_add_str(out, str_n(text, strnlen(text, len)));
    if (buf_check(out))
        return err_set(err, buf_check(out), "%s", err_sentence(buf_check(out)));
    return 0;
}

int proc_machine_id(struct buf *out, struct err *err)
{
    uuid_t id;
    uuid_string_t text;
    struct timespec wait = {.tv_sec = 5};
    if (gethostuuid(id, &wait) != 0)
        return err_errno(err, E_IO, errno, "cannot read the hardware UUID");
    uuid_unparse_upper(id, text);
    buf_add_cstr(out, text);
    if (buf_check(out))
        return err_set(err, buf_check(out), "%s", err_sentence(buf_check(out)));
    return 0;
}

int proc_start_time(pid_t pid, uint64_t *ret_start)
{
    struct proc_bsdinfo info;
    int n = proc_pidinfo(pid, PROC_PIDTBSDINFO, 0, &info, (int)sizeof info);
    if (n != (int)sizeof info)
        return E_NOT_FOUND;
    *ret_start = info.pbi_start_tvsec * 1000000 + info.pbi_start_tvusec;
    return 0;
}

int proc_os_version(struct buf *out, struct err *err)
{
    char version[64];
    char build[64];
    size_t version_len = sizeof version;
    size_t build_len = sizeof build;
    if (sysctlbyname("kern.osproductversion", version, &version_len, NULL, 0) != 0 ||
        sysctlbyname("kern.osversion", build, &build_len, NULL, 0) != 0)
        return err_errno(err, E_IO, errno, "cannot read kern.osproductversion");
    buf_addf(out, "macOS %.*s (%.*s)", (int)strnlen(version, version_len), version,
             (int)strnlen(build, build_len), build);
    return buf_check(out) ? err_set(err, buf_check(out), "out of memory") : 0;
}

int proc_own_path(char *path, size_t size, struct err *err)
{
    char raw[PATH_MAX];
    char real[PATH_MAX];
    uint32_t len = sizeof raw;
    if (_NSGetExecutablePath(raw, &len) != 0 || !realpath(raw, real))
        return err_set(err, E_NOT_FOUND, "cannot find the own program");
    return snprintf(path, size, "%s", real) < (int)size
               ? 0
               : err_set(err, E_LIMIT, "the own program's path is too long");
}

/* Async-signal-safe: it runs between fork and exec. */
void proc_cloexec_from(int from)
{
    int end = getdtablesize();
    if (end > MOST_FDS)
        end = MOST_FDS;
    for (int fd = from; fd < end; fd++)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* Not marked in one step, macOS has no pipe2(2). A child that another thread starts meanwhile marks
 * every descriptor itself before it becomes a program. */
int proc_priv_pipe(int ret_fds[2])
{
    int fds[2];
    if (pipe(fds) != 0)
        return -1;
    for (int i = 0; i < 2; i++) {
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

/* The system asks for consent (Full Disk Access) the process that is responsible for another: the
 * one that started it, unless it was disowned. POSIX_SPAWN_SETEXEC makes posix_spawn an exec, so
 * that everything else is as for any child. */
int proc_priv_exec_ready(unsigned flags, void **ret_ready)
{
    *ret_ready = NULL;
    if (!(flags & PROC_DISCLAIM))
        return 0;
    posix_spawnattr_t *attr = mem_alloc(sizeof *attr);
    if (!attr)
        return ENOMEM;
    int e = posix_spawnattr_init(attr);
    if (e) {
        mem_free(attr);
        return e;
    }
    e = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETEXEC);
    if (!e)
        e = responsibility_spawnattrs_setdisclaim(attr, 1);
    if (e) {
        proc_priv_exec_done(attr);
        return e;
    }
    *ret_ready = attr;
    return 0;
}

int proc_priv_exec(const char *file, char *const *argv, char *const *envp, void *ready)
{
    if (ready)
        return posix_spawn(NULL, file, NULL, ready, argv, envp);
    (void)execve(file, argv, envp);
    return errno;
}

void proc_priv_exec_done(void *ready)
{
    posix_spawnattr_t *attr = ready;
    if (!attr)
        return;
    (void)posix_spawnattr_destroy(attr);
    mem_free(attr);
}

int proc_priv_die_with_parent(pid_t parent)
{
    /* No such request here: see PROC_DIE_WITH_PARENT. */
    return getppid() == parent ? 0 : -1;
}
