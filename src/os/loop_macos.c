/* Event loop on macOS: kqueue. See loop_priv.h. A descriptor always has a read filter, since only
 * that one tells of the peer's end: level-triggered while reading is wanted, edge-triggered
 * (EV_CLEAR) while it is not, so that unread input does not spin. The filter's udata carries the
 * generation of the registration. Posts wake by EVFILT_USER, signals come by EVFILT_SIGNAL, which
 * sees a signal although it is blocked. */
#include <errno.h>
#include <fcntl.h>
#include <sys/event.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/timefmt.h"
#include "os/file.h"
#include "os/loop_priv.h"

enum { WAKE_IDENT = 1 };

static int change(struct loop *loop, uintptr_t ident, int16_t filter, uint16_t flags,
                  uint32_t fflags, uint32_t generation)
{
    struct kevent ev;
    EV_SET(&ev, ident, filter, flags, fflags, 0, (void *)(uintptr_t)generation);
    if (kevent(loop->poll_fd, &ev, 1, NULL, 0, NULL) == 0)
        return 0;
    return errno == ENOMEM ? E_NOMEM : E_IO;
}

int loop_priv_watch(struct loop *loop, int fd, unsigned old, bool is_new)
{
    const struct loop_slot *slot = &loop->slots[fd];
    uintptr_t ident = (uintptr_t)fd;
    bool reads = slot->events & LOOP_READ;
    int rc = 0;
    /* EV_CLEAR is fixed when a filter is made. */
    if (!is_new && reads != !!(old & LOOP_READ))
        rc = change(loop, ident, EVFILT_READ, EV_DELETE, 0, 0);
    if (!rc && (is_new || reads != !!(old & LOOP_READ)))
        rc = change(loop, ident, EVFILT_READ, (uint16_t)(EV_ADD | (reads ? 0 : EV_CLEAR)), 0,
                    slot->generation);
    if (!rc && (slot->events & LOOP_WRITE) && !(old & LOOP_WRITE))
        rc = change(loop, ident, EVFILT_WRITE, EV_ADD, 0, slot->generation);
    if (!rc && !(slot->events & LOOP_WRITE) && (old & LOOP_WRITE))
        rc = change(loop, ident, EVFILT_WRITE, EV_DELETE, 0, 0);
    return rc;
}

void loop_priv_unwatch(struct loop *loop, int fd)
{
    (void)!change(loop, (uintptr_t)fd, EVFILT_READ, EV_DELETE, 0, 0);
    if (loop->slots[fd].events & LOOP_WRITE)
        (void)!change(loop, (uintptr_t)fd, EVFILT_WRITE, EV_DELETE, 0, 0);
}

int loop_priv_open(struct loop *loop)
{
    loop->poll_fd = kqueue();
    if (loop->poll_fd < 0 || fcntl(loop->poll_fd, F_SETFD, FD_CLOEXEC) != 0)
        return errno == ENOMEM ? E_NOMEM : E_IO;
    return change(loop, WAKE_IDENT, EVFILT_USER, EV_ADD | EV_CLEAR, 0, 0);
}

void loop_priv_close(struct loop *loop)
{
    fd_closep(&loop->poll_fd);
}

void loop_priv_wake(struct loop *loop)
{
    (void)!change(loop, WAKE_IDENT, EVFILT_USER, 0, NOTE_TRIGGER, 0);
}

int loop_priv_signal(struct loop *loop, int signo)
{
    sigset_t wanted = loop->signal_set;
    if (sigaddset(&wanted, signo) != 0)
        return E_ARG;
    if (pthread_sigmask(SIG_BLOCK, &wanted, NULL) != 0)
        return E_IO;
    int rc = change(loop, (uintptr_t)signo, EVFILT_SIGNAL, EV_ADD, 0, 0);
    if (!rc)
        loop->signal_set = wanted;
    return rc;
}

static unsigned translate(const struct kevent *ev)
{
    if (ev->flags & EV_ERROR)
        return LOOP_HANGUP;
    if (ev->filter == EVFILT_WRITE)
        return ev->flags & EV_EOF ? LOOP_WRITE | LOOP_HANGUP : LOOP_WRITE;
    unsigned events = LOOP_READ;
    if (ev->flags & EV_EOF)
        events |= ev->fflags ? (unsigned)LOOP_HANGUP : (unsigned)LOOP_PRIV_HALF_CLOSED;
    return events;
}

int loop_priv_wait(struct loop *loop, int64_t wait_ns, struct loop_ready *ret_ready)
{
    struct kevent events[LOOP_PRIV_BATCH];
    struct timespec wait = {.tv_sec = (time_t)(wait_ns / NS_PER_S),
                            .tv_nsec = (long)(wait_ns % NS_PER_S)};
    int n = kevent(loop->poll_fd, NULL, 0, events, LOOP_PRIV_BATCH, wait_ns < 0 ? NULL : &wait);
    if (n < 0)
        return errno == EINTR ? 0 : E_IO;
    int ready = 0;
    for (int i = 0; i < n; i++) {
        const struct kevent *ev = &events[i];
        if (ev->filter == EVFILT_USER)
            continue;
        if (ev->filter == EVFILT_SIGNAL) {
            loop_priv_signal_deliver(loop, (int)ev->ident);
            continue;
        }
        ret_ready[ready++] = (struct loop_ready){.fd = (int)ev->ident,
                                                 .generation = (uint32_t)(uintptr_t)ev->udata,
                                                 .events = translate(ev)};
    }
    return ready;
}
