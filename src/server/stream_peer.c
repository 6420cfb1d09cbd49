/* The readers of the live stream: who they are, how far they are, until when they may read. See
 * stream_priv.h. A reader is sent the next piece of the ring when its connection took the last. */
#include "base/mem.h"
#include "fleet/user.h"
#include "os/clock.h"
#include "os/log.h"
#include "schema/param.h"
#include "server/handlers.h"
#include "server/stream_priv.h"

enum { PIECE_BYTES = 16384 };

unsigned stream_len(const struct stream *st)
{
    return st->peers_len;
}

uint64_t stream_slow_readers(const struct stream *st)
{
    return st->slow_readers;
}

/* ---------------------------------------------------------------- sending */

/* What the reader may read of the next messages. @return the last one looked at */
static uint64_t gather(const struct stream_peer *p, struct buf *piece)
{
    const struct stream_ring *r = &p->owner->ring;
    uint64_t sequence = p->sequence;
    while (sequence < r->last && piece->len < PIECE_BYTES) {
        const struct stream_message *m = stream_ring_get(r, ++sequence);
        if (role_has(p->role, m->reads))
            buf_add_str(piece, buf_str(&m->text));
    }
    return sequence;
}

/* The reader may be gone afterwards. */
static void deliver(struct stream_peer *p)
{
    struct stream *st = p->owner;
    while (p->sequence < st->ring.last) {
        struct buf piece CLEANUP(buf_done) = {0};
        if (!stream_ring_has(&st->ring, p->sequence)) {
            st->slow_readers++;
            log_info("a live stream is closed: its reader does not keep up",
                     KV_CSTR("peer", http_req_peer_address(p->req)));
            http_answer_abort(p->req);
            return;
        }
        if (!http_answer_writable(p->req))
            return;
        uint64_t sequence = gather(p, &piece);
        if (buf_check(&piece) || http_answer_write(p->req, buf_str(&piece)) != 0) {
            http_answer_abort(p->req);
            return;
        }
        p->sequence = sequence;
    }
}

void stream_peers_deliver(struct stream *st)
{
    for (struct stream_peer *p = st->peers, *next; p; p = next) {
        next = p->next;
        deliver(p);
    }
}

void stream_peers_skip(struct stream *st)
{
    for (struct stream_peer *p = st->peers; p; p = p->next)
        p->sequence = st->ring.last;
}

void stream_peers_end(struct stream *st)
{
    for (struct stream_peer *p = st->peers, *next; p; p = next) {
        next = p->next;
        http_answer_end(p->req);
    }
}

/* ---------------------------------------------------------------- staying */

void stream_peers_check(struct stream *st)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    if (!st->peers || store_read_begin(st->server->store, &tx, NULL) != 0)
        return;
    int64_t now = clock_wall_ns();
    for (struct stream_peer *p = st->peers, *next; p; p = next) {
        struct arena arena CLEANUP(arena_done) = {0};
        struct actor actor;
        bool must_change;
        next = p->next;
        int rc =
            user_authenticate(tx, str_of(p->token_hash), now, &arena, &actor, &must_change, NULL);
        if (rc == 0)
            p->role = actor.role;
        if (rc == E_AUTH || (rc == 0 && must_change))
            http_answer_end(p->req);
    }
}

static void on_beat(struct loop *loop, void *arg);

static void start_beat(struct stream *st)
{
    if (!st->beat_timer)
        st->beat_timer =
            loop_timer(st->server->loop, param_default(PARAM_STREAM_BEAT_MS), on_beat, st);
}

static void on_beat(struct loop *loop, void *arg)
{
    struct stream *st = arg;
    (void)loop;
    st->beat_timer = 0;
    stream_take_in(st);
    stream_peers_check(st);
    for (struct stream_peer *p = st->peers, *next; p; p = next) {
        next = p->next;
        if (http_answer_writable(p->req) && http_answer_write(p->req, STR(":\n\n")) != 0)
            http_answer_abort(p->req);
    }
    if (st->peers)
        start_beat(st);
}

