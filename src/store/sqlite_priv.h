/* Inside the SQLite backend: connections, statements, rows, pages, the writer. */
#ifndef CORDON_STORE_SQLITE_PRIV_H
#define CORDON_STORE_SQLITE_PRIV_H

#include <pthread.h>
#include <sqlite3.h>

#include "store/columns.h"
#include "store/segwrite.h"
#include "store/store.h"

enum {
    SQLITE_CACHED_MOST = 96,
    SQLITE_BUSY_MS = 5000,
    SQLITE_BINDS_MOST = 32,
    SQLITE_KEYS_MOST = 8
};

/** A statement made from fixed text is known by the text's address, one made from a table by the
 * table's and what it does. */
struct sqlite_cached {
    const void *owner;
    int use;
    sqlite3_stmt *stmt;
};

/** One database connection; one thread at a time. */
struct sqlite_conn {
    sqlite3 *db;
    struct sqlite_cached cached[SQLITE_CACHED_MOST];
    size_t cached_len;
};

struct sqlite_store;

struct sqlite_tx {
    struct store_tx base;
    struct sqlite_conn *conn;
    struct sqlite_store *store;
};

/* ------------------------------------------------------------------ connection (sqlite_conn.c) */

/** Open and set up. @return 0, E_IO, E_PARSE (not a database), E_DENIED ... */
int sqlite_conn_open(const char *path, bool writing, struct sqlite_conn *ret_conn,
                     struct err *err) MUST_CHECK;
void sqlite_conn_close(struct sqlite_conn *conn);
/** Our code for what the last call on the connection said. */
int sqlite_code(sqlite3 *db, int rc);
/** Fill err from the connection: "cannot WHAT: reason". */
int sqlite_fail(struct sqlite_conn *conn, int rc, struct err *err, const char *what);
/** Run fixed text without results. */
int sqlite_exec(struct sqlite_conn *conn, const char *sql, struct err *err) MUST_CHECK;
/** A cached statement, reset and without bindings. `sql` must be a literal: its address is the key.
 */
int sqlite_prepare(struct sqlite_conn *conn, const char *sql, sqlite3_stmt **ret_stmt,
                   struct err *err) MUST_CHECK;
/** The same for text that is built: known by (owner, use). */
int sqlite_prepare_for(struct sqlite_conn *conn, const void *owner, int use, struct str sql,
                       sqlite3_stmt **ret_stmt, struct err *err) MUST_CHECK;
/** A cached statement, reset and without bindings, or NULL. */
sqlite3_stmt *sqlite_cached_find(struct sqlite_conn *conn, const void *owner, int use);
/** Step once. @return 1 (a row), 0 (done; statement is reset), or an error (reset) */
int sqlite_step(struct sqlite_conn *conn, sqlite3_stmt *stmt, const char *what,
                struct err *err) MUST_CHECK;
/** Step to the end and reset. @return 0 or an error */
int sqlite_run(struct sqlite_conn *conn, sqlite3_stmt *stmt, const char *what,
               struct err *err) MUST_CHECK;
void sqlite_bind_str(sqlite3_stmt *stmt, int at, struct str s);
void sqlite_bind_i64(sqlite3_stmt *stmt, int at, int64_t v);

/* ------------------------------------------------------------------ migrations (sqlite_schema.c)
 */

extern const char *const sqlite_migrations[];
extern const size_t sqlite_migrations_len;
/** Bring the database to the last version, one transaction a step. @return 0, E_VERSION, E_PARSE
 * ... */
int sqlite_migrate(struct sqlite_conn *conn, const char *const *migrations, size_t len,
                   struct err *err) MUST_CHECK;

/* ------------------------------------------------------------------ rows (sqlite_row.c) */

enum row_use { ROW_PUT = 1, ROW_INSERT, ROW_GET, ROW_EXISTS };

/** Insert or replace (ROW_PUT), or insert (ROW_INSERT: E_EXISTS). */
int row_write(struct sqlite_conn *conn, const struct table *table, enum row_use use,
              const void *record, struct err *err) MUST_CHECK;
