/* hunt: correlations over stored telemetry fire as they do over each device's events in the order
 * of their times, however the events lie in the segments and however many threads read them; what
 * did not fit is counted. */
#include "hunt/hunt.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/timefmt.h"
#include "detect/correlator.h"
#include "event/normalise.h"
#include "harness/store.h"

enum { DEVICES = 3, BATCHES = 60, EVENTS = 20, ALL = BATCHES * EVENTS };

static const char *const device_ids[DEVICES] = {"dev-a", "dev-b", "dev-c"};

static const char rules[] =
    "title: a\nname: a\ndetection: {s: {process.name: one}, condition: s}\n---\n"
    "title: b\nname: b\ndetection: {s: {process.name: two}, condition: s}\n---\n"
    "title: alone\nid: alone\ndetection: {s: {process.name: three}, condition: s}\n---\n"
    "title: many\nid: many\ncorrelation: {type: event_count, rules: [a], group-by: [user.name], "
    "timespan: 1m, condition: {gte: 3}}\n---\n"
    "title: order\nid: order\ncorrelation: {type: temporal_ordered, rules: [many, b], "
    "group-by: [user.name], timespan: 2m, generate: true}\n";

static uint64_t seed_state = 3;

static unsigned below(unsigned n)
{
    seed_state = seed_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((seed_state >> 33) % n);
}

/* Batches of a device overlap in time, and come in no order. */
static void fill(struct test_store *t)
{
    static const char *const names[] = {"one", "two", "three", "four", "five", "six"};
    uint64_t sequences[DEVICES] = {0};
    for (unsigned d = 0; d < DEVICES; d++)
        test_store_add_device(t, device_ids[d]);
    for (unsigned i = 0; i < BATCHES; i++) {
        struct buf plain CLEANUP(buf_done) = {0};
        struct store_batch_result result;
        unsigned device = below(DEVICES);
        int64_t begin_ns = TEST_NOW_NS + (int64_t)below(BATCHES) * 20 * NS_PER_S;
        for (unsigned e = 0; e < EVENTS; e++) {
            buf_addf(&plain, "{\"kind\":\"exec\",\"user.name\":\"%s\",\"process.name\":\"%s\"",
                     below(2) ? "x" : "y", names[below(ARRAY_LEN(names))]);
            if (below(20)) {
                buf_add_cstr(&plain, ",\"time\":\"");
                timefmt_add(&plain, begin_ns + (int64_t)below(60) * NS_PER_S, 9);
                buf_add_char(&plain, '"');
            }
            buf_add_cstr(&plain, "}\n");
        }
        const struct store_batch batch = {.device = str_of(device_ids[device]),
                                          .epoch = 1,
                                          .sequence = ++sequences[device],
                                          .plain = buf_str(&plain),
                                          .events = EVENTS,
                                          .received_ns = TEST_NOW_NS + (int64_t)i * 20 * NS_PER_S,
                                          .sha256 = STR("x")};
        assert_ok(store_batch_wait(t->store, &batch, &result, NULL));
    }
}

static struct ruleset *load(struct buf *image)
{
    struct builder *b = NULL;
    struct ruleset *set = NULL;
    struct builder_counts counts = {0};
    assert_ok(builder_new(&b));
    assert_ok(builder_add_sigma(b, str_of(rules), "r", NULL, NULL, &counts, NULL));
    assert_ok(builder_link(b, NULL, NULL, &counts, NULL));
    assert_int_equal(counts.refused, 0);
    assert_ok(builder_finish(b, image, NULL));
    assert_ok(ruleset_load(buf_str(image), &set, NULL));
    builder_free(b);
    return set;
}

/* ------------------------------------------------------------------ in the order of time */

struct seen {
    char device[16];
    char line[256];
    char id[64];
    int64_t time_ns;
    int64_t received_ns;
    uint64_t sequence;
    uint32_t ordinal;
};

static struct seen all[ALL];
static size_t all_len;

