/* Search for one literal, ASCII case aside. See fold.h. */
#include "detect/fold.h"

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

/* Offset in the literal of the byte to look for first: one that has no second form, for which the C
 * library's memchr is fastest; a blank only when there is nothing else. */
static size_t anchor_of(struct str lower)
{
    size_t best = 0;
    for (size_t i = 0; i < lower.len; i++) {
        if (!is_letter(lower.ptr[i]) && lower.ptr[i] != ' ')
            return i;
        if (lower.ptr[i] == ' ' && is_letter(lower.ptr[best]))
            best = i;
    }
    return best;
}

/* Next position of the byte, either case of a letter, at or after `from`. */
static const char *next_byte(const char *from, const char *end, char c)
{
    if (!is_letter(c))
        return memchr(from, c, (size_t)(end - from));
    for (; end - from >= 8; from += 8) {
        uint64_t other = (fold_load8(from) | FOLD_ONES * 0x20) ^ FOLD_ONES * (unsigned char)c;
        uint64_t equal = (other - FOLD_ONES) & ~other & FOLD_ONES * 0x80;
        if (equal)
            return from + __builtin_ctzll(equal) / 8;
    }
    for (; from < end; from++) {
        if ((*from | 0x20) == c)
            return from;
    }
    return NULL;
}

size_t fold_find(struct str text, size_t from, struct str lower)
{
    if (text.len < lower.len || from > text.len - lower.len)
        return SIZE_MAX;
    if (lower.len == 0)
        return from;
    size_t anchor = anchor_of(lower);
    const char *at = text.ptr + from + anchor;
    const char *end = text.ptr + (text.len - lower.len) + anchor + 1;
    while (at < end) {
        at = next_byte(at, end, lower.ptr[anchor]);
        if (!at)
            return SIZE_MAX;
        if (fold_eq(at - anchor, lower.ptr, lower.len))
            return (size_t)(at - anchor - text.ptr);
        at++;
    }
    return SIZE_MAX;
}
