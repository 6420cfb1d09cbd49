/* Regular expressions over PCRE2 with limits: a pattern that runs wild stops and counts as no
 * match. Compiled regexes are immutable; a scratch belongs to one thread.
 * Case-sensitive and unanchored, as Sigma says; UTF-8, ill-formed text included. */
#ifndef CORDON_DETECT_REGEX_H
#define CORDON_DETECT_REGEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct regex;
struct regex_scratch;

/* Flags; the numbers are part of the image format. */
enum {
    REGEX_CASELESS = 1,
    REGEX_MULTILINE = 2,
    REGEX_DOTALL = 4,
    REGEX_WHOLE = 8, /* the whole text must match */
    REGEX_FLAGS = 15
};

enum {
    REGEX_PATTERN_BYTES = 4096,
    REGEX_MATCH_LIMIT = 1000000, /* backtracking steps from one starting position */
    REGEX_TEXT_BYTES = 65536,    /* of a text; what follows is not looked at */
    REGEX_WINDOW = 256,          /* starting positions tried between two looks at the clock */
    REGEX_BUDGET_MS = 100,       /* CPU time of one match */
    REGEX_HEAP_KIB = 65536, /* memory of one match; a group per character takes 280 bytes each */
    REGEX_NEST_MOST = 60,   /* parentheses inside each other */
    REGEX_JIT_STACK_BYTES = 1024 * 1024
};

/**
 * @param flags REGEX_CASELESS ... REGEX_WHOLE
 * @param jit   compile to machine code where the platform allows it
 * @return 0, E_PARSE (err says what and at which byte of the pattern) or E_NOMEM
 */
int regex_new(struct str pattern, uint32_t flags, bool jit, struct regex **ret_regex,
              struct err *err) MUST_CHECK;
void regex_free(struct regex *r);

int regex_scratch_new(struct regex_scratch **ret_scratch) MUST_CHECK;
void regex_scratch_free(struct regex_scratch *s);

/**
 * A pattern that walks to the end of the text from each of its positions takes the square of its
 * length: a long text is searched in windows of starting positions until the time is up. Of a text
 * beyond REGEX_TEXT_BYTES only the beginning is looked at; no match there is E_LIMIT.
 * @return 1 match, 0 no match, E_LIMIT when a limit was hit, E_NOMEM
 */
int regex_match(const struct regex *r, struct regex_scratch *s, struct str text) MUST_CHECK;

/**
 * Find text that every match of the pattern must contain, letter case aside.
 * Understands only what it is sure of; anything unusual yields nothing.
 *
 * @param out appended: the longest such text, in lower case; nothing when there is none
 * @return buf_check(out)
 */
int regex_literal(struct str pattern, uint32_t flags, struct buf *out) MUST_CHECK;

enum { REGEX_ANY_MOST = 24 };

struct regex_any {
    size_t len; /* 0: nothing can be said */
    struct regex_any_text {
        size_t start;
        size_t len;
    } texts[REGEX_ANY_MOST];
    struct buf bytes;
};

/**
 * Find texts of which every match of the pattern must contain at least one, letter case aside; with
 * the same caution as regex_literal.
 * @param ret_any to be ended by regex_any_done, after an error too
 * @return 0 or E_NOMEM
 */
int regex_any(struct str pattern, uint32_t flags, struct regex_any *ret_any) MUST_CHECK;
/** The i-th text, in lower case. */
struct str regex_any_text(const struct regex_any *any, size_t i);
void regex_any_done(struct regex_any *any);

#endif
