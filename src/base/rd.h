/* Bounds-checked reader over borrowed bytes, the counterpart of buf_add_u*: big-endian integers and
 * length-prefixed strings. A failed read sticks; ask once at the end with rd_done. */
#ifndef CORDON_BASE_RD_H
#define CORDON_BASE_RD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct rd {
    const unsigned char *ptr;
    size_t left;
    bool failed; /* a read went past the end: it and every later one yield 0 or an empty slice */
};

static inline struct rd rd_of(struct str s)
{
    return (struct rd){(const unsigned char *)s.ptr, s.len, false};
}
uint8_t rd_u8(struct rd *r);
uint16_t rd_u16(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);
/** Next `len` bytes, borrowed from the input. */
struct str rd_bytes(struct rd *r, size_t len);
/** u32 length, then that many bytes; fails when longer than `max`. */
struct str rd_str32(struct rd *r, size_t max);
/** True when nothing failed and no byte is left over. */
static inline bool rd_done(const struct rd *r)
{
    return !r->failed && r->left == 0;
}

#endif