/** Read the columns of a SELECT made by row_columns into a record. */
int row_read(sqlite3_stmt *stmt, const struct table *table, struct arena *arena, void *record,
             struct err *err) MUST_CHECK;
/** Append "a,b,c" of a table. */
void row_columns(const struct table *table, struct buf *sql);
/** By the key columns of the record `key`. @return 0, E_NOT_FOUND (err is not filled), ... */
int row_find(struct sqlite_conn *conn, const struct table *table, const void *key,
             struct arena *arena, void *record, struct err *err) MUST_CHECK;
/** Deep copy of a record into an arena. @return 0 or E_NOMEM */
int row_copy(const struct table *table, const void *record, struct arena *arena,
             void *ret_record) MUST_CHECK;
/** By the only key column, which is text. @return 0, E_NOT_FOUND ("no WHAT 'key'") */
int row_get(struct sqlite_conn *conn, const struct table *table, struct str key, const char *what,
            struct arena *arena, void *record, struct err *err) MUST_CHECK;
/** Is there a row with this key? @return 0 or an error */
int row_exists(struct sqlite_conn *conn, const struct table *table, struct str key,
               bool *ret_exists, struct err *err) MUST_CHECK;
/** Bind and run a fixed statement with text arguments; E_NOT_FOUND when no row changed and `what`.
 */
int row_change(struct sqlite_conn *conn, sqlite3_stmt *stmt, const char *what, struct str key,
               struct err *err) MUST_CHECK;

/* ------------------------------------------------------------------ queries (sqlite_query.c) */

/** A question that SQL asks its caller: the function accepts(id, ?). */
struct query_accept {
    bool (*fn)(const void *arg, struct str id);
    const void *arg;
};

struct query_bind {
    bool is_text;
    struct str s;
    int64_t i;
    const struct query_accept *accept;
};

/** A SELECT over one table, built from fixed fragments and bound values only. */
struct query {
    const struct table *table;
    struct buf sql;
    struct query_bind binds[SQLITE_BINDS_MOST];
    int binds_len;
};

/** Order of a list: by `sort` then `id`; the cursor names both of the last row. */
struct query_order {
    const char *sort; /* column, or NULL: `id` alone */
    const char *id;   /* unique column */
    bool descending;
};

struct query_page {
    void *items; /* records, in the arena */
    size_t len;
    struct str next;
};

void query_init(struct query *q, const struct table *table);
/** The same, but a text column that may be large stays empty in the records. */
void query_init_without(struct query *q, const struct table *table, const char *left_out);
/** For CLEANUP(query_done). */
void query_done(struct query *q);
/** Append " AND <fragment> ?" with the value; the fragment is a literal. */
void query_text(struct query *q, const char *fragment, struct str value);
void query_int(struct query *q, const char *fragment, int64_t value);
/** Append a literal condition without a value. */
void query_literal(struct query *q, const char *fragment);
/** " AND column IN (names of the bits)" unless bits is 0. */
void query_set(struct query *q, const char *column, unsigned bits);
/** The same, but no index is chosen for it: another condition narrows more. */
void query_set_beside(struct query *q, const char *column, unsigned bits);
/** Append " AND <fragment> ?" where the fragment ends in LIKE: rows whose text has this part, ASCII
 * letters of either case. @param pattern made here, must live as long as the query */
void query_like(struct query *q, const char *fragment, struct str part, struct buf *pattern);
/** " AND <the column's value is accepted>"; `accept` is borrowed for as long as the query. */
void query_accepted(struct query *q, const char *column, const struct query_accept *accept);
/** The function behind query_accepted, for each connection. @return 0 or an SQLite code */
int query_setup(sqlite3 *db) MUST_CHECK;
/** Rows of the query, counted up to `most`, which are taken from the front of the order. */
int query_count(struct query *q, struct sqlite_conn *conn, const struct query_order *order,
                uint32_t most, uint32_t *ret_count, struct err *err) MUST_CHECK;
/** First row of the query. @return 0, E_NOT_FOUND (err is not filled), ... */
int query_one(struct query *q, struct sqlite_conn *conn, struct arena *arena, void *record,
              struct err *err) MUST_CHECK;
