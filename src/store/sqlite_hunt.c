/* Hunts and their results in SQLite: the domain calls of store.h. */
#include "store/sqlite_priv.h"

int sqlite_hunt_put(struct store_tx *tx, const struct store_hunt *hunt, bool *ret_new,
                    struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    bool exists = false;
    int rc = row_exists(conn_of(tx), &table_hunt, hunt->id, &exists, err);
    if (rc)
        return rc;
    *ret_new = !exists;
    if (!exists)
        return row_write(conn_of(tx), &table_hunt, ROW_INSERT, hunt, err);
    /* Not replaced: its results would go with it. */
    rc = sqlite_prepare(conn_of(tx),
                        "UPDATE hunts SET state=?2,error=?3,started_ns=?4,finished_ns=?5,"
                        "segments=?6,segments_done=?7,bytes=?8,bytes_done=?9,frames=?10,"
                        "frames_skipped=?11,events=?12,matches=?13,results=?14,damaged=?15,"
                        "truncated=?16,received_min_ns=?17,received_max_ns=?18,detail_json=?19 "
                        "WHERE id=?1",
                        &stmt, err);
    if (rc)
        return rc;
    const int64_t numbers[] = {hunt->started_ns,    hunt->finished_ns,     hunt->segments,
                               hunt->segments_done, hunt->bytes,           hunt->bytes_done,
                               hunt->frames,        hunt->frames_skipped,  hunt->events,
                               hunt->matches,       hunt->results,         hunt->damaged,
                               hunt->truncated,     hunt->received_min_ns, hunt->received_max_ns};
    sqlite_bind_str(stmt, 1, hunt->id);
    sqlite_bind_str(stmt, 2, hunt_state_names[hunt->state]);
    sqlite_bind_str(stmt, 3, hunt->error);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        sqlite_bind_i64(stmt, 4 + (int)i, numbers[i]);
    sqlite_bind_str(stmt, 19, hunt->detail_json);
    return sqlite_run(conn_of(tx), stmt, "hunts", err);
}

int sqlite_hunt_get(struct store_tx *tx, struct str id, struct arena *arena,
                    struct store_hunt *ret_hunt, struct err *err)
{
    return row_get(conn_of(tx), &table_hunt, id, "hunt", arena, ret_hunt, err);
}

int sqlite_hunt_list(struct store_tx *tx, const struct store_hunt_filter *filter,
                     const struct store_page *page, struct arena *arena,
                     struct store_hunt_list *ret_list, struct err *err)
{
    static const struct query_order newest = {"created_ns", "id", true};
    struct query_page got;
    struct query q CLEANUP(query_done);
    query_init_without(&q, &table_hunt, "detail_json");
    query_set(&q, "state", filter->states);
    if (filter->created_by.len)
        query_text(&q, "created_by=", filter->created_by);
    int rc = query_list(&q, conn_of(tx), &newest, page, arena, &got, err);
    if (rc)
        return rc;
    *ret_list = (struct store_hunt_list){got.items, got.len, got.next};
    return 0;
}

int sqlite_hunt_interrupt(struct store_tx *tx, int64_t now_ns, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite_prepare(conn_of(tx),
                            "UPDATE hunts SET state='interrupted',finished_ns=?1 "
                            "WHERE state IN('queued','running')",
                            &stmt, err);
    if (rc)
        return rc;
    sqlite_bind_i64(stmt, 1, now_ns);
    return sqlite_run(conn_of(tx), stmt, "hunts", err);
}

int sqlite_hunt_prune(struct store_tx *tx, uint32_t keep, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite_prepare(conn_of(tx),
                            "DELETE FROM hunts WHERE state NOT IN('queued','running') AND id NOT IN"
                            "(SELECT id FROM hunts ORDER BY created_ns DESC,id DESC LIMIT ?1)",
                            &stmt, err);
    if (rc)
        return rc;
    sqlite_bind_i64(stmt, 1, keep);
    return sqlite_run(conn_of(tx), stmt, "hunts", err);
}

int sqlite_hunt_result_put(struct store_tx *tx, const struct store_hunt_result *result,
                           struct err *err)
{
    return row_write(conn_of(tx), &table_hunt_result, ROW_INSERT, result, err);
}

int sqlite_hunt_result_list(struct store_tx *tx, const struct store_hunt_result_filter *filter,
                            const struct store_page *page, struct arena *arena,
                            struct store_hunt_result_list *ret_list, struct err *err)
{
    static const struct query_order order = {"time_ns", "id", false};
    struct query_page got;
    struct query q CLEANUP(query_done);
    query_init(&q, &table_hunt_result);
    query_text(&q, "hunt=", filter->hunt);
    if (filter->rule_id.len)
        query_text(&q, "rule_id=", filter->rule_id);
    if (filter->device.len)
        query_text(&q, "device=", filter->device);
    int rc = query_list(&q, conn_of(tx), &order, page, arena, &got, err);
    if (rc)
        return rc;
    *ret_list = (struct store_hunt_result_list){got.items, got.len, got.next};
    return 0;
}
