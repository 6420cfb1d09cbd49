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
    for (; from < end; from++) {
        if ((*from | 0x20) == c)
            return from;
    }
    return NULL;
}

bool fold_contains(struct str text, struct str lower)
{
    if (lower.len == 0)
        return true;
    if (text.len < lower.len)
        return false;
    size_t anchor = anchor_of(lower);
    const char *at = text.ptr + anchor;
    const char *end = text.ptr + (text.len - lower.len) + anchor + 1;
    while (at < end) {
        at = next_byte(at, end, lower.ptr[anchor]);
        if (!at)
            return false;
        if (fold_eq(at - anchor, lower.ptr, lower.len))
            return true;
        at++;
    }
    return false;
}
