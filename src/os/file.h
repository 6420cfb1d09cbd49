/* Files: whole reads with a limit, durable replacement, locks. Paths are NUL-terminated. */
#ifndef CORDON_OS_FILE_H
#define CORDON_OS_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/** For CLEANUP(fd_closep): closes and sets -1; -1 is allowed. */
void fd_closep(int *fd);
/** Set or clear O_NONBLOCK. */
int fd_set_nonblock(int fd, bool on) MUST_CHECK;

/**
 * Append a whole file to `out`.
 * @return 0, E_NOT_FOUND, E_DENIED, E_LIMIT (larger than `limit` bytes), E_IO, E_NOMEM
 */
int file_read(const char *path, size_t limit, struct buf *out, struct err *err) MUST_CHECK;

/**
 * Replace a file as one step that survives a crash: write "<path>.tmp", fsync, rename, fsync
 * folder. Fail points: file.write, file.fsync, file.rename, file.dirsync (each .before/.after).
 * @return 0, E_FULL, E_DENIED, E_IO
 */
int file_write_atomic(const char *path, struct str bytes, mode_t mode, struct err *err) MUST_CHECK;

/** Write all bytes, retrying short writes and EINTR. @return 0, E_FULL, E_CLOSED, E_IO */
int file_write_all(int fd, const void *ptr, size_t len) MUST_CHECK;
/** pread exactly `len` bytes. @return 0, E_CLOSED (end of file before), E_IO */
int file_pread_all(int fd, void *ptr, size_t len, uint64_t offset) MUST_CHECK;
/** fdatasync. @return 0, E_FULL or E_IO. A failed sync is final: the caller must not retry it. */
int file_sync(int fd) MUST_CHECK;
/** Map errno to E_FULL (ENOSPC, EDQUOT), E_DENIED, E_NOT_FOUND, E_EXISTS, E_CLOSED (EPIPE) or E_IO.
 */
int file_errno_code(int errnum);

/** mkdir -p with `mode` for every folder made. */
int file_mkdirs(const char *path, mode_t mode, struct err *err) MUST_CHECK;
bool file_exists(const char *path);
/** Free bytes for an unprivileged writer on the file system of `path`; -1 when unknown. */
int64_t file_free_bytes(const char *path);

/**
 * Open for reading without following a symbolic link in the last component, regular files only.
 * @return descriptor >= 0, or E_NOT_FOUND, E_DENIED, E_UNSUPPORTED (not a regular file), E_IO
 */
int file_open_nofollow(const char *path, struct err *err) MUST_CHECK;

/**
 * Names of the open file's extended attributes, a NUL behind each, appended to `out`; Linux's name
 * space "user." is taken off, so that a name is the same on every system.
 * @return 0 (also when the file system has none), E_LIMIT (more than 64 KiB), E_IO, E_NOMEM
 */
int file_xattr_names(int fd, struct buf *out) MUST_CHECK;
/**
 * One extended attribute's value, appended to `out`; `name` as file_xattr_names gives it.
 * @return 0, E_NOT_FOUND (no such attribute, or the file system has none), E_LIMIT, E_IO, E_NOMEM
 */
int file_xattr_get(int fd, const char *name, size_t limit, struct buf *out) MUST_CHECK;

/** What tells one content of a file from another, and when it was made. */
struct file_stamp {
    uint64_t device;
    uint64_t inode;
    uint64_t size;
    int64_t modified_ns; /* since 1970 */
    int64_t changed_ns;  /* also by attributes, owner, mode */
    int64_t created_ns;
    bool has_created; /* not every file system knows it */
    bool is_regular;
};
/** @return 0 or E_IO */
int file_stamp_of(int fd, struct file_stamp *ret_stamp) MUST_CHECK;
/** Whether both are of one file with one content, as far as its times tell. */
bool file_stamp_same(const struct file_stamp *a, const struct file_stamp *b);

/** Take an exclusive lock on `path` (made if missing). @return descriptor, E_STATE when held by
 * another */
int file_lock(const char *path, struct err *err) MUST_CHECK;

#endif
