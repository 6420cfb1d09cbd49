/* Records to and from rows, by the column tables. See sqlite_priv.h. */
#include "store/sqlite_priv.h"

#include <assert.h>
#include <string.h>

static void bind_column(sqlite3_stmt *stmt, int at, const struct column *column, const void *record)
{
    const char *field = (const char *)record + column->offset;
    struct str s;
    int64_t i;
    int value;
    bool b;
    switch (column->type) {
    case COLUMN_TEXT:
        memcpy(&s, field, sizeof s);
        sqlite_bind_str(stmt, at, s);
        break;
    case COLUMN_BLOB:
        memcpy(&s, field, sizeof s);
        (void)sqlite3_bind_blob64(stmt, at, s.ptr ? s.ptr : "", s.len, SQLITE_STATIC);
        break;
    case COLUMN_INT:
    case COLUMN_U64:
        memcpy(&i, field, sizeof i);
        sqlite_bind_i64(stmt, at, i);
        break;
    case COLUMN_BOOL:
        memcpy(&b, field, sizeof b);
        sqlite_bind_i64(stmt, at, b);
        break;
    case COLUMN_NAME:
        memcpy(&value, field, sizeof value);
        sqlite_bind_str(stmt, at, column_name_of(column, (unsigned)value));
        break;
    }
}

static int read_column(sqlite3_stmt *stmt, int at, const struct column *column, struct arena *arena,
                       void *record)
{
    char *field = (char *)record + column->offset;
    struct str s = {0};
    int64_t i;
    unsigned value;
    bool b;
    switch (column->type) {
    case COLUMN_INT:
    case COLUMN_U64:
        i = sqlite3_column_int64(stmt, at);
        memcpy(field, &i, sizeof i);
        return 0;
    case COLUMN_BOOL:
        b = sqlite3_column_int64(stmt, at) != 0;
        memcpy(field, &b, sizeof b);
        return 0;
    case COLUMN_TEXT:
    case COLUMN_BLOB:
    case COLUMN_NAME:
        break;
    }
    s.ptr = sqlite3_column_blob(stmt, at);
    s.len = (size_t)sqlite3_column_bytes(stmt, at);
    if (column->type == COLUMN_NAME) {
        value = column_name_find(column, s);
        if (value == column->names_len)
            return E_PARSE;
        memcpy(field, &value, sizeof value);
        return 0;
    }
    struct str copy = arena_str(arena, s);
    if (!copy.ptr)
        return E_NOMEM;
    memcpy(field, &copy, sizeof copy);
    return 0;
}

int row_read(sqlite3_stmt *stmt, const struct table *table, struct arena *arena, void *record,
             struct err *err)
{
    memset(record, 0, table->record_size);
    for (size_t i = 0; i < table->len; i++) {
        int rc = read_column(stmt, (int)i, &table->columns[i], arena, record);
        if (rc)
            return err_set(err, rc, "cannot read column %s of table %s", table->columns[i].name,
                           table->name);
    }
    return 0;
}

void row_columns(const struct table *table, struct buf *sql)
{
    for (size_t i = 0; i < table->len; i++)
        buf_addf(sql, "%s\"%s\"", i ? "," : "", table->columns[i].name);
}

static void write_sql(const struct table *table, enum row_use use, struct buf *sql)
{
    buf_addf(sql, "INSERT INTO %s(", table->name);
    row_columns(table, sql);
    buf_add_cstr(sql, ")VALUES(");
    for (size_t i = 0; i < table->len; i++)
        buf_addf(sql, "%s?%zu", i ? "," : "", i + 1);
    buf_add_char(sql, ')');
    if (use != ROW_PUT)
        return;
    buf_add_cstr(sql, "ON CONFLICT(");
    for (size_t i = 0; i < table->key_len; i++)
        buf_addf(sql, "%s\"%s\"", i ? "," : "", table->columns[i].name);
    buf_add_cstr(sql, ")DO UPDATE SET ");
    for (size_t i = table->key_len; i < table->len; i++)
        buf_addf(sql, "%s\"%s\"=excluded.\"%s\"", i > table->key_len ? "," : "",
                 table->columns[i].name, table->columns[i].name);
}

