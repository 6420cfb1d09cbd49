/* A quick look at a line, 64 bytes a step: do its braces say that it is one whole object? Says
 * nothing of the grammar; that is ndjson_pick's work. See ndjson.h. Here are the portable kernel,
 * eight bytes at a time, and the choice among the kernels. */
#include "codec/ndjson.h"

#include <stdatomic.h>

#include "codec/ndjson_line_priv.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

/* ------------------------------------------------------------------ eight bytes at a time */

#define ONES UINT64_C(0x0101010101010101)
#define TOPS UINT64_C(0x8080808080808080)

/* The top bits of the bytes that are `c`, which is below 0x80, side by side. */
static NDJSON_ALWAYS_INLINE uint64_t equal(uint64_t v, unsigned char c)
{
    uint64_t zero = v ^ c * ONES;
    uint64_t tops = ~((zero & ~TOPS) + (TOPS - ONES)) & ~zero & TOPS;
    return (tops >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

static NDJSON_ALWAYS_INLINE void mark(const unsigned char *p, struct ndjson_marks *m)
{
    *m = (struct ndjson_marks){0};
    for (unsigned at = 0; at < NDJSON_BLOCK; at += 8) {
        uint64_t v;
        memcpy(&v, p + at, sizeof v);
        /* '[' and '{', ']' and '}' differ in this one bit. */
        uint64_t folded = v | 0x20 * ONES;
        m->quotes |= equal(v, '"') << at;
        m->slashes |= equal(v, '\\') << at;
        m->openers |= equal(folded, '{') << at;
        m->closers |= equal(folded, '}') << at;
    }
}

static NDJSON_ALWAYS_INLINE bool high(const unsigned char *p)
{
    uint64_t tops = 0;
    for (unsigned at = 0; at < NDJSON_BLOCK; at += 8) {
        uint64_t v;
        memcpy(&v, p + at, sizeof v);
        tops |= v;
    }
    return (tops & TOPS) != 0;
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

const struct ndjson_kernel ndjson_kernel_portable = {"portable", look, ascii};

/* ------------------------------------------------------------------ the choice */

#if defined(__x86_64__)
/* AVX2 with registers that the system saves, carry-less multiplication and counting of bits. Asked
 * of the processor: not every C library answers the compiler's own question.
 * Source: Intel 64 and IA-32 Architectures Software Developer's Manual, CPUID and XGETBV. */
static bool has_avx2(void)
{
    enum { PCLMUL = 1 << 1, POPCNT = 1 << 23, OSXSAVE = 1 << 27, AVX2 = 1 << 5, YMM_STATE = 6 };
    enum { FIRST = PCLMUL | POPCNT | OSXSAVE };
    unsigned a;
    unsigned b;
    unsigned c;
    unsigned d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & FIRST) != FIRST)
        return false;
    unsigned low;
    unsigned high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & YMM_STATE) == YMM_STATE && __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & AVX2;
}
#endif

const struct ndjson_kernel *ndjson_kernel_at(unsigned n)
{
#if defined(__x86_64__)
    if (has_avx2() && n-- == 0)
        return &ndjson_kernel_avx2;
#elif defined(__aarch64__)
    if (n-- == 0)
        return &ndjson_kernel_neon;
#endif
    return n == 0 ? &ndjson_kernel_portable : NULL;
}

const struct ndjson_kernel *ndjson_kernel_chosen(void)
{
    static _Atomic(const struct ndjson_kernel *) chosen; /* every thread chooses the same */
    const struct ndjson_kernel *kernel = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (UNLIKELY(!kernel)) {
        kernel = ndjson_kernel_at(0);
        atomic_store_explicit(&chosen, kernel, memory_order_relaxed);
    }
    return kernel;
}

bool ndjson_is_one_object(struct str line)
{
    if (line.len < 2 || line.ptr[0] != '{' || line.ptr[line.len - 1] != '}')
        return false;
    return ndjson_kernel_chosen()->is_one_object(line);
}
