/* Inside of detect/regex: a reader of patterns that knows plain characters, classes, groups and
 * quantifiers, and says so when it meets anything else. For regex_literal.c and regex_any.c. */
#ifndef CORDON_DETECT_REGEX_LITERAL_PRIV_H
#define CORDON_DETECT_REGEX_LITERAL_PRIV_H

#include "detect/regex.h"

/** Begin with pattern, caseless and `last` = SIZE_MAX; buf_done(&text) at the end. */
struct regex_reader {
    struct str pattern;
    size_t pos;
    bool caseless;
    size_t run_start; /* the text being collected, in `text` */
    struct buf text;  /* all texts found so far, one behind the other */
    size_t best_start;
    size_t best_len;
    size_t last; /* text.len before the last character was added; SIZE_MAX when it was no text */
};

static inline bool regex_more(const struct regex_reader *r)
{
    return r->pos < r->pattern.len;
}

static inline char regex_peek(const struct regex_reader *r)
{
    return r->pattern.ptr[r->pos];
}

/** Read a character, class, group, anchor or quantifier; texts are collected on the way.
 * @return false when nothing can be said about the pattern, a `|` included */
bool regex_read_element(struct regex_reader *r);
/** Skip `[...]`. @return false when it does not end */
bool regex_skip_class(struct regex_reader *r);
/** Skip `(...)`, nested ones included. @return false when it holds anything unusual */
bool regex_skip_group(struct regex_reader *r);
/** The longest text that was collected; in r->text. */
struct str regex_best_text(struct regex_reader *r);

#endif
