/* Confinement of a process to what it needs, applied by itself once it has opened everything. Two
 * independent walls: which system calls it may make, and which paths it may open. A kernel without
 * one of them is no failure: what is in force stands in `struct sandbox_state`, and health says it.
 * Order: drop privileges, sandbox_paths, sandbox_calls, then start threads. Nothing can be taken
 * back. */
#ifndef CORDON_OS_SANDBOX_H
#define CORDON_OS_SANDBOX_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

enum sandbox_profile {
    /* Computes and talks over descriptors it already has or is sent: memory, threads, clocks,
     * reads, writes, waiting. No file is opened by name, no socket made, nothing executed. */
    SANDBOX_COMPUTE,
    /* As above, and opens files (sandbox_paths says which) and outgoing connections. It does not
     * listen and executes nothing. */
    SANDBOX_UPLINK
};

/** What is in force. `{0}` is nothing. */
struct sandbox_state {
    bool calls;        /* system calls are filtered */
    bool paths;        /* paths are restricted */
    unsigned path_abi; /* version of the kernel's path restriction (Landlock), 0 = it has none */
    /* What a path restriction of that version cannot hold back, as words; "" = nothing known. */
    const char *path_gaps;
};

/**
 * Allow only the system calls of a profile, for all threads. Others fail with EPERM, since
 * libraries probe and go on; those that only an intruder would make (exec, ptrace, mount, module
 * loading ...) kill the process.
 * @return 0, E_UNSUPPORTED (the kernel cannot; nothing changed), E_NOMEM, E_IO
 */
int sandbox_calls(enum sandbox_profile profile, struct sandbox_state *state,
                  struct err *err) MUST_CHECK;

/**
 * Allow opening only what lies at or below the listed paths. Descriptors already open stay usable.
 * Also keeps signals and abstract sockets within the process and its children, where the kernel
 * can.
 *
 * @param read_paths   NULL-terminated; read and list only. A path that does not exist grants
 * nothing
 * @param write_paths  NULL-terminated; read, write, make, remove and rename
 * @return 0, E_UNSUPPORTED (the kernel cannot; nothing changed), E_DENIED, E_IO
 */
int sandbox_paths(const char *const *read_paths, const char *const *write_paths,
                  struct sandbox_state *state, struct err *err) MUST_CHECK;

/** Append the state in words for health and logs: "calls filtered, paths restricted (version 7)".
 */
void sandbox_state_add(struct buf *out, const struct sandbox_state *state);

#endif
