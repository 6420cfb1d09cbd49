/* File events of Linux with names. See file_watch.h. */
#include "sensor/file_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/file.h"

#define READ_BYTES 65536
#define MASK       (FAN_CREATE | FAN_CLOSE_WRITE | FAN_RENAME | FAN_DELETE | FAN_ONDIR)

struct folder {
    char *path; /* canonical, without a trailing slash; "" for the root */
    int32_t fsid[2];
    int fd; /* any descriptor of the file system, for open_by_handle_at */
};

struct file_watch {
    int group;
    struct folder folders[FILE_WATCH_FOLDERS_MAX];
    size_t folders_len;
    uint64_t unresolved;
    struct buf path;
    struct buf old_path;
    union {
        char bytes[READ_BYTES];
        struct fanotify_event_metadata align;
    } chunk;
};

/* ------------------------------------------------------------------ parsing */

static unsigned what_of(uint64_t mask)
{
    return (mask & FAN_CREATE ? FILE_CREATED : 0u) | (mask & FAN_CLOSE_WRITE ? FILE_CLOSED : 0u) |
           (mask & FAN_RENAME ? FILE_RENAMED : 0u) | (mask & FAN_DELETE ? FILE_DELETED : 0u) |
           (mask & FAN_ONDIR ? FILE_IS_FOLDER : 0u) | (mask & FAN_Q_OVERFLOW ? FILE_OVERFLOW : 0u);
}

/* What follows an info record's header: fsid, handle (length, type, bytes), name with its NUL. */
static int read_place(struct str body, struct file_place *ret_place)
{
    enum { FIXED = 8 + 8 };
    struct file_place p;
    uint32_t handle_bytes;
    if (body.len < FIXED)
        return E_PARSE;
    memcpy(p.fsid, body.ptr, sizeof p.fsid);
    memcpy(&handle_bytes, body.ptr + 8, sizeof handle_bytes);
    memcpy(&p.handle_type, body.ptr + 12, sizeof p.handle_type);
    if (handle_bytes > FILE_HANDLE_BYTES || handle_bytes == 0 || body.len - FIXED < handle_bytes)
        return E_PARSE;
    p.handle = str_sub(body, FIXED, handle_bytes);
    struct str name = str_sub(body, FIXED + handle_bytes, SIZE_MAX);
    size_t end = str_find_char(name, '\0');
    if (end == SIZE_MAX)
        return E_PARSE;
    p.name = str_sub(name, 0, end);
    *ret_place = p;
    return 0;
}

static int read_infos(struct str infos, struct file_note *n)
{
    struct fanotify_event_info_header head;
    while (infos.len) {
        if (infos.len < sizeof head)
            return E_PARSE;
        memcpy(&head, infos.ptr, sizeof head);
        if (head.len < sizeof head || head.len > infos.len)
            return E_PARSE;
        struct str body = str_sub(infos, sizeof head, head.len - sizeof head);
        int rc = 0;
        if (head.info_type == FAN_EVENT_INFO_TYPE_OLD_DFID_NAME) {
            PLANT_OVERREAD(infos.ptr + infos.len);
            rc = read_place(body, &n->old);
        } else if (head.info_type == FAN_EVENT_INFO_TYPE_DFID_NAME ||
                   head.info_type == FAN_EVENT_INFO_TYPE_NEW_DFID_NAME) {
            rc = read_place(body, &n->place);
        }
        if (rc)
            return rc;
        infos = str_sub(infos, head.len, SIZE_MAX);
    }
    return 0;
}

int file_watch_next(struct str *rest, struct file_note *ret_note)
{
    struct fanotify_event_metadata meta;
    if (rest->len == 0)
        return E_NOT_FOUND;
    struct str bytes = *rest;
    *rest = (struct str){0};
    if (bytes.len < sizeof meta)
        return E_PARSE;
    memcpy(&meta, bytes.ptr, sizeof meta);
    if (meta.vers != FANOTIFY_METADATA_VERSION || meta.metadata_len < sizeof meta ||
        meta.event_len < meta.metadata_len || meta.event_len > bytes.len)
        return E_PARSE;
    struct file_note n = {.what = what_of(meta.mask), .pid = (pid_t)meta.pid};
    int rc = read_infos(str_sub(bytes, meta.metadata_len, meta.event_len - meta.metadata_len), &n);
    if (rc)
        return rc;
    *rest = str_sub(bytes, meta.event_len, SIZE_MAX);
    *ret_note = n;
    return 0;
}

/* ------------------------------------------------------------------ paths */

static const struct folder *file_system_of(const struct file_watch *w, const struct file_place *p)
{
    for (size_t i = 0; i < w->folders_len; i++) {
        if (memcmp(w->folders[i].fsid, p->fsid, sizeof p->fsid) == 0)
            return &w->folders[i];
    }
    return NULL;
}

