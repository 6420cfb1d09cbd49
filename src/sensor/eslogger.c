/* The eslogger sensor: Apple's own EndpointSecurity logger as a supervised child, one JSON record a
 * line. The child gets a process group of its own, because eslogger hides the events of its group.
 * Events that the agent itself causes are delivered too: the analyst drops them by
 * (pid, pidversion). Any program that prints recorded lines can stand in for it on Linux.
 * Source: eslogger(1). */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/proc.h"
#include "schema/param.h"
#include "sensor/eslogger_args.h"
#include "sensor/eslogger_refusal.h"
#include "sensor/esseq.h"
#include "sensor/linecut.h"
#include "sensor/sensor_priv.h"

#define READ_BYTES        65536
#define READS_PER_WAKEUP  16 /* then the loop's other work has its turn */
#define STDERR_LINE_BYTES 1024
#define SAYS_BYTES        160
#define SETTLED_MS        10000 /* a refusal comes within a second */

struct eslogger {
    struct sensor base;
    struct eslogger_args args;
    struct proc_child child; /* pid 0 = none */
    int64_t started_ms;
    int64_t delay_ms; /* before the next restart */
    uint64_t restart_timer;
    struct linecut out;
    struct linecut errors;
    uint64_t dropped_seen; /* of out.dropped, already in the loss count */
    struct esseq seq;
    bool disclaim; /* this run answers for its own Full Disk Access */
    bool proven;   /* this run delivered a record: what the last one said is over */
    /* Of the run before, until this one is proven. */
    const struct eslogger_refusal *refusal;
    char says[SAYS_BYTES]; /* the last line that told something on standard error, printable */
    char down[SAYS_BYTES]; /* why it is not running */
    char chunk[READ_BYTES];
};

static int start_child(struct eslogger *e, struct err *err);

static void keep_text(char *out, struct str text)
{
    CLEANUP(buf_done) struct buf b = {0};
    text_add_printable(&b, str_sub(text, 0, SAYS_BYTES));
    (void)snprintf(out, SAYS_BYTES, "%s", buf_cstr(&b));
}

static void forget_trouble(struct eslogger *e)
{
    e->refusal = NULL;
    e->says[0] = e->down[0] = '\0';
}

/* A refusal outweighs whatever else it says. */
static void take_words(struct eslogger *e, struct str line)
{
    const struct eslogger_refusal *refusal = eslogger_refusal_find(line);
    if (e->refusal && !refusal)
        return;
    e->refusal = refusal;
    keep_text(e->says, line);
}

static void take_line(void *arg, struct str line)
{
    struct eslogger *e = arg;
    if (line.ptr[0] != '{') {
        take_words(e, line);
        return;
    }
    if (!e->proven) {
        e->proven = true;
        forget_trouble(e);
    }
    bool numbered;
    uint64_t missing = esseq_note(&e->seq, line, &numbered);
    uint64_t too_long = e->out.dropped - e->dropped_seen;
    e->dropped_seen = e->out.dropped;
    /* A line too long for us has a number like any other: the gap already counts it. */
    sensor_count_loss(&e->base, numbered ? missing : too_long);
    sensor_deliver(&e->base, line);
}

static void take_error_line(void *arg, struct str line)
{
    take_words(arg, line);
}

static void close_stream(struct eslogger *e, int *fd)
{
    if (*fd >= 0)
        loop_del(e->base.loop, *fd);
    fd_closep(fd);
}

/* Its output has ended: nothing useful can come, whatever still runs in its group goes. */
static void reap(struct eslogger *e, int *ret_status)
{
    close_stream(e, &e->child.stdout_fd);
    close_stream(e, &e->child.stderr_fd);
    (void)kill(-e->child.pid, SIGKILL);
    *ret_status = 0;
    while (waitpid(e->child.pid, ret_status, 0) < 0 && errno == EINTR)
        ;
    e->child.pid = 0;
}

