/* Threads of `cordon detect`. See detect_jobs.h.
 *
 * Blocks stand in a ring in the order in which they were cut. All that threads share is under one
 * lock, which is taken between steps only, some ten thousand times a second. A thread takes the
 * step nearest to the output: that frees memory first and finds the block in the cache. */
#include "cli/detect_jobs.h"

#include <pthread.h>
#include <signal.h>

enum { BLOCKS_MOST = 2 * DETECT_JOBS_MOST };

enum state { FREE, CUT, NORMALISED, FOLLOWED, MATCHED, TAKEN };

struct slot {
    struct detect_block *block;
    enum state state;
};

struct jobs {
    struct detect_run *run;
    struct detect_feed *feed;
    unsigned threads; /* read by the caller's thread alone */
    struct slot slots[BLOCKS_MOST];
    size_t slots_len;

    pthread_mutex_t lock; /* of what follows and of the states */
    pthread_cond_t change;
    uint64_t cut; /* blocks that have come so far, and so on */
    uint64_t followed;
    uint64_t finished;
    bool following; /* somebody is at it */
    bool finishing;
    bool has_ended; /* no more will be cut */
    int rc;         /* what ended the run */
    enum event_format expected;
};

struct thread {
    struct jobs *jobs;
    struct detect_worker *worker;
};

static struct slot *slot_of(struct jobs *j, uint64_t number)
{
    return &j->slots[number % j->slots_len];
}

static bool is_over(const struct jobs *j)
{
    return j->rc || (j->has_ended && j->finished == j->cut);
}

/* Oldest block in a state, or NULL. */
static struct slot *find(struct jobs *j, enum state state)
{
    for (uint64_t n = j->finished; n < j->cut; n++) {
        if (slot_of(j, n)->state == state)
            return slot_of(j, n);
    }
    return NULL;
}

/* ------------------------------------------------------------------ steps; the lock is held */

static void leave(struct jobs *j, struct slot *s)
{
    s->state = TAKEN;
    (void)pthread_mutex_unlock(&j->lock);
}

static void come_back(struct jobs *j, struct slot *s, enum state state)
{
    (void)pthread_mutex_lock(&j->lock);
    s->state = state;
    (void)pthread_cond_broadcast(&j->change);
}

static void normalise(struct jobs *j, struct slot *s, struct detect_worker *w)
{
    enum event_format expected = j->expected;
    leave(j, s);
    detect_block_normalise(s->block, j->run, w, expected);
    come_back(j, s, NORMALISED);
}

static void follow(struct jobs *j, struct slot *s, struct detect_worker *w)
{
    j->following = true;
    leave(j, s);
    detect_block_follow(s->block, j->run, w);
    come_back(j, s, FOLLOWED);
    j->expected = j->run->expected;
    j->followed++;
    j->following = false;
}

static void match(struct jobs *j, struct slot *s, struct detect_worker *w)
{
    leave(j, s);
    detect_block_match(s->block, j->run, w);
    come_back(j, s, MATCHED);
}

static void finish(struct jobs *j, struct slot *s, struct detect_worker *w)
{
    j->finishing = true;
    leave(j, s);
    int rc = detect_block_finish(s->block, j->run, w);
    come_back(j, s, FREE);
    j->finished++;
    j->finishing = false;
    j->rc = rc;
}

/* @return false: there is nothing to do for now */
static bool step(struct jobs *j, struct detect_worker *w)
{
    struct slot *s = slot_of(j, j->finished);
    if (!j->finishing && j->finished < j->cut && s->state == MATCHED) {
        finish(j, s, w);
        return true;
    }
    s = find(j, FOLLOWED);
    if (s) {
        match(j, s, w);
        return true;
    }
    s = slot_of(j, j->followed);
    if (!j->following && j->followed < j->cut && s->state == NORMALISED) {
        follow(j, s, w);
        return true;
    }
    s = find(j, CUT);
    if (s)
        normalise(j, s, w);
    return s != NULL;
}

/* Is it time for the caller's thread to read? When there is room, and others may run dry. */
static bool wants_cut(const struct jobs *j)
{
    size_t waiting = 0;
    for (uint64_t n = j->finished; n < j->cut; n++)
        waiting += j->slots[n % j->slots_len].state == CUT ? 1 : 0;
    return !j->has_ended && j->cut - j->finished < j->slots_len && waiting < j->threads;
}

static void cut(struct jobs *j)
{
    struct slot *s = slot_of(j, j->cut);
    leave(j, s);
    bool more = detect_block_cut(s->block, j->run, j->feed);
    come_back(j, s, more ? CUT : FREE);
    j->cut += more ? 1 : 0;
    j->has_ended = !more;
}

/* ------------------------------------------------------------------ threads */

static void *help(void *arg)
{
    struct thread *t = arg;
    struct jobs *j = t->jobs;
    (void)pthread_mutex_lock(&j->lock);
    while (!is_over(j)) {
        if (!step(j, t->worker))
            (void)pthread_cond_wait(&j->change, &j->lock);
    }
    (void)pthread_cond_broadcast(&j->change);
    (void)pthread_mutex_unlock(&j->lock);
    return NULL;
}

static void lead(struct jobs *j, struct detect_worker *w)
{
    (void)pthread_mutex_lock(&j->lock);
    while (!is_over(j)) {
        if (wants_cut(j))
            cut(j);
        else if (!step(j, w))
            (void)pthread_cond_wait(&j->change, &j->lock);
    }
    (void)pthread_cond_broadcast(&j->change);
    (void)pthread_mutex_unlock(&j->lock);
}

static void run_all(struct jobs *j, struct detect_worker *workers)
{
    pthread_t others[DETECT_JOBS_MOST];
    struct thread threads[DETECT_JOBS_MOST];
    unsigned wanted = j->threads;
    unsigned started = 1;
    sigset_t all;
    sigset_t before;
    /* Signals are for the thread that waits for input. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    for (; started < wanted; started++) {
        threads[started] = (struct thread){j, &workers[started]};
        if (pthread_create(&others[started], NULL, help, &threads[started]))
            break;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    /* Alone, a thread must finish what it has before it waits for more. */
    if (started == 1)
        j->slots_len = 1;
    j->threads = started;
    lead(j, &workers[0]);
    for (unsigned i = 1; i < started; i++)
        (void)pthread_join(others[i], NULL);
}

int detect_jobs_run(struct detect_run *run, struct detect_feed *feed, struct detect_worker *workers,
                    unsigned jobs)
{
    struct jobs j = {.run = run, .feed = feed, .threads = jobs};
    int rc = 0;
    j.slots_len = jobs == 1 ? 1 : 2 * (size_t)jobs;
    for (size_t i = 0; !rc && i < j.slots_len; i++)
        rc = detect_block_new(&j.slots[i].block);
    (void)pthread_mutex_init(&j.lock, NULL);
    (void)pthread_cond_init(&j.change, NULL);
    if (!rc)
        run_all(&j, workers);
    (void)pthread_cond_destroy(&j.change);
    (void)pthread_mutex_destroy(&j.lock);
    for (size_t i = 0; i < BLOCKS_MOST; i++)
        detect_block_free(j.slots[i].block);
    detect_input_free(feed->input);
    feed->input = NULL;
    return rc ? rc : j.rc;
}