int row_write(struct sqlite_conn *conn, const struct table *table, enum row_use use,
              const void *record, struct err *err)
{
    sqlite3_stmt *stmt = sqlite_cached_find(conn, table, (int)use);
    if (!stmt) {
        struct buf sql CLEANUP(buf_done) = {0};
        write_sql(table, use, &sql);
        if (buf_check(&sql))
            return err_set(err, E_NOMEM, "no memory for a statement");
        int rc = sqlite_prepare_for(conn, table, (int)use, buf_str(&sql), &stmt, err);
        if (rc)
            return rc;
    }
    for (size_t i = 0; i < table->len; i++)
        bind_column(stmt, (int)i + 1, &table->columns[i], record);
    return sqlite_run(conn, stmt, table->name, err);
}

int row_find(struct sqlite_conn *conn, const struct table *table, const void *key,
             struct arena *arena, void *record, struct err *err)
{
    sqlite3_stmt *stmt = sqlite_cached_find(conn, table, ROW_GET);
    if (!stmt) {
        struct buf sql CLEANUP(buf_done) = {0};
        buf_add_cstr(&sql, "SELECT ");
        row_columns(table, &sql);
        buf_addf(&sql, " FROM %s WHERE ", table->name);
        for (size_t i = 0; i < table->key_len; i++)
            buf_addf(&sql, "%s\"%s\"=?%zu", i ? " AND " : "", table->columns[i].name, i + 1);
        if (buf_check(&sql))
            return err_set(err, E_NOMEM, "no memory for a statement");
        int rc = sqlite_prepare_for(conn, table, ROW_GET, buf_str(&sql), &stmt, err);
        if (rc)
            return rc;
    }
    for (size_t i = 0; i < table->key_len; i++)
        bind_column(stmt, (int)i + 1, &table->columns[i], key);
    int rc = sqlite_step(conn, stmt, table->name, err);
    if (rc == 0)
        return E_NOT_FOUND;
    if (rc < 0)
        return rc;
    rc = row_read(stmt, table, arena, record, err);
    (void)sqlite3_reset(stmt);
    return rc;
}

int row_get(struct sqlite_conn *conn, const struct table *table, struct str key, const char *what,
            struct arena *arena, void *record, struct err *err)
{
    _Alignas(16) char with_key[1024] = {0};
    assert(table->key_len == 1 && table->record_size <= sizeof with_key);
    memcpy(with_key + table->columns[0].offset, &key, sizeof key);
    int rc = row_find(conn, table, with_key, arena, record, err);
    return rc == E_NOT_FOUND ? err_set(err, rc, "there is no %s '%.*s'", what, STR_FMT(key)) : rc;
}

int row_exists(struct sqlite_conn *conn, const struct table *table, struct str key,
               bool *ret_exists, struct err *err)
{
    sqlite3_stmt *stmt = sqlite_cached_find(conn, table, ROW_EXISTS);
    assert(table->key_len == 1);
    if (!stmt) {
        struct buf sql CLEANUP(buf_done) = {0};
        buf_addf(&sql, "SELECT 1 FROM %s WHERE %s=?1", table->name, table->columns[0].name);
        if (buf_check(&sql))
            return err_set(err, E_NOMEM, "no memory for a statement");
        int rc = sqlite_prepare_for(conn, table, ROW_EXISTS, buf_str(&sql), &stmt, err);
        if (rc)
            return rc;
    }
    sqlite_bind_str(stmt, 1, key);
    int rc = sqlite_step(conn, stmt, table->name, err);
    if (rc < 0)
        return rc;
    (void)sqlite3_reset(stmt);
    *ret_exists = rc == 1;
    return 0;
}

int row_copy(const struct table *table, const void *record, struct arena *arena, void *ret_record)
{
    memcpy(ret_record, record, table->record_size);
    for (size_t i = 0; i < table->len; i++) {
        const struct column *c = &table->columns[i];
        struct str s;
        if (c->type != COLUMN_TEXT && c->type != COLUMN_BLOB)
            continue;
        memcpy(&s, (const char *)record + c->offset, sizeof s);
        s = arena_str(arena, s);
        if (!s.ptr)
            return E_NOMEM;
        memcpy((char *)ret_record + c->offset, &s, sizeof s);
    }
    return 0;
}

int row_change(struct sqlite_conn *conn, sqlite3_stmt *stmt, const char *what, struct str key,
               struct err *err)
{
    int rc = sqlite_run(conn, stmt, what, err);
    if (rc)
        return rc;
    if (sqlite3_changes(conn->db) == 0)
        return err_set(err, E_NOT_FOUND, "there is no %s '%.*s'", what, STR_FMT(key));
    return 0;
}
