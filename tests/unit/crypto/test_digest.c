/* crypto/digest: known answers of FIPS 180-4; a file's two digests, and its limits. */
#include "harness/test.h"

#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/digest.h"
#include "os/file.h"

#define ABC_SHA1   "a9993e364706816aba3e25717850c26c9cd0d89d"
#define ABC_SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define ABC_SHA384                                                                                 \
    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c8" \
    "25a7"

static void assert_hex(const unsigned char *bytes, size_t len, const char *hex)
{
    CLEANUP(buf_done) struct buf text = {0};
    text_hex_add(&text, bytes, len);
    assert_str(buf_str(&text), hex);
}

static void digests_are_the_known_answers(void **state)
{
    (void)state;
    unsigned char digest[DIGEST_BYTES_MOST];
    assert_ok(digest_of(DIGEST_SHA1, STR("abc"), digest));
    assert_hex(digest, DIGEST_SHA1_BYTES, ABC_SHA1);
    assert_ok(digest_of(DIGEST_SHA256, STR("abc"), digest));
    assert_hex(digest, DIGEST_SHA256_BYTES, ABC_SHA256);
    assert_ok(digest_of(DIGEST_SHA384, STR("abc"), digest));
    assert_hex(digest, DIGEST_BYTES_MOST, ABC_SHA384);
}

static int hash_once(void *context)
{
    struct digest_pair pair;
    return digest_pair_fd(*(int *)context, 1 << 20, &pair);
}

static void a_file_has_both_in_one_reading_up_to_its_limit(void **state)
{
    (void)state;
    char *folder = test_tmpdir();
    char path[512];
    struct digest_pair pair;
    struct digest_pair untouched = {{0}, {0}};
    (void)snprintf(path, sizeof path, "%s/abc", folder);
    assert_ok(file_write_atomic(path, STR("abc"), 0600, NULL));
    int fd CLEANUP(fd_closep) = file_open_nofollow(path, NULL);
    assert_true(fd >= 0);
    assert_int_equal(lseek(fd, 2, SEEK_SET), 2);
    assert_ok(digest_pair_fd(fd, 3, &pair));
    assert_hex(pair.sha1, sizeof pair.sha1, ABC_SHA1);
    assert_hex(pair.sha256, sizeof pair.sha256, ABC_SHA256);
    assert_int_equal(digest_pair_fd(fd, 2, &untouched), E_LIMIT);
    assert_int_equal(untouched.sha1[0] | untouched.sha256[0], 0);
    assert_int_equal(digest_pair_fd(-1, 3, &untouched), E_IO);
    test_every_allocation_fails(hash_once, &fd, 10);
    test_tmpdir_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_the_known_answers),
        cmocka_unit_test(a_file_has_both_in_one_reading_up_to_its_limit),
    };
    return cmocka_run_group_tests_name("crypto/digest", tests, NULL, NULL);
}
