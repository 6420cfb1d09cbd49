/* An open WebSocket. See ws_conn.h.
 * The object is freed only at the top of the loop (connection closed, timer), never below a call
 * its user makes; so ws_conn_send and ws_conn_close are safe in every callback. */
#include "net/ws_conn.h"

#include "base/buf.h"
#include "base/mem.h"
#include "net/conn.h"
#include "net/ws_conn_priv.h"
#include "os/clock.h"
#include "os/random.h"
#include "schema/param.h"

enum {
    CLOSE_WAIT_MS = 5000, /* how long the peer may take to answer our close frame */
    SILENT_INTERVALS = 2  /* ping intervals without a byte after which the peer is dead */
};

enum state { OPEN, CLOSING /* our close frame is sent */, ENDING /* nothing more is said */ };

struct ws_conn {
    struct conn *conn;
    struct ws_conn_options options;
    struct ws_decoder decoder;
    enum state state;
    bool paused;
    uint16_t code;      /* for on_close */
    struct buf pending; /* bytes received but not decoded: behind the handshake, or while paused */
    uint64_t kick_timer;
    uint64_t ping_timer;
    int64_t heard_ms;
    int64_t ping_sent_ms; /* 0: no ping under way */
    int64_t round_trip_ms;
    ws_conn_owner_fn on_freed;
    void *owner;
};

static void on_ping_timer(struct loop *loop, void *arg);

/* The end: tell the user, then the owner, then free. */
static void end(struct ws_conn *ws, uint16_t code)
{
    struct loop *loop = conn_loop(ws->conn);
    loop_timer_cancel(loop, ws->kick_timer);
    loop_timer_cancel(loop, ws->ping_timer);
    ws->state = ENDING;
    ws->options.handler->on_close(ws, code, ws->options.arg);
    conn_free(ws->conn);
    ws_conn_owner_fn on_freed = ws->on_freed;
    void *owner = ws->owner;
    ws_decoder_done(&ws->decoder);
    buf_done(&ws->pending);
    mem_free(ws);
    on_freed(owner);
}

static int send_bytes(struct ws_conn *ws, const struct buf *frame)
{
    if (buf_check(frame))
        return buf_check(frame);
    struct str part = buf_str(frame);
    return conn_write(ws->conn, &part, 1);
}

static uint32_t draw_mask(const struct ws_conn *ws)
{
    return ws->decoder.role == WS_CLIENT ? (uint32_t)random_u64() : 0;
}

static int send_frame(struct ws_conn *ws, enum ws_opcode opcode, struct str payload)
{
    CLEANUP(buf_done) struct buf frame = {0};
    ws_encode(&frame, ws->decoder.role, opcode, payload, draw_mask(ws));
    return send_bytes(ws, &frame);
}

/* Whether a close frame could still be queued or not, the connection ends. */
static void send_close(struct ws_conn *ws, uint16_t code, const char *reason)
{
    CLEANUP(buf_done) struct buf frame = {0};
    ws_encode_close(&frame, ws->decoder.role, code, str_of(reason), draw_mask(ws));
    if (send_bytes(ws, &frame))
        conn_abort(ws->conn);
}

/* End our side with a last word. */
static void finish(struct ws_conn *ws, uint16_t sent_code, uint16_t told_code)
{
    if (ws->state == OPEN && sent_code)
        send_close(ws, sent_code, "");
    if (ws->state == OPEN)
        ws->code = told_code;
    ws->state = ENDING;
    conn_finish(ws->conn);
}

static void on_event(struct ws_conn *ws, const struct ws_event *event)
{
    switch (event->opcode) {
    case WS_TEXT:
    case WS_BINARY:
        if (ws->state == OPEN)
            ws->options.handler->on_message(ws, event->opcode == WS_TEXT, event->payload,
                                            ws->options.arg);
        break;
    case WS_PING:
        /* A peer that pings faster than it reads gets no pong, and no unbounded queue. */
        if (ws->state == OPEN)
            (void)!send_frame(ws, WS_PONG, event->payload);
        break;
    case WS_PONG:
        if (ws->ping_sent_ms) {
            ws->round_trip_ms = clock_mono_ms() - ws->ping_sent_ms;
            ws->ping_sent_ms = 0;
        }
        if (ws->state == OPEN && ws->options.handler->on_pong)
            ws->options.handler->on_pong(ws, event->payload, ws->options.arg);
        break;
    case WS_CLOSE: {
        bool empty = event->close_code == WS_CLOSE_NO_CODE;
        ws->code = event->close_code;
        finish(ws, empty ? WS_CLOSE_NORMAL : event->close_code, event->close_code);
        break;
    }
    case WS_CONTINUATION:
        break;
    }
}

