/* Ending processes: the part that is the same on every system. See kill.h. */
#include "respond/kill.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/clock.h"
#include "respond/kill_priv.h"

enum { ANCESTORS_MAX = 128, EXECS_MOST = 16, REST_MS = 300, REST_LOOK_US = 500 };

struct killing {
    const struct kill_order *order;
    struct kill_report *report;
    struct kill_hold *holds; /* of entry i; fd -1 when it is not to be signalled */
    size_t holds_cap;
    size_t added; /* in the current round */
    int rc;
};

const char *kill_outcome_name(enum kill_outcome outcome)
{
    switch (outcome) {
    case KILL_DONE:
        return "killed";
    case KILL_SURVIVED:
        return "survived";
    case KILL_SPARED:
        return "spared";
    case KILL_VANISHED:
        return "vanished";
    }
    return "unknown";
}

void kill_report_done(struct kill_report *r)
{
    mem_free(r->entries);
    *r = (struct kill_report){0};
}

/* Whether `pid` is `root` or one of its descendants. */
static bool belongs_to(pid_t pid, pid_t root)
{
    struct kill_process p;
    for (unsigned i = 0; i < ANCESTORS_MAX && pid > 0; i++) {
        if (pid == root)
            return true;
        if (kill_os_look(pid, &p))
            return false;
        pid = p.parent;
    }
    return false;
}

/* Why a process must be left alone, or NULL. */
static const char *reason_to_spare(const struct kill_order *o, const struct kill_process *p,
                                   const char *path)
{
    if (p->pid <= 1)
        return "it is the first process";
    if (p->kernel_thread)
        return "it is a thread of the kernel";
    if (belongs_to(p->pid, o->own_root))
        return "it belongs to the agent";
    if (kill_os_needed(path))
        return "the system cannot do without it";
    return NULL;
}

/* Add an entry and its (not yet open) hold. */
static struct kill_entry *add(struct killing *k, const struct kill_process *p, const char *path)
{
    struct kill_report *r = k->report;
    if (mem_grow(&r->entries, &r->cap, r->len + 1, sizeof *r->entries) ||
        mem_grow(&k->holds, &k->holds_cap, r->len + 1, sizeof *k->holds)) {
        k->rc = E_NOMEM;
        return NULL;
    }
    struct kill_entry *e = &r->entries[r->len];
    *e = (struct kill_entry){.pid = p->pid, .generation = p->generation};
    memcpy(e->executable, path, sizeof e->executable);
    k->holds[r->len] = (struct kill_hold){.fd = -1};
    r->len++;
    return e;
}

/* ------------------------------------------------------------------ descendants */

static bool listed(const struct killing *k, pid_t pid)
{
    for (size_t i = 0; i < k->report->len; i++) {
        if (k->report->entries[i].pid == pid)
            return true;
    }
    return false;
}

static bool descends(const struct killing *k, const struct kill_process *p)
{
    return listed(k, p->parent) ||
           (p->responsible > 0 && p->responsible != p->pid && listed(k, p->responsible));
}

/* Between the look and the hold it may have become another program, which on macOS is another
 * generation: then it is looked at again. */
static int hold_descendant(struct killing *k, const struct kill_process *p, struct kill_entry *e,
                           struct kill_hold *h)
{
    struct kill_process now = *p;
    int rc = kill_os_open(now.pid, now.generation, h);
    for (unsigned i = 0; rc == E_STATE && i < EXECS_MOST; i++) {
        if (kill_os_look(p->pid, &now) || !descends(k, &now))
            return E_NOT_FOUND;
        e->generation = now.generation;
        rc = kill_os_open(now.pid, now.generation, h);
    }
    return rc;
}

/* It is a descendant: stop it so that it cannot fork. */
static void take_descendant(struct killing *k, const struct kill_process *p)
{
    char path[KILL_PATH_BYTES] = "";
    kill_os_path(p->pid, path);
    bool spare = reason_to_spare(k->order, p, path) != NULL;
    struct kill_entry *e = add(k, p, path);
    if (!e)
        return;
    k->added++;
    struct kill_hold *h = &k->holds[k->report->len - 1];
    if (spare) {
        e->outcome = KILL_SPARED;
        return;
    }
    int rc = hold_descendant(k, p, e, h);
    if (rc == 0)
        rc = kill_os_signal(h, SIGSTOP);
    if (rc)
        e->outcome = rc == E_DENIED || rc == E_IO ? KILL_SURVIVED : KILL_VANISHED;
}

static void consider(void *arg, const struct kill_process *p)
{
    struct killing *k = arg;
    if (k->rc || !descends(k, p) || listed(k, p->pid))
        return;
    if (k->report->len >= KILL_PROCESSES_MAX)
        k->report->cut = true;
    else
        take_descendant(k, p);
}

