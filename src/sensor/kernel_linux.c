/* The linux sensor: process notifications of the kernel and file events of chosen folders.
 *
 * Everything that needs a privilege or the first network namespace is opened in `open`. A part that
 * cannot be had is left out, and the health text says which and why: without notifications /proc is
 * polled. Refusing a program at its start (fanotify FAN_OPEN_EXEC_PERM) needs a group of another
 * class than file_watch.c has; it is a part of its own beside this one. */
#include <errno.h>
#include <limits.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "sensor/option.h"
#include "sensor/proc_events.h"
#include "sensor/sensor_priv.h"

enum {
    READS_PER_WAKEUP = 256, /* then the loop's other work has its turn */
    DATAGRAM_BYTES = 4096,
    WHY_BYTES = 80
};

struct linux_sensor {
    struct sensor base;
    int notes; /* netlink socket, -1 = polling */
    struct proc_sequence sequence;
    struct file_watch *files; /* NULL = none wanted, or none possible */
    struct proc_events *events;
    bool forks;
    pid_t own_root;
    bool files_missing;
    int64_t poll_ms;
    uint64_t poll_timer;
    uint64_t overflows;
    char notes_why[WHY_BYTES]; /* why this part is missing, "" = it is not */
    char files_why[WHY_BYTES];
    char details_why[WHY_BYTES];
};

/* ------------------------------------------------------------------ open */

/* Keep the first reason. */
static void missing(char why[WHY_BYTES], const struct err *err)
{
    if (why[0] == '\0')
        (void)snprintf(why, WHY_BYTES, "%.*s", WHY_BYTES - 1, err->message);
}

/* A folder that cannot be watched is reported, the others are. */
static int watch(struct linux_sensor *l, struct str folder)
{
    struct err err = {0};
    int rc = 0;
    if (!l->files && !l->files_missing)
        rc = file_watch_new(&l->files, &err);
    if (rc == 0 && l->files)
        rc = file_watch_add(l->files, folder, &err);
    if (rc == E_NOMEM)
        return rc;
    if (rc) {
        l->files_missing = true;
        missing(l->files_why, &err);
    }
    return 0;
}

static int read_own(const struct option *o, pid_t *ret_pid, struct err *err)
{
    uint64_t pid;
    if (str_to_u64(o->value, &pid) || pid == 0 || pid > INT_MAX)
        return err_set(err, E_ARG, "own is '%.*s', expected a process id", STR_FMT(o->value));
    *ret_pid = (pid_t)pid;
    return 0;
}

static int read_options(struct linux_sensor *l, struct str config, struct err *err)
{
    struct option o;
    int rc = 0;
    while (rc == 0 && option_next(&config, &o)) {
        if (str_is(o.key, "watch") && o.value.len && o.value.ptr[0] == '/')
            rc = watch(l, o.value);
        else if (str_is(o.key, "watch"))
            rc =
                err_set(err, E_ARG, "watch is '%.*s', expected an absolute path", STR_FMT(o.value));
        else if (str_is(o.key, "fork"))
            rc = option_bool(&o, &l->forks, err);
        else if (str_is(o.key, "poll"))
            rc = option_ms(&o, &l->poll_ms, err);
        else if (str_is(o.key, "own"))
            rc = read_own(&o, &l->own_root, err);
        else
            rc = option_unknown(&o, "linux", "watch, fork, poll, own", err);
    }
    return rc;
}

static void close_linux(struct sensor *s)
{
    struct linux_sensor *l = (struct linux_sensor *)s;
    if (s->loop) {
        if (l->notes >= 0)
            loop_del(s->loop, l->notes);
        if (l->files)
            loop_del(s->loop, file_watch_fd(l->files));
        loop_timer_cancel(s->loop, l->poll_timer);
    }
    if (l->notes >= 0)
        (void)close(l->notes);
    file_watch_free(l->files);
    proc_events_free(l->events);
    sensor_done(s);
    mem_free(l);
}

static void take_record(void *arg, struct str record)
{
    sensor_deliver(arg, record);
}

/* Since Linux 6.6 anybody is notified; who may look at others' programs is another matter. */
static void try_details(struct linux_sensor *l)
{
    char path[PATH_MAX];
    struct err err = {0};
    if (readlink("/proc/1/exe", path, sizeof path) >= 0 || (errno != EACCES && errno != EPERM))
        return;
    (void)err_set(&err, E_DENIED, "needs CAP_SYS_PTRACE");
    missing(l->details_why, &err);
}

static int open_linux(struct str config, struct sensor **ret_sensor, struct err *err)
{
    struct linux_sensor *l = mem_calloc(1, sizeof *l);
    struct err why = {0};
    if (!l)
        return err_set(err, E_NOMEM, "out of memory");
    l->base.product = "linux";
    l->forks = true;
    l->poll_ms = 1000;
    l->own_root = getpid();
    l->notes = proc_connector_open(&why);
    if (l->notes < 0)
        missing(l->notes_why, &why);
    try_details(l);
    int rc = read_options(l, config, err);
    if (rc == 0)
        rc = proc_events_new(l->own_root, l->forks, take_record, &l->base, &l->events);
    if (rc) {
        close_linux(&l->base);
        return rc == E_NOMEM ? err_set(err, rc, "out of memory") : rc;
    }
    *ret_sensor = &l->base;
    return 0;
}

