/* Listening socket with limits. See listener.h. */
#include "net/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/map.h"
#include "base/mem.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/random.h"

enum {
    ACCEPTS_PER_EVENT = 64, /* then the connections that exist get their turn */
    PAUSE_MS = 100,         /* wait when the rate is used up or descriptors have run out */
    BACKLOG = 1024,
    KEEPALIVE_IDLE_S = 60,
    KEEPALIVE_INTERVAL_S = 15,
    KEEPALIVE_PROBES = 4
};

/* How many connections one address has; exists while there is at least one. */
struct address_count {
    unsigned char key[16];
    unsigned connections;
};

struct listener {
    struct listener_options options;
    int fd;
    uint16_t port;
    unsigned connections;
    struct map counts; /* key -> struct address_count */
    uint64_t pause_timer;
    int64_t tokens_milli; /* thousandths of accepts that may be made now */
    int64_t refilled_ms;
};

static void on_ready(struct loop *loop, int fd, unsigned events, void *arg);

static struct str key_str(const unsigned char key[16])
{
    return str_n((const char *)key, 16);
}

static void set_option(int fd, int level, int name, int value)
{
    /* Tuning only: a system that refuses one works, less well. */
    (void)setsockopt(fd, level, name, &value, sizeof value);
}

static void tune(int fd)
{
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
#ifdef TCP_KEEPIDLE
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
#else
    set_option(fd, IPPROTO_TCP, TCP_KEEPALIVE, KEEPALIVE_IDLE_S);
#endif
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
}

static void describe_v4(const struct in_addr *a, struct listener_peer *peer)
{
    memcpy(peer->key, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
    memcpy(peer->key + 12, a, 4);
    (void)inet_ntop(AF_INET, a, peer->address, sizeof peer->address);
}

/* An IPv6 host commonly owns a whole /64, so that is what counts as one. */
static void describe(const struct sockaddr_storage *from, struct listener_peer *peer)
{
    memset(peer, 0, sizeof *peer);
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)from;
        describe_v4(&in->sin_addr, peer);
        peer->port = ntohs(in->sin_port);
    } else if (from->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)from;
        peer->port = ntohs(in6->sin6_port);
        if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
            struct in_addr v4;
            memcpy(&v4, in6->sin6_addr.s6_addr + 12, sizeof v4);
            describe_v4(&v4, peer);
            return;
        }
        memcpy(peer->key, &in6->sin6_addr, 8);
        (void)inet_ntop(AF_INET6, &in6->sin6_addr, peer->address, sizeof peer->address);
    }
}

/* Count a new connection. @return false when it is one too many */
static bool count(struct listener *l, const struct listener_peer *peer)
{
    struct address_count *entry = map_find_ptr(&l->counts, key_str(peer->key));
    unsigned most = l->options.connections_per_address_max;
    if (l->connections >= l->options.connections_max ||
        (entry && most && entry->connections >= most))
        return false;
    if (!entry) {
        entry = mem_calloc(1, sizeof *entry);
        if (!entry)
            return false;
        memcpy(entry->key, peer->key, sizeof entry->key);
        if (map_put_ptr(&l->counts, key_str(entry->key), entry)) {
            mem_free(entry);
            return false;
        }
    }
    entry->connections++;
    l->connections++;
    return true;
}

void listener_release(struct listener *l, const struct listener_peer *peer)
{
    struct address_count *entry = map_find_ptr(&l->counts, key_str(peer->key));
    if (!entry)
        return;
    l->connections--;
    if (--entry->connections == 0) {
        (void)map_remove(&l->counts, key_str(entry->key));
        mem_free(entry);
    }
}

static void end_pause(struct loop *loop, void *arg)
{
    struct listener *l = arg;
    l->pause_timer = 0;
    (void)!loop_mod(loop, l->fd, LOOP_READ);
}

static void pause_accepting(struct listener *l)
{
    if (l->pause_timer)
        return;
    l->pause_timer = loop_timer(l->options.loop, PAUSE_MS, end_pause, l);
    /* Without a timer accepting stays on: busy, but never deaf. */
    if (l->pause_timer)
        (void)!loop_mod(l->options.loop, l->fd, 0);
}

/* Take the right to accept one connection; a second's worth may be saved up. */
static bool take_token(struct listener *l)
{
    int64_t now_ms = clock_mono_ms();
    int64_t full = (int64_t)l->options.accepts_per_s * 1000;
    int64_t elapsed_ms = now_ms - l->refilled_ms;
    l->refilled_ms = now_ms;
    if (elapsed_ms > 1000)
        elapsed_ms = 1000;
    l->tokens_milli += elapsed_ms * l->options.accepts_per_s;
    if (l->tokens_milli > full)
        l->tokens_milli = full;
    if (l->tokens_milli < 1000)
        return false;
    l->tokens_milli -= 1000;
    return true;
}

