/* Connections on the loop: readiness, queue, deadlines, closing. See conn.h.
 * A failure found outside a loop callback only shuts the socket down: the loop then reports a
 * hang-up, and on_close is called from there. So no caller is ever re-entered, and reporting needs
 * no memory. */
#include "net/conn.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/conn_priv.h"
#include "os/clock.h"

enum {
    READS_PER_EVENT = 4, /* then the other connections get their turn */
    LINGER_MS = 2000,    /* how long a peer may go on sending after we finished */
    PARTS_MAX = 4
};

static void on_io(struct loop *loop, int fd, unsigned events, void *arg);

/* The parts that every transport shares. */
static struct conn *allocate(const struct conn_options *options)
{
    struct conn *c = mem_calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->transport = &conn_tcp_transport;
    c->handler = options->handler;
    c->arg = options->arg;
    c->loop = options->loop;
    c->fd = options->fd;
    c->queue_bytes_max = options->queue_bytes_max;
    c->write_timeout_ms = options->write_timeout_ms;
    c->read_want = LOOP_READ;
    c->write_want = LOOP_WRITE;
#ifdef SO_NOSIGPIPE
    int one = 1;
    (void)setsockopt(c->fd, SOL_SOCKET, SO_NOSIGPIPE, &one, sizeof one);
#endif
    return c;
}

int conn_new(const struct conn_options *options, struct conn **ret_conn)
{
    struct conn *c = allocate(options);
    if (!c)
        return E_NOMEM;
    int rc = 0;
    if (options->tls)
        rc = conn_tls_init(c, options->tls, options->server_name);
    c->handshaking = c->transport->handshake != NULL;
    c->watched = c->handshaking ? c->handshake_want : LOOP_READ;
    if (rc == 0)
        rc = loop_add(c->loop, c->fd, c->watched, on_io, c);
    if (rc) {
        conn_tls_done(c);
        mem_free(c);
        return rc == E_NOMEM ? E_NOMEM : E_IO;
    }
    *ret_conn = c;
    return 0;
}

int conn_priv_new(const struct conn_options *options, const struct conn_transport *transport,
                  void *state, struct conn **ret_conn)
{
    struct conn *c = allocate(options);
    if (!c)
        return E_NOMEM;
    c->transport = transport;
    c->state = state;
    c->watched = LOOP_READ;
    int rc = loop_add(c->loop, c->fd, c->watched, on_io, c);
    if (rc) {
        mem_free(c);
        return rc == E_NOMEM ? E_NOMEM : E_IO;
    }
    *ret_conn = c;
    return 0;
}

static void stop(struct conn *c)
{
    if (c->fd < 0)
        return;
    loop_del(c->loop, c->fd);
    loop_timer_cancel(c->loop, c->write_timer);
    loop_timer_cancel(c->loop, c->deadline_timer);
    c->transport->close(c);
    c->fd = -1;
    buf_done(&c->out);
    c->out_pos = 0;
}

void conn_free(struct conn *c)
{
    if (!c)
        return;
    c->over = true;
    c->freed = true;
    stop(c);
    if (c->depth == 0)
        mem_free(c);
}

static void enter(struct conn *c)
{
    c->depth++;
}

/* Note a failure; on_close follows from the loop. */
static void fail(struct conn *c, int code)
{
    if (c->failure || c->over)
        return;
    c->failure = code;
    (void)shutdown(c->fd, SHUT_RDWR);
}

/* Nothing is left to send or to wait for: on_close(0) is due. */
static bool is_complete(const struct conn *c)
{
    return c->finished && c->eof;
}

static void report_close(struct conn *c)
{
    if (c->over || (!c->failure && !is_complete(c)))
        return;
    c->over = true;
    loop_del(c->loop, c->fd);
    c->watched = 0;
    c->handler->on_close(c, c->finished ? 0 : c->failure, c->arg);
}

static size_t queued(const struct conn *c)
{
    return c->out.len - c->out_pos;
}

static unsigned wanted_events(const struct conn *c)
{
    if (c->handshaking)
        return c->handshake_want;
    unsigned events = 0;
    if (!c->eof && (!c->paused || c->finishing))
        events |= c->read_want;
    if (queued(c))
        events |= c->write_want;
    return events;
}

static void watch(struct conn *c)
{
    if (c->over)
        return;
    unsigned events = wanted_events(c);
    if (events == c->watched)
        return;
    if (loop_mod(c->loop, c->fd, events))
        fail(c, E_IO);
    else
        c->watched = events;
}

/* The end of every loop callback. */
static void leave(struct conn *c)
{
    watch(c);
    report_close(c);
    if (--c->depth == 0 && c->freed)
        mem_free(c);
}

