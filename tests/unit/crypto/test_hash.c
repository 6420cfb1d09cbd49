/* crypto/hash: known answers of FIPS 180-4 and RFC 4231, streams, descriptors, comparison. */
#include "harness/test.h"

#include <stdio.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "os/file.h"

#define ABC_HEX   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define EMPTY_HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define MILLION_A "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

static void sha256_gives_the_known_answers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *hex;
    } known[] = {
        {"", EMPTY_HEX},
        {"abc", ABC_HEX},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        char hex[HASH_HEX_BYTES];
        assert_ok(hash_sha256_hex(str_of(known[i].text), hex));
        assert_string_equal(hex, known[i].hex);
    }
    char hex[HASH_HEX_BYTES];
    assert_ok(hash_sha256_hex((struct str){0}, hex));
    assert_string_equal(hex, EMPTY_HEX);
}

static void a_stream_agrees_with_the_whole_and_can_be_used_again(void **state)
{
    (void)state;
    struct hash_stream *s CLEANUP(hash_stream_freep) = NULL;
    unsigned char digest[HASH_BYTES];
    char hex[HASH_HEX_BYTES];
    char piece[1000];
    memset(piece, 'a', sizeof piece);
    assert_ok(hash_stream_new(&s));
    for (int i = 0; i < 1000; i++)
        assert_ok(hash_stream_add(s, str_n(piece, sizeof piece)));
    assert_ok(hash_stream_finish(s, digest));
    hash_hex(digest, hex);
    assert_string_equal(hex, MILLION_A);
    assert_ok(hash_stream_add(s, STR("a")));
    assert_ok(hash_stream_add(s, STR("bc")));
    assert_ok(hash_stream_finish(s, digest));
    hash_hex(digest, hex);
    assert_string_equal(hex, ABC_HEX);
    hash_stream_free(NULL);
}

/* RFC 4231, test cases 1, 2, 3 and 6. */
static void hmac_gives_the_known_answers(void **state)
{
    (void)state;
    char long_key[131];
    char data_dd[50];
    memset(long_key, 0xaa, sizeof long_key);
    memset(data_dd, 0xdd, sizeof data_dd);
    const struct {
        struct str key;
        struct str data;
        const char *hex;
    } known[] = {
        {STR("\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"),
         STR("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {STR("Jefe"), STR("what do ya want for nothing?"),
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {str_n(long_key, 20), str_n(data_dd, 50),
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {str_n(long_key, 131), STR("Test Using Larger Than Block-Size Key - Hash Key First"),
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    };
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        unsigned char mac[HASH_BYTES];
        char hex[HASH_HEX_BYTES];
        assert_ok(hash_hmac(known[i].key, known[i].data, mac));
        hash_hex(mac, hex);
        assert_string_equal(hex, known[i].hex);
    }
    unsigned char a[HASH_BYTES];
    unsigned char b[HASH_BYTES];
    assert_ok(hash_hmac((struct str){0}, (struct str){0}, a));
    assert_ok(hash_hmac(STR(""), STR(""), b));
    assert_memory_equal(a, b, sizeof a);
}

static void a_descriptor_is_hashed_up_to_its_limit(void **state)
{
    (void)state;
    char *folder = test_tmpdir();
    char path[512];
    char hex[HASH_HEX_BYTES];
    unsigned char digest[HASH_BYTES];
    uint64_t size = 0;
    (void)snprintf(path, sizeof path, "%s/f", folder);
    assert_ok(file_write_atomic(path, STR("abc"), 0600, NULL));
    int fd = file_open_nofollow(path, NULL);
    assert_true(fd >= 0);
    assert_ok(hash_sha256_fd(fd, 3, digest, &size));
    hash_hex(digest, hex);
    assert_string_equal(hex, ABC_HEX);
    assert_int_equal(size, 3);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(hash_sha256_fd(fd, 2, digest, NULL), E_LIMIT);
    fd_closep(&fd);
    assert_int_equal(hash_sha256_fd(-1, 2, digest, NULL), E_IO);
    test_tmpdir_remove(folder);
}

static void equality_is_of_length_and_every_byte(void **state)
{
    (void)state;
    assert_true(hash_equal(STR("abc"), STR("abc")));
    assert_true(hash_equal(STR(""), (struct str){0}));
    assert_false(hash_equal(STR("abc"), STR("abcd")));
    for (size_t i = 0; i < 3; i++) {
        char other[] = "abc";
        other[i] ^= 1;
        assert_false(hash_equal(STR("abc"), str_n(other, 3)));
    }
}

static int hash_a_descriptor(void *context)
{
    unsigned char digest[HASH_BYTES];
    (void)context;
    int fd CLEANUP(fd_closep) = file_open_nofollow("/proc/self/cmdline", NULL);
    return fd < 0 ? fd : hash_sha256_fd(fd, 1 << 20, digest, NULL);
}

static void an_allocation_failure_is_reported_not_fatal(void **state)
{
    (void)state;
    test_every_allocation_fails(hash_a_descriptor, NULL, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_known_answers),
        cmocka_unit_test(a_stream_agrees_with_the_whole_and_can_be_used_again),
        cmocka_unit_test(hmac_gives_the_known_answers),
        cmocka_unit_test(a_descriptor_is_hashed_up_to_its_limit),
        cmocka_unit_test(equality_is_of_length_and_every_byte),
        cmocka_unit_test(an_allocation_failure_is_reported_not_fatal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
