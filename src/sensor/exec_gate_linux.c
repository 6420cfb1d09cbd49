/* The gate on Linux. See exec_gate.h. Sources: fanotify(7), fanotify_mark(2),
 * proc_pid_mountinfo(5).
 */
#include "sensor/exec_gate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "os/file.h"

enum { EVENTS_BYTES = 16384, LINE_BYTES = 8192, AGAIN_US = 10000 };

struct exec_gate {
    exec_gate_fn decide;
    void *arg;
    int fanotify;
    int mounts; /* /proc/self/mountinfo: readable with POLLPRI when it changed */
    int stop;   /* eventfd */
    pthread_t thread;
    bool started;
};

/* ------------------------------------------------------------------ mounts */

/* Nothing is executed from these, and marking them may fail or hang. */
static bool is_special(struct str type)
{
    static const char *const types[] = {"proc",    "sysfs",     "devpts",   "cgroup",
                                        "cgroup2", "pstore",    "bpf",      "tracefs",
                                        "debugfs", "mqueue",    "autofs",   "securityfs",
                                        "fusectl", "hugetlbfs", "configfs", "efivarfs"};
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (str_is(type, types[i]))
            return true;
    }
    return false;
}

/* "\040" and the like: how mountinfo writes blanks. */
static void unescape(struct str s, char *out, size_t size)
{
    size_t len = 0;
    for (size_t i = 0; i < s.len && len + 1 < size; i++) {
        char c = s.ptr[i];
        if (c == '\\' && i + 3 < s.len) {
            c = (char)((s.ptr[i + 1] - '0') * 64 + (s.ptr[i + 2] - '0') * 8 + (s.ptr[i + 3] - '0'));
            i += 3;
        }
        out[len++] = c;
    }
    out[len] = '\0';
}

/* Fields of a line: id, parent, device, root, mount point, options, optional ones, "-", type. */
static int mark_line(struct exec_gate *g, struct str line)
{
    struct str field;
    struct str point = {0};
    struct str options = {0};
    for (unsigned i = 0; i < 6 && str_next(&line, ' ', &field); i++) {
        point = i == 4 ? field : point;
        options = i == 5 ? field : options;
    }
    while (str_next(&line, ' ', &field) && !str_is(field, "-"))
        ;
    char path[PATH_MAX];
    if (!str_next(&line, ' ', &field) || is_special(field) ||
        str_find(options, STR("noexec")) != SIZE_MAX)
        return 0;
    unescape(point, path, sizeof path);
    return fanotify_mark(g->fanotify, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN_EXEC_PERM, AT_FDCWD,
                         path) == 0
               ? 1
               : 0;
}

/* Marks that are there already stay. @return how many mounts are marked */
static unsigned mark_all(struct exec_gate *g)
{
    char line[LINE_BYTES];
    unsigned marked = 0;
    FILE *file = fopen("/proc/self/mountinfo", "re");
    if (!file)
        return 0;
    while (fgets(line, sizeof line, file)) {
        struct str s = str_of(line);
        if (s.len && s.ptr[s.len - 1] == '\n')
            s.len--;
        marked += (unsigned)mark_line(g, s);
    }
    (void)fclose(file);
    return marked;
}

/* ------------------------------------------------------------------ deciding */

static void answer(const struct exec_gate *g, int fd, bool deny)
{
    struct fanotify_response r = {.fd = fd, .response = deny ? FAN_DENY : FAN_ALLOW};
    while (write(g->fanotify, &r, sizeof r) < 0 && errno == EINTR)
        ;
}

static bool is_denied(const struct exec_gate *g, const struct fanotify_event_metadata *e)
{
    char link[64];
    char path[PATH_MAX];
    if (e->pid == getpid())
        return false;
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", e->fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0)
        return false;
    path[n] = '\0';
    return g->decide(g->arg, e->fd, path, e->pid);
}

static void take_event(const struct exec_gate *g, const struct fanotify_event_metadata *e)
{
    if (e->vers != FANOTIFY_METADATA_VERSION || e->fd < 0)
        return;
    if (e->mask & FAN_OPEN_EXEC_PERM)
        answer(g, e->fd, is_denied(g, e));
    (void)close(e->fd);
}

static void take_events(const struct exec_gate *g)
{
    char buffer[EVENTS_BYTES];
    struct fanotify_event_metadata e;
    ssize_t n = read(g->fanotify, buffer, sizeof buffer);
    size_t len = n > 0 ? (size_t)n : 0;
    for (size_t at = 0; len - at >= sizeof e; at += e.event_len) {
        memcpy(&e, buffer + at, sizeof e);
        if (e.event_len < sizeof e || e.event_len > len - at)
            return; /* the kernel does not */
        take_event(g, &e);
    }
}

static void *run(void *arg)
{
    struct exec_gate *g = arg;
    struct pollfd fds[] = {
        {.fd = g->fanotify, .events = POLLIN},
        {.fd = g->mounts, .events = POLLPRI},
        {.fd = g->stop, .events = POLLIN},
    };
    for (;;) {
        /* Never ends by itself: every program of the machine would wait for ever. */
        if (poll(fds, ARRAY_LEN(fds), -1) < 0) {
            if (errno != EINTR)
                (void)usleep(AGAIN_US);
            continue;
        }
        if (fds[2].revents)
            return NULL;
        if (fds[0].revents)
            take_events(g);
        if (fds[1].revents)
            (void)mark_all(g);
    }
}

/* ------------------------------------------------------------------ life */

static int open_all(struct exec_gate *g, struct err *err)
{
    g->fanotify =
        fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY | O_CLOEXEC);
    if (g->fanotify < 0)
        return err_errno(err, errno == EPERM ? E_DENIED : E_UNSUPPORTED, errno,
                         "the kernel gives no gate for executions");
    g->mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
    g->stop = eventfd(0, EFD_CLOEXEC);
    if (g->mounts < 0 || g->stop < 0)
        return err_errno(err, E_IO, errno, "cannot set up the gate for executions");
    if (mark_all(g) == 0)
        return err_set(err, E_UNSUPPORTED, "the kernel gates executions on no mount");
    if (pthread_create(&g->thread, NULL, run, g) != 0)
        return err_set(err, E_NOMEM, "no thread for the gate");
    g->started = true;
    return 0;
}

int exec_gate_open(exec_gate_fn decide, void *arg, struct exec_gate **ret_gate, struct err *err)
{
    struct exec_gate *g = mem_calloc(1, sizeof *g);
    if (!g)
        return err_set(err, E_NOMEM, "out of memory");
    *g = (struct exec_gate){.decide = decide, .arg = arg, .fanotify = -1, .mounts = -1, .stop = -1};
    int rc = open_all(g, err);
    if (rc) {
        exec_gate_close(g);
        return rc;
    }
    *ret_gate = g;
    return 0;
}

void exec_gate_close(struct exec_gate *g)
{
    uint64_t one = 1;
    if (!g)
        return;
    if (g->started) {
        (void)!write(g->stop, &one, sizeof one);
        (void)pthread_join(g->thread, NULL);
    }
    /* Whoever still waits is let through by this. */
    fd_closep(&g->fanotify);
    fd_closep(&g->mounts);
    fd_closep(&g->stop);
    mem_free(g);
}
