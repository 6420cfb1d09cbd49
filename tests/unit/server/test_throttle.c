/* server/throttle: a few failures at once, then one each interval; addresses apart from each other;
 * memory that does not grow. */
#include "harness/test.h"

#include <stdio.h>

#include "server/throttle.h"

static struct throttle *make(void)
{
    struct throttle *t = NULL;
    assert_ok(throttle_new(3, 1000, &t));
    return t;
}

static unsigned takes(struct throttle *t, const char *address, int64_t now_ms)
{
    unsigned n = 0;
    while (n < 100 && throttle_take(t, address, now_ms))
        n++;
    return n;
}

static void a_burst_is_allowed_and_then_one_attempt_each_interval(void **state)
{
    (void)state;
    struct throttle *t = make();
    assert_int_equal(takes(t, "192.0.2.1", 5000), 3);
    assert_int_equal(takes(t, "192.0.2.1", 5999), 0);
    assert_int_equal(takes(t, "192.0.2.1", 6000), 1);
    assert_int_equal(takes(t, "192.0.2.1", 8500), 2);
    assert_int_equal(takes(t, "192.0.2.1", 9000), 1);
    assert_int_equal(takes(t, "192.0.2.1", 1000000), 3);
    throttle_free(t);
}

static void what_is_given_back_can_be_taken_again_and_no_more(void **state)
{
    (void)state;
    struct throttle *t = make();
    assert_true(throttle_take(t, "192.0.2.1", 0));
    throttle_give(t, "192.0.2.1", 0);
    assert_int_equal(takes(t, "192.0.2.1", 0), 3);
    throttle_give(t, "192.0.2.1", 0);
    assert_int_equal(takes(t, "192.0.2.1", 0), 1);
    throttle_give(t, "192.0.2.2", 0);
    assert_int_equal(takes(t, "192.0.2.2", 0), 3);
    throttle_free(t);
}

static void addresses_have_their_own_buckets_and_an_ipv6_network_has_one(void **state)
{
    (void)state;
    struct throttle *t = make();
    assert_int_equal(takes(t, "192.0.2.1", 0), 3);
    assert_int_equal(takes(t, "192.0.2.2", 0), 3);
    assert_int_equal(takes(t, "2001:db8::1", 0), 3);
    assert_int_equal(takes(t, "2001:db8::2", 0), 0);
    assert_int_equal(takes(t, "2001:db8:0:1::1", 0), 3);
    assert_int_equal(takes(t, "not an address", 0), 3);
    throttle_free(t);
}

static void the_guilty_are_remembered_among_many_others(void **state)
{
    (void)state;
    struct throttle *t = make();
    char address[32];
    assert_int_equal(takes(t, "192.0.2.1", 0), 3);
    for (unsigned i = 0; i < 100000; i++) {
        (void)snprintf(address, sizeof address, "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
        assert_true(throttle_take(t, address, 0));
    }
    assert_int_equal(takes(t, "192.0.2.1", 0), 0);
    throttle_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_is_allowed_and_then_one_attempt_each_interval),
        cmocka_unit_test(what_is_given_back_can_be_taken_again_and_no_more),
        cmocka_unit_test(addresses_have_their_own_buckets_and_an_ipv6_network_has_one),
        cmocka_unit_test(the_guilty_are_remembered_among_many_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
