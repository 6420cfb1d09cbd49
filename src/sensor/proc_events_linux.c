/* Records of Linux processes and files. See proc_events.h. */
#include "sensor/proc_events.h"

#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "event/event.h"
#include "os/clock.h"
#include "sensor/pid_table.h"
#include "sensor/proc_detail.h"

enum { ANCESTORS_MAX = 64 };

struct proc_events {
    pid_t own_root;
    bool forks;
    sensor_record_fn fn;
    void *arg;
    int64_t ns_per_tick;
    uint32_t scan; /* number of the current scan */
    struct pid_table pids;
    struct proc_detail detail;
    struct event ev;
    struct buf record;
};

int proc_events_new(pid_t own_root, bool forks, sensor_record_fn fn, void *arg,
                    struct proc_events **ret_events)
{
    struct proc_events *p = mem_calloc(1, sizeof *p);
    if (!p)
        return E_NOMEM;
    long ticks_per_s = sysconf(_SC_CLK_TCK);
    p->own_root = own_root;
    p->forks = forks;
    p->fn = fn;
    p->arg = arg;
    p->ns_per_tick = NS_PER_S / (ticks_per_s > 0 ? ticks_per_s : 100);
    *ret_events = p;
    return 0;
}

void proc_events_free(struct proc_events *p)
{
    if (!p)
        return;
    pid_table_done(&p->pids);
    proc_detail_done(&p->detail);
    buf_done(&p->record);
    mem_free(p);
}

/* ------------------------------------------------------------------ clocks */

