/* A small network for tests: three unnamed namespaces joined by veth pairs. They live as long
 * as the test's descriptors, so nothing of them can be left behind.
 *
 *   peer 10.77.0.1, 10.77.0.9, fd77::1 <--> victim 10.77.0.2, fd77::2
 *                                           victim 10.78.0.1 <--> third 10.78.0.2
 *
 * Sockets stay in the namespace in which they were made, so one process can hold both ends. The
 * peer counts every IP packet that reaches it, apart from neighbour discovery. */
#ifndef CORDON_TESTS_UNIT_RESPOND_NETLAB_H
#define CORDON_TESTS_UNIT_RESPOND_NETLAB_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/test.h"

enum netlab_place { LAB_HOME, LAB_VICTIM, LAB_PEER, LAB_THIRD, LAB_PLACES };

#define LAB_PATIENCE_MS    30000 /* only a dead connection takes so long */
#define LAB_UNCOUNTED_PORT 40001 /* packets from this TCP port are not counted at the peer */

struct netlab {
    int fds[LAB_PLACES]; /* the only handles: the kernel removes everything when we end */
    bool made;
};

static struct netlab lab;

static inline void lab_enter(enum netlab_place place)
{
    if (setns(lab.fds[place], CLONE_NEWNET) != 0) {
        print_error("setns: %s\n", strerror(errno));
        fail();
    }
}

/* Run a shell command in a place; it must succeed. */
static inline void lab_sh(enum netlab_place place, const char *fmt, ...) PRINTF_LIKE(2, 3);
static inline void lab_sh(enum netlab_place place, const char *fmt, ...)
{
    char command[2048];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(command, sizeof command, fmt, ap);
    va_end(ap);
    lab_enter(place);
    int status = system(command);
    lab_enter(LAB_HOME);
    if (status != 0) {
        print_error("failed: %s\n", command);
        fail();
    }
}

