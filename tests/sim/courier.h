/* A few threads that make blocking calls for many simulated devices, so that none needs a thread of
 * its own. Work is done in some thread, its end is told on the loop. */
#ifndef CORDON_SIM_COURIER_H
#define CORDON_SIM_COURIER_H

#include "base/compiler.h"
#include "os/loop.h"

struct courier;

enum { COURIER_THREADS = 4 };

/** One errand, kept in its owner; untouched by the owner between courier_send and `done`. */
struct errand {
    /** In a courier's thread; `thread` is 0 .. COURIER_THREADS-1. */
    void (*work)(void *arg, unsigned thread);
    /** On the loop. */
    void (*done)(void *arg);
    void *arg;
    struct errand *next;
    struct courier *courier;
};

/** @return 0, E_NOMEM, E_IO */
int courier_new(struct loop *loop, struct courier **ret_courier) MUST_CHECK;
/** Waits for the calls under way; `done` of what was not begun is never called. */
void courier_free(struct courier *c);
void courier_send(struct courier *c, struct errand *e);

#endif
