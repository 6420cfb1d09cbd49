/* Hashes of programs. See program_hash.h. A file that is written while it is hashed gets another
 * change time, so what is remembered for it is not found again. */
#include "agent/program_hash.h"

#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/clock.h"

enum { CHUNK_BYTES = 256 * 1024 };

static int hash_file(const struct program_hash *h, int fd, unsigned char digest[HASH_BYTES])
{
    CLEANUP(hash_stream_freep) struct hash_stream *stream = NULL;
    CLEANUP(mem_freep) char *chunk = mem_alloc(CHUNK_BYTES);
    int64_t deadline_ms = clock_mono_ms() + h->time_most_ms;
    uint64_t at = 0;
    int rc = chunk ? hash_stream_new(&stream) : E_NOMEM;
    while (rc == 0) {
        ssize_t n = pread(fd, chunk, CHUNK_BYTES, (off_t)at);
        if (n < 0)
            return E_IO;
        if (n == 0)
            return hash_stream_finish(stream, digest);
        at += (uint64_t)n;
        if (at > h->bytes_most)
            return E_LIMIT;
        rc = hash_stream_add(stream, str_n(chunk, (size_t)n));
        if (rc == 0 && clock_mono_ms() > deadline_ms)
            return E_TIMEOUT;
    }
    return rc;
}

int program_hash_get(struct program_hash *h, int fd, unsigned char ret_digest[HASH_BYTES])
{
    struct program_hash_entry key;
    if (file_stamp_of(fd, &key.stamp) || !key.stamp.is_regular || key.stamp.size == 0)
        return E_UNSUPPORTED;
    if (key.stamp.size > h->bytes_most)
        return E_LIMIT;
    if (!h->entries)
        h->entries = mem_calloc(PROGRAM_HASHES, sizeof *h->entries);
    if (!h->entries)
        return E_NOMEM;
    uint64_t place = (key.stamp.inode * UINT64_C(0x9e3779b97f4a7c15)) >> 32;
    struct program_hash_entry *e = &h->entries[place % PROGRAM_HASHES];
    if (!file_stamp_same(&e->stamp, &key.stamp)) {
        int rc = hash_file(h, fd, key.digest);
        if (rc)
            return rc;
        *e = key;
    }
    memcpy(ret_digest, e->digest, HASH_BYTES);
    return 0;
}

void program_hash_done(struct program_hash *h)
{
    mem_free(h->entries);
    h->entries = NULL;
}
