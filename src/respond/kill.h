/* Ends one process, known by pid and generation, and on demand its descendants. The identity is
 * checked again right before every signal: a pid that was given to another process meanwhile is
 * left alone. Refuses the first process, kernel threads, the agent's own tree and what the system
 * cannot do without. Blocks for a few milliseconds, KILL_WAIT_MS at most. */
#ifndef CORDON_RESPOND_KILL_H
#define CORDON_RESPOND_KILL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

enum {
    KILL_PROCESSES_MAX = 4096, /* most processes of one tree */
    KILL_PATH_BYTES = 1024,
    KILL_WAIT_MS = 2000 /* time a killed process has to be gone */
};

enum kill_outcome {
    KILL_DONE,     /* it does not run any more */
    KILL_SURVIVED, /* signalled, but still there: it hangs in the kernel */
    KILL_SPARED,   /* a descendant that is protected */
    KILL_VANISHED  /* a descendant that ended by itself */
};

struct kill_entry {
    pid_t pid;
    uint64_t generation;
    enum kill_outcome outcome;
    char executable[KILL_PATH_BYTES]; /* "" = not known */
};

struct kill_order {
    pid_t pid;
    uint64_t generation; /* start time in ticks on Linux, pidversion on a Mac */
    bool tree;           /* its descendants too */
    pid_t own_root;      /* top of the agent's process tree */
};

/** What was done: the process itself first. */
struct kill_report {
    struct kill_entry *entries; /* owned */
    size_t len;
    size_t cap;
    bool already_gone; /* there was no such process (and no entry) */
    bool cut;          /* more than KILL_PROCESSES_MAX descendants */
};

/**
 * Carry the order out. With `tree` the process and all descendants are stopped first, until no new
 * one appears, then killed from the leaves upward, so that none escapes by forking. A descendant
 * whose parent ended before is found on macOS, which remembers on whose behalf a process runs; on
 * Linux it is not.
 *
 * @return 0 (also when it was gone already); E_DENIED (protected, or no privilege); E_STATE (the
 * pid belongs to another process now, or it survived); E_NOMEM. On E_STATE for a survivor the
 *         report is filled.
 */
int kill_run(const struct kill_order *o, struct kill_report *ret_report,
             struct err *err) MUST_CHECK;
void kill_report_done(struct kill_report *r);
const char *kill_outcome_name(enum kill_outcome outcome);

#endif
