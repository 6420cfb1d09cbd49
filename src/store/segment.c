/* Reading a segment from a file or from memory. See segment.h. Every length is checked before it is
 * used, every byte is covered by a checksum before it is believed. */
#include "store/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <zstd.h>

#include "base/mem.h"
#include "os/file.h"
#include "store/segformat_priv.h"

struct segment_reader {
    int fd;           /* -1 = bytes in memory */
    struct str bytes; /* in memory */
    uint64_t size;    /* of the file */
    uint64_t end;     /* where frames end: committed range or footer */
    uint64_t offset;  /* of the next frame, without a footer */
    struct segment_head head;
    bool sealed;
    struct buf footer_bytes;
    struct segfooter footer;
    struct str *devices; /* sorted, from the footer */
    uint32_t next;       /* in the footer's index */
    struct str keys;     /* of the frames from `next` on */
    struct buf fetched;
    struct buf device; /* of the frame yielded last, and its keys, without a footer */
    ZSTD_DCtx *zstd;
};

void segment_kind_add(uint64_t filter[4], struct str kind_name)
{
    uint64_t bit = str_hash(kind_name, 0) % 256;
    filter[bit / 64] |= UINT64_C(1) << (bit % 64);
}

bool segment_kind_maybe(const uint64_t filter[4], struct str kind_name)
{
    uint64_t bit = str_hash(kind_name, 0) % 256;
    return (filter[bit / 64] >> (bit % 64) & 1) != 0;
}

uint32_t segment_shard(struct str device, uint32_t shards)
{
    return (uint32_t)(str_hash(device, 0) % shards);
}

/* Make `len` bytes at `offset` readable; the slice is valid until the next fetch. */
static int fetch(struct segment_reader *r, uint64_t offset, size_t len, struct buf *into,
                 struct str *ret, struct err *err)
{
    if (offset > r->size || len > r->size - offset)
        return err_set(err, E_PARSE,
                       "the segment ends at byte %llu, %zu bytes were expected at %llu",
                       (unsigned long long)r->size, len, (unsigned long long)offset);
    if (r->fd < 0) {
        *ret = str_sub(r->bytes, (size_t)offset, len);
        return 0;
    }
    buf_clear(into);
    int rc = buf_reserve(into, len);
    if (rc)
        return err_set(err, rc, "no memory for %zu bytes of a segment", len);
    rc = len ? file_pread_all(r->fd, into->ptr, len, offset) : 0;
    if (rc)
        return err_set(err, rc == E_CLOSED ? E_PARSE : rc, "cannot read %zu bytes at byte %llu",
                       len, (unsigned long long)offset);
    into->len = len;
    *ret = buf_str(into);
    return 0;
}

static int read_devices(struct segment_reader *r, struct err *err)
{
    const struct segfooter *f = &r->footer;
    r->devices = mem_calloc(f->devices_len ? f->devices_len : 1, sizeof *r->devices);
    if (!r->devices)
        return err_set(err, E_NOMEM, "no memory for the device set of a segment");
    size_t at = 0;
    for (uint32_t i = 0; i < f->devices_len; i++) {
        size_t len = (unsigned char)f->devices.ptr[at];
        r->devices[i] = str_sub(f->devices, at + 1, len);
        at += 1 + len;
        if (i && str_cmp(r->devices[i - 1], r->devices[i]) >= 0)
            return err_set(err, E_PARSE, "the device set of the footer is not sorted");
    }
    return 0;
}

static int read_footer(struct segment_reader *r, struct err *err)
{
    struct str tail;
    uint64_t offset = 0;
    uint32_t bytes = 0;
    size_t tail_len = r->size < SEGFORMAT_TRAILER_BYTES ? (size_t)r->size : SEGFORMAT_TRAILER_BYTES;
    int rc = fetch(r, r->size - tail_len, tail_len, &r->fetched, &tail, err);
    if (rc)
        return rc;
    rc = segformat_trailer(tail, r->size, &offset, &bytes, err);
    if (rc)
        return rc == E_NOT_FOUND ? err_set(err, E_STATE, "the segment is not sealed") : rc;
    struct str footer;
    rc = fetch(r, offset, (size_t)(r->size - offset), &r->footer_bytes, &footer, err);
    if (rc)
        return rc;
    rc = segformat_footer(footer, offset, &r->footer, err);
    if (rc)
        return rc;
    r->sealed = true;
    r->end = offset;
    r->keys = r->footer.keys;
    return read_devices(r, err);
}

