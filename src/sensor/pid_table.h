/* What the linux sensor remembers of each process: who it is and whose child, so that an event of a
 * process that is already gone still has a name. Filled from /proc at start and from fork and exec
 * later; an ended process is kept for a moment, because its file events may arrive after its exit.
 * Bounded; one thread. */
#ifndef CORDON_SENSOR_PID_TABLE_H
#define CORDON_SENSOR_PID_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/map.h"
#include "base/str.h"

enum { PID_TABLE_MAX = 131072, PID_TABLE_GRACE_MS = 2000 };

struct pid_entry {
    pid_t pid;
    pid_t parent;
    uint64_t start;  /* ticks since boot, 0 = not known */
    int64_t read_ns; /* monotonic, last look at its program; 0 = never */
    int64_t uid;     /* effective; -1 = not known */
    int64_t gid;
    int64_t ruid;
    bool own;         /* belongs to the agent's own process tree */
    uint32_t mark;    /* for the owner's use: last scan that saw it */
    char *executable; /* owned; NULL = not known */
    int64_t ended_ms; /* monotonic, 0 = running */
    bool queued;      /* lies in the queue of ended ones */
    struct pid_entry *next_ended;
};

/** `{0}` is an empty table. */
struct pid_table {
    struct map by_pid;
    struct pid_entry *ended_first;
    struct pid_entry *ended_last;
};

struct pid_entry *pid_table_find(const struct pid_table *t, pid_t pid);
/**
 * The entry of a process that began now: blank but for the pid, whatever was known under the pid.
 * @return NULL when the table is full or memory is short: the process is then unknown
 */
struct pid_entry *pid_table_add(struct pid_table *t, pid_t pid);
/** Remember the program's path; forgets it when memory is short. */
void pid_table_set_executable(struct pid_entry *e, struct str path);
/** The process ended; the entry stays for PID_TABLE_GRACE_MS. */
void pid_table_end(struct pid_table *t, struct pid_entry *e, int64_t now_ms);
/** Drop the entries whose time is over. */
void pid_table_purge(struct pid_table *t, int64_t now_ms);
void pid_table_done(struct pid_table *t);

#endif
