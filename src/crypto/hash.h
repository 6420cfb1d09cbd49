/* SHA-256, HMAC-SHA-256 and comparisons that take the same time whatever the bytes are.
 * Sources: FIPS 180-4, RFC 2104. */
#ifndef CORDON_CRYPTO_HASH_H
#define CORDON_CRYPTO_HASH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum {
    HASH_BYTES = 32,
    HASH_HEX_BYTES = 65 /* 64 lower-case digits and the NUL */
};

/** Hash of a slice. @return 0 or E_NOMEM */
int hash_sha256(struct str data, unsigned char ret_digest[HASH_BYTES]) MUST_CHECK;
/** As hash_sha256, as hexadecimal text. */
int hash_sha256_hex(struct str data, char ret_hex[HASH_HEX_BYTES]) MUST_CHECK;
/** Keyed hash of a slice. @return 0 or E_NOMEM */
int hash_hmac(struct str key, struct str data, unsigned char ret_mac[HASH_BYTES]) MUST_CHECK;

/**
 * Hash what a descriptor yields from its position to its end.
 *
 * @param limit     most bytes to read
 * @param ret_size  bytes hashed; may be NULL
 * @return 0, E_LIMIT (more than `limit` bytes), E_IO, E_NOMEM
 */
int hash_sha256_fd(int fd, uint64_t limit, unsigned char ret_digest[HASH_BYTES],
                   uint64_t *ret_size) MUST_CHECK;

/** A digest as text. */
void hash_hex(const unsigned char digest[HASH_BYTES], char ret_hex[HASH_HEX_BYTES]);

/** Equality in constant time for one length; lengths are not secret. */
bool hash_equal(struct str a, struct str b);

struct hash_stream; /* hash of data that comes in pieces; one thread at a time */

/** @return 0 or E_NOMEM */
int hash_stream_new(struct hash_stream **ret_stream) MUST_CHECK;
/** @return 0 or E_INTERNAL (cannot happen in practice; the stream is then useless) */
int hash_stream_add(struct hash_stream *s, struct str data) MUST_CHECK;
/** The digest of everything added; the stream then starts anew. @return 0 or E_INTERNAL */
int hash_stream_finish(struct hash_stream *s, unsigned char ret_digest[HASH_BYTES]) MUST_CHECK;
/** NULL is allowed. */
void hash_stream_free(struct hash_stream *s);
/** For CLEANUP(hash_stream_freep). */
void hash_stream_freep(struct hash_stream **s);

#endif
