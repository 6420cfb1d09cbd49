/* Running hunts. See hunts.h. */
#include "server/hunts.h"

#include <pthread.h>
#include <signal.h>

#include "base/mem.h"
#include "detect/expr.h"
#include "hunt/hunt.h"
#include "os/clock.h"
#include "os/log.h"
#include "schema/param.h"

enum { RUNNERS_MOST = 64, SAVE_MS = 500 };

struct hunts {
    struct server *server;
    int64_t threads; /* of one hunt */
    pthread_t runners[RUNNERS_MOST];
    unsigned runners_len;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;
    bool stop;
    unsigned waiting; /* places that are taken */
    struct hunt_task *first;
    struct hunt_task **last;
    struct hunt_task *running[RUNNERS_MOST];
};

/* ---------------------------------------------------------------- one task */

struct hunt_task *hunt_task_new(void)
{
    return mem_calloc(1, sizeof(struct hunt_task));
}

void hunt_task_free(struct hunt_task *t)
{
    if (!t)
        return;
    if (t->rules)
        ruleset_unref(t->rules);
    buf_done(&t->image);
    buf_done(&t->refused);
    arena_done(&t->arena);
    mem_free(t);
}

struct refusals {
    struct json_out j;
    struct err last;
};

static void refused(void *arg, const struct err *err)
{
    struct refusals *r = arg;
    struct buf place CLEANUP(buf_done) = {0};
    buf_addf(&place, "%s:%u:%u", err->source, err->line, err->column);
    json_object_begin(&r->j);
    json_kv_str(&r->j, "place", buf_str(&place));
    json_kv_cstr(&r->j, "message", err->message);
    json_object_end(&r->j);
    r->last = *err;
}

/* An API's problem has one sentence: the place goes into it, in words, once. A rule that is not
 * there is a fault of the text, not of the address. */
static int placed(struct err *err, int rc)
{
    if (err->line)
        err_prefix(err, "%s, line %u, column %u", err->source, err->line, err->column);
    err->line = err->column = 0;
    err->source[0] = 0;
    return rc == E_NOT_FOUND || rc == E_EXISTS ? err->code = E_PARSE : rc;
}

static int add_rules(struct hunt_task *t, struct builder *b, struct err *err)
{
    struct builder_counts counts = {0};
    struct refusals r = {.j = {.out = &t->refused}};
    json_array_begin(&r.j);
    int rc = builder_add_sigma(b, t->text, "rules", refused, &r, &counts, err);
    if (rc == 0)
        rc = builder_link(b, refused, &r, &counts, err);
    json_array_end(&r.j);
    if (rc || counts.accepted)
        return rc;
    *err = r.last;
    if (!r.last.message[0])
        return err_set(err, E_PARSE, "there is no rule in the text");
    return placed(err, r.last.code);
}

static int add_text(struct hunt_task *t, struct builder *b, struct err *err)
{
    const struct expr_rule rule = {
        .id = STR("expression"), .source = "expression", .now_ns = t->record.created_ns};
    if (str_is(t->record.kind, "expression"))
        return placed(err, builder_add_expr(b, t->text, &rule, err));
    return add_rules(t, b, err);
}

/* What the hunt is called: its only rule, or the first of several. A rule that only feeds a
 * correlation is none of them. */
static int name(struct hunt_task *t)
{
    uint32_t total = ruleset_len(t->rules) + ruleset_correlations(t->rules);
    uint32_t rules = 0;
    struct str title = STR("");
    for (uint32_t i = 0; i < total; i++) {
        if (!ruleset_is_silent(t->rules, i) && rules++ == 0)
            title = ruleset_info(t->rules, i).title;
    }
    t->record.rules = rules;
    t->record.title = rules == 1
                          ? arena_str(&t->arena, title)
                          : arena_fmt(&t->arena, "%.*s and %u more", STR_FMT(title), rules - 1);
    return t->record.title.ptr ? 0 : E_NOMEM;
}

