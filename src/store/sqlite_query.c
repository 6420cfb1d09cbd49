/* Lists: filters, stable orders, opaque cursors. See sqlite_priv.h. A cursor is base64url of
 * {u8 version, u8 kind of order, sort key, id}; it holds no secret and is checked like any input.
 */
#include "store/sqlite_priv.h"

#include <string.h>

#include "base/rd.h"
#include "base/text.h"
#include "schema/param.h"

enum { CURSOR_VERSION = 1, CURSOR_BYTES_MOST = 1024 };

void query_init(struct query *q, const struct table *table)
{
    query_init_without(q, table, "");
}

void query_init_without(struct query *q, const struct table *table, const char *left_out)
{
    *q = (struct query){.table = table};
    buf_add_cstr(&q->sql, "SELECT ");
    for (size_t i = 0; i < table->len; i++) {
        const char *name = table->columns[i].name;
        const char *value = strcmp(name, left_out) == 0 ? "'' AS " : "";
        buf_addf(&q->sql, "%s%s\"%s\"", i ? "," : "", value, name);
    }
    buf_addf(&q->sql, " FROM %s WHERE 1", table->name);
}

void query_done(struct query *q)
{
    buf_done(&q->sql);
}

static void add_bind(struct query *q, struct query_bind bind)
{
    if (q->binds_len == SQLITE_BINDS_MOST) {
        q->sql.error = E_LIMIT;
        return;
    }
    q->binds[q->binds_len++] = bind;
    buf_addf(&q->sql, "?%d", q->binds_len);
}

void query_text(struct query *q, const char *fragment, struct str value)
{
    buf_addf(&q->sql, " AND %s ", fragment);
    add_bind(q, (struct query_bind){.is_text = true, .s = value});
}

void query_int(struct query *q, const char *fragment, int64_t value)
{
    buf_addf(&q->sql, " AND %s ", fragment);
    add_bind(q, (struct query_bind){.i = value});
}

void query_literal(struct query *q, const char *fragment)
{
    buf_addf(&q->sql, " AND %s", fragment);
}

/* A unary plus keeps SQLite from choosing an index for the condition. */
static void add_set(struct query *q, const char *column, unsigned bits, const char *plus)
{
    const struct column *c = column_get(q->table, column);
    unsigned known = bits & ((1u << c->names_len) - 1);
    bool first = true;
    if (!bits)
        return;
    buf_addf(&q->sql, " AND %s\"%s\" IN (", plus, column);
    for (unsigned i = 0; i < c->names_len; i++) {
        if (!(known >> i & 1))
            continue;
        if (!first)
            buf_add_char(&q->sql, ',');
        first = false;
        add_bind(q, (struct query_bind){.is_text = true, .s = column_name_of(c, i)});
    }
    buf_add_char(&q->sql, ')');
}

void query_set(struct query *q, const char *column, unsigned bits)
{
    add_set(q, column, bits, "");
}

void query_set_beside(struct query *q, const char *column, unsigned bits)
{
    add_set(q, column, bits, "+");
}

void query_like(struct query *q, const char *fragment, struct str part, struct buf *pattern)
{
    buf_add_char(pattern, '%');
    for (size_t i = 0; i < part.len; i++) {
        char c = part.ptr[i];
        if (c == '%' || c == '_' || c == '\\')
            buf_add_char(pattern, '\\');
        buf_add_char(pattern, c);
    }
    buf_add_char(pattern, '%');
    if (buf_check(pattern))
        q->sql.error = buf_check(pattern);
    buf_addf(&q->sql, " %s ", fragment);
    add_bind(q, (struct query_bind){.is_text = true, .s = buf_str(pattern)});
    buf_add_cstr(&q->sql, " ESCAPE '\\'");
}

void query_accepted(struct query *q, const char *column, const struct query_accept *accept)
{
    buf_addf(&q->sql, " AND accepts(\"%s\",", column);
    add_bind(q, (struct query_bind){.accept = accept});
    buf_add_char(&q->sql, ')');
}

static void accepts(sqlite3_context *context, int len, sqlite3_value **values)
{
    const struct query_accept *accept = sqlite3_value_pointer(values[1], "cordon-accept");
    const char *text = sqlite3_value_blob(values[0]);
    struct str id = str_n(text, (size_t)sqlite3_value_bytes(values[0]));
    (void)len;
    sqlite3_result_int(context, accept && accept->fn(accept->arg, id));
}