static int start(struct segment_reader *r, uint64_t committed_bytes, struct err *err)
{
    struct str head;
    size_t head_len = r->size < SEGMENT_HEADER_BYTES ? (size_t)r->size : SEGMENT_HEADER_BYTES;
    int rc = fetch(r, 0, head_len, &r->fetched, &head, err);
    if (rc)
        return rc;
    rc = segformat_header(head, &r->head, err);
    if (rc)
        return rc;
    r->offset = SEGMENT_HEADER_BYTES;
    if (!committed_bytes)
        return read_footer(r, err);
    if (committed_bytes > r->size)
        return err_set(err, E_PARSE, "the segment has %llu bytes, %llu are committed",
                       (unsigned long long)r->size, (unsigned long long)committed_bytes);
    r->end = committed_bytes;
    return 0;
}

static int open_reader(int fd, struct str bytes, uint64_t size, uint64_t committed_bytes,
                       struct segment_reader **ret_reader, struct err *err)
{
    struct segment_reader *r CLEANUP(segment_reader_closep) = mem_calloc(1, sizeof *r);
    if (!r) {
        fd_closep(&fd);
        return err_set(err, E_NOMEM, "no memory to read a segment");
    }
    *r = (struct segment_reader){.fd = fd, .bytes = bytes, .size = size};
    r->zstd = ZSTD_createDCtx();
    if (!r->zstd)
        return err_set(err, E_NOMEM, "no memory to read a segment");
    int rc = start(r, committed_bytes, err);
    if (rc)
        return rc;
    *ret_reader = TAKE(r);
    return 0;
}

int segment_reader_open(const char *path, uint64_t committed_bytes,
                        struct segment_reader **ret_reader, struct err *err)
{
    int fd CLEANUP(fd_closep) = file_open_nofollow(path, err);
    struct stat st;
    if (fd < 0)
        return fd;
    if (fstat(fd, &st) != 0)
        return err_errno(err, E_IO, errno, "cannot read %s", path);
    int rc = open_reader(TAKE_FD(fd), (struct str){0}, (uint64_t)st.st_size, committed_bytes,
                         ret_reader, err);
    if (rc)
        err_at(err, path, 0, 0);
    return rc;
}

int segment_reader_of_bytes(struct str bytes, uint64_t committed_bytes,
                            struct segment_reader **ret_reader, struct err *err)
{
    return open_reader(-1, bytes, bytes.len, committed_bytes, ret_reader, err);
}

void segment_reader_close(struct segment_reader *r)
{
    if (!r)
        return;
    fd_closep(&r->fd);
    buf_done(&r->footer_bytes);
    buf_done(&r->fetched);
    buf_done(&r->device);
    mem_free(r->devices);
    (void)ZSTD_freeDCtx(r->zstd);
    mem_free(r);
}

void segment_reader_closep(struct segment_reader **reader)
{
    segment_reader_close(*reader);
    *reader = NULL;
}

const struct segment_head *segment_reader_head(const struct segment_reader *r)
{
    return &r->head;
}

const struct segment_summary *segment_reader_summary(const struct segment_reader *r)
{
    return r->sealed ? &r->footer.summary : NULL;
}

bool segment_reader_has_device(const struct segment_reader *r, struct str device)
{
    size_t low = 0;
    size_t high = r->footer.devices_len;
    if (!r->sealed)
        return true;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = str_cmp(r->devices[mid], device);
        if (order == 0)
            return true;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}

