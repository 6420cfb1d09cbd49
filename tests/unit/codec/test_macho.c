/* codec/macho: every form of file, every way in which one is damaged; real programs where they are
 * at hand (test_signature.c). */
#include "harness/test.h"

#include "codec/macho.h"
#include "harness/machofile.h"

static struct macho_part slices[MACHO_SLICES_MOST];

static int find_slices(const struct buf *file, size_t *ret_len)
{
    struct err err = {0};
    struct str head = str_sub(buf_str(file), 0, MACHO_HEAD_BYTES);
    int rc = macho_slices(head, file->len, slices, ret_len, &err);
    assert_int_equal(rc, err.code);
    assert_true(rc == 0 || err.message[0]);
    return rc;
}

static int find_signature(struct str slice, struct macho_part *ret)
{
    struct err err = {0};
    size_t bytes;
    int rc = macho_head_bytes(str_sub(slice, 0, MACHO_HEAD_BYTES), slice.len, &bytes, &err);
    if (rc == 0)
        rc = macho_signature(str_sub(slice, 0, bytes), slice.len, ret, &err);
    assert_int_equal(rc, err.code);
    assert_true(rc == 0 || err.message[0]);
    return rc;
}

static void the_signature_of_every_form_is_found(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        const struct machofile_form form = {.bits_32 = i & 1, .big = i & 2};
        struct buf file CLEANUP(buf_done) = {0};
        struct macho_part part;
        size_t len;
        machofile_add_program(&file, form, STR("SIGNATURE"));
        assert_ok(find_slices(&file, &len));
        assert_int_equal(len, 1);
        assert_int_equal(slices[0].offset, 0);
        assert_int_equal(slices[0].size, file.len);
        assert_ok(find_signature(buf_str(&file), &part));
        assert_str(str_sub(buf_str(&file), part.offset, part.size), "SIGNATURE");
        buf_clear(&file);
        machofile_add_program(&file, form, STR(""));
        assert_ok(find_signature(buf_str(&file), &part));
        assert_int_equal(part.size, 0);
    }
}

static void programs_of_a_universal_file_are_found(void **state)
{
    (void)state;
    struct str programs[MACHO_SLICES_MOST + 1];
    for (size_t i = 0; i < ARRAY_LEN(programs); i++)
        programs[i] = str_n("123456789", i + 1);
    for (unsigned wide = 0; wide < 2; wide++) {
        struct buf file CLEANUP(buf_done) = {0};
        size_t len;
        machofile_add_universal(&file, programs, MACHO_SLICES_MOST, wide);
        assert_ok(find_slices(&file, &len));
        assert_int_equal(len, MACHO_SLICES_MOST);
        for (size_t i = 0; i < len; i++) {
            struct str slice = str_sub(buf_str(&file), slices[i].offset, slices[i].size);
            assert_true(str_eq(slice, programs[i]));
        }
        buf_truncate(&file, file.len - 1);
        assert_int_equal(find_slices(&file, &len), E_PARSE);
        buf_truncate(&file, 8 + (MACHO_SLICES_MOST * 20) - 1);
        assert_int_equal(find_slices(&file, &len), E_PARSE);
        buf_clear(&file);
        machofile_add_universal(&file, programs, MACHO_SLICES_MOST + 1, wide);
        assert_int_equal(find_slices(&file, &len), E_LIMIT);
        buf_clear(&file);
        machofile_add_universal(&file, programs, 0, wide);
        assert_int_equal(find_slices(&file, &len), E_PARSE);
    }
}

static void other_files_are_none(void **state)
{
    (void)state;
    static const struct str files[] = {
        STR(""), STR("#!/bin/sh\necho a line that is long enough"), STR("\xca\xfe\xba\xbe"),
        STR("\xca\xfe\xba\xbe\0\0\0\x37 a class of Java"), STR("\xcf\xfa\xed\xfe too short")};
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        struct buf file CLEANUP(buf_done) = {0};
        struct macho_part part;
        size_t len = 7;
        buf_add_str(&file, files[i]);
        assert_ok(find_slices(&file, &len));
        assert_int_equal(len, 0);
        assert_int_equal(find_signature(buf_str(&file), &part), E_PARSE);
    }
}

static void put_32(struct buf *file, size_t at, uint32_t n)
{
    for (size_t i = 0; i < 4; i++)
        file->ptr[at + i] = (char)(n >> (8 * i));
}

static void damage_is_told(void **state)
{
    (void)state;
    enum { COMMANDS = 16, BYTES = 20, FIRST_BYTES = 36, SECOND = 56, SECOND_BYTES = 60 };
    enum { OFFSET = 64, SIZE = 68, HEAD = 72 };
    static const struct {
        size_t at;
        uint32_t number;
        int code;
    } rows[] = {
        {COMMANDS, 3, E_PARSE},
        {COMMANDS, UINT32_MAX, E_PARSE},
        {COMMANDS, 0, 0},
        {COMMANDS, 1, 0},
        {BYTES, 500, E_PARSE},
        {BYTES, 39, E_PARSE},
        {BYTES, 0, E_PARSE},
        {BYTES, MACHO_COMMANDS_MOST + 1, E_LIMIT},
        {FIRST_BYTES, 7, E_PARSE},
        {FIRST_BYTES, 0, E_PARSE},
        {FIRST_BYTES, 40, E_PARSE},
        {FIRST_BYTES, UINT32_MAX, E_PARSE},
        {SECOND_BYTES, 12, E_PARSE},
        {OFFSET, UINT32_MAX, E_PARSE},
        {OFFSET, HEAD + 1, E_PARSE},
        {SIZE, 10, E_PARSE},
        {SIZE, 0, E_PARSE},
        {SECOND, 0x1b, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf file CLEANUP(buf_done) = {0};
        struct macho_part part = {0, 0};
        machofile_add_program(&file, (struct machofile_form){0}, STR("SIGNATURE"));
        put_32(&file, rows[i].at, rows[i].number);
        int rc = find_signature(buf_str(&file), &part);
        if (rc != rows[i].code)
            print_error("row %zu\n", i);
        assert_int_equal(rc, rows[i].code);
        assert_int_equal(part.size, 0);
    }
    /* It says twice where the signature is. */
    struct buf file CLEANUP(buf_done) = {0};
    struct macho_part part;
    machofile_add_program(&file, (struct machofile_form){0}, STR("SIGNATURE"));
    put_32(&file, 32, 0x1d);
    put_32(&file, FIRST_BYTES, 16);
    put_32(&file, 40, HEAD);
    put_32(&file, 44, 1);
    put_32(&file, 48, 0x1d);
    put_32(&file, 52, 16);
    put_32(&file, SECOND, HEAD);
    put_32(&file, SECOND_BYTES, 1);
    assert_int_equal(find_signature(buf_str(&file), &part), E_PARSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_signature_of_every_form_is_found),
        cmocka_unit_test(programs_of_a_universal_file_are_found),
        cmocka_unit_test(other_files_are_none),
        cmocka_unit_test(damage_is_told),
    };
    return cmocka_run_group_tests_name("codec/macho", tests, NULL, NULL);
}
