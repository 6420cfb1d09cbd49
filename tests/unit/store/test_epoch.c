/* store: the window of committed sequences agrees with a plain set of them. */
#include "store/epoch.h"

#include <stdlib.h>

#include "harness/test.h"

enum { SEQUENCES = 6000 };

static void the_window_agrees_with_a_set_under_random_use(void **state)
{
    (void)state;
    static bool seen[SEQUENCES + 1];
    struct store_epoch epoch = {0};
    unsigned char window[EPOCH_WINDOW_BYTES];
    unsigned char next[EPOCH_WINDOW_BYTES];
    unsigned seed = 3;
    uint64_t last = 0;
    uint64_t count = 0;
    for (unsigned round = 0; round < 20000; round++) {
        uint64_t sequence = last + (uint64_t)(rand_r(&seed) % 4);
        if (rand_r(&seed) % 3 == 0)
            sequence = (uint64_t)rand_r(&seed) % (last + 1);
        if (rand_r(&seed) % 500 == 0)
            sequence = last + (uint64_t)(rand_r(&seed) % 1500);
        if (sequence == 0 || sequence > SEQUENCES)
            continue;
        enum epoch_verdict expected = EPOCH_NEW;
        if (sequence <= last && last - sequence >= EPOCH_WINDOW)
            expected = EPOCH_TOO_OLD;
        else if (seen[sequence])
            expected = EPOCH_SEEN;
        assert_int_equal(epoch_judge(&epoch, sequence), expected);
        if (expected != EPOCH_NEW)
            continue;
        uint64_t gap = epoch_note(&epoch, sequence, next);
        assert_int_equal(gap, sequence > last ? sequence - last - 1 : 0);
        memcpy(window, next, sizeof window);
        epoch.window = str_n((const char *)window, sizeof window);
        seen[sequence] = true;
        count++;
        if (sequence > last)
            last = sequence;
        assert_int_equal(epoch.last_sequence, last);
        assert_int_equal(epoch.missing, last - count);
    }
    assert_true(last > SEQUENCES / 2);
}

static void the_farthest_jump_is_counted_without_overflow(void **state)
{
    (void)state;
    struct store_epoch epoch = {0};
    unsigned char window[EPOCH_WINDOW_BYTES];
    assert_int_equal(epoch_note(&epoch, INT64_MAX, window), INT64_MAX - 1);
    assert_int_equal(epoch_judge(&epoch, INT64_MAX), EPOCH_SEEN);
    assert_int_equal(epoch_judge(&epoch, INT64_MAX - 1), EPOCH_NEW);
    assert_int_equal(epoch_judge(&epoch, 1), EPOCH_TOO_OLD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_window_agrees_with_a_set_under_random_use),
        cmocka_unit_test(the_farthest_jump_is_counted_without_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
