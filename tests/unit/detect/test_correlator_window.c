/* detect/correlator_window: what an ordered sequence costs, counted and not timed. What the windows
 * hold is tested with the correlator. */
#include "harness/test.h"

#include "detect/correlator_window.h"

static struct correlator_window ordered(uint32_t rules)
{
    return (struct correlator_window){
        .type = CORRELATION_TEMPORAL_ORDERED, .rules = rules, .timespan_ns = 1000 * NS_PER_S};
}

/* @return looks it took */
static uint64_t put(struct correlator_window *w, int64_t time_ns, uint64_t rule)
{
    static uint64_t arrival;
    const struct correlator_entry e = {.time_ns = time_ns, .value = rule, .arrival = ++arrival};
    uint64_t before = w->work;
    assert_ok(correlator_window_insert(w, &e, 1));
    while (w->end < w->len)
        assert_ok(correlator_window_advance(w));
    return w->work - before;
}

static int64_t value(const struct correlator_window *w)
{
    __int128 num;
    int64_t den;
    correlator_window_value(w, &num, &den);
    return (int64_t)num / 1000;
}

/* The most that one event can cost: each length, each rule from there on. */
static uint64_t cells(uint32_t rules)
{
    return (uint64_t)rules * (rules + 1);
}

static void an_event_costs_the_same_however_many_the_group_remembers(void **state)
{
    (void)state;
    static const uint32_t rules[] = {1, 2, 5, CORRELATION_RULES};
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        struct correlator_window w = ordered(rules[i]);
        for (int n = 0; n < CORRELATION_ORDERED; n++) {
            /* Falling, rising, and one rule alone, in turns. */
            uint64_t rule = n % 3 == 0   ? (uint64_t)n % rules[i]
                            : n % 3 == 1 ? rules[i] - 1 - (uint64_t)n % rules[i]
                                         : 0;
            assert_true(put(&w, n, rule) <= cells(rules[i]));
        }
        assert_int_equal(value(&w), rules[i]);
        correlator_window_done(&w);
    }
}

static void a_late_event_costs_a_look_at_each_of_the_group(void **state)
{
    (void)state;
    struct correlator_window w = ordered(2);
    for (int n = 1; n < CORRELATION_ORDERED; n++)
        (void)put(&w, n, 1);
    assert_int_equal(value(&w), 1);
    uint64_t work = put(&w, 0, 0); /* before all others, and all windows are looked at again */
    assert_true(work >= CORRELATION_ORDERED);
    assert_true(work <= CORRELATION_ORDERED * cells(2));
    assert_int_equal(value(&w), 2);
    /* Once the oldest event is dropped the sequence that began with it is over. */
    correlator_window_drop(&w);
    assert_int_equal(value(&w), 1);
    assert_true(put(&w, CORRELATION_ORDERED, 0) <= cells(2));
    correlator_window_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_costs_the_same_however_many_the_group_remembers),
        cmocka_unit_test(a_late_event_costs_a_look_at_each_of_the_group),
    };
    return cmocka_run_group_tests_name("detect/correlator_window", tests, NULL, NULL);
}
