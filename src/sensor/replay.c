/* A sensor that plays a recording, once or for ever: at a fixed rate, as fast as it goes, or with
 * the pauses of the recording. For tests, demonstrations and load measurements. The source is a
 * file, so nothing is lost: pausing only holds the place. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "event/normalise.h"
#include "event/reader.h"
#include "os/clock.h"
#include "os/file.h"
#include "sensor/option.h"
#include "sensor/sensor_priv.h"

enum {
    TICK_MS = 5,
    BURST = 500,                  /* records in one go; then the loop's other work has its turn */
    RATE_MAX = 10000000,          /* per second */
    RECORDED_PAUSE_MS_MAX = 60000 /* a longer pause in the recording is cut to this */
};

enum pace { PACE_RATE, PACE_MAX, PACE_RECORDED };

struct replay {
    struct sensor base;
    char *path;
    int fd;
    struct reader *reader;
    enum pace pace;
    uint64_t rate_per_s;
    bool again; /* start anew at the end */
    uint64_t timer;
    int64_t since_ms;    /* start of the current count, monotonic */
    uint64_t since_sent; /* records delivered since then */
    uint64_t pass_sent;  /* records delivered in this pass over the file */
    uint64_t damaged;
    bool failed; /* reading the file failed or it holds no record */
    /* Only with the recording's own pace: the record that waits for its time. */
    struct normaliser *normaliser;
    struct event event;
    struct str waiting;
    int64_t waiting_until_ms;
    int64_t last_event_ns;
};

/* ------------------------------------------------------------------ open */

static int set_pace(struct replay *r, const struct option *o, struct err *err)
{
    if (str_is(o->value, "max")) {
        r->pace = PACE_MAX;
    } else if (str_is(o->value, "as-recorded")) {
        r->pace = PACE_RECORDED;
    } else if (str_to_u64(o->value, &r->rate_per_s) == 0 && r->rate_per_s > 0 &&
               r->rate_per_s <= RATE_MAX) {
        r->pace = PACE_RATE;
    } else {
        return err_set(err, E_ARG,
                       "rate is '%.*s', expected 1 to %d per second, max or as-recorded",
                       STR_FMT(o->value), RATE_MAX);
    }
    return 0;
}

static int read_options(struct replay *r, struct str config, struct err *err)
{
    struct option o;
    int rc = 0;
    while (rc == 0 && option_next(&config, &o)) {
        if (str_is(o.key, "path")) {
            mem_free(r->path);
            r->path = mem_strndup(o.value.ptr, o.value.len);
            rc = r->path ? 0 : err_set(err, E_NOMEM, "out of memory");
        } else if (str_is(o.key, "rate")) {
            rc = set_pace(r, &o, err);
        } else if (str_is(o.key, "loop")) {
            rc = option_bool(&o, &r->again, err);
        } else {
            rc = option_unknown(&o, "replay", "path, rate, loop", err);
        }
    }
    if (rc == 0 && !r->path)
        rc = err_set(err, E_ARG, "the replay sensor needs path=FILE");
    return rc;
}

static void close_replay(struct sensor *s)
{
    struct replay *r = (struct replay *)s;
    if (s->loop)
        loop_timer_cancel(s->loop, r->timer);
    sensor_done(s);
    reader_free(r->reader);
    normaliser_free(r->normaliser);
    fd_closep(&r->fd);
    mem_free(r->path);
    mem_free(r);
}

static int open_file(struct replay *r, struct err *err)
{
    r->fd = open(r->path, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0)
        return err_errno(err, file_errno_code(errno), errno, "cannot open %s", r->path);
    int rc = reader_new(r->fd, &r->reader);
    if (rc == 0 && r->pace == PACE_RECORDED)
        rc = normaliser_new(&r->normaliser);
    return rc ? err_set(err, rc, "out of memory") : 0;
}

static int open_replay(struct str config, struct sensor **ret_sensor, struct err *err)
{
    struct replay *r = mem_calloc(1, sizeof *r);
    if (!r)
        return err_set(err, E_NOMEM, "out of memory");
    r->base.product = "";
    r->fd = -1;
    r->pace = PACE_MAX;
    int rc = read_options(r, config, err);
    if (rc == 0)
        rc = open_file(r, err);
    if (rc) {
        close_replay(&r->base);
        return rc;
    }
    *ret_sensor = &r->base;
    return 0;
}

/* ------------------------------------------------------------------ play */

/* Back to the beginning of the file. */
static int rewind_file(struct replay *r)
{
    struct reader *fresh;
    if (lseek(r->fd, 0, SEEK_SET) != 0 || reader_new(r->fd, &fresh))
        return E_IO;
    reader_free(r->reader);
    r->reader = fresh;
    r->pass_sent = 0;
    r->last_event_ns = 0;
    return 0;
}

