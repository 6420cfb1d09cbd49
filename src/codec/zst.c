/* Zstandard over whole buffers, by libzstd. See zst.h. */
#include "codec/zst.h"

#include <zstd.h>
#include <zstd_errors.h>

enum {
    STEP_BYTES = 65536,
    WINDOW_LOG_LEAST = 23, /* 8 MiB: the window of level 19 */
    WINDOW_LOG_MOST = 27,
};

static void free_pack(ZSTD_CCtx **pack)
{
    (void)ZSTD_freeCCtx(*pack);
}

static void free_unpack(ZSTD_DCtx **unpack)
{
    (void)ZSTD_freeDCtx(*unpack);
}

static int set_pack(ZSTD_CCtx *pack, ZSTD_cParameter parameter, int value)
{
    return ZSTD_isError(ZSTD_CCtx_setParameter(pack, parameter, value)) ? E_ARG : 0;
}

int zst_compress(struct str plain, int level, struct buf *out)
{
    if (level < ZST_LEVEL_LEAST || level > ZST_LEVEL_MOST)
        return E_ARG;
    CLEANUP(free_pack) ZSTD_CCtx *pack = ZSTD_createCCtx();
    if (!pack)
        return E_NOMEM;
    int rc = set_pack(pack, ZSTD_c_compressionLevel, level);
    if (rc == 0)
        rc = set_pack(pack, ZSTD_c_checksumFlag, 1);
    if (rc)
        return rc;
    size_t bound = ZSTD_compressBound(plain.len);
    if (ZSTD_isError(bound))
        return E_LIMIT;
    /* The buffer's limit is about what is kept, not about the room that compressing needs. */
    size_t limit = out->limit;
    out->limit = 0;
    rc = buf_reserve(out, bound);
    out->limit = limit;
    if (rc)
        return rc;
    size_t got = ZSTD_compress2(pack, out->ptr + out->len, bound, plain.ptr, plain.len);
    if (ZSTD_isError(got))
        return ZSTD_getErrorCode(got) == ZSTD_error_memory_allocation ? E_NOMEM : E_INTERNAL;
    if (limit && (out->len > limit || got > limit - out->len))
        return out->error = E_LIMIT;
    out->len += got;
    return 0;
}

static int window_log(size_t limit)
{
    int log = WINDOW_LOG_LEAST;
    while (log < WINDOW_LOG_MOST && ((size_t)1 << log) < limit)
        log++;
    return log;
}

static int code_of(size_t zstd_result)
{
    switch (ZSTD_getErrorCode(zstd_result)) {
    case ZSTD_error_memory_allocation:
        return E_NOMEM;
    case ZSTD_error_frameParameter_windowTooLarge:
        return E_LIMIT;
    default:
        return E_PARSE;
    }
}

/* Room for the next piece: the frame's own claim when it makes one, never beyond limit + 1. */
static int make_room(const ZSTD_inBuffer *in, size_t made, size_t limit, struct buf *out)
{
    size_t want = made > STEP_BYTES ? made : STEP_BYTES;
    if (made == 0) {
        unsigned long long claim = ZSTD_getFrameContentSize(in->src, in->size);
        if (claim != ZSTD_CONTENTSIZE_UNKNOWN && claim != ZSTD_CONTENTSIZE_ERROR) {
            if (claim > limit)
                return E_LIMIT;
            want = (size_t)claim + 1;
        }
    }
    if (want > limit + 1 - made)
        want = limit + 1 - made;
    return buf_reserve(out, want);
}

static int unpack_all(ZSTD_DCtx *unpack, struct str packed, size_t limit, struct buf *out)
{
    size_t start = out->len;
    ZSTD_inBuffer in = {packed.ptr, packed.len, 0};
    size_t left = 1; /* 0 = a frame ended exactly here */
    while (in.pos < in.size || left) {
        size_t made = out->len - start;
        if (made > limit)
            return E_LIMIT;
        int rc = make_room(&in, made, limit, out);
        if (rc)
            return rc;
        size_t room = out->cap - 1 - out->len;
        if (room > limit + 1 - made)
            room = limit + 1 - made;
        ZSTD_outBuffer to = {out->ptr + out->len, room, 0};
        size_t before = in.pos;
        left = ZSTD_decompressStream(unpack, &to, &in);
        if (ZSTD_isError(left))
            return code_of(left);
        out->len += to.pos;
        if (in.pos == before && to.pos == 0)
            break; /* cut short */
    }
    if (left)
        return E_PARSE;
    PLANT_OVERREAD(packed.ptr + packed.len);
    return out->len - start > limit ? E_LIMIT : 0;
}

int zst_decompress(struct str packed, size_t limit, struct buf *out)
{
    int rc = buf_check(out);
    if (rc)
        return rc;
    if (limit == 0 || limit > SIZE_MAX / 2)
        return E_ARG;
    if (packed.len == 0)
        return E_PARSE;
    CLEANUP(free_unpack) ZSTD_DCtx *unpack = ZSTD_createDCtx();
    if (!unpack)
        return E_NOMEM;
    if (ZSTD_isError(ZSTD_DCtx_setParameter(unpack, ZSTD_d_windowLogMax, window_log(limit))))
        return E_INTERNAL;
    size_t start = out->len;
    rc = unpack_all(unpack, packed, limit, out);
    if (rc) {
        buf_truncate(out, start);
        out->error = 0;
    }
    return rc;
}
