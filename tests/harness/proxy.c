/* CONNECT proxy and canned server for tests. See proxy.h. */
#include "harness/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/test.h"

static bool relay(int from, int to)
{
    char bytes[16384];
    ssize_t n = recv(from, bytes, sizeof bytes, 0);
    for (ssize_t sent = 0; sent < n;) {
        ssize_t s = send(to, bytes + sent, (size_t)(n - sent), MSG_NOSIGNAL);
        if (s <= 0)
            return false;
        sent += s;
    }
    return n > 0;
}

static void tunnel(int client, int server)
{
    struct pollfd fds[] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
    for (;;) {
        if (poll(fds, 2, 20000) <= 0)
            return;
        if ((fds[0].revents && !relay(client, server)) ||
            (fds[1].revents && !relay(server, client)))
            return;
    }
}

/* Read up to the empty line. @return bytes read, 0 when none came */
static size_t read_head(int client, char *head, size_t size)
{
    size_t len = 0;
    while (len + 1 < size) {
        ssize_t n = recv(client, head + len, size - 1 - len, 0);
        if (n <= 0)
            return 0;
        len += (size_t)n;
        head[len] = '\0';
        if (strstr(head, "\r\n\r\n"))
            return len;
    }
    return 0;
}

static void serve(struct proxy *p, int client)
{
    char head[8192];
    if (read_head(client, head, sizeof head) == 0)
        return;
    if (p->canned.ptr) {
        (void)!send(client, p->canned.ptr, p->canned.len, MSG_NOSIGNAL);
        (void)shutdown(client, SHUT_WR);
        (void)read_head(client, head, sizeof head); /* until the client closes */
        return;
    }
    const char *colon = strchr(head, ':');
    if (strncmp(head, "CONNECT ", 8) != 0 || !colon)
        return;
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)atoi(colon + 1)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(server, (struct sockaddr *)&to, sizeof to) == 0) {
        static const char ok[] = "HTTP/1.1 200 Connection established\r\n\r\n";
        (void)!send(client, ok, sizeof ok - 1, MSG_NOSIGNAL);
        atomic_fetch_add(&p->connects, 1);
        tunnel(client, server);
    }
    (void)close(server);
}

static void *run(void *arg)
{
    struct proxy *p = arg;
    for (;;) {
        int client = accept(p->fd, NULL, NULL);
        if (client < 0)
            return NULL;
        serve(p, client);
        (void)close(client);
    }
}

void proxy_start(struct proxy *p, struct str canned)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    *p = (struct proxy){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .canned = canned};
    assert_int_equal(bind(p->fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(p->fd, 16), 0);
    assert_int_equal(getsockname(p->fd, (struct sockaddr *)&at, &len), 0);
    p->port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&p->thread, NULL, run, p), 0);
}

void proxy_stop(struct proxy *p)
{
    (void)shutdown(p->fd, SHUT_RDWR); /* accept returns */
    (void)pthread_join(p->thread, NULL);
    (void)close(p->fd);
}
