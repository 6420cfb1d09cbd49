/* Passwords of people: Argon2id in PHC text form. Slow on purpose; call it off the event loop.
 * Sources: RFC 9106, OWASP Password Storage Cheat Sheet. */
#ifndef CORDON_CRYPTO_PASSWORD_H
#define CORDON_CRYPTO_PASSWORD_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

enum {
    /* OWASP's first choice, 19 MiB and two passes: about 30 ms of one core, so that a login stays
     * quick, while ten logins at once take 190 MiB and not a gigabyte of a small server. */
    PASSWORD_MEMORY_KIB = 19456,
    PASSWORD_PASSES = 2,
    PASSWORD_LANES = 1, /* more would need threads and speeds up an attacker equally */
    PASSWORD_SALT_BYTES = 16,
    PASSWORD_HASH_BYTES = 32,
    /* Longest password taken: any sentence fits, and nobody makes us hash a megabyte. */
    PASSWORD_BYTES_MAX = 1024,
    /* What a stored text may ask of us, so that a tampered database cannot exhaust the server. */
    PASSWORD_STORED_BYTES_MAX = 256,
    PASSWORD_STORED_MEMORY_KIB_MAX = 262144,
    PASSWORD_STORED_PASSES_MAX = 10,
    PASSWORD_STORED_LANES_MAX = 4
};

/** Append the PHC text to store. @return 0, E_ARG (empty or too long), E_NOMEM, E_LIMIT */
int password_hash(struct str password, struct buf *out, struct err *err) MUST_CHECK;

/**
 * Compare a password with a stored text, in a time that does not depend on the password.
 * @param ret_outdated  true when the stored text was made with other parameters than today's and
 *                      should be made anew; may be NULL
 * @return 0, E_AUTH (another password), E_PARSE (not a text of ours), E_NOMEM
 */
int password_verify(struct str password, struct str stored, bool *ret_outdated) MUST_CHECK;

/** Spend the time of password_verify where there is no such account, so that the answer's delay
 * does not tell. @return E_AUTH or E_NOMEM */
int password_verify_nobody(struct str password) MUST_CHECK;

#endif
