/* Appending to segments. See segwrite.h. Fail points: segment.create, .append, .sync, .dirsync,
 * .seal, .sealsync, each .before and .after. */
#include "store/segwrite.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/failpoint.h"
#include "os/file.h"
#include "store/segformat_priv.h"

enum { PATH_BYTES = 4096 };

/* A fail point's errno becomes the place's own failure. */
static int failing(int errnum, struct err *err, const char *what, const struct segfile *f)
{
    return err_errno(err, file_errno_code(errnum), errnum, "cannot %s %s", what, f->path);
}

static int full_path(const struct segwrite *sw, const char *relative, char path[PATH_BYTES],
                     struct err *err)
{
    int n = snprintf(path, PATH_BYTES, "%s/%s", sw->config.folder, relative);
    if (n < 0 || n >= PATH_BYTES)
        return err_set(err, E_ARG, "the data folder's path is too long");
    return 0;
}

int segwrite_init(struct segwrite *sw, const struct segwrite_config *config, struct err *err)
{
    *sw = (struct segwrite){.config = *config};
    for (uint32_t shard = 0; shard < config->shards; shard++) {
        char relative[32];
        char path[PATH_BYTES];
        (void)snprintf(relative, sizeof relative, "segments/%03u", shard);
        int rc = full_path(sw, relative, path, err);
        if (!rc)
            rc = file_mkdirs(path, 0700, err);
        if (rc)
            return rc;
    }
    return 0;
}

void segwrite_done(struct segwrite *sw)
{
    for (size_t i = 0; i < sw->len; i++)
        segfile_free(sw->files[i]);
    mem_free(sw->files);
    *sw = (struct segwrite){0};
}

int segwrite_take(struct segwrite *sw, struct segfile *file)
{
    struct segfile *mine CLEANUP(segfile_freep) = file;
    int rc = mem_grow(&sw->files, &sw->cap, sw->len + 1, sizeof *sw->files);
    if (rc)
        return rc;
    for (size_t i = 0; i < sw->len; i++) {
        if (sw->files[i]->shard == mine->shard)
            sw->files[i]->full = true;
    }
    sw->files[sw->len++] = TAKE(mine);
    return 0;
}

/* Forget a file; its row stays open in the database and recovery settles it at the next start. */
static void drop(struct segwrite *sw, size_t i)
{
    segfile_free(sw->files[i]);
    sw->files[i] = sw->files[--sw->len];
}

