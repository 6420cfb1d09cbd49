/* Settings in SQLite: the domain calls of store.h. */
#include "store/sqlite_priv.h"

int sqlite_setting_put(struct store_tx *tx, struct str key, struct str value, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite_prepare(conn_of(tx),
                            "INSERT INTO settings(key,value)VALUES(?1,?2) "
                            "ON CONFLICT(key)DO UPDATE SET value=excluded.value",
                            &stmt, err);
    if (rc)
        return rc;
    sqlite_bind_str(stmt, 1, key);
    sqlite_bind_str(stmt, 2, value);
    return sqlite_run(conn_of(tx), stmt, "settings", err);
}

int sqlite_setting_get(struct store_tx *tx, struct str key, struct arena *arena,
                       struct str *ret_value, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite_prepare(conn_of(tx), "SELECT value FROM settings WHERE key=?1", &stmt, err);
    if (rc)
        return rc;
    sqlite_bind_str(stmt, 1, key);
    rc = sqlite_step(conn_of(tx), stmt, "settings", err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return err_set(err, E_NOT_FOUND, "there is no setting '%.*s'", STR_FMT(key));
    struct str value = str_n(sqlite3_column_blob(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0));
    value = arena_str(arena, value);
    (void)sqlite3_reset(stmt);
    if (!value.ptr)
        return err_set(err, E_NOMEM, "no memory for a setting");
    *ret_value = value;
    return 0;
}
