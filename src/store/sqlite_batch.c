/* Committing batches of telemetry: place in segments, write rows, append and fdatasync the frames,
 * commit. The frames are durable before the rows that name them. Fail points: store.batch.commit,
 * .before and .after, beside those of segwrite.c. */
#include "store/sqlite_priv.h"

#include <errno.h>

#include "base/mem.h"
#include "os/clock.h"
#include "os/failpoint.h"
#include "os/file.h"
#include "schema/param.h"
#include "store/epoch.h"

/* ------------------------------------------------------------------ submitting */

static int check(const struct store_batch *b, struct err *err)
{
    if (b->device.len == 0 || b->device.len > STORE_ID_BYTES)
        return err_set(err, E_ARG, "a batch needs a device id of 1 to %d bytes", STORE_ID_BYTES);
    if (b->sequence == 0 || b->sequence > INT64_MAX)
        return err_set(err, E_ARG, "batch sequence %llu is not in 1..2^63-1",
                       (unsigned long long)b->sequence);
    if (b->plain.len > (size_t)param_table[PARAM_BATCH_PLAIN_BYTES].most ||
        b->events > param_table[PARAM_BATCH_EVENTS].most ||
        b->alerts_len > (size_t)param_default(PARAM_BATCH_ALERTS) || b->sha256.len > STORE_ID_BYTES)
        return err_set(err, E_LIMIT, "a batch of %zu bytes, %u events, %zu alerts is too large",
                       b->plain.len, b->events, b->alerts_len);
    for (size_t i = 0; i < b->alerts_len; i++) {
        if (b->alerts[i].id.len == 0 || b->alerts[i].id.len > STORE_ID_BYTES)
            return err_set(err, E_ARG, "alert %zu of the batch needs an id of 1 to %d bytes", i,
                           STORE_ID_BYTES);
    }
    return 0;
}

/* Scratch for the keys of frames: one for each thread that submits at the same time. */
static int take_keys(struct sqlite_store *s, struct segkeys **ret_keys)
{
    *ret_keys = NULL;
    (void)pthread_mutex_lock(&s->mutex);
    if (s->keys_len)
        *ret_keys = s->keys[--s->keys_len];
    (void)pthread_mutex_unlock(&s->mutex);
    return *ret_keys ? 0 : segkeys_new(ret_keys);
}

static void give_keys(struct sqlite_store *s, struct segkeys *keys)
{
    (void)pthread_mutex_lock(&s->mutex);
    if (s->keys_len < SQLITE_KEYS_MOST) {
        s->keys[s->keys_len++] = keys;
        keys = NULL;
    }
    (void)pthread_mutex_unlock(&s->mutex);
    segkeys_free(keys);
}

static int cut(struct sqlite_store *s, struct job *job, const struct segment_frame *like,
               const struct store_batch *b, struct err *err)
{
    struct segkeys *keys = NULL;
    int rc = b->plain.len ? take_keys(s, &keys) : 0;
    if (rc)
        return err_set(err, rc, "no memory for a batch");
    rc = segframes_cut(&job->frames, like, b->plain, b->events,
                       (size_t)param_table[PARAM_EVENT_BYTES].most, keys, err);
    if (keys)
        give_keys(s, keys);
    return rc;
}

/* Copy what the job needs of a batch; its plain text becomes frames. */
static int fill(struct sqlite_store *s, struct job *job, const struct store_batch *b,
                struct err *err)
{
    struct arena *arena = &job->arena;
    arena->limit_bytes = (size_t)param_table[PARAM_BATCH_PLAIN_BYTES].most;
    job->batch = *b;
    job->batch.device = arena_str(arena, b->device);
    job->batch.sha256 = arena_str(arena, b->sha256);
    struct store_alert *alerts = arena_array(arena, b->alerts_len + 1, sizeof *alerts);
    job->alert_is_new = arena_array(arena, b->alerts_len + 1, sizeof *job->alert_is_new);
    if (!job->batch.device.ptr || !job->batch.sha256.ptr || !alerts || !job->alert_is_new)
        return err_set(err, E_NOMEM, "no memory for a batch");
    for (size_t i = 0; i < b->alerts_len; i++) {
        if (row_copy(&table_alert, &b->alerts[i], arena, &alerts[i]))
            return err_set(err, E_NOMEM, "no memory for the alerts of a batch");
        alerts[i].device = job->batch.device;
        alerts[i].received_ns = b->received_ns;
    }
    job->batch.alerts = alerts;
    const struct segment_frame like = {
        .epoch = b->epoch,
        .sequence = b->sequence,
        .time_min_ns = b->time_min_ns,
        .time_max_ns = b->time_max_ns,
        .received_ns = b->received_ns,
        .kinds = {b->kinds[0], b->kinds[1], b->kinds[2], b->kinds[3]},
        .device = job->batch.device,
    };
    return cut(s, job, &like, b, err);
}

