/* Alerts in SQLite: the domain calls of store.h. */
#include "store/sqlite_priv.h"

int sqlite_alert_put(struct store_tx *tx, const struct store_alert *alert, bool *ret_new,
                     struct err *err)
{
    struct store_alert row = *alert;
    bool exists = false;
    int rc = row_exists(conn_of(tx), &table_alert, alert->id, &exists, err);
    if (rc)
        return rc;
    if (exists) {
        *ret_new = false;
        return 0;
    }
    if (row.count < 1)
        row.count = 1;
    rc = row_write(conn_of(tx), &table_alert, ROW_INSERT, &row, err);
    if (!rc)
        *ret_new = true;
    return rc;
}

int sqlite_alert_get(struct store_tx *tx, struct str id, struct arena *arena,
                     struct store_alert *ret_alert, struct err *err)
{
    return row_get(conn_of(tx), &table_alert, id, "alert", arena, ret_alert, err);
}

int sqlite_alert_set_state(struct store_tx *tx, struct str id, enum alert_state state,
                           struct str by, int64_t now_ns, struct str reason, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite_prepare(conn_of(tx),
                            "UPDATE alerts SET state=?2,state_by=?3,state_ns=?4,state_reason=?5 "
                            "WHERE id=?1",
                            &stmt, err);
    if (rc)
        return rc;
    sqlite_bind_str(stmt, 1, id);
    sqlite_bind_str(stmt, 2, alert_state_names[state]);
    sqlite_bind_str(stmt, 3, by);
    sqlite_bind_i64(stmt, 4, now_ns);
    sqlite_bind_str(stmt, 5, reason);
    return row_change(conn_of(tx), stmt, "alert", id, err);
}

static const struct query_order newest = {"received_ns", "id", true};

/* SQLite knows no numbers of rows; it is told what narrows most: the device or the rule, then the
 * state, then the level. */
static void add_filter(struct query *q, const struct store_alert_filter *filter,
                       struct buf *patterns)
{
    bool narrow = filter->device.len || filter->rule_id.len;
    (narrow ? query_set_beside : query_set)(q, "state", filter->states);
    (narrow || filter->states ? query_set_beside : query_set)(q, "level", filter->levels);
    if (filter->device.len)
        query_text(q, "device=", filter->device);
    if (filter->rule_id.len)
        query_text(q, "rule_id=", filter->rule_id);
    if (filter->since_ns)
        query_int(q, "received_ns>=", filter->since_ns);
    if (filter->until_ns)
        query_int(q, "received_ns<", filter->until_ns);
    if (filter->text.len) {
        query_like(q, "AND(rule_title LIKE", filter->text, &patterns[0]);
        query_like(q, "OR +device IN (SELECT id FROM devices WHERE hostname LIKE", filter->text,
                   &patterns[1]);
        buf_add_cstr(&q->sql, "))");
    }
}

int sqlite_alert_list(struct store_tx *tx, const struct store_alert_filter *filter,
                      const struct store_page *page, struct arena *arena,
                      struct store_alert_list *ret_list, struct err *err)
{
    struct buf patterns[2] = {{0}, {0}};
    struct query_page got;
    struct query q CLEANUP(query_done);
    query_init_without(&q, &table_alert, filter->brief ? "json" : "");
    add_filter(&q, filter, patterns);
    int rc = query_list(&q, conn_of(tx), &newest, page, arena, &got, err);
    buf_done(&patterns[0]);
    buf_done(&patterns[1]);
    if (rc)
        return rc;
    *ret_list = (struct store_alert_list){got.items, got.len, got.next};
    return 0;
}

int sqlite_alert_count(struct store_tx *tx, const struct store_alert_filter *filter, uint32_t most,
                       uint32_t *ret_count, struct err *err)
{
    struct buf patterns[2] = {{0}, {0}};
    struct query q CLEANUP(query_done);
    query_init(&q, &table_alert);
    add_filter(&q, filter, patterns);
    int rc = query_count(&q, conn_of(tx), &newest, most, ret_count, err);
    buf_done(&patterns[0]);
    buf_done(&patterns[1]);
    return rc;
}

int sqlite_alert_around(struct store_tx *tx, const struct store_alert *alert, int64_t span_ns,
                        uint32_t most, struct arena *arena, struct store_alert_list *ret_list,
                        struct err *err)
{
    static const struct query_order by_time = {"time_ns", "id", true};
    const struct store_page page = {.limit = most};
    struct query_page got;
    struct query q CLEANUP(query_done);
    query_init_without(&q, &table_alert, "json");
    query_text(&q, "device=", alert->device);
    query_int(&q, "time_ns>=", alert->time_ns - span_ns);
    query_int(&q, "time_ns<=", alert->time_ns + span_ns);
    query_text(&q, "id<>", alert->id);
    int rc = query_list(&q, conn_of(tx), &by_time, &page, arena, &got, err);
    if (rc)
        return rc;
    *ret_list = (struct store_alert_list){got.items, got.len, STR("")};
    return 0;
}

int sqlite_alert_count_open(struct store_tx *tx, struct str device, int64_t *ret_count,
                            struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    /* Every list of devices asks this for each of them: no other index will do. */
    int rc = sqlite_prepare(conn_of(tx),
                            "SELECT count(*) FROM alerts INDEXED BY alerts_open "
                            "WHERE state='open' AND device=?1",
                            &stmt, err);
    if (rc)
        return rc;
    sqlite_bind_str(stmt, 1, device);
    rc = sqlite_step(conn_of(tx), stmt, "alerts", err);
    if (rc < 0)
        return rc;
    *ret_count = sqlite3_column_int64(stmt, 0);
    (void)sqlite3_reset(stmt);
    return 0;
}
