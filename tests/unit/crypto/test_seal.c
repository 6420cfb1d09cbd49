/* crypto/seal and crypto/seal_key: round trips, every changed bit, every source of a key. */
#include "harness/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/seal.h"
#include "crypto/secret.h"
#include "os/file.h"

static struct seal_key *key_of(char fill)
{
    char raw[SEAL_KEY_BYTES];
    struct seal_key *key = NULL;
    memset(raw, fill, sizeof raw);
    assert_ok(seal_key_from_bytes(str_n(raw, sizeof raw), &key, NULL));
    return key;
}

static void what_was_sealed_is_opened_and_does_not_show(void **state)
{
    (void)state;
    struct seal_key *key CLEANUP(seal_key_freep) = key_of('k');
    struct buf a CLEANUP(buf_done) = {0};
    struct buf b CLEANUP(buf_done) = {0};
    struct buf plain CLEANUP(secret_buf_done) = {0};
    struct err err = {0};
    buf_add_cstr(&a, "before");
    buf_add_cstr(&plain, "before");
    assert_ok_err(seal_make(key, STR("command-key"), STR("very secret"), &a, &err), &err);
    assert_ok_err(seal_make(key, STR("command-key"), STR("very secret"), &b, &err), &err);
    buf_drop_front(&a, 6);
    assert_int_equal(a.len, strlen("very secret") + SEAL_OVERHEAD_BYTES);
    assert_int_equal(str_find(buf_str(&a), STR("secret")), SIZE_MAX);
    assert_false(str_eq(buf_str(&a), buf_str(&b)));
    assert_ok_err(seal_open(key, STR("command-key"), buf_str(&a), &plain, &err), &err);
    assert_str(buf_str(&plain), "beforevery secret");
}

static void an_empty_and_a_large_content_are_sealed_and_a_larger_one_is_not(void **state)
{
    (void)state;
    struct seal_key *key CLEANUP(seal_key_freep) = key_of('k');
    char *big = calloc(1, SEAL_PLAIN_BYTES_MAX + 1);
    assert_non_null(big);
    for (size_t len = 0; len <= SEAL_PLAIN_BYTES_MAX; len += SEAL_PLAIN_BYTES_MAX) {
        struct buf sealed CLEANUP(buf_done) = {0};
        struct buf plain CLEANUP(secret_buf_done) = {0};
        assert_ok(seal_make(key, STR("p"), str_n(big, len), &sealed, NULL));
        assert_ok(seal_open(key, STR("p"), buf_str(&sealed), &plain, NULL));
        assert_int_equal(plain.len, len);
        assert_true(len == 0 || memcmp(plain.ptr, big, len) == 0);
    }
    struct buf sealed CLEANUP(buf_done) = {0};
    assert_int_equal(seal_make(key, STR("p"), str_n(big, SEAL_PLAIN_BYTES_MAX + 1), &sealed, NULL),
                     E_LIMIT);
    assert_int_equal(sealed.len, 0);
    free(big);
}

static void every_changed_bit_and_every_cut_is_refused(void **state)
{
    (void)state;
    struct seal_key *key CLEANUP(seal_key_freep) = key_of('k');
    struct buf sealed CLEANUP(buf_done) = {0};
    struct buf plain CLEANUP(secret_buf_done) = {0};
    assert_ok(seal_make(key, STR("p"), STR("secret"), &sealed, NULL));
    for (size_t i = 0; i < sealed.len * 8; i++) {
        sealed.ptr[i / 8] ^= (char)(1 << (i % 8));
        assert_int_equal(seal_open(key, STR("p"), buf_str(&sealed), &plain, NULL), E_CRYPTO);
        sealed.ptr[i / 8] ^= (char)(1 << (i % 8));
    }
    for (size_t len = 0; len < sealed.len; len++)
        assert_int_equal(seal_open(key, STR("p"), str_n(sealed.ptr, len), &plain, NULL), E_CRYPTO);
    assert_int_equal(seal_open(key, STR("p"), (struct str){0}, &plain, NULL), E_CRYPTO);
    assert_int_equal(plain.len, 0);
    buf_add_char(&sealed, '\0');
    assert_int_equal(seal_open(key, STR("p"), buf_str(&sealed), &plain, NULL), E_CRYPTO);
}

