/* The quick look at a line on x86-64 processors with AVX2, 32 bytes at a time. Compiled for these
 * alone; chosen at run time. See ndjson_line_priv.h. */
#include "codec/ndjson_line_priv.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define FOR_AVX2 __attribute__((target("avx2,pclmul,popcnt")))

FOR_AVX2 static NDJSON_ALWAYS_INLINE uint64_t equal(__m256i low, __m256i high, char c)
{
    __m256i wanted = _mm256_set1_epi8(c);
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted)) |
           (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted)) << 32;
}

FOR_AVX2 static NDJSON_ALWAYS_INLINE void mark(const unsigned char *p, struct ndjson_marks *m)
{
    __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
    m->quotes = equal(low, high, '"');
    m->slashes = equal(low, high, '\\');
    /* '[' and '{', ']' and '}' differ in this one bit. */
    __m256i bit = _mm256_set1_epi8(0x20);
    low = _mm256_or_si256(low, bit);
    high = _mm256_or_si256(high, bit);
    m->openers = equal(low, high, '{');
    m->closers = equal(low, high, '}');
}

FOR_AVX2 static NDJSON_ALWAYS_INLINE bool high(const unsigned char *p)
{
    __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i upper = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
    return _mm256_movemask_epi8(_mm256_or_si256(low, upper)) != 0;
}

/* Multiplying by all ones without carries adds every bit to all bits above it. */
FOR_AVX2 static NDJSON_ALWAYS_INLINE uint64_t parity(uint64_t bits)
{
    __m128i product =
        _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)bits), _mm_set1_epi8((char)0xff), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

FOR_AVX2 static bool look(struct str line)
{
    return ndjson_look(line, mark, parity);
}

FOR_AVX2 static size_t ascii(struct str s)
{
    return ndjson_ascii(s, high);
}

const struct ndjson_kernel ndjson_kernel_avx2 = {"avx2", look, ascii};
#endif
