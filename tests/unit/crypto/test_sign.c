/* crypto/sign: round trips, refusal of other keys by name, every changed byte. */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/text.h"
#include "crypto/secret.h"
#include "crypto/sign.h"
#include "os/file.h"

static struct sign_key *new_key(void)
{
    struct sign_key *key = NULL;
    struct err err = {0};
    assert_ok_err(sign_key_new(&key, &err), &err);
    return key;
}

static void a_signature_verifies_with_the_public_half(void **state)
{
    (void)state;
    struct sign_key *key CLEANUP(sign_key_freep) = new_key();
    struct sign_key *public CLEANUP(sign_key_freep) = NULL;
    struct sign_key *other CLEANUP(sign_key_freep) = new_key();
    struct buf der CLEANUP(buf_done) = {0};
    struct buf signature CLEANUP(buf_done) = {0};
    struct err err = {0};
    assert_ok_err(sign_public_to_der(key, &der, &err), &err);
    assert_ok_err(sign_public_from_der(buf_str(&der), &public, &err), &err);
    assert_true(sign_key_is_private(key));
    assert_false(sign_key_is_private(public));
    assert_true(sign_key_same(key, public));
    assert_false(sign_key_same(key, other));
    assert_ok_err(sign_make(key, STR("isolate"), &signature, &err), &err);
    assert_true(signature.len <= 72);
    assert_ok_err(sign_verify(public, STR("isolate"), buf_str(&signature), &err), &err);
    assert_int_equal(sign_verify(other, STR("isolate"), buf_str(&signature), &err), E_CRYPTO);
    assert_int_equal(sign_verify(key, STR("isolatE"), buf_str(&signature), &err), E_CRYPTO);
    assert_int_equal(sign_verify(key, STR(""), buf_str(&signature), &err), E_CRYPTO);
    assert_int_equal(sign_verify(key, STR("isolate"), STR(""), &err), E_CRYPTO);
    signature.len = 0;
    assert_int_equal(sign_make(public, STR("isolate"), &signature, &err), E_ARG);
    assert_int_equal(signature.len, 0);
}

static void every_changed_bit_of_a_signature_is_refused(void **state)
{
    (void)state;
    struct sign_key *key CLEANUP(sign_key_freep) = new_key();
    struct buf signature CLEANUP(buf_done) = {0};
    assert_ok(sign_make(key, STR("data"), &signature, NULL));
    for (size_t i = 0; i < signature.len * 8; i++) {
        signature.ptr[i / 8] ^= (char)(1 << (i % 8));
        assert_int_equal(sign_verify(key, STR("data"), buf_str(&signature), NULL), E_CRYPTO);
        signature.ptr[i / 8] ^= (char)(1 << (i % 8));
    }
    for (size_t len = 0; len < signature.len; len++)
        assert_int_equal(sign_verify(key, STR("data"), str_n(signature.ptr, len), NULL), E_CRYPTO);
    buf_add_char(&signature, '\0');
    assert_int_equal(sign_verify(key, STR("data"), buf_str(&signature), NULL), E_CRYPTO);
}

static void a_key_survives_a_file(void **state)
{
    (void)state;
    struct sign_key *key CLEANUP(sign_key_freep) = new_key();
    struct sign_key *back CLEANUP(sign_key_freep) = NULL;
    struct err err = {0};
    char *folder = test_tmpdir();
    char path[512];
    struct stat st;
    struct buf text CLEANUP(secret_buf_done) = {0};
    (void)snprintf(path, sizeof path, "%s/key.pem", folder);
    assert_ok_err(sign_key_save(key, path, &err), &err);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_ok(file_read(path, 4096, &text, &err));
    assert_true(str_starts(buf_str(&text), STR("-----BEGIN PRIVATE KEY-----\n")));
    assert_ok_err(sign_key_load(path, &back, &err), &err);
    assert_true(sign_key_is_private(back));
    assert_true(sign_key_same(key, back));
    assert_ok(file_write_atomic(path, STR("nonsense"), 0600, &err));
    sign_key_freep(&back);
    assert_int_equal(sign_key_load(path, &back, &err), E_PARSE);
    assert_non_null(strstr(err.message, "key.pem"));
    assert_null(back);
    (void)snprintf(path, sizeof path, "%s/none", folder);
    assert_int_equal(sign_key_load(path, &back, &err), E_NOT_FOUND);
    test_tmpdir_remove(folder);
}

