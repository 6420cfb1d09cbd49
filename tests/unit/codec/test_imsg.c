/* codec/imsg: framing of the agent's inter-process messages. */
#include "harness/test.h"

#include "codec/imsg.h"

static void messages_come_out_as_they_went_in_whatever_the_cut(void **state)
{
    (void)state;
    struct buf wire CLEANUP(buf_done) = {0};
    imsg_add(&wire, 7, IMSG_HAS_FD, 99, STR("hello"));
    imsg_add(&wire, 8, 0, 0, STR(""));
    assert_ok(buf_check(&wire));
    size_t first = IMSG_HEADER_BYTES + 5;
    for (size_t cut = 0; cut < first; cut++) {
        struct imsg m;
        size_t used;
        assert_int_equal(imsg_next(str_n(wire.ptr, cut), &m, &used), E_AGAIN);
    }
    struct imsg m;
    size_t used;
    assert_ok(imsg_next(buf_str(&wire), &m, &used));
    assert_int_equal(used, first);
    assert_int_equal(m.type, 7);
    assert_int_equal(m.flags, IMSG_HAS_FD);
    assert_int_equal(m.id, 99);
    assert_str(m.body, "hello");
    buf_drop_front(&wire, used);
    assert_ok(imsg_next(buf_str(&wire), &m, &used));
    assert_int_equal(m.type, 8);
    assert_int_equal(m.body.len, 0);
}

static void a_broken_header_is_final(void **state)
{
    (void)state;
    struct buf wire CLEANUP(buf_done) = {0};
    struct imsg m;
    size_t used;
    imsg_add(&wire, 1, 0, 0, STR("x"));
    wire.ptr[0] ^= 1;
    assert_int_equal(imsg_next(buf_str(&wire), &m, &used), E_PARSE);
    wire.ptr[0] ^= 1;
    uint32_t huge = IMSG_BODY_MAX + 1;
    memcpy(wire.ptr + 4, &huge, sizeof huge);
    assert_int_equal(imsg_next(buf_str(&wire), &m, &used), E_LIMIT);
    buf_clear(&wire);
    imsg_add(&wire, 1, 2, 0, STR("x"));
    assert_int_equal(imsg_next(buf_str(&wire), &m, &used), E_PARSE);
}

static void a_body_over_the_limit_is_refused_by_the_writer(void **state)
{
    (void)state;
    struct buf wire CLEANUP(buf_done) = {0};
    char *big = mem_calloc(1, IMSG_BODY_MAX + 1);
    assert_non_null(big);
    imsg_add(&wire, 1, 0, 0, str_n(big, IMSG_BODY_MAX + 1));
    assert_int_equal(buf_check(&wire), E_LIMIT);
    mem_free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_out_as_they_went_in_whatever_the_cut),
        cmocka_unit_test(a_broken_header_is_final),
        cmocka_unit_test(a_body_over_the_limit_is_refused_by_the_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
