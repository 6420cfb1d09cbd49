/* Certificate requests (PKCS#10): what a device sends to be enrolled. Only the key is believed; the
 * names in a request are the requester's claim, the server decides. Source: RFC 2986. */
#ifndef CORDON_CRYPTO_X509_CSR_H
#define CORDON_CRYPTO_X509_CSR_H

#include "base/buf.h"
#include "base/err.h"
#include "crypto/sign.h"

/* A request with a P-256 key has about 250 bytes. */
enum { X509_CSR_BYTES_MAX = 4096 };

/** Append a DER request for `key`. @param name claimed common name, 1 .. 64 bytes. @return 0,
 * E_ARG, E_NOMEM, E_LIMIT */
int x509_csr_make(const struct sign_key *key, struct str name, struct buf *out,
                  struct err *err) MUST_CHECK;

/**
 * Read a request (DER, or one PEM block) from a peer and verify that the requester holds the key.
 *
 * @param ret_key  the public key
 * @param name     the claimed common name is appended, nothing when there is none; may be NULL
 * @return 0, E_LIMIT (too long), E_PARSE, E_UNSUPPORTED (key other than P-256, by name), E_CRYPTO
 *         (the request's own signature does not verify), E_NOMEM
 */
int x509_csr_read(struct str csr, struct sign_key **ret_key, struct buf *name,
                  struct err *err) MUST_CHECK;

#endif
