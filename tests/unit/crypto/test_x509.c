/* crypto/x509, x509_issue, x509_csr: own authority, requests, verification, every changed byte. */
#include "harness/test.h"

#include <stdio.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/timefmt.h"
#include "crypto/x509.h"
#include "crypto/x509_csr.h"
#include "crypto/x509_issue.h"

#define DAY_NS (INT64_C(86400) * NS_PER_S)

static const int64_t now_ns = INT64_C(1754572895) * INT64_C(1000000000); /* 2025-08-07 */

/* An authority with a device and a server below it; made once, keys are slow. */
struct world {
    struct sign_key *ca_key;
    struct sign_key *device_key;
    struct x509_cert *ca_cert;
    struct x509_cert *device;
    struct x509_cert *server;
    struct x509_ca ca;
};

static int set_up(void **state)
{
    static struct world w;
    struct err err = {0};
    static const struct str names[] = {
        {"cordon.example.org", 18}, {"*.example.org", 13}, {"192.0.2.7", 9}, {"2001:db8::7", 11}};
    assert_ok_err(sign_key_new(&w.ca_key, &err), &err);
    assert_ok_err(sign_key_new(&w.device_key, &err), &err);
    assert_ok_err(x509_ca_create(w.ca_key, STR("Cordon CA"), now_ns, &w.ca_cert, &err), &err);
    w.ca = (struct x509_ca){w.ca_cert, w.ca_key};
    assert_ok_err(x509_issue_device(&w.ca, w.device_key, STR("d-1"), now_ns, 90, &w.device, &err),
                  &err);
    assert_ok_err(x509_issue_server(&w.ca, w.device_key, names, ARRAY_LEN(names), now_ns, 90,
                                    &w.server, &err),
                  &err);
    *state = &w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    x509_freep(&w->server);
    x509_freep(&w->device);
    x509_freep(&w->ca_cert);
    sign_key_freep(&w->device_key);
    sign_key_freep(&w->ca_key);
    return 0;
}

static int verify(const struct world *w, const struct x509_cert *cert, enum x509_purpose purpose,
                  int64_t at_ns, struct err *err)
{
    const struct x509_cert *cas[] = {w->ca_cert};
    return x509_verify(cert, cas, 1, purpose, at_ns, err);
}

static void an_issued_certificate_says_what_it_was_issued_for(void **state)
{
    const struct world *w = *state;
    struct buf name CLEANUP(buf_done) = {0};
    struct buf serial CLEANUP(buf_done) = {0};
    struct buf other CLEANUP(buf_done) = {0};
    struct sign_key *key CLEANUP(sign_key_freep) = NULL;
    struct err err = {0};
    assert_ok_err(x509_common_name(w->device, &name, &err), &err);
    assert_str(buf_str(&name), "d-1");
    assert_ok(x509_serial(w->device, &serial));
    assert_ok(x509_serial(w->server, &other));
    assert_int_equal(serial.len, 32);
    assert_false(str_eq(buf_str(&serial), buf_str(&other)));
    assert_true(x509_not_after_ns(w->device) == now_ns + 90 * DAY_NS);
    assert_true(x509_not_before_ns(w->device) == now_ns - DAY_NS);
    assert_true(x509_not_after_ns(w->ca_cert) == now_ns + 3653 * DAY_NS);
    assert_ok_err(x509_public_key(w->device, &key, &err), &err);
    assert_true(sign_key_same(key, w->device_key));
    assert_false(sign_key_is_private(key));
}

static void a_certificate_verifies_for_its_purpose_only(void **state)
{
    const struct world *w = *state;
    struct err err = {0};
    assert_ok_err(verify(w, w->device, X509_FOR_CLIENT, now_ns, &err), &err);
    assert_ok_err(verify(w, w->server, X509_FOR_SERVER, now_ns, &err), &err);
    assert_int_equal(verify(w, w->device, X509_FOR_SERVER, now_ns, &err), E_CRYPTO);
    assert_int_equal(verify(w, w->server, X509_FOR_CLIENT, now_ns, &err), E_CRYPTO);
}

