/* Inside of codec/ndjson: questions about 16 bytes at once, answered by SSE2 or NEON, which every
 * processor of their kind has. Elsewhere NDJSON_BLOCK16 is undefined and the scanners go byte by
 * byte; both ways stop at the same bytes. */
#ifndef CORDON_CODEC_NDJSON_BLOCK_PRIV_H
#define CORDON_CODEC_NDJSON_BLOCK_PRIV_H

#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#define NDJSON_BLOCK16
#include <emmintrin.h>
#elif defined(__ARM_NEON) && defined(__aarch64__)
#define NDJSON_BLOCK16
#include <arm_neon.h>
#endif

#if defined(__SSE2__)
typedef __m128i ndjson_v16;

static inline ndjson_v16 ndjson_load16(const void *p)
{
    return _mm_loadu_si128(p);
}

/* A bit for each byte that is `c`. */
static inline uint32_t ndjson_equal16(ndjson_v16 v, unsigned char c)
{
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8((char)c)));
}

/* A bit for each byte that is the same in both. */
static inline uint32_t ndjson_same16(ndjson_v16 a, ndjson_v16 b)
{
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b));
}

/* A bit for each control character. */
static inline uint32_t ndjson_control16(ndjson_v16 v)
{
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v));
}

/* Place of the first quote, backslash or control character; 16 = there is none. */
static inline unsigned ndjson_special16(ndjson_v16 v)
{
    __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
    __m128i slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
    __m128i special = _mm_or_si128(_mm_or_si128(quote, slash), control);
    return (unsigned)__builtin_ctz((unsigned)_mm_movemask_epi8(special) | 0x10000u);
}

/* The block's two halves as numbers, with only its first `len` bytes, the others 0. */
static inline void ndjson_first16(ndjson_v16 v, unsigned len, uint64_t *ret_head,
                                  uint64_t *ret_tail)
{
    static const unsigned char ones_then_zeros[32] = {255, 255, 255, 255, 255, 255, 255, 255,
                                                      255, 255, 255, 255, 255, 255, 255, 255};
    v = _mm_and_si128(v, ndjson_load16(ones_then_zeros + 16 - len));
    *ret_head = (uint64_t)_mm_cvtsi128_si64(v);
    *ret_tail = (uint64_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(v, v));
}
#elif defined(NDJSON_BLOCK16)
typedef uint8x16_t ndjson_v16;

static inline ndjson_v16 ndjson_load16(const void *p)
{
    return vld1q_u8(p);
}

/* A bit for each byte of ones among bytes of zeros. */
static inline uint32_t ndjson_bits16(uint8x16_t v)
{
    const uint8x16_t places = vreinterpretq_u8_u64(vdupq_n_u64(UINT64_C(0x8040201008040201)));
    v = vandq_u8(v, places);
    return vaddv_u8(vget_low_u8(v)) | (uint32_t)vaddv_u8(vget_high_u8(v)) << 8;
}

static inline uint32_t ndjson_equal16(ndjson_v16 v, unsigned char c)
{
    return ndjson_bits16(vceqq_u8(v, vdupq_n_u8(c)));
}

static inline uint32_t ndjson_same16(ndjson_v16 a, ndjson_v16 b)
{
    return ndjson_bits16(vceqq_u8(a, b));
}

static inline uint32_t ndjson_control16(ndjson_v16 v)
{
    return ndjson_bits16(vcltq_u8(v, vdupq_n_u8(0x20)));
}

/* Place of the first byte of ones among bytes of zeros: four bits a byte. */
static inline unsigned ndjson_place16(uint8x16_t v)
{
    uint64_t nibbles =
        vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(v), 4)), 0);
    return nibbles ? (unsigned)__builtin_ctzll(nibbles) / 4 : 16;
}

static inline unsigned ndjson_special16(ndjson_v16 v)
{
    uint8x16_t marks = vorrq_u8(vceqq_u8(v, vdupq_n_u8('"')), vceqq_u8(v, vdupq_n_u8('\\')));
    return ndjson_place16(vorrq_u8(marks, vcltq_u8(v, vdupq_n_u8(0x20))));
}

static inline void ndjson_first16(ndjson_v16 v, unsigned len, uint64_t *ret_head,
                                  uint64_t *ret_tail)
{
    static const unsigned char ones_then_zeros[32] = {255, 255, 255, 255, 255, 255, 255, 255,
                                                      255, 255, 255, 255, 255, 255, 255, 255};
    uint64x2_t words = vreinterpretq_u64_u8(vandq_u8(v, ndjson_load16(ones_then_zeros + 16 - len)));
    *ret_head = vgetq_lane_u64(words, 0);
    *ret_tail = vgetq_lane_u64(words, 1);
}
#endif

/* Of 16 bytes, those that a backslash before them takes away their meaning; bit 16 = the first byte
 * behind them is one. Runs of backslashes are told apart by whether they start at an odd place:
 * adding the starts makes a carry run to each run's end. */
static inline uint32_t ndjson_escaped16(uint32_t slashes)
{
    const uint32_t even = 0x15555;
    uint32_t follows = slashes << 1;
    uint32_t odd_starts = slashes & ~even & ~follows;
    return (even ^ (odd_starts + slashes) << 1) & follows;
}

/* The number that 1 to 8 digits say; the first of them is the lowest byte of `text`, what is above
 * the last is not looked at. */
static inline uint64_t ndjson_digits8(uint64_t text, size_t len)
{
    text = text << (64 - 8 * len) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    text = text * 10 + (text >> 8); /* pairs, in every second byte */
    const uint64_t pairs = UINT64_C(0x000000ff000000ff);
    return ((text & pairs) * (100 + (UINT64_C(1000000) << 32)) +
            (text >> 16 & pairs) * (1 + (UINT64_C(10000) << 32))) >>
           32;
}

#endif
