/* hunt: what a run finds over the segments of a store is what the engine finds line by line, with
 * and without passing over frames, with any number of threads; limits, ranges and cancelling. */
#include "hunt/hunt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/timefmt.h"
#include "detect/expr.h"
#include "event/normalise.h"
#include "harness/store.h"

enum { DEVICES = 5, BATCHES = 40, EVENTS = 30 };

static const char *const device_ids[DEVICES] = {"dev-a", "dev-b", "dev-c", "dev-d", "dev-e"};

static uint64_t seed_state;

static unsigned below(unsigned n)
{
    seed_state = seed_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((seed_state >> 33) % n);
}

/* ------------------------------------------------------------------ a store full of events */

static void add_event(struct buf *out, uint64_t sequence)
{
    static const char *const kinds[] = {"exec", "fork", "create", "network_connect", "mmap"};
    static const char *const categories[] = {"", "process_creation", "file_event"};
    buf_addf(out, "{\"kind\":\"%s\"", kinds[below(5)]);
    if (below(8)) {
        buf_add_cstr(out, ",\"time\":\"");
        timefmt_add(out, TEST_NOW_NS - (int64_t)(below(100000) * (unsigned)NS_PER_S / 1000000), 9);
        buf_add_char(out, '"');
    }
    if (below(3))
        buf_add_cstr(out, ",\"product\":\"macos\"");
    if (below(3) == 0)
        buf_addf(out, ",\"category\":\"%s\"", categories[below(3)]);
    if (below(5))
        buf_addf(out, ",\"process.name\":\"Prog%u\",\"process.executable\":\"/usr/bin/Prog%u\"",
                 below(400), below(400));
    if (below(4) == 0)
        buf_addf(out, ",\"file.path\":\"/tmp/%u/File%u\"", below(9), (unsigned)sequence);
    if (below(6) == 0)
        buf_addf(out, ",\"network.remote.ip\":\"10.0.%u.%u\"", below(3), below(200));
    if (below(9) == 0)
        buf_addf(out, ",\"process.pid\":%u", below(50));
    if (below(40) == 0)
        buf_add_cstr(out, ",\"process.name\":[\"a\",\"b\"]");
    if (below(200) == 0)
        buf_add_cstr(out, "}}}broken");
    buf_add_cstr(out, "}\n");
}

static void fill(struct test_store *t, uint64_t seed)
{
    seed_state = seed;
    for (unsigned d = 0; d < DEVICES; d++)
        test_store_add_device(t, device_ids[d]);
    for (uint64_t i = 0; i < BATCHES; i++) {
        struct buf plain CLEANUP(buf_done) = {0};
        struct store_batch_result result;
        for (unsigned e = 0; e < EVENTS; e++)
            add_event(&plain, i);
        const struct store_batch batch = {.device = str_of(device_ids[below(DEVICES)]),
                                          .epoch = 1,
                                          .sequence = i + 1,
                                          .plain = buf_str(&plain),
                                          .events = EVENTS,
                                          .received_ns = TEST_NOW_NS + (int64_t)i * NS_PER_S,
                                          .sha256 = STR("x")};
        assert_ok(store_batch_wait(t->store, &batch, &result, NULL));
    }
}

/* ------------------------------------------------------------------ rules */

