/* Growable byte buffer with sticky errors. See buf.h. */
#include "base/buf.h"

#include <stdio.h>

#include "base/err.h"
#include "base/mem.h"

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->error = 0;
}

void buf_done(struct buf *b)
{
    mem_free(b->ptr);
    size_t limit = b->limit;
    *b = (struct buf){.limit = limit};
}

int buf_reserve(struct buf *b, size_t more)
{
    if (b->error)
        return b->error;
    size_t need;
    if (__builtin_add_overflow(b->len, more, &need) || need == SIZE_MAX)
        return b->error = E_LIMIT;
    if (b->limit && need > b->limit)
        return b->error = E_LIMIT;
    /* One spare byte so that buf_cstr never needs to allocate. */
    if (need >= b->cap && mem_grow(&b->ptr, &b->cap, need + 1, 1))
        return b->error = E_NOMEM;
    return 0;
}

void buf_add(struct buf *b, const void *ptr, size_t len)
{
    if (len == 0 || buf_reserve(b, len))
        return;
    memcpy(b->ptr + b->len, ptr, len);
    b->len += len;
}

void buf_add_str(struct buf *b, struct str s)
{
    buf_add(b, s.ptr, s.len);
}

void buf_add_cstr(struct buf *b, const char *cstr)
{
    buf_add(b, cstr, strlen(cstr));
}

void buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    if (n >= 0 && buf_reserve(b, (size_t)n) == 0) {
        (void)vsnprintf(b->ptr + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    buf_vaddf(b, fmt, ap);
    va_end(ap);
}

void buf_add_u8(struct buf *b, uint8_t v)
{
    buf_add(b, &v, 1);
}

void buf_add_u16(struct buf *b, uint16_t v)
{
    unsigned char raw[2] = {(unsigned char)(v >> 8), (unsigned char)v};
    buf_add(b, raw, sizeof raw);
}

void buf_add_u32(struct buf *b, uint32_t v)
{
    buf_add_u16(b, (uint16_t)(v >> 16));
    buf_add_u16(b, (uint16_t)v);
}

void buf_add_u64(struct buf *b, uint64_t v)
{
    buf_add_u32(b, (uint32_t)(v >> 32));
    buf_add_u32(b, (uint32_t)v);
}

void buf_drop_front(struct buf *b, size_t n)
{
    if (n == 0)
        return;
    if (n >= b->len) {
        b->len = 0;
        return;
    }
    memmove(b->ptr, b->ptr + n, b->len - n);
    b->len -= n;
}

void buf_truncate(struct buf *b, size_t len)
{
    if (len < b->len)
        b->len = len;
}

const char *buf_cstr(struct buf *b)
{
    if (!b->ptr || b->error)
        return "";
    b->ptr[b->len] = '\0';
    return b->ptr;
}
