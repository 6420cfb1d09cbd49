/* A look from inside at the isolation. See isolate_probe.h. A packet filter that matches accounts
 * goes by who made the socket, so a socket is made as somebody else and the account changed back.
 */
#include "respond/isolate_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/file.h"

enum { TRIED_MOST = 4, LOOK_MS = 20, SIDES = 2, SERVER = 0, OTHERS = 1 };

/* Connections under way: [SERVER] as the lifeline's account, [OTHERS] as root. */
struct probe {
    int fds[SIDES][TRIED_MOST];
    enum isolate_seen seen[SIDES];
};

static void probe_done(struct probe *p)
{
    for (size_t side = 0; side < SIDES; side++) {
        for (size_t i = 0; i < TRIED_MOST; i++)
            fd_closep(&p->fds[side][i]);
    }
}

const char *isolate_seen_name(enum isolate_seen seen)
{
    switch (seen) {
    case ISOLATE_NOT_TRIED:
        return "not tried";
    case ISOLATE_SILENT:
        return "silent";
    case ISOLATE_ANSWERED:
        return "answered";
    }
    return "unknown";
}

static socklen_t fill(const struct isolate_address *a, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (a->v6) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(a->port);
        memcpy(&in6->sin6_addr, a->ip, sizeof in6->sin6_addr);
        return sizeof *in6;
    }
    struct sockaddr_in *in = (struct sockaddr_in *)out;
    in->sin_family = AF_INET;
    in->sin_port = htons(a->port);
    memcpy(&in->sin_addr, a->ip, sizeof in->sin_addr);
    return sizeof *in;
}

/* A non-blocking socket that belongs to `uid`. @return -1 with errno */
static int socket_of(uid_t uid, int family)
{
    uid_t own = geteuid();
    if (uid != own && seteuid(uid) != 0)
        return -1;
    int fd = socket(family, SOCK_STREAM, 0);
    int e = errno;
    if (uid != own && seteuid(own) != 0)
        _exit(126); /* root that cannot become root again must not go on */
    errno = e;
    if (fd < 0 || (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fd_set_nonblock(fd, true) == 0))
        return fd;
    (void)close(fd);
    return -1;
}

/* The host itself refusing is an answer: the packets went both ways. */
static bool is_answer(int errnum)
{
    return errnum == 0 || errnum == ECONNREFUSED;
}

/* Nothing is learnt from an address that everybody may reach: one of this machine's own, whose
 * packets go over loopback, or one the order allows besides. */
static bool proves_nothing(const struct isolate_policy *policy, const struct isolate_address *a)
{
    struct isolate_address own = *a;
    struct sockaddr_storage here;
    own.port = 0;
    socklen_t len = fill(&own, &here);
    int fd CLEANUP(fd_closep) = socket_of(geteuid(), a->v6 ? AF_INET6 : AF_INET);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&here, len) == 0)
        return true;
    for (uint32_t i = 0; i < policy->allow_len; i++) {
        if (isolate_address_equal(&policy->allow[i], a))
            return true;
    }
    return false;
}

static int begin(struct probe *p, size_t side, size_t i, const struct isolate_address *a, uid_t uid)
{
    struct sockaddr_storage to;
    socklen_t len = fill(a, &to);
    int fd = socket_of(uid, a->v6 ? AF_INET6 : AF_INET);
    if (fd < 0)
        return E_IO;
    p->fds[side][i] = fd;
    if (connect(fd, (struct sockaddr *)&to, len) == 0 || is_answer(errno))
        p->seen[side] = ISOLATE_ANSWERED;
    else if (errno != EINPROGRESS) /* refused on the spot, by the rules or for want of a route */
        fd_closep(&p->fds[side][i]);
    return 0;
}

/* What has been decided by now. */
static void look(struct probe *p, int wait_ms)
{
    struct pollfd fds[SIDES * TRIED_MOST];
    for (size_t n = 0; n < SIDES * TRIED_MOST; n++)
        fds[n] = (struct pollfd){.fd = p->fds[n / TRIED_MOST][n % TRIED_MOST], .events = POLLOUT};
    if (poll(fds, SIDES * TRIED_MOST, wait_ms) <= 0)
        return;
    for (size_t n = 0; n < SIDES * TRIED_MOST; n++) {
        int *fd = &p->fds[n / TRIED_MOST][n % TRIED_MOST];
        int errnum = 0;
        socklen_t len = sizeof errnum;
        if (*fd < 0 || !fds[n].revents)
            continue;
        if (getsockopt(*fd, SOL_SOCKET, SO_ERROR, &errnum, &len) == 0 && is_answer(errnum))
            p->seen[n / TRIED_MOST] = ISOLATE_ANSWERED;
        fd_closep(fd);
    }
}

static void wait_for_answers(struct probe *p, int64_t timeout_ms)
{
    int64_t start_ms = clock_mono_ms();
    int64_t server_ms = -1; /* how long its answer took */
    while (p->seen[OTHERS] != ISOLATE_ANSWERED) {
        int64_t gone_ms = clock_mono_ms() - start_ms;
        if (p->seen[SERVER] == ISOLATE_ANSWERED && server_ms < 0)
            server_ms = gone_ms;
        /* Whoever is not shut out is answered as fast as the server answered the lifeline. */
        int64_t enough_ms = server_ms < 0 ? timeout_ms : server_ms * 2 + timeout_ms / 10;
        if (gone_ms >= enough_ms || gone_ms >= timeout_ms)
            return;
        look(p, LOOK_MS);
    }
}

int isolate_probe_run(const struct isolate_policy *policy, int64_t timeout_ms,
                      struct isolate_probe *ret_probe, struct err *err)
{
    struct probe p CLEANUP(probe_done) = {
        .fds = {{-1, -1, -1, -1}, {-1, -1, -1, -1}},
        .seen = {ISOLATE_NOT_TRIED, ISOLATE_NOT_TRIED},
    };
    *ret_probe = (struct isolate_probe){ISOLATE_NOT_TRIED, ISOLATE_NOT_TRIED};
    if (geteuid() != 0 || policy->uid == 0)
        return 0;
    for (size_t i = 0; i < policy->lifeline_len && i < TRIED_MOST; i++) {
        const struct isolate_address *a = &policy->lifeline[i];
        if (proves_nothing(policy, a))
            continue;
        for (size_t side = 0; side < SIDES; side++) {
            if (p.seen[side] == ISOLATE_NOT_TRIED)
                p.seen[side] = ISOLATE_SILENT;
        }
        int rc = begin(&p, SERVER, i, a, (uid_t)policy->uid);
        if (rc == 0)
            rc = begin(&p, OTHERS, i, a, 0);
        if (rc)
            return err_errno(err, rc, errno, "no socket to look at the isolation with");
    }
    if (p.seen[SERVER] != ISOLATE_NOT_TRIED)
        wait_for_answers(&p, timeout_ms);
    *ret_probe = (struct isolate_probe){p.seen[SERVER], p.seen[OTHERS]};
    if (p.seen[OTHERS] == ISOLATE_ANSWERED)
        return err_set(err, E_STATE,
                       "the rules are in force but do not hold: the server answered an account "
                       "that must be shut out");
    return 0;
}