static void add_tally(struct json_out *j, const struct ruleset *set, uint32_t rule,
                      const struct hunt_tally *t)
{
    const struct rule_info of = ruleset_info(set, rule);
    const struct rule_info *info = &of;
    json_object_begin(j);
    json_kv_str(j, "id", info->id);
    json_kv_str(j, "title", info->title);
    json_kv_cstr(j, "level", rule_level_name(info->level));
    if (ruleset_is_silent(set, rule))
        json_kv_bool(j, "silent", true);
    json_kv_uint(j, "matches", t->matches);
    json_kv_uint(j, "devices", t->devices);
    if (t->devices_more)
        json_kv_bool(j, "devices_more", true);
    if (t->matches) {
        json_kv_time(j, "first", t->first_ns);
        json_kv_time(j, "last", t->last_ns);
    }
    json_object_end(j);
}

/* The text as it was given, the rules left out, what each rule matched (NULL: not known yet). */
static int make_detail(struct hunt_task *t, const struct hunt_summary *summary, struct buf *out)
{
    struct json_out j = {.out = out};
    json_object_begin(&j);
    json_kv_str(&j, "text", t->text);
    json_key(&j, "refused");
    json_raw(&j, t->refused.len ? buf_str(&t->refused) : STR("[]"));
    json_key(&j, "rules");
    json_array_begin(&j);
    for (uint32_t i = 0; summary && summary->rules && i < summary->rules_len; i++)
        add_tally(&j, t->rules, i, &summary->rules[i]);
    json_array_end(&j);
    if (summary && summary->progress.uncorrelated)
        json_kv_uint(&j, "uncorrelated", summary->progress.uncorrelated);
    json_object_end(&j);
    return buf_check(out);
}

/* What is stored of it from the beginning. */
static int keep_detail(struct hunt_task *t)
{
    struct buf detail CLEANUP(buf_done) = {0};
    int rc = make_detail(t, NULL, &detail);
    if (!rc)
        t->record.detail_json = arena_str(&t->arena, buf_str(&detail));
    return rc || t->record.detail_json.ptr ? rc : E_NOMEM;
}

int hunt_task_compile(struct hunt_task *t, struct err *err)
{
    struct builder *b = NULL;
    int rc = builder_new(&b);
    if (!rc)
        rc = add_text(t, b, err);
    if (!rc)
        rc = builder_finish(b, &t->image, err);
    builder_free(b);
    if (!rc)
        rc = ruleset_load(buf_str(&t->image), &t->rules, err);
    if (!rc && ruleset_len(t->rules) == 0)
        rc = err_set(err, E_PARSE, "there is no rule in the text");
    if (!rc)
        rc = name(t);
    if (!rc)
        rc = buf_check(&t->refused);
    return rc ? rc : keep_detail(t);
}

/* ---------------------------------------------------------------- storing */

struct saving {
    struct hunt_task *task;
    const struct hunt_hit *hits;
    size_t len;
};

static int save_work(struct store_tx *tx, void *arg, struct err *err)
{
    const struct saving *s = arg;
    struct hunt_task *t = s->task;
    struct arena arena CLEANUP(arena_done) = {0};
    for (size_t i = 0; i < s->len; i++) {
        const struct hunt_hit *h = &s->hits[i];
        const struct store_hunt_result row = {
            .hunt = t->record.id,
            .time_ns = h->time_ns,
            .id = arena_fmt(&arena, "%.*s#%u", STR_FMT(h->event_id), h->rule),
            .rule_id = ruleset_info(t->rules, h->rule).id,
            .device = h->device,
            .received_ns = h->received_ns,
            .json = h->json};
        int rc = row.id.ptr ? store_hunt_result_put(tx, &row, err) : E_NOMEM;
        if (rc && rc != E_EXISTS)
            return rc;
    }
    return store_hunt_put(tx, &t->record, err);
}

static int save(struct hunt_task *t, const struct hunt_hit *hits, size_t len, struct err *err)
{
    struct saving s = {t, hits, len};
    t->saved_ms = clock_mono_ms();
    return store_write_wait(t->hunts->server->store, save_work, &s, err);
}

static void note_progress(struct hunt_task *t, const struct hunt_progress *p)
{
    struct store_hunt *r = &t->record;
    r->segments = (int64_t)p->segments;
    r->segments_done = (int64_t)p->segments_done;
    r->bytes = (int64_t)p->bytes_total;
    r->bytes_done = (int64_t)p->bytes_done;
    r->frames = (int64_t)p->frames;
    r->frames_skipped = (int64_t)p->frames_skipped;
    r->events = (int64_t)p->events;
    r->matches = (int64_t)p->matches;
    r->results = (int64_t)p->hits;
    r->damaged = (int64_t)p->damaged;
    r->truncated = p->truncated;
}

