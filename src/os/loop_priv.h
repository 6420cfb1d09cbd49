/* What the portable loop and its system part (epoll, kqueue) share. Private to os/. */
#ifndef CORDON_OS_LOOP_PRIV_H
#define CORDON_OS_LOOP_PRIV_H

#include <pthread.h>
#include <signal.h>

#include "os/loop.h"

#ifndef NSIG
#define NSIG 65
#endif

enum {
    LOOP_PRIV_BATCH = 128,
    /* The peer stopped sending. It stays true for ever, and a loop whose owner still has something
     * to send must not spin on it: reported as LOOP_HANGUP once for a registration. */
    LOOP_PRIV_HALF_CLOSED = 8
};

/** A watched descriptor; the table is indexed by descriptor. */
struct loop_slot {
    loop_io_fn fn; /* NULL = not watched */
    void *arg;
    uint32_t generation; /* new for each registration: tells a stale event from a fresh one */
    uint8_t events;      /* LOOP_READ | LOOP_WRITE wanted */
    bool half_closed;    /* LOOP_PRIV_HALF_CLOSED was delivered; the kernel need not say it again */
};

struct loop_timer_slot {
    int64_t deadline_ns;
    uint64_t order; /* of creation: equal deadlines fire in order */
    loop_fn fn;
    void *arg;
    uint32_t generation;
    uint32_t heap_pos; /* index into the heap, or the next free slot */
    bool active;
};

struct loop_post {
    struct loop_post *next;
    loop_fn fn;
    void *arg;
};

struct loop_signal_slot {
    loop_signal_fn fn;
    void *arg;
};

/** One ready descriptor as the system part reports it. */
struct loop_ready {
    int fd;
    uint32_t generation;
    unsigned events;
};

struct loop {
    int poll_fd;   /* epoll or kqueue */
    int wake_fd;   /* eventfd; -1 on kqueue */
    int signal_fd; /* signalfd; -1 until a signal is wanted, always on kqueue */
    bool stop;
    bool running;

    struct loop_slot *slots;
    size_t slot_cap;
    uint32_t next_generation;

    struct loop_timer_slot *timers;
    size_t timer_cap;
    uint32_t timer_count; /* slots ever used */
    uint32_t timer_free;  /* head of the free list, UINT32_MAX = none */
    uint32_t *heap;       /* slot indices, earliest deadline first */
    size_t heap_cap;
    uint32_t heap_len;
    uint64_t next_order;

    struct loop_signal_slot signals[NSIG];
    sigset_t signal_set;

    pthread_mutex_t post_lock;
    struct loop_post *post_head; /* guarded by post_lock */
    struct loop_post **post_tail;
    struct loop_post *post_running; /* taken over by the loop thread, in order */
};

/* Timers (loop_timer.c). */
void loop_priv_timers_init(struct loop *loop);
void loop_priv_timers_done(struct loop *loop);
/** Nanoseconds until the earliest timer (0 = due), -1 when there is none. */
int64_t loop_priv_timer_wait_ns(const struct loop *loop, int64_t now_ns);
/** Fire what was due at `now_ns`, except timers added meanwhile; stops at loop_stop. */
void loop_priv_timers_fire(struct loop *loop, int64_t now_ns);

/* System part (loop_<system>.c). Functions return 0, E_NOMEM or E_IO. */
int loop_priv_open(struct loop *loop) MUST_CHECK;
void loop_priv_close(struct loop *loop);
/** Tell the kernel what is wanted of a descriptor; `old` is what it was told before. */
int loop_priv_watch(struct loop *loop, int fd, unsigned old, bool is_new) MUST_CHECK;
void loop_priv_unwatch(struct loop *loop, int fd);
/** Wait at most `wait_ns` (-1 = for ever). @return number of events or E_IO */
int loop_priv_wait(struct loop *loop, int64_t wait_ns, struct loop_ready *ret_ready) MUST_CHECK;
/** From any thread: make loop_priv_wait return. */
void loop_priv_wake(struct loop *loop);
int loop_priv_signal(struct loop *loop, int signo) MUST_CHECK;

/** Deliver a signal to its callback; called by the system part. */
void loop_priv_signal_deliver(struct loop *loop, int signo);

#endif