/* Decode until the bytes are used up, the user pauses, or the connection ends. */
static void decode(struct ws_conn *ws, struct str *in)
{
    while (ws->state != ENDING && !ws->paused) {
        struct ws_event event;
        uint16_t close_code = 0;
        int rc = ws_decode(&ws->decoder, in, &event, &close_code);
        if (rc == E_AGAIN)
            return;
        if (rc) {
            finish(ws, close_code, close_code);
            return;
        }
        on_event(ws, &event);
    }
}

static void on_kick(struct loop *loop, void *arg)
{
    struct ws_conn *ws = arg;
    (void)loop;
    ws->kick_timer = 0;
    struct str in = buf_str(&ws->pending);
    decode(ws, &in);
    buf_drop_front(&ws->pending, ws->pending.len - in.len);
    if (ws->pending.len || ws->paused)
        return;
    buf_done(&ws->pending);
    conn_resume(ws->conn);
}

/* Have on_kick run from the loop. @return false when out of memory */
static bool kick(struct ws_conn *ws)
{
    if (!ws->kick_timer)
        ws->kick_timer = loop_timer(conn_loop(ws->conn), 0, on_kick, ws);
    return ws->kick_timer != 0;
}

static void on_data(struct conn *c, struct str bytes, void *arg)
{
    struct ws_conn *ws = arg;
    ws->heard_ms = clock_mono_ms();
    decode(ws, &bytes);
    if (bytes.len == 0 || ws->state == ENDING)
        return;
    buf_add_str(&ws->pending, bytes);
    if (buf_check(&ws->pending))
        conn_abort(c);
}

static void on_eof(struct conn *c, void *arg)
{
    struct ws_conn *ws = arg;
    (void)c;
    finish(ws, 0, WS_CLOSE_ABNORMAL);
}

static void on_hangup(struct conn *c, void *arg)
{
    (void)c;
    (void)arg; /* found when reading goes on, or by a failing write */
}

static void on_drain(struct conn *c, void *arg)
{
    struct ws_conn *ws = arg;
    (void)c;
    if (ws->state == OPEN && ws->options.handler->on_drain)
        ws->options.handler->on_drain(ws, ws->options.arg);
}

/* The peer did not answer our close frame. */
static void on_timeout(struct conn *c, void *arg)
{
    struct ws_conn *ws = arg;
    (void)c;
    end(ws, ws->code);
}

static void on_close(struct conn *c, int reason, void *arg)
{
    struct ws_conn *ws = arg;
    (void)c;
    (void)reason;
    end(ws, ws->code);
}

static const struct conn_handler conn_callbacks = {
    .on_data = on_data,
    .on_eof = on_eof,
    .on_hangup = on_hangup,
    .on_drain = on_drain,
    .on_timeout = on_timeout,
    .on_close = on_close,
};

static bool arm_ping(struct ws_conn *ws)
{
    ws->ping_timer = loop_timer(conn_loop(ws->conn), ws->options.ping_ms, on_ping_timer, ws);
    return ws->ping_timer != 0;
}

static void on_ping_timer(struct loop *loop, void *arg)
{
    struct ws_conn *ws = arg;
    (void)loop;
    ws->ping_timer = 0;
    if (ws->state != OPEN)
        return; /* the closing handshake has its own deadline */
    int64_t now_ms = clock_mono_ms();
    bool silent = now_ms - ws->heard_ms >= SILENT_INTERVALS * ws->options.ping_ms;
    if (silent && !ws->paused) {
        end(ws, WS_CLOSE_ABNORMAL);
        return;
    }
    if (!ws->ping_sent_ms && send_frame(ws, WS_PING, STR("")) == 0)
        ws->ping_sent_ms = now_ms;
    if (!arm_ping(ws))
        conn_abort(ws->conn);
}

