/* The Linux kernel's process notifications (fork, exec, exit, changed user) over netlink, and the
 * exact count of those it dropped. Used by the linux sensor. The socket receives only when it was
 * opened in the first network namespace; it goes on receiving when the process enters another one
 * later. Source: <linux/cn_proc.h>, drivers/connector/cn_proc.c of Linux. */
#ifndef CORDON_SENSOR_PROC_CONNECTOR_H
#define CORDON_SENSOR_PROC_CONNECTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

enum proc_what { PROC_OTHER, PROC_ACK, PROC_FORK, PROC_EXEC, PROC_EXIT, PROC_UID };

/** One notification. Of threads only what concerns the whole process is of interest: a record is
 * about a process when pid == tid. */
struct proc_note {
    enum proc_what what;
    uint32_t cpu;
    uint32_t sequence; /* grows by one per notification of this CPU, answers included */
    uint32_t ack;      /* answer: one more than in the request */
    int64_t mono_ns;   /* CLOCK_MONOTONIC */
    pid_t pid;         /* process (thread group); of the child for a fork */
    pid_t tid;         /* thread */
    pid_t parent;      /* fork and exit: the parent process, 0 = not told */
    uint32_t status;   /* exit: wait status; ack: 0 or an errno value */
    uint32_t ruid;     /* uid: real and effective user */
    uint32_t euid;
};

/**
 * Take the first message off a datagram.
 * @param rest  the datagram's bytes, moved past the message
 * @return 0; E_NOT_FOUND at the end; E_PARSE when the rest is no notification (rest is emptied)
 */
int proc_connector_next(struct str *rest, struct proc_note *ret_note) MUST_CHECK;

enum { PROC_CPUS_MAX = 4096 };

/** Sequence numbers seen, per CPU. `{0}` is ready. */
struct proc_sequence {
    uint32_t next[PROC_CPUS_MAX];
    bool seen[PROC_CPUS_MAX];
};

/** How many notifications of this CPU are missing right before this one. */
uint64_t proc_connector_missing(struct proc_sequence *s, const struct proc_note *n);

/**
 * Open the socket and wait for the kernel's word that it will send.
 * @return descriptor >= 0 (non-blocking); E_DENIED (needs CAP_NET_ADMIN), E_UNSUPPORTED (kernel
 *         without it, or inside a network or pid namespace); err says which
 */
int proc_connector_open(struct err *err) MUST_CHECK;

#endif
