/* What the live stream tells. See stream.h; its readers are in stream_peer.c. */
#include "server/stream.h"

#include "base/mem.h"
#include "os/clock.h"
#include "os/log.h"
#include "schema/param.h"
#include "server/channels.h"
#include "server/stream_priv.h"

enum {
    COMMITS_MOST = 256, /* that wait for the loop */
    DEVICES_MOST = 256, /* read in one go */
    SECOND_MS = 1000,
};

struct stream_commit {
    struct stream_commit *next;
    struct store_changes changes;
};

struct stream_pending {
    struct stream_pending *next;
    bool is_new;
    struct str id; /* behind it */
};

static void kv_change(struct json_out *j, bool is_new)
{
    json_kv_cstr(j, "change", is_new ? "new" : "changed");
}

/* Something is not known any more: let all fetch what there is. */
static void start_over(struct stream *st)
{
    struct buf data CLEANUP(buf_done) = {0};
    log_warn("the live stream has missed changes: its readers fetch everything again");
    stream_ring_forget(&st->ring);
    stream_peers_skip(st);
    buf_add_cstr(&data, "{}");
    if (stream_ring_add(&st->ring, PERM_SELF, "reset", &data) != 0)
        stream_ring_forget(&st->ring); /* then they are closed, and told when they come back */
}

/* A ring that runs over faster than its readers are served would drop them for nothing. */
static void add(struct stream *st, enum permission_id reads, const char *event,
                const struct buf *data)
{
    if (stream_ring_add(&st->ring, reads, event, data) != 0)
        start_over(st);
    if (st->ring.last % (st->ring.cap / 2) == 0)
        stream_peers_deliver(st);
}

/* ---------------------------------------------------------------- alerts */

static void on_second(struct loop *loop, void *arg)
{
    struct stream *st = arg;
    struct buf data CLEANUP(buf_done) = {0};
    (void)loop;
    st->untold_timer = 0;
    buf_addf(&data, "{\"new\":%llu,\"changed\":%llu}", (unsigned long long)st->untold_new,
             (unsigned long long)st->untold_changed);
    st->untold_new = st->untold_changed = 0;
    st->second_ms = clock_mono_ms();
    st->alerts = 0;
    add(st, PERM_ALERTS_READ, "alerts", &data);
    stream_peers_deliver(st);
}

/* Only counted; told as a number at the end of the second. */
static void count_alerts(struct stream *st, uint64_t n_new, uint64_t n_changed)
{
    int64_t left_ms = st->second_ms + SECOND_MS - clock_mono_ms();
    st->untold_new += n_new;
    st->untold_changed += n_changed;
    if (!st->untold_timer)
        st->untold_timer = loop_timer(st->server->loop, left_ms > 0 ? left_ms : 0, on_second, st);
    if (!st->untold_timer)
        start_over(st);
}

static bool may_tell_alert(struct stream *st)
{
    int64_t now_ms = clock_mono_ms();
    if (st->untold_timer)
        return false;
    if (now_ms - st->second_ms >= SECOND_MS) {
        st->second_ms = now_ms;
        st->alerts = 0;
    }
    return ++st->alerts <= st->alerts_most;
}

static void tell_alert(struct stream *st, const struct store_change *c)
{
    struct buf data CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &data};
    if (!may_tell_alert(st)) {
        count_alerts(st, c->is_new, !c->is_new);
        return;
    }
    json_object_begin(&j);
    json_kv_str(&j, "id", c->id);
    kv_change(&j, c->is_new);
    json_kv_str(&j, "state", alert_state_names[c->state]);
    json_kv_str(&j, "level", alert_level_names[c->level]);
    json_kv_str(&j, "title", c->title);
    json_kv_str(&j, "device", c->device);
    json_kv_time(&j, "time", c->time_ns);
    json_object_end(&j);
    add(st, PERM_ALERTS_READ, "alert", &data);
}

/* ---------------------------------------------------------------- devices */

static void on_flush(struct loop *loop, void *arg);

static void start_flush(struct stream *st)
{
    int64_t left_ms = st->flushed_ms + param_default(PARAM_STREAM_DEVICE_MS) - clock_mono_ms();
    if (!st->flush_timer && st->first)
        st->flush_timer = loop_timer(st->server->loop, left_ms > 0 ? left_ms : 0, on_flush, st);
}

