/* base/map: against a plain array, and what happens when memory is out. */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"

enum { KEYS = 300, ROUNDS = 20000 };

static void a_map_agrees_with_a_plain_array_under_random_use(void **state)
{
    (void)state;
    char names[KEYS][8];
    bool there[KEYS] = {false};
    uint64_t values[KEYS] = {0};
    struct map m = {.seed = 42};
    unsigned seed = 1;
    for (unsigned i = 0; i < KEYS; i++)
        (void)snprintf(names[i], sizeof names[i], "k%u", i);
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned k = (unsigned)rand_r(&seed) % KEYS;
        if (rand_r(&seed) % 2) {
            values[k] = round;
            there[k] = true;
            assert_ok(map_put(&m, str_of(names[k]), round));
        } else {
            assert_int_equal(map_remove(&m, str_of(names[k])), there[k]);
            there[k] = false;
        }
        uint64_t got = 0;
        unsigned q = (unsigned)rand_r(&seed) % KEYS;
        assert_int_equal(map_find(&m, str_of(names[q]), &got), there[q]);
        if (there[q])
            assert_true(got == values[q]);
    }
    size_t pos = 0;
    size_t seen = 0;
    for (const struct map_slot *slot = map_next(&m, &pos); slot; slot = map_next(&m, &pos)) {
        unsigned k = (unsigned)strtoul(slot->key.ptr + 1, NULL, 10);
        assert_true(there[k]);
        assert_true(slot->value == values[k]);
        seen++;
    }
    assert_int_equal(seen, m.len);
    map_done(&m);
    assert_int_equal(m.seed, 42);
}

static void an_absent_key_leaves_the_output_alone(void **state)
{
    (void)state;
    struct map m = {0};
    uint64_t value = 5;
    assert_false(map_find(&m, STR("a"), &value));
    assert_false(map_remove(&m, STR("a")));
    assert_ok(map_put(&m, STR("b"), 1));
    assert_false(map_find(&m, STR("a"), &value));
    assert_true(map_find(&m, STR("b"), NULL));
    assert_null(map_find_ptr(&m, STR("a")));
    assert_int_equal(value, 5);
    map_done(&m);
}

static void a_second_put_replaces_and_a_clear_forgets(void **state)
{
    (void)state;
    struct map m = {0};
    int one = 1;
    int two = 2;
    assert_ok(map_put_ptr(&m, STR("k"), &one));
    assert_ok(map_put_ptr(&m, STR("k"), &two));
    assert_int_equal(m.len, 1);
    assert_ptr_equal(map_find_ptr(&m, STR("k")), &two);
    /* The empty key is a key. */
    assert_ok(map_put_ptr(&m, STR(""), &one));
    assert_ptr_equal(map_find_ptr(&m, (struct str){0}), &one);
    map_clear(&m);
    assert_int_equal(m.len, 0);
    assert_null(map_find_ptr(&m, STR("k")));
    size_t pos = 0;
    assert_null(map_next(&m, &pos));
    map_done(&m);
}

static void a_put_without_memory_changes_nothing(void **state)
{
    (void)state;
    char names[64][8];
    struct map m = {0};
    unsigned put = 0;
    for (; put < 64; put++) {
        (void)snprintf(names[put], sizeof names[put], "k%u", put);
        mem_fail_after(1);
        int rc = map_put(&m, str_of(names[put]), put);
        mem_fail_after(0);
        if (rc) {
            assert_int_equal(rc, E_NOMEM);
            assert_int_equal(m.len, put);
            for (unsigned i = 0; i < put; i++)
                assert_true(map_find(&m, str_of(names[i]), NULL));
            assert_ok(map_put(&m, str_of(names[put]), put));
        }
    }
    assert_int_equal(m.len, 64);
    map_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_agrees_with_a_plain_array_under_random_use),
        cmocka_unit_test(an_absent_key_leaves_the_output_alone),
        cmocka_unit_test(a_second_put_replaces_and_a_clear_forgets),
        cmocka_unit_test(a_put_without_memory_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
