/* codesign/signature: who may have signed, by every kind of claim; universal files, disk images,
 * other files, damage; and Apple's and others' real programs where they are at hand. */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "codesign/signature.h"
#include "crypto/digest.h"
#include "harness/machofile.h"
#include "os/file.h"

static int read_file(struct str content, struct signature *ret)
{
    char *folder = test_tmpdir();
    char path[512];
    struct err err = {0};
    (void)snprintf(path, sizeof path, "%s/file", folder);
    assert_ok(file_write_atomic(path, content, 0600, NULL));
    int fd CLEANUP(fd_closep) = file_open_nofollow(path, NULL);
    assert_true(fd >= 0);
    int rc = signature_read(fd, content.len, ret, &err);
    assert_int_equal(rc, err.code);
    assert_true(rc == 0 || err.message[0]);
    test_tmpdir_remove(folder);
    return rc;
}

static void add_signed(struct buf *out, const struct machofile_signing *signing, bool cms)
{
    struct buf blob CLEANUP(buf_done) = {0};
    machofile_add_simple(&blob, signing, cms);
    machofile_add_program(out, (struct machofile_form){0}, buf_str(&blob));
}

static void claims_leave_one_signer_or_more(void **state)
{
    (void)state;
    static const struct {
        struct machofile_signing signing;
        bool cms;
        unsigned signers;
    } rows[] = {
        {{.id = "a", .flags = CODESIG_ADHOC}, false, 1 << SIGNATURE_AD_HOC},
        {{.id = "a", .flags = 0x20002}, true, 1 << SIGNATURE_AD_HOC},
        {{.id = "a", .flags = CODESIG_ADHOC, .platform = 1},
         false,
         1 << SIGNATURE_AD_HOC | 1 << SIGNATURE_APPLE},
        {{.id = "a", .team = "T"}, true, 1 << SIGNATURE_DEVELOPER_ID},
        {{.id = "a", .team = "T", .platform = 1},
         true,
         1 << SIGNATURE_DEVELOPER_ID | 1 << SIGNATURE_APPLE},
        {{.id = "a", .platform = 1},
         true,
         1 << SIGNATURE_DEVELOPER_ID | 1 << SIGNATURE_APP_STORE | 1 << SIGNATURE_APPLE},
        {{.id = "a"},
         true,
         1 << SIGNATURE_DEVELOPER_ID | 1 << SIGNATURE_APP_STORE | 1 << SIGNATURE_APPLE},
        {{.id = "a", .team = "T"}, false, (1 << SIGNATURE_SIGNERS) - 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf file CLEANUP(buf_done) = {0};
        struct signature sig;
        add_signed(&file, &rows[i].signing, rows[i].cms);
        assert_ok(read_file(buf_str(&file), &sig));
        if (sig.signers != rows[i].signers)
            print_error("row %zu\n", i);
        assert_int_equal(sig.signers, rows[i].signers);
        assert_int_equal(sig.len, 1);
        assert_string_equal(sig.parts[0].id, "a");
        assert_string_equal(sig.parts[0].team, rows[i].signing.team ? rows[i].signing.team : "");
    }
}

static void the_cdhash_is_the_start_of_the_directorys_hash(void **state)
{
    (void)state;
    static const struct {
        uint8_t hash;
        enum digest_type type;
    } rows[] = {{CODESIG_SHA1, DIGEST_SHA1},
                {CODESIG_SHA256, DIGEST_SHA256},
                {CODESIG_SHA256_CUT, DIGEST_SHA256},
                {CODESIG_SHA384, DIGEST_SHA384}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct machofile_signing signing = {.id = "a", .hash = rows[i].hash};
        struct buf directory CLEANUP(buf_done) = {0};
        struct buf file CLEANUP(buf_done) = {0};
        unsigned char digest[DIGEST_BYTES_MOST];
        struct signature sig;
        machofile_add_directory(&directory, &signing);
        add_signed(&file, &signing, false);
        assert_ok(read_file(buf_str(&file), &sig));
        assert_ok(digest_of(rows[i].type, buf_str(&directory), digest));
        assert_memory_equal(sig.parts[0].cdhash, digest, CODESIG_CDHASH_BYTES);
    }
}

static void every_program_of_a_universal_file_counts(void **state)
{
    (void)state;
    struct buf one CLEANUP(buf_done) = {0};
    struct buf two CLEANUP(buf_done) = {0};
    struct buf file CLEANUP(buf_done) = {0};
    struct signature sig;
    add_signed(&one, &(struct machofile_signing){.id = "a", .team = "T"}, true);
    machofile_add_program(&two, (struct machofile_form){.bits_32 = true}, STR(""));
    const struct str programs[] = {buf_str(&one), buf_str(&two)};
    machofile_add_universal(&file, programs, 2, false);
    assert_ok(read_file(buf_str(&file), &sig));
    assert_int_equal(sig.signers, 1 << SIGNATURE_DEVELOPER_ID | 1 << SIGNATURE_NONE);
    assert_int_equal(sig.len, 2);
    assert_true(sig.parts[0].is_signed);
    assert_string_equal(sig.parts[0].id, "a");
    assert_false(sig.parts[1].is_signed);
    assert_string_equal(sig.parts[1].id, "");
}

static void a_disk_image_has_its_own_and_other_files_have_none(void **state)
{
    (void)state;
    struct buf blob CLEANUP(buf_done) = {0};
    struct buf file CLEANUP(buf_done) = {0};
    struct signature sig;
    machofile_add_simple(&blob, &(struct machofile_signing){.id = "image", .team = "T"}, true);
    buf_add_cstr(&file, "data of the image");
    machofile_add_image(&file, buf_str(&blob));
    assert_ok(read_file(buf_str(&file), &sig));
    assert_int_equal(sig.signers, 1 << SIGNATURE_DEVELOPER_ID);
    assert_string_equal(sig.parts[0].id, "image");
    buf_clear(&file);
    machofile_add_image(&file, STR(""));
    assert_ok(read_file(buf_str(&file), &sig));
    assert_int_equal(sig.signers, 1 << SIGNATURE_NONE);
    const struct str others[] = {STR(""), STR("#!/bin/sh\n"), STR("\xca\xfe\xba\xbe\0\0\0\x37")};
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        assert_ok(read_file(others[i], &sig));
        assert_int_equal(sig.signers, 1 << SIGNATURE_NONE);
        assert_int_equal(sig.len, 1);
        assert_false(sig.parts[0].is_signed);
    }
}

