/* Words of a predicate. Shared by predicate_lex.c and predicate_parse.c only: keywords are told
 * from names by the parser, because any keyword may be a step of a key path. */
#ifndef CORDON_DETECT_PREDICATE_LEX_H
#define CORDON_DETECT_PREDICATE_LEX_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum predicate_token_type {
    TOKEN_END,
    TOKEN_WORD,     /* name or keyword */
    TOKEN_VARIABLE, /* $name; the text is without the sign */
    TOKEN_STRING,
    TOKEN_NUMBER,
    TOKEN_SIGN /* operators and punctuation; the text is the sign */
};

struct predicate_token {
    enum predicate_token_type type;
    uint32_t at;     /* byte of the predicate where it starts */
    struct str text; /* a string's is without escapes */
    int64_t number;
    bool fraction;
};

struct predicate_lexer {
    struct str text;
    uint32_t pos;
    struct arena *arena;
};

/**
 * Next word.
 * @param ret_token on failure only `at` is set, to the offending byte
 * @return 0, E_PARSE, E_LIMIT (a number too large), E_NOMEM
 */
int predicate_lex(struct predicate_lexer *lexer, struct predicate_token *ret_token,
                  struct err *err) MUST_CHECK;

#endif
