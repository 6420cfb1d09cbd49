/* Created, closed-after-writing, renamed and deleted files in chosen folders of a Linux system, by
 * fanotify on whole file systems, with names. Used by the linux sensor. The kernel names a folder
 * by its handle: a folder that was removed before the event is read has no path any more, such an
 * event is counted as unresolved. Source: fanotify(7). Needs Linux 5.17 and CAP_SYS_ADMIN. */
#ifndef CORDON_SENSOR_FILE_WATCH_H
#define CORDON_SENSOR_FILE_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
    FILE_WATCH_FOLDERS_MAX = 64,
    FILE_HANDLE_BYTES = 128 /* MAX_HANDLE_SZ of the kernel */
};

enum {
    FILE_CREATED = 1,
    FILE_CLOSED = 2, /* closed by somebody who had opened it for writing */
    FILE_RENAMED = 4,
    FILE_DELETED = 8,
    FILE_IS_FOLDER = 16,
    FILE_OVERFLOW = 32 /* the kernel's queue was full; it does not tell how many are missing */
};

/** A name in a folder that is known by its handle. */
struct file_place {
    int32_t fsid[2];
    int32_t handle_type;
    struct str handle; /* empty = no place */
    struct str name;
};

/** One raw event; slices point into what was read. */
struct file_note {
    unsigned what;           /* FILE_ bits; the kernel joins repeated events into one */
    pid_t pid;               /* 0 = outside our pid namespace */
    struct file_place place; /* for a rename the new one */
    struct file_place old;   /* rename only */
};

/**
 * Take the first event off what was read from the group.
 * @return 0; E_NOT_FOUND at the end; E_PARSE (rest is emptied)
 */
int file_watch_next(struct str *rest, struct file_note *ret_note) MUST_CHECK;

struct file_watch;

/** One event with paths, borrowed for the call. */
struct file_event {
    unsigned what;
    pid_t pid;
    struct str path;     /* empty for FILE_OVERFLOW */
    struct str old_path; /* rename only; empty = came from outside the file systems watched */
};

typedef void (*file_watch_fn)(void *arg, const struct file_event *event);

/** @return 0, E_DENIED (needs CAP_SYS_ADMIN), E_UNSUPPORTED (old kernel), E_NOMEM */
int file_watch_new(struct file_watch **ret_watch, struct err *err) MUST_CHECK;
void file_watch_free(struct file_watch *w);
/**
 * Watch a folder and everything below it on the same file system.
 * @return 0, E_NOT_FOUND, E_UNSUPPORTED (file system without handles), E_LIMIT, E_DENIED, E_NOMEM
 */
int file_watch_add(struct file_watch *w, struct str folder, struct err *err) MUST_CHECK;
/** Descriptor to wait on. */
int file_watch_fd(const struct file_watch *w);
/** Read what is there, at most one buffer. @return true when there may be more */
bool file_watch_read(struct file_watch *w, file_watch_fn fn, void *arg);
/** Events in folders that were gone before their path could be read. */
uint64_t file_watch_unresolved(const struct file_watch *w);

#endif