int query_setup(sqlite3 *db)
{
    return sqlite3_create_function_v2(db, "accepts", 2, SQLITE_UTF8 | SQLITE_DIRECTONLY, NULL,
                                      accepts, NULL, NULL, NULL);
}

static int prepare(struct query *q, struct sqlite_conn *conn, sqlite3_stmt **ret_stmt,
                   struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    if (buf_check(&q->sql))
        return err_set(err, buf_check(&q->sql), "no memory for a query");
    int rc = sqlite3_prepare_v2(conn->db, q->sql.ptr, (int)q->sql.len, &stmt, NULL);
    if (rc)
        return sqlite_fail(conn, rc, err, "prepare a query");
    for (int i = 0; i < q->binds_len; i++) {
        if (q->binds[i].accept)
            (void)sqlite3_bind_pointer(stmt, i + 1, (void *)(uintptr_t)q->binds[i].accept,
                                       "cordon-accept", NULL);
        else if (q->binds[i].is_text)
            sqlite_bind_str(stmt, i + 1, q->binds[i].s);
        else
            sqlite_bind_i64(stmt, i + 1, q->binds[i].i);
    }
    *ret_stmt = stmt;
    return 0;
}

int query_one(struct query *q, struct sqlite_conn *conn, struct arena *arena, void *record,
              struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    buf_add_cstr(&q->sql, " LIMIT 1");
    int rc = prepare(q, conn, &stmt, err);
    if (rc)
        return rc;
    rc = sqlite_step(conn, stmt, q->table->name, err);
    if (rc == 1)
        rc = row_read(stmt, q->table, arena, record, err);
    else if (rc == 0)
        rc = E_NOT_FOUND;
    (void)sqlite3_finalize(stmt);
    return rc;
}

int query_count(struct query *q, struct sqlite_conn *conn, const struct query_order *order,
                uint32_t most, uint32_t *ret_count, struct err *err)
{
    struct query count CLEANUP(query_done) = {.table = q->table, .binds_len = q->binds_len};
    sqlite3_stmt *stmt = NULL;
    const char *way = order->descending ? "DESC" : "ASC";
    size_t where = str_find(buf_str(&q->sql), STR(" FROM "));
    memcpy(count.binds, q->binds, sizeof q->binds);
    /* Only what an index holds is asked for, in the order that the right index has. */
    buf_add_cstr(&count.sql, "SELECT count(*) FROM (SELECT 1");
    buf_add_str(&count.sql, str_sub(buf_str(&q->sql), where, SIZE_MAX));
    buf_addf(&count.sql, " ORDER BY \"%s\" %s,\"%s\" %s LIMIT %u)", order->sort, way, order->id,
             way, most);
    if (buf_check(&q->sql))
        count.sql.error = buf_check(&q->sql);
    int rc = prepare(&count, conn, &stmt, err);
    if (rc)
        return rc;
    rc = sqlite_step(conn, stmt, q->table->name, err);
    if (rc == 1)
        *ret_count = (uint32_t)sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    return rc < 0 ? rc : 0;
}

/* ------------------------------------------------------------------ cursors */

static struct query_bind field_of(const struct table *table, const char *name, const void *record)
{
    const struct column *c = column_get(table, name);
    struct query_bind bind = {.is_text = c->type == COLUMN_TEXT};
    const char *field = (const char *)record + c->offset;
    if (bind.is_text)
        memcpy(&bind.s, field, sizeof bind.s);
    else
        memcpy(&bind.i, field, sizeof bind.i);
    return bind;
}

static void add_key(struct buf *raw, struct query_bind key)
{
    if (key.is_text) {
        buf_add_u32(raw, (uint32_t)key.s.len);
        buf_add_str(raw, key.s);
    } else {
        buf_add_u64(raw, (uint64_t)key.i);
    }
}

/* Which order a cursor belongs to: one from another list is refused. */
static uint8_t order_kind(const struct table *table, const struct query_order *order)
{
    uint64_t hash = str_hash(str_of(table->name), order->descending);
    return (uint8_t)str_hash(str_of(order->sort ? order->sort : order->id), hash);
}

static int make_cursor(const struct table *table, const struct query_order *order,
                       const void *record, struct arena *arena, struct str *ret_cursor)
{
    struct buf raw CLEANUP(buf_done) = {0};
    struct buf text CLEANUP(buf_done) = {0};
    buf_add_u8(&raw, CURSOR_VERSION);
    buf_add_u8(&raw, order_kind(table, order));
    if (order->sort)
        add_key(&raw, field_of(table, order->sort, record));
    add_key(&raw, field_of(table, order->id, record));
    if (buf_check(&raw))
        return buf_check(&raw);
    text_base64url_add(&text, raw.ptr, raw.len);
    if (buf_check(&text))
        return buf_check(&text);
    *ret_cursor = arena_str(arena, buf_str(&text));
    return ret_cursor->ptr ? 0 : E_NOMEM;
}

