/* Certificates of Cordon's own authority: reading, printing and verifying. Making them is in
 * x509_issue.h, requests are in x509_csr.h. A `struct x509_cert` is immutable; threads may share
 * it. Source: RFC 5280. */
#ifndef CORDON_CRYPTO_X509_H
#define CORDON_CRYPTO_X509_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/hash.h"
#include "crypto/sign.h"

struct x509_st;   /* OpenSSL's X509 */
struct x509_cert; /* one certificate */

enum {
    X509_CERT_BYTES_MAX = 65536, /* longest certificate read, PEM or DER */
    X509_NAME_BYTES_MAX = 64,    /* longest common name (ub-common-name) */
};

enum x509_purpose { X509_FOR_CLIENT, X509_FOR_SERVER };

/** Read one certificate; PEM may be followed by others, DER may not. @return 0, E_PARSE, E_LIMIT,
 * E_NOMEM */
int x509_from_pem(struct str pem, struct x509_cert **ret_cert, struct err *err) MUST_CHECK;
int x509_from_der(struct str der, struct x509_cert **ret_cert, struct err *err) MUST_CHECK;
/** Share a certificate OpenSSL owns, such as a TLS peer's. @return 0, E_NOMEM */
int x509_from_handle(struct x509_st *handle, struct x509_cert **ret_cert) MUST_CHECK;
/** NULL is allowed. */
void x509_free(struct x509_cert *cert);
/** For CLEANUP(x509_freep). */
void x509_freep(struct x509_cert **cert);

/** Append one PEM block or the DER bytes. @return 0, E_NOMEM, E_LIMIT */
int x509_to_pem(const struct x509_cert *cert, struct buf *out, struct err *err) MUST_CHECK;
int x509_to_der(const struct x509_cert *cert, struct buf *out, struct err *err) MUST_CHECK;

/** SHA-256 of the DER bytes. @return 0 or E_NOMEM */
int x509_fingerprint(const struct x509_cert *cert, char ret_hex[HASH_HEX_BYTES]) MUST_CHECK;
/** Append the subject's common name as UTF-8. @return 0, E_PARSE (none, several, or one that holds
 * control characters), E_NOMEM, E_LIMIT */
int x509_common_name(const struct x509_cert *cert, struct buf *out, struct err *err) MUST_CHECK;
/** Append the serial number as lower-case hexadecimal digits. @return 0, E_NOMEM, E_LIMIT */
int x509_serial(const struct x509_cert *cert, struct buf *out) MUST_CHECK;
/** Bounds of validity, nanoseconds since 1970; INT64_MAX when the date is past 2262. */
int64_t x509_not_before_ns(const struct x509_cert *cert);
int64_t x509_not_after_ns(const struct x509_cert *cert);
/** The public key. @return 0, E_UNSUPPORTED (not P-256), E_NOMEM */
int x509_public_key(const struct x509_cert *cert, struct sign_key **ret_key,
                    struct err *err) MUST_CHECK;

/**
 * Verify that a certificate was issued by one of our authorities, is valid at a time and is meant
 * for a purpose.
 *
 * @param cas      authorities accepted (several while one replaces another)
 * @param now_ns   wall time to judge validity by
 * @param err      OpenSSL's reason on failure
 * @return 0, E_CRYPTO, E_NOMEM
 */
int x509_verify(const struct x509_cert *cert, const struct x509_cert *const *cas, size_t ca_count,
                enum x509_purpose purpose, int64_t now_ns, struct err *err) MUST_CHECK;

/** OpenSSL's handle, borrowed, for TLS contexts. */
struct x509_st *x509_handle(const struct x509_cert *cert);

#endif