static int pwrite_all(int fd, struct str bytes, uint64_t offset)
{
    while (bytes.len) {
        ssize_t n = pwrite(fd, bytes.ptr, bytes.len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        bytes = str_sub(bytes, (size_t)n, SIZE_MAX);
        offset += (uint64_t)n;
    }
    return 0;
}

static int sync_file(struct segwrite *sw, struct segfile *f, const char *before, const char *after,
                     struct err *err)
{
    (void)before;
    (void)after;
    int e = FAILPOINT(before);
    sw->syncs++;
    if (!e && file_sync(f->fd))
        e = errno ? errno : EIO;
    if (!e)
        e = FAILPOINT(after);
    return e ? failing(e, err, "make durable", f) : 0;
}

/* ------------------------------------------------------------------ sealing */

static bool old_or_full(const struct segwrite *sw, const struct segfile *f, int64_t now_ns)
{
    return f->full || f->committed >= sw->config.seal_bytes ||
           (f->frames_committed && now_ns - f->created_ns >= sw->config.seal_age_ns);
}

bool segwrite_due(const struct segwrite *sw, int64_t now_ns)
{
    for (size_t i = 0; i < sw->len; i++) {
        if (old_or_full(sw, sw->files[i], now_ns))
            return true;
    }
    return false;
}

static int seal(struct segwrite *sw, struct segfile *f)
{
    struct buf footer CLEANUP(buf_done) = {0};
    int rc = segfile_footer(f, &footer);
    if (rc)
        return rc;
    int e = FAILPOINT("segment.seal.before");
    if (!e)
        e = pwrite_all(f->fd, buf_str(&footer), f->committed);
    if (!e)
        e = FAILPOINT("segment.seal.after");
    if (e)
        return file_errno_code(e);
    return sync_file(sw, f, "segment.sealsync.before", "segment.sealsync.after", NULL);
}

void segwrite_begin(struct segwrite *sw, int64_t now_ns)
{
    for (size_t i = 0; i < sw->len;) {
        struct segfile *f = sw->files[i];
        if (old_or_full(sw, f, now_ns)) {
            f->full = true;
            if (seal(sw, f)) {
                sw->abandoned++;
                drop(sw, i);
                continue;
            }
            f->sealing = true;
        }
        i++;
    }
}

/* ------------------------------------------------------------------ placing */

static int create(struct segwrite *sw, uint32_t shard, int64_t now_ns, struct segfile **ret_file,
                  struct err *err)
{
    struct segfile *f CLEANUP(segfile_freep) = segfile_new(sw->config.next_id, shard, now_ns);
    struct buf head CLEANUP(buf_done) = {0};
    char path[PATH_BYTES];
    if (!f)
        return err_set(err, E_NOMEM, "no memory for a new segment");
    int rc = full_path(sw, f->path, path, err);
    if (rc)
        return rc;
    const struct segment_head content = {.format = SEGMENT_FORMAT,
                                         .schema = SEGMENT_SCHEMA,
                                         .shard = shard,
                                         .created_ns = now_ns,
                                         .id = (uint64_t)f->id};
    segformat_add_header(&head, &content);
    if (buf_check(&head))
        return err_set(err, E_NOMEM, "no memory for a new segment");
    int e = FAILPOINT("segment.create.before");
    if (!e) {
        f->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        e = f->fd < 0 ? errno : pwrite_all(f->fd, buf_str(&head), 0);
    }
    if (!e)
        e = FAILPOINT("segment.create.after");
    if (e) {
        if (f->fd >= 0)
            (void)unlink(path);
        return failing(e, err, "create", f);
    }
    sw->config.next_id++;
    f->committed = f->placed = SEGMENT_HEADER_BYTES;
    f->fresh = true;
    *ret_file = f;
    return segwrite_take(sw, TAKE(f)) ? err_set(err, E_NOMEM, "no memory for a new segment") : 0;
}

/* The segment of a shard that takes `frames` more, made when there is none. */
static int current(struct segwrite *sw, uint32_t shard, size_t frames, int64_t now_ns,
                   struct segfile **ret_file, struct err *err)
{
    for (size_t i = 0; i < sw->len; i++) {
        struct segfile *f = sw->files[i];
        if (f->shard != shard || f->full)
            continue;
        if (f->placed < sw->config.seal_bytes && f->frames_len + frames <= SEGMENT_FRAMES_MOST) {
            *ret_file = f;
            return 0;
        }
        f->full = true;
    }
    return create(sw, shard, now_ns, ret_file, err);
}

int segwrite_place(struct segwrite *sw, const struct segframes *frames, struct str device,
                   int64_t now_ns, struct segplace *ret_place, struct err *err)
{
    struct segfile *f = NULL;
    if (frames->len == 0) {
        *ret_place = (struct segplace){0};
        return 0;
    }
    int rc = current(sw, segment_shard(device, sw->config.shards), frames->len, now_ns, &f, err);
    if (rc)
        return rc;
    assert(f);
    rc = mem_grow(&f->pending, &f->pending_cap, f->pending_len + 1, sizeof *f->pending);
    size_t before = f->frames_len;
    struct segment_summary summary = f->summary;
    for (size_t i = 0; i < frames->len && !rc; i++) {
        struct segment_frame frame = frames->items[i];
        frame.offset += f->placed;
        rc = segfile_add(f, &frame);
    }
    if (rc) {
        f->frames_len = before;
        f->summary = summary;
        return err_set(err, rc, "no memory for %zu frames", frames->len);
    }
    *ret_place = (struct segplace){.file = f,
                                   .offset = f->placed,
                                   .length = frames->bytes.len,
                                   .frames = frames->len,
                                   .fresh = f->fresh};
    f->pending[f->pending_len++] = buf_str(&frames->bytes);
    f->placed += frames->bytes.len;
    f->fresh = false;
    return 0;
}

/* Totals of the first `len` frames. */
static void summarise_again(struct segfile *f, size_t len)
{
    f->frames_len = len;
    f->summary = f->summary_committed;
    for (size_t i = f->frames_committed; i < len; i++)
        segformat_summarise(&f->summary, &f->frames[i]);
}

void segwrite_unplace(struct segwrite *sw, const struct segplace *place)
{
    struct segfile *f = place->file;
    (void)sw;
    if (!f)
        return;
    f->pending_len--;
    f->placed = place->offset;
    f->fresh = place->fresh;
    summarise_again(f, f->frames_len - place->frames);
}

/* ------------------------------------------------------------------ making durable */

static int append(struct segfile *f, struct err *err)
{
    uint64_t offset = f->committed;
    for (size_t i = 0; i < f->pending_len; i++) {
        int e = FAILPOINT("segment.append.before");
        if (!e)
            e = pwrite_all(f->fd, f->pending[i], offset);
        if (!e)
            e = FAILPOINT("segment.append.after");
        if (e)
            return failing(e, err, "append to", f);
        offset += f->pending[i].len;
    }
    return 0;
}

/* A new file's name must be durable before a row names it. */
static int sync_folder(struct segwrite *sw, const struct segfile *f, struct err *err)
{
    char relative[32];
    char path[PATH_BYTES];
    (void)snprintf(relative, sizeof relative, "segments/%03u", f->shard);
    int rc = full_path(sw, relative, path, err);
    if (rc)
        return rc;
    int e = FAILPOINT("segment.dirsync.before");
    int fd CLEANUP(fd_closep) = e ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!e && (fd < 0 || fsync(fd) != 0))
        e = errno;
    if (!e)
        e = FAILPOINT("segment.dirsync.after");
    return e ? failing(e, err, "make durable the folder of", f) : 0;
}