static void random_expr(struct buf *b, unsigned depth)
{
    unsigned roll = below(8);
    if (depth && roll < 4) {
        buf_add_cstr(b, roll == 3 ? "not (" : "(");
        random_expr(b, depth - 1);
        if (roll != 3) {
            buf_add_cstr(b, roll == 0 ? " or " : " and ");
            random_expr(b, depth - 1);
        }
        buf_add_char(b, ')');
        return;
    }
    switch (below(13)) {
    case 0:
        buf_addf(b, "process.name = prog%u", below(420));
        break;
    case 1:
        buf_addf(b, "process.executable endswith /PROG%u", below(420));
        break;
    case 2:
        buf_addf(b, "process.executable in (/usr/bin/prog%u, /usr/bin/prog%u)", below(420),
                 below(420));
        break;
    case 3:
        buf_addf(b, "file.path endswith '%u/file%u'", below(9), below(60));
        break;
    case 4:
        buf_addf(b, "file.path = '/tmp/%u/file%u'", below(9), below(60));
        break;
    case 5:
        buf_addf(b, "network.remote.ip = 10.0.%u.%u", below(3), below(220));
        break;
    case 6:
        buf_addf(b, "network.remote.ip cidr 10.0.%u.0/24", below(4));
        break;
    case 7:
        buf_addf(b, "kind = %s", below(2) ? "exec" : "rename");
        break;
    case 8:
        buf_addf(b, "event.time %s %ums ago", below(2) ? ">" : "<=", below(120));
        break;
    case 9:
        buf_addf(b, "file.path like '/tmp/?/FILE%u*'", below(60));
        break;
    case 10:
        buf_addf(b, "process.name != prog%u", below(420));
        break;
    case 11:
        buf_addf(b, "process.name matches 'g%u$'", below(420));
        break;
    default:
        buf_addf(b, "process.pid < %u", below(50));
        break;
    }
}

/* A set of a few random rules; some are Sigma's, for a log-source category. */
static struct ruleset *random_rules(struct buf *image, struct buf *said)
{
    struct builder *b = NULL;
    struct ruleset *set = NULL;
    assert_ok(builder_new(&b));
    buf_clear(said);
    for (unsigned n = 1 + below(3), i = 0; i < n; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "r%u", i);
        if (below(4) == 0) {
            struct buf yaml CLEANUP(buf_done) = {0};
            struct builder_counts counts = {0};
            buf_addf(&yaml,
                     "title: t\nid: %s\nlogsource: {category: %s}\ndetection:\n  s:\n"
                     "    Image|endswith: '/prog%u'\n  condition: %ss\n",
                     id, below(2) ? "file_event" : "process_creation", below(420),
                     below(4) ? "" : "not ");
            assert_ok(builder_add_sigma(b, buf_str(&yaml), "y", NULL, NULL, &counts, NULL));
            assert_int_equal(counts.accepted, 1);
            buf_add_str(said, buf_str(&yaml));
        } else {
            struct buf text CLEANUP(buf_done) = {0};
            const struct expr_rule rule = {.id = str_of(id), .source = "x", .now_ns = TEST_NOW_NS};
            random_expr(&text, 2);
            assert_ok(builder_add_expr(b, buf_str(&text), &rule, NULL));
            buf_add_str(said, buf_str(&text));
        }
        buf_add_char(said, '\n');
    }
    buf_done(image);
    assert_ok(builder_finish(b, image, NULL));
    assert_ok(ruleset_load(buf_str(image), &set, NULL));
    builder_free(b);
    return set;
}

static struct ruleset *rules_of(const char *expression, struct buf *image)
{
    struct builder *b = NULL;
    struct ruleset *set = NULL;
    const struct expr_rule rule = {.id = STR("r"), .source = "x", .now_ns = TEST_NOW_NS};
    assert_ok(builder_new(&b));
    assert_ok(builder_add_expr(b, str_of(expression), &rule, NULL));
    assert_ok(builder_finish(b, image, NULL));
    assert_ok(ruleset_load(buf_str(image), &set, NULL));
    builder_free(b);
    return set;
}

/* ------------------------------------------------------------------ line by line */

struct naive {
    struct engine *engine;
    struct normaliser *normaliser;
    uint64_t matches;
    uint64_t damaged;
};

static void naive_frame(void *arg, const struct segment_frame *frame, struct str plain)
{
    struct naive *n = arg;
    static struct event ev;
    struct str line;
    (void)frame;
    while (str_next(&plain, '\n', &line)) {
        const struct match *matches = NULL;
        if (normaliser_record(n->normaliser, line, FORMAT_CORDON, &ev, NULL)) {
            n->damaged++;
            continue;
        }
        int count = engine_match(n->engine, &ev, &matches);
        assert_true(count >= 0);
        n->matches += (uint64_t)count;
    }
}

