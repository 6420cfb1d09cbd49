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

uint8_t rd_u8(struct rd *r)
{
    const unsigned char *p = take(r, 1);
    return p ? p[0] : 0;
}

uint16_t rd_u16(struct rd *r)
{
    const unsigned char *p = take(r, 2);
    return (uint16_t)(p ? p[0] << 8 | p[1] : 0);
}

uint32_t rd_u32(struct rd *r)
{
    uint32_t high = rd_u16(r);
    return high << 16 | rd_u16(r);
}

uint64_t rd_u64(struct rd *r)
{
    uint64_t high = rd_u32(r);
    return high << 32 | rd_u32(r);
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
