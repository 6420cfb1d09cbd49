/* The SQLite backend: opening, closing, readers, and its vtable. */
#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "os/file.h"
#include "schema/param.h"
#include "store/sqlite_priv.h"

enum { READERS_DEFAULT = 8, READERS_MOST = 256, SHARDS_DEFAULT = 4, PATH_BYTES = 4096 };

static void close_store(struct store *store)
{
    struct sqlite_store *s = (struct sqlite_store *)store;
    sqlite_writer_stop(s);
    segwrite_done(&s->segments);
    while (s->keys_len)
        segkeys_free(s->keys[--s->keys_len]);
    for (unsigned i = 0; i < s->readers_len; i++) {
        if (s->readers[i].open)
            sqlite_conn_close(&s->readers[i].conn);
    }
    if (s->writer.db)
        sqlite_conn_close(&s->writer);
    (void)pthread_cond_destroy(&s->reader);
    (void)pthread_cond_destroy(&s->work);
    (void)pthread_mutex_destroy(&s->mutex);
    fd_closep(&s->lock_fd);
    mem_free(s->readers);
    mem_free(s->path);
    mem_free(s->folder);
    mem_free(s);
}

static int write_unit(struct store *store, store_work_fn work, store_done_fn done, void *arg)
{
    struct job *job = mem_calloc(1, sizeof *job);
    if (!job)
        return E_NOMEM;
    job->kind = JOB_WORK;
    job->work = work;
    job->done = done;
    job->arg = arg;
    int rc = sqlite_submit((struct sqlite_store *)store, job);
    if (rc)
        job_free(job);
    return rc;
}

/* ------------------------------------------------------------------ readers */

static struct sqlite_reader *take_reader(struct sqlite_store *s)
{
    struct sqlite_reader *found = NULL;
    (void)pthread_mutex_lock(&s->mutex);
    while (!found) {
        for (unsigned i = 0; i < s->readers_len && !found; i++) {
            if (!s->readers[i].busy)
                found = &s->readers[i];
        }
        if (!found)
            (void)pthread_cond_wait(&s->reader, &s->mutex);
    }
    found->busy = true;
    (void)pthread_mutex_unlock(&s->mutex);
    return found;
}

static void give_reader(struct sqlite_store *s, struct sqlite_reader *reader)
{
    (void)pthread_mutex_lock(&s->mutex);
    reader->busy = false;
    (void)pthread_cond_signal(&s->reader);
    (void)pthread_mutex_unlock(&s->mutex);
}

static int read_begin(struct store *store, struct store_tx **ret_tx, struct err *err)
{
    struct sqlite_store *s = (struct sqlite_store *)store;
    struct sqlite_reader *reader = take_reader(s);
    int rc = 0;
    if (!reader->open) {
        rc = sqlite_conn_open(s->path, false, &reader->conn, err);
        reader->open = rc == 0;
    }
    if (!rc)
        rc = sqlite_exec(&reader->conn, "BEGIN", err);
    if (rc) {
        give_reader(s, reader);
        return rc;
    }
    reader->tx =
        (struct sqlite_tx){.base = {.vtable = store->vtable}, .conn = &reader->conn, .store = s};
    *ret_tx = &reader->tx.base;
    return 0;
}

static void read_end(struct store_tx *tx)
{
    struct sqlite_tx *mine = (struct sqlite_tx *)tx;
    struct sqlite_store *s = mine->store;
    (void)sqlite3_exec(mine->conn->db, "ROLLBACK", NULL, NULL, NULL);
    for (unsigned i = 0; i < s->readers_len; i++) {
        if (&s->readers[i].tx == mine)
            give_reader(s, &s->readers[i]);
    }
}

static void stats(struct store *store, struct store_stats *ret_stats)
{
    struct sqlite_store *s = (struct sqlite_store *)store;
    (void)pthread_mutex_lock(&s->mutex);
    *ret_stats = s->stats;
    ret_stats->queue = s->queues[JOB_WORK].len + s->queues[JOB_BATCH].len;
    (void)pthread_mutex_unlock(&s->mutex);
}

static int sqlite_store_open(const struct store_config *config, struct store **ret_store,
                             struct err *err);