static int found(void *arg, const struct hunt_hit *hits, size_t len,
                 const struct hunt_progress *progress, struct err *err)
{
    struct hunt_task *t = arg;
    note_progress(t, progress);
    if (len == 0 && clock_mono_ms() - t->saved_ms < SAVE_MS)
        return 0;
    return save(t, hits, len, err);
}

/* A progress that cannot be stored is no reason to end: what is found must be. */
static void progressed(void *arg, const struct hunt_progress *progress)
{
    struct hunt_task *t = arg;
    struct err err = {0};
    note_progress(t, progress);
    if (clock_mono_ms() - t->saved_ms >= SAVE_MS && save(t, NULL, 0, &err))
        log_err(LOG_WARN, "the progress of a hunt could not be stored", &err);
}

/* ---------------------------------------------------------------- running */

static int run_segments(struct hunt_task *t, struct hunt_summary *summary, struct err *err)
{
    struct hunts *h = t->hunts;
    struct arena arena CLEANUP(arena_done) = {0};
    struct hunt_segment *segments = NULL;
    size_t len = 0;
    const struct hunt_config config = {
        .rules = t->rules,
        .threads = (unsigned)h->threads,
        .since_ns = t->record.since_ns,
        .until_ns = t->record.until_ns,
        .devices = t->devices,
        .devices_len = t->devices_len,
        .hits_most = (uint64_t)param_default(PARAM_HUNT_RESULTS),
        .hit_bytes_most = (uint64_t)param_default(PARAM_HUNT_RESULT_BYTES),
        .rule_hits_most = t->results_per_rule,
        .correlation_bytes_most = (uint64_t)param_default(PARAM_HUNT_CORRELATION_BYTES),
        .cancel = &t->cancel,
        .found = found,
        .progress = progressed,
        .arg = t};
    int rc = hunt_segments(h->server->store, h->server->config->data_dir.ptr, config.since_ns,
                           config.until_ns, &arena, &segments, &len, err);
    return rc ? rc : hunt_run(&config, segments, len, summary, err);
}

static void run(struct hunt_task *t)
{
    struct hunt_summary summary CLEANUP(hunt_summary_done) = {0};
    struct buf detail CLEANUP(buf_done) = {0};
    struct err err = {0};
    t->record.state = HUNT_RUNNING;
    t->record.started_ns = clock_wall_ns();
    int rc = atomic_load(&t->cancel) ? E_CLOSED : save(t, NULL, 0, &err);
    if (!rc)
        rc = run_segments(t, &summary, &err);
    if (summary.rules)
        note_progress(t, &summary.progress);
    t->record.received_min_ns = summary.received_min_ns;
    t->record.received_max_ns = summary.received_max_ns;
    (void)pthread_mutex_lock(&t->hunts->lock);
    bool stop = t->hunts->stop;
    (void)pthread_mutex_unlock(&t->hunts->lock);
    t->record.state = !rc              ? HUNT_DONE
                      : rc != E_CLOSED ? HUNT_FAILED
                      : stop           ? HUNT_INTERRUPTED
                                       : HUNT_CANCELLED;
    if (t->record.state == HUNT_FAILED)
        t->record.error = str_of(err.message[0] ? err.message : err_sentence(rc));
    t->record.finished_ns = clock_wall_ns();
    if (make_detail(t, &summary, &detail) == 0)
        t->record.detail_json = buf_str(&detail);
    rc = save(t, NULL, 0, &err);
    if (rc)
        log_err(LOG_ERROR, "the end of a hunt could not be stored", &err);
}

static struct hunt_task *take(struct hunts *h, unsigned *ret_place)
{
    struct hunt_task *t = NULL;
    (void)pthread_mutex_lock(&h->lock);
    while (!h->stop && !h->first)
        (void)pthread_cond_wait(&h->wake, &h->lock);
    if (!h->stop) {
        t = h->first;
        h->first = t->next;
        if (!h->first)
            h->last = &h->first;
        h->waiting--;
        *ret_place = 0;
        while (h->running[*ret_place])
            ++*ret_place;
        h->running[*ret_place] = t;
    }
    (void)pthread_mutex_unlock(&h->lock);
    return t;
}

