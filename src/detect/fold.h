/* ASCII case folding for the matchers: compare text of any case with a lower-case literal, eight
 * bytes at a time. Bytes above 0x7f are compared as they are. Inline where it is the innermost
 * loop.
 */
#ifndef CORDON_DETECT_FOLD_H
#define CORDON_DETECT_FOLD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

#define FOLD_ONES UINT64_C(0x0101010101010101)

static inline uint64_t fold_load8(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint32_t fold_load4(const char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/** Lower case of eight ASCII letters at once; other bytes stay. */
static inline uint64_t fold_word(uint64_t v)
{
    uint64_t low = v & (FOLD_ONES * 0x7f);
    uint64_t above_z = low + FOLD_ONES * (0x7f - 'Z');
    uint64_t from_a = low + FOLD_ONES * (0x80 - 'A');
    uint64_t upper = ~v & (from_a ^ above_z) & (FOLD_ONES * 0x80);
    return v | upper >> 2;
}

/** True when the `len` bytes at `text`, in lower case, are those at `lower`. */
static inline bool fold_eq(const char *text, const char *lower, size_t len)
{
    if (len >= 8) {
        size_t i = 0;
        for (; i + 8 <= len; i += 8) {
            if (fold_word(fold_load8(text + i)) != fold_load8(lower + i))
                return false;
        }
        /* The last bytes, overlapping what was compared. */
        return fold_word(fold_load8(text + len - 8)) == fold_load8(lower + len - 8);
    }
    if (len >= 4)
        return fold_word(fold_load4(text)) == fold_load4(lower) &&
               fold_word(fold_load4(text + len - 4)) == fold_load4(lower + len - 4);
    for (size_t i = 0; i < len; i++) {
        if (char_lower(text[i]) != lower[i])
            return false;
    }
    return true;
}

static inline uint64_t fold_mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 32;
}

/** Hash of the text in lower case. Part of the image format. */
static inline uint32_t fold_hash(struct str s)
{
    uint64_t h = s.len;
    size_t i = 0;
    for (; i + 8 <= s.len; i += 8)
        h = fold_mix(h, fold_word(fold_load8(s.ptr + i)));
    uint64_t last = 0;
    if (i < s.len)
        memcpy(&last, s.ptr + i, s.len - i);
    return (uint32_t)(fold_mix(h, fold_word(last)) >> 16);
}

/** Where the lower-case literal first stands in the text at or after `from`, or SIZE_MAX. For a
 * single look; many literals belong in a matcher. */
size_t fold_find(struct str text, size_t from, struct str lower);

static inline bool fold_contains(struct str text, struct str lower)
{
    return fold_find(text, 0, lower) != SIZE_MAX;
}

#endif
