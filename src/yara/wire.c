/* Frames and descriptors over a stream socket. See wire.h. */
#include "yara/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/file.h"

enum { CHUNK_BYTES = 65536 };

void wire_done(struct wire *w)
{
    fd_closep(&w->file);
    buf_done(&w->in);
}

static int wait_for(int fd, short events, int64_t deadline_ns)
{
    struct pollfd p = {.fd = fd, .events = events};
    for (;;) {
        int64_t left = deadline_ns < 0 ? -1 : (deadline_ns - clock_mono_ns()) / 1000000;
        if (deadline_ns >= 0 && left < 0)
            return E_TIMEOUT;
        int n = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
        if (n > 0)
            return 0;
        if (n == 0 && deadline_ns >= 0)
            return E_TIMEOUT;
        if (n < 0 && errno != EINTR)
            return E_CLOSED;
    }
}

static int64_t deadline_of(int64_t timeout_ms)
{
    return timeout_ms < 0 ? -1 : clock_mono_ns() + timeout_ms * 1000000;
}

int wire_send(struct wire *w, enum yara_msg type, struct str body, int file, int64_t timeout_ms)
{
    struct buf out CLEANUP(buf_done) = {0};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof file)] = {0};
    int64_t deadline = deadline_of(timeout_ms);
    imsg_add(&out, (uint16_t)type, file >= 0 ? IMSG_HAS_FD : 0, 0, body);
    int rc = buf_check(&out);
    for (size_t sent = 0; rc == 0 && sent < out.len;) {
        struct iovec iov = {.iov_base = out.ptr + sent, .iov_len = out.len - sent};
        struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
        if (file >= 0 && sent == 0) {
            msg.msg_control = control;
            msg.msg_controllen = sizeof control;
            struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
            c->cmsg_level = SOL_SOCKET;
            c->cmsg_type = SCM_RIGHTS;
            c->cmsg_len = CMSG_LEN(sizeof file);
            memcpy(CMSG_DATA(c), &file, sizeof file);
        }
        rc = wait_for(w->fd, POLLOUT, deadline);
        ssize_t n = rc ? 0 : sendmsg(w->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            rc = E_CLOSED;
        sent += n > 0 ? (size_t)n : 0;
    }
    return rc;
}

/* The first descriptor is kept, others are closed: nobody sends two. */
static void keep_descriptor(struct wire *w, struct msghdr *msg)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            if (w->file < 0)
                w->file = fd;
            else
                (void)close(fd);
        }
    }
}

static int receive(struct wire *w)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * 4)];
    if (buf_reserve(&w->in, CHUNK_BYTES))
        return E_NOMEM;
    struct iovec iov = {.iov_base = w->in.ptr + w->in.len, .iov_len = CHUNK_BYTES};
    struct msghdr msg = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t n = recvmsg(w->fd, &msg, 0);
    if (n < 0)
        return errno == EINTR || errno == EAGAIN ? 0 : E_CLOSED;
    keep_descriptor(w, &msg);
    w->in.len += (size_t)n;
    return n == 0 ? E_CLOSED : 0;
}

int wire_receive(struct wire *w, struct imsg *ret_msg, int64_t timeout_ms)
{
    int64_t deadline = deadline_of(timeout_ms);
    buf_drop_front(&w->in, w->used);
    w->used = 0;
    fd_closep(&w->file);
    for (;;) {
        int rc = imsg_next(buf_str(&w->in), ret_msg, &w->used);
        if (rc != E_AGAIN)
            return rc;
        w->used = 0;
        rc = wait_for(w->fd, POLLIN, deadline);
        if (rc == 0)
            rc = receive(w);
        if (rc)
            return rc;
    }
}
