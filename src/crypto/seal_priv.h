/* Between a sealed form and its key. Private to crypto/. */
#ifndef CORDON_CRYPTO_SEAL_PRIV_H
#define CORDON_CRYPTO_SEAL_PRIV_H

#include "crypto/seal_key.h"

/** How a passphrase becomes a key; all zero for SEAL_SOURCE_KEY. */
struct seal_derivation {
    uint32_t memory_kib;
    uint32_t passes;
    unsigned char salt[SEAL_SALT_BYTES];
};

enum seal_source seal_priv_source(const struct seal_key *key);

/**
 * The 32 bytes to encrypt with, and their id (first 8 bytes of a hash).
 * @param ret_bytes  borrowed from the key until the next call or its end
 * @return 0, E_CRYPTO (a derivation no sealed form of ours asks for), E_NOMEM
 */
int seal_priv_bytes(struct seal_key *key, const struct seal_derivation *how,
                    const unsigned char **ret_bytes, unsigned char ret_id[8],
                    struct err *err) MUST_CHECK;

#endif