static void restart(struct loop *loop, void *arg)
{
    (void)loop;
    struct eslogger *e = arg;
    e->restart_timer = 0;
    e->base.restarts++;
    struct err err = {0};
    if (start_child(e, &err) != 0)
        keep_text(e->down, str_of(err.message));
}

/* Where nobody said whose Full Disk Access counts, the other one's is tried next. */
static void choose_responsible(struct eslogger *e)
{
    if (e->args.responsible == ESLOGGER_AUTO && e->refusal &&
        strcmp(e->refusal->condition, ESLOGGER_NO_FULL_DISK_ACCESS) == 0)
        e->disclaim = !e->disclaim;
}

static void schedule_restart(struct eslogger *e)
{
    e->restart_timer = loop_timer(e->base.loop, e->delay_ms, restart, e);
    e->delay_ms =
        e->delay_ms > e->args.restart_most_ms / 2 ? e->args.restart_most_ms : e->delay_ms * 2;
}

static void child_ended(struct eslogger *e)
{
    int status;
    bool partial = linecut_reset(&e->out);
    linecut_end(&e->errors, take_error_line, e);
    reap(e, &status);
    e->base.running = false;
    sensor_count_loss(&e->base, e->out.dropped - e->dropped_seen + (partial ? 1 : 0));
    e->dropped_seen = e->out.dropped;
    if (clock_mono_ms() - e->started_ms >= e->args.healthy_ms)
        e->delay_ms = e->args.restart_ms;
    (void)snprintf(e->down, sizeof e->down, "ended with %s %d, restart in %lld ms",
                   WIFSIGNALED(status) ? "signal" : "status",
                   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
                   (long long)e->delay_ms);
    sensor_report(&e->base, "eslogger ended; events until its restart are not seen");
    choose_responsible(e);
    schedule_restart(e);
}

/* @return false at the end of the stream */
static bool pump(struct eslogger *e, int fd, struct linecut *c, linecut_fn fn)
{
    for (unsigned i = 0; i < READS_PER_WAKEUP; i++) {
        ssize_t n = read(fd, e->chunk, sizeof e->chunk);
        if (n > 0)
            linecut_feed(c, str_n(e->chunk, (size_t)n), fn, e);
        else if (n == 0)
            return false;
        else if (errno != EINTR)
            return errno == EAGAIN;
    }
    return true;
}

static void on_output(struct loop *loop, int fd, unsigned events, void *arg)
{
    (void)loop;
    (void)events;
    struct eslogger *e = arg;
    if (pump(e, fd, &e->out, take_line))
        return;
    /* The last words on standard error usually say why. */
    if (e->child.stderr_fd >= 0)
        (void)pump(e, e->child.stderr_fd, &e->errors, take_error_line);
    child_ended(e);
}

static void on_errors(struct loop *loop, int fd, unsigned events, void *arg)
{
    (void)loop;
    (void)events;
    struct eslogger *e = arg;
    if (!pump(e, fd, &e->errors, take_error_line))
        close_stream(e, &e->child.stderr_fd);
}

static int watch(struct eslogger *e, struct err *err)
{
    struct loop *loop = e->base.loop;
    int rc = fd_set_nonblock(e->child.stdout_fd, true);
    if (rc == 0)
        rc = fd_set_nonblock(e->child.stderr_fd, true);
    if (rc == 0)
        rc = loop_add(loop, e->child.stdout_fd, LOOP_READ, on_output, e);
    if (rc == 0)
        rc = loop_add(loop, e->child.stderr_fd, LOOP_READ, on_errors, e);
    return rc ? err_set(err, rc, "cannot watch the output of %s", e->args.argv[0]) : 0;
}

static int start_child(struct eslogger *e, struct err *err)
{
    e->seq = (struct esseq){0};
    e->proven = false;
    e->started_ms = clock_mono_ms();
    unsigned flags = PROC_STDOUT | PROC_STDERR | PROC_NEW_GROUP | PROC_DIE_WITH_PARENT;
    if (e->disclaim)
        flags |= PROC_DISCLAIM;
    int rc = proc_spawn(e->args.argv, NULL, flags, &e->child, err);
    if (rc) {
        e->child = (struct proc_child){0, -1, -1, -1};
    } else {
        rc = watch(e, err);
        int status;
        if (rc)
            reap(e, &status);
    }
    if (rc) {
        schedule_restart(e);
        return rc;
    }
    e->base.running = true;
    return 0;
}

