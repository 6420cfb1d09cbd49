/* crypto over an OpenSSL that runs out of memory: any single allocation inside the library fails,
 * and every function of this folder still reports an error or succeeds, never crashes and never
 * leaks. A program of its own, because the allocator must be set before OpenSSL's first use. */
#include "harness/test.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "base/timefmt.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "crypto/secret.h"
#include "crypto/x509.h"
#include "crypto/x509_csr.h"
#include "crypto/x509_issue.h"

static const int64_t now_ns = INT64_C(1754572895) * INT64_C(1000000000);

static uint64_t calls;
static uint64_t failing; /* 0 = none; else this one fails */

static void *allocate(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return ++calls == failing ? NULL : malloc(size);
}

static void *reallocate(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return ++calls == failing ? NULL : realloc(old, size);
}

static void release(void *ptr, const char *file, int line)
{
    (void)file;
    (void)line;
    free(ptr);
}

/* Made once, before anything fails. */
static struct {
    struct sign_key *key;
    struct sign_key *other_key;
    struct x509_ca ca;
    struct x509_cert *ca_cert;
    struct x509_cert *device;
    struct x509_cert *forged; /* by another authority of the same name */
    struct seal_key *kek;
    struct buf key_pem;
    struct buf key_der;
    struct buf signature;
    struct buf csr;
    struct buf bad_csr;
    struct buf cert_pem;
    struct buf sealed;
} w;

/* Checks of a result are not what is tested: they have all the memory they need. */
static bool is_our_key(const struct sign_key *key)
{
    failing = 0;
    return sign_key_same(key, w.key);
}

static int make_key(void)
{
    struct sign_key *key CLEANUP(sign_key_freep) = NULL;
    struct buf pem CLEANUP(secret_buf_done) = {0};
    struct err err = {0};
    int rc = sign_key_new(&key, &err);
    return rc ? rc : sign_key_to_pem(key, &pem, &err);
}

static int read_private_key(void)
{
    struct sign_key *key CLEANUP(sign_key_freep) = NULL;
    struct err err = {0};
    int rc = sign_key_from_pem(buf_str(&w.key_pem), &key, &err);
    assert_true(rc || is_our_key(key));
    return rc;
}

static int read_public_key(void)
{
    struct sign_key *key CLEANUP(sign_key_freep) = NULL;
    struct err err = {0};
    int rc = sign_public_from_der(buf_str(&w.key_der), &key, &err);
    assert_true(rc || is_our_key(key));
    return rc;
}

static int sign(void)
{
    struct buf signature CLEANUP(buf_done) = {0};
    struct err err = {0};
    int rc = sign_make(w.key, STR("data"), &signature, &err);
    assert_true(rc || (signature.len >= 64 && signature.len <= 72));
    return rc;
}

static int verify(void)
{
    struct err err = {0};
    return sign_verify(w.key, STR("data"), buf_str(&w.signature), &err);
}

static int verify_forged(void)
{
    struct err err = {0};
    return sign_verify(w.key, STR("DATA"), buf_str(&w.signature), &err);
}

static int make_csr(void)
{
    struct buf csr CLEANUP(buf_done) = {0};
    struct err err = {0};
    return x509_csr_make(w.key, STR("d-1"), &csr, &err);
}

static int read_csr_of(struct str csr)
{
    struct sign_key *key CLEANUP(sign_key_freep) = NULL;
    struct buf name CLEANUP(buf_done) = {0};
    struct err err = {0};
    int rc = x509_csr_read(csr, &key, &name, &err);
    assert_true(rc || str_is(buf_str(&name), "d-1"));
    return rc;
}

static int read_csr(void)
{
    return read_csr_of(buf_str(&w.csr));
}

static int read_forged_csr(void)
{
    return read_csr_of(buf_str(&w.bad_csr));
}

static int make_ca(void)
{
    struct x509_cert *cert CLEANUP(x509_freep) = NULL;
    struct err err = {0};
    return x509_ca_create(w.key, STR("CA"), now_ns, &cert, &err);
}

static int issue(void)
{
    struct x509_cert *device CLEANUP(x509_freep) = NULL;
    struct x509_cert *server CLEANUP(x509_freep) = NULL;
    struct str names[] = {STR("cordon.example.org"), STR("192.0.2.7")};
    struct err err = {0};
    int rc = x509_issue_device(&w.ca, w.key, STR("d-1"), now_ns, 30, &device, &err);
    if (!rc)
        rc = x509_issue_server(&w.ca, w.key, names, 2, now_ns, 30, &server, &err);
    return rc;
}

static int read_cert(void)
{
    struct x509_cert *cert CLEANUP(x509_freep) = NULL;
    struct buf name CLEANUP(buf_done) = {0};
    struct buf pem CLEANUP(buf_done) = {0};
    char hex[HASH_HEX_BYTES];
    struct err err = {0};
    int rc = x509_from_pem(buf_str(&w.cert_pem), &cert, &err);
    if (!rc)
        rc = x509_common_name(cert, &name, &err);
    if (!rc)
        rc = x509_fingerprint(cert, hex);
    return rc ? rc : x509_to_pem(cert, &pem, &err);
}

static int verify_cert_of(const struct x509_cert *cert)
{
    const struct x509_cert *const cas[] = {w.ca_cert};
    struct err err = {0};
    return x509_verify(cert, cas, 1, X509_FOR_CLIENT, now_ns, &err);
}

static int verify_cert(void)
{
    return verify_cert_of(w.device);
}

static int verify_forged_cert(void)
{
    return verify_cert_of(w.forged);
}

static int hash(void)
{
    unsigned char digest[HASH_BYTES];
    int rc = hash_sha256(STR("d"), digest);
    return rc ? rc : hash_hmac(STR("k"), STR("d"), digest);
}

