/* One thread for slow computations that must not hold up the loop (password hashing, rule
 * compilation). */
#ifndef CORDON_SERVER_WORKER_H
#define CORDON_SERVER_WORKER_H

#include "base/err.h"
#include "os/loop.h"

struct worker;

enum { WORKER_QUEUE_MAX = 64 };

/** @return 0, E_NOMEM, E_IO */
int worker_new(struct loop *loop, struct worker **ret_worker, struct err *err) MUST_CHECK;
/** Waits for the running item; what is queued is dropped. NULL is allowed. */
void worker_free(struct worker *w);
/**
 * Run `work(arg)` on the worker's thread, then `done(loop, arg)` on the loop's.
 * @return 0, E_NOMEM, E_RATE (too many wait already)
 */
int worker_run(struct worker *w, void (*work)(void *arg), loop_fn done, void *arg) MUST_CHECK;

#endif