/* The device is told about soon, in the state in which it is then. */
static void await_device(struct stream *st, struct str id, bool is_new)
{
    struct stream_pending *p = map_find_ptr(&st->pending, id);
    if (!p) {
        p = mem_calloc(1, sizeof *p + id.len);
        if (p && id.len) {
            memcpy(p + 1, id.ptr, id.len);
            p->id = str_n((const char *)(p + 1), id.len);
        }
        if (!p || map_put_ptr(&st->pending, p->id, p) != 0) {
            mem_free(p);
            start_over(st);
            return;
        }
        *st->tail = p;
        st->tail = &p->next;
    }
    p->is_new |= is_new;
    start_flush(st);
}

static struct stream_pending *take_pending(struct stream *st)
{
    struct stream_pending *p = st->first;
    if (!p)
        return NULL;
    st->first = p->next;
    if (!st->first)
        st->tail = &st->first;
    (void)map_remove(&st->pending, p->id);
    return p;
}

/* @return 0, or an error of the store */
static int tell_device(struct stream *st, struct store_tx *tx, struct str id, bool is_new)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct buf data CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &data};
    struct store_device d;
    int rc = store_device_get(tx, id, &arena, &d, NULL);
    if (rc)
        return rc == E_NOT_FOUND ? 0 : rc;
    json_object_begin(&j);
    json_kv_str(&j, "id", d.id);
    kv_change(&j, is_new);
    json_kv_str(&j, "hostname", d.hostname);
    json_kv_bool(&j, "online", channels_online(st->server->channels, d.id));
    json_kv_str(&j, "state", device_state_names[d.state]);
    json_key(&j, "isolation");
    json_object_begin(&j);
    json_kv_str(&j, "desired", isolation_names[d.isolation_desired]);
    json_kv_str(&j, "observed", isolation_names[d.isolation_observed]);
    json_object_end(&j);
    json_object_end(&j);
    add(st, PERM_DEVICES_READ, "device", &data);
    return 0;
}

static void on_flush(struct loop *loop, void *arg)
{
    struct stream *st = arg;
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    (void)loop;
    st->flush_timer = 0;
    st->flushed_ms = clock_mono_ms();
    int rc = store_read_begin(st->server->store, &tx, NULL);
    for (int i = 0; i < DEVICES_MOST && st->first; i++) {
        struct stream_pending *p = take_pending(st);
        if (rc == 0)
            rc = tell_device(st, tx, p->id, p->is_new);
        mem_free(p);
    }
    if (rc)
        start_over(st);
    stream_peers_deliver(st);
    start_flush(st);
}

void stream_device(struct stream *st, struct str id)
{
    if (!st->closed)
        await_device(st, id, false);
}

/* ---------------------------------------------------------------- the rest */

static void tell_action(struct stream *st, const struct store_change *c)
{
    struct buf data CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &data};
    json_object_begin(&j);
    json_kv_str(&j, "id", c->id);
    kv_change(&j, c->is_new);
    json_kv_str(&j, "state", action_state_table[c->state].name);
    json_kv_str(&j, "name", c->title);
    json_kv_str(&j, "device", c->device);
    json_kv_str(&j, "request", c->request);
    json_object_end(&j);
    add(st, PERM_ACTIONS_READ, "action", &data);
}

static void tell_hunt(struct stream *st, const struct store_change *c)
{
    struct buf data CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &data};
    json_object_begin(&j);
    json_kv_str(&j, "id", c->id);
    kv_change(&j, c->is_new);
    json_kv_str(&j, "state", hunt_state_names[c->state]);
    json_kv_str(&j, "title", c->title);
    json_kv_int(&j, "bytes_done", c->done);
    json_kv_int(&j, "bytes", c->total);
    json_kv_int(&j, "matches", c->matches);
    json_object_end(&j);
    add(st, PERM_EVENTS_READ, "hunt", &data);
}

static void tell_ruleset(struct stream *st, const struct store_change *c)
{
    struct buf data CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &data};
    json_object_begin(&j);
    json_kv_str(&j, "version", c->id);
    json_object_end(&j);
    add(st, PERM_RULES_READ, "ruleset", &data);
}

/* @return true when somebody may not be logged in any more */
static bool tell(struct stream *st, const struct store_changes *changes)
{
    bool people = false;
    for (size_t i = 0; i < changes->len; i++) {
        const struct store_change *c = &changes->items[i];
        switch (c->kind) {
        case CHANGE_ALERT:
            tell_alert(st, c);
            break;
        case CHANGE_DEVICE:
            await_device(st, c->id, c->is_new);
            break;
        case CHANGE_ACTION:
            tell_action(st, c);
            break;
        case CHANGE_HUNT:
            tell_hunt(st, c);
            break;
        case CHANGE_RULESET:
            tell_ruleset(st, c);
            break;
        case CHANGE_PEOPLE:
            people = true;
            break;
        }
    }
    if (changes->alerts_more)
        count_alerts(st, changes->alerts_more, 0);
    if (changes->incomplete)
        start_over(st);
    return people || changes->incomplete;
}

