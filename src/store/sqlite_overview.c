/* The overview's numbers in SQLite: the domain call of store.h. Each query is answered by an index
 * alone where there are many rows. */
#include "store/sqlite_priv.h"

#include "base/timefmt.h"

#define HOUR_NS (3600 * NS_PER_S)

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

/* How many alerts were received in each of the last hours. */
static int count_hours(struct sqlite_conn *conn, struct store_overview *o, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite_prepare(conn,
                            "SELECT (received_ns-?1)/3600000000000,count(*) FROM alerts "
                            "WHERE received_ns>=?1 GROUP BY 1",
                            &stmt, err);
    if (rc)
        return rc;
    sqlite_bind_i64(stmt, 1, o->hours_from_ns);
    while ((rc = sqlite_step(conn, stmt, "the counts", err)) == 1) {
        int64_t hour = sqlite3_column_int64(stmt, 0);
        /* A clock that was set back leaves alerts of the future: they belong to now. */
        if (hour >= OVERVIEW_HOURS)
            hour = OVERVIEW_HOURS - 1;
        o->alerts_in_hour[hour] += sqlite3_column_int64(stmt, 1);
    }
    return rc;
}

static int count_ages(struct sqlite_conn *conn, int64_t now_ns, struct store_overview *o,
                      struct err *err)
{
    int64_t hour = 0;
    int64_t day = 0;
    int64_t week = 0;
    int64_t all = 0;
    int64_t *values[] = {&hour, &day, &week, &all};
    int rc = count_row(conn,
                       "SELECT count(*) FILTER(WHERE received_ns>?1-3600000000000),"
                       "count(*) FILTER(WHERE received_ns>?1-86400000000000),"
                       "count(*) FILTER(WHERE received_ns>?1-604800000000000),"
                       "count(*) FROM alerts INDEXED BY alerts_open_level WHERE state='open'",
                       now_ns, values, ARRAY_LEN(values), err);
    o->alerts_open_by_age[AGE_HOUR] = hour;
    o->alerts_open_by_age[AGE_DAY] = day - hour;
    o->alerts_open_by_age[AGE_WEEK] = week - day;
    o->alerts_open_by_age[AGE_OLDER] = all - week;
    return rc;
}

static int count_devices(struct sqlite_conn *conn, struct store_overview *o, struct err *err)
{
    int64_t *enrolled[] = {&o->platform_macos, &o->platform_linux, &o->isolated};
    int64_t *poor[] = {&o->poor};
    int rc = count_by_name(conn, "SELECT state,count(*) FROM devices GROUP BY state",
                           device_state_names, DEVICE_STATE_COUNT, o->devices, err);
    if (!rc)
        rc = count_row(conn,
                       "SELECT count(*) FILTER(WHERE platform='macos'),"
                       "count(*) FILTER(WHERE platform='linux'),"
                       "count(*) FILTER(WHERE isolation_observed='isolated') "
                       "FROM devices WHERE state='enrolled'",
                       0, enrolled, ARRAY_LEN(enrolled), err);
    if (!rc)
        rc = count_row(conn,
                       "SELECT count(*) FROM devices WHERE condition='poor' AND state='enrolled'",
                       0, poor, ARRAY_LEN(poor), err);
    return rc;
}

static int count_alerts(struct sqlite_conn *conn, int64_t now_ns, struct store_overview *o,
                        struct err *err)
{
    int64_t *acknowledged[] = {&o->alerts_acknowledged};
    int rc = count_by_name(conn,
                           "SELECT level,count(*) FROM alerts INDEXED BY alerts_open_level WHERE "
                           "state='open' GROUP BY level",
                           alert_level_names, ALERT_LEVEL_COUNT, o->alerts_open, err);
    if (!rc)
        rc = count_row(conn, "SELECT count(*) FROM alerts WHERE state='acknowledged'", 0,
                       acknowledged, ARRAY_LEN(acknowledged), err);
    if (!rc)
        rc = count_ages(conn, now_ns, o, err);
    return rc ? rc : count_hours(conn, o, err);
}

int sqlite_overview(struct store_tx *tx, int64_t now_ns, struct store_overview *ret_overview,
                    struct err *err)
{
    struct sqlite_conn *conn = conn_of(tx);
    struct store_overview o = {
        .hours_from_ns = (now_ns / HOUR_NS - (OVERVIEW_HOURS - 1)) * HOUR_NS,
    };
    int64_t *actions[] = {&o.actions_pending, &o.actions_running};
    int64_t *epochs[] = {&o.events, &o.batches, &o.lost};
    int rc = count_devices(conn, &o, err);
    if (!rc)
        rc = count_alerts(conn, now_ns, &o, err);
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
