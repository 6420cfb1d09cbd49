/* Bringing an open segment into order at start. See segwrite.h. Fail points: segment.cut. */
#include "store/segwrite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/failpoint.h"
#include "os/file.h"
#include "store/segformat_priv.h"

enum { PATH_BYTES = 4096 };

/* Walk the committed frames, checking header and payload of each. */
static int walk(struct segfile *f, const char *path, uint64_t committed, struct err *err)
{
    struct segment_reader *reader CLEANUP(segment_reader_closep) = NULL;
    struct buf plain CLEANUP(buf_done) = {0};
    struct segment_frame frame;
    int rc = segment_reader_open(path, committed, &reader, err);
    if (rc)
        return rc;
    const struct segment_head *head = segment_reader_head(reader);
    if (head->id != (uint64_t)f->id || head->shard != f->shard)
        return err_set(err, E_PARSE, "%s is segment %llu of shard %u", f->path,
                       (unsigned long long)head->id, head->shard);
    while ((rc = segment_reader_next(reader, &frame, err)) == 0) {
        buf_clear(&plain);
        rc = segment_reader_plain(reader, &frame, &plain, err);
        if (!rc)
            rc = segfile_add(f, &frame);
        if (rc)
            return rc;
    }
    return rc == E_NOT_FOUND ? 0 : rc;
}

static int cut(struct segfile *f, uint64_t committed, bool *ret_cut, struct err *err)
{
    struct stat st;
    if (fstat(f->fd, &st) != 0)
        return err_errno(err, E_IO, errno, "cannot read %s", f->path);
    *ret_cut = (uint64_t)st.st_size > committed;
    if (!*ret_cut)
        return 0;
    int e = FAILPOINT("segment.cut.before");
    if (!e && (ftruncate(f->fd, (off_t)committed) != 0 || fsync(f->fd) != 0))
        e = errno;
    if (!e)
        e = FAILPOINT("segment.cut.after");
    return e ? err_errno(err, file_errno_code(e), e, "cannot cut %s", f->path) : 0;
}

int segrecover(const char *folder, const struct store_segment *row, uint64_t committed,
               struct segfile **ret_file, bool *ret_cut, struct err *err)
{
    char path[PATH_BYTES];
    bool was_cut = false;
    struct segfile *f CLEANUP(segfile_freep) =
        segfile_new(row->id, (uint32_t)row->shard, row->created_ns);
    if (!f)
        return err_set(err, E_NOMEM, "no memory to recover a segment");
    int n = snprintf(path, sizeof path, "%s/%s", folder, f->path);
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(err, E_ARG, "the data folder's path is too long");
    int rc = walk(f, path, committed, err);
    if (rc)
        return rc;
    f->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (f->fd < 0)
        return err_errno(err, file_errno_code(errno), errno, "cannot open %s", f->path);
    rc = cut(f, committed, &was_cut, err);
    if (rc)
        return rc;
    f->committed = f->placed = committed;
    f->frames_committed = f->frames_len;
    f->summary_committed = f->summary;
    *ret_cut = was_cut;
    *ret_file = TAKE(f);
    return 0;
}