static int accept_one(struct listener *l, struct sockaddr_storage *from)
{
    socklen_t len = sizeof *from;
#ifdef __linux__
    return accept4(l->fd, (struct sockaddr *)from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
#else
    int fd = accept(l->fd, (struct sockaddr *)from, &len);
    if (fd >= 0 && (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fd_set_nonblock(fd, true))) {
        (void)close(fd);
        errno = EIO;
        return -1;
    }
    return fd;
#endif
}

static void on_ready(struct loop *loop, int fd, unsigned events, void *arg)
{
    struct listener *l = arg;
    (void)loop;
    (void)fd;
    (void)events;
    for (int i = 0; i < ACCEPTS_PER_EVENT && l->fd >= 0; i++) {
        if (!take_token(l)) {
            pause_accepting(l);
            return;
        }
        struct sockaddr_storage from = {0};
        int accepted = accept_one(l, &from);
        if (accepted < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                pause_accepting(l);
            if (errno == ECONNABORTED || errno == EINTR)
                continue;
            return;
        }
        struct listener_peer peer;
        describe(&from, &peer);
        tune(accepted);
        if (!count(l, &peer)) {
            (void)close(accepted);
        } else if (!l->options.on_accept(accepted, &peer, l->options.arg)) {
            (void)close(accepted);
            listener_release(l, &peer);
        }
    }
}

static int parse_address(const struct listener_options *options, struct sockaddr_storage *ret_sa,
                         socklen_t *ret_len)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(options->port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(options->port)};
    memset(ret_sa, 0, sizeof *ret_sa);
    if (inet_pton(AF_INET, options->address, &in.sin_addr) == 1) {
        memcpy(ret_sa, &in, sizeof in);
        *ret_len = sizeof in;
        return 0;
    }
    if (inet_pton(AF_INET6, options->address, &in6.sin6_addr) == 1) {
        memcpy(ret_sa, &in6, sizeof in6);
        *ret_len = sizeof in6;
        return 0;
    }
    return E_ARG;
}

static int bind_code(int errnum)
{
    if (errnum == EADDRINUSE)
        return E_EXISTS;
    return errnum == EACCES || errnum == EPERM ? E_DENIED : E_IO;
}

static int open_socket(struct listener *l, struct err *err)
{
    const struct listener_options *o = &l->options;
    struct sockaddr_storage sa;
    socklen_t len;
    if (parse_address(o, &sa, &len))
        return err_set(err, E_ARG, "'%s' is not a numeric address", o->address);
    l->fd = socket(sa.ss_family, SOCK_STREAM, 0);
    if (l->fd < 0)
        return err_errno(err, E_IO, errno, "socket for %s", o->address);
    set_option(l->fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (sa.ss_family == AF_INET6)
        set_option(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (o->share_port)
        set_option(l->fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (fcntl(l->fd, F_SETFD, FD_CLOEXEC) != 0 || fd_set_nonblock(l->fd, true) ||
        bind(l->fd, (struct sockaddr *)&sa, len) != 0 || listen(l->fd, BACKLOG) != 0)
        return err_errno(err, bind_code(errno), errno, "listening on %s port %u", o->address,
                         o->port);
    len = sizeof sa;
    if (getsockname(l->fd, (struct sockaddr *)&sa, &len) != 0)
        return err_errno(err, E_IO, errno, "listening on %s", o->address);
    struct listener_peer self;
    describe(&sa, &self);
    l->port = self.port;
    return loop_add(o->loop, l->fd, LOOP_READ, on_ready, l);
}

int listener_new(const struct listener_options *options, struct listener **ret_listener,
                 struct err *err)
{
    struct listener *l = mem_calloc(1, sizeof *l);
    if (!l)
        return err_set(err, E_NOMEM, "listener: out of memory");
    l->options = *options;
    l->fd = -1;
    l->counts.seed = random_u64();
    l->tokens_milli = (int64_t)options->accepts_per_s * 1000;
    l->refilled_ms = clock_mono_ms();
    int rc = open_socket(l, err);
    if (rc) {
        listener_free(l);
        return rc;
    }
    l->options.address = NULL; /* borrowed for the call */
    *ret_listener = l;
    return 0;
}

void listener_stop(struct listener *l)
{
    if (l->fd < 0)
        return;
    loop_del(l->options.loop, l->fd);
    loop_timer_cancel(l->options.loop, l->pause_timer);
    l->pause_timer = 0;
    fd_closep(&l->fd);
}

void listener_free(struct listener *l)
{
    if (!l)
        return;
    listener_stop(l);
    size_t pos = 0;
    for (struct map_slot *slot; (slot = map_next(&l->counts, &pos));)
        mem_free((void *)(uintptr_t)slot->value);
    map_done(&l->counts);
    mem_free(l);
}

uint16_t listener_port(const struct listener *l)
{
    return l->port;
}

unsigned listener_connections(const struct listener *l)
{
    return l->connections;
}
