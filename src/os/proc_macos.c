/* Processes on macOS: identities from sysctl and libproc. See proc.h. */
#include "os/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <libproc.h>
#include <stdio.h>
#include <sys/proc_info.h>
#include <sys/sysctl.h>
#include <time.h>
#include <unistd.h>
#include <uuid/uuid.h>

#include "os/file.h"
#include "os/proc_priv.h"

enum { MOST_FDS = 65536 };

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

int proc_priv_die_with_parent(pid_t parent)
{
    /* No such request here: see PROC_DIE_WITH_PARENT. */
    return getppid() == parent ? 0 : -1;
}
