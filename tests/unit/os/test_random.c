/* os/random and os/clock: forms, bounds, and that bytes are spread; quality is the kernel's. */
#include "harness/test.h"

#include "base/buf.h"
#include "os/clock.h"
#include "os/random.h"

static void every_byte_value_appears(void **state)
{
    (void)state;
    bool seen[256] = {false};
    unsigned char bytes[16384];
    random_bytes(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        seen[bytes[i]] = true;
    for (size_t i = 0; i < ARRAY_LEN(seen); i++)
        assert_true(seen[i]);
    random_bytes(bytes, 0);
}

static void a_number_below_a_bound_stays_below_and_reaches_all(void **state)
{
    (void)state;
    unsigned counts[7] = {0};
    for (int i = 0; i < 2000; i++) {
        uint64_t v = random_below(ARRAY_LEN(counts));
        assert_true(v < ARRAY_LEN(counts));
        counts[v]++;
    }
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        assert_true(counts[i] > 0);
    assert_int_equal(random_below(1), 0);
    for (int i = 0; i < 100; i++)
        assert_true(random_below((UINT64_C(1) << 63) + 1) <= UINT64_C(1) << 63);
    assert_true(random_u64() != random_u64());
}

static void a_token_has_its_prefix_and_length_and_is_new_each_time(void **state)
{
    (void)state;
    struct buf a CLEANUP(buf_done) = {0};
    struct buf b CLEANUP(buf_done) = {0};
    random_token_add(&a, "p_", 32);
    random_token_add(&b, "p_", 32);
    assert_int_equal(a.len, 2 + 43);
    assert_true(str_starts(buf_str(&a), STR("p_")));
    assert_false(str_eq(buf_str(&a), buf_str(&b)));
}

static void a_uuid_is_a_version_4_uuid(void **state)
{
    (void)state;
    static const char form[] = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
    struct buf b CLEANUP(buf_done) = {0};
    random_uuid_add(&b);
    assert_int_equal(b.len, sizeof form - 1);
    for (size_t i = 0; i < b.len; i++) {
        char c = b.ptr[i];
        if (form[i] == 'x')
            assert_non_null(memchr("0123456789abcdef", c, 16));
        else if (form[i] == 'y')
            assert_non_null(memchr("89ab", c, 4));
        else
            assert_int_equal(c, form[i]);
    }
}

static void clocks_move_forward(void **state)
{
    (void)state;
    int64_t last = clock_mono_ns();
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_mono_ns();
        assert_true(now >= last);
        last = now;
    }
    assert_true(clock_mono_ms() >= last / 1000000);
    assert_true(clock_thread_cpu_ns() > 0);
    /* 2020-01-01, before this program was written. */
    assert_true(clock_wall_ns() > INT64_C(1577836800) * 1000000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_value_appears),
        cmocka_unit_test(a_number_below_a_bound_stays_below_and_reaches_all),
        cmocka_unit_test(a_token_has_its_prefix_and_length_and_is_new_each_time),
        cmocka_unit_test(a_uuid_is_a_version_4_uuid),
        cmocka_unit_test(clocks_move_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
