/* The writer thread: takes what is queued, commits units of work in one transaction and batches in
 * another, then reports. Units go first and apart, so that an order to isolate never waits for, or
 * fails with, telemetry. Fail points: store.commit, .before and .after. */
#include "store/sqlite_priv.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "base/mem.h"
#include "os/failpoint.h"
#include "schema/param.h"

enum { GROUP_MOST = 512, GROUP_BYTES_MOST = 33554432, IDLE_S = 5 };

void job_free(struct job *job)
{
    if (!job)
        return;
    segframes_done(&job->frames);
    arena_done(&job->arena);
    mem_free(job);
}

/* What a waiting job holds. */
static size_t bytes_of(const struct job *job)
{
    return job->frames.bytes.len + job->arena.used_bytes;
}

int sqlite_submit(struct sqlite_store *s, struct job *job)
{
    int rc = 0;
    size_t bytes = bytes_of(job);
    struct sqlite_queue *queue = &s->queues[job->kind];
    (void)pthread_mutex_lock(&s->mutex);
    if (s->stopping)
        rc = E_CLOSED;
    else if (queue->len >= (size_t)param_default(PARAM_STORE_QUEUE) ||
             (bytes && s->queue_bytes + bytes > (size_t)param_default(PARAM_STORE_QUEUE_BYTES)))
        rc = E_AGAIN;
    if (!rc) {
        job->next = NULL;
        *queue->tail = job;
        queue->tail = &job->next;
        queue->len++;
        s->queue_bytes += bytes;
        (void)pthread_cond_signal(&s->work);
    }
    (void)pthread_mutex_unlock(&s->mutex);
    return rc;
}

static bool waiting(const struct sqlite_store *s)
{
    return s->queues[JOB_WORK].head || s->queues[JOB_BATCH].head;
}

/* What one commit takes of a queue. */
static size_t take_group(struct sqlite_store *s, enum job_kind kind, struct job **jobs)
{
    struct sqlite_queue *queue = &s->queues[kind];
    size_t bytes = 0;
    size_t len = 0;
    while (queue->head && len < GROUP_MOST && bytes < GROUP_BYTES_MOST) {
        struct job *job = queue->head;
        queue->head = job->next;
        if (!queue->head)
            queue->tail = &queue->head;
        queue->len--;
        s->queue_bytes -= bytes_of(job);
        bytes += bytes_of(job);
        jobs[len++] = job;
    }
    return len;
}

/* Wait for work and take a group of each kind. False when stopping and nothing is left. */
static bool take(struct sqlite_store *s, struct job *(*groups)[GROUP_MOST], size_t *lens)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += IDLE_S;
    (void)pthread_mutex_lock(&s->mutex);
    while (!waiting(s) && !s->stopping) {
        if (pthread_cond_timedwait(&s->work, &s->mutex, &until) != 0)
            break;
    }
    bool more = waiting(s) || !s->stopping;
    for (unsigned kind = 0; kind < JOB_KINDS; kind++)
        lens[kind] = take_group(s, (enum job_kind)kind, groups[kind]);
    (void)pthread_mutex_unlock(&s->mutex);
    return more;
}

/* ------------------------------------------------------------------ savepoints */

static int run_fixed(struct sqlite_conn *conn, const char *sql, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite_prepare(conn, sql, &stmt, err);
    return rc ? rc : sqlite_run(conn, stmt, "the transaction", err);
}

int sqlite_begin(struct sqlite_conn *conn, struct err *err)
{
    return run_fixed(conn, "BEGIN IMMEDIATE", err);
}

int sqlite_savepoint(struct sqlite_conn *conn, struct err *err)
{
    return run_fixed(conn, "SAVEPOINT unit", err);
}

