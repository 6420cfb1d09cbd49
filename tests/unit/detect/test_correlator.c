/* detect/correlator: what makes each type fire, boundaries, disorder, chains, bounded memory; and
 * random streams held against an evaluator that looks at everything again for each event. */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "detect/correlator.h"

struct world {
    struct buf image;
    struct ruleset *rules;
    struct engine *engine;
    struct correlator *correlator;
    struct builder_counts counts;
    struct err last;
    const struct correlated *alerts;
};

static void keep(void *arg, const struct err *err)
{
    ((struct world *)arg)->last = *err;
}

static int try_make(struct world *w, const char *yaml)
{
    *w = (struct world){0};
    struct builder *b;
    int rc = builder_new(&b);
    if (rc)
        return rc;
    rc = builder_add_sigma(b, str_of(yaml), "c.yml", keep, w, &w->counts, NULL);
    if (rc == 0)
        rc = builder_link(b, keep, w, &w->counts, NULL);
    if (rc == 0)
        rc = builder_finish(b, &w->image, NULL);
    builder_free(b);
    if (rc == 0)
        rc = ruleset_load(buf_str(&w->image), &w->rules, NULL);
    if (rc == 0)
        rc = engine_new(w->rules, &w->engine);
    return rc ? rc : correlator_new(w->rules, &w->correlator);
}

static void done(struct world *w)
{
    correlator_free(w->correlator);
    engine_free(w->engine);
    ruleset_unref(w->rules);
    buf_done(&w->image);
}

static void make(struct world *w, const char *yaml)
{
    assert_ok(try_make(w, yaml));
    if (w->counts.refused)
        print_error("%u:%u %s\n", w->last.line, w->last.column, w->last.message);
    assert_int_equal(w->counts.refused, 0);
}

/* One event at so many milliseconds. @return alerts */
static int event(struct world *w, int64_t ms, const char *name, const char *user, const char *value)
{
    static uint64_t record;
    struct extra extras[3] = {{STR("What"), {.type = VALUE_STR, .s = str_of(name)}}};
    struct event ev = {.time_ns = INT64_C(1700000000) * NS_PER_S + ms * NS_PER_MS,
                       .extras = extras,
                       .extras_len = 1};
    const struct match *matches;
    if (user)
        extras[ev.extras_len++] =
            (struct extra){STR("Who"), {.type = VALUE_STR, .s = str_of(user)}};
    if (value)
        extras[ev.extras_len++] =
            (struct extra){STR("Value"), {.type = VALUE_STR, .s = str_of(value)}};
    int count = engine_match(w->engine, &ev, &matches);
    assert_true(count >= 0);
    int alerts = correlator_event(w->correlator, &ev, ++record, matches, count, &w->alerts);
    assert_true(alerts >= 0);
    return alerts;
}

#define RULE(name)                                                                                 \
    "title: " name "\nname: " name "\ndetection: {s: {What: " name "}, condition: s}\n---\n"
#define CORRELATION(type, rules, rest)                                                             \
    "title: c\nid: c\ncorrelation:\n  type: " type "\n  rules: " rules "\n  timespan: 10s\n" rest

static void a_count_holds_within_a_window_that_includes_both_ends(void **state)
{
    (void)state;
    struct world w;
    make(&w,
         RULE("a") CORRELATION("event_count", "a", "  group-by: [Who]\n  condition: {gte: 3}\n"));
    assert_true(ruleset_is_silent(w.rules, 0));
    assert_int_equal(event(&w, 0, "a", "x", NULL), 0);
    assert_int_equal(event(&w, 1000, "a", "y", NULL), 0);
    assert_int_equal(event(&w, 5000, "a", "x", NULL), 0);
    assert_int_equal(event(&w, 9000, "b", "x", NULL), 0);
    assert_int_equal(event(&w, 10001, "a", "y", NULL), 0);
    assert_int_equal(event(&w, 10000, "a", "x", NULL), 1);
    assert_int_equal(w.alerts[0].match.rule, 1);
    assert_str(w.alerts[0].match.fields[0].field, "Who");
    assert_str(w.alerts[0].match.fields[0].value, "x");
    assert_int_equal(w.alerts[0].value, 3000);
    assert_int_equal(w.alerts[0].events_total, 3);
    /* One alert a timespan and group. */
    assert_int_equal(event(&w, 12000, "a", "x", NULL), 0);
    assert_int_equal(event(&w, 19999, "a", "x", NULL), 0);
    assert_int_equal(event(&w, 20000, "a", "x", NULL), 1);
    assert_int_equal(event(&w, 21000, "a", NULL, NULL), 0);
    assert_int_equal(correlator_stats(w.correlator)->incomplete, 1);
    done(&w);
}

