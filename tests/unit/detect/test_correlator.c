/* detect/correlator: what makes each type fire, boundaries, chains, what is refused, bounded
 * memory. Random streams are in test_correlator_random.c. */
#include "harness/test.h"

#include <stdio.h>

#include "harness/correlating.h"

static void a_count_holds_within_a_window_that_includes_both_ends(void **state)
{
    (void)state;
    struct correlating w;
    correlating_init(&w, CORRELATING_RULE("a") CORRELATING(
                             "event_count", "a", "  group-by: [Who]\n  condition: {gte: 3}\n"));
    assert_true(ruleset_is_silent(w.rules, 0));
    assert_int_equal(correlating_event(&w, 0, "a", "x", NULL), 0);
    assert_int_equal(correlating_event(&w, 1000, "a", "y", NULL), 0);
    assert_int_equal(correlating_event(&w, 5000, "a", "x", NULL), 0);
    assert_int_equal(correlating_event(&w, 9000, "b", "x", NULL), 0);
    assert_int_equal(correlating_event(&w, 10001, "a", "y", NULL), 0);
    assert_int_equal(correlating_event(&w, 10000, "a", "x", NULL), 1);
    assert_int_equal(w.alerts[0].match.rule, 1);
    assert_str(w.alerts[0].match.fields[0].field, "Who");
    assert_str(w.alerts[0].match.fields[0].value, "x");
    assert_int_equal(w.alerts[0].value, 3000);
    assert_int_equal(w.alerts[0].events_total, 3);
    /* One alert a timespan and group. */
    assert_int_equal(correlating_event(&w, 12000, "a", "x", NULL), 0);
    assert_int_equal(correlating_event(&w, 19999, "a", "x", NULL), 0);
    assert_int_equal(correlating_event(&w, 20000, "a", "x", NULL), 1);
    assert_int_equal(correlating_event(&w, 21000, "a", NULL, NULL), 0);
    assert_int_equal(correlator_stats(w.correlator)->incomplete, 1);
    correlating_done(&w);
}

static void values_are_counted_summed_and_ranked(void **state)
{
    (void)state;
    struct correlating w;
    correlating_init(&w, CORRELATING_RULE("a") CORRELATING("value_count", "a",
                                                           "  condition: {field: Value, gt: 2}\n"));
    assert_int_equal(correlating_event(&w, 0, "a", NULL, "1"), 0);
    assert_int_equal(correlating_event(&w, 1, "a", NULL, "2"), 0);
    assert_int_equal(correlating_event(&w, 2, "a", NULL, "2"), 0);
    assert_int_equal(correlating_event(&w, 10001, "a", NULL, "3"), 0);
    assert_int_equal(correlating_event(&w, 10001, "a", NULL, "4"), 1);
    correlating_done(&w);
    correlating_init(&w, CORRELATING_RULE("a") CORRELATING(
                             "value_sum", "a", "  condition: {field: Value, gte: 2.5}\n"));
    assert_int_equal(correlating_event(&w, 0, "a", NULL, "1.25"), 0);
    assert_int_equal(correlating_event(&w, 1, "a", NULL, "x"), 0);
    assert_int_equal(correlating_event(&w, 2, "a", NULL, "1.25"), 1);
    assert_int_equal(w.alerts[0].value, 2500);
    correlating_done(&w);
    correlating_init(&w, CORRELATING_RULE("a") CORRELATING(
                             "value_avg", "a", "  condition: {field: Value, gt: 1, lt: 2}\n"));
    assert_int_equal(correlating_event(&w, 0, "a", NULL, "1"), 0);
    assert_int_equal(correlating_event(&w, 1, "a", NULL, "1"), 0);
    assert_int_equal(correlating_event(&w, 2, "a", NULL, "2"), 1);
    assert_int_equal(w.alerts[0].value, 1333);
    correlating_done(&w);
    correlating_init(&w, CORRELATING_RULE("a")
                             CORRELATING("value_percentile", "a",
                                         "  condition: {field: Value, percentile: 50, eq: 7}\n"));
    assert_int_equal(correlating_event(&w, 0, "a", NULL, "9"), 0);
    assert_int_equal(correlating_event(&w, 1, "a", NULL, "7"), 1);
    correlating_done(&w);
}

