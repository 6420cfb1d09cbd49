/* Batches up, files down. See poster.h. */
#include "agent/poster.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "agent/pace.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "device/calls.h"
#include "device/identity.h"
#include "os/file.h"
#include "os/log.h"
#include "os/random.h"
#include "proto/enroll.h"

enum { FILES = 2, URL_BYTES = 1024 };

struct wanted {
    char version[HASH_HEX_BYTES]; /* "" = nothing wanted */
};

struct poster {
    struct loop *loop;
    const char *server;
    const char *folder;
    struct spool *spool;
    struct http_client *client;
    const struct poster_handler *handler;
    void *arg;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop;
    bool woken;
    struct wanted wanted[FILES];
    struct buf renewal; /* body to send; empty = no renewal wanted */
    struct poster_stats stats;
    struct calls_scratch scratch; /* poster thread only */
};

static const char *const file_names[FILES] = {"ruleset", "plan"};

/* ---------------------------------------------------------------- to the loop */

struct delivery {
    struct poster *poster;
    enum poster_file file;
    int fd;
};

static void deliver(struct loop *loop, void *arg)
{
    struct delivery *d = arg;
    (void)loop;
    d->poster->handler->fetched(d->poster->arg, d->file, d->fd);
    (void)close(d->fd);
    mem_free(d);
}

static int post_delivery(struct poster *p, enum poster_file file, int fd)
{
    struct delivery *d = mem_alloc(sizeof *d);
    if (!d)
        return E_NOMEM;
    *d = (struct delivery){p, file, fd};
    int rc = loop_post(p->loop, deliver, d);
    if (rc)
        mem_free(d);
    return rc;
}

/* ---------------------------------------------------------------- calls */

/* @return 0 when one was sent, E_NOT_FOUND when nothing waits, else what failed */
static int send_one(struct poster *p, struct err *err)
{
    bool dropped;
    struct err why = {0};
    uint64_t sequence;
    int rc = calls_batch(p->client, p->server, p->spool, &p->scratch, &sequence, &dropped, &why);
    if (rc == 0 && dropped)
        log_error("the server refuses a batch for good; it is dropped",
                  KV_INT("sequence", sequence), KV_CSTR("reason", why.message));
    *err = why;
    return rc;
}

static int store_fetched(struct poster *p, enum poster_file file, struct err *err)
{
    char path[URL_BYTES];
    (void)snprintf(path, sizeof path, "%s/%s.signed", p->folder, file_names[file]);
    int rc = file_write_atomic(path, buf_str(&p->scratch.answer.body), 0600, err);
    if (rc)
        return rc;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return err_errno(err, E_IO, errno, "cannot open %s", path);
    rc = post_delivery(p, file, fd);
    if (rc)
        (void)close(fd);
    return rc;
}

static int fetch(struct poster *p, enum poster_file file, const char *version, struct err *err)
{
    int rc = calls_file(p->client, p->server, file_names[file], version, &p->scratch, err);
    return rc ? rc : store_fetched(p, file, err);
}

static void tell_renewed(struct loop *loop, void *arg)
{
    struct poster *p = arg;
    (void)loop;
    p->handler->renewed(p->arg);
}

/* The key stays: so the certificate alone is replaced, in one step, and the pair always fits. */
static int renew(struct poster *p, const struct buf *body, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct enroll_reply reply;
    int rc = calls_renew(p->client, p->server, buf_str(body), &p->scratch, err);
    if (rc == 0)
        rc = enroll_reply_read(buf_str(&p->scratch.answer.body), &arena, &reply, err);
    if (rc == 0)
        rc = identity_save_certificate(p->folder, reply.certificate, err);
    if (rc)
        return rc;
    log_info("certificate renewed");
    return loop_post(p->loop, tell_renewed, p);
}

/* ---------------------------------------------------------------- the thread */

static bool next_file(struct poster *p, enum poster_file *ret_file, char version[HASH_HEX_BYTES])
{
    bool found = false;
    (void)pthread_mutex_lock(&p->lock);
    for (unsigned i = 0; i < FILES && !found; i++) {
        if (!p->wanted[i].version[0])
            continue;
        memcpy(version, p->wanted[i].version, HASH_HEX_BYTES);
        *ret_file = (enum poster_file)i;
        found = true;
    }
    (void)pthread_mutex_unlock(&p->lock);
    return found;
}

static void file_done(struct poster *p, enum poster_file file, const char *version)
{
    (void)pthread_mutex_lock(&p->lock);
    if (strcmp(p->wanted[file].version, version) == 0)
        p->wanted[file].version[0] = '\0';
    (void)pthread_mutex_unlock(&p->lock);
}