/* The header at an offset, checked, its whole frame inside the readable range. */
static int read_header(struct segment_reader *r, uint64_t offset, struct segment_frame *ret_frame,
                       unsigned char ret_sum[SEGFORMAT_SUM_BYTES], struct err *err)
{
    struct str bytes;
    uint64_t left = r->end - offset;
    size_t len =
        left < SEGFORMAT_FRAME_HEADER_MOST ? (size_t)left : (size_t)SEGFORMAT_FRAME_HEADER_MOST;
    int rc = fetch(r, offset, len, &r->fetched, &bytes, err);
    if (rc)
        return rc;
    rc = segformat_frame(bytes, offset, ret_frame, ret_sum, err);
    if (rc)
        return rc;
    if (left < (uint64_t)ret_frame->header_bytes + ret_frame->stored_bytes)
        return err_set(err, E_PARSE, "the frame at byte %llu reaches past the end of the frames",
                       (unsigned long long)offset);
    return 0;
}

int segment_reader_next(struct segment_reader *r, struct segment_frame *ret_frame, struct err *err)
{
    struct segment_frame f;
    unsigned char sum[SEGFORMAT_SUM_BYTES];
    if (r->sealed) {
        if (r->next >= r->footer.index_len)
            return E_NOT_FOUND;
        int rc = segformat_index(&r->footer, r->next, r->end, r->devices, &r->keys, ret_frame, err);
        if (!rc)
            r->next++;
        return rc;
    }
    if (r->offset >= r->end)
        return E_NOT_FOUND;
    int rc = read_header(r, r->offset, &f, sum, err);
    if (rc)
        return rc;
    buf_clear(&r->device);
    buf_add_str(&r->device, f.device);
    buf_add_str(&r->device, f.keys);
    if (buf_check(&r->device))
        return err_set(err, E_NOMEM, "no memory to read a segment");
    f.device = str_sub(buf_str(&r->device), 0, f.device.len);
    f.keys = str_sub(buf_str(&r->device), f.device.len, SIZE_MAX);
    r->offset += (uint64_t)f.header_bytes + f.stored_bytes;
    *ret_frame = f;
    return 0;
}

static int decompress(struct segment_reader *r, struct str payload,
                      const struct segment_frame *frame, struct buf *out, struct err *err)
{
    if (ZSTD_findFrameCompressedSize(payload.ptr, payload.len) != payload.len ||
        ZSTD_getFrameContentSize(payload.ptr, payload.len) != frame->plain_bytes)
        return err_set(err, E_PARSE, "the payload at byte %llu is not one frame of %u bytes",
                       (unsigned long long)frame->offset, frame->plain_bytes);
    int rc = buf_reserve(out, frame->plain_bytes);
    if (rc)
        return err_set(err, rc, "no room for %u bytes of telemetry", frame->plain_bytes);
    size_t got = ZSTD_decompressDCtx(r->zstd, out->ptr + out->len, frame->plain_bytes, payload.ptr,
                                     payload.len);
    if (ZSTD_isError(got) || got != frame->plain_bytes)
        return err_set(err, E_PARSE, "the payload at byte %llu does not decompress: %s",
                       (unsigned long long)frame->offset,
                       ZSTD_isError(got) ? ZSTD_getErrorName(got) : "wrong length");
    PLANT_OVERREAD(payload.ptr + payload.len);
    out->len += got;
    return 0;
}

int segment_reader_plain(struct segment_reader *r, const struct segment_frame *frame,
                         struct buf *out, struct err *err)
{
    struct segment_frame there;
    unsigned char stored[SEGFORMAT_SUM_BYTES];
    struct str payload;
    if (frame->offset > r->end)
        return err_set(err, E_PARSE, "no frame at byte %llu", (unsigned long long)frame->offset);
    int rc = read_header(r, frame->offset, &there, stored, err);
    if (rc)
        return rc;
    if (there.stored_bytes != frame->stored_bytes || there.plain_bytes != frame->plain_bytes ||
        there.header_bytes != frame->header_bytes)
        return err_set(err, E_PARSE, "the index and the frame at byte %llu disagree",
                       (unsigned long long)frame->offset);
    rc = fetch(r, frame->offset + frame->header_bytes, frame->stored_bytes, &r->fetched, &payload,
               err);
    if (rc)
        return rc;
    rc = segformat_check(payload, stored, "payload", frame->offset, err);
    if (rc)
        return rc;
    return decompress(r, payload, frame, out, err);
}
