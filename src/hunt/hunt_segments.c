/* Which segments a hunt reads, from the store's catalogue. See hunt.h. */
#include <stdio.h>

#include "base/buf.h"
#include "hunt/hunt.h"

/* Of a segment that is still written only the committed range is valid; it may be sealed while it
 * is read, which changes nothing before that range's end. */
static int add(const struct store_segment *row, const char *folder, struct arena *arena,
               struct buf *list)
{
    struct str path = arena_fmt(arena, "%s/%.*s", folder, STR_FMT(row->path));
    bool sealed = row->state == SEGMENT_SEALED;
    struct hunt_segment segment = {.path = path.ptr,
                                   .committed_bytes = sealed ? 0 : (uint64_t)row->bytes,
                                   .bytes = (uint64_t)row->bytes};
    if (!path.ptr)
        return E_NOMEM;
    buf_add(list, &segment, sizeof segment);
    return buf_check(list);
}

static int collect(struct store_tx *tx, struct store_segment_filter filter, const char *folder,
                   struct arena *arena, struct buf *list, struct err *err)
{
    for (;;) {
        struct store_segment_list page;
        int rc = store_segment_list(tx, &filter, arena, &page, err);
        for (size_t i = 0; !rc && i < page.len; i++)
            rc = add(&page.items[i], folder, arena, list);
        if (rc || page.len < filter.limit)
            return rc;
        filter.after_id = page.items[page.len - 1].id;
    }
}

int hunt_segments(struct store *store, const char *folder, int64_t since_ns, int64_t until_ns,
                  struct arena *arena, struct hunt_segment **ret_segments, size_t *ret_len,
                  struct err *err)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    CLEANUP(buf_done) struct buf list = {0};
    const struct store_segment_filter filter = {
        .shard = -1, .from_ns = since_ns, .until_ns = until_ns, .limit = 500};
    int rc = store_read_begin(store, &tx, err);
    if (!rc)
        rc = collect(tx, filter, folder, arena, &list, err);
    if (rc)
        return rc;
    size_t len = list.len / sizeof(struct hunt_segment);
    *ret_segments = arena_array(arena, len + 1, sizeof(struct hunt_segment));
    if (!*ret_segments)
        return err_set(err, E_NOMEM, "%s", err_sentence(E_NOMEM));
    if (len)
        memcpy(*ret_segments, list.ptr, list.len);
    *ret_len = len;
    return 0;
}
