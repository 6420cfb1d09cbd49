/* Signing keys: ECDSA over P-256 with SHA-256. Used for devices, commands, rulesets and the CA.
 * Any other kind of key is refused by name. A `struct sign_key` is immutable; threads may share it.
 * Sources: FIPS 186-4, RFC 5958 (PKCS#8), RFC 5280 section 4.1 (SubjectPublicKeyInfo). */
#ifndef CORDON_CRYPTO_SIGN_H
#define CORDON_CRYPTO_SIGN_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct evp_pkey_st; /* OpenSSL's EVP_PKEY */
struct sign_key;    /* a key pair, or only its public half */

enum {
    SIGN_KEY_ID_BYTES = 17,        /* 16 hexadecimal digits and the NUL */
    SIGN_PEM_BYTES_MAX = 4096,     /* longest key text read */
    SIGN_DER_BYTES_MAX = 1024,     /* longest public key read as DER */
    SIGN_SIGNATURE_BYTES_MAX = 80, /* longest signature read; P-256 makes at most 72 */
};

/** Make a new key pair. @return 0 or E_NOMEM */
int sign_key_new(struct sign_key **ret_key, struct err *err) MUST_CHECK;
/** NULL is allowed. OpenSSL wipes the private half. */
void sign_key_free(struct sign_key *key);
/** For CLEANUP(sign_key_freep). */
void sign_key_freep(struct sign_key **key);
/** False for a key that came from sign_public_from_*. */
bool sign_key_is_private(const struct sign_key *key);

/**
 * Read a private key from PKCS#8 PEM text, not encrypted (keys at rest are sealed, see seal.h).
 * @return 0, E_PARSE, E_UNSUPPORTED (not P-256), E_LIMIT, E_NOMEM
 */
int sign_key_from_pem(struct str pem, struct sign_key **ret_key, struct err *err) MUST_CHECK;
/** Append PKCS#8 PEM text; wipe the buffer with secret_buf_done. @return 0, E_ARG (public only),
 * E_NOMEM, E_LIMIT */
int sign_key_to_pem(const struct sign_key *key, struct buf *out, struct err *err) MUST_CHECK;
/** Read a private key file; errors of sign_key_from_pem and file_read. */
int sign_key_load(const char *path, struct sign_key **ret_key, struct err *err) MUST_CHECK;
/** Write a private key file, mode 0600, durably. Errors of file_write_atomic, E_ARG, E_NOMEM. */
int sign_key_save(const struct sign_key *key, const char *path, struct err *err) MUST_CHECK;

/** Read a public key (SubjectPublicKeyInfo). @return 0, E_PARSE, E_UNSUPPORTED, E_LIMIT, E_NOMEM */
int sign_public_from_der(struct str der, struct sign_key **ret_key, struct err *err) MUST_CHECK;
int sign_public_from_pem(struct str pem, struct sign_key **ret_key, struct err *err) MUST_CHECK;
/** Append the public half. @return 0, E_NOMEM, E_LIMIT */
int sign_public_to_der(const struct sign_key *key, struct buf *out, struct err *err) MUST_CHECK;
int sign_public_to_pem(const struct sign_key *key, struct buf *out, struct err *err) MUST_CHECK;

/** Name of a key: the first 16 hexadecimal digits of the SHA-256 of its public half as DER. */
int sign_key_id(const struct sign_key *key, char ret_id[SIGN_KEY_ID_BYTES]) MUST_CHECK;
/** True when both have the same public half. */
bool sign_key_same(const struct sign_key *a, const struct sign_key *b);

/** Append the signature (DER of r and s) of `data`. @return 0, E_ARG (public only), E_NOMEM */
int sign_make(const struct sign_key *key, struct str data, struct buf *out,
              struct err *err) MUST_CHECK;
/** @return 0 when the signature is by this key over exactly this data, else E_CRYPTO, or E_NOMEM */
int sign_verify(const struct sign_key *key, struct str data, struct str signature,
                struct err *err) MUST_CHECK;

/** OpenSSL's handle, borrowed, for TLS contexts. */
struct evp_pkey_st *sign_key_handle(const struct sign_key *key);

#endif
