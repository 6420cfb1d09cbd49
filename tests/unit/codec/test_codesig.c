/* codec/codesig: which directory counts, names, claims; every way in which a signature is damaged.
 */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/codesig.h"
#include "harness/machofile.h"

static int read_blob(struct str blob, struct codesig *ret)
{
    struct err err = {0};
    /* A block of its own, so that a byte beyond it is seen. */
    char *copy = malloc(blob.len ? blob.len : 1);
    assert_non_null(copy);
    if (blob.len)
        memcpy(copy, blob.ptr, blob.len);
    struct codesig s;
    int rc = codesig_read(str_n(copy, blob.len), &s, &err);
    assert_int_equal(rc, err.code);
    assert_true(rc == 0 || err.message[0]);
    free(copy);
    return rc ? rc : codesig_read(blob, ret, NULL);
}

static void a_signature_says_who_and_what(void **state)
{
    (void)state;
    struct buf blob CLEANUP(buf_done) = {0};
    struct codesig s;
    machofile_add_simple(&blob,
                         &(struct machofile_signing){
                             .id = "org.example.app", .team = "ABCDE12345", .flags = 0x10000},
                         true);
    assert_ok(read_blob(buf_str(&blob), &s));
    assert_str(s.id, "org.example.app");
    assert_str(s.team, "ABCDE12345");
    assert_int_equal(s.flags, 0x10000);
    assert_int_equal(s.hash, CODESIG_SHA256);
    assert_int_equal(s.platform, 0);
    assert_true(s.cms);
    assert_true(str_eq(s.directory, str_sub(buf_str(&blob), 12 + 16, s.directory.len)));

    buf_clear(&blob);
    machofile_add_simple(&blob,
                         &(struct machofile_signing){
                             .id = "x", .version = 0x20100, .flags = CODESIG_ADHOC, .platform = 13},
                         false);
    assert_ok(read_blob(buf_str(&blob), &s));
    assert_str(s.team, "");
    assert_int_equal(s.flags, CODESIG_ADHOC);
    assert_int_equal(s.platform, 13);
    assert_false(s.cms);
}

static void the_directory_with_the_best_hash_counts(void **state)
{
    (void)state;
    /* From the worst to the best. */
    static const uint8_t hashes[] = {CODESIG_SHA1, CODESIG_SHA256_CUT, CODESIG_SHA256,
                                     CODESIG_SHA384};
    for (size_t a = 0; a < ARRAY_LEN(hashes); a++) {
        for (size_t b = 0; b < ARRAY_LEN(hashes); b++) {
            struct buf one CLEANUP(buf_done) = {0};
            struct buf two CLEANUP(buf_done) = {0};
            struct buf blob CLEANUP(buf_done) = {0};
            struct codesig s;
            machofile_add_directory(&one,
                                    &(struct machofile_signing){.id = "a", .hash = hashes[a]});
            machofile_add_directory(&two,
                                    &(struct machofile_signing){.id = "b", .hash = hashes[b]});
            const struct machofile_blob blobs[] = {{0, buf_str(&one)}, {0x1004, buf_str(&two)}};
            machofile_add_signature(&blob, blobs, 2);
            if (a == b) {
                assert_int_equal(read_blob(buf_str(&blob), &s), E_PARSE);
                continue;
            }
            assert_ok(read_blob(buf_str(&blob), &s));
            assert_str(s.id, a > b ? "a" : "b");
            assert_int_equal(s.hash, hashes[a > b ? a : b]);
        }
    }
}

static void parts_that_it_does_not_know_are_passed_over(void **state)
{
    (void)state;
    struct buf one CLEANUP(buf_done) = {0};
    struct buf empty CLEANUP(buf_done) = {0};
    struct buf blob CLEANUP(buf_done) = {0};
    struct codesig s;
    machofile_add_directory(&one, &(struct machofile_signing){.id = "a"});
    buf_add_u32(&empty, 0xfade0b01U);
    buf_add_u32(&empty, 8);
    const struct machofile_blob blobs[] = {{5, buf_str(&one)},
                                           {0x1005, buf_str(&one)},
                                           {0x10000, buf_str(&empty)},
                                           {0, buf_str(&one)}};
    machofile_add_signature(&blob, blobs, 4);
    assert_ok(read_blob(buf_str(&blob), &s));
    assert_str(s.id, "a");
    assert_false(s.cms); /* an empty one, as ad hoc signatures have */
    buf_clear(&blob);
    machofile_add_signature(&blob, blobs, 3);
    assert_int_equal(read_blob(buf_str(&blob), &s), E_PARSE);
}

