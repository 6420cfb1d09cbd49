/* detect/correlator: what goes on over a change of the ruleset and what begins anew. Random streams
 * over such changes are in test_correlator_random.c. */
#include "harness/test.h"

#include "harness/correlating.h"

#define A      CORRELATING_RULE("a")
#define B      CORRELATING_RULE("b")
#define C      "title: c\nid: c\nlevel: low\ncorrelation:\n"
#define COUNT  "  type: event_count\n  rules: [a, b]\n  group-by: [Who]\n  timespan: 10s\n"
#define TWO    "  condition: {gte: 2}\n"
#define FAILED C COUNT TWO
#define MANY(n)                                                                                    \
    "title: many\nname: many\nid: many\ncorrelation: {type: event_count, rules: a, "               \
    "timespan: 10s, condition: {gte: " n "}}\n---\n"
#define ON_MANY C "  type: temporal\n  rules: [many, b]\n  timespan: 10s\n"

/* One of the two events that the correlation needs comes before the change. */
static bool goes_on(const char *before, const char *after)
{
    struct correlating w;
    correlating_init(&w, before);
    assert_int_equal(correlating_event(&w, 0, "a", "x", "1"), 0);
    correlating_swap(&w, after);
    int alerts = correlating_event(&w, 5000, "b", "x", "2");
    correlating_done(&w);
    return alerts > 0;
}

static void what_means_the_same_goes_on(void **state)
{
    static const char *const same[] = {
        A B FAILED,
        B A FAILED,
        /* Other rules around it, which also ask for the same. */
        CORRELATING_RULE("z") B
        "title: y\ndetection: {s: {What|contains: [a, b]}, condition: s}\n---\n" A
        "title: x\nid: x\ncorrelation: {type: event_count, rules: [z, a], timespan: 1m, "
        "condition: {gt: 5}}\n---\n" FAILED,
        /* Words that do not count. */
        A B
        "title: another title\nid: c\nlevel: high\ntags: [attack.t1059]\ncorrelation:\n" COUNT TWO,
        "title: a\nname: a\nlevel: high\ndescription: d\ndetection: {t: {What: a}, condition: "
        "t}\n---\n" B FAILED,
        A B C COUNT TWO "  generate: true\n",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        if (!goes_on(A B FAILED, same[i])) {
            print_error("%s\n", same[i]);
            fail();
        }
    }
    assert_true(goes_on(A B MANY("1") ON_MANY, MANY("1") B ON_MANY "---\n" A));
}

static void what_means_something_else_begins_anew(void **state)
{
    static const char *const others[] = {
        A B "title: c\nid: d\ncorrelation:\n" COUNT TWO,
        A B C "  type: event_count\n  rules: [a, b]\n  group-by: [Who]\n  timespan: 11s\n" TWO,
        A B C "  type: event_count\n  rules: [b, a]\n  group-by: [Who]\n  timespan: 10s\n" TWO,
        A B C "  type: event_count\n  rules: [a, b]\n  group-by: [What]\n  timespan: 10s\n" TWO,
        A B C "  type: event_count\n  rules: [a, b]\n  timespan: 10s\n" TWO,
        A B C COUNT "  condition: {gt: 1}\n",
        A B C COUNT "  condition: {gte: 2, lt: 9}\n",
        A B C "  type: value_count\n  rules: [a, b]\n  group-by: [Who]\n  timespan: 10s\n"
              "  condition: {field: Value, gte: 2}\n",
        A B C "  type: event_count\n  rules: [a, b]\n  group-by: [u]\n  timespan: 10s\n" TWO
              "  aliases: {u: {a: Who, b: Who}}\n",
        /* Its rules: the condition, the id, the log source, a filter. */
        "title: a\nname: a\ndetection: {s: {What|startswith: a}, condition: s}\n---\n" B FAILED,
        "title: a\nname: a\nid: a2\ndetection: {s: {What: a}, condition: s}\n---\n" B FAILED,
        "title: a\nname: a\nlogsource: {product: macos}\n"
        "detection: {s: {What: a}, condition: s}\n---\n" B FAILED,
        A B FAILED
        "---\ntitle: f\nlogsource: {}\nfilter: {rules: [a], s: {Who: q}, condition: not s}\n",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        if (goes_on(A B FAILED, others[i])) {
            print_error("%s\n", others[i]);
            fail();
        }
    }
    assert_false(goes_on(A B MANY("1") ON_MANY, A B MANY("2") ON_MANY));
}

