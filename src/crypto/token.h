/* Bearer tokens: "cordon_<kind>_<43 characters of base64url>", 256 random bits. The fixed form lets
 * secret scanners find a leaked one. Only the hash is ever stored. */
#ifndef CORDON_CRYPTO_TOKEN_H
#define CORDON_CRYPTO_TOKEN_H

#include "base/buf.h"
#include "base/err.h"
#include "crypto/hash.h"

enum { TOKEN_KIND_BYTES_MAX = 16, TOKEN_SECRET_CHARS = 43 };

/** Append a new token. @param kind 1 .. 16 lower-case letters. @return 0, E_ARG, E_NOMEM, E_LIMIT
 */
int token_make(struct str kind, struct buf *out) MUST_CHECK;

/**
 * Check the form of a token a peer sent.
 * @param ret_kind  borrowed from `token`
 * @return 0 or E_PARSE
 */
int token_parse(struct str token, struct str *ret_kind) MUST_CHECK;

/**
 * What is stored instead of a token: the SHA-256 of its text. No salt and no slow hash are needed,
 * the token is not guessable. @return 0 or E_NOMEM
 */
int token_hash(struct str token, char ret_hex[HASH_HEX_BYTES]) MUST_CHECK;

#endif
