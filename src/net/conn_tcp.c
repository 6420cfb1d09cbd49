/* Plain TCP behind the connection's transport. See conn_priv.h. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/conn_priv.h"

static int tcp_read(struct conn *c, char *ptr, size_t cap, size_t *ret_len, unsigned *ret_want)
{
    for (;;) {
        ssize_t n = recv(c->fd, ptr, cap, 0);
        if (n > 0) {
            *ret_len = (size_t)n;
            return 0;
        }
        if (n == 0)
            return E_CLOSED;
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            *ret_want = LOOP_READ;
            return E_AGAIN;
        }
        if (errno != EINTR)
            return E_IO;
    }
}

static int tcp_write(struct conn *c, const struct iovec *iov, int count, size_t *ret_len,
                     unsigned *ret_want)
{
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)iov};
    message.msg_iovlen = (__typeof__(message.msg_iovlen))count;
    for (;;) {
        ssize_t n = sendmsg(c->fd, &message, MSG_NOSIGNAL);
        if (n >= 0) {
            *ret_len = (size_t)n;
            return 0;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            *ret_want = LOOP_WRITE;
            return E_AGAIN;
        }
        if (errno != EINTR)
            return E_IO;
    }
}

static void tcp_finish(struct conn *c)
{
    (void)shutdown(c->fd, SHUT_WR);
}

static void tcp_close(struct conn *c)
{
    (void)close(c->fd);
}

const struct conn_transport conn_tcp_transport = {
    .read = tcp_read,
    .write = tcp_write,
    .finish = tcp_finish,
    .close = tcp_close,
};