static struct naive naive_count(struct test_store *t, struct ruleset *set)
{
    struct naive n = {0};
    assert_ok(engine_new(set, &n.engine));
    assert_ok(normaliser_new(&n.normaliser));
    test_store_read(t, naive_frame, &n);
    engine_free(n.engine);
    normaliser_free(n.normaliser);
    return n;
}

/* ------------------------------------------------------------------ running */

struct collected {
    struct buf text; /* every hit on a line */
    size_t hits;
    size_t calls;
    int64_t last_ns;
    atomic_bool *cancel; /* set at the first call */
    int fail;            /* returned at the first call */
};

static int collect(void *arg, const struct hunt_hit *hits, size_t len,
                   const struct hunt_progress *progress, struct err *err)
{
    struct collected *c = arg;
    c->calls++;
    assert_int_equal(progress->segments_done, c->calls);
    for (size_t i = 0; i < len; i++) {
        buf_addf(&c->text, "%u %.*s %.*s %lld %.*s\n", hits[i].rule, STR_FMT(hits[i].device),
                 STR_FMT(hits[i].event_id), (long long)hits[i].time_ns, STR_FMT(hits[i].json));
        c->hits++;
    }
    assert_int_equal(progress->hits, c->hits);
    if (c->cancel)
        atomic_store(c->cancel, true);
    if (c->fail)
        return err_set(err, c->fail, "told to fail");
    return 0;
}

static int run(struct test_store *t, struct hunt_config config, struct collected *out,
               struct hunt_summary *summary)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct hunt_segment *segments = NULL;
    size_t len = 0;
    struct err err = {0};
    config.found = collect;
    config.arg = out;
    config.hits_most = config.hits_most ? config.hits_most : UINT64_MAX;
    config.hit_bytes_most = config.hit_bytes_most ? config.hit_bytes_most : UINT64_MAX;
    assert_ok_err(hunt_segments(t->store, t->folder, config.since_ns, config.until_ns, &arena,
                                &segments, &len, &err),
                  &err);
    return hunt_run(&config, segments, len, summary, &err);
}

static void passing_over_frames_changes_nothing_but_the_work(void **state)
{
    (void)state;
    struct test_store t = {0};
    struct buf image CLEANUP(buf_done) = {0};
    struct buf said CLEANUP(buf_done) = {0};
    uint64_t skipped = 0;
    uint64_t found = 0;
    test_store_open(&t);
    fill(&t, 7);
    for (unsigned round = 0; round < 400 / TEST_FEWER; round++) {
        struct ruleset *set = random_rules(&image, &said);
        struct naive want = naive_count(&t, set);
        struct collected first = {0};
        for (unsigned way = 0; way < 3; way++) {
            struct collected got = {0};
            struct hunt_summary summary CLEANUP(hunt_summary_done) = {0};
            const struct hunt_config config = {
                .rules = set, .threads = way == 2 ? 4 : 1, .read_all = way == 0};
            assert_ok(run(&t, config, &got, &summary));
            uint64_t tallied = 0;
            for (uint32_t i = 0; i < summary.rules_len; i++)
                tallied += summary.rules[i].matches;
            if (got.hits != want.matches || tallied != want.matches ||
                summary.progress.matches != want.matches || summary.progress.truncated)
                fail_msg("%zu hits, %llu tallied, %llu wanted (way %u, round %u) by\n%s", got.hits,
                         (unsigned long long)tallied, (unsigned long long)want.matches, way, round,
                         buf_cstr(&said));
            if (way == 0) {
                assert_int_equal(summary.progress.events, BATCHES * EVENTS);
                assert_int_equal(summary.progress.damaged, want.damaged);
                first = got;
                continue;
            }
            if (!str_eq(buf_str(&first.text), buf_str(&got.text)))
                fail_msg("other hits (way %u, round %u) by\n%s", way, round, buf_cstr(&said));
            skipped += summary.progress.frames_skipped;
            buf_done(&got.text);
        }
        found += first.hits;
        buf_done(&first.text);
        ruleset_unref(set);
    }
    assert_in_range(skipped, 2000 / TEST_FEWER, UINT64_MAX);
    assert_in_range(found, 2000 / TEST_FEWER, UINT64_MAX);
    test_store_close(&t);
}

