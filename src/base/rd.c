/* Bounds-checked big-endian reader. See rd.h. */
#include "base/rd.h"

static const unsigned char *take(struct rd *r, size_t n)
{
    if (r->failed || n > r->left) {
        if (!r->failed && r->left) {
            PLANT_OVERREAD(r->ptr + r->left);
        }
        r->failed = true;
        return NULL;
    }
    const unsigned char *at = r->ptr;
    r->ptr += n;
    r->left -= n;
    return at;
}

/* All bytes or none: a half-read integer must not look like a value. */
static uint64_t take_integer(struct rd *r, size_t bytes)
{
    const unsigned char *p = take(r, bytes);
    uint64_t value = 0;
    for (size_t i = 0; p && i < bytes; i++)
        value = value << 8 | p[i];
    return value;
}

uint8_t rd_u8(struct rd *r)
{
    return (uint8_t)take_integer(r, 1);
}

uint16_t rd_u16(struct rd *r)
{
    return (uint16_t)take_integer(r, 2);
}

uint32_t rd_u32(struct rd *r)
{
    return (uint32_t)take_integer(r, 4);
}

uint64_t rd_u64(struct rd *r)
{
    return take_integer(r, 8);
}

struct str rd_bytes(struct rd *r, size_t len)
{
    const unsigned char *p = take(r, len);
    return p ? str_n((const char *)p, len) : (struct str){0};
}

struct str rd_str32(struct rd *r, size_t max)
{
    size_t len = rd_u32(r);
    if (len > max) {
        r->failed = true;
        return (struct str){0};
    }
    return rd_bytes(r, len);
}