static void sequences_need_every_rule_and_an_event_does_not_follow_itself(void **state)
{
    (void)state;
    struct correlating w;
    correlating_init(&w, CORRELATING_RULE("a") CORRELATING_RULE("b")
                             CORRELATING("temporal", "[a, b]", ""));
    assert_int_equal(correlating_event(&w, 0, "b", NULL, NULL), 0);
    assert_int_equal(correlating_event(&w, 10001, "a", NULL, NULL), 0);
    assert_int_equal(correlating_event(&w, 10002, "b", NULL, NULL), 1);
    correlating_done(&w);
    correlating_init(&w, CORRELATING_RULE("a") CORRELATING_RULE("b")
                             CORRELATING("temporal_ordered", "[a, b]", ""));
    assert_int_equal(correlating_event(&w, 0, "b", NULL, NULL), 0);
    assert_int_equal(correlating_event(&w, 1, "a", NULL, NULL), 0);
    assert_int_equal(correlating_event(&w, 2, "b", NULL, NULL), 1);
    correlating_done(&w);
    correlating_init(
        &w, CORRELATING_RULE("a") "title: t\nname: t\ndetection: {s: {What: a}, condition: "
                                  "s}\n---\n" CORRELATING("temporal_ordered", "[a, t]", ""));
    assert_int_equal(correlating_event(&w, 0, "a", NULL, NULL), 0);
    assert_int_equal(correlating_event(&w, 0, "a", NULL, NULL), 1);
    correlating_done(&w);
}

static void a_chain_sees_every_match_and_keeps_the_group(void **state)
{
    (void)state;
    struct correlating w;
    correlating_init(
        &w, "title: c\nid: c\ncorrelation:\n  type: temporal_ordered\n  rules: [many, b]\n"
            "  group-by: [Who]\n  timespan: 10s\n---\n" CORRELATING_RULE("a") CORRELATING_RULE(
                "b") "title: many\nname: many\ncorrelation:\n  type: event_count\n  rules: [a]\n"
                     "  group-by: [Who]\n  timespan: 10s\n  condition: {gte: 2}\n");
    assert_int_equal(ruleset_correlations(w.rules), 2);
    assert_int_equal(correlating_event(&w, 0, "a", "x", NULL), 0);
    assert_int_equal(correlating_event(&w, 1000, "a", "x", NULL), 0);
    assert_int_equal(correlating_event(&w, 9000, "a", "x", NULL), 0);
    assert_int_equal(correlating_event(&w, 15000, "b", "y", NULL), 0);
    assert_int_equal(correlating_event(&w, 15000, "b", "x", NULL), 1);
    assert_str(ruleset_info(w.rules, w.alerts[0].match.rule).id, "c");
    correlating_done(&w);
}

static void assert_refused(const char *yaml, unsigned line, const char *part)
{
    struct correlating w;
    assert_ok(correlating_try(&w, yaml));
    if (w.counts.refused == 0 || w.last.line != line || !strstr(w.last.message, part)) {
        print_error("%s\n%u refused, %u:%u %s\n", yaml, w.counts.refused, w.last.line,
                    w.last.column, w.last.message);
        fail();
    }
    correlating_done(&w);
}

static void what_cannot_work_is_refused_at_its_place(void **state)
{
    (void)state;
    assert_refused(CORRELATING_RULE("a") CORRELATING("event_cuont", "a", "  condition: {gte: 3}\n"),
                   8, "unknown type");
    assert_refused(CORRELATING_RULE("a") CORRELATING("event_count", "z", "  condition: {gte: 3}\n"),
                   9, "no rule");
    assert_refused(CORRELATING_RULE("a") CORRELATING("event_count", "a", ""), 8,
                   "needs a condition");
    assert_refused(CORRELATING_RULE("a")
                       CORRELATING("event_count", "a", "  condition: {gte: 40000}\n"),
                   11, "can be counted");
    assert_refused(CORRELATING_RULE("a") CORRELATING("value_count", "a", "  condition: {gte: 3}\n"),
                   11, "needs 'field'");
    assert_refused(CORRELATING_RULE("a")
                       CORRELATING("value_percentile", "a", "  condition: {field: v, gte: 3}\n"),
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
    struct correlating w;
    correlating_init(&w, CORRELATING_RULE("a") CORRELATING(
                             "event_count", "a", "  group-by: [Who]\n  condition: {gte: 30000}\n"));
    char user[32];
    for (int i = 0; i < CORRELATION_GROUPS + 100; i++) {
        (void)snprintf(user, sizeof user, "u%d", i);
        assert_int_equal(correlating_event(&w, 0, "a", user, NULL), 0);
    }
    assert_int_equal(correlator_stats(w.correlator)->evicted_groups, 100);
    int alerts = 0;
    for (int i = 0; i < CORRELATION_ENTRIES + 10; i++)
        alerts += correlating_event(&w, 1, "a", "one", NULL);
    assert_int_equal(alerts, 1);
    assert_int_equal(correlator_stats(w.correlator)->evicted_groups, CORRELATION_GROUPS + 100);
    correlating_done(&w);
}

static int everything(void *context)
{
    (void)context;
    struct correlating w;
    int rc = correlating_try(
        &w, CORRELATING_RULE("a") CORRELATING(
                "value_count", "a", "  group-by: [Who]\n  condition: {field: Value, gte: 1}\n"));
    correlating_done(&w);
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
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests_name("detect/correlator", tests, NULL, NULL);
}