/** One page in an order. @return 0, E_ARG (bad cursor) ... */
int query_list(struct query *q, struct sqlite_conn *conn, const struct query_order *order,
               const struct store_page *page, struct arena *arena, struct query_page *ret_page,
               struct err *err) MUST_CHECK;

/* ------------------------------------------------------------------ the store */

enum job_kind { JOB_WORK, JOB_BATCH, JOB_KINDS };

/** One submission in the queue. */
struct job {
    struct job *next;
    enum job_kind kind;
    int rc;
    struct err err;
    void *arg;
    /* JOB_WORK */
    store_work_fn work;
    store_done_fn done;
    /* JOB_BATCH */
    store_batch_done_fn batch_done;
    struct arena arena; /* owns device, sha256 and the alerts */
    struct store_batch batch;
    struct segframes frames;
    struct segplace place;
    struct store_batch_result result;
    bool *alert_is_new;
};

/** Jobs of one kind, first come first served. */
struct sqlite_queue {
    struct job *head;
    struct job **tail;
    size_t len;
};

struct sqlite_reader {
    struct sqlite_tx tx;
    struct sqlite_conn conn;
    bool open;
    bool busy;
};

struct sqlite_store {
    struct store base;
    char *folder;
    char *path; /* of the database */
    int lock_fd;
    int64_t free_bytes_least;

    struct sqlite_conn writer; /* writer thread only */
    struct segwrite segments;  /* writer thread only */
    pthread_t thread;
    bool started;

    pthread_mutex_t mutex;                 /* guards what follows */
    pthread_cond_t work;                   /* a queue is not empty, or stopping */
    pthread_cond_t reader;                 /* a reader became free */
    struct sqlite_queue queues[JOB_KINDS]; /* apart: telemetry never holds up an order */
    size_t queue_bytes;                    /* that waiting batches hold */
    bool stopping;
    struct sqlite_reader *readers;
    unsigned readers_len;
    struct segkeys *keys[SQLITE_KEYS_MOST]; /* scratch nobody uses now */
    unsigned keys_len;
    struct store_stats stats;
};

/** Transactions of the writer, see sqlite_writer.c. */
int sqlite_begin(struct sqlite_conn *conn, struct err *err) MUST_CHECK;
int sqlite_savepoint(struct sqlite_conn *conn, struct err *err) MUST_CHECK;
/** Keep the unit (rc 0) or undo it. @return rc, or what went wrong keeping it */
int sqlite_savepoint_end(struct sqlite_conn *conn, int rc, struct err *err) MUST_CHECK;
/** The whole transaction is gone: nothing of the group can be committed. */
bool sqlite_lost(struct sqlite_conn *conn);
int sqlite_commit(struct sqlite_conn *conn, struct err *err) MUST_CHECK;
/** Give up the transaction because of `rc`; makes room when that was a full disk. */
void sqlite_rollback(struct sqlite_conn *conn, int rc);

/** What a unit of work in a group is given: notes into `changes` when somebody watches. */
struct sqlite_tx sqlite_writing(struct sqlite_store *s, struct store_changes *changes);
/** End of a group: tell what it changed when it was committed (rc 0); empties `changes`. */
void sqlite_tell(struct sqlite_store *s, struct store_changes *changes, int rc);

void job_free(struct job *job);
/** Queue a job, consumed on success only. @return 0, E_AGAIN, E_CLOSED */
int sqlite_submit(struct sqlite_store *s, struct job *job) MUST_CHECK;
int sqlite_writer_start(struct sqlite_store *s, struct err *err) MUST_CHECK;
/** Finish the queue and join. */
void sqlite_writer_stop(struct sqlite_store *s);

/** Recover the segments at start. */
int sqlite_recover(struct sqlite_store *s, struct err *err) MUST_CHECK;
/** Commit a group of batch jobs, filling rc, err and result of each. Writer thread. */
void sqlite_batch_group(struct sqlite_store *s, struct job **jobs, size_t len);
/** Seal what is due without a batch. Writer thread. */
void sqlite_batch_idle(struct sqlite_store *s);
int sqlite_batch_submit(struct store *store, const struct store_batch *batch,
                        store_batch_done_fn done, void *arg, struct err *err);

