/* Files: whole reads with a limit, durable replacement, locks. See file.h. Every descriptor made
 * here is close-on-exec. */
#include "os/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/failpoint.h"
#include "os/file_priv.h"

enum { READ_STEP = 65536 };

void fd_closep(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

int fd_set_nonblock(int fd, bool on)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0)
        return E_IO;
    int wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    if (wanted != flags && fcntl(fd, F_SETFL, wanted) < 0)
        return E_IO;
    return 0;
}

int file_errno_code(int errnum)
{
    switch (errnum) {
    case 0:
        return 0;
    case ENOSPC:
    case EDQUOT:
        return E_FULL;
    case EACCES:
    case EPERM:
    case EROFS:
        return E_DENIED;
    case ENOENT:
    case ENOTDIR:
        return E_NOT_FOUND;
    case EEXIST:
        return E_EXISTS;
    case EPIPE:
        return E_CLOSED;
    default:
        return E_IO;
    }
}

static int fail(struct err *err, int errnum, const char *what, const char *path)
{
    return err_errno(err, file_errno_code(errnum), errnum, "%s %s", what, path);
}

/* open(2) that goes on after a signal. */
static int open_again(const char *path, int flags, mode_t mode)
{
    int fd;
    do {
        fd = open(path, flags | O_CLOEXEC, mode);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

static ssize_t read_again(int fd, void *ptr, size_t len)
{
    ssize_t n;
    do {
        n = read(fd, ptr, len);
    } while (n < 0 && errno == EINTR);
    return n;
}

/* Files of /proc say size 0, and a file can grow while it is read: only the end of file counts. */
static int read_to_end(int fd, const char *path, size_t limit, struct buf *out, struct err *err)
{
    size_t start = out->len;
    for (;;) {
        size_t have = out->len - start;
        size_t want = limit - have < READ_STEP ? limit - have : READ_STEP;
        if (want == 0) {
            char extra;
            ssize_t n = read_again(fd, &extra, 1);
            if (n < 0)
                return fail(err, errno, "cannot read", path);
            if (n > 0)
                return err_set(err, E_LIMIT, "%s is larger than %zu bytes", path, limit);
            return 0;
        }
        int rc = buf_reserve(out, want);
        if (rc)
            return err_set(err, rc, "cannot read %s: %s", path, err_sentence(rc));
        ssize_t n = read_again(fd, out->ptr + out->len, want);
        if (n < 0)
            return fail(err, errno, "cannot read", path);
        if (n == 0)
            return 0;
        out->len += (size_t)n;
    }
}

int file_read(const char *path, size_t limit, struct buf *out, struct err *err)
{
    int fd CLEANUP(fd_closep) = open_again(path, O_RDONLY | O_NOCTTY, 0);
    if (fd < 0)
        return fail(err, errno, "cannot open", path);
    size_t start = out->len;
    int rc = read_to_end(fd, path, limit, out, err);
    if (rc)
        buf_truncate(out, start);
    return rc;
}

int file_write_all(int fd, const void *ptr, size_t len)
{
    const char *at = ptr;
    while (len > 0) {
        ssize_t n = write(fd, at, len);
        if (n < 0) {
            if (errno == EINTR)
                continue;
            return file_errno_code(errno) == E_DENIED ? E_IO : file_errno_code(errno);
        }
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

int file_pread_all(int fd, void *ptr, size_t len, uint64_t offset)
{
    char *at = ptr;
    if (offset > INT64_MAX || len > (uint64_t)INT64_MAX - offset)
        return E_IO;
    while (len > 0) {
        ssize_t n = pread(fd, at, len, (off_t)offset);
        if (n < 0) {
            if (errno == EINTR)
                continue;
            return E_IO;
        }
        if (n == 0)
            return E_CLOSED;
        at += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return 0;
}

int file_sync(int fd)
{
    if (file_priv_sync_data(fd) == 0)
        return 0;
    return file_errno_code(errno) == E_FULL ? E_FULL : E_IO;
}

static int sync_folder_of(const char *path, struct err *err)
{
    struct str folder = str_sub(str_of(path), 0, str_rfind_char(str_of(path), '/'));
    char name[PATH_MAX];
    if (str_find_char(str_of(path), '/') == SIZE_MAX)
        folder = STR(".");
    else if (folder.len == 0)
        folder = STR("/");
    (void)snprintf(name, sizeof name, "%.*s", STR_FMT(folder));
    int fd CLEANUP(fd_closep) = open_again(name, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        return fail(err, errno, "cannot open the folder", name);
    int e = FAILPOINT("file.dirsync.before");
    if (!e && file_priv_sync_full(fd) != 0)
        e = errno;
    if (!e)
        e = FAILPOINT("file.dirsync.after");
    return e ? fail(err, e, "cannot sync the folder", name) : 0;
}

/* The new content, complete and on the medium, under its temporary name. */
static int write_temporary(const char *tmp, struct str bytes, mode_t mode, struct err *err)
{
    /* What a crash left behind may be anybody's link by now: never write through it. */
    if (unlink(tmp) != 0 && errno != ENOENT)
        return fail(err, errno, "cannot remove", tmp);
    int fd CLEANUP(fd_closep) = open_again(tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fail(err, errno, "cannot make", tmp);
    int e = FAILPOINT("file.write.before");
    if (e)
        return fail(err, e, "cannot write", tmp);
    int rc = file_write_all(fd, bytes.ptr, bytes.len);
    if (rc)
        return fail(err, errno, "cannot write", tmp);
    e = FAILPOINT("file.write.after");
    if (!e && fchmod(fd, mode) != 0)
        e = errno;
    if (!e)
        e = FAILPOINT("file.fsync.before");
    if (!e && file_priv_sync_full(fd) != 0)
        e = errno;
    if (!e)
        e = FAILPOINT("file.fsync.after");
    if (e)
        return fail(err, e, "cannot write", tmp);
    /* Network file systems report a full disk only here. */
    if (close(TAKE_FD(fd)) != 0 && errno != EINTR)
        return fail(err, errno, "cannot close", tmp);
    return 0;
}

int file_write_atomic(const char *path, struct str bytes, mode_t mode, struct err *err)
{
    char tmp[PATH_MAX];
    int n = snprintf(tmp, sizeof tmp, "%s.tmp", path);
    if (n < 0 || (size_t)n >= sizeof tmp)
        return err_set(err, E_IO, "the path is too long: %.200s", path);
    int rc = write_temporary(tmp, bytes, mode, err);
    if (rc) {
        (void)unlink(tmp);
        return rc;
    }
    int e = FAILPOINT("file.rename.before");
    if (!e && rename(tmp, path) != 0)
        e = errno;
    if (e) {
        (void)unlink(tmp);
        return fail(err, e, "cannot replace", path);
    }
    e = FAILPOINT("file.rename.after");
    if (e)
        return fail(err, e, "cannot replace", path);
    return sync_folder_of(path, err);
}

static int make_folder(const char *path, mode_t mode, struct err *err)
{
    struct stat st;
    if (mkdir(path, mode) == 0)
        return 0;
    int e = errno;
    if (e == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return 0;
    return fail(err, e, "cannot make the folder", path);
}

int file_mkdirs(const char *path, mode_t mode, struct err *err)
{
    char part[PATH_MAX];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof part)
        return err_set(err, E_ARG, "not a usable folder name: %.200s", path);
    for (size_t i = 0; i <= len; i++) {
        bool at_end = i == len || path[i] == '/';
        if (at_end && i > 0 && part[i - 1] != '/') {
            part[i] = '\0';
            int rc = make_folder(part, mode, err);
            if (rc)
                return rc;
        }
        part[i] = path[i];
    }
    return 0;
}

bool file_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

int64_t file_free_bytes(const char *path)
{
    struct statvfs vfs;
    uint64_t bytes;
    if (statvfs(path, &vfs) != 0)
        return -1;
    if (__builtin_mul_overflow((uint64_t)vfs.f_bavail, (uint64_t)vfs.f_frsize, &bytes) ||
        bytes > INT64_MAX)
        return INT64_MAX;
    return (int64_t)bytes;
}

int file_open_nofollow(const char *path, struct err *err)
{
    struct stat st;
    /* Without O_NONBLOCK a named pipe put in the file's place would hold the caller for ever. */
    int fd CLEANUP(fd_closep) = open_again(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0) {
        /* ENXIO: a socket. */
        if (errno == ELOOP || errno == EMLINK || errno == ENXIO || errno == EOPNOTSUPP)
            return err_set(err, E_UNSUPPORTED, "%s is not a regular file", path);
        return fail(err, errno, "cannot open", path);
    }
    if (fstat(fd, &st) != 0)
        return fail(err, errno, "cannot stat", path);
    if (!S_ISREG(st.st_mode))
        return err_set(err, E_UNSUPPORTED, "%s is not a regular file", path);
    int rc = fd_set_nonblock(fd, false);
    if (rc)
        return err_set(err, rc, "cannot prepare %s", path);
    return TAKE_FD(fd);
}

int file_xattr_names(int fd, struct buf *out)
{
    enum { NAMES_BYTES = 65536 };
    CLEANUP(mem_freep) char *names = mem_alloc(NAMES_BYTES);
    if (!names)
        return E_NOMEM;
    ssize_t len = file_priv_xattr_names(fd, names, NAMES_BYTES);
    if (len < 0)
        return errno == ENOTSUP ? 0 : errno == ERANGE ? E_LIMIT : E_IO;
    for (ssize_t at = 0; at < len;) {
        struct str name = str_n(names + at, strnlen(names + at, (size_t)(len - at)));
        at += (ssize_t)name.len + 1;
        if (str_starts(name, STR("user.")))
            name = str_sub(name, strlen("user."), SIZE_MAX);
        buf_add_str(out, name);
        buf_add_char(out, '\0');
    }
    return buf_check(out);
}

int file_xattr_get(int fd, const char *name, size_t limit, struct buf *out)
{
    CLEANUP(mem_freep) char *value = mem_alloc(limit);
    if (!value)
        return E_NOMEM;
    ssize_t len = file_priv_xattr_value(fd, name, value, limit);
    if (len < 0)
        return errno == ENOENT || errno == ENOTSUP ? E_NOT_FOUND : errno == ERANGE ? E_LIMIT : E_IO;
    buf_add(out, value, (size_t)len);
    return buf_check(out);
}

int file_stamp_of(int fd, struct file_stamp *ret_stamp)
{
    return file_priv_stamp(fd, ret_stamp);
}

bool file_stamp_same(const struct file_stamp *a, const struct file_stamp *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->modified_ns == b->modified_ns && a->changed_ns == b->changed_ns;
}

int file_lock(const char *path, struct err *err)
{
    int fd CLEANUP(fd_closep) = open_again(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fail(err, errno, "cannot open the lock", path);
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR)
            continue;
        if (errno == EWOULDBLOCK)
            return err_set(err, E_STATE, "%s is held by another process", path);
        return fail(err, errno, "cannot lock", path);
    }
    return TAKE_FD(fd);
}
