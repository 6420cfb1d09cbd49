/* SQLite connections: set-up, statement cache, error codes. See sqlite_priv.h. */
#include "store/sqlite_priv.h"

#include <errno.h>
#include <string.h>

/* FULL: a commit is on the disk when it returns. The log is cut back after a burst. */
static const char *const setup_writer[] = {
    "PRAGMA journal_mode=WAL",        "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",         "PRAGMA trusted_schema=OFF",
    "PRAGMA temp_store=MEMORY",       "PRAGMA cache_size=-32768",
    "PRAGMA wal_autocheckpoint=4000", "PRAGMA journal_size_limit=67108864",
};

static const char *const setup_reader[] = {
    "PRAGMA query_only=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-8192",
};

int sqlite_code(sqlite3 *db, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_FULL:
        return E_FULL;
    case SQLITE_NOMEM:
        return E_NOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return E_AGAIN;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return E_PARSE;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
        return E_DENIED;
    case SQLITE_TOOBIG:
        return E_LIMIT;
    case SQLITE_CONSTRAINT:
        if (rc == SQLITE_CONSTRAINT_FOREIGNKEY)
            return E_NOT_FOUND;
        if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY)
            return E_EXISTS;
        return E_ARG;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN: {
        int e = db ? sqlite3_system_errno(db) : 0;
        return e == ENOSPC || e == EDQUOT ? E_FULL : E_IO;
    }
    default:
        return E_IO;
    }
}

int sqlite_fail(struct sqlite_conn *conn, int rc, struct err *err, const char *what)
{
    return err_set(err, sqlite_code(conn->db, rc), "cannot %s: %s", what,
                   conn->db ? sqlite3_errmsg(conn->db) : sqlite3_errstr(rc));
}

int sqlite_exec(struct sqlite_conn *conn, const char *sql, struct err *err)
{
    int rc = sqlite3_exec(conn->db, sql, NULL, NULL, NULL);
    return rc ? sqlite_fail(conn, rc, err, "use the database") : 0;
}

int sqlite_conn_open(const char *path, bool writing, struct sqlite_conn *ret_conn, struct err *err)
{
    struct sqlite_conn conn = {0};
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | (writing ? SQLITE_OPEN_CREATE : 0);
    int rc = sqlite3_open_v2(path, &conn.db, flags, NULL);
    if (rc) {
        rc = sqlite_fail(&conn, rc, err, "open the database");
        (void)sqlite3_close(conn.db);
        return rc;
    }
    (void)sqlite3_extended_result_codes(conn.db, 1);
    (void)sqlite3_busy_timeout(conn.db, SQLITE_BUSY_MS);
    rc = query_setup(conn.db);
    if (rc) {
        rc = sqlite_fail(&conn, rc, err, "set up the database");
        sqlite_conn_close(&conn);
        return rc;
    }
    const char *const *setup = writing ? setup_writer : setup_reader;
    size_t len = writing ? ARRAY_LEN(setup_writer) : ARRAY_LEN(setup_reader);
    for (size_t i = 0; i < len; i++) {
        rc = sqlite_exec(&conn, setup[i], err);
        if (rc) {
            sqlite_conn_close(&conn);
            return rc;
        }
    }
    *ret_conn = conn;
    return 0;
}

void sqlite_conn_close(struct sqlite_conn *conn)
{
    for (size_t i = 0; i < conn->cached_len; i++)
        (void)sqlite3_finalize(conn->cached[i].stmt);
    (void)sqlite3_close(conn->db);
    *conn = (struct sqlite_conn){0};
}

int sqlite_prepare(struct sqlite_conn *conn, const char *sql, sqlite3_stmt **ret_stmt,
                   struct err *err)
{
    return sqlite_prepare_for(conn, sql, 0, str_of(sql), ret_stmt, err);
}

int sqlite_prepare_for(struct sqlite_conn *conn, const void *owner, int use, struct str sql,
                       sqlite3_stmt **ret_stmt, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3_stmt *found = sqlite_cached_find(conn, owner, use);
    if (found) {
        *ret_stmt = found;
        return 0;
    }
    if (conn->cached_len == SQLITE_CACHED_MOST)
        return err_set(err, E_INTERNAL, "the statement cache is too small");
    int rc =
        sqlite3_prepare_v3(conn->db, sql.ptr, (int)sql.len, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
    if (rc)
        return sqlite_fail(conn, rc, err, "prepare a statement");
    conn->cached[conn->cached_len++] = (struct sqlite_cached){owner, use, stmt};
    *ret_stmt = stmt;
    return 0;
}

sqlite3_stmt *sqlite_cached_find(struct sqlite_conn *conn, const void *owner, int use)
{
    for (size_t i = 0; i < conn->cached_len; i++) {
        if (conn->cached[i].owner == owner && conn->cached[i].use == use) {
            sqlite3_stmt *stmt = conn->cached[i].stmt;
            (void)sqlite3_reset(stmt);
            (void)sqlite3_clear_bindings(stmt);
            return stmt;
        }
    }
    return NULL;
}

int sqlite_step(struct sqlite_conn *conn, sqlite3_stmt *stmt, const char *what, struct err *err)
{
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        return 1;
    if (rc == SQLITE_DONE) {
        (void)sqlite3_reset(stmt);
        return 0;
    }
    rc = sqlite_fail(conn, rc, err, what);
    (void)sqlite3_reset(stmt);
    return rc;
}

int sqlite_run(struct sqlite_conn *conn, sqlite3_stmt *stmt, const char *what, struct err *err)
{
    int rc;
    while ((rc = sqlite_step(conn, stmt, what, err)) == 1)
        ;
    return rc;
}

/* Bound bytes are borrowed: every statement runs before its caller returns. */
void sqlite_bind_str(sqlite3_stmt *stmt, int at, struct str s)
{
    (void)sqlite3_bind_text64(stmt, at, s.ptr ? s.ptr : "", s.len, SQLITE_STATIC, SQLITE_UTF8);
}

void sqlite_bind_i64(sqlite3_stmt *stmt, int at, int64_t v)
{
    (void)sqlite3_bind_int64(stmt, at, v);
}