int sqlite_savepoint_end(struct sqlite_conn *conn, int rc, struct err *err)
{
    if (!rc)
        return run_fixed(conn, "RELEASE unit", err);
    /* SQLite gives up the whole transaction by itself on a full disk or a failed read. */
    if (sqlite3_get_autocommit(conn->db) || run_fixed(conn, "ROLLBACK TO unit", NULL) ||
        run_fixed(conn, "RELEASE unit", NULL))
        (void)sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

bool sqlite_lost(struct sqlite_conn *conn)
{
    return sqlite3_get_autocommit(conn->db) != 0;
}

int sqlite_commit(struct sqlite_conn *conn, struct err *err)
{
    return run_fixed(conn, "COMMIT", err);
}

void sqlite_rollback(struct sqlite_conn *conn, int rc)
{
    if (!sqlite_lost(conn))
        (void)sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL);
    /* The log is most of what is on a full disk: put it into the database, which has free pages. */
    if (rc == E_FULL)
        (void)sqlite3_wal_checkpoint_v2(conn->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

/* ------------------------------------------------------------------ watching */

struct sqlite_tx sqlite_writing(struct sqlite_store *s, struct store_changes *changes)
{
    return (struct sqlite_tx){.base = {.vtable = s->base.vtable,
                                       .writing = true,
                                       .changes = s->base.on_commit ? changes : NULL},
                              .conn = &s->writer,
                              .store = s};
}

void sqlite_tell(struct sqlite_store *s, struct store_changes *changes, int rc)
{
    if (!rc && store_changes_any(changes))
        s->base.on_commit(s->base.on_commit_arg, changes);
    store_changes_done(changes);
}

/* ------------------------------------------------------------------ units of work */

static int commit_units(struct sqlite_store *s, struct err *err)
{
    int e = FAILPOINT("store.commit.before");
    if (e)
        return err_errno(err, e == ENOSPC ? E_FULL : E_IO, e, "cannot commit");
    int rc = sqlite_commit(&s->writer, err);
    e = FAILPOINT("store.commit.after");
    if (!rc && e)
        return err_errno(err, E_IO, e, "cannot commit");
    return rc;
}

static void unit_group(struct sqlite_store *s, struct job **jobs, size_t len)
{
    struct store_changes changes = {0};
    struct sqlite_tx tx = sqlite_writing(s, &changes);
    struct err err = {0};
    int rc = sqlite_begin(&s->writer, &err);
    for (size_t i = 0; i < len && !rc; i++) {
        struct job *job = jobs[i];
        struct store_changes_mark mark = store_changes_mark(&changes);
        rc = sqlite_savepoint(&s->writer, &err);
        if (rc)
            break;
        job->rc = job->work(&tx.base, job->arg, &job->err);
        job->rc = sqlite_savepoint_end(&s->writer, job->rc, &job->err);
        if (job->rc)
            store_changes_cut(&changes, mark);
        if (sqlite_lost(&s->writer)) {
            rc = job->rc ? job->rc : E_IO;
            err = job->err;
        }
    }
    if (!rc)
        rc = commit_units(s, &err);
    if (rc)
        sqlite_rollback(&s->writer, rc);
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
    s->stats.units += len;
    (void)pthread_mutex_unlock(&s->mutex);
}

static void report(struct job *job)
{
    struct err *err = &job->err;
    if (job->rc && err->code != job->rc)
        (void)err_set(err, job->rc, "%s", err_sentence(job->rc));
    if (job->kind == JOB_WORK && job->done)
        job->done(job->arg, job->rc, job->rc ? err : NULL);
    else if (job->kind == JOB_BATCH && job->batch_done)
        job->batch_done(job->arg, job->rc, job->rc ? NULL : &job->result, job->rc ? err : NULL);
    job_free(job);
}

static void *writer_main(void *arg)
{
    struct sqlite_store *s = arg;
    struct job *groups[JOB_KINDS][GROUP_MOST];
    size_t lens[JOB_KINDS];
    while (take(s, groups, lens)) {
        if (lens[JOB_WORK])
            unit_group(s, groups[JOB_WORK], lens[JOB_WORK]);
        for (size_t i = 0; i < lens[JOB_WORK]; i++)
            report(groups[JOB_WORK][i]);
        if (lens[JOB_BATCH])
            sqlite_batch_group(s, groups[JOB_BATCH], lens[JOB_BATCH]);
        for (size_t i = 0; i < lens[JOB_BATCH]; i++)
            report(groups[JOB_BATCH][i]);
        if (!lens[JOB_BATCH])
            sqlite_batch_idle(s);
    }
    return NULL;
}

int sqlite_writer_start(struct sqlite_store *s, struct err *err)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int e = pthread_create(&s->thread, NULL, writer_main, s);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (e)
        return err_errno(err, E_NOMEM, e, "cannot start the writer thread");
    s->started = true;
    return 0;
}

void sqlite_writer_stop(struct sqlite_store *s)
{
    if (!s->started)
        return;
    (void)pthread_mutex_lock(&s->mutex);
    s->stopping = true;
    (void)pthread_cond_signal(&s->work);
    (void)pthread_mutex_unlock(&s->mutex);
    (void)pthread_join(s->thread, NULL);
    s->started = false;
}