/* The next record. @return false at the end of the recording */
static bool next(struct replay *r, struct str *ret_record)
{
    for (;;) {
        uint64_t line;
        int rc = reader_next(r->reader, ret_record, &line, NULL);
        if (rc == 0)
            return true;
        if (rc == E_PARSE || rc == E_LIMIT) {
            r->damaged++;
            continue;
        }
        if (rc == E_AGAIN)
            continue;
        r->failed = rc != E_CLOSED || r->pass_sent == 0;
        if (r->failed || !r->again || rewind_file(r))
            return false;
    }
}

static void deliver(struct replay *r, struct str record)
{
    r->since_sent++;
    r->pass_sent++;
    sensor_deliver(&r->base, record);
}

/* How many records are due now; at most a burst. */
static uint64_t due(const struct replay *r)
{
    if (r->pace == PACE_MAX)
        return BURST;
    uint64_t elapsed_ms = (uint64_t)(clock_mono_ms() - r->since_ms);
    uint64_t total = elapsed_ms * r->rate_per_s / 1000;
    uint64_t left = total > r->since_sent ? total - r->since_sent : 0;
    return left < BURST ? left : BURST;
}

/* Milliseconds between the record before and this one; 0 when a time is missing or goes back. */
static int64_t pause_before(struct replay *r, struct str record)
{
    if (normaliser_record(r->normaliser, record, FORMAT_AUTO, &r->event, NULL) ||
        r->event.time_ns == 0)
        return 0;
    int64_t pause_ms = r->last_event_ns ? (r->event.time_ns - r->last_event_ns) / NS_PER_MS : 0;
    r->last_event_ns = r->event.time_ns;
    if (pause_ms > RECORDED_PAUSE_MS_MAX)
        return RECORDED_PAUSE_MS_MAX;
    return pause_ms > 0 ? pause_ms : 0;
}

/* @return false at the end; the delay to the next call is set */
static bool play_recorded(struct replay *r, int64_t *ret_delay_ms)
{
    for (unsigned i = 0; i < BURST; i++) {
        int64_t now_ms = clock_mono_ms();
        if (!r->waiting.len) {
            if (!next(r, &r->waiting))
                return false;
            r->waiting_until_ms += pause_before(r, r->waiting);
        }
        if (r->waiting_until_ms > now_ms) {
            *ret_delay_ms = r->waiting_until_ms - now_ms;
            return true;
        }
        struct str record = r->waiting;
        r->waiting = (struct str){0};
        deliver(r, record);
        if (r->base.paused)
            break;
    }
    *ret_delay_ms = 0;
    return true;
}

static bool play_counted(struct replay *r, int64_t *ret_delay_ms)
{
    struct str record;
    for (uint64_t left = due(r); left; left--) {
        if (!next(r, &record))
            return false;
        deliver(r, record);
        if (r->base.paused)
            break;
    }
    *ret_delay_ms = r->pace == PACE_MAX ? 0 : TICK_MS;
    return true;
}

static void play(struct loop *loop, void *arg)
{
    struct replay *r = arg;
    int64_t delay_ms = 0;
    r->timer = 0;
    bool more = r->pace == PACE_RECORDED ? play_recorded(r, &delay_ms) : play_counted(r, &delay_ms);
    if (more && !r->base.paused)
        r->timer = loop_timer(loop, delay_ms, play, r);
    r->base.running = more && (r->timer || r->base.paused);
}

/* From here on the clock counts anew. */
static int go(struct replay *r)
{
    r->since_ms = r->waiting_until_ms = clock_mono_ms();
    r->since_sent = 0;
    r->timer = loop_timer(r->base.loop, 0, play, r);
    return r->timer ? 0 : E_NOMEM;
}

static int start(struct sensor *s, struct loop *loop, sensor_record_fn fn, void *arg,
                 struct err *err)
{
    sensor_attach(s, loop, fn, arg);
    if (go((struct replay *)s))
        return err_set(err, E_NOMEM, "out of memory");
    s->running = true;
    return 0;
}

static void pause_replay(struct sensor *s, bool paused)
{
    struct replay *r = (struct replay *)s;
    if (s->paused == paused)
        return;
    sensor_set_paused(s, paused);
    if (paused && s->loop) {
        loop_timer_cancel(s->loop, r->timer);
        r->timer = 0;
    } else if (s->running) {
        s->running = go(r) == 0;
    }
}

static void health(const struct sensor *s, struct sensor_health *ret_health)
{
    const struct replay *r = (const struct replay *)s;
    *ret_health = (struct sensor_health){
        .tier = TIER_NONE, .running = s->running, .records = s->records, .lost = s->lost};
    if (r->failed)
        (void)snprintf(ret_health->text, sizeof ret_health->text,
                       "%.200s cannot be read, or holds no record", r->path);
    else if (r->damaged)
        (void)snprintf(ret_health->text, sizeof ret_health->text, "%llu damaged records skipped",
                       (unsigned long long)r->damaged);
}

const struct sensor_vtable replay_sensor = {
    .name = "replay",
    .doc = "Plays a recording. Options: path=FILE, rate=N (per second) | max | as-recorded, "
           "loop=yes|no.",
    .open = open_replay,
    .start = start,
    .pause = pause_replay,
    .health = health,
    .close = close_replay,
};
