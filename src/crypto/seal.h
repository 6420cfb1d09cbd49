/* Sealing: a short secret (the authority's key, the command key, the ruleset key) encrypted and
 * authenticated under a key-encryption key, so that it may lie in a file. AES-256-GCM, random
 * nonce, versioned header. The purpose is authenticated: a sealed command key does not open as the
 * authority's. A wrong key and any changed bit give E_CRYPTO. Sources of keys: seal_key.h.
 *
 * Sealed form, integers big-endian:
 *   8 magic "CRDNSEAL" | 1 version | 1 source of the key | 8 key id | 4 memory KiB | 4 passes |
 *   16 salt | 12 nonce | n content, encrypted | 16 tag
 * Authenticated with the content: everything before it, then the purpose.
 * Sources: NIST SP 800-38D, RFC 9106. */
#ifndef CORDON_CRYPTO_SEAL_H
#define CORDON_CRYPTO_SEAL_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/seal_key.h"

enum {
    SEAL_VERSION = 1,
    SEAL_HEADER_BYTES = 54,
    SEAL_TAG_BYTES = 16,
    SEAL_OVERHEAD_BYTES = SEAL_HEADER_BYTES + SEAL_TAG_BYTES,
    SEAL_PLAIN_BYTES_MAX = 1048576,
    SEAL_PURPOSE_BYTES_MAX = 64
};

/** Seal bytes for a purpose such as "command-key"; appends the sealed form. @return 0, E_ARG
 * (purpose empty or too long), E_LIMIT (too long), E_NOMEM */
int seal_make(struct seal_key *key, struct str purpose, struct str plain, struct buf *out,
              struct err *err) MUST_CHECK;

/**
 * Open sealed bytes; appends the content. `out` must be wiped with secret_buf_done.
 * @return 0, E_CRYPTO (another key, another purpose, or changed), E_ARG, E_NOMEM, E_LIMIT
 */
int seal_open(struct seal_key *key, struct str purpose, struct str sealed, struct buf *out,
              struct err *err) MUST_CHECK;

/** What a sealed form says of itself. Nothing of it is authenticated yet. */
struct seal_info {
    enum seal_source source;
    char key_id[SEAL_KEY_ID_BYTES];
};

/** Read the header only, for a person who looks for the right key. @return 0 or E_CRYPTO */
int seal_inspect(struct str sealed, struct seal_info *ret_info, struct err *err) MUST_CHECK;

#endif