static void values_are_counted_summed_and_ranked(void **state)
{
    (void)state;
    struct world w;
    make(&w, RULE("a") CORRELATION("value_count", "a", "  condition: {field: Value, gt: 2}\n"));
    assert_int_equal(event(&w, 0, "a", NULL, "1"), 0);
    assert_int_equal(event(&w, 1, "a", NULL, "2"), 0);
    assert_int_equal(event(&w, 2, "a", NULL, "2"), 0);
    assert_int_equal(event(&w, 10001, "a", NULL, "3"), 0);
    assert_int_equal(event(&w, 10001, "a", NULL, "4"), 1);
    done(&w);
    make(&w, RULE("a") CORRELATION("value_sum", "a", "  condition: {field: Value, gte: 2.5}\n"));
    assert_int_equal(event(&w, 0, "a", NULL, "1.25"), 0);
    assert_int_equal(event(&w, 1, "a", NULL, "x"), 0);
    assert_int_equal(event(&w, 2, "a", NULL, "1.25"), 1);
    assert_int_equal(w.alerts[0].value, 2500);
    done(&w);
    make(&w,
         RULE("a") CORRELATION("value_avg", "a", "  condition: {field: Value, gt: 1, lt: 2}\n"));
    assert_int_equal(event(&w, 0, "a", NULL, "1"), 0);
    assert_int_equal(event(&w, 1, "a", NULL, "1"), 0);
    assert_int_equal(event(&w, 2, "a", NULL, "2"), 1);
    assert_int_equal(w.alerts[0].value, 1333);
    done(&w);
    make(&w, RULE("a") CORRELATION("value_percentile", "a",
                                   "  condition: {field: Value, percentile: 50, eq: 7}\n"));
    assert_int_equal(event(&w, 0, "a", NULL, "9"), 0);
    assert_int_equal(event(&w, 1, "a", NULL, "7"), 1);
    done(&w);
}

static void sequences_need_every_rule_and_an_event_does_not_follow_itself(void **state)
{
    (void)state;
    struct world w;
    make(&w, RULE("a") RULE("b") CORRELATION("temporal", "[a, b]", ""));
    assert_int_equal(event(&w, 0, "b", NULL, NULL), 0);
    assert_int_equal(event(&w, 10001, "a", NULL, NULL), 0);
    assert_int_equal(event(&w, 10002, "b", NULL, NULL), 1);
    done(&w);
    make(&w, RULE("a") RULE("b") CORRELATION("temporal_ordered", "[a, b]", ""));
    assert_int_equal(event(&w, 0, "b", NULL, NULL), 0);
    assert_int_equal(event(&w, 1, "a", NULL, NULL), 0);
    assert_int_equal(event(&w, 2, "b", NULL, NULL), 1);
    done(&w);
    make(&w,
         RULE("a") "title: t\nname: t\ndetection: {s: {What: a}, condition: s}\n---\n" CORRELATION(
             "temporal_ordered", "[a, t]", ""));
    assert_int_equal(event(&w, 0, "a", NULL, NULL), 0);
    assert_int_equal(event(&w, 0, "a", NULL, NULL), 1);
    done(&w);
}

static void a_chain_sees_every_match_and_keeps_the_group(void **state)
{
    (void)state;
    struct world w;
    make(&w,
         "title: c\nid: c\ncorrelation:\n  type: temporal_ordered\n  rules: [many, b]\n"
         "  group-by: [Who]\n  timespan: 10s\n---\n" RULE("a")
             RULE("b") "title: many\nname: many\ncorrelation:\n  type: event_count\n  rules: [a]\n"
                       "  group-by: [Who]\n  timespan: 10s\n  condition: {gte: 2}\n");
    assert_int_equal(ruleset_correlations(w.rules), 2);
    assert_int_equal(event(&w, 0, "a", "x", NULL), 0);
    assert_int_equal(event(&w, 1000, "a", "x", NULL), 0);
    assert_int_equal(event(&w, 9000, "a", "x", NULL), 0);
    assert_int_equal(event(&w, 15000, "b", "y", NULL), 0);
    assert_int_equal(event(&w, 15000, "b", "x", NULL), 1);
    assert_str(ruleset_info(w.rules, w.alerts[0].match.rule).id, "c");
    done(&w);
}

