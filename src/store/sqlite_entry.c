/* Entries of prevent lists and exceptions in SQLite: the domain calls of store.h. */
#include "store/sqlite_priv.h"

enum { HIDDEN_MOST = 10000 };

int sqlite_entry_put(struct store_tx *tx, const struct store_entry *entry, struct err *err)
{
    return row_write(conn_of(tx), &table_entry, ROW_PUT, entry, err);
}

int sqlite_entry_get(struct store_tx *tx, struct str id, struct arena *arena,
                     struct store_entry *ret_entry, struct err *err)
{
    return row_get(conn_of(tx), &table_entry, id, "entry", arena, ret_entry, err);
}

int sqlite_entry_find(struct store_tx *tx, struct str kind, struct str value, struct str verdict,
                      struct arena *arena, struct store_entry *ret_entry, struct err *err)
{
    struct query q CLEANUP(query_done);
    query_init(&q, &table_entry);
    query_literal(&q, "removed_ns=0");
    query_text(&q, "kind=", kind);
    query_text(&q, "value=", value);
    query_text(&q, "verdict=", verdict);
    int rc = query_one(&q, conn_of(tx), arena, ret_entry, err);
    return rc == E_NOT_FOUND ? err_set(err, rc, "there is no %.*s '%.*s'", STR_FMT(kind),
                                       STR_FMT(str_sub(value, 0, 128)))
                             : rc;
}

static void add_state(struct query *q, const struct store_entry_filter *filter)
{
    switch (filter->state) {
    case ENTRY_LIVE:
        query_literal(q, "removed_ns=0");
        query_int(q, "(expires_ns=0 OR expires_ns>", filter->now_ns);
        buf_add_char(&q->sql, ')');
        break;
    case ENTRY_EXPIRED:
        query_literal(q, "removed_ns=0 AND expires_ns>0");
        query_int(q, "expires_ns<=", filter->now_ns);
        break;
    case ENTRY_REMOVED:
        query_literal(q, "removed_ns>0");
        break;
    case ENTRY_ANY:
    case ENTRY_STATES:
        break;
    }
}

int sqlite_entry_list(struct store_tx *tx, const struct store_entry_filter *filter,
                      const struct store_page *page, struct arena *arena,
                      struct store_entry_list *ret_list, struct err *err)
{
    static const struct query_order newest = {"created_ns", "id", true};
    struct buf pattern CLEANUP(buf_done) = {0};
    struct query_page got;
    struct query q CLEANUP(query_done);
    query_init(&q, &table_entry);
    query_literal(&q, filter->exceptions ? "kind='exception'" : "kind<>'exception'");
    add_state(&q, filter);
    if (filter->kind.len)
        query_text(&q, "kind=", filter->kind);
    if (filter->verdict.len)
        query_text(&q, "verdict=", filter->verdict);
    if (filter->text.len)
        query_like(&q, "AND value||' '||reason LIKE", filter->text, &pattern);
    int rc = query_list(&q, conn_of(tx), &newest, page, arena, &got, err);
    if (rc)
        return rc;
    *ret_list = (struct store_entry_list){got.items, got.len, got.next};
    return 0;
}

/* Devices say what they want: only whole, positive numbers count, and only so many names. */
int sqlite_entry_hidden(struct store_tx *tx, struct arena *arena,
                        struct store_hidden_list *ret_list, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    struct store_hidden *items = arena_array(arena, HIDDEN_MOST, sizeof *items);
    size_t len = 0;
    int rc = sqlite_prepare(conn_of(tx),
                            "SELECT e.key,CAST(min(total(e.value),9e18) AS INTEGER) FROM devices d,"
                            "json_each(d.health_json,'$.analyst.exceptions') e "
                            "WHERE d.state='enrolled' AND e.type='integer' AND e.value>0 "
                            "GROUP BY e.key LIMIT 10000",
                            &stmt, err);
    if (rc)
        return rc;
    rc = items ? 1 : err_set(err, E_NOMEM, "no memory for what exceptions hid");
    while (rc == 1 && len < HIDDEN_MOST) {
        rc = sqlite_step(conn_of(tx), stmt, "what exceptions hid", err);
        if (rc != 1)
            break;
        struct str name = str_n((const char *)sqlite3_column_text(stmt, 0),
                                (size_t)sqlite3_column_bytes(stmt, 0));
        items[len] = (struct store_hidden){arena_str(arena, name), sqlite3_column_int64(stmt, 1)};
        if (!items[len++].name.ptr)
            rc = err_set(err, E_NOMEM, "no memory for what exceptions hid");
    }
    (void)sqlite3_reset(stmt);
    if (rc < 0)
        return rc;
    *ret_list = (struct store_hidden_list){.items = items, .len = len};
    return 0;
}
