/* Regular upkeep. See sweep.h. */
#include "server/sweep.h"

#include "os/clock.h"
#include "os/file.h"
#include "os/log.h"
#include "server/channels.h"

enum { SWEEP_MS = 2000 };

struct swept {
    struct str *devices;
    size_t len;
};

static int work(struct store_tx *tx, struct job *j, struct err *err)
{
    struct swept *s = j->data;
    int64_t now = clock_wall_ns();
    int rc = store_token_delete_expired(tx, now, err);
    if (rc == 0)
        rc = action_sweep(tx, now, &j->server->policy, &j->arena, &s->devices, &s->len, err);
    return rc;
}

static void again(struct loop *loop, void *arg);

static void done(struct job *j)
{
    const struct swept *s = j->data;
    if (j->rc)
        log_err(LOG_ERROR, "upkeep failed", &j->err);
    for (size_t i = 0; j->rc == 0 && i < s->len; i++)
        channels_wake(j->server->channels, s->devices[i]);
    if (!j->server->ended && !loop_timer(j->server->loop, SWEEP_MS, again, j->server))
        log_error("out of memory: upkeep stops");
}

/* Said once when it begins and once when it ends. */
static void watch_space(struct server *s)
{
    int64_t space = file_free_bytes(s->config->data_dir.ptr);
    bool low = space >= 0 && space < s->free_bytes_least;
    if (low && !s->short_of_space)
        log_warn("the disk is nearly full: batches are refused", KV_INT("free_bytes", space),
                 KV_INT("least", s->free_bytes_least));
    else if (!low && s->short_of_space)
        log_info("there is space again: batches are taken", KV_INT("free_bytes", space));
    s->short_of_space = low;
}

static void again(struct loop *loop, void *arg)
{
    struct server *s = arg;
    if (s->ended)
        return;
    watch_space(s);
    struct job *j = job_new(s, NULL, work, done, NULL);
    struct swept *swept = j ? arena_alloc(&j->arena, sizeof *swept) : NULL;
    if (!swept) {
        if (j)
            job_refuse(j, E_NOMEM, NULL);
        (void)loop_timer(loop, SWEEP_MS, again, s);
        return;
    }
    j->data = swept;
    job_start(j);
}

int sweep_start(struct server *s)
{
    return loop_timer(s->loop, SWEEP_MS, again, s) ? 0 : E_NOMEM;
}
