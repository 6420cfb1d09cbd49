/* The expression parser's words and state. Shared by expr*.c only. */
#ifndef CORDON_DETECT_EXPR_PRIV_H
#define CORDON_DETECT_EXPR_PRIV_H

#include "detect/expr.h"
#include "detect/sigma.h"

enum expr_token_type {
    EXPR_TOKEN_WORD,   /* without quotes: a name, a keyword, a plain value */
    EXPR_TOKEN_STRING, /* in quotes */
    EXPR_TOKEN_OPEN,
    EXPR_TOKEN_CLOSE,
    EXPR_TOKEN_COMMA,
    EXPR_TOKEN_RELATION, /* = != < <= > >= */
    EXPR_TOKEN_END
};

struct expr_token {
    enum expr_token_type type;
    struct str text; /* of a string: without its quotes and escapes */
    uint32_t line;
    uint32_t column;
};

struct expr_lexer {
    struct str text;
    size_t pos;
    uint32_t line;
    uint32_t column;
    struct arena *arena;
};

/** Next word. @return 0, E_PARSE (a string without end), E_NOMEM; err has the place */
int expr_lex(struct expr_lexer *l, struct expr_token *t, struct err *err) MUST_CHECK;

/** What stands at a token, for messages: `'word'`, `the end`. Valid as long as the buffer. */
const char *expr_token_name(const struct expr_token *token, char name[80]);

/** Is the token this keyword, in any letter case? */
bool expr_is_keyword(const struct expr_token *token, const char *keyword);

/**
 * A value from its token, by the type of the field. `ago` is the word behind it.
 * @return 0 or E_PARSE with what the type takes
 */
int expr_value(const struct expr_token *token, bool ago, enum field_type type, int64_t now_ns,
               struct expr_value *ret_value, struct err *err) MUST_CHECK;

/**
 * The tree as a Sigma rule without log source, for the builder and for the tests' reference
 * evaluator. Everything is in the arena; the rule's head is the caller's to fill in.
 * @return 0, E_PARSE (no network), E_LIMIT, E_NOMEM
 */
int expr_to_rule(const struct expr_node *root, struct arena *arena, struct sigma_rule **ret_rule,
                 struct err *err) MUST_CHECK;

#endif