static void a_certificate_verifies_within_its_life_only(void **state)
{
    const struct world *w = *state;
    struct err err = {0};
    assert_ok_err(verify(w, w->device, X509_FOR_CLIENT, now_ns - DAY_NS, &err), &err);
    assert_ok_err(verify(w, w->device, X509_FOR_CLIENT, now_ns + 90 * DAY_NS - 1, &err), &err);
    assert_int_equal(verify(w, w->device, X509_FOR_CLIENT, now_ns - DAY_NS - 1, &err), E_CRYPTO);
    assert_non_null(strstr(err.message, "not yet valid"));
    assert_int_equal(verify(w, w->device, X509_FOR_CLIENT, now_ns + 91 * DAY_NS, &err), E_CRYPTO);
    assert_non_null(strstr(err.message, "expired"));
}

static void only_an_accepted_authority_counts(void **state)
{
    const struct world *w = *state;
    struct err err = {0};
    struct sign_key *key CLEANUP(sign_key_freep) = NULL;
    struct x509_cert *stranger CLEANUP(x509_freep) = NULL;
    struct x509_cert *forged CLEANUP(x509_freep) = NULL;
    assert_ok(sign_key_new(&key, &err));
    /* The same name, another key. */
    assert_ok(x509_ca_create(key, STR("Cordon CA"), now_ns, &stranger, &err));
    struct x509_ca ca = {stranger, key};
    assert_ok(x509_issue_device(&ca, key, STR("d-1"), now_ns, 90, &forged, &err));
    assert_int_equal(verify(w, forged, X509_FOR_CLIENT, now_ns, &err), E_CRYPTO);
    const struct x509_cert *both[] = {stranger, w->ca_cert};
    assert_ok_err(x509_verify(forged, both, 2, X509_FOR_CLIENT, now_ns, &err), &err);
    assert_ok_err(x509_verify(w->device, both, 2, X509_FOR_CLIENT, now_ns, &err), &err);
    assert_int_equal(x509_verify(w->device, NULL, 0, X509_FOR_CLIENT, now_ns, &err), E_CRYPTO);
    /* A device is no authority, although its key could sign. */
    struct x509_ca device_as_ca = {w->device, w->device_key};
    struct x509_cert *below CLEANUP(x509_freep) = NULL;
    assert_ok(x509_issue_device(&device_as_ca, key, STR("d-2"), now_ns, 30, &below, &err));
    assert_int_equal(verify(w, below, X509_FOR_CLIENT, now_ns, &err), E_CRYPTO);
    const struct x509_cert *only_device[] = {w->device};
    assert_int_equal(x509_verify(below, only_device, 1, X509_FOR_CLIENT, now_ns, &err), E_CRYPTO);
}

static void a_certificate_never_outlives_its_authority(void **state)
{
    const struct world *w = *state;
    struct err err = {0};
    struct x509_cert *late CLEANUP(x509_freep) = NULL;
    int64_t end_ns = x509_not_after_ns(w->ca_cert);
    assert_ok(x509_issue_device(&w->ca, w->device_key, STR("d"), end_ns - DAY_NS, 90, &late, &err));
    assert_true(x509_not_after_ns(late) == end_ns);
    x509_freep(&late);
    assert_int_equal(x509_issue_device(&w->ca, w->device_key, STR("d"), end_ns, 90, &late, &err),
                     E_STATE);
    assert_int_equal(
        x509_issue_device(&w->ca, w->device_key, STR("d"), now_ns - 2 * DAY_NS, 90, &late, &err),
        E_STATE);
    assert_null(late);
}

