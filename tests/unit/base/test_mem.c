/* base/mem: overflow, growth and the injected allocation failures. */
#include "harness/test.h"

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    volatile size_t most = SIZE_MAX;
    assert_null(mem_alloc(most));
    assert_null(mem_alloc((size_t)PTRDIFF_MAX + 1));
    assert_null(mem_calloc(most / 2 + 1, 2));
    assert_null(mem_strndup("x", most));
    char *block = mem_alloc(8);
    assert_non_null(block);
    assert_null(mem_realloc_array(block, most / 2 + 1, 2));
    mem_free(block);
}

static void an_empty_block_is_a_block(void **state)
{
    (void)state;
    void *a = mem_alloc(0);
    void *b = mem_calloc(0, 100);
    assert_non_null(a);
    assert_non_null(b);
    b = mem_realloc_array(b, 0, 0);
    assert_non_null(b);
    mem_free(a);
    mem_free(b);
    mem_free(NULL);
}

static void a_zeroed_array_is_zero(void **state)
{
    (void)state;
    static const unsigned char zero[300];
    unsigned char *array = mem_calloc(100, 3);
    assert_non_null(array);
    assert_memory_equal(array, zero, sizeof zero);
    mem_free(array);
}

static void copies_end_in_nul(void **state)
{
    (void)state;
    char *whole = mem_strdup("cordon");
    char *part = mem_strndup("cordon", 4);
    char *empty = mem_strndup(NULL, 0);
    assert_string_equal(whole, "cordon");
    assert_string_equal(part, "cord");
    assert_string_equal(empty, "");
    mem_freep(&whole);
    mem_freep(&part);
    mem_freep(&empty);
    assert_null(whole);
    mem_freep(&whole);
}

static void a_grown_array_keeps_its_elements(void **state)
{
    (void)state;
    uint32_t *array = NULL;
    size_t cap = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        assert_ok(mem_grow(&array, &cap, i + 1, sizeof *array));
        assert_true(cap > i);
        array[i] = i;
    }
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(array[i], i);
    size_t before = cap;
    assert_ok(mem_grow(&array, &cap, 10, sizeof *array));
    assert_int_equal(cap, before);
    mem_free(array);
}

static void growth_that_fails_leaves_the_array_alone(void **state)
{
    (void)state;
    char *array = NULL;
    size_t cap = 0;
    assert_ok(mem_grow(&array, &cap, 4, 1));
    char *old = array;
    size_t old_cap = cap;
    assert_int_equal(mem_grow(&array, &cap, SIZE_MAX, 1), E_NOMEM);
    assert_int_equal(mem_grow(&array, &cap, SIZE_MAX / 4, 16), E_NOMEM);
    mem_fail_after(1);
    assert_int_equal(mem_grow(&array, &cap, old_cap + 1, 1), E_NOMEM);
    mem_fail_after(0);
    assert_ptr_equal(array, old);
    assert_int_equal(cap, old_cap);
    mem_free(array);
}

static void the_nth_allocation_and_all_later_ones_fail(void **state)
{
    (void)state;
    mem_fail_after(3);
    void *first = mem_alloc(1);
    void *second = mem_calloc(1, 1);
    assert_null(mem_alloc(1));
    assert_null(mem_strdup("x"));
    assert_null(mem_realloc_array(NULL, 1, 1));
    assert_int_equal(mem_count(), 5);
    mem_fail_after(0);
    assert_int_equal(mem_count(), 0);
    void *third = mem_alloc(1);
    assert_non_null(first);
    assert_non_null(second);
    assert_non_null(third);
    mem_free(first);
    mem_free(second);
    mem_free(third);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(an_empty_block_is_a_block),
        cmocka_unit_test(a_zeroed_array_is_zero),
        cmocka_unit_test(copies_end_in_nul),
        cmocka_unit_test(a_grown_array_keeps_its_elements),
        cmocka_unit_test(growth_that_fails_leaves_the_array_alone),
        cmocka_unit_test(the_nth_allocation_and_all_later_ones_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