static int seal(void)
{
    struct buf sealed CLEANUP(buf_done) = {0};
    struct err err = {0};
    int rc = seal_make(w.kek, STR("p"), STR("secret"), &sealed, &err);
    assert_int_equal(sealed.len, rc ? 0 : strlen("secret") + SEAL_OVERHEAD_BYTES);
    return rc;
}

static int open_for(struct str purpose)
{
    struct buf plain CLEANUP(secret_buf_done) = {0};
    struct err err = {0};
    int rc = seal_open(w.kek, purpose, buf_str(&w.sealed), &plain, &err);
    assert_int_equal(plain.len, rc ? 0 : strlen("secret"));
    return rc;
}

static int unseal(void)
{
    return open_for(STR("p"));
}

static int unseal_for_another_purpose(void)
{
    return open_for(STR("q"));
}

struct part {
    const char *name;
    int (*run)(void);
    bool must_fail;
    unsigned step; /* every how many-th allocation fails; a prime where there are thousands */
};

static const struct part parts[] = {
    {"make a key", make_key, false, 1},
    {"read a private key", read_private_key, false, 23},
    {"read a public key", read_public_key, false, 7},
    {"sign", sign, false, 1},
    {"verify a signature", verify, false, 1},
    {"refuse a signature", verify_forged, true, 1},
    {"make a request", make_csr, false, 11},
    {"read a request", read_csr, false, 7},
    {"refuse a request", read_forged_csr, true, 7},
    {"make an authority", make_ca, false, 11},
    {"issue", issue, false, 11},
    {"read a certificate", read_cert, false, 11},
    {"verify a certificate", verify_cert, false, 1},
    {"refuse a certificate", verify_forged_cert, true, 1},
    {"hash", hash, false, 1},
    {"seal", seal, false, 1},
    {"unseal", unseal, false, 1},
    {"refuse to unseal", unseal_for_another_purpose, true, 1},
};

static int make_world(void **state)
{
    struct err err = {0};
    struct x509_cert *other_ca = NULL;
    (void)state;
    assert_ok_err(sign_key_new(&w.key, &err), &err);
    assert_ok_err(sign_key_new(&w.other_key, &err), &err);
    assert_ok_err(sign_key_to_pem(w.key, &w.key_pem, &err), &err);
    assert_ok_err(sign_public_to_der(w.key, &w.key_der, &err), &err);
    assert_ok_err(sign_make(w.key, STR("data"), &w.signature, &err), &err);
    assert_ok_err(x509_csr_make(w.key, STR("d-1"), &w.csr, &err), &err);
    buf_add_str(&w.bad_csr, buf_str(&w.csr));
    w.bad_csr.ptr[w.bad_csr.len - 1] ^= 1;
    assert_ok_err(x509_ca_create(w.key, STR("CA"), now_ns, &w.ca_cert, &err), &err);
    assert_ok_err(x509_ca_create(w.other_key, STR("CA"), now_ns, &other_ca, &err), &err);
    w.ca = (struct x509_ca){w.ca_cert, w.key};
    struct x509_ca other = {other_ca, w.other_key};
    assert_ok_err(x509_issue_device(&w.ca, w.key, STR("d-1"), now_ns, 30, &w.device, &err), &err);
    assert_ok_err(x509_issue_device(&other, w.key, STR("d-1"), now_ns, 30, &w.forged, &err), &err);
    assert_ok_err(x509_to_pem(w.device, &w.cert_pem, &err), &err);
    assert_ok_err(seal_key_from_bytes(STR("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"), &w.kek, &err), &err);
    assert_ok_err(seal_make(w.kek, STR("p"), STR("secret"), &w.sealed, &err), &err);
    x509_free(other_ca);
    return 0;
}

static int free_world(void **state)
{
    (void)state;
    sign_key_free(w.key);
    sign_key_free(w.other_key);
    x509_free(w.ca_cert);
    x509_free(w.device);
    x509_free(w.forged);
    seal_key_free(w.kek);
    secret_buf_done(&w.key_pem);
    buf_done(&w.key_der);
    buf_done(&w.signature);
    buf_done(&w.csr);
    buf_done(&w.bad_csr);
    buf_done(&w.cert_pem);
    buf_done(&w.sealed);
    return 0;
}

static void fail_each_allocation_of(const struct part *part)
{
    unsigned reported = 0;
    /* What OpenSSL keeps from a first use on is made before the count. */
    assert_int_equal(part->run() != 0, part->must_fail);
    calls = 0;
    assert_int_equal(part->run() != 0, part->must_fail);
    uint64_t total = calls;
    for (uint64_t n = 1; n <= total; n += part->step) {
        calls = 0;
        failing = n;
        int rc = part->run();
        failing = 0;
        reported += rc != 0;
        assert_true(rc <= 0);
        assert_true(rc != 0 || !part->must_fail);
        /* Nothing of a failure stays behind for the next caller on this thread. */
        assert_true(rc == 0 || ERR_peek_error() == 0);
        ERR_clear_error();
    }
    print_message("%s: %u allocations, every %u. failed, %u reported\n", part->name,
                  (unsigned)total, part->step, reported);
    assert_int_equal(part->run() != 0, part->must_fail);
}

static void nothing_crashes_and_nothing_forged_passes_when_openssl_has_no_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        fail_each_allocation_of(&parts[i]);
}

int main(void)
{
    if (CRYPTO_set_mem_functions(allocate, reallocate, release) != 1)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_crashes_and_nothing_forged_passes_when_openssl_has_no_memory),
    };
    return cmocka_run_group_tests(tests, make_world, free_world);
}
