/* A listening TCP socket on a loop: accepts at a bounded rate, bounds connections in all and from
 * one address, and survives running out of descriptors. Used by http_server. */
#ifndef CORDON_NET_LISTENER_H
#define CORDON_NET_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "os/loop.h"

/** Longest text of an address, with the terminating NUL. */
#define LISTENER_ADDRESS_BYTES 46

/** Where a connection comes from. */
struct listener_peer {
    char address[LISTENER_ADDRESS_BYTES]; /* "192.0.2.1", "2001:db8::1" */
    uint16_t port;
    unsigned char key[16]; /* what is counted as one: an IPv4 address or an IPv6 /64 */
};

/**
 * A connection was accepted: non-blocking, close-on-exec, TCP_NODELAY, keep-alive set.
 * @return true when taken: the descriptor is the callee's, who calls listener_release after closing
 * it; false: the listener closes it
 */
typedef bool (*listener_accept_fn)(int fd, const struct listener_peer *peer, void *arg);

struct listener_options {
    struct loop *loop;
    const char *address; /* numeric; "0.0.0.0", "::" (both families), "127.0.0.1" */
    uint16_t port;       /* 0 = any free one */
    bool share_port;     /* SO_REUSEPORT: one listener per loop on the same port */
    unsigned accepts_per_s;
    unsigned connections_max;
    unsigned connections_per_address_max; /* 0 = no limit (behind a load balancer) */
    listener_accept_fn on_accept;
    void *arg;
};

struct listener;

/** @return 0, E_ARG (address), E_DENIED, E_EXISTS (in use), E_IO, E_NOMEM */
int listener_new(const struct listener_options *options, struct listener **ret_listener,
                 struct err *err) MUST_CHECK;
/** Stop listening at once; connections stay. Counts go on working until listener_free. */
void listener_stop(struct listener *l);
/** NULL is allowed. */
void listener_free(struct listener *l);
/** A connection taken by on_accept is closed. */
void listener_release(struct listener *l, const struct listener_peer *peer);
/** The port listened on. */
uint16_t listener_port(const struct listener *l);
/** Connections open now. */
unsigned listener_connections(const struct listener *l);

#endif