static int open_eslogger(struct str config, struct sensor **ret_sensor, struct err *err)
{
    struct eslogger *e = mem_calloc(1, sizeof *e);
    if (!e)
        return err_set(err, E_NOMEM, "out of memory");
    int rc = eslogger_args_init(&e->args, config, err);
    if (rc == 0 && access(e->args.argv[0], X_OK) != 0) {
        rc = err_errno(err, E_UNSUPPORTED, errno, "cannot run %s", e->args.argv[0]);
        eslogger_args_done(&e->args);
    }
    if (rc) {
        mem_free(e);
        return rc;
    }
    e->base.product = "macos";
    e->disclaim = e->args.responsible == ESLOGGER_BY_ITSELF;
    e->child = (struct proc_child){0, -1, -1, -1};
    e->delay_ms = e->args.restart_ms;
    e->out.limit = (size_t)param_default(PARAM_EVENT_BYTES);
    e->errors.limit = STDERR_LINE_BYTES;
    *ret_sensor = &e->base;
    return 0;
}

static int start(struct sensor *s, struct loop *loop, sensor_record_fn fn, void *arg,
                 struct err *err)
{
    struct eslogger *e = (struct eslogger *)s;
    sensor_attach(s, loop, fn, arg);
    return start_child(e, err);
}

/* A run that has ended before it delivered anything says nothing about the next one: that counts as
 * running once it delivers, or has not ended for a while. */
static bool runs(const struct eslogger *e)
{
    return e->base.running &&
           (e->proven || !e->down[0] || clock_mono_ms() - e->started_ms >= SETTLED_MS);
}

static void health(const struct sensor *s, struct sensor_health *ret_health)
{
    const struct eslogger *e = (const struct eslogger *)s;
    bool up = runs(e);
    *ret_health = (struct sensor_health){
        .tier = up ? TIER_ESLOGGER : TIER_NONE,
        .running = up,
        .records = s->records,
        .lost = s->lost,
        .restarts = s->restarts,
        .condition = !up && e->refusal ? e->refusal->condition : "",
    };
    const char *down = up ? "" : e->down;
    const char *between = down[0] && e->says[0] ? "; " : "";
    const char *quote = e->says[0] ? "it says: " : "";
    if (!up && e->refusal)
        (void)snprintf(ret_health->text, sizeof ret_health->text, "%s (%.100s; it says: %.130s)",
                       e->refusal->todo, down, e->says);
    else
        (void)snprintf(ret_health->text, sizeof ret_health->text, "%.100s%s%s%.130s", down, between,
                       quote, e->says);
    if (ret_health->text[0] == '\0' && e->args.unknown_events)
        (void)snprintf(ret_health->text, sizeof ret_health->text,
                       "%u wanted event types are unknown to this system", e->args.unknown_events);
}

static void close_eslogger(struct sensor *s)
{
    struct eslogger *e = (struct eslogger *)s;
    int status;
    if (e->child.pid)
        reap(e, &status);
    if (s->loop)
        loop_timer_cancel(s->loop, e->restart_timer);
    sensor_done(s);
    linecut_done(&e->out);
    linecut_done(&e->errors);
    eslogger_args_done(&e->args);
    mem_free(e);
}

const struct sensor_vtable eslogger_sensor = {
    .name = "eslogger",
    .doc = "macOS 13+: /usr/bin/eslogger as a child; needs root and Full Disk Access. Options: "
           "command, arg, events, responsible, list_events, restart, restart_most, healthy.",
    .open = open_eslogger,
    .start = start,
    .pause = sensor_set_paused,
    .health = health,
    .close = close_eslogger,
};