static void damage_is_an_error_not_a_claim(void **state)
{
    (void)state;
    struct buf file CLEANUP(buf_done) = {0};
    struct signature sig = {.signers = 77};
    machofile_add_program(&file, (struct machofile_form){0}, STR("no signature"));
    assert_int_equal(read_file(buf_str(&file), &sig), E_PARSE);
    buf_clear(&file);
    add_signed(&file, &(struct machofile_signing){.id = "a"}, true);
    assert_int_equal(read_file(str_n(file.ptr, file.len - 1), &sig), E_PARSE);
    assert_int_equal(read_file(str_n(file.ptr, 60), &sig), E_PARSE);
    buf_clear(&file);
    machofile_add_universal(&file, (const struct str[]){STR("no program")}, 1, false);
    assert_int_equal(read_file(buf_str(&file), &sig), E_PARSE);
    buf_clear(&file);
    add_signed(&file, &(struct machofile_signing){.id = "a", .hash = 9}, true);
    assert_int_equal(read_file(buf_str(&file), &sig), E_UNSUPPORTED);
    assert_int_equal(signature_read(-1, 100, &sig, NULL), E_IO);
    assert_int_equal(sig.signers, 77);
}

static void a_signature_over_the_limit_is_not_read(void **state)
{
    (void)state;
    struct buf blob CLEANUP(buf_done) = {0};
    struct buf file CLEANUP(buf_done) = {0};
    struct signature sig;
    while (blob.len < SIGNATURE_BYTES_MOST)
        buf_add_cstr(&blob, "0123456789abcdef");
    machofile_add_program(&file, (struct machofile_form){0}, buf_str(&blob));
    assert_int_equal(read_file(buf_str(&file), &sig), E_PARSE);
    buf_clear(&file);
    buf_add_char(&blob, '\0');
    machofile_add_program(&file, (struct machofile_form){0}, buf_str(&blob));
    assert_int_equal(read_file(buf_str(&file), &sig), E_LIMIT);
}

