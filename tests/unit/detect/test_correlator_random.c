/* detect/correlator: random streams held against an evaluator that looks at everything again for
 * each event. */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "harness/correlating.h"

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
    struct correlating w;
    bool takes = correlation_table[type].takes_field;
    (void)snprintf(
        yaml, sizeof yaml,
        CORRELATING_RULE("a")
            CORRELATING_RULE("b") "title: c\nid: c\ncorrelation: {type: %.*s, rules: [a, b], "
                                  "group-by: [Who], timespan: 2s, condition: {%s%sgte: %d}}\n",
        STR_FMT(correlation_table[type].name), takes ? "field: Value, " : "",
        type == CORRELATION_VALUE_PERCENTILE ? "percentile: 75, " : "", (int)limits[type]);
    correlating_init(&w, yaml);
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
        int got = correlating_event(&w, e.ms, e.rule ? "b" : "a", e.user ? "y" : "x", value);
        if (got != expected)
            print_error("type %d, event %d: %d alerts, expected %d\n", type, i, got, expected);
        assert_int_equal(got, expected);
        fired += (unsigned)got;
    }
    assert_true(fired > 10);
    assert_int_equal(correlator_stats(w.correlator)->late, 0);
    correlating_done(&w);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_streams_agree_with_a_naive_evaluator),
    };
    return cmocka_run_group_tests_name("detect/correlator_random", tests, NULL, NULL);
}
