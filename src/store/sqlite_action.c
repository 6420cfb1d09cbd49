/* Actions and rulesets in SQLite: the domain calls of store.h. */
#include "store/sqlite_priv.h"

int sqlite_action_put(struct store_tx *tx, const struct store_action *action, bool *ret_new,
                      struct err *err)
{
    bool exists = false;
    int rc = row_exists(conn_of(tx), &table_action, action->id, &exists, err);
    if (!rc)
        rc = row_write(conn_of(tx), &table_action, ROW_PUT, action, err);
    if (!rc)
        *ret_new = !exists;
    return rc;
}

int sqlite_action_get(struct store_tx *tx, struct str id, struct arena *arena,
                      struct store_action *ret_action, struct err *err)
{
    return row_get(conn_of(tx), &table_action, id, "action", arena, ret_action, err);
}

int sqlite_action_list(struct store_tx *tx, const struct store_action_filter *filter,
                       const struct store_page *page, struct arena *arena,
                       struct store_action_list *ret_list, struct err *err)
{
    static const struct query_order newest = {"requested_ns", "id", true};
    static const struct query_order urgent = {"due_ns", "id", false};
    struct query_page got;
    struct query q CLEANUP(query_done);
    query_init(&q, &table_action);
    query_set(&q, "state", filter->states);
    if (filter->device.len)
        query_text(&q, "device=", filter->device);
    if (filter->name.len)
        query_text(&q, "name=", filter->name);
    if (filter->request.len)
        query_text(&q, "request=", filter->request);
    if (filter->since_ns)
        query_int(&q, "requested_ns>=", filter->since_ns);
    if (filter->due_before_ns)
        query_int(&q, "due_ns>0 AND due_ns<", filter->due_before_ns);
    int rc = query_list(&q, conn_of(tx), filter->due_before_ns ? &urgent : &newest, page, arena,
                        &got, err);
    if (rc)
        return rc;
    *ret_list = (struct store_action_list){got.items, got.len, got.next};
    return 0;
}

int sqlite_ruleset_put(struct store_tx *tx, const struct store_ruleset *ruleset, struct err *err)
{
    struct store_ruleset row = *ruleset;
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_ruleset old;
    int rc = row_get(conn_of(tx), &table_ruleset, ruleset->version, "ruleset", &arena, &old, NULL);
    if (rc && rc != E_NOT_FOUND)
        return err_set(err, rc, "cannot read ruleset '%.*s'", STR_FMT(ruleset->version));
    row.active = rc == 0 && old.active;
    return row_write(conn_of(tx), &table_ruleset, ROW_PUT, &row, err);
}

int sqlite_ruleset_get(struct store_tx *tx, struct str version, struct arena *arena,
                       struct store_ruleset *ret_ruleset, struct err *err)
{
    return row_get(conn_of(tx), &table_ruleset, version, "ruleset", arena, ret_ruleset, err);
}

int sqlite_ruleset_active(struct store_tx *tx, struct arena *arena,
                          struct store_ruleset *ret_ruleset, struct err *err)
{
    struct query q CLEANUP(query_done);
    query_init(&q, &table_ruleset);
    query_literal(&q, "active=1");
    int rc = query_one(&q, conn_of(tx), arena, ret_ruleset, err);
    return rc == E_NOT_FOUND ? err_set(err, rc, "no ruleset is active") : rc;
}

int sqlite_ruleset_activate(struct store_tx *tx, struct str version, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite_prepare(conn_of(tx), "UPDATE rulesets SET active=0 WHERE active=1", &stmt, err);
    if (!rc)
        rc = sqlite_run(conn_of(tx), stmt, "rulesets", err);
    if (!rc)
        rc = sqlite_prepare(conn_of(tx), "UPDATE rulesets SET active=1 WHERE version=?1", &stmt,
                            err);
    if (rc)
        return rc;
    sqlite_bind_str(stmt, 1, version);
    return row_change(conn_of(tx), stmt, "ruleset", version, err);
}

int sqlite_ruleset_list(struct store_tx *tx, const struct store_page *page, struct arena *arena,
                        struct store_ruleset_list *ret_list, struct err *err)
{
    static const struct query_order order = {"created_ns", "version", true};
    struct query_page got;
    struct query q CLEANUP(query_done);
    query_init(&q, &table_ruleset);
    int rc = query_list(&q, conn_of(tx), &order, page, arena, &got, err);
    if (rc)
        return rc;
    *ret_list = (struct store_ruleset_list){got.items, got.len, got.next};
    return 0;
}
