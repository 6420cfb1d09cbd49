/* os/loop: descriptors, timers, signals, posts, and callbacks that change what is watched. */
#include "harness/test.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/file.h"
#include "os/loop.h"

struct pair {
    int a;
    int b;
};

static struct pair socket_pair(void)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
    return (struct pair){fds[0], fds[1]};
}

static void close_pair(struct pair *p)
{
    fd_closep(&p->a);
    fd_closep(&p->b);
}

static void stop(struct loop *loop, void *arg)
{
    (void)arg;
    loop_stop(loop);
}

/* Run what is ready now, and no longer. */
static void run_ready(struct loop *loop)
{
    assert_true(loop_timer(loop, 20, stop, NULL) > 0);
    assert_ok(loop_run(loop));
}

struct seen {
    unsigned calls;
    unsigned events; /* of all calls */
    int del_fd;      /* removed by the callback; -1 = none */
    int add_fd;      /* added by the callback; -1 = none */
    struct seen *add_arg;
};

#define SEEN ((struct seen){.del_fd = -1, .add_fd = -1})

static void note(struct loop *loop, int fd, unsigned events, void *arg)
{
    struct seen *seen = arg;
    char byte;
    seen->calls++;
    seen->events |= events;
    if (events & LOOP_READ)
        (void)!read(fd, &byte, 1);
    if (seen->del_fd >= 0)
        loop_del(loop, seen->del_fd);
    if (seen->add_fd >= 0) {
        assert_ok(loop_add(loop, seen->add_fd, LOOP_READ, note, seen->add_arg));
        seen->add_fd = -1;
    }
}

static void a_readable_descriptor_is_reported_until_it_is_read(void **state)
{
    (void)state;
    struct loop *loop = NULL;
    struct pair p = socket_pair();
    struct seen seen = SEEN;
    assert_ok(loop_new(&loop));
    assert_ok(loop_add(loop, p.a, LOOP_READ, note, &seen));
    assert_int_equal(loop_add(loop, p.a, LOOP_READ, note, &seen), E_EXISTS);
    assert_int_equal(write(p.b, "abc", 3), 3);
    run_ready(loop);
    assert_int_equal(seen.calls, 3);
    assert_int_equal(seen.events, LOOP_READ);
    loop_free(loop);
    close_pair(&p);
}

static void a_paused_descriptor_is_silent_and_resumes(void **state)
{
    (void)state;
    struct loop *loop = NULL;
    struct pair p = socket_pair();
    struct seen seen = SEEN;
    assert_ok(loop_new(&loop));
    assert_ok(loop_add(loop, p.a, 0, note, &seen));
    assert_int_equal(write(p.b, "a", 1), 1);
    run_ready(loop);
    assert_int_equal(seen.calls, 0);
    assert_ok(loop_mod(loop, p.a, LOOP_READ));
    run_ready(loop);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(loop_mod(loop, p.b, LOOP_READ), E_NOT_FOUND);
    loop_free(loop);
    close_pair(&p);
}

static void a_half_closed_peer_is_told_once_although_reading_is_paused(void **state)
{
    (void)state;
    struct loop *loop = NULL;
    struct pair p = socket_pair();
    struct seen seen = SEEN;
    assert_ok(loop_new(&loop));
    assert_ok(loop_add(loop, p.a, 0, note, &seen));
    assert_int_equal(shutdown(p.b, SHUT_WR), 0);
    run_ready(loop);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.events, LOOP_HANGUP);
    run_ready(loop);
    assert_int_equal(seen.calls, 1);
    loop_free(loop);
    close_pair(&p);
}

static void a_closed_peer_is_a_hangup(void **state)
{
    (void)state;
    struct loop *loop = NULL;
    struct pair p = socket_pair();
    struct seen seen = SEEN;
    seen.del_fd = p.a;
    assert_ok(loop_new(&loop));
    assert_ok(loop_add(loop, p.a, LOOP_READ, note, &seen));
    fd_closep(&p.b);
    run_ready(loop);
    assert_int_equal(seen.calls, 1);
    assert_true(seen.events & LOOP_HANGUP);
    loop_free(loop);
    close_pair(&p);
}

static void an_event_for_a_descriptor_removed_in_the_same_round_is_dropped(void **state)
{
    (void)state;
    struct loop *loop = NULL;
    struct pair p = socket_pair();
    struct pair q = socket_pair();
    struct seen first = SEEN;
    struct seen second = SEEN;
    /* Whichever is called first removes the other. */
    first.del_fd = q.a;
    second.del_fd = p.a;
    assert_ok(loop_new(&loop));
    assert_ok(loop_add(loop, p.a, LOOP_READ, note, &first));
    assert_ok(loop_add(loop, q.a, LOOP_READ, note, &second));
    assert_int_equal(write(p.b, "a", 1), 1);
    assert_int_equal(write(q.b, "a", 1), 1);
    run_ready(loop);
    assert_int_equal(first.calls + second.calls, 1);
    loop_free(loop);
    close_pair(&p);
    close_pair(&q);
}