/* @return 0; E_NOT_FOUND when the folder is gone or the file system is not ours */
static int resolve(const struct file_watch *w, const struct file_place *p, struct buf *out)
{
    union {
        struct file_handle handle;
        char bytes[sizeof(struct file_handle) + FILE_HANDLE_BYTES];
    } h;
    char link[64], path[PATH_MAX];
    buf_clear(out);
    const struct folder *folder = p->handle.len ? file_system_of(w, p) : NULL;
    if (!folder)
        return E_NOT_FOUND;
    h.handle.handle_bytes = (unsigned)p->handle.len;
    h.handle.handle_type = p->handle_type;
    memcpy(h.bytes + offsetof(struct file_handle, f_handle), p->handle.ptr, p->handle.len);
    int fd CLEANUP(fd_closep) = open_by_handle_at(folder->fd, &h.handle, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return E_NOT_FOUND;
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0 || path[0] != '/')
        return E_NOT_FOUND;
    path[n] = '\0';
    struct str dir = str_n(path, (size_t)n);
    /* A folder that is removed but still held open shows like this. */
    if (str_ends(dir, STR(" (deleted)")) && access(path, F_OK) != 0)
        return E_NOT_FOUND;
    buf_add_str(out, dir);
    if (dir.len > 1)
        buf_add_char(out, '/');
    buf_add_str(out, p->name);
    return buf_check(out);
}

static bool is_watched(const struct file_watch *w, struct str path)
{
    for (size_t i = 0; i < w->folders_len; i++) {
        struct str folder = str_of(w->folders[i].path);
        if (str_starts(path, folder) && path.len > folder.len && path.ptr[folder.len] == '/')
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------ the group */

int file_watch_new(struct file_watch **ret_watch, struct err *err)
{
    struct file_watch *w = mem_calloc(1, sizeof *w);
    if (!w)
        return err_set(err, E_NOMEM, "out of memory");
    w->group = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK | FAN_REPORT_DFID_NAME |
                                 FAN_UNLIMITED_MARKS,
                             O_RDONLY | O_CLOEXEC);
    if (w->group < 0) {
        int e = errno;
        mem_free(w);
        if (e == EPERM)
            return err_set(err, E_DENIED, "needs CAP_SYS_ADMIN");
        return err_errno(err, E_UNSUPPORTED, e, "fanotify with names is not available");
    }
    *ret_watch = w;
    return 0;
}

void file_watch_free(struct file_watch *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->folders_len; i++) {
        mem_free(w->folders[i].path);
        fd_closep(&w->folders[i].fd);
    }
    fd_closep(&w->group);
    buf_done(&w->path);
    buf_done(&w->old_path);
    mem_free(w);
}

static int mark(struct file_watch *w, const char *path, struct err *err)
{
    if (fanotify_mark(w->group, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, MASK, AT_FDCWD, path) == 0)
        return 0;
    if (errno == EPERM)
        return err_set(err, E_DENIED, "watching %s needs CAP_SYS_ADMIN", path);
    if (errno == EINVAL)
        return err_set(err, E_UNSUPPORTED, "watching %s needs Linux 5.17", path);
    return err_errno(err, E_UNSUPPORTED, errno, "the file system of %s cannot be watched", path);
}

int file_watch_add(struct file_watch *w, struct str folder, struct err *err)
{
    char wanted[PATH_MAX], path[PATH_MAX];
    struct statfs fs;
    if (w->folders_len == FILE_WATCH_FOLDERS_MAX || folder.len >= sizeof wanted)
        return err_set(err, E_LIMIT, "more than %d watched folders, or a name too long",
                       FILE_WATCH_FOLDERS_MAX);
    (void)snprintf(wanted, sizeof wanted, "%.*s", STR_FMT(folder));
    if (!realpath(wanted, path))
        return err_errno(err, file_errno_code(errno), errno, "cannot watch %s", wanted);
    int fd CLEANUP(fd_closep) = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fstatfs(fd, &fs) != 0)
        return err_errno(err, file_errno_code(errno), errno, "cannot watch %s", path);
    int rc = mark(w, path, err);
    if (rc)
        return rc;
    struct folder *f = &w->folders[w->folders_len];
    f->path = mem_strdup(strcmp(path, "/") == 0 ? "" : path);
    if (!f->path)
        return err_set(err, E_NOMEM, "out of memory");
    memcpy(f->fsid, &fs.f_fsid, sizeof f->fsid);
    f->fd = TAKE_FD(fd);
    w->folders_len++;
    return 0;
}

int file_watch_fd(const struct file_watch *w)
{
    return w->group;
}

uint64_t file_watch_unresolved(const struct file_watch *w)
{
    return w->unresolved;
}

static void deliver(struct file_watch *w, const struct file_note *n, file_watch_fn fn, void *arg)
{
    struct file_event ev = {.what = n->what, .pid = n->pid};
    if (n->what & FILE_OVERFLOW) {
        fn(arg, &ev);
        return;
    }
    bool gone = resolve(w, &n->place, &w->path) != 0;
    bool old_gone = (n->what & FILE_RENAMED) && resolve(w, &n->old, &w->old_path) != 0;
    w->unresolved += gone || old_gone;
    if (gone)
        return;
    ev.path = buf_str(&w->path);
    if ((n->what & FILE_RENAMED) && !old_gone)
        ev.old_path = buf_str(&w->old_path);
    if (is_watched(w, ev.path) || is_watched(w, ev.old_path))
        fn(arg, &ev);
}

bool file_watch_read(struct file_watch *w, file_watch_fn fn, void *arg)
{
    ssize_t len = read(w->group, w->chunk.bytes, sizeof w->chunk.bytes);
    if (len <= 0)
        return len < 0 && errno == EINTR;
    struct str rest = str_n(w->chunk.bytes, (size_t)len);
    struct file_note n;
    while (file_watch_next(&rest, &n) == 0)
        deliver(w, &n, fn, arg);
    return true;
}