static int read_once(void *context)
{
    struct signature sig;
    return signature_read(*(int *)context, 4096, &sig, NULL);
}

static void it_survives_every_failing_allocation(void **state)
{
    (void)state;
    char *folder = test_tmpdir();
    char path[512];
    struct buf file CLEANUP(buf_done) = {0};
    add_signed(&file, &(struct machofile_signing){.id = "a"}, true);
    while (file.len < 4096)
        buf_add_char(&file, '\0');
    (void)snprintf(path, sizeof path, "%s/file", folder);
    assert_ok(file_write_atomic(path, buf_str(&file), 0600, NULL));
    int fd CLEANUP(fd_closep) = file_open_nofollow(path, NULL);
    test_every_allocation_fails(read_once, &fd, 20);
    test_tmpdir_remove(folder);
}

/* Programs that others built and signed; what Apple's and others' tools say of them. */
static void real_programs_say_what_is_known_of_them(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *id;
        const char *team;
        const char *cdhash; /* of the last program in it */
        unsigned len;
        unsigned signers;
    } rows[] = {
        {"macho/ls", "com.apple.ls", "", "33cd84ecdba577fe7f722e47d8035299f47f03da", 2, 0x7},
        {"macho/signed-with-teamid", "goodcert", "EQHXZ8M8AV",
         "23cbe7039ac34bf26f0b1ccc22ff96d6f0d80b72", 1, 1 << SIGNATURE_DEVELOPER_ID},
        {"macho/allowed_cdhash", "allowed_cdhash", "", "dedebf2eac732d873008b17b3e44a56599dd614b",
         1, 1 << SIGNATURE_AD_HOC},
        {"macho/goodbinary", "", "", "0000000000000000000000000000000000000000", 1,
         1 << SIGNATURE_NONE},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf hex CLEANUP(buf_done) = {0};
        struct signature sig;
        struct stat st;
        int fd CLEANUP(fd_closep) = file_open_nofollow(test_shared_data(rows[i].name), NULL);
        assert_true(fd >= 0);
        assert_int_equal(fstat(fd, &st), 0);
        assert_ok(signature_read(fd, (uint64_t)st.st_size, &sig, NULL));
        assert_int_equal(sig.len, rows[i].len);
        assert_int_equal(sig.signers, rows[i].signers);
        const struct signature_part *last = &sig.parts[sig.len - 1];
        text_hex_add(&hex, last->cdhash, sizeof last->cdhash);
        assert_str(buf_str(&hex), rows[i].cdhash);
        assert_string_equal(last->id, rows[i].id);
        assert_string_equal(last->team, rows[i].team);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(claims_leave_one_signer_or_more),
        cmocka_unit_test(the_cdhash_is_the_start_of_the_directorys_hash),
        cmocka_unit_test(every_program_of_a_universal_file_counts),
        cmocka_unit_test(a_disk_image_has_its_own_and_other_files_have_none),
        cmocka_unit_test(damage_is_an_error_not_a_claim),
        cmocka_unit_test(a_signature_over_the_limit_is_not_read),
        cmocka_unit_test(it_survives_every_failing_allocation),
        cmocka_unit_test(real_programs_say_what_is_known_of_them),
    };
    return cmocka_run_group_tests_name("codesign/signature", tests, NULL, NULL);
}
