/* The system's part of kill: kill_linux.c (pidfd) and kill_macos.c. Private to respond/. */
#ifndef CORDON_RESPOND_KILL_PRIV_H
#define CORDON_RESPOND_KILL_PRIV_H

#include "respond/kill.h"

/** A process as the system shows it. */
struct kill_process {
    pid_t pid;
    pid_t parent;
    pid_t responsible; /* macOS: the process it was started on behalf of; 0 = itself, not known */
    uint64_t generation;
    bool kernel_thread;
    bool stopped; /* it has come to rest after SIGSTOP: it does nothing more */
};

/** A hold on one process, good until closed. */
struct kill_hold {
    pid_t pid;
    uint64_t generation;
    uint64_t started; /* macOS: start time, which stays when the process runs another program */
    int fd;           /* pidfd on Linux, -1 elsewhere */
};

/** @return 0 or E_NOT_FOUND */
int kill_os_look(pid_t pid, struct kill_process *ret_process) MUST_CHECK;
/** Path of the program, "" when not known. */
void kill_os_path(pid_t pid, char path[KILL_PATH_BYTES]);
/** Call `fn` for every process. @return 0 or E_IO */
int kill_os_each(void (*fn)(void *arg, const struct kill_process *p), void *arg) MUST_CHECK;
/** Whether the system cannot do without this program. */
bool kill_os_needed(const char *path);

/** @return 0; E_NOT_FOUND (gone); E_STATE (the pid is another process) */
int kill_os_open(pid_t pid, uint64_t generation, struct kill_hold *ret_hold) MUST_CHECK;
/** @return 0, E_NOT_FOUND (gone), E_DENIED, E_IO */
int kill_os_signal(const struct kill_hold *h, int signo) MUST_CHECK;
/** Wait until it is gone (a zombie is). @return true when it is */
bool kill_os_wait(const struct kill_hold *h, int64_t deadline_ms);
void kill_os_close(struct kill_hold *h);

#endif