static void a_server_certificate_has_its_names(void **state)
{
    const struct world *w = *state;
    X509 *x = x509_handle(w->server);
    assert_int_equal(X509_check_host(x, "cordon.example.org", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(x, "a.example.org", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(x, "example.com", 0, 0, NULL), 0);
    assert_int_equal(X509_check_ip_asc(x, "192.0.2.7", 0), 1);
    assert_int_equal(X509_check_ip_asc(x, "2001:db8::7", 0), 1);
    assert_int_equal(X509_check_ip_asc(x, "192.0.2.8", 0), 0);
    struct err err = {0};
    struct x509_cert *cert CLEANUP(x509_freep) = NULL;
    struct str long_name = STR("a-rather-long-host-name-that-does-not-fit-into-a-common-name"
                               ".cordon.example.org");
    assert_ok_err(x509_issue_server(&w->ca, w->device_key, &long_name, 1, now_ns, 90, &cert, &err),
                  &err);
    assert_int_equal(X509_check_host(x509_handle(cert), long_name.ptr, 0, 0, NULL), 1);
    assert_ok_err(verify(w, cert, X509_FOR_SERVER, now_ns, &err), &err);
    struct buf name CLEANUP(buf_done) = {0};
    assert_int_equal(x509_common_name(cert, &name, &err), E_PARSE);
}

static void names_that_are_none_are_refused(void **state)
{
    const struct world *w = *state;
    static const char *const bad[] = {"",           "a b",       "-a.example", "a-.example",
                                      "a..example", ".example",  "example.",   "*",
                                      "a.*.org",    "DNS:a,b.c", "1.2.3.4:80", "a\nb"};
    struct err err = {0};
    struct x509_cert *cert = NULL;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct str name = str_of(bad[i]);
        int rc = x509_issue_server(&w->ca, w->device_key, &name, 1, now_ns, 90, &cert, &err);
        assert_int_equal(rc, E_ARG);
    }
    struct str many[X509_SANS_MAX + 1];
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        many[i] = STR("a.example");
    assert_int_equal(
        x509_issue_server(&w->ca, w->device_key, many, ARRAY_LEN(many), now_ns, 90, &cert, &err),
        E_ARG);
    assert_int_equal(x509_issue_server(&w->ca, w->device_key, many, 0, now_ns, 90, &cert, &err),
                     E_ARG);
    static const char *const bad_ids[] = {
        "", "a\nb", "\xff", "01234567890123456789012345678901234567890123456789012345678901234"};
    for (size_t i = 0; i < ARRAY_LEN(bad_ids); i++) {
        struct str id = str_of(bad_ids[i]);
        assert_int_equal(x509_issue_device(&w->ca, w->device_key, id, now_ns, 90, &cert, &err),
                         E_ARG);
        assert_int_equal(x509_ca_create(w->ca_key, id, now_ns, &cert, &err), E_ARG);
    }
    assert_int_equal(x509_issue_device(&w->ca, w->device_key, STR("d"), now_ns, 0, &cert, &err),
                     E_ARG);
    assert_int_equal(x509_issue_device(&w->ca, w->device_key, STR("d"), now_ns,
                                       X509_ISSUE_DAYS_MAX + 1, &cert, &err),
                     E_ARG);
    assert_null(cert);
}

static void a_certificate_survives_both_forms(void **state)
{
    const struct world *w = *state;
    struct buf pem CLEANUP(buf_done) = {0};
    struct buf der CLEANUP(buf_done) = {0};
    struct x509_cert *a CLEANUP(x509_freep) = NULL;
    struct x509_cert *b CLEANUP(x509_freep) = NULL;
    struct x509_cert *none = NULL;
    char first[HASH_HEX_BYTES];
    char second[HASH_HEX_BYTES];
    struct err err = {0};
    assert_ok_err(x509_to_pem(w->device, &pem, &err), &err);
    assert_ok_err(x509_to_der(w->device, &der, &err), &err);
    assert_ok_err(x509_from_pem(buf_str(&pem), &a, &err), &err);
    assert_ok_err(x509_from_der(buf_str(&der), &b, &err), &err);
    assert_ok(x509_fingerprint(a, first));
    assert_ok(x509_fingerprint(b, second));
    assert_string_equal(first, second);
    assert_ok(hash_sha256_hex(buf_str(&der), first));
    assert_string_equal(first, second);
    for (size_t len = 0; len < der.len; len++)
        assert_int_equal(x509_from_der(str_n(der.ptr, len), &none, &err), E_PARSE);
    buf_add_char(&der, 'x');
    assert_int_equal(x509_from_der(buf_str(&der), &none, &err), E_PARSE);
    assert_int_equal(x509_from_pem(STR("nonsense"), &none, &err), E_PARSE);
    assert_int_equal(x509_from_pem((struct str){0}, &none, &err), E_PARSE);
    struct buf big CLEANUP(buf_done) = {0};
    for (int i = 0; i <= X509_CERT_BYTES_MAX; i++)
        buf_add_char(&big, 'x');
    assert_int_equal(x509_from_pem(buf_str(&big), &none, &err), E_LIMIT);
    assert_int_equal(x509_from_der(buf_str(&big), &none, &err), E_LIMIT);
    assert_null(none);
}

static void every_changed_byte_of_a_certificate_is_refused(void **state)
{
    const struct world *w = *state;
    struct buf der CLEANUP(buf_done) = {0};
    unsigned parsed = 0;
    assert_ok(x509_to_der(w->device, &der, NULL));
    for (size_t i = 0; i < der.len; i++) {
        for (int bit = 0; bit < 8; bit += 7) {
            struct x509_cert *cert CLEANUP(x509_freep) = NULL;
            der.ptr[i] ^= (char)(1 << bit);
            if (x509_from_der(buf_str(&der), &cert, NULL) == 0) {
                parsed++;
                assert_int_equal(verify(w, cert, X509_FOR_CLIENT, now_ns, NULL), E_CRYPTO);
            }
            der.ptr[i] ^= (char)(1 << bit);
        }
    }
    /* Most changes still parse: it is the signature that refuses them. */
    assert_true(parsed > der.len / 2);
}

static void a_request_proves_its_key_and_claims_a_name(void **state)
{
    const struct world *w = *state;
    struct buf csr CLEANUP(buf_done) = {0};
    struct buf name CLEANUP(buf_done) = {0};
    struct sign_key *key CLEANUP(sign_key_freep) = NULL;
    struct err err = {0};
    assert_ok_err(x509_csr_make(w->device_key, STR("Anna's Mac"), &csr, &err), &err);
    assert_ok_err(x509_csr_read(buf_str(&csr), &key, &name, &err), &err);
    assert_true(sign_key_same(key, w->device_key));
    assert_str(buf_str(&name), "Anna's Mac");
    sign_key_freep(&key);
    assert_ok_err(x509_csr_read(buf_str(&csr), &key, NULL, &err), &err);
    struct buf bad CLEANUP(buf_done) = {0};
    assert_int_equal(x509_csr_make(w->device_key, STR(""), &bad, &err), E_ARG);
    assert_int_equal(x509_csr_make(key, STR("public half only"), &bad, &err), E_ARG);
    assert_int_equal(bad.len, 0);
}

static void every_changed_byte_of_a_request_is_refused(void **state)
{
    const struct world *w = *state;
    struct buf csr CLEANUP(buf_done) = {0};
    struct sign_key *key = NULL;
    assert_ok(x509_csr_make(w->device_key, STR("d-1"), &csr, NULL));
    for (size_t i = 0; i < csr.len * 8; i++) {
        csr.ptr[i / 8] ^= (char)(1 << (i % 8));
        int rc = x509_csr_read(buf_str(&csr), &key, NULL, NULL);
        assert_true(rc == E_PARSE || rc == E_CRYPTO || rc == E_UNSUPPORTED);
        csr.ptr[i / 8] ^= (char)(1 << (i % 8));
    }
    for (size_t len = 0; len < csr.len; len++)
        assert_int_equal(x509_csr_read(str_n(csr.ptr, len), &key, NULL, NULL), E_PARSE);
    buf_add_char(&csr, '\0');
    assert_int_equal(x509_csr_read(buf_str(&csr), &key, NULL, NULL), E_PARSE);
    while (csr.len <= X509_CSR_BYTES_MAX)
        buf_add_char(&csr, '\0');
    assert_int_equal(x509_csr_read(buf_str(&csr), &key, NULL, NULL), E_LIMIT);
    assert_null(key);
}

/* A request as any other program would make it. */
static void add_foreign_csr(struct buf *out, EVP_PKEY *pkey, int names, bool as_pem)
{
    X509_REQ *req = X509_REQ_new();
    assert_non_null(req);
    assert_non_null(pkey);
    for (int i = 0; i < names; i++)
        assert_int_equal(X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), "CN",
                                                    MBSTRING_ASC, (const unsigned char *)"x\x01y",
                                                    3, -1, 0),
                         1);
    assert_int_equal(X509_REQ_set_pubkey(req, pkey), 1);
    const EVP_MD *md = EVP_PKEY_is_a(pkey, "ED25519") ? NULL : EVP_sha256();
    assert_true(X509_REQ_sign(req, pkey, md) > 0);
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    assert_int_equal(as_pem ? PEM_write_bio_X509_REQ(bio, req) : i2d_X509_REQ_bio(bio, req), 1);
    long len = BIO_get_mem_data(bio, &text);
    buf_add(out, text, (size_t)len);
    BIO_free(bio);
    X509_REQ_free(req);
}