static void names_have_limits_and_are_text(void **state)
{
    (void)state;
    char id[CODESIG_ID_MOST + 2];
    char team[CODESIG_TEAM_MOST + 2];
    memset(id, 'i', sizeof id);
    memset(team, 't', sizeof team);
    const struct {
        size_t id;
        size_t team;
        int code;
    } rows[] = {{CODESIG_ID_MOST, CODESIG_TEAM_MOST, 0},
                {CODESIG_ID_MOST + 1, 1, E_LIMIT},
                {1, CODESIG_TEAM_MOST + 1, E_LIMIT}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf blob CLEANUP(buf_done) = {0};
        struct codesig s;
        id[rows[i].id] = team[rows[i].team] = '\0';
        machofile_add_simple(&blob, &(struct machofile_signing){.id = id, .team = team}, false);
        assert_int_equal(read_blob(buf_str(&blob), &s), rows[i].code);
        id[rows[i].id] = 'i';
        team[rows[i].team] = 't';
    }
    struct buf blob CLEANUP(buf_done) = {0};
    struct codesig s;
    machofile_add_simple(&blob, &(struct machofile_signing){.id = "a\xff"}, false);
    assert_int_equal(read_blob(buf_str(&blob), &s), E_PARSE);
}

/* Where things are in a signature of one directory with identifier and team. */
enum {
    AT_BYTES = 4,
    AT_COUNT = 8,
    AT_OFFSET = 16,
    DIRECTORY = 20,
    AT_VERSION = 28,
    AT_ID = 40,
    AT_HASH = 56,
    AT_TEAM = 68
};

static void damage_is_told(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint32_t number;
        int code;
    } rows[] = {
        {0, 0xfade0cc1U, E_PARSE},
        {AT_BYTES, 7, E_PARSE},
        {AT_BYTES, 500, E_PARSE},
        {AT_BYTES, 30, E_PARSE},
        {AT_BYTES, 10, E_PARSE},
        {AT_COUNT, 0, E_PARSE},
        {AT_COUNT, 65, E_PARSE},
        {AT_COUNT, UINT32_MAX, E_PARSE},
        {AT_COUNT, 2, E_PARSE},
        {AT_OFFSET, UINT32_MAX, E_PARSE},
        {AT_OFFSET, 0, E_PARSE},
        {AT_OFFSET, 400, E_PARSE},
        {DIRECTORY, 0xfade0b01U, E_PARSE},
        {DIRECTORY + 4, 40, E_PARSE},
        {DIRECTORY + 4, 8, E_PARSE},
        {DIRECTORY + 4, UINT32_MAX, E_PARSE},
        {AT_VERSION, 0x20000, E_PARSE},
        {AT_VERSION, 0x30000, E_PARSE},
        {AT_ID, UINT32_MAX, E_PARSE},
        {AT_TEAM, UINT32_MAX, E_PARSE},
        {AT_HASH, 0x20050000, E_UNSUPPORTED},
        {AT_HASH, 0x20ff0000, E_UNSUPPORTED},
        {AT_HASH, 0x20000000, E_UNSUPPORTED},
        {AT_HASH, 0x14020000, E_PARSE},
        {AT_VERSION, 0x20500, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf blob CLEANUP(buf_done) = {0};
        struct codesig s;
        machofile_add_simple(&blob, &(struct machofile_signing){.id = "id", .team = "team"}, false);
        for (size_t k = 0; k < 4; k++)
            blob.ptr[rows[i].at + k] = (char)(rows[i].number >> (24 - 8 * k));
        int rc = read_blob(buf_str(&blob), &s);
        if (rc != rows[i].code)
            print_error("row %zu\n", i);
        assert_int_equal(rc, rows[i].code);
    }
    /* Cut anywhere it is no signature. */
    struct buf blob CLEANUP(buf_done) = {0};
    struct codesig s;
    machofile_add_simple(&blob, &(struct machofile_signing){.id = "id", .team = "team"}, false);
    for (size_t len = 0; len < blob.len; len++)
        assert_int_equal(read_blob(str_n(blob.ptr, len), &s), E_PARSE);
    assert_ok(read_blob(buf_str(&blob), &s));
}

static void a_disk_image_says_where_its_signature_is(void **state)
{
    (void)state;
    struct buf file CLEANUP(buf_done) = {0};
    uint64_t offset;
    uint64_t size;
    machofile_add_image(&file, STR("SIGNATURE"));
    struct str trailer = str_sub(buf_str(&file), file.len - CODESIG_TRAILER_BYTES, SIZE_MAX);
    assert_ok(codesig_of_image(trailer, file.len, &offset, &size, NULL));
    assert_int_equal(offset, 0);
    assert_int_equal(size, 9);
    assert_int_equal(codesig_of_image(trailer, 8, &offset, &size, NULL), E_PARSE);
    assert_ok(codesig_of_image(str_sub(trailer, 1, SIZE_MAX), file.len, &offset, &size, NULL));
    assert_int_equal(size, 0);
    file.ptr[file.len - CODESIG_TRAILER_BYTES] = 'K';
    assert_ok(codesig_of_image(trailer, file.len, &offset, &size, NULL));
    assert_int_equal(size, 0);
    assert_ok(codesig_of_image(STR(""), 0, &offset, &size, NULL));
    assert_int_equal(size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_says_who_and_what),
        cmocka_unit_test(the_directory_with_the_best_hash_counts),
        cmocka_unit_test(parts_that_it_does_not_know_are_passed_over),
        cmocka_unit_test(names_have_limits_and_are_text),
        cmocka_unit_test(damage_is_told),
        cmocka_unit_test(a_disk_image_says_where_its_signature_is),
    };
    return cmocka_run_group_tests_name("codec/codesig", tests, NULL, NULL);
}