static void sealed_and_open_segments_are_read_alike(void **state)
{
    (void)state;
    struct test_store t = {0};
    struct buf image CLEANUP(buf_done) = {0};
    struct collected got = {0};
    struct hunt_summary summary CLEANUP(hunt_summary_done) = {0};
    test_store_open(&t);
    fill(&t, 9);
    struct ruleset *set = rules_of("kind = exec", &image);
    struct naive before = naive_count(&t, set);
    test_store_reopen(&t);
    assert_ok(run(&t, (struct hunt_config){.rules = set}, &got, &summary));
    assert_int_equal(got.hits, before.matches);
    assert_in_range(summary.progress.segments, 3, 1000);
    assert_int_equal(summary.rules[0].devices, DEVICES);
    assert_true(summary.received_min_ns == TEST_NOW_NS);
    assert_true(summary.received_max_ns == TEST_NOW_NS + (BATCHES - 1) * NS_PER_S);
    buf_done(&got.text);
    ruleset_unref(set);
    test_store_close(&t);
}

static void device_and_time_of_receipt_select(void **state)
{
    (void)state;
    struct test_store t = {0};
    struct buf image CLEANUP(buf_done) = {0};
    test_store_open(&t);
    fill(&t, 13);
    struct ruleset *set = rules_of("kind exists", &image);
    struct str two[] = {STR("dev-b"), STR("dev-d")};
    struct collected all = {0};
    struct collected some = {0};
    struct collected range = {0};
    struct hunt_summary summary CLEANUP(hunt_summary_done) = {0};
    struct hunt_summary of_range CLEANUP(hunt_summary_done) = {0};
    struct hunt_summary of_all CLEANUP(hunt_summary_done) = {0};
    assert_ok(run(&t, (struct hunt_config){.rules = set}, &all, &of_all));
    assert_ok(run(&t, (struct hunt_config){.rules = set, .devices = two, .devices_len = 2}, &some,
                  &summary));
    assert_int_equal(summary.rules[0].devices, 2);
    size_t want = 0;
    struct str rest = buf_str(&all.text);
    struct str line;
    while (str_next(&rest, '\n', &line))
        want += str_find(line, STR(" dev-b ")) != SIZE_MAX ||
                str_find(line, STR(" dev-d ")) != SIZE_MAX;
    assert_int_equal(some.hits, want);
    assert_ok(run(&t,
                  (struct hunt_config){.rules = set,
                                       .since_ns = TEST_NOW_NS + 10 * NS_PER_S,
                                       .until_ns = TEST_NOW_NS + 12 * NS_PER_S},
                  &range, &of_range));
    assert_true(of_range.received_min_ns == TEST_NOW_NS + 10 * NS_PER_S);
    assert_true(of_range.received_max_ns == TEST_NOW_NS + 11 * NS_PER_S);
    assert_in_range(range.hits, 2 * EVENTS - 4, 2 * EVENTS);
    buf_done(&all.text);
    buf_done(&some.text);
    buf_done(&range.text);
    ruleset_unref(set);
    test_store_close(&t);
}