static void on_deadline(struct loop *loop, void *arg)
{
    struct conn *c = arg;
    int64_t now_ms = clock_mono_ms();
    c->deadline_timer = 0;
    if (c->deadline_ms == 0)
        return;
    enter(c);
    if (now_ms < c->deadline_ms) {
        /* It was moved since the timer was set: timers are not touched at every move. */
        c->deadline_timer_ms = c->deadline_ms;
        c->deadline_timer = loop_timer(loop, c->deadline_ms - now_ms, on_deadline, c);
        if (!c->deadline_timer)
            fail(c, E_NOMEM);
    } else {
        c->deadline_ms = 0;
        if (c->finishing)
            fail(c, E_TIMEOUT);
        else
            c->handler->on_timeout(c, c->arg);
    }
    leave(c);
}

static void set_deadline(struct conn *c, int64_t delay_ms)
{
    if (delay_ms == 0 || c->over) {
        c->deadline_ms = 0;
        return;
    }
    c->deadline_ms = clock_mono_ms() + delay_ms;
    if (c->deadline_timer && c->deadline_timer_ms <= c->deadline_ms)
        return;
    loop_timer_cancel(c->loop, c->deadline_timer);
    c->deadline_timer_ms = c->deadline_ms;
    c->deadline_timer = loop_timer(c->loop, delay_ms, on_deadline, c);
    if (!c->deadline_timer)
        fail(c, E_NOMEM);
}

void conn_deadline(struct conn *c, int64_t delay_ms)
{
    if (!c->finishing)
        set_deadline(c, delay_ms);
}

static void on_write_timer(struct loop *loop, void *arg)
{
    struct conn *c = arg;
    c->write_timer = 0;
    if (c->over || queued(c) == 0)
        return;
    enter(c);
    int64_t left_ms = c->write_moved_ms + c->write_timeout_ms - clock_mono_ms();
    if (left_ms <= 0)
        fail(c, E_TIMEOUT);
    else if ((c->write_timer = loop_timer(loop, left_ms, on_write_timer, c)) == 0)
        fail(c, E_NOMEM);
    leave(c);
}

/* Our side ends once the queue is empty. */
static void finish_side(struct conn *c)
{
    if (!c->finishing || c->finished || queued(c) || c->failure)
        return;
    c->finished = true;
    c->transport->finish(c);
    set_deadline(c, LINGER_MS);
    if (c->eof)
        (void)shutdown(c->fd, SHUT_RDWR); /* the loop reports the hang-up */
}

static void flush(struct conn *c)
{
    while (queued(c) && !c->failure) {
        struct iovec iov = {c->out.ptr + c->out_pos, queued(c)};
        size_t sent;
        c->write_want = LOOP_WRITE;
        int rc = c->transport->write(c, &iov, 1, &sent, &c->write_want);
        if (rc == E_AGAIN)
            return;
        if (rc) {
            fail(c, rc);
            return;
        }
        c->out_pos += sent;
        c->write_moved_ms = clock_mono_ms();
    }
    if (queued(c) || c->failure)
        return;
    buf_done(&c->out);
    c->out_pos = 0;
}

/* Move what was not sent of the parts into the queue. */
static int enqueue(struct conn *c, const struct iovec *iov, int count)
{
    if (c->out_pos > c->out.len / 2) {
        buf_drop_front(&c->out, c->out_pos);
        c->out_pos = 0;
    }
    bool was_empty = queued(c) == 0;
    for (int i = 0; i < count; i++)
        buf_add(&c->out, iov[i].iov_base, iov[i].iov_len);
    if (buf_check(&c->out)) {
        fail(c, E_NOMEM);
        return E_NOMEM;
    }
    if (!was_empty || queued(c) == 0)
        return 0;
    c->write_moved_ms = clock_mono_ms();
    if (!c->write_timer)
        c->write_timer = loop_timer(c->loop, c->write_timeout_ms, on_write_timer, c);
    if (!c->write_timer) {
        fail(c, E_NOMEM);
        return E_NOMEM;
    }
    return 0;
}

/* Drop `sent` bytes from the front of the parts. */
static int advance(struct iovec *iov, int count, size_t sent)
{
    int skip = 0;
    while (skip < count && sent >= iov[skip].iov_len)
        sent -= iov[skip++].iov_len;
    for (int i = skip; i < count; i++)
        iov[i - skip] = iov[i];
    if (skip < count) {
        iov[0].iov_base = (char *)iov[0].iov_base + sent;
        iov[0].iov_len -= sent;
    }
    return count - skip;
}

