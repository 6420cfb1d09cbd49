/* The catalogue of telemetry in SQLite: spool epochs, segments, committed batches, for readers. */
#include "store/sqlite_priv.h"

int sqlite_epoch_get(struct store_tx *tx, struct str device, uint64_t epoch, struct arena *arena,
                     struct store_epoch *ret_epoch, struct err *err)
{
    const struct store_epoch key = {.device = device, .epoch = epoch};
    int rc = row_find(conn_of(tx), &table_epoch, &key, arena, ret_epoch, err);
    if (rc == E_NOT_FOUND)
        return err_set(err, rc, "device '%.*s' sent nothing of epoch %llu", STR_FMT(device),
                       (unsigned long long)epoch);
    return rc;
}

int sqlite_segment_list(struct store_tx *tx, const struct store_segment_filter *filter,
                        struct arena *arena, struct store_segment_list *ret_list, struct err *err)
{
    static const struct query_order order = {NULL, "id", false};
    const struct store_page page = {.limit = filter->limit};
    struct query_page got;
    struct query q CLEANUP(query_done);
    query_init(&q, &table_segment);
    if (filter->shard >= 0)
        query_int(&q, "shard=", filter->shard);
    if (filter->from_ns)
        query_int(&q, "received_max_ns>=", filter->from_ns);
    if (filter->until_ns)
        query_int(&q, "received_min_ns<", filter->until_ns);
    query_int(&q, "id>", filter->after_id);
    int rc = query_list(&q, conn_of(tx), &order, &page, arena, &got, err);
    if (rc)
        return rc;
    *ret_list = (struct store_segment_list){got.items, got.len, STR("")};
    return 0;
}

int sqlite_segment_batches(struct store_tx *tx, int64_t segment, int64_t from_offset,
                           uint32_t limit, struct arena *arena,
                           struct store_batch_row_list *ret_list, struct err *err)
{
    static const struct query_order order = {NULL, "offset", false};
    const struct store_page page = {.limit = limit};
    struct query_page got;
    struct query q CLEANUP(query_done);
    query_init(&q, &table_batch);
    query_literal(&q, "length>0");
    query_int(&q, "segment=", segment);
    query_int(&q, "\"offset\">=", from_offset);
    int rc = query_list(&q, conn_of(tx), &order, &page, arena, &got, err);
    if (rc)
        return rc;
    *ret_list = (struct store_batch_row_list){got.items, got.len, STR("")};
    return 0;
}