static void another_key_and_another_purpose_are_refused(void **state)
{
    (void)state;
    struct seal_key *key CLEANUP(seal_key_freep) = key_of('k');
    struct seal_key *other CLEANUP(seal_key_freep) = key_of('o');
    struct buf sealed CLEANUP(buf_done) = {0};
    struct buf plain CLEANUP(secret_buf_done) = {0};
    struct err err = {0};
    struct seal_info info;
    assert_ok(seal_make(key, STR("command-key"), STR("secret"), &sealed, &err));
    assert_int_equal(seal_open(other, STR("command-key"), buf_str(&sealed), &plain, &err),
                     E_CRYPTO);
    assert_ok_err(seal_inspect(buf_str(&sealed), &info, &err), &err);
    assert_int_equal(info.source, SEAL_SOURCE_KEY);
    assert_int_equal(strlen(info.key_id), 16);
    assert_int_equal(seal_inspect(STR("nonsense"), &info, &err), E_CRYPTO);
    assert_int_equal(seal_open(key, STR("ca-key"), buf_str(&sealed), &plain, &err), E_CRYPTO);
    assert_int_equal(seal_open(key, STR("command-ke"), buf_str(&sealed), &plain, &err), E_CRYPTO);
    assert_int_equal(seal_open(key, STR(""), buf_str(&sealed), &plain, &err), E_ARG);
    char purpose[SEAL_PURPOSE_BYTES_MAX + 1];
    memset(purpose, 'p', sizeof purpose);
    struct str too_long = str_n(purpose, sizeof purpose);
    assert_int_equal(seal_make(key, too_long, STR("x"), &sealed, &err), E_ARG);
    assert_int_equal(plain.len, 0);
}

struct folder {
    char *path;
    char file[512];
};

static int set_up(void **state)
{
    struct folder *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->path = test_tmpdir();
    (void)snprintf(f->file, sizeof f->file, "%s/%s", f->path, SEAL_CREDENTIAL);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct folder *f = *state;
    test_tmpdir_remove(f->path);
    free(f);
    return 0;
}

static void assert_same_key(struct seal_key *a, struct seal_key *b)
{
    struct buf sealed CLEANUP(buf_done) = {0};
    struct buf plain CLEANUP(secret_buf_done) = {0};
    struct err err = {0};
    assert_ok_err(seal_make(a, STR("p"), STR("secret"), &sealed, &err), &err);
    assert_ok_err(seal_open(b, STR("p"), buf_str(&sealed), &plain, &err), &err);
    assert_str(buf_str(&plain), "secret");
}

static void a_credential_is_32_bytes_or_64_digits(void **state)
{
    const struct folder *f = *state;
    struct seal_key *kk CLEANUP(seal_key_freep) = key_of('k');
    static const char *const good[] = {
        "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
        "6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b",
        "6B6B6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b\n"};
    static const char *const bad[] = {
        "", "short", "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
        "6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6bxx",
        "6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b"};
    struct err err = {0};
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", f->path, 1), 0);
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct seal_key *key CLEANUP(seal_key_freep) = NULL;
        assert_ok(file_write_atomic(f->file, str_of(good[i]), 0440, &err));
        assert_ok_err(seal_key_from_credential(SEAL_CREDENTIAL, &key, &err), &err);
        assert_false(seal_key_is_development(key));
        assert_same_key(kk, key);
    }
    struct seal_key *none = NULL;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_ok(file_write_atomic(f->file, str_of(bad[i]), 0400, &err));
        assert_int_equal(seal_key_from_credential(SEAL_CREDENTIAL, &none, &err), E_PARSE);
        assert_null(strstr(err.message, "6b6b"));
    }
    assert_int_equal(seal_key_from_credential("other", &none, &err), E_NOT_FOUND);
    assert_int_equal(seal_key_from_credential("../cordon-kek", &none, &err), E_ARG);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    assert_int_equal(seal_key_from_credential(SEAL_CREDENTIAL, &none, &err), E_NOT_FOUND);
    assert_int_equal(seal_key_from_bytes(STR("short"), &none, &err), E_ARG);
    assert_null(none);
}

static void a_key_file_that_others_may_read_is_refused(void **state)
{
    const struct folder *f = *state;
    struct seal_key *key CLEANUP(seal_key_freep) = NULL;
    struct err err = {0};
    struct str raw = STR("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk");
    assert_int_equal(seal_key_from_file(f->file, &key, &err), E_NOT_FOUND);
    assert_ok(file_write_atomic(f->file, raw, 0640, &err));
    assert_int_equal(seal_key_from_file(f->file, &key, &err), E_DENIED);
    assert_int_equal(seal_key_from_passphrase_file(f->file, &key, &err), E_DENIED);
    assert_ok(file_write_atomic(f->file, raw, 0600, &err));
    assert_ok_err(seal_key_from_file(f->file, &key, &err), &err);
}