static void fill_defaults(struct ws_conn_options *o)
{
    if (!o->message_bytes_max)
        o->message_bytes_max = (size_t)param_default(PARAM_WS_MESSAGE_BYTES);
    if (!o->ping_ms)
        o->ping_ms = param_default(PARAM_PING_MS);
    if (!o->queue_bytes_max)
        o->queue_bytes_max = (size_t)param_default(PARAM_WS_QUEUE_BYTES);
}

int ws_conn_priv_new(struct conn *c, enum ws_role role, const struct ws_conn_options *options,
                     struct str early, ws_conn_owner_fn on_freed, void *owner,
                     struct ws_conn **ret_ws)
{
    struct ws_conn *ws = mem_calloc(1, sizeof *ws);
    if (!ws)
        return E_NOMEM;
    ws->conn = c;
    ws->options = *options;
    fill_defaults(&ws->options);
    ws->decoder.role = role;
    ws->decoder.message_bytes_max = ws->options.message_bytes_max;
    ws->code = WS_CLOSE_ABNORMAL;
    ws->heard_ms = clock_mono_ms();
    ws->round_trip_ms = -1;
    ws->on_freed = on_freed;
    ws->owner = owner;
    buf_add_str(&ws->pending, early);
    if (buf_check(&ws->pending) || !arm_ping(ws) || (early.len && !kick(ws))) {
        loop_timer_cancel(conn_loop(c), ws->ping_timer);
        buf_done(&ws->pending);
        mem_free(ws);
        return E_NOMEM;
    }
    conn_set_handler(c, &conn_callbacks, ws);
    conn_deadline(c, 0);
    conn_set_queue_max(c, ws->options.queue_bytes_max);
    if (early.len)
        conn_pause(c);
    else
        conn_resume(c);
    *ret_ws = ws;
    return 0;
}

void ws_conn_priv_cut(struct ws_conn *ws)
{
    end(ws, ws->state == OPEN ? WS_CLOSE_ABNORMAL : ws->code);
}

int ws_conn_ping(struct ws_conn *ws, struct str payload)
{
    return ws->state == OPEN ? send_frame(ws, WS_PING, payload) : E_CLOSED;
}

int ws_conn_send(struct ws_conn *ws, bool is_text, struct str payload)
{
    if (ws->state != OPEN)
        return E_CLOSED;
    return send_frame(ws, is_text ? WS_TEXT : WS_BINARY, payload);
}

size_t ws_conn_queued_bytes(const struct ws_conn *ws)
{
    return conn_queued_bytes(ws->conn);
}

void ws_conn_close(struct ws_conn *ws, uint16_t code, const char *reason)
{
    if (ws->state != OPEN)
        return;
    ws->code = code;
    ws->state = CLOSING;
    send_close(ws, code, reason);
    ws_conn_resume(ws); /* the peer's close frame must be read */
    conn_deadline(ws->conn, CLOSE_WAIT_MS);
}

void ws_conn_abort(struct ws_conn *ws)
{
    conn_abort(ws->conn);
}

void ws_conn_pause(struct ws_conn *ws)
{
    ws->paused = true;
    conn_pause(ws->conn);
}

void ws_conn_resume(struct ws_conn *ws)
{
    if (!ws->paused)
        return;
    ws->paused = false;
    ws->heard_ms = clock_mono_ms(); /* it could not be heard meanwhile */
    if (!kick(ws))
        conn_abort(ws->conn);
}

void *ws_conn_arg(const struct ws_conn *ws)
{
    return ws->options.arg;
}

struct loop *ws_conn_loop(const struct ws_conn *ws)
{
    return conn_loop(ws->conn);
}

const struct tls_peer *ws_conn_tls_peer(const struct ws_conn *ws)
{
    return conn_tls_peer(ws->conn);
}

int64_t ws_conn_round_trip_ms(const struct ws_conn *ws)
{
    return ws->round_trip_ms;
}
