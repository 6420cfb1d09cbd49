/* Borrowed byte slices. A `struct str` owns nothing; its docstring's owner says how long it lives.
 * Bytes, not characters: may hold NUL and need not be UTF-8. */
#ifndef CORDON_BASE_STR_H
#define CORDON_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"

struct str {
    const char *ptr; /* may be NULL only when len is 0 */
    size_t len;
};

/** Slice of a string literal. */
#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
/** Arguments for a "%.*s" conversion. */
#define STR_FMT(s) ((int)((s).len > 0x7fffffff ? 0x7fffffff : (s).len)), ((s).ptr ? (s).ptr : "")

static inline struct str str_of(const char *cstr)
{
    return (struct str){cstr, cstr ? strlen(cstr) : 0};
}

static inline struct str str_n(const char *ptr, size_t len)
{
    return (struct str){ptr, len};
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/** Compare with a NUL-terminated string. */
static inline bool str_is(struct str a, const char *cstr)
{
    return str_eq(a, str_of(cstr));
}

/** ASCII case-insensitive equality. */
bool str_eq_nocase(struct str a, struct str b);
/** memcmp order, shorter first on a tie. */
int str_cmp(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_starts_nocase(struct str s, struct str prefix);
bool str_ends_nocase(struct str s, struct str suffix);
/** Offset of the first `needle` in `s`, or SIZE_MAX. */
size_t str_find(struct str s, struct str needle);
/** Offset of the first byte `c`, or SIZE_MAX. */
size_t str_find_char(struct str s, char c);
/** Offset of the last byte `c`, or SIZE_MAX. */
size_t str_rfind_char(struct str s, char c);
/** Sub-slice; both ends are clamped to the slice. */
struct str str_sub(struct str s, size_t from, size_t len);
/** Without ASCII white space at both ends. */
struct str str_trim(struct str s);
/** Last path component: "c" of "/a/b/c"; the whole slice when there is no '/'. */
struct str str_basename(struct str path);

/**
 * Cut the next piece up to `sep` off the front of `*rest`.
 * @return false when nothing is left: "a,,b" yields "a", "", "b"; an empty last piece is not
 * yielded.
 */
bool str_next(struct str *rest, char sep, struct str *ret_piece);

/** Parse the whole slice as decimal; 0, E_PARSE (not a number) or E_LIMIT (out of range). */
int str_to_i64(struct str s, int64_t *ret_value) MUST_CHECK;
int str_to_u64(struct str s, uint64_t *ret_value) MUST_CHECK;

/** 64-bit hash (FNV-1a folded); not for adversarial tables without a seed. */
uint64_t str_hash(struct str s, uint64_t seed);

static inline char char_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/**
 * Number of single-character edits between two words, capped at `max` + 1. For "did you mean".
 * Words longer than 64 bytes count as different.
 */
unsigned str_distance(struct str a, struct str b, unsigned max);

#endif