static void limits_cut_at_the_same_place_and_counts_go_on(void **state)
{
    (void)state;
    struct test_store t = {0};
    struct buf image CLEANUP(buf_done) = {0};
    test_store_open(&t);
    fill(&t, 17);
    struct ruleset *set = rules_of("kind = exec", &image);
    struct naive want = naive_count(&t, set);
    static const struct {
        uint64_t hits;
        uint64_t bytes;
        uint32_t of_rule;
    } limits[] = {{10, 0, 0}, {0, 5000, 0}, {0, 0, 7}};
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        struct collected one = {0};
        struct collected four = {0};
        struct hunt_summary a CLEANUP(hunt_summary_done) = {0};
        struct hunt_summary b CLEANUP(hunt_summary_done) = {0};
        struct hunt_config config = {.rules = set,
                                     .hits_most = limits[i].hits,
                                     .hit_bytes_most = limits[i].bytes,
                                     .rule_hits_most = limits[i].of_rule};
        assert_ok(run(&t, config, &one, &a));
        config.threads = 4;
        assert_ok(run(&t, config, &four, &b));
        assert_true(str_eq(buf_str(&one.text), buf_str(&four.text)));
        assert_true(a.progress.truncated && b.progress.truncated);
        assert_int_equal(a.progress.matches, want.matches);
        assert_int_equal(b.rules[0].matches, want.matches);
        assert_in_range(one.hits, 1, 20);
        if (limits[i].of_rule)
            assert_int_equal(one.hits, 7);
        buf_done(&one.text);
        buf_done(&four.text);
    }
    ruleset_unref(set);
    test_store_close(&t);
}

static void a_cancelled_run_ends_and_a_failing_receiver_ends_it(void **state)
{
    (void)state;
    struct test_store t = {0};
    struct buf image CLEANUP(buf_done) = {0};
    atomic_bool cancel = false;
    test_store_open(&t);
    fill(&t, 19);
    struct ruleset *set = rules_of("kind exists", &image);
    for (unsigned threads = 1; threads <= 4; threads += 3) {
        struct collected got = {.cancel = &cancel};
        struct collected bad = {.fail = E_FULL};
        struct hunt_summary a CLEANUP(hunt_summary_done) = {0};
        struct hunt_summary b CLEANUP(hunt_summary_done) = {0};
        atomic_store(&cancel, false);
        struct hunt_config config = {.rules = set, .threads = threads, .cancel = &cancel};
        assert_int_equal(run(&t, config, &got, &a), E_CLOSED);
        assert_int_equal(got.calls, 1);
        assert_in_range(a.progress.segments_done, 1, a.progress.segments - 1);
        config.cancel = NULL;
        assert_int_equal(run(&t, config, &bad, &b), E_FULL);
        assert_int_equal(bad.calls, 1);
        buf_done(&got.text);
        buf_done(&bad.text);
    }
    ruleset_unref(set);
    test_store_close(&t);
}

static void a_segment_that_cannot_be_read_is_counted_and_the_others_go_on(void **state)
{
    (void)state;
    struct test_store t = {0};
    struct buf image CLEANUP(buf_done) = {0};
    struct arena arena CLEANUP(arena_done) = {0};
    struct hunt_segment *segments = NULL;
    size_t len = 0;
    struct collected got = {0};
    struct hunt_summary summary CLEANUP(hunt_summary_done) = {0};
    test_store_open(&t);
    fill(&t, 23);
    struct ruleset *set = rules_of("kind exists", &image);
    assert_ok(hunt_segments(t.store, t.folder, 0, 0, &arena, &segments, &len, NULL));
    assert_in_range(len, 2, 1000);
    segments[1].path = "/nowhere/at/all";
    const struct hunt_config config = {.rules = set,
                                       .hits_most = UINT64_MAX,
                                       .hit_bytes_most = UINT64_MAX,
                                       .found = collect,
                                       .arg = &got};
    assert_ok(hunt_run(&config, segments, len, &summary, NULL));
    assert_in_range(summary.progress.damaged, 1, 20);
    assert_int_equal(summary.progress.segments_done, len);
    assert_in_range(got.hits, 1, BATCHES * EVENTS);
    buf_done(&got.text);
    ruleset_unref(set);
    test_store_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passing_over_frames_changes_nothing_but_the_work),
        cmocka_unit_test(sealed_and_open_segments_are_read_alike),
        cmocka_unit_test(device_and_time_of_receipt_select),
        cmocka_unit_test(limits_cut_at_the_same_place_and_counts_go_on),
        cmocka_unit_test(a_cancelled_run_ends_and_a_failing_receiver_ends_it),
        cmocka_unit_test(a_segment_that_cannot_be_read_is_counted_and_the_others_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
