/* The audit log in SQLite: a chain where each entry's hash covers the one before. Changing or
 * taking out an entry breaks every later hash; cutting the newest ones off does not, so programs
 * log the head now and then. */
#include "store/sqlite_priv.h"

#include <string.h>

#include "crypto/hash.h"

enum { AUDIT_FIELD_BYTES = 65536 };

static const char first_prev[HASH_HEX_BYTES] =
    "0000000000000000000000000000000000000000000000000000000000000000";

static void add_field(struct buf *out, struct str s)
{
    buf_add_u32(out, (uint32_t)s.len);
    buf_add_str(out, s);
}

/* SHA-256 over "CORDON-AUDIT-1\n", prev, sequence, time and the texts, each with its length. */
static int chain_hash(const struct store_audit *e, char ret_hex[HASH_HEX_BYTES])
{
    struct buf row CLEANUP(buf_done) = {0};
    buf_add_cstr(&row, "CORDON-AUDIT-1\n");
    add_field(&row, e->prev);
    buf_add_u64(&row, (uint64_t)e->sequence);
    buf_add_u64(&row, (uint64_t)e->time_ns);
    add_field(&row, e->actor_kind);
    add_field(&row, e->actor);
    add_field(&row, e->address);
    add_field(&row, e->verb);
    add_field(&row, e->object);
    add_field(&row, e->detail_json);
    if (buf_check(&row))
        return buf_check(&row);
    return hash_sha256_hex(buf_str(&row), ret_hex);
}

/* Sequence and hash of the newest entry; 0 and zeros when there is none. */
static int head(struct sqlite_conn *conn, int64_t *ret_sequence, char ret_hex[HASH_HEX_BYTES],
                struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite_prepare(conn, "SELECT sequence,hash FROM audit ORDER BY sequence DESC LIMIT 1",
                            &stmt, err);
    if (rc)
        return rc;
    *ret_sequence = 0;
    memcpy(ret_hex, first_prev, HASH_HEX_BYTES);
    rc = sqlite_step(conn, stmt, "audit", err);
    if (rc < 1)
        return rc;
    const void *hash = sqlite3_column_blob(stmt, 1);
    bool good = sqlite3_column_bytes(stmt, 1) == HASH_HEX_BYTES - 1;
    if (good) {
        *ret_sequence = sqlite3_column_int64(stmt, 0);
        memcpy(ret_hex, hash, HASH_HEX_BYTES - 1);
    }
    (void)sqlite3_reset(stmt);
    return good ? 0 : err_set(err, E_PARSE, "the newest audit entry is damaged");
}

int sqlite_audit_append(struct store_tx *tx, const struct store_audit *entry, struct err *err)
{
    struct store_audit e = *entry;
    char prev[HASH_HEX_BYTES];
    char hash[HASH_HEX_BYTES];
    int64_t sequence;
    if (e.actor.len > AUDIT_FIELD_BYTES || e.address.len > AUDIT_FIELD_BYTES ||
        e.object.len > AUDIT_FIELD_BYTES || e.detail_json.len > AUDIT_FIELD_BYTES)
        return err_set(err, E_LIMIT, "an audit entry's text is longer than %d bytes",
                       AUDIT_FIELD_BYTES);
    int rc = head(conn_of(tx), &sequence, prev, err);
    if (rc)
        return rc;
    e.sequence = sequence + 1;
    e.prev = str_of(prev);
    rc = chain_hash(&e, hash);
    if (rc)
        return err_set(err, rc, "no memory for an audit entry");
    e.hash = str_of(hash);
    return row_write(conn_of(tx), &table_audit, ROW_INSERT, &e, err);
}

int sqlite_audit_list(struct store_tx *tx, const struct store_audit_filter *filter,
                      const struct store_page *page, struct arena *arena,
                      struct store_audit_list *ret_list, struct err *err)
{
    static const struct query_order order = {NULL, "sequence", true};
    struct query_page got;
    struct query q CLEANUP(query_done);
    query_init(&q, &table_audit);
    if (filter->actor.len)
        query_text(&q, "actor=", filter->actor);
    if (filter->object.len)
        query_text(&q, "object=", filter->object);
    if (filter->since_ns)
        query_int(&q, "time_ns>=", filter->since_ns);
    int rc = query_list(&q, conn_of(tx), &order, page, arena, &got, err);
    if (rc)
        return rc;
    *ret_list = (struct store_audit_list){got.items, got.len, got.next};
    return 0;
}

/* Walk a statement that yields every entry in order. */
static int verify_rows(struct sqlite_conn *conn, sqlite3_stmt *stmt, int64_t *ret_entries,
                       int64_t *ret_bad, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    char prev[HASH_HEX_BYTES];
    char hash[HASH_HEX_BYTES];
    int64_t good = 0;
    memcpy(prev, first_prev, sizeof prev);
    for (;;) {
        struct store_audit e;
        arena_clear(&arena);
        int rc = sqlite_step(conn, stmt, "audit", err);
        if (rc < 0)
            return rc;
        if (rc == 0)
            break;
        rc = row_read(stmt, &table_audit, &arena, &e, err);
        if (!rc)
            rc = chain_hash(&e, hash);
        if (rc)
            return rc;
        if (e.sequence != good + 1 || !str_is(e.prev, prev) || !str_is(e.hash, hash)) {
            *ret_entries = good;
            *ret_bad = good + 1;
            return 0;
        }
        memcpy(prev, hash, sizeof prev);
        good++;
    }
    *ret_entries = good;
    *ret_bad = 0;
    return 0;
}

int sqlite_audit_verify(struct store_tx *tx, int64_t *ret_entries, int64_t *ret_bad,
                        struct err *err)
{
    struct buf sql CLEANUP(buf_done) = {0};
    sqlite3_stmt *stmt = NULL;
    buf_add_cstr(&sql, "SELECT ");
    row_columns(&table_audit, &sql);
    buf_add_cstr(&sql, " FROM audit ORDER BY sequence");
    if (buf_check(&sql))
        return err_set(err, E_NOMEM, "no memory to verify the audit log");
    int rc = sqlite3_prepare_v2(conn_of(tx)->db, sql.ptr, (int)sql.len, &stmt, NULL);
    if (rc)
        return sqlite_fail(conn_of(tx), rc, err, "verify the audit log");
    rc = verify_rows(conn_of(tx), stmt, ret_entries, ret_bad, err);
    (void)sqlite3_finalize(stmt);
    return rc;
}
