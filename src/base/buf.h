/* Growable byte buffer. Appending never returns an error: an allocation failure or an exceeded
 * limit sticks, later appends do nothing, and the writer asks once at the end with buf_check. */
#ifndef CORDON_BASE_BUF_H
#define CORDON_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/str.h"

/** `{0}` is a valid empty buffer without a limit. */
struct buf {
    char *ptr;
    size_t len;
    size_t cap;
    size_t limit; /* most bytes it may hold, 0 = no limit */
    int error;    /* 0, E_NOMEM or E_LIMIT; sticky until buf_clear */
};

/** Empty it and forget an error; keeps the memory for reuse. */
void buf_clear(struct buf *b);
/** Free the memory; the buffer is then empty and usable again. For CLEANUP(buf_done). */
void buf_done(struct buf *b);
/** Make room for `more` further bytes. @return 0, E_NOMEM or E_LIMIT (also sticks) */
int buf_reserve(struct buf *b, size_t more);
void buf_add(struct buf *b, const void *ptr, size_t len);
void buf_add_str(struct buf *b, struct str s);
void buf_add_cstr(struct buf *b, const char *cstr);
static inline void buf_add_char(struct buf *b, char c)
{
    /* One spare byte stays: see buf_reserve. */
    bool room = b->error == 0 && b->cap - b->len > 1 && (b->limit == 0 || b->len < b->limit);
    if (LIKELY(room))
        b->ptr[b->len++] = c;
    else
        buf_add(b, &c, 1);
}
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vaddf(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
/* Big-endian integers, for canonical bytes and wire formats. */
void buf_add_u8(struct buf *b, uint8_t v);
void buf_add_u16(struct buf *b, uint16_t v);
void buf_add_u32(struct buf *b, uint32_t v);
void buf_add_u64(struct buf *b, uint64_t v);
/** Drop `n` bytes (at most all) from the front. */
void buf_drop_front(struct buf *b, size_t n);
/** Cut to `len` bytes when longer. */
void buf_truncate(struct buf *b, size_t len);
/** 0 when every append so far fitted, else the sticky error. */
static inline int buf_check(const struct buf *b)
{
    return b->error;
}
/** The content as a slice, valid until the next append or clear. */
static inline struct str buf_str(const struct buf *b)
{
    return (struct str){b->ptr, b->len};
}
/** NUL-terminated content ("" when empty or failed); valid until the next append. */
const char *buf_cstr(struct buf *b);

#endif