struct swap {
    int other_fd; /* removed, closed and replaced by an idle descriptor of the same number */
    int idle_fd;
    unsigned *stale_calls;
    unsigned calls;
};

static void count_stale(struct loop *loop, int fd, unsigned events, void *arg)
{
    (void)loop;
    (void)fd;
    (void)events;
    ++*(unsigned *)arg;
}

static void swap_other(struct loop *loop, int fd, unsigned events, void *arg)
{
    struct swap *swap = arg;
    (void)events;
    swap->calls++;
    loop_del(loop, fd);
    loop_del(loop, swap->other_fd);
    assert_int_equal(dup2(swap->idle_fd, swap->other_fd), swap->other_fd);
    assert_ok(loop_add(loop, swap->other_fd, LOOP_READ, count_stale, swap->stale_calls));
}

static void a_stale_event_does_not_reach_a_new_registration_of_the_same_number(void **state)
{
    (void)state;
    struct loop *loop = NULL;
    struct pair p = socket_pair();
    struct pair q = socket_pair();
    struct pair idle = socket_pair();
    unsigned stale = 0;
    struct swap first = {q.a, idle.a, &stale, 0};
    struct swap second = {p.a, idle.a, &stale, 0};
    assert_ok(loop_new(&loop));
    assert_ok(loop_add(loop, p.a, LOOP_READ, swap_other, &first));
    assert_ok(loop_add(loop, q.a, LOOP_READ, swap_other, &second));
    assert_int_equal(write(p.b, "a", 1), 1);
    assert_int_equal(write(q.b, "a", 1), 1);
    run_ready(loop);
    assert_int_equal(first.calls + second.calls, 1);
    assert_int_equal(stale, 0);
    loop_free(loop);
    close_pair(&p);
    close_pair(&q);
    close_pair(&idle);
}

static void a_callback_may_add_a_descriptor(void **state)
{
    (void)state;
    struct loop *loop = NULL;
    struct pair p = socket_pair();
    struct pair q = socket_pair();
    struct seen added = SEEN;
    struct seen seen = {.del_fd = -1, .add_fd = q.a, .add_arg = &added};
    assert_ok(loop_new(&loop));
    assert_ok(loop_add(loop, p.a, LOOP_READ, note, &seen));
    assert_int_equal(write(p.b, "a", 1), 1);
    assert_int_equal(write(q.b, "a", 1), 1);
    run_ready(loop);
    assert_int_equal(added.calls, 1);
    loop_free(loop);
    close_pair(&p);
    close_pair(&q);
}

struct order {
    unsigned numbers[64];
    unsigned len;
};

struct tick {
    struct order *order;
    unsigned number;
    uint64_t cancel;
    bool again; /* start a timer without delay from within, then stop */
};

static void tick(struct loop *loop, void *arg)
{
    struct tick *t = arg;
    t->order->numbers[t->order->len++] = t->number;
    loop_timer_cancel(loop, t->cancel);
    if (t->again) {
        t->again = false;
        assert_true(loop_timer(loop, 0, tick, t) > 0);
        assert_true(loop_timer(loop, 0, stop, NULL) > 0);
    }
}

static void timers_fire_in_the_order_of_their_deadlines(void **state)
{
    (void)state;
    enum { TIMERS = 40 };
    struct loop *loop = NULL;
    struct order order = {.len = 0};
    struct tick ticks[TIMERS];
    assert_ok(loop_new(&loop));
    for (unsigned i = 0; i < TIMERS; i++) {
        unsigned delay = (i * 7) % TIMERS; /* every delay once */
        ticks[i] = (struct tick){&order, delay, 0, false};
        assert_true(loop_timer(loop, delay, tick, &ticks[i]) > 0);
    }
    assert_true(loop_timer(loop, TIMERS + 10, stop, NULL) > 0);
    assert_ok(loop_run(loop));
    assert_int_equal(order.len, TIMERS);
    for (unsigned i = 0; i < TIMERS; i++)
        assert_int_equal(order.numbers[i], i);
    loop_free(loop);
}

static void equal_deadlines_fire_in_the_order_they_were_made(void **state)
{
    (void)state;
    struct loop *loop = NULL;
    struct order order = {.len = 0};
    struct tick ticks[20];
    assert_ok(loop_new(&loop));
    for (unsigned i = 0; i < ARRAY_LEN(ticks); i++) {
        ticks[i] = (struct tick){&order, i, 0, false};
        /* A negative delay is no delay. */
        assert_true(loop_timer(loop, -1, tick, &ticks[i]) > 0);
    }
    run_ready(loop);
    assert_int_equal(order.len, ARRAY_LEN(ticks));
    for (unsigned i = 1; i < order.len; i++)
        assert_int_equal(order.numbers[i], i);
    loop_free(loop);
}

