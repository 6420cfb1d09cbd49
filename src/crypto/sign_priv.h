/* Making a sign_key from OpenSSL's handle. Private to crypto/. */
#ifndef CORDON_CRYPTO_SIGN_PRIV_H
#define CORDON_CRYPTO_SIGN_PRIV_H

#include <openssl/evp.h>

#include "crypto/sign.h"

/**
 * Wrap a handle after checking that it is a P-256 key. Takes one reference of its own; the caller
 * keeps its. @return 0, E_UNSUPPORTED, E_NOMEM
 */
int sign_priv_wrap(EVP_PKEY *pkey, bool is_private, struct sign_key **ret_key,
                   struct err *err) MUST_CHECK;

#endif
