/* A run: threads take segments one after the other and hand over what they found in the order of
 * the segments, so that limits cut at the same place however many threads there are. See hunt.h. */
#include <signal.h>

#include "base/mem.h"
#include "hunt/hunt_priv.h"
#include "os/clock.h"

enum { TELL_MS = 250 };

void hunt_summary_done(struct hunt_summary *s)
{
    mem_free(s->rules);
    *s = (struct hunt_summary){0};
}

/* With the lock held. */
static struct hunt_progress progress_of(struct run *run)
{
    struct counters *c = &run->counters;
    return (struct hunt_progress){.segments = run->len,
                                  .segments_done = run->delivered,
                                  .bytes_total = run->bytes_total,
                                  .bytes_done = atomic_load(&c->bytes_done),
                                  .frames = atomic_load(&c->frames),
                                  .frames_skipped = atomic_load(&c->frames_skipped),
                                  .events = atomic_load(&c->events),
                                  .plain_bytes = atomic_load(&c->plain_bytes),
                                  .matches = atomic_load(&c->matches),
                                  .hits = run->hits,
                                  .damaged = atomic_load(&c->damaged),
                                  .uncorrelated = run->taking.cut,
                                  .truncated = run->truncated};
}

void run_tell(struct run *run)
{
    int_fast64_t before = atomic_load_explicit(&run->told_ms, memory_order_relaxed);
    if (!run->config->progress)
        return;
    int64_t now = clock_mono_ms();
    if (now - before < TELL_MS || !atomic_compare_exchange_strong(&run->told_ms, &before, now))
        return;
    (void)pthread_mutex_lock(&run->lock);
    const struct hunt_progress progress = progress_of(run);
    run->config->progress(run->config->arg, &progress);
    (void)pthread_mutex_unlock(&run->lock);
}

/* The first failure is the run's. With the lock held. */
static void fail_locked(struct run *run, int rc, const struct err *err)
{
    if (!run->rc) {
        run->rc = rc;
        run->err = *err;
    }
    atomic_store(&run->stop, true);
    (void)pthread_cond_broadcast(&run->turn);
}

static void fail(struct run *run, int rc, const struct err *err)
{
    (void)pthread_mutex_lock(&run->lock);
    fail_locked(run, rc, err);
    (void)pthread_mutex_unlock(&run->lock);
}

/* ------------------------------------------------------------------ handing over */

/* May this one be handed over as well? Counts it. */
static bool within(struct run *run, const struct found *f)
{
    const struct hunt_config *c = run->config;
    bool good = run->hits < c->hits_most && run->hit_bytes + f->json_len <= c->hit_bytes_most &&
                (!run->rule_hits || run->rule_hits[f->rule] < c->rule_hits_most);
    if (!good) {
        run->truncated = true;
        return false;
    }
    run->hits++;
    run->hit_bytes += f->json_len;
    if (run->rule_hits)
        run->rule_hits[f->rule]++;
    return true;
}

int run_hand_over(struct run *run, const struct scan *s, struct err *err)
{
    struct hunt_hit *hits CLEANUP(mem_freep) = mem_calloc(s->found_len + 1, sizeof *hits);
    size_t len = 0;
    if (!hits || tally_merge(&run->tally, &s->tally))
        return err_set(err, E_NOMEM, "%s", err_sentence(E_NOMEM));
    for (size_t i = 0; i < s->found_len; i++) {
        const struct found *f = &s->found[i];
        if (!within(run, f))
            continue;
        const char *at = s->texts.ptr + f->at;
        hits[len++] = (struct hunt_hit){.rule = f->rule,
                                        .time_ns = f->time_ns,
                                        .received_ns = f->received_ns,
                                        .device = str_n(at, f->device_len),
                                        .event_id = str_n(at + f->device_len, f->id_len),
                                        .json = str_n(at + f->device_len + f->id_len, f->json_len)};
    }
    run->truncated |= s->truncated;
    if (s->received_min_ns && (!run->received_min_ns || s->received_min_ns < run->received_min_ns))
        run->received_min_ns = s->received_min_ns;
    if (s->received_max_ns > run->received_max_ns)
        run->received_max_ns = s->received_max_ns;
    const struct hunt_progress progress = progress_of(run);
    return run->config->found(run->config->arg, hits, len, &progress, err);
}

/* With the lock held, in the segment's turn. */
static int hand_over(struct run *run, const struct scan *s, struct err *err)
{
    run->delivered++;
    int rc = run->correlated ? taking_merge(run, &s->taking) : 0;
    return rc ? err_set(err, rc, "%s", err_sentence(rc)) : run_hand_over(run, s, err);
}

/* Wait for the segment's turn. The segments before it are with other threads, which either hand
 * them over or end the run. */