/* ------------------------------------------------------------------ domain calls, by file */

static inline struct sqlite_conn *conn_of(struct store_tx *tx)
{
    return ((struct sqlite_tx *)tx)->conn;
}

int sqlite_device_put(struct store_tx *tx, const struct store_device *device, bool *ret_new,
                      struct err *err);
int sqlite_device_get(struct store_tx *tx, struct str id, struct arena *arena,
                      struct store_device *ret_device, struct err *err);
int sqlite_device_find_key(struct store_tx *tx, struct str fingerprint, struct arena *arena,
                           struct store_device *ret_device, struct err *err);
int sqlite_device_find_hardware(struct store_tx *tx, struct str uuid, struct arena *arena,
                                struct store_device *ret_device, struct err *err);
int sqlite_device_seen(struct store_tx *tx, struct str id, int64_t now_ns, struct str address,
                       int64_t clock_offset_ns, struct err *err);
int sqlite_device_list(struct store_tx *tx, const struct store_device_filter *filter,
                       const struct store_page *page, struct arena *arena,
                       struct store_device_list *ret_list, struct err *err);
int sqlite_enroll_token_put(struct store_tx *tx, const struct store_enroll_token *token,
                            struct err *err);
int sqlite_enroll_token_get(struct store_tx *tx, struct str hash, struct arena *arena,
                            struct store_enroll_token *ret_token, struct err *err);
int sqlite_enroll_token_list(struct store_tx *tx, const struct store_page *page,
                             struct arena *arena, struct store_enroll_token_list *ret_list,
                             struct err *err);
int sqlite_user_put(struct store_tx *tx, const struct store_user *user, struct err *err);
int sqlite_user_get(struct store_tx *tx, struct str name, struct arena *arena,
                    struct store_user *ret_user, struct err *err);
int sqlite_user_list(struct store_tx *tx, const struct store_page *page, struct arena *arena,
                     struct store_user_list *ret_list, struct err *err);
int sqlite_token_put(struct store_tx *tx, const struct store_token *token, struct err *err);
int sqlite_token_get(struct store_tx *tx, struct str hash, struct arena *arena,
                     struct store_token *ret_token, struct err *err);
int sqlite_token_list(struct store_tx *tx, struct str user, const struct store_page *page,
                      struct arena *arena, struct store_token_list *ret_list, struct err *err);
int sqlite_token_delete(struct store_tx *tx, struct str hash, struct err *err);
int sqlite_token_delete_user(struct store_tx *tx, struct str user, enum token_kind kind,
                             struct str except_hash, struct err *err);
int sqlite_token_delete_expired(struct store_tx *tx, int64_t now_ns, struct err *err);
int sqlite_alert_put(struct store_tx *tx, const struct store_alert *alert, bool *ret_new,
                     struct err *err);
int sqlite_alert_get(struct store_tx *tx, struct str id, struct arena *arena,
                     struct store_alert *ret_alert, struct err *err);
int sqlite_alert_set_state(struct store_tx *tx, struct str id, enum alert_state state,
                           struct str by, int64_t now_ns, struct str reason, struct err *err);
int sqlite_alert_list(struct store_tx *tx, const struct store_alert_filter *filter,
                      const struct store_page *page, struct arena *arena,
                      struct store_alert_list *ret_list, struct err *err);
int sqlite_alert_count(struct store_tx *tx, const struct store_alert_filter *filter, uint32_t most,
                       uint32_t *ret_count, struct err *err);
int sqlite_alert_around(struct store_tx *tx, const struct store_alert *alert, int64_t span_ns,
                        uint32_t most, struct arena *arena, struct store_alert_list *ret_list,
                        struct err *err);
int sqlite_alert_count_open(struct store_tx *tx, struct str device, int64_t *ret_count,
                            struct err *err);
int sqlite_epoch_get(struct store_tx *tx, struct str device, uint64_t epoch, struct arena *arena,
                     struct store_epoch *ret_epoch, struct err *err);
