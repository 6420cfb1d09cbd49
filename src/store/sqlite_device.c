/* Devices in SQLite: the domain calls of store.h. */
#include "store/sqlite_priv.h"

int sqlite_device_put(struct store_tx *tx, const struct store_device *device, bool *ret_new,
                      struct err *err)
{
    bool exists = false;
    int rc = row_exists(conn_of(tx), &table_device, device->id, &exists, err);
    if (!rc)
        rc = row_write(conn_of(tx), &table_device, ROW_PUT, device, err);
    if (!rc)
        *ret_new = !exists;
    if (rc == E_EXISTS)
        return err_set(err, rc, "another device has the hardware uuid '%.*s' or the same key",
                       STR_FMT(device->hardware_uuid));
    return rc;
}

int sqlite_device_get(struct store_tx *tx, struct str id, struct arena *arena,
                      struct store_device *ret_device, struct err *err)
{
    return row_get(conn_of(tx), &table_device, id, "device", arena, ret_device, err);
}

int sqlite_device_find_key(struct store_tx *tx, struct str fingerprint, struct arena *arena,
                           struct store_device *ret_device, struct err *err)
{
    static const char *const where[] = {"key_fingerprint=",
                                        "next_fingerprint<>'' AND next_fingerprint="};
    for (size_t i = 0; i < ARRAY_LEN(where); i++) {
        struct query q CLEANUP(query_done);
        query_init(&q, &table_device);
        query_text(&q, where[i], fingerprint);
        int rc = query_one(&q, conn_of(tx), arena, ret_device, err);
        if (rc != E_NOT_FOUND)
            return rc;
    }
    return err_set(err, E_NOT_FOUND, "no device has this key");
}

int sqlite_device_find_hardware(struct store_tx *tx, struct str uuid, struct arena *arena,
                                struct store_device *ret_device, struct err *err)
{
    struct query q CLEANUP(query_done);
    query_init(&q, &table_device);
    query_text(&q, "hardware_uuid=", uuid);
    query_literal(&q, "state='enrolled'");
    int rc = query_one(&q, conn_of(tx), arena, ret_device, err);
    if (rc == E_NOT_FOUND)
        return err_set(err, rc, "no enrolled device has the hardware uuid '%.*s'", STR_FMT(uuid));
    return rc;
}

int sqlite_device_seen(struct store_tx *tx, struct str id, int64_t now_ns, struct str address,
                       int64_t clock_offset_ns, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite_prepare(conn_of(tx),
                            "UPDATE devices SET last_seen_ns=max(last_seen_ns,?2),address=?3,"
                            "clock_offset_ns=?4 WHERE id=?1",
                            &stmt, err);
    if (rc)
        return rc;
    sqlite_bind_str(stmt, 1, id);
    sqlite_bind_i64(stmt, 2, now_ns);
    sqlite_bind_str(stmt, 3, address);
    sqlite_bind_i64(stmt, 4, clock_offset_ns);
    return row_change(conn_of(tx), stmt, "device", id, err);
}

int sqlite_device_list(struct store_tx *tx, const struct store_device_filter *filter,
                       const struct store_page *page, struct arena *arena,
                       struct store_device_list *ret_list, struct err *err)
{
    static const struct query_order order = {"hostname", "id", false};
    const struct query_accept accept = {filter->accept, filter->accept_arg};
    struct buf pattern CLEANUP(buf_done) = {0};
    struct query_page got;
    struct query q CLEANUP(query_done);
    query_init(&q, &table_device);
    query_set_beside(&q, "state", filter->states);
    query_set_beside(&q, "isolation_observed", filter->isolations);
    query_set_beside(&q, "condition", filter->conditions);
    if (filter->text.len)
        query_like(&q, "AND hostname||' '||id LIKE", filter->text, &pattern);
    if (filter->platform.len)
        query_text(&q, "platform=", filter->platform);
    if (filter->accept)
        query_accepted(&q, "id", &accept);
    int rc = query_list(&q, conn_of(tx), &order, page, arena, &got, err);
    if (rc)
        return rc;
    *ret_list = (struct store_device_list){got.items, got.len, got.next};
    return 0;
}