static void *runner(void *arg)
{
    struct hunts *h = arg;
    unsigned place = 0;
    for (struct hunt_task *t = take(h, &place); t; t = take(h, &place)) {
        run(t);
        (void)pthread_mutex_lock(&h->lock);
        h->running[place] = NULL;
        (void)pthread_mutex_unlock(&h->lock);
        hunt_task_free(t);
    }
    return NULL;
}

/* ---------------------------------------------------------------- all of them */

static int interrupt_work(struct store_tx *tx, void *arg, struct err *err)
{
    (void)arg;
    return store_hunt_interrupt(tx, clock_wall_ns(), err);
}

static int start(struct hunts *h, struct err *err)
{
    sigset_t all;
    sigset_t before;
    int e = 0;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    while (h->runners_len < (unsigned)param_default(PARAM_HUNTS_RUNNING) && !e) {
        e = pthread_create(&h->runners[h->runners_len], NULL, runner, h);
        h->runners_len += e ? 0 : 1;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return e ? err_errno(err, E_IO, e, "cannot start a thread") : 0;
}

int hunts_new(struct server *s, struct hunts **ret_hunts, struct err *err)
{
    struct hunts *h = mem_calloc(1, sizeof *h);
    if (!h)
        return err_set(err, E_NOMEM, "out of memory");
    h->server = s;
    h->last = &h->first;
    (void)pthread_mutex_init(&h->lock, NULL);
    (void)pthread_cond_init(&h->wake, NULL);
    int rc = server_config_number(s->config->hunt_threads, PARAM_HUNT_THREADS, &h->threads, err);
    if (!rc)
        rc = store_write_wait(s->store, interrupt_work, NULL, err);
    if (!rc)
        rc = start(h, err);
    if (rc)
        hunts_free(h);
    else
        *ret_hunts = h;
    return rc;
}

void hunts_free(struct hunts *h)
{
    if (!h)
        return;
    (void)pthread_mutex_lock(&h->lock);
    h->stop = true;
    for (unsigned i = 0; i < RUNNERS_MOST; i++) {
        if (h->running[i])
            atomic_store(&h->running[i]->cancel, true);
    }
    (void)pthread_cond_broadcast(&h->wake);
    (void)pthread_mutex_unlock(&h->lock);
    for (unsigned i = 0; i < h->runners_len; i++)
        (void)pthread_join(h->runners[i], NULL);
    while (h->first) {
        struct hunt_task *t = h->first;
        h->first = t->next;
        hunt_task_free(t);
    }
    (void)pthread_cond_destroy(&h->wake);
    (void)pthread_mutex_destroy(&h->lock);
    mem_free(h);
}

int hunts_reserve(struct hunts *h, struct err *err)
{
    (void)pthread_mutex_lock(&h->lock);
    bool full = h->waiting >= (unsigned)param_default(PARAM_HUNTS_QUEUED);
    h->waiting += full ? 0 : 1;
    (void)pthread_mutex_unlock(&h->lock);
    return full ? err_set(err, E_RATE, "%lld hunts are waiting already",
                          (long long)param_default(PARAM_HUNTS_QUEUED))
                : 0;
}

void hunts_release(struct hunts *h)
{
    (void)pthread_mutex_lock(&h->lock);
    h->waiting--;
    (void)pthread_mutex_unlock(&h->lock);
}

void hunts_queue(struct hunts *h, struct hunt_task *task)
{
    task->hunts = h;
    (void)pthread_mutex_lock(&h->lock);
    *h->last = task;
    h->last = &task->next;
    (void)pthread_cond_signal(&h->wake);
    (void)pthread_mutex_unlock(&h->lock);
}

bool hunts_end(struct hunts *h, struct str id)
{
    bool known = false;
    (void)pthread_mutex_lock(&h->lock);
    for (struct hunt_task *t = h->first; t && !known; t = t->next) {
        known = str_eq(t->record.id, id);
        if (known)
            atomic_store(&t->cancel, true);
    }
    for (unsigned i = 0; i < RUNNERS_MOST && !known; i++) {
        known = h->running[i] && str_eq(h->running[i]->record.id, id);
        if (known)
            atomic_store(&h->running[i]->cancel, true);
    }
    (void)pthread_mutex_unlock(&h->lock);
    return known;
}