/* ---------------------------------------------------------------- coming and going */

static void gone(struct http_req *req, void *arg)
{
    (void)arg;
    http_answer_abort(req);
}

static void drained(struct http_req *req, void *arg)
{
    (void)req;
    deliver(arg);
}

/* However it ended. */
static void forget(struct http_req *req, void *data)
{
    struct stream_peer *p = data;
    struct stream *st = p->owner;
    (void)req;
    if (p->prev)
        p->prev->next = p->next;
    else
        st->peers = p->next;
    if (p->next)
        p->next->prev = p->prev;
    st->peers_len--;
    mem_free(p);
}

static int admit(const struct stream *st, const char *token_hash, struct err *err)
{
    unsigned same = 0;
    for (const struct stream_peer *p = st->peers; p; p = p->next)
        same += strcmp(p->token_hash, token_hash) == 0;
    if (st->closed)
        return err_set(err, E_AGAIN, "shutting down");
    if (same >= st->session_most)
        return err_set(err, E_RATE, "this session has %u streams open, more are not given", same);
    if (st->peers_len >= st->peers_most)
        return err_set(err, E_RATE, "%u streams are open, more are not given", st->peers_len);
    return 0;
}

/* hello, with the id from which this connection goes on; reset when that is not where it left. */
static void greet(const struct stream_peer *p, bool reset, struct buf *out)
{
    const char *epoch = p->owner->ring.epoch;
    struct buf data CLEANUP(buf_done) = {0};
    buf_addf(&data, "{\"epoch\":\"%s\"}", epoch);
    buf_add_cstr(out, "retry: 2000\n\n");
    stream_event_add(out, epoch, p->sequence, "hello", buf_str(&data));
    if (reset)
        stream_event_add(out, epoch, p->sequence, "reset", STR("{}"));
}

static void begin(struct stream_peer *p)
{
    const struct stream_ring *r = &p->owner->ring;
    struct buf hello CLEANUP(buf_done) = {0};
    struct str id;
    int rc = http1_find_single(http_req_head(p->req), "last-event-id", &id);
    bool comes_back = rc != E_NOT_FOUND;
    if (rc == 0)
        rc = stream_ring_resume(r, id, &p->sequence);
    if (rc)
        p->sequence = r->last;
    greet(p, rc && comes_back, &hello);
    http_answer_header(p->req, "Cache-Control", STR("no-store"));
    http_answer_begin(p->req, 200, "text/event-stream", -1);
    if (buf_check(&hello) || http_answer_write(p->req, buf_str(&hello)) != 0)
        http_answer_abort(p->req);
    else
        deliver(p);
}

void stream_open(struct call *c)
{
    struct stream *st = c->server->stream;
    struct err err = {0};
    if (str_is(http_req_method(c->req), "HEAD")) {
        http_answer_send(c->req, 200, "text/event-stream", STR(""));
        return;
    }
    int rc = admit(st, c->token_hash, &err);
    struct stream_peer *p = rc ? NULL : mem_calloc(1, sizeof *p);
    if (!p) {
        if (rc == E_RATE || rc == E_AGAIN)
            http_answer_header(c->req, "Retry-After", STR("5"));
        reply_err(c, rc ? rc : E_NOMEM, &err);
        return;
    }
    p->owner = st;
    p->req = c->req;
    p->role = c->actor.role;
    memcpy(p->token_hash, c->token_hash, sizeof p->token_hash);
    p->next = st->peers;
    if (p->next)
        p->next->prev = p;
    st->peers = p;
    st->peers_len++;
    http_req_set_data(p->req, p, forget);
    if (http_req_is_gone(p->req)) {
        http_answer_abort(p->req);
        return;
    }
    http_req_on_gone(p->req, gone, p);
    http_answer_on_drain(p->req, drained, p);
    start_beat(st);
    begin(p);
}
