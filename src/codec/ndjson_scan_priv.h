/* Inside of codec/ndjson: the grammar of JSON tokens over borrowed bytes, inlined into the walkers
 * because every byte of telemetry passes here. Strings go 16 bytes a step (SSE2, NEON).
 *
 * Bounds: text that starts with a brace or bracket is scanned only when its last byte is one too.
 * No white space, number, literal or separator contains that byte, so a scanner cannot pass it
 * except by closing a level: the end is checked after a closing brace and inside strings, and
 * nowhere else.
 */
#ifndef CORDON_CODEC_NDJSON_SCAN_PRIV_H
#define CORDON_CODEC_NDJSON_SCAN_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#endif

struct ndjson_scan {
    const unsigned char *end; /* one past a closing brace or bracket */
    const unsigned char *fault_at;
    const char *fault;
    int code;      /* E_AGAIN: the text ends before the value does */
    unsigned high; /* not 0: some byte had its top bit set, so UTF-8 must be checked */
};

/* Bits of the 16 bytes at p that end a plain run of string text: quote, backslash or control
 * character. Also ORs the bytes' top bits into *high. Two forms with the same answer: the mask has
 * NDJSON_MASK_STEP bits a byte. */
#if defined(__SSE2__)
#define NDJSON_MASK_STEP 1
static inline uint64_t ndjson_special16(const unsigned char *p, unsigned *high)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
    __m128i slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
    *high |= (unsigned)_mm_movemask_epi8(v);
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, slash), control));
}
#elif defined(__ARM_NEON) && defined(__aarch64__)
#define NDJSON_MASK_STEP 4
static inline uint64_t ndjson_special16(const unsigned char *p, unsigned *high)
{
    uint8x16_t v = vld1q_u8(p);
    uint8x16_t special =
        vorrq_u8(vorrq_u8(vceqq_u8(v, vdupq_n_u8('"')), vceqq_u8(v, vdupq_n_u8('\\'))),
                 vcltq_u8(v, vdupq_n_u8(0x20)));
    *high |= vmaxvq_u8(v) & 0x80u;
    return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(special), 4)), 0);
}
#endif

static inline bool ndjson_is_special(unsigned char c)
{
    return c == '"' || c == '\\' || c < 0x20;
}

/* First special byte at or after p, or `end`. The portable form, and the tail of the others. */
static inline const unsigned char *ndjson_run_portable(const unsigned char *p,
                                                       const unsigned char *end, unsigned *high)
{
    unsigned seen = 0;
    while (p < end && !ndjson_is_special(*p))
        seen |= *p++;
    *high |= seen & 0x80u;
    return p;
}

static inline const unsigned char *ndjson_run(const unsigned char *p, const unsigned char *end,
                                              unsigned *high)
{
#ifdef NDJSON_MASK_STEP
    while (end - p >= 16) {
        uint64_t mask = ndjson_special16(p, high);
        if (mask)
            return p + (unsigned)__builtin_ctzll(mask) / NDJSON_MASK_STEP;
        p += 16;
    }
#endif
    return ndjson_run_portable(p, end, high);
}

/* The ndjson_fail functions note the fault and yield NULL. */
static inline const unsigned char *ndjson_fail_code(struct ndjson_scan *w, const unsigned char *at,
                                                    int code, const char *fault)
{
    w->code = code;
    w->fault_at = at;
    w->fault = fault;
    return NULL;
}

static inline const unsigned char *ndjson_fail(struct ndjson_scan *w, const unsigned char *at,
                                               const char *fault)
{
    return ndjson_fail_code(w, at, E_PARSE, fault);
}

static inline const unsigned char *ndjson_fail_end(struct ndjson_scan *w)
{
    return ndjson_fail_code(w, w->end, E_AGAIN, "the record ends too early");
}

static inline bool ndjson_is_space(unsigned char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline const unsigned char *ndjson_skip_space(const unsigned char *p)
{
    while (UNLIKELY(ndjson_is_space(*p)))
        p++;
    return p;
}

static inline bool ndjson_is_digit(unsigned char c)
{
    return (unsigned char)(c - '0') < 10;
}

static inline int ndjson_hex_value(unsigned char c)
{
    if (ndjson_is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* p is at a backslash; past the escape, or NULL. */
static inline const unsigned char *ndjson_skip_escape(struct ndjson_scan *w, const unsigned char *p)
{
    if (UNLIKELY(w->end - p < 2))
        return ndjson_fail_end(w);
    switch (p[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return p + 2;
    case 'u':
        for (unsigned i = 2; i < 6; i++) {
            if (w->end - p <= (ptrdiff_t)i)
                return ndjson_fail_end(w);
            if (ndjson_hex_value(p[i]) < 0)
                return ndjson_fail(w, p + i, "\\u needs four hexadecimal digits");
        }
        return p + 6;
    default:
        return ndjson_fail(w, p + 1, "unknown escape in a string");
    }
}

/* p is behind the opening quote; at the closing quote, or NULL. */
static inline const unsigned char *ndjson_skip_string(struct ndjson_scan *w, const unsigned char *p,
                                                      bool *ret_escaped)
{
    for (;;) {
        p = ndjson_run(p, w->end, &w->high);
        if (UNLIKELY(p == w->end)) {
            PLANT_OVERREAD(p);
            return ndjson_fail_end(w);
        }
        if (LIKELY(*p == '"'))
            return p;
        if (UNLIKELY(*p != '\\'))
            return ndjson_fail(w, p, "control character in a string");
        *ret_escaped = true;
        p = ndjson_skip_escape(w, p);
        if (UNLIKELY(!p))
            return NULL;
    }
}

/* p is at '-' or a digit; past the number, or NULL. */
static inline const unsigned char *ndjson_skip_number(struct ndjson_scan *w, const unsigned char *p,
                                                      bool *ret_integer)
{
    if (*p == '-')
        p++;
    if (UNLIKELY(!ndjson_is_digit(*p)))
        return ndjson_fail(w, p, "a number needs a digit here");
    if (*p == '0') {
        p++;
    } else {
        do {
            p++;
        } while (ndjson_is_digit(*p));
    }
    if (LIKELY(*p != '.' && (*p | 0x20) != 'e'))
        return p;
    *ret_integer = false;
    if (*p == '.') {
        p++;
        if (!ndjson_is_digit(*p))
            return ndjson_fail(w, p, "a number needs a digit after its point");
        while (ndjson_is_digit(*p))
            p++;
    }
    if ((*p | 0x20) == 'e') {
        p++;
        if (*p == '+' || *p == '-')
            p++;
        if (!ndjson_is_digit(*p))
            return ndjson_fail(w, p, "a number needs a digit in its exponent");
        while (ndjson_is_digit(*p))
            p++;
    }
    return p;
}

/* p is at the first letter; past the word, or NULL. Stops at the first byte that differs. */
static inline const unsigned char *ndjson_skip_word(struct ndjson_scan *w, const unsigned char *p,
                                                    const char *word)
{
    for (; *word; word++, p++) {
        if (UNLIKELY(*p != (unsigned char)*word))
            return ndjson_fail(w, p, "expected true, false or null");
    }
    return p;
}

/* p is at the first byte of any value; past it, or NULL. `depth` levels are open around it. */
const unsigned char *ndjson_skip_value(struct ndjson_scan *w, const unsigned char *p,
                                       unsigned depth);

#endif