static void an_alert_is_not_repeated_and_its_events_name_the_rules_of_the_new_ruleset(void **state)
{
    (void)state;
    struct correlating w;
    correlating_init(&w, A B FAILED);
    assert_int_equal(correlating_event(&w, 0, "a", "x", NULL), 0);
    assert_int_equal(correlating_event(&w, 1000, "b", "x", NULL), 1);
    correlating_swap(&w, B CORRELATING_RULE("z") FAILED "---\n" A);
    assert_int_equal(correlator_stats(w.correlator)->alerts, 1);
    assert_int_equal(correlating_event(&w, 2000, "a", "x", NULL), 0);
    assert_int_equal(correlating_event(&w, 10999, "b", "x", NULL), 0);
    assert_int_equal(correlating_event(&w, 11000, "a", "x", NULL), 1);
    assert_int_equal(w.alerts[0].events_total, 4);
    static const char *const rules[] = {"b", "a", "b", "a"};
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        assert_str(ruleset_info(w.rules, w.alerts[0].events[i].rule).id, rules[i]);
    assert_int_equal(correlator_stats(w.correlator)->alerts, 2);
    correlating_done(&w);
}

static void rulesets_without_correlations_in_between_are_no_trouble(void **state)
{
    (void)state;
    struct correlating w;
    correlating_init(&w, A);
    correlating_swap(&w, A B FAILED);
    assert_int_equal(correlating_event(&w, 0, "a", "x", NULL), 0);
    correlating_swap(&w, A);
    assert_int_equal(correlating_event(&w, 1, "a", "x", NULL), 0);
    correlating_swap(&w, A B FAILED);
    assert_int_equal(correlating_event(&w, 2, "a", "x", NULL), 0);
    assert_int_equal(correlating_event(&w, 3, "a", "x", NULL), 1);
    correlating_done(&w);
}

/* An adoption that fails leaves the old one as it was; one that succeeds takes everything. */
static int adopt(void *context)
{
    const struct correlating *next = context;
    struct correlating w;
    struct correlator *c = NULL;
    int rc = correlating_try(&w, A B FAILED);
    if (rc == 0)
        rc = correlator_new(next->rules, &c);
    if (rc == 0) {
        const struct match a = {.rule = 0};
        const struct correlated *alerts;
        struct extra who = {STR("Who"), {.type = VALUE_STR, .s = STR("x")}};
        const struct event ev = {.time_ns = NS_PER_S, .extras = &who, .extras_len = 1};
        rc = correlator_event(w.correlator, &ev, 1, &a, 1, &alerts);
        if (rc == 0) {
            rc = correlator_adopt(c, w.correlator);
            struct correlator *good = rc ? w.correlator : c;
            const struct match b = {.rule = rc ? 0 : 1};
            int alerted = correlator_event(good, &ev, 2, &b, 1, &alerts);
            if (alerted < 0)
                rc = alerted;
            else
                assert_int_equal(alerted, 1);
        }
    }
    correlator_free(c);
    correlating_done(&w);
    return rc;
}

static void an_adoption_that_fails_leaves_the_old_one_usable(void **state)
{
    (void)state;
    struct correlating next;
    correlating_init(&next, B A FAILED);
    test_every_allocation_fails(adopt, &next, 3000);
    correlating_done(&next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_means_the_same_goes_on),
        cmocka_unit_test(what_means_something_else_begins_anew),
        cmocka_unit_test(an_alert_is_not_repeated_and_its_events_name_the_rules_of_the_new_ruleset),
        cmocka_unit_test(rulesets_without_correlations_in_between_are_no_trouble),
        cmocka_unit_test(an_adoption_that_fails_leaves_the_old_one_usable),
    };
    return cmocka_run_group_tests_name("detect/correlator_adopt", tests, NULL, NULL);
}