/* One piece of work. @return 0 done, E_NOT_FOUND nothing to do, else a failure to pause after */
static int work(struct poster *p, struct err *err)
{
    enum poster_file file;
    char version[HASH_HEX_BYTES];
    struct buf body CLEANUP(buf_done) = {0};
    (void)pthread_mutex_lock(&p->lock);
    buf_add_str(&body, buf_str(&p->renewal));
    (void)pthread_mutex_unlock(&p->lock);
    if (body.len) {
        int rc = renew(p, &body, err);
        (void)pthread_mutex_lock(&p->lock);
        if (rc == 0)
            buf_clear(&p->renewal);
        (void)pthread_mutex_unlock(&p->lock);
        return rc;
    }
    if (next_file(p, &file, version)) {
        int rc = fetch(p, file, version, err);
        if (rc == 0 || rc == E_NOT_FOUND)
            file_done(p, file, version);
        return rc == E_NOT_FOUND ? 0 : rc;
    }
    return send_one(p, err);
}

static void note(struct poster *p, int rc, const struct err *err)
{
    (void)pthread_mutex_lock(&p->lock);
    if (rc == 0) {
        p->stats.posted++;
        p->stats.last_code = 0;
    } else {
        p->stats.failures++;
        p->stats.last_code = rc;
        (void)snprintf(p->stats.last_message, sizeof p->stats.last_message, "%.255s", err->message);
    }
    (void)pthread_mutex_unlock(&p->lock);
}

/* Sleep until woken, or for `ms` (-1 = for ever). @return false at the end */
static bool rest(struct poster *p, int64_t ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)pthread_mutex_lock(&p->lock);
    int timed_out = 0;
    while (!p->stop && !p->woken && timed_out != ETIMEDOUT)
        timed_out = ms < 0 ? pthread_cond_wait(&p->wake, &p->lock)
                           : pthread_cond_timedwait(&p->wake, &p->lock, &until);
    p->woken = false;
    bool go_on = !p->stop;
    (void)pthread_mutex_unlock(&p->lock);
    return go_on;
}

static void *run(void *arg)
{
    struct poster *p = arg;
    int64_t pause_ms = 0;
    bool go_on = true;
    while (go_on) {
        struct err err = {0};
        int rc = work(p, &err);
        if (rc == E_NOT_FOUND) {
            go_on = rest(p, -1);
            continue;
        }
        note(p, rc, &err);
        if (rc == 0) {
            pause_ms = 0;
            go_on = rest(p, 0);
            continue;
        }
        pause_ms = pause_ms ? pause_ms * 2 : PACE_RETRY_FIRST_MS;
        if (pause_ms > PACE_RETRY_MOST_MS)
            pause_ms = PACE_RETRY_MOST_MS;
        log_err(LOG_WARN, "the server did not take a call, trying again", &err);
        /* Jitter: a fleet must not come back in step. */
        go_on = rest(p, pause_ms / 2 + (int64_t)random_below((uint64_t)pause_ms));
    }
    return NULL;
}

int poster_new(struct loop *loop, const char *server, const char *folder, struct spool *spool,
               struct http_client *client, const struct poster_handler *handler, void *arg,
               struct poster **ret_poster, struct err *err)
{
    struct poster *p = mem_calloc(1, sizeof *p);
    if (!p)
        return err_set(err, E_NOMEM, "out of memory");
    *p = (struct poster){.loop = loop,
                         .server = server,
                         .folder = folder,
                         .spool = spool,
                         .client = client,
                         .handler = handler,
                         .arg = arg};
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_cond_init(&p->wake, NULL);
    if (pthread_create(&p->thread, NULL, run, p) != 0) {
        mem_free(p);
        return err_set(err, E_IO, "cannot start a thread");
    }
    *ret_poster = p;
    return 0;
}

void poster_free(struct poster *p)
{
    if (!p)
        return;
    (void)pthread_mutex_lock(&p->lock);
    p->stop = true;
    (void)pthread_cond_signal(&p->wake);
    (void)pthread_mutex_unlock(&p->lock);
    (void)pthread_join(p->thread, NULL);
    (void)pthread_cond_destroy(&p->wake);
    (void)pthread_mutex_destroy(&p->lock);
    calls_scratch_done(&p->scratch);
    buf_done(&p->renewal);
    mem_free(p);
}

void poster_wake(struct poster *p)
{
    (void)pthread_mutex_lock(&p->lock);
    p->woken = true;
    (void)pthread_cond_signal(&p->wake);
    (void)pthread_mutex_unlock(&p->lock);
}

void poster_fetch(struct poster *p, enum poster_file file, struct str version)
{
    if (version.len == 0 || version.len >= HASH_HEX_BYTES)
        return;
    (void)pthread_mutex_lock(&p->lock);
    memcpy(p->wanted[file].version, version.ptr, version.len);
    p->wanted[file].version[version.len] = '\0';
    (void)pthread_mutex_unlock(&p->lock);
    poster_wake(p);
}

void poster_renew(struct poster *p, struct str body)
{
    (void)pthread_mutex_lock(&p->lock);
    if (p->renewal.len == 0)
        buf_add_str(&p->renewal, body);
    (void)pthread_mutex_unlock(&p->lock);
    poster_wake(p);
}

void poster_stats(struct poster *p, struct poster_stats *ret_stats)
{
    (void)pthread_mutex_lock(&p->lock);
    *ret_stats = p->stats;
    (void)pthread_mutex_unlock(&p->lock);
}