static int deliver(struct run *run, size_t index, const struct scan *s, struct err *err)
{
    int rc = 0;
    (void)pthread_mutex_lock(&run->lock);
    while (run->delivered != index && !run_stopped(run))
        (void)pthread_cond_wait(&run->turn, &run->lock);
    if (run_stopped(run))
        rc = E_CLOSED;
    else
        rc = hand_over(run, s, err);
    if (rc) /* before the next one's turn comes */
        fail_locked(run, rc, err);
    (void)pthread_cond_broadcast(&run->turn);
    (void)pthread_mutex_unlock(&run->lock);
    return rc;
}

/* ------------------------------------------------------------------ threads */

static void *work(void *arg)
{
    struct run *run = arg;
    struct scan *s = mem_calloc(1, sizeof *s);
    struct err err = {0};
    int rc = s ? scan_init(s, run) : E_NOMEM;
    while (!rc) {
        size_t index = atomic_fetch_add(&run->next, 1);
        if (index >= run->len)
            break;
        rc = run_stopped(run) ? E_CLOSED : scan_segment(s, &run->segments[index], &err);
        if (!rc)
            rc = deliver(run, index, s, &err);
    }
    if (rc)
        fail(run, rc, &err);
    if (s)
        scan_done(s);
    mem_free(s);
    return NULL;
}

/* On this thread and `threads - 1` others. Signals are the caller's to take. */
static int work_all(struct run *run, unsigned threads, struct err *err)
{
    pthread_t others[HUNT_THREADS_MOST];
    unsigned started = 0;
    sigset_t all;
    sigset_t before;
    int e = 0;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    while (started + 1 < threads && !e) {
        e = pthread_create(&others[started], NULL, work, run);
        started += e ? 0 : 1;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)work(run);
    for (unsigned i = 0; i < started; i++)
        (void)pthread_join(others[i], NULL);
    return e && !started && threads > 1 ? err_errno(err, E_IO, e, "cannot start a thread") : 0;
}

static int prepare(struct run *run)
{
    const struct hunt_config *c = run->config;
    uint32_t correlations = ruleset_correlations(c->rules);
    uint32_t rules = ruleset_len(c->rules) + correlations;
    run->rules_total = rules;
    if (correlations) {
        run->correlated = mem_calloc(rules, sizeof *run->correlated);
        if (!run->correlated)
            return E_NOMEM;
        ruleset_mark_correlated(c->rules, run->correlated);
    }
    for (size_t i = 0; i < run->len; i++)
        run->bytes_total += run->segments[i].bytes;
    for (size_t i = 0; i < c->devices_len; i++) {
        if (map_put(&run->devices, c->devices[i], 1))
            return E_NOMEM;
    }
    if (c->rule_hits_most) {
        run->rule_hits = mem_calloc(rules ? rules : 1, sizeof *run->rule_hits);
        if (!run->rule_hits)
            return E_NOMEM;
    }
    return tally_init(&run->tally, rules);
}

/* What is known at the end, whatever ended it. */
static void summarise(struct run *run, struct hunt_summary *ret)
{
    ret->progress = progress_of(run);
    ret->rules_len = run->tally.rules_len;
    ret->rules = TAKE(run->tally.rules);
    ret->received_min_ns = run->received_min_ns;
    ret->received_max_ns = run->received_max_ns;
}

int hunt_run(const struct hunt_config *config, const struct hunt_segment *segments, size_t len,
             struct hunt_summary *ret_summary, struct err *err)
{
    struct run *run = mem_calloc(1, sizeof *run);
    if (!run)
        return err_set(err, E_NOMEM, "%s", err_sentence(E_NOMEM));
    run->config = config;
    run->segments = segments;
    run->len = len;
    (void)pthread_mutex_init(&run->lock, NULL);
    (void)pthread_cond_init(&run->turn, NULL);
    unsigned threads = config->threads ? config->threads : 1;
    threads = threads > HUNT_THREADS_MOST ? HUNT_THREADS_MOST : threads;
    if (threads > len)
        threads = len ? (unsigned)len : 1;
    int rc = prepare(run);
    if (!rc)
        rc = work_all(run, threads, err);
    if (!rc)
        rc = run->rc;
    if (!rc && run->correlated)
        rc = run->rc = run_correlate(run, &run->err);
    if (rc == E_CLOSED)
        (void)err_set(err, rc, "cancelled");
    else if (rc == run->rc && rc && err)
        *err = run->err;
    if (rc == E_NOMEM)
        (void)err_set(err, rc, "%s", err_sentence(rc));
    if (run->tally.rules)
        summarise(run, ret_summary);
    tally_done(&run->tally);
    map_done(&run->devices);
    map_done(&run->device_numbers);
    arena_done(&run->device_names);
    taking_done(&run->taking);
    mem_free(run->correlated);
    mem_free(run->rule_hits);
    (void)pthread_cond_destroy(&run->turn);
    (void)pthread_mutex_destroy(&run->lock);
    mem_free(run);
    return rc;
}