int conn_write(struct conn *c, const struct str *parts, unsigned count)
{
    if (c->failure || c->over || c->finishing)
        return E_CLOSED;
    if (queued(c) && queued(c) >= c->queue_bytes_max)
        return E_LIMIT;
    struct iovec iov[PARTS_MAX];
    int left = 0;
    for (unsigned i = 0; i < count && left < PARTS_MAX; i++) {
        if (parts[i].len)
            iov[left++] = (struct iovec){(void *)(uintptr_t)parts[i].ptr, parts[i].len};
    }
    while (left && !c->handshaking && queued(c) == 0) {
        size_t sent;
        c->write_want = LOOP_WRITE;
        int rc = c->transport->write(c, iov, left, &sent, &c->write_want);
        if (rc == E_AGAIN)
            break;
        if (rc) {
            fail(c, rc);
            return E_CLOSED;
        }
        left = advance(iov, left, sent);
    }
    int rc = left ? enqueue(c, iov, left) : 0;
    watch(c);
    return rc;
}

size_t conn_queued_bytes(const struct conn *c)
{
    return queued(c);
}

void conn_finish(struct conn *c)
{
    if (c->finishing || c->failure || c->over)
        return;
    c->finishing = true;
    if (c->handshaking) {
        fail(c, E_CLOSED);
        return;
    }
    set_deadline(c, 0);
    finish_side(c);
    watch(c);
}

void conn_abort(struct conn *c)
{
    fail(c, E_CLOSED);
}

void conn_pause(struct conn *c)
{
    c->paused = true;
    watch(c);
}

void conn_resume(struct conn *c)
{
    c->paused = false;
    watch(c);
}

void conn_set_handler(struct conn *c, const struct conn_handler *handler, void *arg)
{
    c->handler = handler;
    c->arg = arg;
}

void conn_set_queue_max(struct conn *c, size_t queue_bytes_max)
{
    c->queue_bytes_max = queue_bytes_max;
}

struct loop *conn_loop(const struct conn *c)
{
    return c->loop;
}

static void handshake(struct conn *c)
{
    int rc = c->transport->handshake(c, &c->handshake_want);
    if (rc == E_AGAIN)
        return;
    if (rc) {
        fail(c, rc);
        return;
    }
    c->handshaking = false;
}

static void read_ready(struct conn *c)
{
    static _Thread_local char scratch[CONN_IO_BYTES];
    for (int i = 0; i < READS_PER_EVENT; i++) {
        if (c->over || c->failure || c->eof || (c->paused && !c->finishing))
            return;
        size_t len = 0;
        c->read_want = LOOP_READ;
        int rc = c->transport->read(c, scratch, sizeof scratch, &len, &c->read_want);
        if (rc == E_AGAIN)
            return;
        if (rc == E_CLOSED) {
            c->eof = true;
            if (!c->finishing)
                c->handler->on_eof(c, c->arg);
            return;
        }
        if (rc) {
            fail(c, rc);
            return;
        }
        if (!c->finishing)
            c->handler->on_data(c, str_n(scratch, len), c->arg);
        if (len < sizeof scratch)
            return; /* most likely all: readiness is level-triggered, so nothing is missed */
    }
}

/* A hang-up that reading does not get to: both directions are closed, or the peer only ended its
 * side while we are not reading. */
static void hang_up(struct conn *c)
{
    struct pollfd p = {.fd = c->fd};
    if (poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR | POLLNVAL))) {
        if (!is_complete(c))
            fail(c, E_CLOSED);
        return;
    }
    if (c->paused && !c->hangup_told && !c->finishing) {
        c->hangup_told = true;
        c->handler->on_hangup(c, c->arg);
    }
}

static void on_io(struct loop *loop, int fd, unsigned events, void *arg)
{
    struct conn *c = arg;
    (void)loop;
    (void)fd;
    enter(c);
    if (c->handshaking && !c->failure)
        handshake(c);
    bool had_queue = queued(c) > 0;
    if (!c->handshaking && had_queue && (events & c->write_want))
        flush(c);
    if (had_queue && queued(c) == 0 && !c->failure) {
        finish_side(c);
        if (!c->finishing)
            c->handler->on_drain(c, c->arg);
    }
    bool reading =
        !c->handshaking && !c->over && !c->failure && !c->eof && (!c->paused || c->finishing);
    if (reading && (events & (c->read_want | LOOP_HANGUP)))
        read_ready(c);
    else if (!reading && (events & LOOP_HANGUP) && !c->over && !c->failure)
        hang_up(c);
    leave(c);
}

bool conn_is_tls(const struct conn *c)
{
    return c->ssl != NULL;
}

const struct tls_peer *conn_tls_peer(const struct conn *c)
{
    return c->peer;
}
