/* base/arena: alignment, limits, reuse. */
#include "harness/test.h"

#include <stdlib.h>

#include "base/arena.h"

static void memory_is_aligned_zeroed_and_apart(void **state)
{
    (void)state;
    struct arena a = {0};
    unsigned char *blocks[500];
    size_t sizes[500];
    unsigned seed = 7;
    for (unsigned i = 0; i < 500; i++) {
        sizes[i] = (size_t)(rand_r(&seed) % 900);
        blocks[i] = arena_alloc(&a, sizes[i]);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % 16, 0);
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(blocks[i][k], 0);
        memset(blocks[i], (int)(i % 255 + 1), sizes[i]);
    }
    for (unsigned i = 0; i < 500; i++) {
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(blocks[i][k], i % 255 + 1);
    }
    arena_done(&a);
}

static void memory_is_zero_again_after_a_clear(void **state)
{
    (void)state;
    struct arena a = {0};
    memset(arena_alloc(&a, 3000), 0xff, 3000);
    memset(arena_alloc(&a, 3000), 0xff, 3000);
    arena_clear(&a);
    assert_int_equal(a.used_bytes, 0);
    unsigned char *p = arena_alloc(&a, 3000);
    for (size_t i = 0; i < 3000; i++)
        assert_int_equal(p[i], 0);
    arena_done(&a);
    assert_null(a.head);
}

static void a_limit_bounds_what_is_handed_out(void **state)
{
    (void)state;
    struct arena a = {.limit_bytes = 64};
    assert_non_null(arena_alloc(&a, 33));
    assert_null(arena_alloc(&a, 17));
    assert_non_null(arena_alloc(&a, 16));
    assert_null(arena_alloc(&a, 1));
    arena_clear(&a);
    assert_non_null(arena_alloc(&a, 64));
    arena_done(&a);
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    struct arena a = {0};
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_alloc(&a, SIZE_MAX - 20));
    assert_null(arena_array(&a, SIZE_MAX / 2, 3));
    assert_null(arena_str(&a, (struct str){"x", SIZE_MAX}).ptr);
    assert_non_null(arena_array(&a, 0, 8));
    arena_done(&a);
}

static void copied_and_formatted_text_ends_in_nul(void **state)
{
    (void)state;
    struct arena a = {0};
    struct str copy = arena_str(&a, str_sub(STR("cordon"), 0, 4));
    assert_str(copy, "cord");
    assert_int_equal(copy.ptr[4], 0);
    assert_string_equal(arena_cstr(&a, (struct str){0}), "");
    struct str formatted = arena_fmt(&a, "%d-%s-%200d", 1, "x", 2);
    assert_int_equal(formatted.len, 204);
    assert_int_equal(formatted.ptr[204], 0);
    arena_done(&a);
}

static int use_an_arena(void *context)
{
    (void)context;
    struct arena a CLEANUP(arena_done) = {0};
    for (unsigned i = 0; i < 50; i++) {
        if (!arena_alloc(&a, 1000) || !arena_cstr(&a, STR("x")) || !arena_fmt(&a, "%u", i).ptr)
            return E_NOMEM;
    }
    return 0;
}

static void an_allocation_failure_yields_null(void **state)
{
    (void)state;
    test_every_allocation_fails(use_an_arena, NULL, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_aligned_zeroed_and_apart),
        cmocka_unit_test(memory_is_zero_again_after_a_clear),
        cmocka_unit_test(a_limit_bounds_what_is_handed_out),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(copied_and_formatted_text_ends_in_nul),
        cmocka_unit_test(an_allocation_failure_yields_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