static void a_cancelled_timer_does_not_fire_and_its_id_is_not_reused(void **state)
{
    (void)state;
    struct loop *loop = NULL;
    struct order order = {.len = 0};
    struct tick late = {&order, 2, 0, false};
    struct tick early = {&order, 1, 0, false};
    struct tick fresh = {&order, 3, 0, false};
    assert_ok(loop_new(&loop));
    early.cancel = loop_timer(loop, 5, tick, &late);
    assert_true(loop_timer(loop, 0, tick, &early) > 0);
    uint64_t gone = loop_timer(loop, 1000000, tick, &late);
    loop_timer_cancel(loop, gone);
    uint64_t reused = loop_timer(loop, 1, tick, &fresh);
    assert_true(reused != gone);
    loop_timer_cancel(loop, gone);
    loop_timer_cancel(loop, 0);
    loop_timer_cancel(loop, UINT64_MAX);
    run_ready(loop);
    assert_int_equal(order.len, 2);
    assert_int_equal(order.numbers[0], 1);
    assert_int_equal(order.numbers[1], 3);
    loop_free(loop);
}

static void a_timer_started_by_a_timer_fires_in_the_next_round(void **state)
{
    (void)state;
    struct loop *loop = NULL;
    struct order order = {.len = 0};
    struct tick t = {&order, 4, 0, true};
    assert_ok(loop_new(&loop));
    assert_true(loop_timer(loop, 0, tick, &t) > 0);
    assert_ok(loop_run(loop));
    assert_int_equal(order.len, 2);
    loop_free(loop);
}

static void random_timers_agree_with_a_plain_list(void **state)
{
    (void)state;
    enum { TIMERS = 500 };
    struct loop *loop = NULL;
    struct order order = {.len = 0};
    struct tick dead = {&order, 0, 0, false};
    uint64_t ids[TIMERS];
    unsigned seed = 3;
    assert_ok(loop_new(&loop));
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < TIMERS; i++)
            ids[i] = loop_timer(loop, 1000000 + rand_r(&seed) % 1000, tick, &dead);
        for (unsigned i = 0; i < TIMERS; i++) {
            unsigned j = i + (unsigned)rand_r(&seed) % (TIMERS - i);
            loop_timer_cancel(loop, ids[j]);
            ids[j] = ids[i];
        }
    }
    struct tick alive = {&order, 9, 0, false};
    assert_true(loop_timer(loop, 0, tick, &alive) > 0);
    run_ready(loop);
    assert_int_equal(order.len, 1);
    assert_int_equal(order.numbers[0], 9);
    loop_free(loop);
}

struct poster {
    struct loop *loop;
    struct order *order;
    struct tick ticks[32];
};

static void *post_all(void *arg)
{
    struct poster *p = arg;
    for (unsigned i = 0; i < ARRAY_LEN(p->ticks); i++) {
        p->ticks[i] = (struct tick){p->order, i, 0, false};
        if (loop_post(p->loop, tick, &p->ticks[i]))
            return p;
    }
    return loop_post(p->loop, stop, NULL) ? p : NULL;
}

static void posts_of_another_thread_wake_the_loop_and_keep_their_order(void **state)
{
    (void)state;
    struct order order = {.len = 0};
    struct poster poster = {.order = &order};
    pthread_t thread;
    void *failed;
    assert_ok(loop_new(&poster.loop));
    assert_int_equal(pthread_create(&thread, NULL, post_all, &poster), 0);
    assert_ok(loop_run(poster.loop));
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    assert_int_equal(order.len, ARRAY_LEN(poster.ticks));
    for (unsigned i = 0; i < order.len; i++)
        assert_int_equal(order.numbers[i], i);
    loop_free(poster.loop);
}

static void a_stopped_loop_keeps_what_was_posted_for_the_next_run(void **state)
{
    (void)state;
    struct loop *loop = NULL;
    struct order order = {.len = 0};
    struct tick t = {&order, 5, 0, false};
    assert_ok(loop_new(&loop));
    assert_ok(loop_post(loop, stop, NULL));
    assert_ok(loop_post(loop, tick, &t));
    assert_ok(loop_run(loop));
    assert_int_equal(order.len, 0);
    assert_ok(loop_post(loop, tick, &t));
    run_ready(loop);
    assert_int_equal(order.len, 2);
    /* Never run: freed with the loop. */
    assert_ok(loop_post(loop, tick, &t));
    loop_free(loop);
}

static void stop_on_input(struct loop *loop, int fd, unsigned events, void *arg)
{
    char byte;
    (void)events;
    (void)arg;
    (void)!read(fd, &byte, 1);
    loop_stop(loop);
}

