/* Slice functions. See str.h. */
#include "base/str.h"

#include "base/err.h"

bool str_eq_nocase(struct str a, struct str b)
{
    return a.len == b.len && str_starts_nocase(a, b);
}

int str_cmp(struct str a, struct str b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.ptr, b.ptr, n) : 0;
    if (c)
        return c;
    return (a.len > b.len) - (a.len < b.len);
}

bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.len >= suffix.len &&
           (suffix.len == 0 || memcmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len) == 0);
}

bool str_starts_nocase(struct str s, struct str prefix)
{
    if (s.len < prefix.len)
        return false;
    for (size_t i = 0; i < prefix.len; i++) {
        if (char_lower(s.ptr[i]) != char_lower(prefix.ptr[i]))
            return false;
    }
    return true;
}

bool str_ends_nocase(struct str s, struct str suffix)
{
    if (s.len < suffix.len)
        return false;
    return str_starts_nocase(str_n(s.ptr + (s.len - suffix.len), suffix.len), suffix);
}

size_t str_find(struct str s, struct str needle)
{
    if (needle.len == 0)
        return 0;
    if (s.len < needle.len)
        return SIZE_MAX;
    const char *hit = memmem(s.ptr, s.len, needle.ptr, needle.len);
    return hit ? (size_t)(hit - s.ptr) : SIZE_MAX;
}

size_t str_find_char(struct str s, char c)
{
    const char *hit = s.len ? memchr(s.ptr, c, s.len) : NULL;
    return hit ? (size_t)(hit - s.ptr) : SIZE_MAX;
}

size_t str_rfind_char(struct str s, char c)
{
    for (size_t i = s.len; i > 0; i--) {
        if (s.ptr[i - 1] == c)
            return i - 1;
    }
    return SIZE_MAX;
}

struct str str_sub(struct str s, size_t from, size_t len)
{
    if (from >= s.len)
        return (struct str){s.ptr ? s.ptr + s.len : NULL, 0};
    if (len > s.len - from)
        len = s.len - from;
    return (struct str){s.ptr + from, len};
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
    while (s.len && is_space(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len && is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

struct str str_basename(struct str path)
{
    size_t slash = str_rfind_char(path, '/');
    return slash == SIZE_MAX ? path : str_sub(path, slash + 1, SIZE_MAX);
}

bool str_next(struct str *rest, char sep, struct str *ret_piece)
{
    if (!rest->ptr)
        return false;
    size_t at = str_find_char(*rest, sep);
    if (at == SIZE_MAX) {
        if (rest->len == 0) {
            *rest = (struct str){0};
            return false;
        }
        *ret_piece = *rest;
        *rest = (struct str){0};
        return true;
    }
    *ret_piece = str_n(rest->ptr, at);
    rest->ptr += at + 1;
    rest->len -= at + 1;
    return true;
}

int str_to_u64(struct str s, uint64_t *ret_value)
{
    if (s.len == 0)
        return E_PARSE;
    uint64_t value = 0;
    bool overflow = false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c < '0' || c > '9')
            return E_PARSE;
        overflow |= __builtin_mul_overflow(value, 10u, &value);
        overflow |= __builtin_add_overflow(value, (uint64_t)(c - '0'), &value);
    }
    if (overflow)
        return E_LIMIT;
    *ret_value = value;
    return 0;
}

int str_to_i64(struct str s, int64_t *ret_value)
{
    bool negative = s.len && s.ptr[0] == '-';
    uint64_t magnitude;
    int rc = str_to_u64(negative ? str_sub(s, 1, SIZE_MAX) : s, &magnitude);
    if (rc)
        return rc;
    if (negative) {
        if (magnitude > (uint64_t)INT64_MAX + 1)
            return E_LIMIT;
        *ret_value = magnitude == (uint64_t)INT64_MAX + 1 ? INT64_MIN : -(int64_t)magnitude;
        return 0;
    }
    if (magnitude > INT64_MAX)
        return E_LIMIT;
    *ret_value = (int64_t)magnitude;
    return 0;
}

uint64_t str_hash(struct str s, uint64_t seed)
{
    uint64_t h = 0xcbf29ce484222325u ^ seed;
    for (size_t i = 0; i < s.len; i++) {
        h ^= (unsigned char)s.ptr[i];
        h *= 0x100000001b3u;
    }
    h ^= h >> 32;
    h *= 0x9e3779b97f4a7c15u;
    return h ^ (h >> 29);
}

unsigned str_distance(struct str a, struct str b, unsigned max)
{
    enum { WORD_MAX = 64 };
    if (a.len > WORD_MAX || b.len > WORD_MAX)
        return max + 1;
    unsigned row[WORD_MAX + 1];
    for (unsigned j = 0; j <= b.len; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a.len; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            unsigned above = row[j];
            unsigned best =
                diagonal + (char_lower(a.ptr[i - 1]) != char_lower(b.ptr[j - 1]) ? 1 : 0);
            if (above + 1 < best)
                best = above + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
            diagonal = above;
        }
    }
    return row[b.len] > max ? max + 1 : row[b.len];
}
