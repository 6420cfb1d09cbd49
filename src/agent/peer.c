/* Message sockets between the agent's processes. See peer.h. */
#include "agent/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "codec/imsg.h"
#include "os/file.h"

enum {
    READ_CHUNK = 256 * 1024,
    QUEUE_MAX = 64 * 1024 * 1024, /* a stuck peer must not eat the memory */
    FDS_MAX = 16                  /* received and not yet matched with their message */
};

/* A descriptor leaves with the byte at `offset` of the output stream (the start of its message). */
struct outgoing_fd {
    uint64_t offset;
    int fd;
};

struct peer {
    struct loop *loop;
    int fd;
    enum agent_role self;
    enum agent_role other;
    const struct peer_handler *handler;
    void *arg;
    struct buf in;
    struct buf out;
    size_t out_start;   /* bytes of `out` already sent */
    uint64_t out_total; /* offset in the stream of out.ptr[out_start] */
    struct outgoing_fd out_fds[FDS_MAX];
    size_t out_fds_len;
    int in_fds[FDS_MAX];
    size_t in_fds_len;
    bool held;
    bool closing;
    uint64_t close_timer;
    uint64_t resume_timer;
    struct err reason;
};

/* Set after the fact: no other thread of these processes starts a program. */
static void set_cloexec(int fd)
{
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

int peer_pair(int ret_fds[2], struct err *err)
{
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
        return err_errno(err, E_IO, errno, "cannot make a socket pair");
    set_cloexec(fds[0]);
    set_cloexec(fds[1]);
    ret_fds[0] = fds[0];
    ret_fds[1] = fds[1];
    return 0;
}

static void report_closed(struct loop *loop, void *arg)
{
    (void)loop;
    struct peer *p = arg;
    p->close_timer = 0;
    p->handler->closed(p->arg, p, &p->reason);
}

void peer_close_soon(struct peer *p, int code, const char *reason)
{
    if (p->closing)
        return;
    p->closing = true;
    (void)err_set(&p->reason, code, "%s", reason);
    loop_del(p->loop, p->fd);
    p->close_timer = loop_timer(p->loop, 0, report_closed, p);
}

static void fail(struct peer *p, const struct err *err)
{
    peer_close_soon(p, err->code, err->message[0] ? err->message : err_sentence(err->code));
}

static void update_interest(struct peer *p)
{
    if (p->closing)
        return;
    unsigned events = p->held ? 0 : LOOP_READ;
    if (p->out.len > p->out_start)
        events |= LOOP_WRITE;
    if (loop_mod(p->loop, p->fd, events) != 0)
        peer_close_soon(p, E_IO, "cannot watch the message socket");
}

/* How many bytes may go out before the next message that carries a descriptor starts. */
static size_t sendable(const struct peer *p, bool *ret_with_fd)
{
    size_t left = p->out.len - p->out_start;
    *ret_with_fd = false;
    if (p->out_fds_len == 0)
        return left;
    uint64_t distance = p->out_fds[0].offset - p->out_total;
    if (distance == 0) {
        *ret_with_fd = true;
        if (p->out_fds_len > 1 && p->out_fds[1].offset - p->out_total < left)
            return (size_t)(p->out_fds[1].offset - p->out_total);
        return left;
    }
    return distance < left ? (size_t)distance : left;
}

static void drop_first_fd(struct peer *p)
{
    (void)close(p->out_fds[0].fd);
    p->out_fds_len--;
    memmove(p->out_fds, p->out_fds + 1, p->out_fds_len * sizeof p->out_fds[0]);
}

static void flush(struct peer *p)
{
    while (!p->closing && p->out.len > p->out_start) {
        bool with_fd;
        struct iovec iov = {.iov_base = p->out.ptr + p->out_start,
                            .iov_len = sendable(p, &with_fd)};
        struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
        _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
        if (with_fd) {
            msg.msg_control = control;
            msg.msg_controllen = sizeof control;
            struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
            c->cmsg_level = SOL_SOCKET;
            c->cmsg_type = SCM_RIGHTS;
            c->cmsg_len = CMSG_LEN(sizeof(int));
            memcpy(CMSG_DATA(c), &p->out_fds[0].fd, sizeof(int));
        }
        ssize_t n = sendmsg(p->fd, &msg, MSG_NOSIGNAL);
        if (n < 0) {
            if (errno == EINTR)
                continue;
            if (errno == EAGAIN || errno == EWOULDBLOCK)
                break;
            peer_close_soon(p, E_CLOSED, "the message socket is gone");
            return;
        }
        if (with_fd)
            drop_first_fd(p);
        p->out_start += (size_t)n;
        p->out_total += (uint64_t)n;
    }
    if (p->out_start == p->out.len) {
        buf_clear(&p->out);
        p->out_start = 0;
    } else if (p->out_start > READ_CHUNK) {
        buf_drop_front(&p->out, p->out_start);
        p->out_start = 0;
    }
    update_interest(p);
}

int peer_send(struct peer *p, uint16_t type, struct str body, int fd)
{
    if (p->closing)
        return E_CLOSED;
    if (p->out.len - p->out_start + body.len > QUEUE_MAX || (fd >= 0 && p->out_fds_len == FDS_MAX))
        return E_LIMIT;
    int copy = -1;
    if (fd >= 0) {
        copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        if (copy < 0)
            return E_IO;
    }
    size_t before = p->out.len;
    imsg_add(&p->out, type, fd >= 0 ? IMSG_HAS_FD : 0, 0, body);
    int rc = buf_check(&p->out);
    if (rc) {
        buf_truncate(&p->out, before);
        p->out.error = 0;
        if (copy >= 0)
            (void)close(copy);
        return rc;
    }
    if (copy >= 0)
        p->out_fds[p->out_fds_len++] =
            (struct outgoing_fd){p->out_total + (before - p->out_start), copy};
    flush(p);
    return 0;
}

size_t peer_queued(const struct peer *p)
{
    return p->out.len - p->out_start;
}

/* Hand every complete message in the input to the handler. */
static void deliver(struct peer *p)
{
    size_t done = 0;
    while (!p->closing && !p->held) {
        struct imsg m;
        size_t used;
        struct err err = {0};
        int rc = imsg_next(str_sub(buf_str(&p->in), done, SIZE_MAX), &m, &used);
        if (rc == E_AGAIN)
            break;
        if (rc) {
            (void)err_set(&err, rc, "a damaged message arrived");
            fail(p, &err);
            break;
        }
        if (agent_msg_check(m.type, p->other, p->self, m.body.len, &err) != 0) {
            fail(p, &err);
            break;
        }
        int fd = -1;
        if (m.flags & IMSG_HAS_FD) {
            if (p->in_fds_len == 0) {
                (void)err_set(&err, E_PARSE, "message '%s' lacks its descriptor",
                              agent_msg_name(m.type));
                fail(p, &err);
                break;
            }
            fd = p->in_fds[0];
            p->in_fds_len--;
            memmove(p->in_fds, p->in_fds + 1, p->in_fds_len * sizeof p->in_fds[0]);
        }
        done += used;
        p->handler->message(p->arg, p, m.type, m.body, &fd);
        fd_closep(&fd);
    }
    buf_drop_front(&p->in, done);
}

static void resume(struct loop *loop, void *arg)
{
    (void)loop;
    struct peer *p = arg;
    p->resume_timer = 0;
    if (!p->closing && !p->held)
        deliver(p);
}

void peer_hold(struct peer *p, bool hold)
{
    if (p->held == hold || p->closing)
        return;
    p->held = hold;
    update_interest(p);
    /* Messages that were received before the hold wait in the buffer, not in the socket. */
    if (!hold && p->in.len && !p->resume_timer)
        p->resume_timer = loop_timer(p->loop, 0, resume, p);
}

/* Keep received descriptors until their message is complete; too many is an attack. */
static void collect_fds(struct peer *p, struct msghdr *msg)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            set_cloexec(fd);
            if (p->in_fds_len == FDS_MAX) {
                (void)close(fd);
                peer_close_soon(p, E_LIMIT, "too many descriptors without a message");
                continue;
            }
            p->in_fds[p->in_fds_len++] = fd;
        }
    }
}