const struct store_vtable store_sqlite = {
    .name = "sqlite",
    .open = sqlite_store_open,
    .close = close_store,
    .write = write_unit,
    .read_begin = read_begin,
    .read_end = read_end,
    .batch_submit = sqlite_batch_submit,
    .stats = stats,
    .device_put = sqlite_device_put,
    .device_get = sqlite_device_get,
    .device_find_key = sqlite_device_find_key,
    .device_find_hardware = sqlite_device_find_hardware,
    .device_seen = sqlite_device_seen,
    .device_list = sqlite_device_list,
    .enroll_token_put = sqlite_enroll_token_put,
    .enroll_token_get = sqlite_enroll_token_get,
    .enroll_token_list = sqlite_enroll_token_list,
    .user_put = sqlite_user_put,
    .user_get = sqlite_user_get,
    .user_list = sqlite_user_list,
    .token_put = sqlite_token_put,
    .token_get = sqlite_token_get,
    .token_list = sqlite_token_list,
    .token_delete = sqlite_token_delete,
    .token_delete_user = sqlite_token_delete_user,
    .token_delete_expired = sqlite_token_delete_expired,
    .alert_put = sqlite_alert_put,
    .alert_get = sqlite_alert_get,
    .alert_set_state = sqlite_alert_set_state,
    .alert_list = sqlite_alert_list,
    .alert_count = sqlite_alert_count,
    .alert_around = sqlite_alert_around,
    .alert_count_open = sqlite_alert_count_open,
    .epoch_get = sqlite_epoch_get,
    .segment_list = sqlite_segment_list,
    .segment_batches = sqlite_segment_batches,
    .action_put = sqlite_action_put,
    .action_get = sqlite_action_get,
    .action_list = sqlite_action_list,
    .ruleset_put = sqlite_ruleset_put,
    .ruleset_get = sqlite_ruleset_get,
    .ruleset_active = sqlite_ruleset_active,
    .ruleset_activate = sqlite_ruleset_activate,
    .ruleset_list = sqlite_ruleset_list,
    .entry_put = sqlite_entry_put,
    .entry_get = sqlite_entry_get,
    .entry_find = sqlite_entry_find,
    .entry_list = sqlite_entry_list,
    .entry_hidden = sqlite_entry_hidden,
    .hunt_put = sqlite_hunt_put,
    .hunt_get = sqlite_hunt_get,
    .hunt_list = sqlite_hunt_list,
    .hunt_interrupt = sqlite_hunt_interrupt,
    .hunt_prune = sqlite_hunt_prune,
    .hunt_result_put = sqlite_hunt_result_put,
    .hunt_result_list = sqlite_hunt_result_list,
    .audit_append = sqlite_audit_append,
    .audit_list = sqlite_audit_list,
    .audit_verify = sqlite_audit_verify,
    .setting_put = sqlite_setting_put,
    .setting_get = sqlite_setting_get,
    .overview = sqlite_overview,
};

/* ------------------------------------------------------------------ opening */

/* The number of shards is fixed when a store is made: files lie by it. */
static int shards_of(struct sqlite_store *s, unsigned wanted, uint32_t *ret_shards, struct err *err)
{
    struct sqlite_tx tx = {
        .base = {.vtable = s->base.vtable, .writing = true}, .conn = &s->writer, .store = s};
    struct arena arena CLEANUP(arena_done) = {0};
    struct str text;
    uint64_t shards = wanted ? wanted : SHARDS_DEFAULT;
    char number[24];
    int rc = sqlite_setting_get(&tx.base, STR("store.shards"), &arena, &text, NULL);
    if (rc == E_NOT_FOUND) {
        (void)snprintf(number, sizeof number, "%llu", (unsigned long long)shards);
        text = str_of(number);
        rc = sqlite_setting_put(&tx.base, STR("store.shards"), text, err);
    }
    if (rc)
        return rc;
    if (str_to_u64(text, &shards) || shards < 1 || shards > SEGWRITE_SHARDS_MOST)
        return err_set(err, E_ARG, "'%.*s' is not a number of shards (1..%d)", STR_FMT(text),
                       SEGWRITE_SHARDS_MOST);
    *ret_shards = (uint32_t)shards;
    return 0;
}