static int64_t now_of(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* Notifications carry CLOCK_MONOTONIC, start times count from boot, records carry wall time. */
static int64_t wall_of_mono(int64_t mono_ns)
{
    return clock_wall_ns() - (now_of(CLOCK_MONOTONIC) - mono_ns);
}

static int64_t wall_of_start(const struct proc_events *p, uint64_t start)
{
    return clock_wall_ns() - (now_of(CLOCK_BOOTTIME) - (int64_t)start * p->ns_per_tick);
}

/* Whether a process that began at `start` can be the one a notification was about. */
static bool began_by(const struct proc_events *p, uint64_t start, int64_t mono_ns)
{
    int64_t boot_ns = now_of(CLOCK_BOOTTIME) - (now_of(CLOCK_MONOTONIC) - mono_ns);
    return (int64_t)start * p->ns_per_tick <= boot_ns + p->ns_per_tick;
}

/* ------------------------------------------------------------------ records */

static void begin(struct proc_events *p, enum event_kind kind, int64_t time_ns)
{
    event_clear(&p->ev);
    p->ev.kind = kind;
    p->ev.time_ns = time_ns;
    p->ev.product = STR("linux");
    p->ev.category = kind_table[kind].category;
}

static void end(struct proc_events *p)
{
    buf_clear(&p->record);
    event_add_json(&p->record, &p->ev);
    if (buf_check(&p->record) == 0)
        p->fn(p->arg, buf_str(&p->record));
}

static void set_str(struct proc_events *p, enum field_id id, struct str s)
{
    if (s.len)
        event_set_str(&p->ev, id, s);
}

static void set_known(struct proc_events *p, enum field_id id, int64_t value)
{
    if (value >= 0)
        event_set_int(&p->ev, id, value);
}

static void set_path(struct proc_events *p, enum field_id path, enum field_id name, struct str s)
{
    set_str(p, path, s);
    set_str(p, name, str_basename(s));
}

static void set_parent(struct proc_events *p, pid_t parent)
{
    if (parent <= 0)
        return;
    event_set_int(&p->ev, F_PARENT_PID, parent);
    const struct pid_entry *e = pid_table_find(&p->pids, parent);
    if (!e)
        return;
    if (e->start)
        event_set_int(&p->ev, F_PARENT_PIDVERSION, (int64_t)e->start);
    set_path(p, F_PARENT_EXECUTABLE, F_PARENT_NAME, str_of(e->executable));
}

/* What the table knows of the process. */
static void set_entry(struct proc_events *p, const struct pid_entry *e)
{
    if (e->start) {
        event_set_int(&p->ev, F_PIDVERSION, (int64_t)e->start);
        event_set_int(&p->ev, F_START, wall_of_start(p, e->start));
    }
    set_path(p, F_EXECUTABLE, F_NAME, str_of(e->executable));
    set_known(p, F_UID, e->uid);
    set_known(p, F_GID, e->gid);
    set_known(p, F_RUID, e->ruid);
    set_parent(p, e->parent);
}

/* What only a look into /proc tells. */
static void set_detail(struct proc_events *p, const struct proc_detail *d)
{
    if (d->args_len)
        event_set_list(&p->ev, F_ARGS, d->args, d->args_len);
    set_str(p, F_COMMAND_LINE, d->command_line);
    set_str(p, F_CWD, d->cwd);
    set_str(p, F_TTY, d->tty);
    set_known(p, F_AUID, d->login_uid);
    set_known(p, F_SESSION_ID, d->session);
    set_known(p, F_GROUP_ID, d->group);
    if (d->args_cut)
        event_set_str(&p->ev, F_SENSOR_TEXT, STR("arguments were cut"));
}

/* ------------------------------------------------------------------ the table */

/* Take over what was read; the parent stays the one that forked it. */
static void learn(struct pid_entry *e, const struct proc_detail *d)
{
    e->start = d->start;
    if (e->parent == 0)
        e->parent = d->parent;
    e->uid = d->uid;
    e->gid = d->gid;
    e->ruid = d->ruid;
    pid_table_set_executable(e, d->executable);
}

static bool is_own(const struct proc_events *p, const struct pid_entry *e)
{
    for (unsigned i = 0; e && i < ANCESTORS_MAX; i++) {
        if (e->own || e->pid == p->own_root)
            return true;
        e = e->parent > 0 ? pid_table_find(&p->pids, e->parent) : NULL;
    }
    return false;
}

/* Look a process up that no notification told about. NULL when it is gone or cannot be kept. */
static struct pid_entry *meet(struct proc_events *p, pid_t pid)
{
    if (proc_detail_read(pid, PROC_DETAIL_ALL, &p->detail))
        return NULL;
    struct pid_entry *e = pid_table_add(&p->pids, pid);
    if (!e)
        return NULL;
    learn(e, &p->detail);
    e->own = is_own(p, e);
    e->mark = p->scan;
    return e;
}

static void seed_one(void *arg, pid_t pid)
{
    (void)meet(arg, pid);
}

int proc_events_seed(struct proc_events *p)
{
    int rc = proc_detail_each(seed_one, p);
    if (rc)
        return rc;
    /* A descendant may have been read before its ancestor. */
    size_t pos = 0;
    for (struct map_slot *slot = map_next(&p->pids.by_pid, &pos); slot;
         slot = map_next(&p->pids.by_pid, &pos)) {
        struct pid_entry *e = (struct pid_entry *)(uintptr_t)slot->value;
        e->own = is_own(p, e);
    }
    return 0;
}

/* ------------------------------------------------------------------ notifications */

/* The acting process is the parent, as on a Mac; the new one is the target. */
static void fork_record(struct proc_events *p, const struct proc_note *n,
                        const struct pid_entry *parent, uint64_t start)
{
    begin(p, KIND_FORK, wall_of_mono(n->mono_ns));
    event_set_int(&p->ev, F_PID, n->parent);
    event_set_int(&p->ev, F_TARGET_PID, n->pid);
    if (start)
        event_set_int(&p->ev, F_TARGET_PIDVERSION, (int64_t)start);
    if (parent) {
        set_entry(p, parent);
        set_str(p, F_TARGET_EXECUTABLE, str_of(parent->executable));
    }
    end(p);
}

static void on_fork(struct proc_events *p, const struct proc_note *n)
{
    uint64_t start = 0;
    if (proc_detail_read(n->pid, PROC_DETAIL_STAT, &p->detail) == 0 &&
        began_by(p, p->detail.start, n->mono_ns))
        start = p->detail.start;
    const struct pid_entry *parent = pid_table_find(&p->pids, n->parent);
    struct pid_entry *e = pid_table_add(&p->pids, n->pid);
    if (e) {
        e->parent = n->parent;
        e->start = start;
    }
    if (e && parent) {
        e->own = parent->own;
        e->uid = parent->uid;
        e->gid = parent->gid;
        e->ruid = parent->ruid;
        pid_table_set_executable(e, str_of(parent->executable));
    }
    if (p->forks)
        fork_record(p, n, parent, start);
}

/* Why an exec record is not what it should be, NULL when it is. `replaced`: the look for the record
 * before came so late that it already saw this program. */
static const char *exec_flaw(bool found, bool kept, bool replaced)
{
    if (!found)
        return "the process ended before its details were read";
    if (!kept)
        return "too many processes to keep track of";
    return replaced ? "the program before this one was replaced before its details were read: its "
                      "record shows this one"
                    : NULL;
}

static void on_exec(struct proc_events *p, const struct proc_note *n)
{
    int64_t read_ns = now_of(CLOCK_MONOTONIC);
    bool found = proc_detail_read(n->pid, PROC_DETAIL_ALL, &p->detail) == 0 &&
                 began_by(p, p->detail.start, n->mono_ns);
    struct pid_entry *e = pid_table_find(&p->pids, n->pid);
    if (!e)
        e = pid_table_add(&p->pids, n->pid);
    struct pid_entry unknown = {.pid = n->pid, .uid = -1, .gid = -1, .ruid = -1};
    const char *flaw = exec_flaw(found, e != NULL, e && e->read_ns > n->mono_ns);
    begin(p, KIND_EXEC, wall_of_mono(n->mono_ns));
    event_set_int(&p->ev, F_PID, n->pid);
    if (found && e) {
        e->read_ns = read_ns;
        learn(e, &p->detail);
        set_entry(p, e);
        set_detail(p, &p->detail);
    } else {
        /* The program it had before is not the one it ran now. */
        if (e)
            pid_table_set_executable(e, (struct str){0});
        set_entry(p, e ? e : &unknown);
        if (found)
            set_detail(p, &p->detail);
    }
    if (flaw)
        event_set_str(&p->ev, F_SENSOR_TEXT, str_of(flaw));
    end(p);
}

static void on_exit(struct proc_events *p, const struct proc_note *n)
{
    struct pid_entry *e = pid_table_find(&p->pids, n->pid);
    begin(p, KIND_EXIT, wall_of_mono(n->mono_ns));
    event_set_int(&p->ev, F_PID, n->pid);
    event_set_int(&p->ev, F_EXIT_STATUS, n->status);
    if (e)
        set_entry(p, e);
    else
        set_parent(p, n->parent);
    end(p);
    if (e)
        pid_table_end(&p->pids, e, clock_mono_ms());
}

static void on_uid(struct proc_events *p, const struct proc_note *n)
{
    struct pid_entry *e = pid_table_find(&p->pids, n->pid);
    if (e && e->uid == n->euid && e->ruid == n->ruid)
        return;
    begin(p, KIND_SETUID, wall_of_mono(n->mono_ns));
    event_set_int(&p->ev, F_PID, n->pid);
    if (e) {
        e->uid = n->euid;
        e->ruid = n->ruid;
        set_entry(p, e);
    }
    event_set_int(&p->ev, F_UID, n->euid);
    event_set_int(&p->ev, F_RUID, n->ruid);
    end(p);
}

void proc_events_note(struct proc_events *p, const struct proc_note *n)
{
    if (n->pid != n->tid || n->pid <= 0)
        return; /* a thread */
    pid_table_purge(&p->pids, clock_mono_ms());
    switch (n->what) {
    case PROC_FORK:
        on_fork(p, n);
        return;
    case PROC_EXEC:
        on_exec(p, n);
        return;
    case PROC_EXIT:
        on_exit(p, n);
        return;
    case PROC_UID:
        on_uid(p, n);
        return;
    case PROC_ACK:
    case PROC_OTHER:
        return;
    }
}

/* ------------------------------------------------------------------ files */

static void file_record(struct proc_events *p, enum event_kind kind, const struct file_event *ev,
                        const struct pid_entry *e)
{
    begin(p, kind, clock_wall_ns());
    if (ev->pid > 0)
        event_set_int(&p->ev, F_PID, ev->pid);
    if (e)
        set_entry(p, e);
    set_path(p, F_FILE_PATH, F_FILE_NAME, ev->path);
    if (kind == KIND_RENAME)
        set_str(p, F_FILE_SOURCE, ev->old_path);
    if (kind == KIND_CLOSE)
        event_set_bool(&p->ev, F_FILE_MODIFIED, true);
    end(p);
}

void proc_events_file(struct proc_events *p, const struct file_event *ev)
{
    struct pid_entry *e = pid_table_find(&p->pids, ev->pid);
    if (!e && ev->pid > 0)
        e = meet(p, ev->pid);
    if (ev->pid == p->own_root || (e && e->own))
        return;
    /* Joined events in the only order that makes sense. */
    if (ev->what & FILE_CREATED)
        file_record(p, KIND_CREATE, ev, e);
    if (ev->what & FILE_CLOSED)
        file_record(p, KIND_CLOSE, ev, e);
    if (ev->what & FILE_RENAMED)
        file_record(p, KIND_RENAME, ev, e);
    if (ev->what & FILE_DELETED)
        file_record(p, KIND_UNLINK, ev, e);
}

/* ------------------------------------------------------------------ polling */

static void scan_one(void *arg, pid_t pid)
{
    struct proc_events *p = arg;
    struct pid_entry *e = pid_table_find(&p->pids, pid);
    if (proc_detail_read(pid, PROC_DETAIL_STAT, &p->detail))
        return;
    if (e && e->start == p->detail.start && !e->ended_ms) {
        e->mark = p->scan;
        return;
    }
    e = meet(p, pid);
    if (!e)
        return;
    begin(p, KIND_EXEC, wall_of_start(p, e->start));
    event_set_int(&p->ev, F_PID, pid);
    set_entry(p, e);
    set_detail(p, &p->detail);
    end(p);
}

void proc_events_scan(struct proc_events *p)
{
    int64_t now_ms = clock_mono_ms();
    p->scan++;
    if (proc_detail_each(scan_one, p))
        return;
    size_t pos = 0;
    for (struct map_slot *slot = map_next(&p->pids.by_pid, &pos); slot;
         slot = map_next(&p->pids.by_pid, &pos)) {
        struct pid_entry *e = (struct pid_entry *)(uintptr_t)slot->value;
        if (e->mark == p->scan || e->ended_ms)
            continue;
        begin(p, KIND_EXIT, clock_wall_ns());
        event_set_int(&p->ev, F_PID, e->pid);
        set_entry(p, e);
        end(p);
        pid_table_end(&p->pids, e, now_ms);
    }
    pid_table_purge(&p->pids, now_ms);
}
