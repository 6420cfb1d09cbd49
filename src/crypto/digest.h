/* Digests that others chose: SHA-1 and SHA-256 of files, for indicators; those of Apple's code
 * directories. Nothing here rests on SHA-1 being hard to collide. Cordon's own hash is hash.h.
 * Source: FIPS 180-4. */
#ifndef CORDON_CRYPTO_DIGEST_H
#define CORDON_CRYPTO_DIGEST_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum digest_type { DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA384 };

enum { DIGEST_SHA1_BYTES = 20, DIGEST_SHA256_BYTES = 32, DIGEST_BYTES_MOST = 48 };

/** Digest of a slice, zeros behind it where the type has fewer bytes. @return 0 or E_NOMEM */
int digest_of(enum digest_type type, struct str data,
              unsigned char ret_digest[DIGEST_BYTES_MOST]) MUST_CHECK;

struct digest_pair {
    unsigned char sha1[DIGEST_SHA1_BYTES];
    unsigned char sha256[DIGEST_SHA256_BYTES];
};

/**
 * Both digests of a whole file in one reading.
 * @param fd borrowed; its position is not used
 * @return 0, E_LIMIT (more than `limit_bytes`), E_IO, E_NOMEM
 */
int digest_pair_fd(int fd, uint64_t limit_bytes, struct digest_pair *ret_pair) MUST_CHECK;

#endif
