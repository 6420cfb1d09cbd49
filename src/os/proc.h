/* Processes: identity that survives pid reuse, children with pipes, dropping privileges. */
#ifndef CORDON_OS_PROC_H
#define CORDON_OS_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/** Identity of the running boot: /proc/sys/kernel/random/boot_id, kern.bootsessionuuid. Appends
 * text. */
int proc_boot_id(struct buf *out, struct err *err) MUST_CHECK;
/** Stable hardware or machine identity: /etc/machine-id, gethostuuid. Appends text. */
int proc_machine_id(struct buf *out, struct err *err) MUST_CHECK;

/** Name and version of the system for people: "Debian GNU/Linux 12 (bookworm)", "macOS 15.1
 * (24B83)". Appends text. */
int proc_os_version(struct buf *out, struct err *err) MUST_CHECK;
/** Absolute path of the running program, links resolved. @return 0, E_NOT_FOUND, E_LIMIT */
int proc_own_path(char *path, size_t size, struct err *err) MUST_CHECK;

/**
 * Start time of a process in ticks that never repeat for one pid within a boot (Linux: field 22 of
 * /proc/PID/stat; macOS: microseconds). @return 0 or E_NOT_FOUND
 */
int proc_start_time(pid_t pid, uint64_t *ret_start) MUST_CHECK;

struct proc_child {
    pid_t pid;
    int stdin_fd;  /* -1 unless asked for */
    int stdout_fd; /* -1 unless asked for */
    int stderr_fd; /* -1 unless asked for */
};

enum {
    PROC_STDIN = 1,            /* pipe to its standard input, else /dev/null */
    PROC_STDOUT = 2,           /* pipe from its standard output, else /dev/null */
    PROC_STDERR = 4,           /* pipe from its standard error, else inherited */
    PROC_NEW_GROUP = 8,        /* its own process group */
    PROC_DIE_WITH_PARENT = 16, /* killed when the thread that started it ends (Linux only) */
    PROC_SOCKET = 32,  /* its standard input is one end of a socket pair; ours is stdin_fd */
    PROC_DISCLAIM = 64 /* macOS: it answers for itself where the system asks for consent (TCC) */
};

/**
 * Start a program. Every other descriptor of ours is close-on-exec.
 * @param argv  NULL-terminated; argv[0] is an absolute path or found in PATH
 * @param envp  NULL = a minimal environment (PATH only)
 */
int proc_spawn(const char *const *argv, const char *const *envp, unsigned flags,
               struct proc_child *ret_child, struct err *err) MUST_CHECK;

/**
 * Run a program to its end with `input` on its standard input, collecting at most `output_limit`
 * bytes of output and of errors. @return 0 (see *ret_status, as from waitpid), E_TIMEOUT (killed),
 * E_IO
 */
int proc_run(const char *const *argv, struct str input, int64_t timeout_ms, size_t output_limit,
             struct buf *out, struct buf *errors, int *ret_status, struct err *err) MUST_CHECK;

/** Become another user for good: groups, gid, uid; verified. */
int proc_drop_privileges(uid_t uid, gid_t gid, struct err *err) MUST_CHECK;
/** Mark every descriptor >= `from` close-on-exec. */
void proc_cloexec_from(int from);

#endif
