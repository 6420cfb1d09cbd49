/* base/buf and base/rd: growing, sticky errors, integers there and back. */
#include "harness/test.h"

#include "base/buf.h"
#include "base/rd.h"

static void a_buffer_keeps_its_first_error(void **state)
{
    (void)state;
    struct buf b = {.limit = 4};
    buf_add_cstr(&b, "abc");
    assert_ok(buf_check(&b));
    buf_add_cstr(&b, "de");
    assert_int_equal(buf_check(&b), E_LIMIT);
    buf_add_cstr(&b, "f");
    assert_str(buf_str(&b), "abc");
    assert_string_equal(buf_cstr(&b), "");
    buf_clear(&b);
    assert_ok(buf_check(&b));
    buf_add_cstr(&b, "abcd");
    assert_ok(buf_check(&b));
    buf_done(&b);
    assert_int_equal(b.limit, 4);
}

static void an_allocation_failure_sticks(void **state)
{
    (void)state;
    struct buf b = {0};
    mem_fail_after(1);
    buf_add_char(&b, 'a');
    mem_fail_after(0);
    buf_add_char(&b, 'b');
    assert_int_equal(buf_check(&b), E_NOMEM);
    assert_int_equal(b.len, 0);
    assert_int_equal(buf_reserve(&b, 1), E_NOMEM);
    buf_done(&b);
}

static void a_length_that_overflows_is_a_limit(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_add_char(&b, 'a');
    assert_int_equal(buf_reserve(&b, SIZE_MAX), E_LIMIT);
    buf_done(&b);
    assert_int_equal(buf_reserve(&b, SIZE_MAX - 1), E_NOMEM);
    buf_done(&b);
}

static void formatted_text_of_any_length_fits(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_addf(&b, "%05d|%s|%300s", 42, "x", "y");
    assert_int_equal(b.len, 5 + 1 + 1 + 1 + 300);
    assert_true(str_starts(buf_str(&b), STR("00042|x|  ")));
    buf_addf(&b, "%s", "");
    assert_int_equal(b.len, 308);
    buf_done(&b);
}

static void an_empty_buffer_is_an_empty_string(void **state)
{
    (void)state;
    struct buf b = {0};
    assert_string_equal(buf_cstr(&b), "");
    assert_int_equal(buf_str(&b).len, 0);
    buf_add(&b, NULL, 0);
    buf_add_str(&b, (struct str){0});
    assert_ok(buf_check(&b));
    buf_done(&b);
}

static void the_front_is_dropped_and_the_end_cut(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_drop_front(&b, 3);
    buf_add_cstr(&b, "abcdef");
    buf_drop_front(&b, 2);
    assert_string_equal(buf_cstr(&b), "cdef");
    buf_truncate(&b, 9);
    buf_truncate(&b, 3);
    assert_string_equal(buf_cstr(&b), "cde");
    buf_drop_front(&b, 0);
    buf_drop_front(&b, 99);
    assert_int_equal(b.len, 0);
    buf_done(&b);
}

static void written_integers_are_read_back_and_a_short_read_sticks(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_add_u8(&b, 7);
    buf_add_u16(&b, 0xbeef);
    buf_add_u64(&b, UINT64_C(0x0123456789abcdef));
    buf_add_u32(&b, 3);
    buf_add_cstr(&b, "xyz");
    assert_memory_equal(b.ptr, "\x07\xbe\xef\x01\x23\x45\x67\x89\xab\xcd\xef\0\0\0\x03xyz", 18);
    struct rd r = rd_of(buf_str(&b));
    assert_int_equal(rd_u8(&r), 7);
    assert_int_equal(rd_u16(&r), 0xbeef);
    assert_true(rd_u64(&r) == UINT64_C(0x0123456789abcdef));
    assert_str(rd_str32(&r, 10), "xyz");
    assert_true(rd_done(&r));
    assert_int_equal(rd_u32(&r), 0);
    assert_true(r.failed);
    assert_false(rd_done(&r));
    buf_done(&b);
}

static void after_a_failed_read_nothing_is_read(void **state)
{
    (void)state;
    struct rd r = rd_of(STR("\x01\x02\x03"));
    assert_int_equal(rd_u64(&r), 0);
    assert_true(r.failed);
    assert_int_equal(rd_u8(&r), 0);
    assert_null(rd_bytes(&r, 1).ptr);
    assert_null(rd_bytes(&r, 0).ptr);
}

static void a_string_longer_than_allowed_or_than_the_input_fails(void **state)
{
    (void)state;
    struct rd r = rd_of(STR("\0\0\0\x03xyz"));
    assert_null(rd_str32(&r, 2).ptr);
    assert_false(rd_done(&r));
    r = rd_of(STR("\0\0\0\x04xyz"));
    assert_null(rd_str32(&r, 100).ptr);
    assert_true(r.failed);
    r = rd_of(STR("\xff\xff\xff\xffxyz"));
    assert_null(rd_str32(&r, SIZE_MAX).ptr);
    assert_true(r.failed);
    r = rd_of(STR("\0\0\0\x03xyz!"));
    assert_str(rd_str32(&r, 3), "xyz");
    assert_false(rd_done(&r));
    assert_false(r.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_keeps_its_first_error),
        cmocka_unit_test(an_allocation_failure_sticks),
        cmocka_unit_test(a_length_that_overflows_is_a_limit),
        cmocka_unit_test(formatted_text_of_any_length_fits),
        cmocka_unit_test(an_empty_buffer_is_an_empty_string),
        cmocka_unit_test(the_front_is_dropped_and_the_end_cut),
        cmocka_unit_test(written_integers_are_read_back_and_a_short_read_sticks),
        cmocka_unit_test(after_a_failed_read_nothing_is_read),
        cmocka_unit_test(a_string_longer_than_allowed_or_than_the_input_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