static void note_frame(void *arg, const struct segment_frame *f, struct str plain)
{
    struct normaliser *normaliser = arg;
    struct str line;
    for (uint32_t n = 0; str_next(&plain, '\n', &line); n++) {
        static struct event ev;
        struct seen *s = &all[all_len++];
        assert_ok(normaliser_record(normaliser, line, FORMAT_CORDON, &ev, NULL));
        (void)snprintf(s->device, sizeof s->device, "%.*s", STR_FMT(f->device));
        (void)snprintf(s->line, sizeof s->line, "%.*s", STR_FMT(line));
        (void)snprintf(s->id, sizeof s->id, "%.*s/1/%llu/%u", STR_FMT(f->device),
                       (unsigned long long)f->sequence, f->first_ordinal + n);
        s->time_ns = ev.time_ns ? ev.time_ns : f->received_ns;
        s->received_ns = f->received_ns;
        s->sequence = f->sequence;
        s->ordinal = f->first_ordinal + n;
    }
}

static int by_time(const void *a, const void *b)
{
    const struct seen *x = a;
    const struct seen *y = b;
    if (strcmp(x->device, y->device) != 0)
        return strcmp(x->device, y->device);
    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    if (x->received_ns != y->received_ns)
        return x->received_ns < y->received_ns ? -1 : 1;
    if (x->sequence != y->sequence)
        return x->sequence < y->sequence ? -1 : 1;
    return (x->ordinal > y->ordinal) - (x->ordinal < y->ordinal);
}

/* Lines "id of the event, rule", sorted. */
struct lines {
    char text[ALL][96];
    size_t len;
    uint64_t matches;
};

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void add_line(struct lines *l, struct str id, const struct ruleset *set, uint32_t rule)
{
    (void)snprintf(l->text[l->len++], sizeof *l->text, "%.*s %.*s", STR_FMT(id),
                   STR_FMT(ruleset_info(set, rule).id));
}

static void correlate_in_order(struct test_store *t, struct ruleset *set, struct lines *l)
{
    struct normaliser *normaliser;
    struct engine *engine;
    struct correlator *correlator = NULL;
    static struct event ev;
    assert_ok(normaliser_new(&normaliser));
    assert_ok(engine_new(set, &engine));
    all_len = 0;
    test_store_read(t, note_frame, normaliser);
    assert_int_equal(all_len, ALL);
    qsort(all, all_len, sizeof *all, by_time);
    for (size_t i = 0; i < all_len; i++) {
        const struct match *matches;
        const struct correlated *fired;
        if (i == 0 || strcmp(all[i].device, all[i - 1].device) != 0) {
            correlator_free(correlator);
            assert_ok(correlator_new(set, &correlator));
        }
        assert_ok(normaliser_record(normaliser, str_of(all[i].line), FORMAT_CORDON, &ev, NULL));
        int count = engine_match(engine, &ev, &matches);
        assert_true(count >= 0);
        for (int k = 0; k < count; k++) {
            if (!ruleset_is_silent(set, matches[k].rule))
                add_line(l, str_of(all[i].id), set, matches[k].rule);
        }
        ev.time_ns = all[i].time_ns;
        count = correlator_event(correlator, &ev, i, matches, count, &fired);
        for (int k = 0; k < count; k++)
            add_line(l, str_of(all[i].id), set, fired[k].match.rule);
    }
    qsort(l->text, l->len, sizeof *l->text, by_text);
    correlator_free(correlator);
    engine_free(engine);
    normaliser_free(normaliser);
}

/* ------------------------------------------------------------------ by a run */

struct collected {
    struct ruleset *set;
    struct lines lines;
    bool wrong;
};

static int collect(void *arg, const struct hunt_hit *hits, size_t len,
                   const struct hunt_progress *progress, struct err *err)
{
    struct collected *c = arg;
    (void)err;
    for (size_t i = 0; i < len; i++) {
        bool correlation = hits[i].rule >= ruleset_len(c->set);
        add_line(&c->lines, hits[i].event_id, c->set, hits[i].rule);
        /* The event that completed it is the last of its events, and has its id. */
        char last[96];
        (void)snprintf(last, sizeof last, "{\"event_id\":\"%.*s\",\"time\"",
                       STR_FMT(hits[i].event_id));
        bool named = str_find(hits[i].json, str_of(last)) != SIZE_MAX;
        c->wrong |= named != correlation;
    }
    assert_int_equal(progress->hits, c->lines.len);
    return 0;
}