int sqlite_segment_list(struct store_tx *tx, const struct store_segment_filter *filter,
                        struct arena *arena, struct store_segment_list *ret_list, struct err *err);
int sqlite_segment_batches(struct store_tx *tx, int64_t segment, int64_t from_offset,
                           uint32_t limit, struct arena *arena,
                           struct store_batch_row_list *ret_list, struct err *err);
int sqlite_hunt_put(struct store_tx *tx, const struct store_hunt *hunt, bool *ret_new,
                    struct err *err);
int sqlite_hunt_get(struct store_tx *tx, struct str id, struct arena *arena,
                    struct store_hunt *ret_hunt, struct err *err);
int sqlite_hunt_list(struct store_tx *tx, const struct store_hunt_filter *filter,
                     const struct store_page *page, struct arena *arena,
                     struct store_hunt_list *ret_list, struct err *err);
int sqlite_hunt_interrupt(struct store_tx *tx, int64_t now_ns, struct err *err);
int sqlite_hunt_prune(struct store_tx *tx, uint32_t keep, struct err *err);
int sqlite_hunt_result_put(struct store_tx *tx, const struct store_hunt_result *result,
                           struct err *err);
int sqlite_hunt_result_list(struct store_tx *tx, const struct store_hunt_result_filter *filter,
                            const struct store_page *page, struct arena *arena,
                            struct store_hunt_result_list *ret_list, struct err *err);
int sqlite_action_put(struct store_tx *tx, const struct store_action *action, bool *ret_new,
                      struct err *err);
int sqlite_action_get(struct store_tx *tx, struct str id, struct arena *arena,
                      struct store_action *ret_action, struct err *err);
int sqlite_action_list(struct store_tx *tx, const struct store_action_filter *filter,
                       const struct store_page *page, struct arena *arena,
                       struct store_action_list *ret_list, struct err *err);
int sqlite_ruleset_put(struct store_tx *tx, const struct store_ruleset *ruleset, struct err *err);
int sqlite_ruleset_get(struct store_tx *tx, struct str version, struct arena *arena,
                       struct store_ruleset *ret_ruleset, struct err *err);
int sqlite_ruleset_active(struct store_tx *tx, struct arena *arena,
                          struct store_ruleset *ret_ruleset, struct err *err);
int sqlite_ruleset_activate(struct store_tx *tx, struct str version, struct err *err);
int sqlite_ruleset_list(struct store_tx *tx, const struct store_page *page, struct arena *arena,
                        struct store_ruleset_list *ret_list, struct err *err);
int sqlite_entry_put(struct store_tx *tx, const struct store_entry *entry, struct err *err);
int sqlite_entry_get(struct store_tx *tx, struct str id, struct arena *arena,
                     struct store_entry *ret_entry, struct err *err);
int sqlite_entry_find(struct store_tx *tx, struct str kind, struct str value, struct str verdict,
                      struct arena *arena, struct store_entry *ret_entry, struct err *err);
int sqlite_entry_list(struct store_tx *tx, const struct store_entry_filter *filter,
                      const struct store_page *page, struct arena *arena,
                      struct store_entry_list *ret_list, struct err *err);
int sqlite_entry_hidden(struct store_tx *tx, struct arena *arena,
                        struct store_hidden_list *ret_list, struct err *err);
int sqlite_audit_append(struct store_tx *tx, const struct store_audit *entry, struct err *err);
int sqlite_audit_list(struct store_tx *tx, const struct store_audit_filter *filter,
                      const struct store_page *page, struct arena *arena,
                      struct store_audit_list *ret_list, struct err *err);
int sqlite_audit_verify(struct store_tx *tx, int64_t *ret_entries, int64_t *ret_bad,
                        struct err *err);
int sqlite_setting_put(struct store_tx *tx, struct str key, struct str value, struct err *err);
int sqlite_setting_get(struct store_tx *tx, struct str key, struct arena *arena,
                       struct str *ret_value, struct err *err);
int sqlite_overview(struct store_tx *tx, int64_t now_ns, struct store_overview *ret_overview,
                    struct err *err);

#endif
