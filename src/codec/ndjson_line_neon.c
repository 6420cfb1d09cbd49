/* The quick look at a line on 64-bit Arm processors, all of which have these instructions. See
 * ndjson_line_priv.h. */
#include "codec/ndjson_line_priv.h"

#if defined(__aarch64__)
#include <arm_neon.h>

/* Bits of the bytes that are `c`: each byte keeps the bit of its place, then neighbours are added
 * three times. */
static NDJSON_ALWAYS_INLINE uint64_t equal(const uint8x16_t v[4], unsigned char c)
{
    const uint8x16_t places = vreinterpretq_u8_u64(vdupq_n_u64(UINT64_C(0x8040201008040201)));
    const uint8x16_t wanted = vdupq_n_u8(c);
    uint8x16_t a = vpaddq_u8(vandq_u8(vceqq_u8(v[0], wanted), places),
                             vandq_u8(vceqq_u8(v[1], wanted), places));
    uint8x16_t b = vpaddq_u8(vandq_u8(vceqq_u8(v[2], wanted), places),
                             vandq_u8(vceqq_u8(v[3], wanted), places));
    a = vpaddq_u8(a, b);
    a = vpaddq_u8(a, a);
    return vgetq_lane_u64(vreinterpretq_u64_u8(a), 0);
}

static NDJSON_ALWAYS_INLINE void mark(const unsigned char *p, struct ndjson_marks *m)
{
    uint8x16_t v[4];
    uint8x16_t folded[4];
    for (size_t i = 0; i < 4; i++) {
        v[i] = vld1q_u8(p + i * 16);
        /* '[' and '{', ']' and '}' differ in this one bit. */
        folded[i] = vorrq_u8(v[i], vdupq_n_u8(0x20));
    }
    m->quotes = equal(v, '"');
    m->slashes = equal(v, '\\');
    m->openers = equal(folded, '{');
    m->closers = equal(folded, '}');
}

static NDJSON_ALWAYS_INLINE bool high(const unsigned char *p)
{
    uint8x16_t v = vorrq_u8(vorrq_u8(vld1q_u8(p), vld1q_u8(p + 16)),
                            vorrq_u8(vld1q_u8(p + 32), vld1q_u8(p + 48)));
    return vmaxvq_u8(v) >= 0x80;
}

static NDJSON_ALWAYS_INLINE uint64_t parity(uint64_t bits)
{
    for (unsigned step = 1; step < NDJSON_BLOCK; step *= 2)
        bits ^= bits << step;
    return bits;
}

static bool look(struct str line)
{
    return ndjson_look(line, mark, parity);
}

static size_t ascii(struct str s)
{
    return ndjson_ascii(s, high);
}

const struct ndjson_kernel ndjson_kernel_neon = {"neon", look, ascii};
#endif