static void run(struct test_store *t, struct hunt_config config, struct collected *out,
                struct hunt_summary *summary)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct hunt_segment *segments = NULL;
    size_t len = 0;
    struct err err = {0};
    *out = (struct collected){.set = config.rules};
    config.found = collect;
    config.arg = out;
    config.hits_most = config.hit_bytes_most = UINT64_MAX;
    assert_ok_err(hunt_segments(t->store, t->folder, 0, 0, &arena, &segments, &len, &err), &err);
    assert_in_range(len, 2, 1000);
    assert_ok_err(hunt_run(&config, segments, len, summary, &err), &err);
    qsort(out->lines.text, out->lines.len, sizeof *out->lines.text, by_text);
}

static void correlations_fire_as_over_the_events_in_order(void **state)
{
    (void)state;
    struct test_store t = {0};
    struct buf image CLEANUP(buf_done) = {0};
    static struct lines want;
    static struct collected got;
    test_store_open(&t);
    fill(&t);
    struct ruleset *set = load(&image);
    correlate_in_order(&t, set, &want);
    size_t correlations = 0;
    for (size_t i = 0; i < want.len; i++)
        correlations += strstr(want.text[i], " many") || strstr(want.text[i], " order") ? 1 : 0;
    assert_in_range(correlations, 20, ALL);
    for (unsigned threads = 1; threads <= 4; threads += 3) {
        for (int read_all = 0; read_all < 2; read_all++) {
            struct hunt_summary summary CLEANUP(hunt_summary_done) = {0};
            run(&t,
                (struct hunt_config){.rules = set,
                                     .threads = threads,
                                     .read_all = read_all,
                                     .correlation_bytes_most = UINT64_MAX},
                &got, &summary);
            assert_int_equal(got.lines.len, want.len);
            assert_memory_equal(got.lines.text, want.text, want.len * sizeof *want.text);
            assert_false(got.wrong);
            assert_int_equal(summary.progress.uncorrelated, 0);
            assert_int_equal(summary.progress.matches, want.len);
            assert_int_equal(summary.rules_len, ruleset_len(set) + ruleset_correlations(set));
            /* What only feeds them is tallied and no match. */
            assert_in_range(summary.rules[0].matches, 100, ALL);
            assert_int_equal(summary.rules[3].matches + summary.rules[4].matches, correlations);
        }
    }
    ruleset_unref(set);
    test_store_close(&t);
}

static void what_does_not_fit_is_counted_and_cut_at_the_same_place(void **state)
{
    (void)state;
    struct test_store t = {0};
    struct buf image CLEANUP(buf_done) = {0};
    static struct collected one;
    static struct collected four;
    test_store_open(&t);
    fill(&t);
    struct ruleset *set = load(&image);
    struct hunt_summary a CLEANUP(hunt_summary_done) = {0};
    struct hunt_summary b CLEANUP(hunt_summary_done) = {0};
    struct hunt_config config = {.rules = set, .correlation_bytes_most = 20000};
    run(&t, config, &one, &a);
    config.threads = 4;
    run(&t, config, &four, &b);
    uint64_t taken = a.rules[0].matches + a.rules[1].matches;
    assert_in_range(a.progress.uncorrelated, taken / 2, taken - 20);
    assert_int_equal(a.progress.uncorrelated, b.progress.uncorrelated);
    assert_int_equal(one.lines.len, four.lines.len);
    assert_memory_equal(one.lines.text, four.lines.text, one.lines.len * sizeof *one.lines.text);
    ruleset_unref(set);
    test_store_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(correlations_fire_as_over_the_events_in_order),
        cmocka_unit_test(what_does_not_fit_is_counted_and_cut_at_the_same_place),
    };
    return cmocka_run_group_tests_name("hunt/hunt_correlate", tests, NULL, NULL);
}
