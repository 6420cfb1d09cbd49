/* Reading a predicate: what the parser's two halves share, conditions (predicate_parse.c) and
 * operands (predicate_operand.c). Nobody else includes it. */
#ifndef CORDON_DETECT_PREDICATE_PRIV_H
#define CORDON_DETECT_PREDICATE_PRIV_H

#include "detect/predicate.h"
#include "detect/predicate_lex.h"

struct predicate_parser {
    struct predicate_lexer lexer;
    struct predicate_token token; /* the next, not yet taken */
    struct arena *arena;
    struct err *err;
    unsigned depth;
    unsigned nodes;
    bool waits; /* `waiting` is the left side of the comparison to come */
    struct predicate_operand waiting;
};

/* Words: predicate_operand.c. Failures leave the place in `token.at`. */

int predicate_fail(struct predicate_parser *p, uint32_t at, int code, const char *what);
/** Fail because something else stands where `what` is expected. */
int predicate_expected(struct predicate_parser *p, const char *what);
/* As err_set: the codes themselves, so that analyzers see that they are never 0. */
#define predicate_fail(p, at, code, what)                                                          \
    ((void)(predicate_fail)((p), (at), (code), (what)), (code))
#define predicate_expected(p, what) ((void)(predicate_expected)((p), (what)), E_PARSE)
int predicate_advance(struct predicate_parser *p) MUST_CHECK;
bool predicate_is_sign(const struct predicate_parser *p, const char *sign);
/** The next word is this one, in any letter case. */
bool predicate_is_word(const struct predicate_parser *p, const char *word);
/** Whether the next word is an operator or a quantifier, and so no key. */
bool predicate_is_reserved(const struct predicate_parser *p);
int predicate_take_sign(struct predicate_parser *p, const char *sign, const char *what) MUST_CHECK;
/** One level deeper; the caller takes it back from `depth`. */
int predicate_enter(struct predicate_parser *p) MUST_CHECK;

/** A key path, a value, a set or a SUBQUERY. */
int predicate_operand(struct predicate_parser *p, struct predicate_operand *o) MUST_CHECK;
/** What may stand behind an operand: `.name`, `."quoted name"`, `.@count`, `[LAST]`. */
int predicate_steps(struct predicate_parser *p, struct predicate_operand *o) MUST_CHECK;

/** A whole condition: predicate_parse.c. */
int predicate_condition(struct predicate_parser *p,
                        const struct predicate_node **ret_node) MUST_CHECK;

#endif
