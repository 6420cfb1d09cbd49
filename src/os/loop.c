/* Event loop: registrations, posts and the order of one round. See loop.h. The system's poll is in
 * loop_<system>.c, timers in loop_timer.c. A callback may add and remove anything, so nothing here
 * holds a pointer into a table across a callback, and an event is delivered only to the
 * registration it was reported for. */
#include "os/loop.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "os/clock.h"
#include "os/loop_priv.h"

int loop_new(struct loop **ret_loop)
{
    struct loop *loop = mem_calloc(1, sizeof *loop);
    if (!loop)
        return E_NOMEM;
    loop->poll_fd = loop->wake_fd = loop->signal_fd = -1;
    loop->post_tail = &loop->post_head;
    (void)sigemptyset(&loop->signal_set);
    loop_priv_timers_init(loop);
    if (pthread_mutex_init(&loop->post_lock, NULL) != 0) {
        mem_free(loop);
        return E_NOMEM;
    }
    int rc = loop_priv_open(loop);
    if (rc) {
        loop_free(loop);
        return rc;
    }
    *ret_loop = loop;
    return 0;
}

static void free_posts(struct loop_post *post)
{
    while (post) {
        struct loop_post *next = post->next;
        mem_free(post);
        post = next;
    }
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    assert(!loop->running);
    loop_priv_close(loop);
    free_posts(loop->post_running);
    free_posts(loop->post_head);
    (void)pthread_mutex_destroy(&loop->post_lock);
    loop_priv_timers_done(loop);
    mem_free(loop->slots);
    mem_free(loop);
}

static struct loop_slot *find_slot(struct loop *loop, int fd)
{
    if (fd < 0 || (size_t)fd >= loop->slot_cap || !loop->slots[fd].fn)
        return NULL;
    return &loop->slots[fd];
}

static int reserve_slot(struct loop *loop, int fd)
{
    size_t old = loop->slot_cap;
    if (mem_grow(&loop->slots, &loop->slot_cap, (size_t)fd + 1, sizeof *loop->slots))
        return E_NOMEM;
    if (loop->slot_cap > old)
        (void)memset(loop->slots + old, 0, (loop->slot_cap - old) * sizeof *loop->slots);
    return 0;
}

int loop_add(struct loop *loop, int fd, unsigned events, loop_io_fn fn, void *arg)
{
    assert(fd >= 0 && fn);
    if (find_slot(loop, fd))
        return E_EXISTS;
    if (reserve_slot(loop, fd))
        return E_NOMEM;
    loop->slots[fd] = (struct loop_slot){.fn = fn,
                                         .arg = arg,
                                         .generation = ++loop->next_generation,
                                         .events = (uint8_t)(events & (LOOP_READ | LOOP_WRITE))};
    int rc = loop_priv_watch(loop, fd, 0, true);
    if (rc)
        loop->slots[fd] = (struct loop_slot){0};
    return rc;
}

int loop_mod(struct loop *loop, int fd, unsigned events)
{
    struct loop_slot *slot = find_slot(loop, fd);
    if (!slot)
        return E_NOT_FOUND;
    uint8_t old = slot->events;
    uint8_t wanted = (uint8_t)(events & (LOOP_READ | LOOP_WRITE));
    if (old == wanted)
        return 0;
    slot->events = wanted;
    int rc = loop_priv_watch(loop, fd, old, false);
    if (rc)
        slot->events = old;
    return rc;
}

void loop_del(struct loop *loop, int fd)
{
    if (!find_slot(loop, fd))
        return;
    loop_priv_unwatch(loop, fd);
    loop->slots[fd] = (struct loop_slot){0};
}

int loop_signal(struct loop *loop, int signo, loop_signal_fn fn, void *arg)
{
    assert(fn);
    if (signo <= 0 || signo >= NSIG)
        return E_ARG;
    struct loop_signal_slot old = loop->signals[signo];
    loop->signals[signo] = (struct loop_signal_slot){fn, arg};
    int rc = loop_priv_signal(loop, signo);
    if (rc)
        loop->signals[signo] = old;
    return rc;
}

void loop_priv_signal_deliver(struct loop *loop, int signo)
{
    if (signo > 0 && signo < NSIG && loop->signals[signo].fn)
        loop->signals[signo].fn(loop, signo, loop->signals[signo].arg);
}

int loop_post(struct loop *loop, loop_fn fn, void *arg)
{
    struct loop_post *post = mem_alloc(sizeof *post);
    if (!post)
        return E_NOMEM;
    *post = (struct loop_post){NULL, fn, arg};
    (void)pthread_mutex_lock(&loop->post_lock);
    bool first = !loop->post_head;
    *loop->post_tail = post;
    loop->post_tail = &post->next;
    /* Woken under the lock: once it is released, the loop may run the post and be freed by it. */
    if (first)
        loop_priv_wake(loop);
    (void)pthread_mutex_unlock(&loop->post_lock);
    return 0;
}

static struct loop_post *take_posts(struct loop *loop)
{
    (void)pthread_mutex_lock(&loop->post_lock);
    struct loop_post *posts = loop->post_head;
    loop->post_head = NULL;
    loop->post_tail = &loop->post_head;
    (void)pthread_mutex_unlock(&loop->post_lock);
    return posts;
}

static void run_taken(struct loop *loop)
{
    while (loop->post_running && !loop->stop) {
        struct loop_post *post = loop->post_running;
        loop->post_running = post->next;
        loop_fn fn = post->fn;
        void *arg = post->arg;
        mem_free(post);
        fn(loop, arg);
    }
}

/* Posts made by a post run in the next round, so that descriptors are never starved. First what a
 * stop left over. */
static void run_posts(struct loop *loop)
{
    run_taken(loop);
    if (loop->stop)
        return;
    loop->post_running = take_posts(loop);
    run_taken(loop);
}

static void deliver(struct loop *loop, const struct loop_ready *ready)
{
    struct loop_slot *slot = find_slot(loop, ready->fd);
    if (!slot || slot->generation != ready->generation)
        return;
    unsigned events = ready->events & (slot->events | (unsigned)LOOP_HANGUP);
    if ((ready->events & LOOP_PRIV_HALF_CLOSED) && !slot->half_closed) {
        slot->half_closed = true;
        /* Should the kernel refuse, it only says it once more. */
        (void)!loop_priv_watch(loop, ready->fd, slot->events, false);
        events |= LOOP_HANGUP;
    }
    if (events)
        slot->fn(loop, ready->fd, events, slot->arg);
}

int loop_run(struct loop *loop)
{
    struct loop_ready ready[LOOP_PRIV_BATCH];
    assert(!loop->running);
    int rc = 0;
    loop->running = true;
    loop->stop = false;
    /* The first round does not wait: what woke the last run may have been taken by then, and posts
     * left over by a stop. */
    int64_t wait_ns = 0;
    while (!loop->stop) {
        int n = loop_priv_wait(loop, wait_ns, ready);
        if (n < 0) {
            rc = n;
            break;
        }
        for (int i = 0; i < n && !loop->stop; i++)
            deliver(loop, &ready[i]);
        if (!loop->stop)
            loop_priv_timers_fire(loop, clock_mono_ns());
        if (!loop->stop)
            run_posts(loop);
        wait_ns = loop_priv_timer_wait_ns(loop, clock_mono_ns());
    }
    loop->running = false;
    return rc;
}

void loop_stop(struct loop *loop)
{
    loop->stop = true;
}
