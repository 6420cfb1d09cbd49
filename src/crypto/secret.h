/* Wiping what must not stay in memory: keys, passphrases, unsealed content. */
#ifndef CORDON_CRYPTO_SECRET_H
#define CORDON_CRYPTO_SECRET_H

#include <stddef.h>

#include "base/buf.h"

/** Overwrite bytes in a way the compiler cannot drop. NULL with 0 is allowed. */
void secret_wipe(void *ptr, size_t len);

/**
 * Wipe and free a buffer that held a secret. For CLEANUP(secret_buf_done). A buffer that grows
 * leaves copies behind: reserve the full size before the secret goes in.
 */
void secret_buf_done(struct buf *b);

#endif
