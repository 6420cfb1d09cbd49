/* Processes to be ended, on Linux: a pidfd pins the identity, so a signal cannot reach a process
 * that got the pid later. See kill_priv.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/file.h"
#include "respond/kill_priv.h"

enum {
    STAT_BYTES = 4096,
    PF_KTHREAD = 0x00200000, /* include/linux/sched.h */
    KTHREADD_PID = 2
};

int kill_os_look(pid_t pid, struct kill_process *ret_process)
{
    enum { PARENT = 4, FLAGS = 9, START = 22, FIRST_AFTER_NAME = 3 };
    char path[64], text[STAT_BYTES];
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd CLEANUP(fd_closep) = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
    struct str rest = str_n(text, n > 0 ? (size_t)n : 0), piece;
    /* The name in parentheses may hold anything: fields are counted behind its last one. */
    size_t name_end = str_rfind_char(rest, ')');
    if (name_end == SIZE_MAX)
        return E_NOT_FOUND;
    rest = str_sub(rest, name_end + 2, SIZE_MAX);
    if (rest.len == 0 || rest.ptr[0] == 'Z' || rest.ptr[0] == 'X')
        return E_NOT_FOUND; /* it has ended, only its parent has not asked yet */
    char state = rest.ptr[0];
    uint64_t fields[START + 1] = {0};
    for (unsigned i = FIRST_AFTER_NAME; i <= START; i++) {
        if (!str_next(&rest, ' ', &piece))
            return E_NOT_FOUND;
        if (str_to_u64(piece, &fields[i]))
            fields[i] = 0; /* a letter or a negative number, of no interest */
    }
    if (fields[PARENT] > INT_MAX)
        return E_NOT_FOUND;
    *ret_process = (struct kill_process){
        .pid = pid,
        .parent = (pid_t)fields[PARENT],
        .generation = fields[START],
        .stopped = state == 'T' || state == 't',
        .kernel_thread = pid == KTHREADD_PID || (fields[FLAGS] & PF_KTHREAD),
    };
    return 0;
}

void kill_os_path(pid_t pid, char path[KILL_PATH_BYTES])
{
    char link[64];
    (void)snprintf(link, sizeof link, "/proc/%d/exe", (int)pid);
    ssize_t n = readlink(link, path, KILL_PATH_BYTES - 1);
    path[n > 0 ? n : 0] = '\0';
}

int kill_os_each(void (*fn)(void *arg, const struct kill_process *p), void *arg)
{
    DIR *dir = opendir("/proc");
    if (!dir)
        return E_IO;
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        uint64_t pid;
        struct kill_process p;
        if (str_to_u64(str_of(e->d_name), &pid) == 0 && pid <= INT_MAX &&
            kill_os_look((pid_t)pid, &p) == 0)
            fn(arg, &p);
    }
    (void)closedir(dir);
    return 0;
}

bool kill_os_needed(const char *path)
{
    /* By full path: a name alone could be taken by anybody. */
    static const char *const needed[] = {
        "/usr/lib/systemd/systemd",
        "/usr/lib/systemd/systemd-journald",
        "/usr/lib/systemd/systemd-logind",
        "/usr/lib/systemd/systemd-udevd",
        "/usr/bin/udevadm",
        "/usr/bin/dbus-daemon",
        "/usr/bin/dbus-broker",
        "/usr/bin/dbus-broker-launch",
        "/usr/sbin/init",
    };
    struct str p = str_of(path);
    /* The same place before /usr was merged. */
    struct str usr = STR("/usr");
    for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
        struct str n = str_of(needed[i]);
        if (str_eq(p, n) || str_eq(p, str_sub(n, usr.len, SIZE_MAX)))
            return true;
    }
    return false;
}

int kill_os_open(pid_t pid, uint64_t generation, struct kill_hold *ret_hold)
{
    struct kill_process p;
    int fd CLEANUP(fd_closep) = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0)
        return E_NOT_FOUND;
    /* The descriptor is held first: what /proc says now is about the process it pins, or about a
     * later one, and then the generation differs. */
    if (kill_os_look(pid, &p))
        return E_NOT_FOUND;
    if (p.generation != generation)
        return E_STATE;
    *ret_hold = (struct kill_hold){.pid = pid, .generation = generation, .fd = TAKE_FD(fd)};
    return 0;
}

int kill_os_signal(const struct kill_hold *h, int signo)
{
    if (syscall(SYS_pidfd_send_signal, h->fd, signo, NULL, 0) == 0)
        return 0;
    return errno == ESRCH ? E_NOT_FOUND : errno == EPERM ? E_DENIED : E_IO;
}

bool kill_os_wait(const struct kill_hold *h, int64_t deadline_ms)
{
    struct pollfd p = {.fd = h->fd, .events = POLLIN};
    for (;;) {
        int64_t left = deadline_ms - clock_mono_ms();
        int n = poll(&p, 1, left > 0 ? (int)left : 0);
        if (n > 0)
            return true;
        if (n == 0 || errno != EINTR)
            return false;
    }
}

void kill_os_close(struct kill_hold *h)
{
    fd_closep(&h->fd);
}
