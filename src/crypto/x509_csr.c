/* Certificate requests over OpenSSL. See x509_csr.h. */
#include "crypto/x509_csr.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "crypto/sign_priv.h"
#include "crypto/x509_priv.h"

int x509_csr_make(const struct sign_key *key, struct str name, struct buf *out, struct err *err)
{
    int rc = x509_priv_check_name(name, err);
    if (rc)
        return rc;
    if (!sign_key_is_private(key))
        return err_set(err, E_ARG, "only the public half of the key is known");
    X509_REQ *req CLEANUP(ossl_priv_req_freep) = X509_REQ_new();
    if (!req || X509_REQ_set_version(req, X509_REQ_VERSION_1) != 1)
        return ossl_priv_fail(err, E_NOMEM, "cannot make a request");
    rc = x509_priv_set_name(X509_REQ_get_subject_name(req), name, err);
    if (rc)
        return rc;
    if (X509_REQ_set_pubkey(req, sign_key_handle(key)) != 1 ||
        X509_REQ_sign(req, sign_key_handle(key), EVP_sha256()) <= 0)
        return ossl_priv_fail(err, E_NOMEM, "cannot sign the request");
    unsigned char *der = NULL;
    int len = i2d_X509_REQ(req, &der);
    if (len <= 0)
        return ossl_priv_fail(err, E_NOMEM, "cannot write the request");
    buf_add(out, der, (size_t)len);
    OPENSSL_free(der);
    rc = buf_check(out);
    return rc ? err_set(err, rc, "cannot write the request: %s", err_sentence(rc)) : 0;
}

static int parse(struct str csr, X509_REQ **ret_req, struct err *err)
{
    if (str_starts(csr, STR("-----BEGIN"))) {
        BIO *bio CLEANUP(ossl_priv_bio_freep) = ossl_priv_bio_of(csr);
        if (!bio)
            return ossl_priv_fail(err, E_NOMEM, "cannot read the request");
        *ret_req = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
        return *ret_req ? 0 : ossl_priv_fail(err, E_PARSE, "not a certificate request in PEM form");
    }
    const unsigned char *at = (const unsigned char *)csr.ptr;
    *ret_req = csr.len ? d2i_X509_REQ(NULL, &at, (long)csr.len) : NULL;
    if (!*ret_req)
        return ossl_priv_fail(err, E_PARSE, "not a certificate request in DER form");
    PLANT_OVERREAD(csr.ptr + csr.len);
    if (at != (const unsigned char *)csr.ptr + csr.len)
        return err_set(err, E_PARSE, "bytes follow the certificate request");
    return 0;
}

int x509_csr_read(struct str csr, struct sign_key **ret_key, struct buf *name, struct err *err)
{
    X509_REQ *req CLEANUP(ossl_priv_req_freep) = NULL;
    struct sign_key *key CLEANUP(sign_key_freep) = NULL;
    if (csr.len > X509_CSR_BYTES_MAX)
        return err_set(err, E_LIMIT, "the certificate request is longer than %d bytes",
                       X509_CSR_BYTES_MAX);
    int rc = parse(csr, &req, err);
    if (rc)
        return rc;
    EVP_PKEY *pkey = X509_REQ_get0_pubkey(req);
    if (!pkey)
        return ossl_priv_fail(err, E_UNSUPPORTED, "the request's key cannot be read");
    /* The kind of key first: verifying with a huge RSA key costs what the peer likes. */
    rc = sign_priv_wrap(pkey, false, &key, err);
    if (rc)
        return rc;
    if (X509_REQ_verify(req, pkey) != 1)
        return ossl_priv_fail(err, E_CRYPTO, "the request is not signed by its own key");
    const X509_NAME *subject = X509_REQ_get_subject_name(req);
    if (name && X509_NAME_get_index_by_NID(subject, NID_commonName, -1) >= 0) {
        rc = x509_priv_common_name(subject, name, err);
        if (rc)
            return rc;
    }
    *ret_key = TAKE(key);
    return 0;
}
