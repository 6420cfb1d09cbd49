/* A thread with one listening socket that behaves as told: a CONNECT proxy, or a server that sends
 * the same bytes to everybody. One connection at a time. */
#ifndef CORDON_TESTS_HARNESS_PROXY_H
#define CORDON_TESTS_HARNESS_PROXY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/str.h"

struct proxy {
    int fd;
    uint16_t port;
    struct str canned; /* sent instead of anything else, then closed; {NULL, 0}: a CONNECT proxy */
    pthread_t thread;
    atomic_int connects; /* tunnels opened */
};

void proxy_start(struct proxy *p, struct str canned);
void proxy_stop(struct proxy *p);

#endif
