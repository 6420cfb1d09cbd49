/* Key-encryption keys: where they come from and how long they live. Never from the command line or
 * the environment, never logged. A key remembers one derivation, so use it from one thread. */
#ifndef CORDON_CRYPTO_SEAL_KEY_H
#define CORDON_CRYPTO_SEAL_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum {
    SEAL_KEY_BYTES = 32,
    SEAL_KEY_ID_BYTES = 17, /* 16 hexadecimal digits and the NUL */
    SEAL_SALT_BYTES = 16,
    SEAL_PASSPHRASE_BYTES_MIN = 12,
    SEAL_PASSPHRASE_BYTES_MAX = 1024,
    /* A passphrase is stretched once at start: RFC 9106's second choice, 64 MiB and three passes,
     * with one lane so that no thread is needed. */
    SEAL_MEMORY_KIB = 65536,
    SEAL_PASSES = 3,
    /* Most that a sealed form may ask for. */
    SEAL_MEMORY_KIB_MAX = 262144,
    SEAL_PASSES_MAX = 16
};

enum seal_source {
    SEAL_SOURCE_KEY = 1,       /* 32 random bytes from a file */
    SEAL_SOURCE_PASSPHRASE = 2 /* Argon2id of a passphrase, salt in the header */
};

struct seal_key;

/** From 32 bytes. @return 0, E_ARG (another length), E_NOMEM */
int seal_key_from_bytes(struct str bytes, struct seal_key **ret_key, struct err *err) MUST_CHECK;

/**
 * From the service manager: file `name` in $CREDENTIALS_DIRECTORY holds 32 bytes, or 64 hexadecimal
 * digits with at most a line end.
 * @param name  usually SEAL_CREDENTIAL
 * @return 0, E_NOT_FOUND (not set, or no such credential), E_PARSE, E_DENIED, E_IO, E_NOMEM
 */
int seal_key_from_credential(const char *name, struct seal_key **ret_key,
                             struct err *err) MUST_CHECK;
#define SEAL_CREDENTIAL "cordon-kek"

/** As the credential, from a file of one's own. It must not be accessible to others: E_DENIED. */
int seal_key_from_file(const char *path, struct seal_key **ret_key, struct err *err) MUST_CHECK;

/**
 * From a passphrase of at least SEAL_PASSPHRASE_BYTES_MIN bytes: the first line of a file, or what
 * a descriptor yields up to its end or line end (it is not closed).
 * @return 0, E_ARG (too short), E_LIMIT (too long), E_DENIED (others may read the file),
 * E_NOT_FOUND, E_IO, E_NOMEM
 */
int seal_key_from_passphrase_file(const char *path, struct seal_key **ret_key,
                                  struct err *err) MUST_CHECK;
int seal_key_from_passphrase_fd(int fd, struct seal_key **ret_key, struct err *err) MUST_CHECK;

/**
 * For development only: the key in `path`, made if missing. The caller must announce it to the
 * user: seal_key_is_development tells.
 */
int seal_key_development(const char *path, struct seal_key **ret_key, struct err *err) MUST_CHECK;
bool seal_key_is_development(const struct seal_key *key);

/** Wipes. NULL is allowed. */
void seal_key_free(struct seal_key *key);
/** For CLEANUP(seal_key_freep). */
void seal_key_freep(struct seal_key **key);

#endif
