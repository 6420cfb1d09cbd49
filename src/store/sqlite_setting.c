/* Settings and the overview's numbers in SQLite: the domain calls of store.h. */
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

/* Add up "name, count" rows into an array ordered by `names`; other names are left out. */
static int count_by_name(struct sqlite_conn *conn, const char *sql, const struct str *names,
                         unsigned names_len, int64_t *counts, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite_prepare(conn, sql, &stmt, err);
    if (rc)
        return rc;
    while ((rc = sqlite_step(conn, stmt, "the counts", err)) == 1) {
        struct str name =
            str_n(sqlite3_column_blob(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0));
        unsigned i = record_name_find(names, names_len, name);
        if (i < names_len)
            counts[i] += sqlite3_column_int64(stmt, 1);
    }
    return rc;
}

/* One row of integers; `arg` is bound when the text has a parameter. */
static int count_row(struct sqlite_conn *conn, const char *sql, int64_t arg, int64_t **values,
                     int len, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite_prepare(conn, sql, &stmt, err);
    if (rc)
        return rc;
    if (sqlite3_bind_parameter_count(stmt))
        sqlite_bind_i64(stmt, 1, arg);
    rc = sqlite_step(conn, stmt, "the counts", err);
    if (rc < 0)
        return rc;
    for (int i = 0; i < len && rc == 1; i++)
        *values[i] = sqlite3_column_int64(stmt, i);
    (void)sqlite3_reset(stmt);
    return 0;
}

int sqlite_overview(struct store_tx *tx, int64_t online_since_ns,
                    struct store_overview *ret_overview, struct err *err)
{
    struct sqlite_conn *conn = conn_of(tx);
    struct store_overview o = {0};
    int64_t *devices[] = {&o.online, &o.isolated};
    int64_t *alerts[] = {&o.alerts_acknowledged};
    int64_t *actions[] = {&o.actions_pending, &o.actions_running};
    int64_t *epochs[] = {&o.events, &o.batches, &o.lost};
    int rc = count_by_name(conn, "SELECT state,count(*) FROM devices GROUP BY state",
                           device_state_names, DEVICE_STATE_COUNT, o.devices, err);
    if (!rc)
        rc = count_by_name(conn,
                           "SELECT level,count(*) FROM alerts WHERE state='open' GROUP BY level",
                           alert_level_names, ALERT_LEVEL_COUNT, o.alerts_open, err);
    if (!rc)
        rc = count_row(conn,
                       "SELECT count(*) FILTER(WHERE last_seen_ns>=?1),"
                       "count(*) FILTER(WHERE isolation_observed='isolated') "
                       "FROM devices WHERE state='enrolled'",
                       online_since_ns, devices, ARRAY_LEN(devices), err);
    if (!rc)
        rc = count_row(conn, "SELECT count(*) FROM alerts WHERE state='acknowledged'", 0, alerts,
                       ARRAY_LEN(alerts), err);
    if (!rc)
        rc = count_row(conn,
                       "SELECT count(*) FILTER(WHERE state='pending_approval'),"
                       "count(*) FILTER(WHERE state<>'pending_approval') FROM actions "
                       "WHERE state IN('pending_approval','queued','delivered','running')",
                       0, actions, ARRAY_LEN(actions), err);
    if (!rc)
        rc = count_row(conn,
                       "SELECT coalesce(sum(events),0),coalesce(sum(batches),0),"
                       "coalesce(sum(lost),0) FROM epochs",
                       0, epochs, ARRAY_LEN(epochs), err);
    if (!rc)
        *ret_overview = o;
    return rc;
}
