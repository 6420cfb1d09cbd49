/* What /proc tells of one process, read in one go right after an event. The process may end at any
 * moment: whatever could be read is filled in and the rest stays absent. The folder is opened once,
 * so all parts are of the same process even when its pid is reused meanwhile. Linux only.
 * Source: proc(5). */
#ifndef CORDON_SENSOR_PROC_DETAIL_H
#define CORDON_SENSOR_PROC_DETAIL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
    PROC_DETAIL_ARGS_BYTES = 65536, /* longest command line kept */
    PROC_DETAIL_ARGS_MAX = 2048     /* most arguments kept */
};

/** Reused from process to process: slices are valid until the next read. `{0}` is ready. */
struct proc_detail {
    struct buf text; /* owns what the slices point to */
    struct str executable;
    struct str cwd;
    struct str command_line; /* arguments joined by one space */
    struct str tty;          /* "/dev/pts/3", empty = none */
    struct str args[PROC_DETAIL_ARGS_MAX];
    size_t args_len;
    bool args_cut;
    uint64_t start; /* ticks since boot, 0 = not known */
    pid_t parent;   /* 0 = not known */
    pid_t group;
    pid_t session;
    int64_t ruid; /* -1 = not known, as all ids below */
    int64_t uid;  /* effective */
    int64_t gid;
    int64_t login_uid;
};

enum {
    PROC_DETAIL_STAT = 1,  /* start, parent, group, session, terminal */
    PROC_DETAIL_IDS = 2,   /* user and group ids */
    PROC_DETAIL_IMAGE = 4, /* executable, working directory, arguments */
    PROC_DETAIL_ALL = 7
};

/** @param parts PROC_DETAIL_ bits. @return 0, E_NOT_FOUND (it is gone; all absent), E_NOMEM */
int proc_detail_read(pid_t pid, unsigned parts, struct proc_detail *d) MUST_CHECK;
/** Fill start, parent, group, session and terminal from a stat line. @return 0 or E_PARSE */
int proc_detail_parse_stat(struct str line, struct proc_detail *d) MUST_CHECK;
/** Free the memory. For CLEANUP(proc_detail_done). */
void proc_detail_done(struct proc_detail *d);

/** Call `fn` for every process there is. @return 0 or E_IO */
int proc_detail_each(void (*fn)(void *arg, pid_t pid), void *arg) MUST_CHECK;

#endif