/* ------------------------------------------------------------------ run */

static void take_datagram(struct linux_sensor *l, struct str datagram)
{
    struct proc_note n;
    while (proc_connector_next(&datagram, &n) == 0) {
        sensor_count_loss(&l->base, proc_connector_missing(&l->sequence, &n));
        proc_events_note(l->events, &n);
    }
}

/* @return true when there may be more */
static bool read_note(struct linux_sensor *l)
{
    char datagram[DATAGRAM_BYTES];
    struct sockaddr_nl from = {0};
    socklen_t from_len = sizeof from;
    ssize_t n = recvfrom(l->notes, datagram, sizeof datagram, MSG_DONTWAIT,
                         (struct sockaddr *)&from, &from_len);
    if (n > 0 && from.nl_pid == 0) /* the kernel */
        take_datagram(l, str_n(datagram, (size_t)n));
    /* ENOBUFS: the kernel dropped some; how many, the sequence numbers will tell. */
    return n > 0 || (n < 0 && (errno == ENOBUFS || errno == EINTR));
}

static void on_notes(struct loop *loop, int fd, unsigned events, void *arg)
{
    (void)loop;
    (void)fd;
    (void)events;
    struct linux_sensor *l = arg;
    for (unsigned i = 0; i < READS_PER_WAKEUP && read_note(l); i++)
        ;
}

static void take_file_event(void *arg, const struct file_event *ev)
{
    struct linux_sensor *l = arg;
    if (ev->what & FILE_OVERFLOW) {
        l->overflows++;
        sensor_count_loss(&l->base, 1); /* at least */
        return;
    }
    proc_events_file(l->events, ev);
}

static void on_files(struct loop *loop, int fd, unsigned events, void *arg)
{
    struct linux_sensor *l = arg;
    (void)events;
    /* Who did it must be known first. */
    if (l->notes >= 0)
        on_notes(loop, fd, LOOP_READ, l);
    (void)file_watch_read(l->files, take_file_event, l);
}

static void poll_processes(struct loop *loop, void *arg)
{
    struct linux_sensor *l = arg;
    proc_events_scan(l->events);
    l->poll_timer = loop_timer(loop, l->poll_ms, poll_processes, l);
}

static int start(struct sensor *s, struct loop *loop, sensor_record_fn fn, void *arg,
                 struct err *err)
{
    struct linux_sensor *l = (struct linux_sensor *)s;
    sensor_attach(s, loop, fn, arg);
    /* Listening began in `open`: what starts or ends meanwhile waits in the socket. */
    int rc = proc_events_seed(l->events);
    if (rc)
        return err_set(err, rc, "cannot read /proc");
    if (l->notes >= 0)
        rc = loop_add(loop, l->notes, LOOP_READ, on_notes, l);
    else
        l->poll_timer = loop_timer(loop, l->poll_ms, poll_processes, l);
    if (rc == 0 && l->files)
        rc = loop_add(loop, file_watch_fd(l->files), LOOP_READ, on_files, l);
    if (rc || (l->notes < 0 && !l->poll_timer))
        return err_set(err, rc ? rc : E_NOMEM, "cannot watch the kernel's events");
    s->running = true;
    return 0;
}

/* Append "; what: why" when the part is missing. */
static void add_missing(struct sensor_health *h, const char *what, const char *why)
{
    size_t len = strlen(h->text);
    if (why[0])
        (void)snprintf(h->text + len, sizeof h->text - len, "%s%s: %s", len ? "; " : "", what, why);
}

static void health(const struct sensor *s, struct sensor_health *ret_health)
{
    const struct linux_sensor *l = (const struct linux_sensor *)s;
    bool whole = !l->notes_why[0] && !l->files_why[0] && !l->details_why[0];
    *ret_health = (struct sensor_health){
        .tier = !s->running ? TIER_NONE
                : whole     ? TIER_KERNEL
                            : TIER_DEGRADED,
        .running = s->running,
        .records = s->records,
        .lost = s->lost,
    };
    char *text = ret_health->text;
    size_t size = sizeof ret_health->text;
    add_missing(ret_health, "/proc is polled, short programs are missed", l->notes_why);
    add_missing(ret_health, "paths of other users' programs are missing", l->details_why);
    add_missing(ret_health, "file events are missing", l->files_why);
    if (whole && l->overflows)
        (void)snprintf(text, size, "the kernel's queue of file events was full %llu times",
                       (unsigned long long)l->overflows);
    else if (whole && l->files && file_watch_unresolved(l->files))
        (void)snprintf(text, size, "%llu file events in folders that were gone at once",
                       (unsigned long long)file_watch_unresolved(l->files));
}

const struct sensor_vtable linux_sensor = {
    .name = "linux",
    .doc = "Linux: processes from the kernel's proc connector, files from fanotify; needs root. "
           "Options: watch=FOLDER (may repeat), fork=yes|no, poll=1s, own=PID (top of the "
           "agent's process tree, the opener by default).",
    .open = open_linux,
    .start = start,
    .pause = sensor_set_paused,
    .health = health,
    .close = close_linux,
};
