/* The part of processes that differs between systems. Private to os/. */
#ifndef CORDON_OS_PROC_PRIV_H
#define CORDON_OS_PROC_PRIV_H

#include <sys/types.h>

#include "base/compiler.h"

/** A pipe whose ends are close-on-exec and not 0, 1 or 2. @return 0 or -1 with errno */
int proc_priv_pipe(int ret_fds[2]) MUST_CHECK;

/**
 * In a fresh child: be killed when `parent` dies. Async-signal-safe. Does nothing where the system
 * has no such request (macOS: the child watches its standard input instead).
 * @return 0, or -1 when the parent is gone already
 */
int proc_priv_die_with_parent(pid_t parent) MUST_CHECK;

/**
 * Make ready, before the fork, what the child needs to become a program as the flags want it.
 * @param ret_ready NULL when nothing is needed
 * @return 0 or an errno
 */
int proc_priv_exec_ready(unsigned flags, void **ret_ready) MUST_CHECK;
/** In a fresh child: become the program. Async-signal-safe. @return the errno of the failure */
int proc_priv_exec(const char *file, char *const *argv, char *const *envp, void *ready);
/** Free what was made ready; NULL is allowed. */
void proc_priv_exec_done(void *ready);

#endif
