/* What runs on this machine, for lists that have to be held against it: each process with the
 * identity of its code. On a Mac the kernel says how it is signed, on Linux only the path is known.
 */
#ifndef CORDON_RESPOND_RUNNING_H
#define CORDON_RESPOND_RUNNING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "respond/kill.h"

enum { RUNNING_ID_BYTES = 256, RUNNING_TEAM_BYTES = 32, RUNNING_CDHASH_BYTES = 20 };

struct running {
    pid_t pid;
    uint64_t generation;
    char path[KILL_PATH_BYTES];
    char signing_id[RUNNING_ID_BYTES]; /* "" = not known, as below */
    char team_id[RUNNING_TEAM_BYTES];
    unsigned char cdhash[RUNNING_CDHASH_BYTES];
    bool has_cdhash;
    bool platform; /* part of the operating system */
};

/** @return 0 or E_NOT_FOUND (gone, a thread of the kernel) */
int running_look(pid_t pid, struct running *ret_running) MUST_CHECK;
/** Pids of all processes. @param ret_pids freed with mem_free @return 0, E_IO, E_NOMEM */
int running_pids(pid_t **ret_pids, size_t *ret_len) MUST_CHECK;
/** Open the program that the process runs, for reading. @return descriptor, E_NOT_FOUND */
int running_open(const struct running *r) MUST_CHECK;

#endif