static void a_public_key_survives_pem_and_is_named_by_its_hash(void **state)
{
    (void)state;
    struct sign_key *key CLEANUP(sign_key_freep) = new_key();
    struct sign_key *back CLEANUP(sign_key_freep) = NULL;
    struct buf pem CLEANUP(buf_done) = {0};
    struct err err = {0};
    char a[SIGN_KEY_ID_BYTES];
    char b[SIGN_KEY_ID_BYTES];
    assert_ok_err(sign_public_to_pem(key, &pem, &err), &err);
    assert_ok_err(sign_public_from_pem(buf_str(&pem), &back, &err), &err);
    assert_ok(sign_key_id(key, a));
    assert_ok(sign_key_id(back, b));
    assert_string_equal(a, b);
    assert_int_equal(strlen(a), 16);
    struct buf private CLEANUP(secret_buf_done) = {0};
    assert_int_equal(sign_key_to_pem(back, &private, &err), E_ARG);
    assert_int_equal(private.len, 0);
}

/* A P-256 key whose id was computed with another tool (openssl pkey -pubin -outform DER |
 * sha256sum). */
static void a_known_key_has_its_known_id_and_verifies_a_known_signature(void **state)
{
    (void)state;
    static const char pem[] = "-----BEGIN PUBLIC KEY-----\n"
                              "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEJPwLozxvYox7ONY3mRrc495r+tV3\n"
                              "ZbCn7tlOMoJkWb/pac68pxVL3wt6VYuRJeIgvju/xDPktVH2hE41zZxagQ==\n"
                              "-----END PUBLIC KEY-----\n";
    static const char signature_base64[] = "MEYCIQDmQdQ+3kl9Uzp7CDF65xiidRf0cyaq2PHPGBLr5J4j"
                                           "MAIhAJ+lbHL9DlJblSb0mOWLbYqrJoQwsAAnuMmnkui2SK4l";
    struct sign_key *key CLEANUP(sign_key_freep) = NULL;
    struct buf signature CLEANUP(buf_done) = {0};
    char id[SIGN_KEY_ID_BYTES];
    struct err err = {0};
    assert_ok_err(sign_public_from_pem(str_of(pem), &key, &err), &err);
    assert_ok(sign_key_id(key, id));
    assert_string_equal(id, "b4658a37c62fbd0b");
    assert_ok(text_base64_decode(str_of(signature_base64), &signature));
    assert_ok_err(sign_verify(key, STR("known data"), buf_str(&signature), &err), &err);
}

static void add_pem(struct buf *out, EVP_PKEY *pkey, bool is_private)
{
    char *text = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    assert_non_null(bio);
    assert_int_equal(is_private
                         ? PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL)
                         : PEM_write_bio_PUBKEY(bio, pkey),
                     1);
    long len = BIO_get_mem_data(bio, &text);
    buf_add(out, text, (size_t)len);
    BIO_free(bio);
}

static void refuse(EVP_PKEY *pkey, const char *name)
{
    struct sign_key *key = NULL;
    struct err err = {0};
    assert_non_null(pkey);
    for (int is_private = 0; is_private < 2; is_private++) {
        struct buf pem CLEANUP(buf_done) = {0};
        add_pem(&pem, pkey, is_private);
        int rc = is_private ? sign_key_from_pem(buf_str(&pem), &key, &err)
                            : sign_public_from_pem(buf_str(&pem), &key, &err);
        assert_int_equal(rc, E_UNSUPPORTED);
        assert_non_null(strstr(err.message, name));
        assert_null(key);
    }
    EVP_PKEY_free(pkey);
}

static void other_kinds_of_key_are_refused_by_name(void **state)
{
    (void)state;
    refuse(EVP_RSA_gen(2048), "RSA");
    refuse(EVP_EC_gen("P-384"), "secp384r1");
    refuse(EVP_EC_gen("secp256k1"), "secp256k1");
    refuse(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), "ED25519");
    EVP_PKEY *spelled_out = EVP_EC_gen("P-256");
    assert_non_null(spelled_out);
    assert_int_equal(EVP_PKEY_set_utf8_string_param(spelled_out, "encoding", "explicit"), 1);
    refuse(spelled_out, "spells out");
}