static inline int lab_open_namespace(void)
{
    int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static inline int lab_down(void **state)
{
    (void)state;
    for (int i = LAB_HOME; lab.made && i < LAB_PLACES; i++)
        assert_int_equal(close(lab.fds[i]), 0);
    lab.made = false;
    return 0;
}

/* Group set-up: leaves lab.made false when this machine cannot make namespaces. */
static inline int lab_up(void **state)
{
    (void)state;
    if (geteuid() != 0 || system("ip link show lo >/dev/null 2>&1") != 0 ||
        system("nft --version >/dev/null 2>&1") != 0)
        return 0;
    lab.fds[LAB_HOME] = lab_open_namespace();
    for (int i = LAB_VICTIM; i < LAB_PLACES; i++) {
        if (unshare(CLONE_NEWNET) != 0)
            return 0;
        lab.fds[i] = lab_open_namespace();
        lab_enter(LAB_HOME);
        lab_sh((enum netlab_place)i, "ip link set lo up");
    }
    lab.made = true;
    lab_sh(LAB_VICTIM,
           "ip link add near type veth peer name far netns /proc/%d/fd/%d && "
           "ip link add side type veth peer name far netns /proc/%d/fd/%d && "
           "ip addr add 10.77.0.2/24 dev near && ip addr add fd77::2/64 dev near nodad && "
           "ip addr add 10.78.0.1/24 dev side && ip link set near up && ip link set side up && "
           "sysctl -qw net.ipv4.ip_forward=1",
           (int)getpid(), lab.fds[LAB_PEER], (int)getpid(), lab.fds[LAB_THIRD]);
    lab_sh(LAB_PEER, "ip addr add 10.77.0.1/24 dev far && ip addr add 10.77.0.9/24 dev far && "
                     "ip addr add fd77::1/64 dev far nodad && ip link set far up && "
                     "ip route add 10.78.0.0/24 via 10.77.0.2");
    lab_sh(LAB_THIRD, "ip addr add 10.78.0.2/24 dev far && ip link set far up && "
                      "ip route add 10.77.0.0/24 via 10.78.0.1");
    lab_sh(LAB_PEER,
           "nft 'add table inet watch; add counter inet watch leak; add chain inet watch c "
           "{ type filter hook prerouting priority -300; }; add rule inet watch c iif lo accept; "
           "add rule inet watch c icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, "
           "nd-router-solicit, mld-listener-report, mld2-listener-report } accept; "
           "add rule inet watch c tcp sport %d accept; add rule inet watch c counter name leak'",
           LAB_UNCOUNTED_PORT);
    return 0;
}

/* Packets of IP that reached the peer so far. */
static inline unsigned long lab_leaks(void)
{
    unsigned long packets = 0;
    lab_enter(LAB_PEER);
    FILE *f = popen("nft list counter inet watch leak | "
                    "sed -n 's/.*packets \\([0-9]*\\) .*/\\1/p'",
                    "re");
    lab_enter(LAB_HOME);
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%lu", &packets), 1);
    assert_int_equal(pclose(f), 0);
    return packets;
}

union lab_address {
    struct sockaddr sa;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static inline socklen_t lab_address(const char *ip, uint16_t port, union lab_address *a)
{
    memset(a, 0, sizeof *a);
    if (strchr(ip, ':')) {
        a->v6.sin6_family = AF_INET6;
        a->v6.sin6_port = htons(port);
        assert_int_equal(inet_pton(AF_INET6, ip, &a->v6.sin6_addr), 1);
        return sizeof a->v6;
    }
    a->v4.sin_family = AF_INET;
    a->v4.sin_port = htons(port);
    assert_int_equal(inet_pton(AF_INET, ip, &a->v4.sin_addr), 1);
    return sizeof a->v4;
}

/* A socket made in a place, bound when ip is not NULL, owned by uid. */
static inline int lab_socket(enum netlab_place place, int type, const char *ip, uint16_t port,
                             uid_t uid)
{
    union lab_address a;
    socklen_t len = lab_address(ip, port, &a);
    lab_enter(place);
    (void)setfsuid(uid);
    int fd = socket(a.sa.sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    (void)setfsuid(0);
    lab_enter(LAB_HOME);
    assert_true(fd >= 0);
    int on = 1;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
    assert_int_equal(bind(fd, &a.sa, len), 0);
    return fd;
}

static inline int lab_listen(enum netlab_place place, const char *ip, uint16_t port)
{
    int fd = lab_socket(place, SOCK_STREAM, ip, port, 0);
    assert_int_equal(listen(fd, 8), 0);
    return fd;
}

/* Start a connection from a chosen port; it is under way when this returns. */
static inline int lab_connect_from(enum netlab_place place, uint16_t from, const char *ip,
                                   uint16_t port, uid_t uid)
{
    union lab_address a;
    const char *any = strchr(ip, ':') ? "::" : "0.0.0.0";
    int fd = lab_socket(place, SOCK_STREAM, any, from, uid);
    socklen_t len = lab_address(ip, port, &a);
    if (connect(fd, &a.sa, len) != 0 && errno != EINPROGRESS && errno != EPERM) {
        print_error("connect %s: %s\n", ip, strerror(errno));
        fail();
    }
    return fd;
}

static inline int lab_connect(enum netlab_place place, const char *ip, uint16_t port, uid_t uid)
{
    return lab_connect_from(place, 0, ip, port, uid);
}

static inline bool lab_ready(int fd, short events, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = events};
    return poll(&p, 1, timeout_ms) == 1;
}

static inline int lab_accept(int listener)
{
    assert_true(lab_ready(listener, POLLIN, LAB_PATIENCE_MS));
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    assert_true(fd >= 0);
    return fd;
}

/* Send a byte and wait until the other end has it: everything sent before has arrived, too. */
static inline void lab_pass(int from, int to, char byte)
{
    char got = 0;
    assert_true(lab_ready(from, POLLOUT, LAB_PATIENCE_MS));
    assert_int_equal(send(from, &byte, 1, MSG_NOSIGNAL), 1);
    assert_true(lab_ready(to, POLLIN, LAB_PATIENCE_MS));
    assert_int_equal(recv(to, &got, 1, 0), 1);
    assert_int_equal(got, byte);
}

static inline void lab_assert_silent(int fd)
{
    char byte;
    assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
}

static inline void lab_assert_no_connection(int listener)
{
    assert_int_equal(accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), -1);
    assert_int_equal(errno, EAGAIN);
}

/* Try to send a datagram; whether it leaves is what the test finds out. */
static inline void lab_try_send(int fd, const char *ip, uint16_t port)
{
    union lab_address a;
    socklen_t len = lab_address(ip, port, &a);
    if (sendto(fd, "x", 1, 0, &a.sa, len) != 1)
        assert_true(errno == EPERM || errno == EACCES);
}

#define SKIP_WITHOUT_LAB()                                                                         \
    do {                                                                                           \
        if (!lab.made) {                                                                           \
            print_message("skipped: needs root, ip netns and nft\n");                              \
            skip();                                                                                \
        }                                                                                          \
    } while (0)

#endif
