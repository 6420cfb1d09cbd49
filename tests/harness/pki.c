/* Certificates for tests. See pki.h. */
#include "harness/pki.h"

#include "base/text.h"
#include "base/timefmt.h"
#include "harness/test.h"
#include "os/clock.h"

static const int64_t day_ns = INT64_C(86400) * 1000000000;

void pki_init(struct pki *pki)
{
    struct err err = {0};
    *pki = (struct pki){0};
    assert_ok_err(sign_key_new(&pki->ca_key, &err), &err);
    int64_t long_ago_ns = clock_wall_ns() - 1000 * day_ns;
    assert_ok_err(x509_ca_create(pki->ca_key, STR("Test CA"), long_ago_ns, &pki->ca_cert, &err),
                  &err);
    assert_ok_err(x509_to_pem(pki->ca_cert, &pki->ca_pem, &err), &err);
    char hex[HASH_HEX_BYTES];
    size_t len;
    assert_ok(x509_fingerprint(pki->ca_cert, hex));
    assert_ok(text_hex_decode(str_of(hex), pki->ca_fingerprint, sizeof pki->ca_fingerprint, &len));
    struct pki_identity server = {0};
    pki_issue_server(pki, 0, &server);
    pki->server_cert_pem = server.cert_pem;
    pki->server_key_pem = server.key_pem;
}

void pki_done(struct pki *pki)
{
    sign_key_free(pki->ca_key);
    x509_free(pki->ca_cert);
    buf_done(&pki->ca_pem);
    buf_done(&pki->server_cert_pem);
    buf_done(&pki->server_key_pem);
}

static void export(struct x509_cert *cert, struct sign_key *key, struct pki_identity *ret_identity)
{
    struct err err = {0};
    *ret_identity = (struct pki_identity){0};
    assert_ok_err(x509_to_pem(cert, &ret_identity->cert_pem, &err), &err);
    assert_ok_err(sign_key_to_pem(key, &ret_identity->key_pem, &err), &err);
    assert_ok(x509_fingerprint(cert, ret_identity->fingerprint_hex));
    x509_free(cert);
    sign_key_free(key);
}

void pki_issue_device(const struct pki *pki, const char *device_id, int age_days, int life_days,
                      struct pki_identity *ret_identity)
{
    struct err err = {0};
    struct sign_key *key;
    struct x509_cert *cert;
    struct x509_ca ca = {pki->ca_cert, pki->ca_key};
    assert_ok_err(sign_key_new(&key, &err), &err);
    assert_ok_err(x509_issue_device(&ca, key, str_of(device_id),
                                    clock_wall_ns() - age_days * day_ns, life_days, &cert, &err),
                  &err);
    export(cert, key, ret_identity);
}

void pki_issue_server(const struct pki *pki, int age_days, struct pki_identity *ret_identity)
{
    struct err err = {0};
    struct sign_key *key;
    struct x509_cert *cert;
    struct x509_ca ca = {pki->ca_cert, pki->ca_key};
    const struct str names[] = {STR("localhost"), STR("127.0.0.1")};
    assert_ok_err(sign_key_new(&key, &err), &err);
    assert_ok_err(x509_issue_server(&ca, key, names, ARRAY_LEN(names),
                                    clock_wall_ns() - age_days * day_ns, 90, &cert, &err),
                  &err);
    export(cert, key, ret_identity);
    buf_add_str(&ret_identity->cert_pem, buf_str(&pki->ca_pem));
    assert_ok(buf_check(&ret_identity->cert_pem));
}

void pki_identity_done(struct pki_identity *identity)
{
    buf_done(&identity->cert_pem);
    buf_done(&identity->key_pem);
}