static void a_request_with_another_kind_of_key_is_refused_by_name(void **state)
{
    (void)state;
    const struct {
        EVP_PKEY *pkey;
        const char *name;
    } cases[] = {{EVP_RSA_gen(2048), "RSA"},
                 {EVP_EC_gen("P-384"), "secp384r1"},
                 {EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), "ED25519"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf csr CLEANUP(buf_done) = {0};
        struct sign_key *key = NULL;
        struct err err = {0};
        add_foreign_csr(&csr, cases[i].pkey, 0, false);
        assert_int_equal(x509_csr_read(buf_str(&csr), &key, NULL, &err), E_UNSUPPORTED);
        assert_non_null(strstr(err.message, cases[i].name));
        assert_null(key);
        EVP_PKEY_free(cases[i].pkey);
    }
}

static void a_request_in_pem_form_without_a_name_is_read(void **state)
{
    (void)state;
    struct buf csr CLEANUP(buf_done) = {0};
    struct buf name CLEANUP(buf_done) = {0};
    struct sign_key *key CLEANUP(sign_key_freep) = NULL;
    struct err err = {0};
    EVP_PKEY *pkey = EVP_EC_gen("P-256");
    add_foreign_csr(&csr, pkey, 0, true);
    assert_ok_err(x509_csr_read(buf_str(&csr), &key, &name, &err), &err);
    assert_int_equal(name.len, 0);
    sign_key_freep(&key);
    assert_int_equal(x509_csr_read(STR("-----BEGIN NOTHING-----\n"), &key, &name, &err), E_PARSE);
    /* Control characters in a claimed name, and two of them. */
    for (int names = 1; names < 3; names++) {
        csr.len = 0;
        add_foreign_csr(&csr, pkey, names, false);
        assert_int_equal(x509_csr_read(buf_str(&csr), &key, &name, &err), E_PARSE);
        assert_int_equal(name.len, 0);
    }
    EVP_PKEY_free(pkey);
}

