/* The gate before a program starts: asked for every execution, while it waits, on a thread of its
 * own. Linux only (fanotify, FAN_OPEN_EXEC_PERM); elsewhere programs are ended after they started.
 *
 * It fails open: when this process ends, the kernel lets through whoever waits. It covers the
 * mounts of the mount namespace it was opened in, new ones within a moment; other namespaces
 * (containers) it does not see. */
#ifndef CORDON_SENSOR_EXEC_GATE_H
#define CORDON_SENSOR_EXEC_GATE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct exec_gate;

/**
 * Decide about one program. On the gate's thread; every other execution waits meanwhile.
 * @param fd   the program's file, open for reading; borrowed
 * @param path absolute; where the file is now
 * @param pid  the process that wants to become it
 * @return true to refuse it
 */
typedef bool (*exec_gate_fn)(void *arg, int fd, const char *path, pid_t pid);

/** @return 0, E_UNSUPPORTED (this system or kernel has none), E_DENIED, E_IO, E_NOMEM */
int exec_gate_open(exec_gate_fn decide, void *arg, struct exec_gate **ret_gate,
                   struct err *err) MUST_CHECK;
/** Lets everybody through from now on, and waits for the thread. NULL is allowed. */
void exec_gate_close(struct exec_gate *g);

#endif
