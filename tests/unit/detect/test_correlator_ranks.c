/* detect/correlator_ranks: thousands of numbers that come and go, held against a sorted list; how
 * many numbers one of them moves at most. */
#include "harness/test.h"

#include <stdlib.h>
#include <string.h>

#include "detect/correlator_ranks.h"

enum { NUMBERS = 6000 };

static uint64_t seed = 20261124;

static unsigned below(unsigned n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((seed >> 33) % n);
}

static int64_t sorted[NUMBERS];
static size_t sorted_len;

static void put(struct correlator_ranks *r, int64_t value)
{
    size_t at = sorted_len++;
    for (; at > 0 && sorted[at - 1] > value; at--)
        sorted[at] = sorted[at - 1];
    sorted[at] = value;
    assert_ok(correlator_ranks_add(r, value));
}

static void drop(struct correlator_ranks *r, size_t at)
{
    correlator_ranks_remove(r, sorted[at]);
    memmove(sorted + at, sorted + at + 1, (--sorted_len - at) * sizeof *sorted);
}

static void check(const struct correlator_ranks *r)
{
    assert_int_equal(r->len, sorted_len);
    for (size_t i = 0; i < sorted_len; i += 1 + below(50))
        assert_true(correlator_ranks_at(r, i) == sorted[i]);
    if (sorted_len)
        assert_true(correlator_ranks_at(r, sorted_len - 1) == sorted[sorted_len - 1]);
    for (size_t i = 0; i < r->blocks_len; i++)
        assert_in_range(r->blocks[i].len, 1, CORRELATOR_RANKS_BLOCK);
    /* Full ones are halved: there are not many of them. */
    assert_true(r->blocks_len <= 1 + NUMBERS / (CORRELATOR_RANKS_BLOCK / 2));
}

static void numbers_stand_in_order_whatever_comes_and_goes(void **state)
{
    (void)state;
    static const unsigned ranges[] = {3, 1000, 1u << 30}; /* many equal ones, few, none */
    for (size_t k = 0; k < ARRAY_LEN(ranges); k++) {
        struct correlator_ranks r = {0};
        sorted_len = 0;
        for (int i = 0; i < NUMBERS; i++) {
            put(&r, (int64_t)below(ranges[k]) - ranges[k] / 2);
            if (below(3) == 0)
                drop(&r, below((unsigned)sorted_len));
            if (i % 100 == 0)
                check(&r);
        }
        assert_true(r.blocks_len > 4);
        while (sorted_len)
            drop(&r, below((unsigned)sorted_len));
        check(&r);
        assert_int_equal(r.blocks_len, 0);
        correlator_ranks_done(&r);
    }
}

static void rising_and_falling_numbers_are_no_worse(void **state)
{
    (void)state;
    struct correlator_ranks r = {0};
    sorted_len = 0;
    for (int i = 0; i < NUMBERS / 2; i++) {
        put(&r, i);
        put(&r, -i);
    }
    check(&r);
    correlator_ranks_done(&r);
}

static int fill(void *context)
{
    (void)context;
    struct correlator_ranks r = {0};
    int rc = 0;
    size_t len = 0;
    for (int i = 0; i < 3 * CORRELATOR_RANKS_BLOCK && !rc; i++) {
        rc = correlator_ranks_add(&r, i % 7);
        len += rc ? 0 : 1;
    }
    assert_int_equal(r.len, len);
    assert_true(len == 0 || correlator_ranks_at(&r, len - 1) <= 6);
    correlator_ranks_done(&r);
    return rc;
}

static void a_failed_allocation_adds_nothing(void **state)
{
    (void)state;
    test_every_allocation_fails(fill, NULL, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_stand_in_order_whatever_comes_and_goes),
        cmocka_unit_test(rising_and_falling_numbers_are_no_worse),
        cmocka_unit_test(a_failed_allocation_adds_nothing),
    };
    return cmocka_run_group_tests_name("detect/correlator_ranks", tests, NULL, NULL);
}