/* ---------------------------------------------------------------- from the writer thread */

static struct stream_commit *take_commits(struct stream *st, bool *ret_lost)
{
    struct stream_commit *newest;
    struct stream_commit *oldest = NULL;
    (void)pthread_mutex_lock(&st->lock);
    newest = TAKE(st->commits);
    *ret_lost = st->commits_lost;
    st->commits_lost = st->posted = false;
    st->commits_len = 0;
    (void)pthread_mutex_unlock(&st->lock);
    while (newest) {
        struct stream_commit *c = newest;
        newest = c->next;
        c->next = oldest;
        oldest = c;
    }
    return oldest;
}

static void free_commit(struct stream_commit *c)
{
    store_changes_done(&c->changes);
    mem_free(c);
}

void stream_take_in(struct stream *st)
{
    bool lost;
    bool people = false;
    struct stream_commit *c = take_commits(st, &lost);
    while (c) {
        struct stream_commit *next = c->next;
        if (!st->closed)
            people |= tell(st, &c->changes);
        free_commit(c);
        c = next;
    }
    if (lost)
        start_over(st);
    stream_peers_deliver(st);
    if (people || lost)
        stream_peers_check(st);
}

static void on_post(struct loop *loop, void *arg)
{
    (void)loop;
    stream_take_in(arg);
}

void stream_commit(void *arg, struct store_changes *changes)
{
    struct stream *st = arg;
    struct stream_commit *c = mem_calloc(1, sizeof *c);
    (void)pthread_mutex_lock(&st->lock);
    if (c && st->commits_len < COMMITS_MOST) {
        c->changes = *changes;
        *changes = (struct store_changes){0};
        c->next = st->commits;
        st->commits = TAKE(c);
        st->commits_len++;
    } else {
        st->commits_lost = true;
    }
    if (!st->posted)
        st->posted = loop_post(st->server->loop, on_post, st) == 0;
    (void)pthread_mutex_unlock(&st->lock);
    mem_free(c);
}

/* ---------------------------------------------------------------- beginning and end */

int stream_new(struct server *s, struct stream **ret_stream, struct err *err)
{
    int64_t messages = 0;
    int64_t alerts = 0;
    int rc =
        server_config_number(s->config->stream_messages, PARAM_STREAM_MESSAGES, &messages, err);
    if (rc == 0)
        rc = server_config_number(s->config->stream_alerts_per_s, PARAM_STREAM_ALERTS_PER_S,
                                  &alerts, err);
    if (rc)
        return rc;
    struct stream *st = mem_calloc(1, sizeof *st);
    if (!st || stream_ring_init(&st->ring, (size_t)messages) != 0) {
        mem_free(st);
        return err_set(err, E_NOMEM, "out of memory");
    }
    st->server = s;
    st->tail = &st->first;
    st->alerts_most = alerts;
    st->peers_most = (unsigned)param_default(PARAM_STREAMS);
    st->session_most = (unsigned)param_default(PARAM_STREAMS_PER_SESSION);
    /* As if both had been long ago: the first change is told at once. */
    st->second_ms = st->flushed_ms = clock_mono_ms() - SECOND_MS;
    (void)pthread_mutex_init(&st->lock, NULL);
    *ret_stream = st;
    return 0;
}

void stream_close(struct stream *st)
{
    st->closed = true;
    stream_peers_end(st);
}

void stream_free(struct stream *st)
{
    bool lost;
    if (!st)
        return;
    for (struct stream_commit *c = take_commits(st, &lost), *next; c; c = next) {
        next = c->next;
        free_commit(c);
    }
    for (struct stream_pending *p = take_pending(st); p; p = take_pending(st))
        mem_free(p);
    loop_timer_cancel(st->server->loop, st->beat_timer);
    loop_timer_cancel(st->server->loop, st->flush_timer);
    loop_timer_cancel(st->server->loop, st->untold_timer);
    map_done(&st->pending);
    stream_ring_done(&st->ring);
    (void)pthread_mutex_destroy(&st->lock);
    mem_free(st);
}
