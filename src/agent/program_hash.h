/* SHA-256 of program files, remembered by what tells one content from another: file, size and
 * times. Bounded in bytes and in time, as a decision waits for it. One thread each. */
#ifndef CORDON_AGENT_PROGRAM_HASH_H
#define CORDON_AGENT_PROGRAM_HASH_H

#include <stdint.h>

#include "base/err.h"
#include "crypto/hash.h"
#include "os/file.h"

enum { PROGRAM_HASHES = 4096 };

struct program_hash_entry {
    struct file_stamp stamp; /* size 0 = empty slot: an empty file is no program */
    unsigned char digest[HASH_BYTES];
};

/** `{0}` with the two limits set is a valid one. */
struct program_hash {
    uint64_t bytes_most;
    int64_t time_most_ms;
    struct program_hash_entry *entries; /* NULL until the first one */
};

/**
 * Hash the file.
 * @param fd borrowed; its position is not used
 * @return 0, E_LIMIT (too large), E_TIMEOUT (took too long: nothing is remembered), E_IO, E_NOMEM,
 * E_UNSUPPORTED (no regular file)
 */
int program_hash_get(struct program_hash *h, int fd,
                     unsigned char ret_digest[HASH_BYTES]) MUST_CHECK;
void program_hash_done(struct program_hash *h);

#endif