static void key_text_that_is_none_is_refused(void **state)
{
    (void)state;
    struct sign_key *key = NULL;
    struct err err = {0};
    char big[SIGN_PEM_BYTES_MAX + 1];
    memset(big, 'x', sizeof big);
    assert_int_equal(sign_key_from_pem(str_n(big, sizeof big), &key, &err), E_LIMIT);
    assert_int_equal(sign_public_from_pem(str_n(big, sizeof big), &key, &err), E_LIMIT);
    assert_int_equal(sign_public_from_der(str_n(big, sizeof big), &key, &err), E_LIMIT);
    assert_int_equal(sign_key_from_pem((struct str){0}, &key, &err), E_PARSE);
    assert_int_equal(sign_public_from_der((struct str){0}, &key, &err), E_PARSE);
    struct sign_key *good CLEANUP(sign_key_freep) = new_key();
    struct buf der CLEANUP(buf_done) = {0};
    assert_ok(sign_public_to_der(good, &der, &err));
    for (size_t len = 0; len < der.len; len++)
        assert_int_equal(sign_public_from_der(str_n(der.ptr, len), &key, &err), E_PARSE);
    buf_add_char(&der, 'x');
    assert_int_equal(sign_public_from_der(buf_str(&der), &key, &err), E_PARSE);
    /* An encrypted key is refused, not asked a passphrase for on the terminal. */
    static const char encrypted[] =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
        "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgiWzm5EKQCIAICCAAw\n"
        "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEA2C2riysuZGe/Z4+thxN5oEgZDE\n"
        "X9gWA1q5yxL+Nvoyr56U9qurZppNZaQdxA8IYHAY7dtMX6QLbODCV/qmzEXdrVkF\n"
        "cOV1jW6T4bIZsAt8pxSnzCVGED75L8aTKeb0uHs03Yr8njF2om1IWLD2uzYAykcg\n"
        "294bs4PRMuzJUtW/4h/XH5WBIrAqbvCJo/nYZVx6nYHtu0WkINLnqaDIFBN07iU=\n"
        "-----END ENCRYPTED PRIVATE KEY-----\n";
    assert_int_equal(sign_key_from_pem(str_of(encrypted), &key, &err), E_PARSE);
    assert_null(key);
}

static int use_keys(void *context)
{
    struct sign_key *key CLEANUP(sign_key_freep) = NULL;
    struct sign_key *back CLEANUP(sign_key_freep) = NULL;
    struct buf pem CLEANUP(secret_buf_done) = {0};
    struct buf signature CLEANUP(buf_done) = {0};
    char id[SIGN_KEY_ID_BYTES];
    struct err err = {0};
    (void)context;
    int rc = sign_key_new(&key, &err);
    if (!rc)
        rc = sign_key_to_pem(key, &pem, &err);
    if (!rc)
        rc = sign_key_from_pem(buf_str(&pem), &back, &err);
    if (!rc)
        rc = sign_make(back, STR("x"), &signature, &err);
    if (!rc)
        rc = sign_verify(key, STR("x"), buf_str(&signature), &err);
    return rc ? rc : sign_key_id(key, id);
}

static void an_allocation_failure_is_reported_not_fatal(void **state)
{
    (void)state;
    test_every_allocation_fails(use_keys, NULL, 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_verifies_with_the_public_half),
        cmocka_unit_test(every_changed_bit_of_a_signature_is_refused),
        cmocka_unit_test(a_key_survives_a_file),
        cmocka_unit_test(a_public_key_survives_pem_and_is_named_by_its_hash),
        cmocka_unit_test(a_known_key_has_its_known_id_and_verifies_a_known_signature),
        cmocka_unit_test(other_kinds_of_key_are_refused_by_name),
        cmocka_unit_test(key_text_that_is_none_is_refused),
        cmocka_unit_test(an_allocation_failure_is_reported_not_fatal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