static struct query_bind read_key(struct rd *r, const struct table *table, const char *name)
{
    struct query_bind bind = {.is_text = column_get(table, name)->type == COLUMN_TEXT};
    if (bind.is_text)
        bind.s = rd_str32(r, CURSOR_BYTES_MOST);
    else
        bind.i = (int64_t)rd_u64(r);
    return bind;
}

/* Append the condition "after the cursor"; keys of text stay in `raw`. */
static int apply_cursor(struct query *q, const struct query_order *order, struct str cursor,
                        struct buf *raw, struct err *err)
{
    struct query_bind sort = {0};
    if (cursor.len == 0)
        return 0;
    if (cursor.len > CURSOR_BYTES_MOST || text_base64_decode(cursor, raw))
        return err_set(err, E_ARG, "not a cursor of this list");
    struct rd r = rd_of(buf_str(raw));
    uint8_t version = rd_u8(&r);
    uint8_t kind = rd_u8(&r);
    if (version != CURSOR_VERSION || kind != order_kind(q->table, order))
        return err_set(err, E_ARG, "not a cursor of this list");
    if (order->sort)
        sort = read_key(&r, q->table, order->sort);
    struct query_bind id = read_key(&r, q->table, order->id);
    if (!rd_done(&r))
        return err_set(err, E_ARG, "not a cursor of this list");
    if (order->sort) {
        buf_addf(&q->sql, " AND (\"%s\",\"%s\")%c(", order->sort, order->id,
                 order->descending ? '<' : '>');
        add_bind(q, sort);
        buf_add_char(&q->sql, ',');
    } else {
        buf_addf(&q->sql, " AND \"%s\"%c(", order->id, order->descending ? '<' : '>');
    }
    add_bind(q, id);
    buf_add_char(&q->sql, ')');
    return 0;
}

/* ------------------------------------------------------------------ pages */

static uint32_t page_limit(const struct store_page *page)
{
    const struct param_row *row = &param_table[PARAM_PAGE_ITEMS];
    uint32_t limit = page && page->limit ? page->limit : (uint32_t)row->value;
    return limit > row->most ? (uint32_t)row->most : limit;
}

static int read_page(struct query *q, struct sqlite_conn *conn, sqlite3_stmt *stmt,
                     const struct query_order *order, uint32_t limit, struct arena *arena,
                     struct query_page *ret_page, struct err *err)
{
    struct query_page got = {.next = STR("")};
    size_t size = q->table->record_size;
    got.items = arena_array(arena, limit, size);
    if (!got.items)
        return err_set(err, E_NOMEM, "no memory for a list");
    for (;;) {
        int rc = sqlite_step(conn, stmt, q->table->name, err);
        if (rc < 0)
            return rc;
        if (rc == 0)
            break;
        if (got.len == limit) {
            rc = make_cursor(q->table, order, (const char *)got.items + (limit - 1) * size, arena,
                             &got.next);
            if (rc)
                return err_set(err, rc, "no memory for a list");
            break;
        }
        rc = row_read(stmt, q->table, arena, (char *)got.items + got.len * size, err);
        if (rc)
            return rc;
        got.len++;
    }
    *ret_page = got;
    return 0;
}

int query_list(struct query *q, struct sqlite_conn *conn, const struct query_order *order,
               const struct store_page *page, struct arena *arena, struct query_page *ret_page,
               struct err *err)
{
    struct buf raw CLEANUP(buf_done) = {0};
    sqlite3_stmt *stmt = NULL;
    uint32_t limit = page_limit(page);
    const char *way = order->descending ? "DESC" : "ASC";
    int rc = page ? apply_cursor(q, order, page->cursor, &raw, err) : 0;
    if (rc)
        return rc;
    buf_add_cstr(&q->sql, " ORDER BY ");
    if (order->sort)
        buf_addf(&q->sql, "\"%s\" %s,", order->sort, way);
    buf_addf(&q->sql, "\"%s\" %s LIMIT %u", order->id, way, limit + 1);
    rc = prepare(q, conn, &stmt, err);
    if (rc)
        return rc;
    rc = read_page(q, conn, stmt, order, limit, arena, ret_page, err);
    (void)sqlite3_finalize(stmt);
    return rc;
}
