/* The expression language of hunts, filters and groups: `field op value` joined by and, or, not and
 * parentheses. The parser knows no events: what fields there are, and of which type, is a table of
 * the caller's. Over events an expression becomes a rule like any other (builder_add_expr), so that
 * the one engine evaluates it. Reference for people: docs/hunt.md. */
#ifndef CORDON_DETECT_EXPR_H
#define CORDON_DETECT_EXPR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "schema/field.h"

struct builder;

enum {
    EXPR_BYTES_MOST = 262144,
    EXPR_DEPTH_MOST = 24,      /* parentheses and `not` inside each other */
    EXPR_COMPARES_MOST = 4096, /* comparisons of one expression */
    EXPR_VALUES_MOST = 20000,  /* values of all lists together */
    EXPR_TITLE_BYTES = 200     /* of a rule made of an expression */
};

/* Which types of field an operator takes. */
enum { EXPR_ON_TEXT = 1, EXPR_ON_NUMBER = 2, EXPR_ON_BOOL = 4, EXPR_ON_TIME = 8 };
#define EXPR_ON_ALL (EXPR_ON_TEXT | EXPR_ON_NUMBER | EXPR_ON_BOOL | EXPR_ON_TIME)

/* X(enum, spelling, types of field, what the comparison says) */
#define EXPR_OP_LIST(X)                                                                            \
    X(EXPR_EQUALS, "=", EXPR_ON_ALL, "is the value; one element of a list is")                     \
    X(EXPR_NOT_EQUALS, "!=", EXPR_ON_ALL, "is not the value, or the event has no such field")      \
    X(EXPR_LESS, "<", EXPR_ON_NUMBER | EXPR_ON_TIME, "is less, is earlier")                        \
    X(EXPR_LESS_EQUALS, "<=", EXPR_ON_NUMBER | EXPR_ON_TIME, "is less or the same")                \
    X(EXPR_GREATER, ">", EXPR_ON_NUMBER | EXPR_ON_TIME, "is greater, is later")                    \
    X(EXPR_GREATER_EQUALS, ">=", EXPR_ON_NUMBER | EXPR_ON_TIME, "is greater or the same")          \
    X(EXPR_IN, "in", EXPR_ON_TEXT | EXPR_ON_NUMBER, "is one of the values in parentheses")         \
    X(EXPR_CONTAINS, "contains", EXPR_ON_TEXT, "has the text in it")                               \
    X(EXPR_STARTSWITH, "startswith", EXPR_ON_TEXT, "begins with the text")                         \
    X(EXPR_ENDSWITH, "endswith", EXPR_ON_TEXT, "ends with the text")                               \
    X(EXPR_LIKE, "like", EXPR_ON_TEXT, "is the pattern: * is any text, ? any one character")       \
    X(EXPR_MATCHES, "matches", EXPR_ON_TEXT, "a regular expression (PCRE2) is found in it")        \
    X(EXPR_CIDR, "cidr", EXPR_ON_TEXT, "is an address of the network")                             \
    X(EXPR_EXISTS, "exists", EXPR_ON_ALL, "the event has the field; takes no value")

enum expr_op {
#define EXPR_OP_ENUM(id, spelling, types, doc) id,
    EXPR_OP_LIST(EXPR_OP_ENUM)
#undef EXPR_OP_ENUM
        EXPR_OPS
};

struct expr_op_row {
    struct str spelling;
    unsigned types;
    struct str doc;
};

extern const struct expr_op_row expr_op_table[EXPR_OPS];

/** A field that an expression may name. */
struct expr_field {
    struct str name;
    struct str canonical; /* what the tree says for it */
    enum field_type type;
};

/** What an expression is about. */
struct expr_schema {
    struct str thing; /* "event", for messages */
    const struct expr_field *fields;
    size_t len;
    bool open; /* a name in quotes may be any field, taken as text */
};

/** The fields of events, by dotted and by Sigma name; `any` is every field. */
const struct expr_schema *expr_schema_events(void);

struct expr_value {
    struct str text;
    int64_t number; /* fields of numbers and booleans; nanoseconds of times */
    uint32_t line;
    uint32_t column;
};

/** `field op values`; one value satisfying it is enough. */
struct expr_compare {
    struct str field;
    enum field_type type;
    bool open; /* a name in quotes that no table knows */
    bool negated;
    enum expr_op op;
    struct expr_value *values;
    size_t values_len;
    uint32_t line;
    uint32_t column;
};

enum expr_node_type { EXPR_AND, EXPR_OR, EXPR_NOT, EXPR_COMPARE };

struct expr_node {
    enum expr_node_type type;
    const struct expr_compare *compare; /* EXPR_COMPARE */
    const struct expr_node **operands;  /* the others; exactly one for EXPR_NOT */
    size_t operands_len;
};

/**
 * Read an expression.
 *
 * @param text     borrowed as long as the tree: values may point into it
 * @param schema   what fields there are
 * @param now_ns   what `2h ago` and `now` are measured from
 * @param arena    owns the tree
 * @param ret_node the root
 * @param err      line and column, what was found and what was expected; the source is the caller's
 * @return 0, E_PARSE, E_LIMIT, E_NOMEM
 */
int expr_parse(struct str text, const struct expr_schema *schema, int64_t now_ns,
               struct arena *arena, const struct expr_node **ret_node, struct err *err) MUST_CHECK;

/** What the rule made of an expression is called. */
struct expr_rule {
    struct str id;
    struct str title;   /* empty: the beginning of the expression */
    const char *source; /* for places */
    int64_t now_ns;
};

/**
 * Compile an expression over events as one rule of the ruleset being built.
 * @return 0, E_PARSE, E_LIMIT, E_NOMEM; err has source, line and column
 */
int builder_add_expr(struct builder *b, struct str text, const struct expr_rule *head,
                     struct err *err) MUST_CHECK;

#endif