int segwrite_flush(struct segwrite *sw, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < sw->len && !rc; i++) {
        if (sw->files[i]->pending_len)
            rc = append(sw->files[i], err);
    }
    for (size_t i = 0; i < sw->len && !rc;) {
        struct segfile *f = sw->files[i];
        if (!f->pending_len) {
            i++;
            continue;
        }
        rc = sync_file(sw, f, "segment.sync.before", "segment.sync.after", err);
        if (rc) {
            sw->abandoned++;
            drop(sw, i);
            continue;
        }
        if (f->committed == SEGMENT_HEADER_BYTES)
            rc = sync_folder(sw, f, err);
        i++;
    }
    return rc;
}

void segwrite_commit(struct segwrite *sw)
{
    for (size_t i = 0; i < sw->len;) {
        struct segfile *f = sw->files[i];
        if (f->sealing) {
            drop(sw, i);
            continue;
        }
        f->committed = f->placed;
        f->frames_committed = f->frames_len;
        f->summary_committed = f->summary;
        f->pending_len = 0;
        i++;
    }
}

/* Take back what this group appended. False when the file cannot be trusted any more. */
static bool cut_back(const struct segwrite *sw, struct segfile *f)
{
    char path[PATH_BYTES];
    if (f->committed == SEGMENT_HEADER_BYTES) {
        /* Nothing of it was ever committed: the file goes, the next group makes another. */
        if (full_path(sw, f->path, path, NULL) == 0)
            (void)unlink(path);
        return false;
    }
    if (ftruncate(f->fd, (off_t)f->committed) != 0)
        return false;
    f->placed = f->committed;
    f->pending_len = 0;
    summarise_again(f, f->frames_committed);
    return true;
}

void segwrite_revert(struct segwrite *sw, bool unknown)
{
    for (size_t i = 0; i < sw->len;) {
        struct segfile *f = sw->files[i];
        bool touched = f->pending_len || f->sealing || f->committed == SEGMENT_HEADER_BYTES;
        if (!touched) {
            i++;
            continue;
        }
        if (!unknown && !f->sealing && cut_back(sw, f)) {
            i++;
            continue;
        }
        if (f->committed != SEGMENT_HEADER_BYTES)
            sw->abandoned++;
        drop(sw, i);
    }
}
