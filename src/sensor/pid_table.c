/* Processes the linux sensor knows. See pid_table.h. */
#include "sensor/pid_table.h"

#include "base/mem.h"

static struct str key_of(const pid_t *pid)
{
    return str_n((const char *)pid, sizeof *pid);
}

struct pid_entry *pid_table_find(const struct pid_table *t, pid_t pid)
{
    return map_find_ptr(&t->by_pid, key_of(&pid));
}

static void drop(struct pid_table *t, struct pid_entry *e)
{
    (void)map_remove(&t->by_pid, key_of(&e->pid));
    mem_free(e->executable);
    mem_free(e);
}

/* Blank it, but leave it in the queue of ended ones when it lies there. */
static void reset(struct pid_entry *e, pid_t pid)
{
    bool queued = e->queued;
    struct pid_entry *next = e->next_ended;
    mem_free(e->executable);
    *e = (struct pid_entry){
        .pid = pid, .uid = -1, .gid = -1, .ruid = -1, .queued = queued, .next_ended = next};
}

struct pid_entry *pid_table_add(struct pid_table *t, pid_t pid)
{
    struct pid_entry *e = pid_table_find(t, pid);
    if (e) {
        reset(e, pid);
        return e;
    }
    if (t->by_pid.len >= PID_TABLE_MAX)
        return NULL;
    e = mem_calloc(1, sizeof *e);
    if (!e)
        return NULL;
    reset(e, pid);
    if (map_put_ptr(&t->by_pid, key_of(&e->pid), e)) {
        mem_free(e);
        return NULL;
    }
    return e;
}

void pid_table_set_executable(struct pid_entry *e, struct str path)
{
    if (e->executable && str_is(path, e->executable))
        return;
    mem_free(e->executable);
    e->executable = path.len ? mem_strndup(path.ptr, path.len) : NULL;
}

void pid_table_end(struct pid_table *t, struct pid_entry *e, int64_t now_ms)
{
    e->ended_ms = now_ms;
    if (e->queued)
        return;
    e->queued = true;
    e->next_ended = NULL;
    if (t->ended_last)
        t->ended_last->next_ended = e;
    else
        t->ended_first = e;
    t->ended_last = e;
}

void pid_table_purge(struct pid_table *t, int64_t now_ms)
{
    while (t->ended_first) {
        struct pid_entry *e = t->ended_first;
        if (e->ended_ms && now_ms - e->ended_ms < PID_TABLE_GRACE_MS)
            return;
        t->ended_first = e->next_ended;
        if (!t->ended_first)
            t->ended_last = NULL;
        e->queued = false;
        e->next_ended = NULL;
        if (e->ended_ms) /* else the pid is in use again */
            drop(t, e);
    }
}

void pid_table_done(struct pid_table *t)
{
    size_t pos = 0;
    for (struct map_slot *slot = map_next(&t->by_pid, &pos); slot;
         slot = map_next(&t->by_pid, &pos)) {
        struct pid_entry *e = (struct pid_entry *)(uintptr_t)slot->value;
        mem_free(e->executable);
        mem_free(e);
    }
    map_done(&t->by_pid);
    *t = (struct pid_table){0};
}