static void assert_refused(const char *yaml, unsigned line, const char *part)
{
    struct world w;
    assert_ok(try_make(&w, yaml));
    if (w.counts.refused == 0 || w.last.line != line || !strstr(w.last.message, part)) {
        print_error("%s\n%u refused, %u:%u %s\n", yaml, w.counts.refused, w.last.line,
                    w.last.column, w.last.message);
        fail();
    }
    done(&w);
}

static void what_cannot_work_is_refused_at_its_place(void **state)
{
    (void)state;
    assert_refused(RULE("a") CORRELATION("event_cuont", "a", "  condition: {gte: 3}\n"), 8,
                   "unknown type");
    assert_refused(RULE("a") CORRELATION("event_count", "z", "  condition: {gte: 3}\n"), 9,
                   "no rule");
    assert_refused(RULE("a") CORRELATION("event_count", "a", ""), 8, "needs a condition");
    assert_refused(RULE("a") CORRELATION("event_count", "a", "  condition: {gte: 40000}\n"), 11,
                   "can be counted");
    assert_refused(RULE("a") CORRELATION("value_count", "a", "  condition: {gte: 3}\n"), 11,
                   "needs 'field'");
    assert_refused(RULE("a")
                       CORRELATION("value_percentile", "a", "  condition: {field: v, gte: 3}\n"),
                   11, "needs 'percentile'");
    assert_refused("title: x\nname: x\ncorrelation: {type: event_count, rules: y, timespan: 1m, "
                   "condition: {gte: 1}}\n---\n"
                   "title: y\nname: y\ncorrelation: {type: event_count, rules: x, timespan: 1m, "
                   "condition: {gte: 1}}\n",
                   7, "was refused");
}

static void memory_is_bounded_and_what_leaves_is_counted(void **state)
{
    (void)state;
    struct world w;
    make(&w, RULE("a")
                 CORRELATION("event_count", "a", "  group-by: [Who]\n  condition: {gte: 30000}\n"));
    char user[32];
    for (int i = 0; i < CORRELATION_GROUPS + 100; i++) {
        (void)snprintf(user, sizeof user, "u%d", i);
        assert_int_equal(event(&w, 0, "a", user, NULL), 0);
    }
    assert_int_equal(correlator_stats(w.correlator)->evicted_groups, 100);
    int alerts = 0;
    for (int i = 0; i < CORRELATION_ENTRIES + 10; i++)
        alerts += event(&w, 1, "a", "one", NULL);
    assert_int_equal(alerts, 1);
    assert_int_equal(correlator_stats(w.correlator)->evicted_groups, CORRELATION_GROUPS + 100);
    done(&w);
}

/* ------------------------------------------------------------------ against a naive evaluator */

static uint64_t seed = 20261124;

static unsigned below(unsigned n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((seed >> 33) % n);
}

struct seen {
    int64_t ms;
    int rule; /* 0 or 1 */
    int user;
    int64_t value;
};

static struct seen log_of[4000]; /* by time, then arrival */
static size_t log_len;

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a;
    const int64_t *y = b;
    return (*x > *y) - (*x < *y);
}

/* What the condition of the type compares, over the window that ends with the `end`-th event. */
static double naive_value(int type, size_t end, int user, int64_t span_ms)
{
    int64_t values[4000];
    size_t n = 0;
    double sum = 0;
    bool rules[2] = {false, false};
    bool ordered = false;
    for (size_t i = 0; i <= end; i++) {
        const struct seen *e = &log_of[i];
        if (e->user != user || e->ms < log_of[end].ms - span_ms)
            continue;
        values[n++] = e->value;
        sum += (double)e->value;
        ordered |= e->rule == 1 && rules[0];
        rules[e->rule] = true;
    }
    qsort(values, n, sizeof *values, by_value);
    size_t distinct = 0;
    for (size_t i = 0; i < n; i++)
        distinct += i == 0 || values[i] != values[i - 1] ? 1 : 0;
    switch (type) {
    case CORRELATION_EVENT_COUNT:
        return (double)n;
    case CORRELATION_VALUE_COUNT:
        return (double)distinct;
    case CORRELATION_TEMPORAL:
        return rules[0] + rules[1];
    case CORRELATION_TEMPORAL_ORDERED:
        return ordered ? 2 : 1;
    case CORRELATION_VALUE_SUM:
        return sum;
    case CORRELATION_VALUE_AVG:
        return sum / (double)n;
    default:
        return (double)values[(n * 75 + 99) / 100 - 1];
    }
}