int sqlite_batch_submit(struct store *store, const struct store_batch *batch,
                        store_batch_done_fn done, void *arg, struct err *err)
{
    struct sqlite_store *s = (struct sqlite_store *)store;
    int rc = check(batch, err);
    if (rc)
        return rc;
    struct job *job = mem_calloc(1, sizeof *job);
    if (!job)
        return err_set(err, E_NOMEM, "no memory for a batch");
    job->kind = JOB_BATCH;
    job->batch_done = done;
    job->arg = arg;
    rc = fill(s, job, batch, err);
    if (!rc) {
        rc = sqlite_submit(s, job);
        if (rc)
            (void)err_set(err, rc, rc == E_AGAIN ? "the store is busy" : "the store is closing");
    }
    if (rc)
        job_free(job);
    return rc;
}

/* ------------------------------------------------------------------ one batch */

static int check_device(struct sqlite_conn *conn, struct str id, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite_prepare(conn, "SELECT state='enrolled' FROM devices WHERE id=?1", &stmt, err);
    if (rc)
        return rc;
    sqlite_bind_str(stmt, 1, id);
    rc = sqlite_step(conn, stmt, "devices", err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return err_set(err, E_NOT_FOUND, "there is no device '%.*s'", STR_FMT(id));
    bool enrolled = sqlite3_column_int(stmt, 0) != 0;
    (void)sqlite3_reset(stmt);
    return enrolled ? 0
                    : err_set(err, E_DENIED, "device '%.*s' is not enrolled any more", STR_FMT(id));
}

/* It was committed before: answer as then, unless it has other content now. */
static int repeat(struct sqlite_conn *conn, struct job *job, struct arena *arena)
{
    const struct store_batch *b = &job->batch;
    const struct store_batch_row key = {
        .device = b->device, .epoch = b->epoch, .sequence = b->sequence};
    struct store_batch_row row;
    job->result = (struct store_batch_result){.outcome = BATCH_DUPLICATE};
    int rc = row_find(conn, &table_batch, &key, arena, &row, &job->err);
    if (rc == E_NOT_FOUND) /* pruned since; the window remembers that it was stored */
        return 0;
    if (rc)
        return rc;
    if (!str_eq(row.sha256, b->sha256))
        return err_set(&job->err, E_EXISTS,
                       "batch %llu of epoch %llu was committed with other content",
                       (unsigned long long)b->sequence, (unsigned long long)b->epoch);
    job->result.events = (uint32_t)row.events;
    job->result.alerts_repeated = (uint32_t)row.alerts;
    job->result.stored_ns = row.stored_ns;
    return 0;
}

static int put_alerts(struct sqlite_tx *tx, struct job *job, int64_t now_ns)
{
    for (size_t i = 0; i < job->batch.alerts_len; i++) {
        struct store_alert alert = job->batch.alerts[i];
        alert.stored_ns = now_ns;
        alert.state = ALERT_OPEN;
        int rc = sqlite_alert_put(&tx->base, &alert, &job->alert_is_new[i], &job->err);
        if (rc)
            return rc;
        if (job->alert_is_new[i]) {
            store_changes_add_alert(tx->base.changes, &alert, true);
            job->result.alerts_new++;
        } else {
            job->result.alerts_repeated++;
        }
    }
    return 0;
}

static int put_segment(struct sqlite_conn *conn, const struct segfile *f, struct err *err)
{
    const struct store_segment row = {.id = f->id,
                                      .shard = f->shard,
                                      .path = str_of(f->path),
                                      .state = SEGMENT_OPEN,
                                      .created_ns = f->created_ns,
                                      .bytes = SEGMENT_HEADER_BYTES};
    return row_write(conn, &table_segment, ROW_INSERT, &row, err);
}

static int put_rows(struct sqlite_tx *tx, struct job *job, struct store_epoch *epoch,
                    int64_t now_ns)
{
    const struct store_batch *b = &job->batch;
    const struct segplace *place = &job->place;
    unsigned char window[EPOCH_WINDOW_BYTES];
    job->result.missing = epoch_note(epoch, b->sequence, window);
    epoch->batches++;
    epoch->events += b->events;
    epoch->lost += b->lost;
    epoch->updated_ns = now_ns;
    int rc = row_write(tx->conn, &table_epoch, ROW_PUT, epoch, &job->err);
    if (!rc && place->fresh)
        rc = put_segment(tx->conn, place->file, &job->err);
    if (rc)
        return rc;
    const struct store_batch_row row = {.device = b->device,
                                        .epoch = b->epoch,
                                        .sequence = b->sequence,
                                        .segment = place->file ? place->file->id : 0,
                                        .offset = (int64_t)place->offset,
                                        .length = (int64_t)place->length,
                                        .plain_length = (int64_t)b->plain.len,
                                        .events = b->events,
                                        .alerts = (int64_t)b->alerts_len,
                                        .lost = b->lost,
                                        .sha256 = b->sha256,
                                        .received_ns = b->received_ns,
                                        .stored_ns = now_ns};
    return row_write(tx->conn, &table_batch, ROW_INSERT, &row, &job->err);
}

static int store_new(struct sqlite_tx *tx, struct job *job, struct store_epoch *epoch,
                     int64_t now_ns, bool space)
{
    struct sqlite_store *s = tx->store;
    if (!space)
        return err_set(&job->err, E_FULL, "less than %lld bytes are free: telemetry is not taken",
                       (long long)s->free_bytes_least);
    job->result = (struct store_batch_result){.outcome = BATCH_STORED,
                                              .events = job->batch.events,
                                              .stored_ns = now_ns,
                                              .alert_is_new = job->alert_is_new};
    int rc = put_alerts(tx, job, now_ns);
    if (!rc)
        rc = segwrite_place(&s->segments, &job->frames, job->batch.device, now_ns, &job->place,
                            &job->err);
    if (rc)
        return rc;
    rc = put_rows(tx, job, epoch, now_ns);
    if (rc)
        segwrite_unplace(&s->segments, &job->place);
    return rc;
}

static int apply(struct sqlite_tx *tx, struct job *job, int64_t now_ns, bool space)
{
    struct arena arena CLEANUP(arena_done) = {0};
    const struct store_batch *b = &job->batch;
    const struct store_epoch key = {.device = b->device, .epoch = b->epoch};
    struct store_epoch epoch;
    int rc = check_device(tx->conn, b->device, &job->err);
    if (rc)
        return rc;
    rc = row_find(tx->conn, &table_epoch, &key, &arena, &epoch, &job->err);
    if (rc == E_NOT_FOUND)
        epoch = key;
    else if (rc)
        return rc;
    switch (epoch_judge(&epoch, b->sequence)) {
    case EPOCH_SEEN:
        return repeat(tx->conn, job, &arena);
    case EPOCH_TOO_OLD:
        job->result = (struct store_batch_result){.outcome = BATCH_TOO_OLD};
        return 0;
    case EPOCH_NEW:
        break;
    }
    return store_new(tx, job, &epoch, now_ns, space);
}

/* ------------------------------------------------------------------ a group */

/* Bring the rows of the segments that this group touched up to date. */
static int update_segments(struct sqlite_store *s, int64_t now_ns, struct err *err)
{
    for (size_t i = 0; i < s->segments.len; i++) {
        const struct segfile *f = s->segments.files[i];
        sqlite3_stmt *stmt = NULL;
        if (f->fresh || (!f->pending_len && !f->sealing))
            continue;
        int rc = sqlite_prepare(&s->writer,
                                "UPDATE segments SET bytes=?2,events=?3,received_min_ns=?4,"
                                "received_max_ns=?5,state=?6,sealed_ns=?7 WHERE id=?1",
                                &stmt, err);
        if (rc)
            return rc;
        sqlite_bind_i64(stmt, 1, f->id);
        sqlite_bind_i64(stmt, 2, (int64_t)f->placed);
        sqlite_bind_i64(stmt, 3, (int64_t)f->summary.events);
        sqlite_bind_i64(stmt, 4, f->summary.received_min_ns);
        sqlite_bind_i64(stmt, 5, f->summary.received_max_ns);
        sqlite_bind_str(stmt, 6, segment_state_names[f->sealing ? SEGMENT_SEALED : SEGMENT_OPEN]);
        sqlite_bind_i64(stmt, 7, f->sealing ? now_ns : 0);
        rc = sqlite_run(&s->writer, stmt, "segments", err);
        if (rc)
            return rc;
    }
    return 0;
}

/* @param ret_unknown the commit was tried and may have reached the disk although it failed */
static int finish(struct sqlite_store *s, int64_t now_ns, bool *ret_unknown, struct err *err)
{
    int rc = segwrite_flush(&s->segments, err);
    if (!rc)
        rc = update_segments(s, now_ns, err);
    if (rc)
        return rc;
    int e = FAILPOINT("store.batch.commit.before");
    if (e)
        return err_errno(err, file_errno_code(e), e, "cannot commit");
    rc = sqlite_commit(&s->writer, err);
    e = FAILPOINT("store.batch.commit.after");
    if (!rc && e)
        rc = err_errno(err, file_errno_code(e), e, "cannot commit");
    *ret_unknown = rc != 0;
    return rc;
}

static bool enough_space(const struct sqlite_store *s)
{
    int64_t free_bytes;
    if (s->free_bytes_least <= 0)
        return true;
    free_bytes = file_free_bytes(s->folder);
    return free_bytes < 0 || free_bytes >= s->free_bytes_least;
}

void sqlite_batch_group(struct sqlite_store *s, struct job **jobs, size_t len)
{
    struct store_changes changes = {0};
    struct sqlite_tx tx = sqlite_writing(s, &changes);
    struct err err = {0};
    int64_t now_ns = clock_wall_ns();
    bool space = enough_space(s);
    bool unknown = false;
    segwrite_begin(&s->segments, now_ns);
    int rc = sqlite_begin(&s->writer, &err);
    for (size_t i = 0; i < len && !rc; i++) {
        struct job *job = jobs[i];
        struct store_changes_mark mark = store_changes_mark(&changes);
        rc = sqlite_savepoint(&s->writer, &err);
        if (rc)
            break;
        job->rc = apply(&tx, job, now_ns, space);
        job->rc = sqlite_savepoint_end(&s->writer, job->rc, &job->err);
        if (job->rc)
            store_changes_cut(&changes, mark);
        if (sqlite_lost(&s->writer)) {
            rc = job->rc ? job->rc : E_IO;
            err = job->err;
        }
    }
    if (!rc)
        rc = finish(s, now_ns, &unknown, &err);
    if (rc) {
        sqlite_rollback(&s->writer, rc);
        segwrite_revert(&s->segments, unknown);
    } else {
        segwrite_commit(&s->segments);
    }
    sqlite_tell(s, &changes, rc);
    for (size_t i = 0; i < len && rc; i++) {
        if (jobs[i]->rc == 0) {
            jobs[i]->rc = rc;
            jobs[i]->err = err;
        }
    }
    (void)pthread_mutex_lock(&s->mutex);
    s->stats.groups += rc == 0;
    s->stats.failed_groups += rc != 0;
    s->stats.batches += len;
    s->stats.syncs = s->segments.syncs;
    s->stats.segments_abandoned = s->segments.abandoned;
    (void)pthread_mutex_unlock(&s->mutex);
}

void sqlite_batch_idle(struct sqlite_store *s)
{
    if (segwrite_due(&s->segments, clock_wall_ns()))
        sqlite_batch_group(s, NULL, 0);
}
