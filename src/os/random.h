/* Random bytes from the kernel. Never fails after start: aborts only if the kernel has no
 * generator. */
#ifndef CORDON_OS_RANDOM_H
#define CORDON_OS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

void random_bytes(void *out, size_t len);
uint64_t random_u64(void);
/** Uniform in 0 .. bound-1; bound > 0. */
uint64_t random_below(uint64_t bound);
/** Append `prefix` and `bytes` random bytes as base64url: tokens and one-time passwords. */
void random_token_add(struct buf *b, const char *prefix, size_t bytes);
/** Append a random (version 4) UUID, lower case. */
void random_uuid_add(struct buf *b);

#endif
