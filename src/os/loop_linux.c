/* Event loop on Linux: epoll, an eventfd for posts, a signalfd for signals. See loop_priv.h.
 * An epoll event carries the descriptor and the generation of its registration. */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/err.h"
#include "base/timefmt.h"
#include "os/file.h"
#include "os/loop_priv.h"

static uint32_t epoll_mask(const struct loop_slot *slot)
{
    uint32_t mask = 0;
    if (slot->events & LOOP_READ)
        mask |= EPOLLIN;
    if (slot->events & LOOP_WRITE)
        mask |= EPOLLOUT;
    if (!slot->half_closed)
        mask |= EPOLLRDHUP;
    return mask;
}

static int control(struct loop *loop, int op, int fd)
{
    const struct loop_slot *slot = &loop->slots[fd];
    struct epoll_event ev = {.events = epoll_mask(slot),
                             .data.u64 = (uint64_t)slot->generation << 32 | (uint32_t)fd};
    if (epoll_ctl(loop->poll_fd, op, fd, &ev) == 0)
        return 0;
    return errno == ENOMEM || errno == ENOSPC ? E_NOMEM : E_IO;
}

int loop_priv_watch(struct loop *loop, int fd, unsigned old, bool is_new)
{
    (void)old;
    return control(loop, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd);
}

void loop_priv_unwatch(struct loop *loop, int fd)
{
    (void)epoll_ctl(loop->poll_fd, EPOLL_CTL_DEL, fd, NULL);
}

static void drain_wake(struct loop *loop, int fd, unsigned events, void *arg)
{
    uint64_t count;
    (void)loop;
    (void)events;
    (void)arg;
    while (read(fd, &count, sizeof count) < 0 && errno == EINTR)
        ;
}

int loop_priv_open(struct loop *loop)
{
    loop->poll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->poll_fd < 0 || loop->wake_fd < 0)
        return errno == ENOMEM ? E_NOMEM : E_IO;
    return loop_add(loop, loop->wake_fd, LOOP_READ, drain_wake, NULL);
}

void loop_priv_close(struct loop *loop)
{
    fd_closep(&loop->signal_fd);
    fd_closep(&loop->wake_fd);
    fd_closep(&loop->poll_fd);
}

void loop_priv_wake(struct loop *loop)
{
    uint64_t one = 1;
    /* EAGAIN: the counter is full, so a wake-up is already due. */
    while (write(loop->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

static void read_signals(struct loop *loop, int fd, unsigned events, void *arg)
{
    struct signalfd_siginfo info;
    (void)events;
    (void)arg;
    while (!loop->stop && read(fd, &info, sizeof info) == (ssize_t)sizeof info)
        loop_priv_signal_deliver(loop, (int)info.ssi_signo);
}

int loop_priv_signal(struct loop *loop, int signo)
{
    sigset_t wanted = loop->signal_set;
    if (sigaddset(&wanted, signo) != 0)
        return E_ARG;
    if (pthread_sigmask(SIG_BLOCK, &wanted, NULL) != 0)
        return E_IO;
    int fd = signalfd(loop->signal_fd, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        return errno == ENOMEM ? E_NOMEM : E_IO;
    loop->signal_set = wanted;
    if (loop->signal_fd >= 0)
        return 0;
    int rc = loop_add(loop, fd, LOOP_READ, read_signals, NULL);
    if (rc) {
        (void)close(fd);
        return rc;
    }
    loop->signal_fd = fd;
    return 0;
}

static unsigned translate(uint32_t mask)
{
    unsigned events = 0;
    if (mask & EPOLLIN)
        events |= LOOP_READ;
    if (mask & EPOLLOUT)
        events |= LOOP_WRITE;
    if (mask & (EPOLLHUP | EPOLLERR))
        events |= LOOP_HANGUP;
    if (mask & EPOLLRDHUP)
        events |= LOOP_PRIV_HALF_CLOSED;
    return events;
}

int loop_priv_wait(struct loop *loop, int64_t wait_ns, struct loop_ready *ret_ready)
{
    struct epoll_event events[LOOP_PRIV_BATCH];
    int timeout_ms = -1;
    if (wait_ns >= 0) {
        /* Rounded up: waking before the deadline would only go round again. */
        int64_t ms = wait_ns / NS_PER_MS + (wait_ns % NS_PER_MS != 0);
        timeout_ms = ms > INT32_MAX ? INT32_MAX : (int)ms;
    }
    int n = epoll_wait(loop->poll_fd, events, LOOP_PRIV_BATCH, timeout_ms);
    if (n < 0)
        return errno == EINTR ? 0 : E_IO;
    for (int i = 0; i < n; i++) {
        ret_ready[i] = (struct loop_ready){.fd = (int)(uint32_t)events[i].data.u64,
                                           .generation = (uint32_t)(events[i].data.u64 >> 32),
                                           .events = translate(events[i].events)};
    }
    return n;
}
