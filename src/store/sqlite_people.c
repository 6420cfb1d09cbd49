/* Enrollment tokens, users, sessions and API tokens in SQLite: the domain calls of store.h. */
#include "store/sqlite_priv.h"

int sqlite_enroll_token_put(struct store_tx *tx, const struct store_enroll_token *token,
                            struct err *err)
{
    return row_write(conn_of(tx), &table_enroll_token, ROW_PUT, token, err);
}

int sqlite_enroll_token_get(struct store_tx *tx, struct str hash, struct arena *arena,
                            struct store_enroll_token *ret_token, struct err *err)
{
    return row_get(conn_of(tx), &table_enroll_token, hash, "enrollment token", arena, ret_token,
                   err);
}

int sqlite_enroll_token_list(struct store_tx *tx, const struct store_page *page,
                             struct arena *arena, struct store_enroll_token_list *ret_list,
                             struct err *err)
{
    static const struct query_order order = {"created_ns", "hash", true};
    struct query_page got;
    struct query q CLEANUP(query_done);
    query_init(&q, &table_enroll_token);
    int rc = query_list(&q, conn_of(tx), &order, page, arena, &got, err);
    if (rc)
        return rc;
    *ret_list = (struct store_enroll_token_list){got.items, got.len, got.next};
    return 0;
}

int sqlite_user_put(struct store_tx *tx, const struct store_user *user, struct err *err)
{
    return row_write(conn_of(tx), &table_user, ROW_PUT, user, err);
}

int sqlite_user_get(struct store_tx *tx, struct str name, struct arena *arena,
                    struct store_user *ret_user, struct err *err)
{
    return row_get(conn_of(tx), &table_user, name, "user", arena, ret_user, err);
}

int sqlite_user_list(struct store_tx *tx, const struct store_page *page, struct arena *arena,
                     struct store_user_list *ret_list, struct err *err)
{
    static const struct query_order order = {NULL, "name", false};
    struct query_page got;
    struct query q CLEANUP(query_done);
    query_init(&q, &table_user);
    int rc = query_list(&q, conn_of(tx), &order, page, arena, &got, err);
    if (rc)
        return rc;
    *ret_list = (struct store_user_list){got.items, got.len, got.next};
    return 0;
}

int sqlite_token_put(struct store_tx *tx, const struct store_token *token, struct err *err)
{
    return row_write(conn_of(tx), &table_token, ROW_PUT, token, err);
}

int sqlite_token_get(struct store_tx *tx, struct str hash, struct arena *arena,
                     struct store_token *ret_token, struct err *err)
{
    int rc = row_get(conn_of(tx), &table_token, hash, "token", arena, ret_token, err);
    /* The message would carry the hash of whatever a stranger presented. */
    return rc == E_NOT_FOUND ? err_set(err, rc, "there is no such token") : rc;
}

int sqlite_token_list(struct store_tx *tx, struct str user, const struct store_page *page,
                      struct arena *arena, struct store_token_list *ret_list, struct err *err)
{
    static const struct query_order order = {"created_ns", "hash", true};
    struct query_page got;
    struct query q CLEANUP(query_done);
    query_init(&q, &table_token);
    if (user.len)
        query_text(&q, "user=", user);
    int rc = query_list(&q, conn_of(tx), &order, page, arena, &got, err);
    if (rc)
        return rc;
    *ret_list = (struct store_token_list){got.items, got.len, got.next};
    return 0;
}

int sqlite_token_delete(struct store_tx *tx, struct str hash, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite_prepare(conn_of(tx), "DELETE FROM tokens WHERE hash=?1", &stmt, err);
    if (rc)
        return rc;
    sqlite_bind_str(stmt, 1, hash);
    return row_change(conn_of(tx), stmt, "token", hash, err);
}

int sqlite_token_delete_user(struct store_tx *tx, struct str user, enum token_kind kind,
                             struct str except_hash, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite_prepare(
        conn_of(tx), "DELETE FROM tokens WHERE user=?1 AND kind=?2 AND hash<>?3", &stmt, err);
    if (rc)
        return rc;
    sqlite_bind_str(stmt, 1, user);
    sqlite_bind_str(stmt, 2, token_kind_names[kind]);
    sqlite_bind_str(stmt, 3, except_hash);
    return sqlite_run(conn_of(tx), stmt, "tokens", err);
}

int sqlite_token_delete_expired(struct store_tx *tx, int64_t now_ns, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite_prepare(conn_of(tx), "DELETE FROM tokens WHERE expires_ns>0 AND expires_ns<=?1",
                            &stmt, err);
    if (rc)
        return rc;
    sqlite_bind_i64(stmt, 1, now_ns);
    return sqlite_run(conn_of(tx), stmt, "tokens", err);
}