static void receive(struct peer *p)
{
    if (buf_reserve(&p->in, READ_CHUNK)) {
        peer_close_soon(p, E_NOMEM, "out of memory");
        return;
    }
    struct iovec iov = {.iov_base = p->in.ptr + p->in.len, .iov_len = READ_CHUNK};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * 4)];
    struct msghdr msg = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t n = recvmsg(p->fd, &msg, 0);
    if (n < 0) {
        if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)
            peer_close_soon(p, E_CLOSED, "the message socket is gone");
        return;
    }
    collect_fds(p, &msg);
    if (n == 0) {
        peer_close_soon(p, E_CLOSED, "the other process closed the message socket");
        return;
    }
    p->in.len += (size_t)n;
    deliver(p);
}

static void on_io(struct loop *loop, int fd, unsigned events, void *arg)
{
    (void)loop;
    (void)fd;
    struct peer *p = arg;
    if (events & LOOP_WRITE)
        flush(p);
    if (!p->closing && (events & (LOOP_READ | LOOP_HANGUP)))
        receive(p);
}

int peer_new(struct loop *loop, int fd, enum agent_role self, enum agent_role other,
             const struct peer_handler *handler, void *arg, struct peer **ret_peer)
{
    struct peer *p = mem_calloc(1, sizeof *p);
    if (!p) {
        (void)close(fd);
        return E_NOMEM;
    }
    *p = (struct peer){
        .loop = loop, .fd = fd, .self = self, .other = other, .handler = handler, .arg = arg};
    int rc = fd_set_nonblock(fd, true);
    if (rc == 0)
        rc = loop_add(loop, fd, LOOP_READ, on_io, p);
    if (rc) {
        (void)close(fd);
        mem_free(p);
        return rc;
    }
    *ret_peer = p;
    return 0;
}

void peer_free(struct peer *p)
{
    if (!p)
        return;
    if (!p->closing)
        loop_del(p->loop, p->fd);
    loop_timer_cancel(p->loop, p->close_timer);
    loop_timer_cancel(p->loop, p->resume_timer);
    (void)close(p->fd);
    while (p->out_fds_len)
        drop_first_fd(p);
    for (size_t i = 0; i < p->in_fds_len; i++)
        (void)close(p->in_fds[i]);
    buf_done(&p->in);
    buf_done(&p->out);
    mem_free(p);
}
