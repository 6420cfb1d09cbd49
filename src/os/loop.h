/* Event loop of one thread: descriptors, timers, signals, and posts from other threads. epoll on
 * Linux, kqueue on macOS, same functions. Callbacks may add and remove anything, their own
 * registration too. */
#ifndef CORDON_OS_LOOP_H
#define CORDON_OS_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

struct loop;

/* LOOP_HANGUP: the connection broke, or the peer stopped sending (told once for a registration).
 * What it sent before may still have to be read: read until end of file before closing. */
enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_HANGUP = 4 };

typedef void (*loop_io_fn)(struct loop *loop, int fd, unsigned events, void *arg);
typedef void (*loop_fn)(struct loop *loop, void *arg);
typedef void (*loop_signal_fn)(struct loop *loop, int signo, void *arg);

/** @return 0, E_NOMEM or E_IO */
int loop_new(struct loop **ret_loop) MUST_CHECK;
void loop_free(struct loop *loop);

/** Watch a descriptor (level-triggered). One registration per descriptor. @return 0, E_EXISTS,
 * E_NOMEM, E_IO */
int loop_add(struct loop *loop, int fd, unsigned events, loop_io_fn fn, void *arg) MUST_CHECK;
/** Change what is watched; 0 pauses (hang-up is still reported). @return 0, E_NOT_FOUND, E_NOMEM,
 * E_IO */
int loop_mod(struct loop *loop, int fd, unsigned events) MUST_CHECK;
/** Stop watching; call before close(2). Pending callbacks for it are dropped. Unknown fd: nothing.
 */
void loop_del(struct loop *loop, int fd);

/** One-shot timer; never early. Its callback may start it again. @return its id (> 0), 0 when out
 * of memory */
uint64_t loop_timer(struct loop *loop, int64_t delay_ms, loop_fn fn, void *arg);
/** Cancel; unknown or fired ids do nothing. */
void loop_timer_cancel(struct loop *loop, uint64_t id);

/**
 * Deliver a signal as a callback on this loop (signalfd or EVFILT_SIGNAL). One loop per process.
 * Blocks the signal in the calling thread for good: call before other threads are started. Several
 * arrivals may be told as one. @return 0, E_ARG, E_NOMEM, E_IO
 */
int loop_signal(struct loop *loop, int signo, loop_signal_fn fn, void *arg) MUST_CHECK;

/** From any thread: run fn(arg) on the loop soon, in order. @return 0 or E_NOMEM */
int loop_post(struct loop *loop, loop_fn fn, void *arg) MUST_CHECK;

/** Run until loop_stop. @return 0 or E_IO */
int loop_run(struct loop *loop) MUST_CHECK;
/** Make loop_run return after the current callback; loop thread only (else use loop_post). */
void loop_stop(struct loop *loop);

#endif
