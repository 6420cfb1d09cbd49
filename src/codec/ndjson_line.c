/* A quick look at a line, 64 bytes a step: do its braces say that it is one whole object? Says
 * nothing of the grammar; that is ndjson_pick's work. See ndjson.h. */
#include "codec/ndjson.h"
#include "codec/ndjson_scan_priv.h"

enum { BLOCK = 64 };

/* Bytes of a block that matter, a bit each. */
struct marks {
    uint64_t quotes;
    uint64_t slashes;
    uint64_t openers; /* { and [ */
    uint64_t closers; /* } and ] */
};

/* What a block leaves to the next. */
struct state {
    uint64_t in_string; /* all ones inside a string, else 0 */
    bool escaped;       /* a backslash at the block's end took the next byte */
    size_t depth;
};

#if defined(__SSE2__)
static inline uint64_t bits(__m128i equal, unsigned at)
{
    return (uint64_t)(uint32_t)_mm_movemask_epi8(equal) << at;
}

static inline struct marks mark(const unsigned char *p)
{
    struct marks m = {0};
    for (unsigned at = 0; at < BLOCK; at += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + at));
        /* '[' and '{', ']' and '}' differ in this one bit. */
        __m128i folded = _mm_or_si128(v, _mm_set1_epi8(0x20));
        m.quotes |= bits(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), at);
        m.slashes |= bits(_mm_cmpeq_epi8(v, _mm_set1_epi8('\\')), at);
        m.openers |= bits(_mm_cmpeq_epi8(folded, _mm_set1_epi8('{')), at);
        m.closers |= bits(_mm_cmpeq_epi8(folded, _mm_set1_epi8('}')), at);
    }
    return m;
}
#else
static inline struct marks mark(const unsigned char *p)
{
    struct marks m = {0};
    for (unsigned at = 0; at < BLOCK; at++) {
        uint64_t bit = UINT64_C(1) << at;
        m.quotes |= p[at] == '"' ? bit : 0;
        m.slashes |= p[at] == '\\' ? bit : 0;
        m.openers |= (p[at] | 0x20) == '{' ? bit : 0;
        m.closers |= (p[at] | 0x20) == '}' ? bit : 0;
    }
    return m;
}
#endif

/* Bytes that a backslash before them takes away their meaning. */
static inline uint64_t escaped_bytes(uint64_t slashes, bool *carry)
{
    uint64_t escaped = *carry ? 1 : 0;
    *carry = false;
    slashes &= ~escaped;
    while (slashes) {
        uint64_t slash = slashes & -slashes;
        *carry = slash >> 63;
        escaped |= slash << 1;
        slashes &= ~(slash | slash << 1);
    }
    return escaped;
}

/* Bit i is the exclusive or of bits 0..i. */
static inline uint64_t running_parity(uint64_t x)
{
    for (unsigned step = 1; step < BLOCK; step *= 2)
        x ^= x << step;
    return x;
}

/* Follow the depth through a block in which it may come to zero. @return false when it does before
 * the block's last marked byte */
static bool follow(struct state *s, uint64_t openers, uint64_t closers)
{
    for (uint64_t left = openers | closers; left; left &= left - 1) {
        if (s->depth == 0)
            return false;
        if (left & -left & openers)
            s->depth++;
        else
            s->depth--;
    }
    return true;
}

static bool take(struct state *s, const unsigned char *p)
{
    struct marks m = mark(p);
    uint64_t quotes = m.quotes & ~escaped_bytes(m.slashes, &s->escaped);
    uint64_t inside = running_parity(quotes) ^ s->in_string;
    s->in_string = inside >> 63 ? UINT64_MAX : 0;
    uint64_t openers = m.openers & ~inside;
    uint64_t closers = m.closers & ~inside;
    size_t down = (size_t)__builtin_popcountll(closers);
    if (LIKELY(s->depth > down)) {
        s->depth += (size_t)__builtin_popcountll(openers) - down;
        return true;
    }
    return follow(s, openers, closers);
}

bool ndjson_is_one_object(struct str line)
{
    if (line.len < 2 || line.ptr[0] != '{' || line.ptr[line.len - 1] != '}')
        return false;
    /* The first brace is taken here, so that depth 0 always means "closed". */
    struct state s = {.depth = 1};
    const unsigned char *p = (const unsigned char *)line.ptr + 1;
    size_t left = line.len - 1;
    for (; left >= BLOCK; p += BLOCK, left -= BLOCK) {
        if (!take(&s, p))
            return false;
    }
    unsigned char tail[BLOCK] = {0};
    memcpy(tail, p, left);
    return take(&s, tail) && s.depth == 0 && !s.in_string;
}