/* A signal is only a request: a process that waits for a CPU in the middle of a fork still makes
 * the child, after everybody has been looked at. So all must have come to rest before the last
 * look. One that waits for a vfork child cannot, and cannot fork either: that is what the limit is
 * for. */
static void wait_for_rest(const struct killing *k)
{
    int64_t deadline_ms = clock_mono_ms() + REST_MS;
    for (size_t i = 0; i < k->report->len;) {
        const struct kill_entry *e = &k->report->entries[i];
        struct kill_process p;
        if (e->outcome != KILL_DONE || kill_os_look(e->pid, &p) || p.stopped ||
            p.generation != e->generation || clock_mono_ms() >= deadline_ms)
            i++;
        else
            (void)usleep(REST_LOOK_US);
    }
}

static int find_descendants(struct killing *k)
{
    do {
        wait_for_rest(k);
        k->added = 0;
        int rc = kill_os_each(consider, k);
        if (rc || k->rc)
            return rc ? rc : k->rc;
    } while (k->added);
    return 0;
}

/* ------------------------------------------------------------------ the order */

static bool is_held(const struct killing *k, size_t i)
{
    return k->report->entries[i].outcome == KILL_DONE;
}

/* Leaves first; then wait for all of them together. */
static int kill_all(struct killing *k, struct err *err)
{
    int64_t deadline_ms = clock_mono_ms() + KILL_WAIT_MS;
    int rc = 0;
    for (size_t i = k->report->len; i-- > 0;) {
        int sent = is_held(k, i) ? kill_os_signal(&k->holds[i], SIGKILL) : 0;
        if (sent && sent != E_NOT_FOUND)
            rc = err_set(err, sent, "cannot kill process %d", (int)k->report->entries[i].pid);
    }
    for (size_t i = 0; i < k->report->len; i++) {
        struct kill_entry *e = &k->report->entries[i];
        if (!is_held(k, i) || kill_os_wait(&k->holds[i], deadline_ms))
            continue;
        e->outcome = KILL_SURVIVED;
        if (rc == 0)
            rc = err_set(err, E_STATE, "process %d was killed but is still there", (int)e->pid);
    }
    return rc;
}

/* An order that fails half-way must not leave processes stopped for ever. */
static void let_go_on(struct killing *k)
{
    for (size_t i = 0; i < k->report->len; i++) {
        if (is_held(k, i) && kill_os_signal(&k->holds[i], SIGCONT) != 0)
            k->report->entries[i].outcome = KILL_VANISHED;
    }
}

static int carry_out(struct killing *k, const struct kill_process *target, const char *path,
                     struct err *err)
{
    struct kill_entry *e = add(k, target, path);
    if (!e)
        return err_set(err, E_NOMEM, "out of memory");
    int rc = kill_os_open(target->pid, target->generation, &k->holds[0]);
    if (rc)
        k->report->len = 0;
    if (rc == E_NOT_FOUND) {
        k->report->already_gone = true;
        return 0;
    }
    if (rc)
        return err_set(err, rc, "process %d is not the one asked for any more", (int)target->pid);
    if (k->order->tree) {
        rc = kill_os_signal(&k->holds[0], SIGSTOP);
        if (rc == 0)
            rc = find_descendants(k);
        if (rc && rc != E_NOT_FOUND) {
            let_go_on(k);
            return err_set(err, rc, "cannot find the descendants of process %d", (int)target->pid);
        }
    }
    return kill_all(k, err);
}

static int check_target(const struct kill_order *o, const struct kill_process *p, const char *path,
                        struct err *err)
{
    if (p->generation != o->generation)
        return err_set(
            err, E_STATE, "process %d is another one now: generation %llu, the order is for %llu",
            (int)o->pid, (unsigned long long)p->generation, (unsigned long long)o->generation);
    const char *reason = reason_to_spare(o, p, path);
    if (reason)
        return err_set(err, E_DENIED, "process %d (%s) is not killed: %s", (int)o->pid, path,
                       reason);
    return 0;
}

int kill_run(const struct kill_order *o, struct kill_report *ret_report, struct err *err)
{
    struct kill_process target;
    char path[KILL_PATH_BYTES] = "";
    struct kill_report report = {0};
    struct killing k = {.order = o, .report = &report};
    if (o->pid <= 1)
        return err_set(err, E_DENIED, "process %d is not killed: it is the first process",
                       (int)o->pid);
    if (kill_os_look(o->pid, &target)) {
        *ret_report = (struct kill_report){.already_gone = true};
        return 0;
    }
    kill_os_path(o->pid, path);
    int rc = check_target(o, &target, path, err);
    if (rc)
        return rc;
    rc = carry_out(&k, &target, path, err);
    for (size_t i = 0; i < k.holds_cap && i < report.len; i++)
        kill_os_close(&k.holds[i]);
    mem_free(k.holds);
    if (rc && rc != E_STATE)
        kill_report_done(&report);
    *ret_report = report;
    return rc;
}
