/* codec/zst: round trips, limits, bombs, damage. */
#include "harness/test.h"

#include <stdlib.h>
#include <zstd.h>

#include "codec/zst.h"

static void fill(struct buf *b, size_t len, bool random)
{
    uint64_t seed = 7;
    assert_ok(buf_reserve(b, len));
    for (size_t i = 0; i < len; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1;
        b->ptr[i] = random ? (char)(seed >> 56) : (char)('a' + i % 7);
    }
    b->len = len;
}

static void what_was_packed_comes_back_at_every_level_and_size(void **state)
{
    (void)state;
    size_t sizes[] = {0, 1, 100, 65536, 65537, 300000};
    int levels[] = {ZST_LEVEL_LEAST, ZST_LEVEL_DEFAULT, ZST_LEVEL_MOST};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        for (size_t k = 0; k < ARRAY_LEN(levels); k++) {
            struct buf plain = {0};
            struct buf packed = {0};
            struct buf back = {0};
            fill(&plain, sizes[i], k == 1);
            buf_add_cstr(&back, "kept");
            assert_ok(zst_compress(buf_str(&plain), levels[k], &packed));
            assert_ok(zst_decompress(buf_str(&packed), sizes[i] ? sizes[i] : 1, &back));
            assert_true(str_eq(str_sub(buf_str(&back), 4, SIZE_MAX), buf_str(&plain)));
            buf_done(&plain);
            buf_done(&packed);
            buf_done(&back);
        }
    }
    struct buf out = {0};
    assert_int_equal(zst_compress(STR("x"), 0, &out), E_ARG);
    assert_int_equal(zst_compress(STR("x"), 20, &out), E_ARG);
    assert_int_equal(zst_decompress(STR("x"), 0, &out), E_ARG);
    assert_int_equal(out.len, 0);
    buf_done(&out);
}

static void several_frames_in_a_row_are_one_content(void **state)
{
    (void)state;
    struct buf packed = {0};
    struct buf back = {0};
    assert_ok(zst_compress(STR("first,"), 3, &packed));
    assert_ok(zst_compress(STR(""), 3, &packed));
    assert_ok(zst_compress(STR("second"), 3, &packed));
    assert_ok(zst_decompress(buf_str(&packed), 12, &back));
    assert_str(buf_str(&back), "first,second");
    assert_int_equal(zst_decompress(buf_str(&packed), 11, &back), E_LIMIT);
    assert_str(buf_str(&back), "first,second");
    buf_add_cstr(&packed, "x");
    assert_int_equal(zst_decompress(buf_str(&packed), 100, &back), E_PARSE);
    buf_done(&packed);
    buf_done(&back);
}

static void a_bomb_is_stopped_at_the_limit_with_and_without_a_size_in_its_head(void **state)
{
    (void)state;
    struct buf plain = {0};
    fill(&plain, 4 << 20, false);
    for (int sized = 0; sized < 2; sized++) {
        struct buf packed = {0};
        struct buf back = {0};
        ZSTD_CCtx *pack = ZSTD_createCCtx();
        assert_non_null(pack);
        (void)ZSTD_CCtx_setParameter(pack, ZSTD_c_contentSizeFlag, sized);
        assert_ok(buf_reserve(&packed, ZSTD_compressBound(plain.len)));
        packed.len = ZSTD_compress2(pack, packed.ptr, packed.cap, plain.ptr, plain.len);
        assert_false(ZSTD_isError(packed.len));
        (void)ZSTD_freeCCtx(pack);
        assert_true(packed.len < 4096);
        assert_int_equal(zst_decompress(buf_str(&packed), plain.len - 1, &back), E_LIMIT);
        assert_true(back.cap <= 2 * plain.len + 2);
        assert_int_equal(zst_decompress(buf_str(&packed), 1000, &back), E_LIMIT);
        assert_int_equal(back.len, 0);
        assert_ok(zst_decompress(buf_str(&packed), plain.len, &back));
        assert_true(str_eq(buf_str(&back), buf_str(&plain)));
        buf_done(&packed);
        buf_done(&back);
    }
    buf_done(&plain);
}

static void a_window_larger_than_the_content_needs_is_a_limit(void **state)
{
    (void)state;
    struct buf back = {0};
    /* Magic, no size and no single segment, window of 2^27: RFC 8878 section 3.1.1.1. */
    struct str head = STR("\x28\xb5\x2f\xfd\x00\x88\x01\x00\x00");
    assert_int_equal(zst_decompress(head, 1000, &back), E_LIMIT);
    buf_done(&back);
}

static void every_cut_and_every_flipped_byte_is_noticed(void **state)
{
    (void)state;
    struct buf packed = {0};
    struct buf back = {0};
    assert_ok(zst_compress(STR("some text, some text, and more text of this kind"), 3, &packed));
    for (size_t len = 0; len < packed.len; len++) {
        assert_int_equal(zst_decompress(str_n(packed.ptr, len), 1000, &back), E_PARSE);
        packed.ptr[len] = (char)(packed.ptr[len] ^ 0x55);
        int rc = zst_decompress(buf_str(&packed), 1000, &back);
        assert_true(rc == E_PARSE || rc == E_LIMIT);
        packed.ptr[len] = (char)(packed.ptr[len] ^ 0x55);
    }
    assert_int_equal(back.len, 0);
    assert_ok(zst_decompress(buf_str(&packed), 1000, &back));
    buf_done(&packed);
    buf_done(&back);
}

static void a_buffers_own_limit_holds(void **state)
{
    (void)state;
    struct buf packed = {.limit = 20};
    assert_int_equal(zst_compress(STR("0123456789abcdefghijklmnopqrstuv"), 3, &packed), E_LIMIT);
    assert_int_equal(packed.len, 0);
    buf_clear(&packed);
    assert_ok(zst_compress(STR("0"), 3, &packed));
    struct buf back = {.limit = 4};
    buf_clear(&packed);
    packed.limit = 0;
    assert_ok(zst_compress(STR("01234"), 3, &packed));
    assert_int_equal(zst_decompress(buf_str(&packed), 100, &back), E_LIMIT);
    assert_int_equal(back.len, 0);
    buf_done(&packed);
    buf_done(&back);
}

static int pack_and_unpack(void *context)
{
    (void)context;
    CLEANUP(buf_done) struct buf packed = {0};
    CLEANUP(buf_done) struct buf back = {0};
    int rc = zst_compress(STR("text"), 3, &packed);
    if (rc == 0)
        rc = zst_decompress(buf_str(&packed), 100, &back);
    return rc;
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    test_every_allocation_fails(pack_and_unpack, NULL, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_packed_comes_back_at_every_level_and_size),
        cmocka_unit_test(several_frames_in_a_row_are_one_content),
        cmocka_unit_test(a_bomb_is_stopped_at_the_limit_with_and_without_a_size_in_its_head),
        cmocka_unit_test(a_window_larger_than_the_content_needs_is_a_limit),
        cmocka_unit_test(every_cut_and_every_flipped_byte_is_noticed),
        cmocka_unit_test(a_buffers_own_limit_holds),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests_name("codec/zst", tests, NULL, NULL);
}
