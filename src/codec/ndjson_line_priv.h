/* Inside of codec/ndjson: the quick look at a line, written once for all processors. A kernel has a
 * function that marks the bytes of a block of 64 and one for running parities; both are inlined
 * into ndjson_look. All kernels give the same answer to every line; the portable one is the oracle
 * of the tests.
 * Source, for quotes and escapes by bit operations: Langdale and Lemire, "Parsing gigabytes of JSON
 * per second", VLDB Journal 28(6), 2019. */
#ifndef CORDON_CODEC_NDJSON_LINE_PRIV_H
#define CORDON_CODEC_NDJSON_LINE_PRIV_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "base/str.h"

enum { NDJSON_BLOCK = 64 };

struct ndjson_kernel {
    const char *name;
    /** See ndjson_is_one_object; the line starts with '{' and ends with '}'. */
    bool (*is_one_object)(struct str line);
    /** All bytes before the result are ASCII; it is s.len only when all are. */
    size_t (*ascii)(struct str s);
};

/** The n-th kernel that this processor runs, the fastest first, the portable one last; NULL past
 * it. */
const struct ndjson_kernel *ndjson_kernel_at(unsigned n);

/** The first of them. */
const struct ndjson_kernel *ndjson_kernel_chosen(void);

extern const struct ndjson_kernel ndjson_kernel_portable;
#if defined(__x86_64__)
extern const struct ndjson_kernel ndjson_kernel_avx2;
#elif defined(__aarch64__)
extern const struct ndjson_kernel ndjson_kernel_neon;
#endif

#define NDJSON_ALWAYS_INLINE inline __attribute__((always_inline))

/* Bytes of a block that matter, a bit each. */
struct ndjson_marks {
    uint64_t quotes;
    uint64_t slashes; /* backslashes */
    uint64_t openers; /* { and [ */
    uint64_t closers; /* } and ] */
};

/* Has any of the 64 bytes its top bit set? */
typedef bool (*ndjson_high_fn)(const unsigned char *p);

static NDJSON_ALWAYS_INLINE size_t ndjson_ascii(struct str s, ndjson_high_fn high)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    size_t at = 0;
    for (; s.len - at >= NDJSON_BLOCK; at += NDJSON_BLOCK) {
        if (high(p + at))
            return at;
    }
    while (at < s.len && p[at] < 0x80 && s.len < NDJSON_BLOCK)
        at++;
    if (s.len < NDJSON_BLOCK || at == s.len || high(p + s.len - NDJSON_BLOCK))
        return at;
    return s.len;
}

typedef void (*ndjson_mark_fn)(const unsigned char *p, struct ndjson_marks *m);
/* Bit i of the result is the exclusive or of bits 0..i. */
typedef uint64_t (*ndjson_parity_fn)(uint64_t bits);

/* What a block leaves to the next. */
struct ndjson_look_state {
    uint64_t in_string; /* all ones inside a string, else 0 */
    uint64_t escaped;   /* 1: a backslash at the block's end took the next byte */
    size_t depth;
};

/* Bytes that a backslash before them takes away their meaning; *carry is bit 0 of the next block.
 * Runs of backslashes are told apart by whether they start at an odd place: adding the starts makes
 * a carry run to each run's end. */
static NDJSON_ALWAYS_INLINE uint64_t ndjson_escaped(uint64_t slashes, uint64_t *carry)
{
    const uint64_t even = UINT64_C(0x5555555555555555);
    slashes &= ~*carry;
    uint64_t follows = slashes << 1 | *carry;
    uint64_t odd_starts = slashes & ~even & ~follows;
    uint64_t sum = odd_starts + slashes;
    *carry = sum < slashes;
    return (even ^ sum << 1) & follows;
}

/* Follow the depth through a block in which it may come to zero. @return false when it does before
 * the block's last bracket */
static inline bool ndjson_look_follow(size_t *depth, uint64_t openers, uint64_t closers)
{
    for (uint64_t left = openers | closers; left; left &= left - 1) {
        if (*depth == 0)
            return false;
        if (left & -left & openers)
            ++*depth;
        else
            --*depth;
    }
    return true;
}

static NDJSON_ALWAYS_INLINE bool ndjson_look_block(struct ndjson_look_state *s,
                                                   const unsigned char *p, ndjson_mark_fn mark,
                                                   ndjson_parity_fn parity)
{
    struct ndjson_marks m;
    mark(p, &m);
    uint64_t quotes = m.quotes & ~ndjson_escaped(m.slashes, &s->escaped);
    uint64_t inside = parity(quotes) ^ s->in_string;
    s->in_string = inside >> 63 ? UINT64_MAX : 0;
    uint64_t openers = m.openers & ~inside;
    uint64_t closers = m.closers & ~inside;
    size_t down = (size_t)__builtin_popcountll(closers);
    if (LIKELY(s->depth > down)) {
        s->depth += (size_t)__builtin_popcountll(openers) - down;
        return true;
    }
    return ndjson_look_follow(&s->depth, openers, closers);
}

static NDJSON_ALWAYS_INLINE bool ndjson_look(struct str line, ndjson_mark_fn mark,
                                             ndjson_parity_fn parity)
{
    /* The first brace is taken here, so that depth 0 always means "closed". */
    struct ndjson_look_state s = {.depth = 1};
    const unsigned char *p = (const unsigned char *)line.ptr + 1;
    size_t left = line.len - 1;
    for (; left >= NDJSON_BLOCK; p += NDJSON_BLOCK, left -= NDJSON_BLOCK) {
        if (!ndjson_look_block(&s, p, mark, parity))
            return false;
    }
    unsigned char tail[NDJSON_BLOCK] = {0};
    memcpy(tail, p, left);
    return ndjson_look_block(&s, tail, mark, parity) && s.depth == 0 && !s.in_string;
}

#endif