static int check_integrity(struct sqlite_store *s, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(s->writer.db, "PRAGMA integrity_check(1)", -1, &stmt, NULL);
    if (rc)
        return sqlite_fail(&s->writer, rc, err, "check the database");
    rc = sqlite_step(&s->writer, stmt, "check the database", err);
    if (rc == 1) {
        const char *text = (const char *)sqlite3_column_text(stmt, 0);
        rc = text && strcmp(text, "ok") == 0
                 ? 0
                 : err_set(err, E_PARSE, "the database is damaged: %s", text ? text : "?");
    }
    (void)sqlite3_finalize(stmt);
    return rc;
}

static int open_segments(struct sqlite_store *s, const struct store_config *config, struct err *err)
{
    struct segwrite_config segments = {
        .folder = s->folder,
        .seal_bytes = config->segment_bytes ? config->segment_bytes
                                            : (uint64_t)param_default(PARAM_SEGMENT_BYTES),
        .seal_age_ns =
            (config->segment_age_s ? config->segment_age_s : param_default(PARAM_SEGMENT_AGE_S)) *
            NS_PER_S,
        .next_id = 1,
    };
    int rc = shards_of(s, config->shards, &segments.shards, err);
    if (!rc)
        rc = segwrite_init(&s->segments, &segments, err);
    if (!rc)
        rc = sqlite_recover(s, err);
    return rc;
}

static int make_names(struct sqlite_store *s, const char *folder, struct err *err)
{
    char path[PATH_BYTES];
    int n = snprintf(path, sizeof path, "%s/cordon.db", folder);
    if (n < 0 || (size_t)n >= sizeof path - 64)
        return err_set(err, E_ARG, "the data folder's path is too long");
    s->folder = mem_strdup(folder);
    s->path = mem_strdup(path);
    if (!s->folder || !s->path)
        return err_set(err, E_NOMEM, "no memory to open the store");
    (void)snprintf(path, sizeof path, "%s/lock", folder);
    int rc = file_mkdirs(folder, 0700, err);
    if (rc)
        return rc;
    s->lock_fd = file_lock(path, err);
    if (s->lock_fd < 0)
        return s->lock_fd;
    /* SQLite would make it as open as the umask says; its other files take this one's mode. */
    int fd CLEANUP(fd_closep) = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    return fd < 0 ? err_errno(err, file_errno_code(errno), errno, "cannot open %s", s->path) : 0;
}

static int start(struct sqlite_store *s, const struct store_config *config, struct err *err)
{
    int rc = make_names(s, config->folder, err);
    if (!rc)
        rc = sqlite_conn_open(s->path, true, &s->writer, err);
    if (!rc)
        rc = sqlite_migrate(&s->writer, sqlite_migrations, sqlite_migrations_len, err);
    if (!rc && config->check)
        rc = check_integrity(s, err);
    if (rc && s->path && s->lock_fd >= 0)
        err_prefix(err, "%s", s->path);
    if (!rc)
        rc = open_segments(s, config, err);
    if (!rc)
        rc = sqlite_writer_start(s, err);
    return rc;
}

static int sqlite_store_open(const struct store_config *config, struct store **ret_store,
                             struct err *err)
{
    pthread_condattr_t monotonic;
    struct sqlite_store *s = mem_calloc(1, sizeof *s);
    unsigned readers = config->readers ? config->readers : READERS_DEFAULT;
    if (readers > READERS_MOST)
        readers = READERS_MOST;
    struct sqlite_reader *pool = mem_calloc(readers, sizeof *pool);
    if (!s || !pool) {
        mem_free(s);
        mem_free(pool);
        return err_set(err, E_NOMEM, "no memory to open the store");
    }
    s->base = (struct store){&store_sqlite, config->on_commit, config->on_commit_arg};
    s->lock_fd = -1;
    for (unsigned kind = 0; kind < JOB_KINDS; kind++)
        s->queues[kind].tail = &s->queues[kind].head;
    s->readers = pool;
    s->readers_len = readers;
    s->free_bytes_least =
        config->free_bytes_least ? config->free_bytes_least : param_default(PARAM_FREE_BYTES_LEAST);
    (void)pthread_mutex_init(&s->mutex, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&s->work, &monotonic);
    (void)pthread_cond_init(&s->reader, NULL);
    (void)pthread_condattr_destroy(&monotonic);
    int rc = start(s, config, err);
    if (rc) {
        close_store(&s->base);
        return rc;
    }
    *ret_store = &s->base;
    return 0;
}
