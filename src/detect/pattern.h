/* A string value with Sigma's wildcards, taken apart: literal text, `?` (one character) and `*`
 * (any number). contains, startswith and endswith are patterns with an open end.
 * Source: Sigma rules specification 2.1, "Wildcards" and "Escaping". */
#ifndef CORDON_DETECT_PATTERN_H
#define CORDON_DETECT_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

enum pattern_part_type { PATTERN_TEXT, PATTERN_ONE, PATTERN_MANY };

struct pattern_part {
    enum pattern_part_type type;
    struct str text; /* PATTERN_TEXT: unescaped, not empty */
};

/** Never two PATTERN_TEXT or two PATTERN_MANY side by side; no part at all is the empty string. */
struct pattern {
    struct pattern_part *parts;
    size_t len;
};

/**
 * Take a value as written apart. `\*`, `\?` and `\\` are the characters themselves; any other
 * backslash is a backslash.
 *
 * @param arena owns the parts and their text
 * @return 0 or E_NOMEM
 */
int pattern_parse(struct str raw, struct arena *arena, struct pattern *ret_pattern) MUST_CHECK;

/** Put `*` at the front, at the back or at both. @return 0 or E_NOMEM */
int pattern_open(struct pattern *p, bool front, bool back, struct arena *arena) MUST_CHECK;

/** What is left to compare when a pattern needs no wildcard search. */
enum pattern_shape {
    PATTERN_EXACT,    /* text */
    PATTERN_PREFIX,   /* text* */
    PATTERN_SUFFIX,   /* *text */
    PATTERN_CONTAINS, /* *text* */
    PATTERN_ANYTHING, /* * */
    PATTERN_GLOB      /* the rest */
};

/** Shape of the pattern; *ret_text is its only text ("" for the empty string, * and the rest). */
enum pattern_shape pattern_shape(const struct pattern *p, struct str *ret_text);

/**
 * The longest text that every match must contain, for a pattern of shape PATTERN_GLOB.
 *
 * @param ret_shape PATTERN_PREFIX, _SUFFIX or _CONTAINS: where it must stand
 * @return the text, empty when the pattern is wildcards alone
 */
struct str pattern_anchor(const struct pattern *p, enum pattern_shape *ret_shape);

/** Append the pattern as glob text: `\` before each of `*?\` that is meant literally. */
void pattern_add_glob(struct buf *out, const struct pattern *p);

/**
 * Match text against glob text made by pattern_add_glob.
 *
 * @param cased false: the glob is in lower case, and ASCII letters of the text match in either case
 *
 * `?` is one UTF-8 character, or one byte where the text is ill-formed.
 * Cost: O(text * glob) at worst, linear for one `*`.
 */
bool glob_match(struct str glob, struct str text, bool cased);

#endif
