/* An NSPredicate as a tree, with the place of every node: what Jamf Protect's analytics and unified
 * log filters are written in. Made by predicate_parse, read by jamf_lower.c and by the tests'
 * reference evaluator. All memory belongs to the arena; texts point into it or into the source.
 * Source: Apple, "Predicate Format String Syntax"; `log help predicates`. */
#ifndef CORDON_DETECT_PREDICATE_H
#define CORDON_DETECT_PREDICATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* Limits on one predicate: far above every real one, low enough that a hostile one stays cheap. */
enum {
    PREDICATE_BYTES = 65536,
    PREDICATE_DEPTH = 12, /* parentheses, `NOT` and SUBQUERY inside each other */
    PREDICATE_NODES = 4096,
    PREDICATE_PARTS = 24, /* of one key path */
    PREDICATE_INDEX_MOST = 1000
};

enum predicate_operator {
    PREDICATE_EQ,
    PREDICATE_NE,
    PREDICATE_LT,
    PREDICATE_LE,
    PREDICATE_GT,
    PREDICATE_GE,
    PREDICATE_BETWEEN,
    PREDICATE_IN,
    PREDICATE_CONTAINS,
    PREDICATE_BEGINSWITH,
    PREDICATE_ENDSWITH,
    PREDICATE_LIKE,
    PREDICATE_MATCHES
};

/* Options of a comparison of texts: the letters in brackets behind the operator. */
enum { PREDICATE_CASELESS = 1, PREDICATE_UNMARKED = 2 /* [d]: diacritics do not count */ };

enum predicate_quantifier {
    PREDICATE_PLAIN,
    PREDICATE_ANY, /* also SOME */
    PREDICATE_ALL,
    PREDICATE_NONE
};

enum predicate_part_type {
    PART_NAME,
    PART_INDEX, /* [3] */
    PART_FIRST,
    PART_LAST,
    PART_SIZE, /* [SIZE] and @count */
};

/** One step of a key path. */
struct predicate_part {
    enum predicate_part_type type;
    struct str name; /* PART_NAME; what @ stands before keeps it */
    uint32_t index;  /* PART_INDEX */
    uint32_t at;
};

enum predicate_operand_type {
    OPERAND_STRING,
    OPERAND_NUMBER,
    OPERAND_BOOL,
    OPERAND_NIL,
    OPERAND_PATH,
    OPERAND_SET,
    OPERAND_SUBQUERY /* `parts` are what stands behind it */
};

struct predicate_node;

struct predicate_operand {
    enum predicate_operand_type type;
    uint32_t at;         /* byte of the predicate where it starts */
    bool fraction;       /* OPERAND_NUMBER: it is no whole number, `number` is rounded down */
    int64_t number;      /* OPERAND_NUMBER, and 0 or 1 of OPERAND_BOOL */
    struct str text;     /* OPERAND_STRING without escapes; the word of a path of one name */
    struct str variable; /* path: its `$name` without the sign; SUBQUERY: that of its element */
    struct predicate_part *parts;
    uint32_t parts_len;
    const struct predicate_operand *items; /* set: its literals; SUBQUERY: one, the collection */
    uint32_t items_len;
    const struct predicate_node *condition; /* SUBQUERY */
};

enum predicate_node_type {
    NODE_AND,
    NODE_OR,
    NODE_NOT,
    NODE_COMPARISON,
    NODE_TRUE, /* TRUEPREDICATE */
    NODE_FALSE
};

struct predicate_node {
    enum predicate_node_type type;
    uint32_t at; /* of the operator, or of the first operand of a comparison */
    const struct predicate_node **operands;
    uint32_t operands_len; /* 1 for NODE_NOT, 2 and more for the others */
    enum predicate_quantifier quantifier;
    enum predicate_operator op;
    uint32_t options;
    uint32_t op_at;
    struct predicate_operand left;
    struct predicate_operand right;
};

/**
 * Read a predicate.
 *
 * @param text    borrowed; must live as long as the tree
 * @param arena   owns the tree
 * @param ret_at  on failure the byte at which something else was expected; may be NULL
 * @param err     says what was expected; line and column are counted from the start of the text
 * @return 0, E_PARSE, E_UNSUPPORTED (functions, casts, arithmetic), E_LIMIT or E_NOMEM
 *
 * Typographic quotes delimit texts like plain ones.
 */
int predicate_parse(struct str text, struct arena *arena, const struct predicate_node **ret_node,
                    uint32_t *ret_at, struct err *err) MUST_CHECK;

/** Line and column, both 1-based, of a byte of a text. */
void predicate_place(struct str text, uint32_t at, uint32_t *ret_line, uint32_t *ret_column);

/** "==", "CONTAINS" ...: how the operator is written. */
const char *predicate_operator_name(enum predicate_operator op);

#endif