static void a_post_that_woke_a_stopped_run_is_not_forgotten(void **state)
{
    (void)state;
    struct loop *loop = NULL;
    struct pair p = socket_pair();
    struct order order = {.len = 0};
    struct tick t = {&order, 5, 0, false};
    assert_ok(loop_new(&loop));
    assert_ok(loop_add(loop, p.a, LOOP_READ, stop_on_input, NULL));
    assert_ok(loop_post(loop, tick, &t));
    assert_int_equal(write(p.b, "a", 1), 1);
    assert_ok(loop_run(loop));
    run_ready(loop);
    assert_int_equal(order.len, 1);
    loop_free(loop);
    close_pair(&p);
}

static void count_signal(struct loop *loop, int signo, void *arg)
{
    (void)loop;
    if (signo == SIGUSR1)
        ++*(unsigned *)arg;
}

static void a_signal_arrives_as_a_callback(void **state)
{
    (void)state;
    struct loop *loop = NULL;
    unsigned count = 0;
    unsigned other = 0;
    assert_ok(loop_new(&loop));
    assert_ok(loop_signal(loop, SIGUSR1, count_signal, &count));
    assert_ok(loop_signal(loop, SIGUSR2, count_signal, &other));
    assert_int_equal(loop_signal(loop, 0, count_signal, &count), E_ARG);
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    assert_int_equal(kill(getpid(), SIGUSR2), 0);
    run_ready(loop);
    assert_int_equal(count, 1);
    assert_int_equal(other, 0);
    loop_free(loop);
}

static void a_regular_file_cannot_be_watched(void **state)
{
    (void)state;
    struct loop *loop = NULL;
    unsigned count = 0;
    char *folder = test_tmpdir();
    char path[512];
    (void)snprintf(path, sizeof path, "%s/lock", folder);
    int fd = file_lock(path, NULL);
    assert_true(fd >= 0);
    assert_ok(loop_new(&loop));
    assert_int_equal(loop_add(loop, fd, LOOP_READ, count_stale, &count), E_IO);
    /* The failed registration left nothing behind. */
    assert_int_equal(loop_mod(loop, fd, LOOP_READ), E_NOT_FOUND);
    loop_del(loop, fd);
    loop_free(loop);
    fd_closep(&fd);
    test_tmpdir_remove(folder);
}

static int use_a_loop(void *context)
{
    struct pair *p = context;
    struct loop *loop = NULL;
    unsigned count = 0;
    int rc = loop_new(&loop);
    if (rc)
        return rc;
    rc = loop_add(loop, p->a, LOOP_READ, count_stale, &count);
    for (unsigned i = 0; !rc && i < 20; i++) {
        if (!loop_timer(loop, 0, stop, NULL))
            rc = E_NOMEM;
    }
    if (!rc)
        rc = loop_post(loop, stop, NULL);
    if (!rc)
        rc = loop_signal(loop, SIGUSR2, count_signal, &count);
    if (!rc)
        rc = loop_run(loop);
    loop_free(loop);
    return rc;
}

static void an_allocation_failure_is_reported_not_fatal(void **state)
{
    (void)state;
    struct pair p = socket_pair();
    test_every_allocation_fails(use_a_loop, &p, 100);
    close_pair(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_readable_descriptor_is_reported_until_it_is_read),
        cmocka_unit_test(a_paused_descriptor_is_silent_and_resumes),
        cmocka_unit_test(a_half_closed_peer_is_told_once_although_reading_is_paused),
        cmocka_unit_test(a_closed_peer_is_a_hangup),
        cmocka_unit_test(an_event_for_a_descriptor_removed_in_the_same_round_is_dropped),
        cmocka_unit_test(a_stale_event_does_not_reach_a_new_registration_of_the_same_number),
        cmocka_unit_test(a_callback_may_add_a_descriptor),
        cmocka_unit_test(timers_fire_in_the_order_of_their_deadlines),
        cmocka_unit_test(equal_deadlines_fire_in_the_order_they_were_made),
        cmocka_unit_test(a_cancelled_timer_does_not_fire_and_its_id_is_not_reused),
        cmocka_unit_test(a_timer_started_by_a_timer_fires_in_the_next_round),
        cmocka_unit_test(random_timers_agree_with_a_plain_list),
        cmocka_unit_test(posts_of_another_thread_wake_the_loop_and_keep_their_order),
        cmocka_unit_test(a_stopped_loop_keeps_what_was_posted_for_the_next_run),
        cmocka_unit_test(a_post_that_woke_a_stopped_run_is_not_forgotten),
        cmocka_unit_test(a_signal_arrives_as_a_callback),
        cmocka_unit_test(a_regular_file_cannot_be_watched),
        cmocka_unit_test(an_allocation_failure_is_reported_not_fatal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