static void one_stream(int type, unsigned spread_ms)
{
    static const double limits[] = {4, 4, 2, 2, 25, 7, 9};
    char yaml[1024];
    struct world w;
    bool takes = correlation_table[type].takes_field;
    (void)snprintf(yaml, sizeof yaml,
                   RULE("a") RULE("b") "title: c\nid: c\ncorrelation: {type: %.*s, rules: [a, b], "
                                       "group-by: [Who], timespan: 2s, condition: {%s%sgte: %d}}\n",
                   STR_FMT(correlation_table[type].name), takes ? "field: Value, " : "",
                   type == CORRELATION_VALUE_PERCENTILE ? "percentile: 75, " : "",
                   (int)limits[type]);
    make(&w, yaml);
    log_len = 0;
    int64_t clock = 0;
    int64_t newest = INT64_MIN;
    int64_t alerted[2] = {INT64_MIN / 2, INT64_MIN / 2};
    unsigned fired = 0;
    for (int i = 0; i < 600; i++) {
        clock += below(6) == 0 ? below(3000) : below(10) * 100;
        struct seen e = {clock - (int64_t)below(spread_ms + 1), (int)below(2), (int)below(2),
                         below(12)};
        newest = e.ms > newest ? e.ms : newest;
        size_t at = log_len++;
        while (at > 0 && log_of[at - 1].ms > e.ms) {
            log_of[at] = log_of[at - 1];
            at--;
        }
        log_of[at] = e;
        int expected = 0;
        for (size_t end = at; end < log_len; end++) {
            /* Windows that end later are judged anew at this group's events, until one holds. */
            if (log_of[end].user != e.user || naive_value(type, end, e.user, 2000) < limits[type])
                continue;
            int64_t apart = log_of[end].ms - alerted[e.user];
            expected = apart >= 2000 || apart <= -2000;
            if (expected)
                alerted[e.user] = log_of[end].ms;
            break;
        }
        char value[8];
        (void)snprintf(value, sizeof value, "%d", (int)e.value);
        int got = event(&w, e.ms, e.rule ? "b" : "a", e.user ? "y" : "x", value);
        if (got != expected)
            print_error("type %d, event %d: %d alerts, expected %d\n", type, i, got, expected);
        assert_int_equal(got, expected);
        fired += (unsigned)got;
    }
    assert_true(fired > 10);
    assert_int_equal(correlator_stats(w.correlator)->late, 0);
    done(&w);
}

static void random_streams_agree_with_a_naive_evaluator(void **state)
{
    (void)state;
    const char *rounds = getenv("CORDON_DIFF_ROUNDS");
    unsigned n = rounds ? (unsigned)strtoul(rounds, NULL, 10) : 1;
    for (unsigned r = 0; r < n * 4; r++) {
        for (int type = 0; type < CORRELATION_TYPES; type++)
            one_stream(type, r % 2 ? 5000 : 0);
    }
}

static int everything(void *context)
{
    (void)context;
    struct world w;
    int rc = try_make(
        &w, RULE("a") CORRELATION("value_count", "a",
                                  "  group-by: [Who]\n  condition: {field: Value, gte: 1}\n"));
    done(&w);
    return rc;
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    test_every_allocation_fails(everything, NULL, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_count_holds_within_a_window_that_includes_both_ends),
        cmocka_unit_test(values_are_counted_summed_and_ranked),
        cmocka_unit_test(sequences_need_every_rule_and_an_event_does_not_follow_itself),
        cmocka_unit_test(a_chain_sees_every_match_and_keeps_the_group),
        cmocka_unit_test(what_cannot_work_is_refused_at_its_place),
        cmocka_unit_test(memory_is_bounded_and_what_leaves_is_counted),
        cmocka_unit_test(random_streams_agree_with_a_naive_evaluator),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests_name("detect/correlator", tests, NULL, NULL);
}
