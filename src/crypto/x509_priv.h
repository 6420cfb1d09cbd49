/* Shared by the x509 files. Private to crypto/. */
#ifndef CORDON_CRYPTO_X509_PRIV_H
#define CORDON_CRYPTO_X509_PRIV_H

#include "crypto/ossl_priv.h"
#include "crypto/x509.h"

/** A common name Cordon writes: 1 .. X509_NAME_BYTES_MAX bytes of UTF-8 without control characters.
 * @return 0 or E_ARG */
int x509_priv_check_name(struct str name, struct err *err) MUST_CHECK;
/** Subject with only this common name. @return 0, E_NOMEM */
int x509_priv_set_name(X509_NAME *subject, struct str name, struct err *err) MUST_CHECK;
/** Append the one common name of a subject. As x509_common_name. */
int x509_priv_common_name(const X509_NAME *subject, struct buf *out, struct err *err) MUST_CHECK;

#endif