static int use_certificates(void *context)
{
    const struct world *w = context;
    struct x509_cert *cert CLEANUP(x509_freep) = NULL;
    struct sign_key *key CLEANUP(sign_key_freep) = NULL;
    struct buf csr CLEANUP(buf_done) = {0};
    struct buf pem CLEANUP(buf_done) = {0};
    struct buf name CLEANUP(buf_done) = {0};
    char hex[HASH_HEX_BYTES];
    struct err err = {0};
    int rc = x509_csr_make(w->device_key, STR("d-1"), &csr, &err);
    if (!rc)
        rc = x509_csr_read(buf_str(&csr), &key, &name, &err);
    if (!rc)
        rc = x509_issue_device(&w->ca, key, STR("d-1"), now_ns, 1, &cert, &err);
    if (!rc)
        rc = x509_to_pem(cert, &pem, &err);
    if (!rc)
        rc = x509_common_name(cert, &name, &err);
    if (!rc)
        rc = x509_serial(cert, &name);
    return rc ? rc : x509_fingerprint(cert, hex);
}

static void an_allocation_failure_is_reported_not_fatal(void **state)
{
    test_every_allocation_fails(use_certificates, *state, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_issued_certificate_says_what_it_was_issued_for),
        cmocka_unit_test(a_certificate_verifies_for_its_purpose_only),
        cmocka_unit_test(a_certificate_verifies_within_its_life_only),
        cmocka_unit_test(only_an_accepted_authority_counts),
        cmocka_unit_test(a_certificate_never_outlives_its_authority),
        cmocka_unit_test(a_server_certificate_has_its_names),
        cmocka_unit_test(names_that_are_none_are_refused),
        cmocka_unit_test(a_certificate_survives_both_forms),
        cmocka_unit_test(every_changed_byte_of_a_certificate_is_refused),
        cmocka_unit_test(a_request_proves_its_key_and_claims_a_name),
        cmocka_unit_test(every_changed_byte_of_a_request_is_refused),
        cmocka_unit_test(a_request_with_another_kind_of_key_is_refused_by_name),
        cmocka_unit_test(a_request_in_pem_form_without_a_name_is_read),
        cmocka_unit_test(an_allocation_failure_is_reported_not_fatal),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
