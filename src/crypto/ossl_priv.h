/* OpenSSL as this folder uses it: ownership by cleanup attribute, and its error queue turned into
 * an error report. Private to crypto/. */
#ifndef CORDON_CRYPTO_OSSL_PRIV_H
#define CORDON_CRYPTO_OSSL_PRIV_H

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/err.h"

#define OSSL_PRIV_FREEP(name, type, free_fn)                                                       \
    static inline void name(type **p)                                                              \
    {                                                                                              \
        free_fn(*p);                                                                               \
        *p = NULL;                                                                                 \
    }

OSSL_PRIV_FREEP(ossl_priv_pkey_freep, EVP_PKEY, EVP_PKEY_free)
OSSL_PRIV_FREEP(ossl_priv_pkey_ctx_freep, EVP_PKEY_CTX, EVP_PKEY_CTX_free)
OSSL_PRIV_FREEP(ossl_priv_md_ctx_freep, EVP_MD_CTX, EVP_MD_CTX_free)
OSSL_PRIV_FREEP(ossl_priv_cipher_ctx_freep, EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)
OSSL_PRIV_FREEP(ossl_priv_bio_freep, BIO, BIO_free_all)
OSSL_PRIV_FREEP(ossl_priv_x509_freep, X509, X509_free)
OSSL_PRIV_FREEP(ossl_priv_req_freep, X509_REQ, X509_REQ_free)
OSSL_PRIV_FREEP(ossl_priv_name_freep, X509_NAME, X509_NAME_free)
OSSL_PRIV_FREEP(ossl_priv_ext_freep, X509_EXTENSION, X509_EXTENSION_free)
OSSL_PRIV_FREEP(ossl_priv_bn_freep, BIGNUM, BN_free)
OSSL_PRIV_FREEP(ossl_priv_general_names_freep, GENERAL_NAMES, GENERAL_NAMES_free)
OSSL_PRIV_FREEP(ossl_priv_octets_freep, ASN1_OCTET_STRING, ASN1_OCTET_STRING_free)
OSSL_PRIV_FREEP(ossl_priv_keyid_freep, AUTHORITY_KEYID, AUTHORITY_KEYID_free)
OSSL_PRIV_FREEP(ossl_priv_store_freep, X509_STORE, X509_STORE_free)
OSSL_PRIV_FREEP(ossl_priv_store_ctx_freep, X509_STORE_CTX, X509_STORE_CTX_free)

/**
 * Fill the report with the message, ": " and OpenSSL's own reason, and empty OpenSSL's error queue
 * of this thread. @return `code`, or E_NOMEM when OpenSSL ran out of memory
 */
int ossl_priv_fail(struct err *err, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/** Append the content of a memory BIO. @return 0, E_NOMEM or E_LIMIT */
int ossl_priv_add_bio(struct buf *out, BIO *bio) MUST_CHECK;

/** Read-only BIO over a slice, NULL when out of memory or longer than an int. */
BIO *ossl_priv_bio_of(struct str s) MUST_CHECK;

/**
 * 0 when the key is an EC key on the named curve P-256, else E_UNSUPPORTED with a report that names
 * what it is.
 */
int ossl_priv_require_p256(EVP_PKEY *key, struct err *err) MUST_CHECK;

#endif