static void a_development_key_is_made_once_and_known_as_such(void **state)
{
    const struct folder *f = *state;
    struct seal_key *first CLEANUP(seal_key_freep) = NULL;
    struct seal_key *second CLEANUP(seal_key_freep) = NULL;
    struct err err = {0};
    struct stat st;
    assert_ok_err(seal_key_development(f->file, &first, &err), &err);
    assert_ok_err(seal_key_development(f->file, &second, &err), &err);
    assert_true(seal_key_is_development(first));
    assert_true(seal_key_is_development(second));
    assert_same_key(first, second);
    assert_int_equal(stat(f->file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    struct seal_key *none = NULL;
    assert_int_equal(seal_key_development("/nonexistent/key", &none, &err), E_NOT_FOUND);
    assert_null(none);
}

static void a_passphrase_opens_what_it_sealed(void **state)
{
    const struct folder *f = *state;
    struct seal_key *from_file CLEANUP(seal_key_freep) = NULL;
    struct seal_key *from_fd CLEANUP(seal_key_freep) = NULL;
    struct seal_key *other CLEANUP(seal_key_freep) = NULL;
    struct seal_key *raw CLEANUP(seal_key_freep) = key_of('k');
    struct buf sealed CLEANUP(buf_done) = {0};
    struct buf plain CLEANUP(secret_buf_done) = {0};
    struct err err = {0};
    struct seal_info info;
    int fds[2];
    assert_ok(file_write_atomic(f->file, STR("a long passphrase\nnot this"), 0600, &err));
    assert_ok_err(seal_key_from_passphrase_file(f->file, &from_file, &err), &err);
    assert_int_equal(pipe(fds), 0);
    assert_ok(file_write_all(fds[1], "a long passphrase\r\n", 19));
    assert_ok_err(seal_key_from_passphrase_fd(fds[0], &from_fd, &err), &err);
    assert_ok(file_write_all(fds[1], "another passphrase", 18));
    (void)close(fds[1]);
    assert_ok_err(seal_key_from_passphrase_fd(fds[0], &other, &err), &err);
    (void)close(fds[0]);

    assert_ok_err(seal_make(from_file, STR("p"), STR("secret"), &sealed, &err), &err);
    assert_ok_err(seal_open(from_fd, STR("p"), buf_str(&sealed), &plain, &err), &err);
    assert_str(buf_str(&plain), "secret");
    assert_ok(seal_inspect(buf_str(&sealed), &info, &err));
    assert_int_equal(info.source, SEAL_SOURCE_PASSPHRASE);
    assert_int_equal(seal_open(other, STR("p"), buf_str(&sealed), &plain, &err), E_CRYPTO);
    assert_int_equal(seal_open(raw, STR("p"), buf_str(&sealed), &plain, &err), E_CRYPTO);
    assert_non_null(strstr(err.message, "passphrase"));
    /* Changed parameters and salt: one bit of each byte, each costs a derivation. */
    for (size_t i = 18; i < 18 + 8 + SEAL_SALT_BYTES; i += 3) {
        sealed.ptr[i] ^= 1;
        assert_int_equal(seal_open(from_fd, STR("p"), buf_str(&sealed), &plain, &err), E_CRYPTO);
        sealed.ptr[i] ^= 1;
    }
    assert_str(buf_str(&plain), "secret");
}

static void a_passphrase_that_is_too_short_or_too_long_is_refused(void **state)
{
    const struct folder *f = *state;
    struct seal_key *key = NULL;
    struct err err = {0};
    char big[SEAL_PASSPHRASE_BYTES_MAX + 2];
    memset(big, 'x', sizeof big);
    assert_ok(file_write_atomic(f->file, STR("elevenchars\n"), 0600, &err));
    assert_int_equal(seal_key_from_passphrase_file(f->file, &key, &err), E_ARG);
    assert_null(strstr(err.message, "eleven"));
    assert_ok(file_write_atomic(f->file, str_n(big, sizeof big), 0600, &err));
    assert_int_equal(seal_key_from_passphrase_file(f->file, &key, &err), E_LIMIT);
    int fd = open(f->file, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(seal_key_from_passphrase_fd(fd, &key, &err), E_LIMIT);
    (void)close(fd);
    assert_int_equal(seal_key_from_passphrase_fd(-1, &key, &err), E_IO);
    assert_int_equal(seal_key_from_passphrase_file("/nonexistent/p", &key, &err), E_NOT_FOUND);
    assert_null(key);
}

static int use_seals(void *context)
{
    const struct folder *f = context;
    struct seal_key *key CLEANUP(seal_key_freep) = NULL;
    struct buf sealed CLEANUP(buf_done) = {0};
    struct buf plain CLEANUP(secret_buf_done) = {0};
    struct err err = {0};
    int rc = seal_key_development(f->file, &key, &err);
    if (!rc)
        rc = seal_make(key, STR("p"), STR("secret"), &sealed, &err);
    if (!rc)
        rc = seal_open(key, STR("p"), buf_str(&sealed), &plain, &err);
    if (rc)
        assert_int_equal(plain.len, 0);
    return rc;
}

static void an_allocation_failure_is_reported_not_fatal(void **state)
{
    test_every_allocation_fails(use_seals, *state, 30);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sealed_is_opened_and_does_not_show),
        cmocka_unit_test(an_empty_and_a_large_content_are_sealed_and_a_larger_one_is_not),
        cmocka_unit_test(every_changed_bit_and_every_cut_is_refused),
        cmocka_unit_test(another_key_and_another_purpose_are_refused),
        WITH_FOLDER(a_credential_is_32_bytes_or_64_digits),
        WITH_FOLDER(a_key_file_that_others_may_read_is_refused),
        WITH_FOLDER(a_development_key_is_made_once_and_known_as_such),
        WITH_FOLDER(a_passphrase_opens_what_it_sealed),
        WITH_FOLDER(a_passphrase_that_is_too_short_or_too_long_is_refused),
        WITH_FOLDER(an_allocation_failure_is_reported_not_fatal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
