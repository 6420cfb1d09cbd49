/* One rule as a tree, with the place of everything a person may have to correct. Made by
 * sigma_parse, or by jamf_parse from another rule language; read by the builder, by sigma_write and
 * by the tests' reference evaluator. All memory belongs to the arena it was parsed into; slices of
 * text point into the YAML tree of the same arena.
 * Source: Sigma rules specification 2.1. */
#ifndef CORDON_DETECT_SIGMA_H
#define CORDON_DETECT_SIGMA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "codec/yaml.h"
#include "detect/cidr.h"
#include "detect/detect.h"
#include "detect/pattern.h"

/* Limits on one rule: far above every real rule, low enough that a hostile one stays cheap. */
enum {
    SIGMA_ID_BYTES = 128,
    SIGMA_TITLE_BYTES = 1024,
    SIGMA_DESCRIPTION_BYTES = 65536,
    SIGMA_NAME_BYTES = 256, /* field, selection, log source component */
    SIGMA_VALUE_BYTES = 16384,
    SIGMA_VALUES_BYTES = 1 << 20, /* all values of a rule, aliases expanded */
    SIGMA_WILDCARDS = 256,        /* in one value */
    SIGMA_CONDITION_BYTES = 8192,
    SIGMA_CONDITION_DEPTH = 24, /* parentheses and `not` inside each other */
    SIGMA_SELECTIONS = 1000,
    SIGMA_TECHNIQUES = 64
};

/** How the values of one field are compared. */
enum sigma_match {
    SIGMA_EQUALS,
    SIGMA_CONTAINS,
    SIGMA_STARTSWITH,
    SIGMA_ENDSWITH,
    SIGMA_REGEX,
    SIGMA_EXISTS,
    SIGMA_CIDR,
    SIGMA_LT,
    SIGMA_LTE,
    SIGMA_GT,
    SIGMA_GTE,
    SIGMA_ANY_BIT, /* a bit of the number is set; not in Sigma, nor is the next */
    SIGMA_PART_OF  /* the field's text stands somewhere in the value */
};

/** How many values of a field must satisfy an item. Sigma knows the first alone. */
enum sigma_quantifier {
    SIGMA_SOME,
    SIGMA_EVERY,   /* also when there is none; one value in the item */
    SIGMA_ELEMENT, /* the one of this number, or SIGMA_LAST */
    SIGMA_AT_LEAST /* so many; one value in the item */
};

enum { SIGMA_LAST = 255, SIGMA_NUMBER_MOST = 254 };

/** What of a path is compared. Sigma knows the whole alone. */
enum sigma_view { SIGMA_WHOLE, SIGMA_LAST_COMPONENT, SIGMA_EXTENSION, SIGMA_FOLDER };

struct sigma_value {
    struct str raw; /* as written, escapes included */
    bool null;
    uint32_t line;
    uint32_t column;
    struct pattern *alternatives; /* what the modifiers made of it; the value holds if one does */
    size_t alternatives_len;      /* 0 unless text is compared */
    struct cidr network;          /* SIGMA_CIDR */
    int64_t number;               /* SIGMA_LT .. SIGMA_ANY_BIT */
};

/** One `field|modifiers: values` entry. */
struct sigma_item {
    struct str field; /* as written, without modifiers; empty: any field (keyword search) */
    enum sigma_match match;
    bool cased;    /* letter case counts */
    bool negated;  /* the opposite holds */
    bool fieldref; /* the values are names of other fields */
    bool unmarked; /* the diacritics of Latin letters do not count */
    enum sigma_view view;
    enum sigma_quantifier quantifier;
    uint32_t number;      /* of SIGMA_ELEMENT and SIGMA_AT_LEAST */
    bool all;             /* every value must hold, else one is enough */
    uint32_t regex_flags; /* REGEX_CASELESS ... of detect/regex.h */
    bool exists;          /* SIGMA_EXISTS: the wanted answer */
    struct sigma_value *values;
    size_t values_len;
    uint32_t line;
    uint32_t column;
};

enum sigma_node_type { SIGMA_AND, SIGMA_OR, SIGMA_NOT, SIGMA_ITEM };

/** Node of a selection or of the condition. Selections are shared: it is a graph without loops. */
struct sigma_node {
    enum sigma_node_type type;
    const struct sigma_item *item;      /* SIGMA_ITEM */
    const struct sigma_node **operands; /* the others; exactly one for SIGMA_NOT */
    size_t operands_len;
};

struct sigma_selection {
    struct str name;
    const struct sigma_node *node;
};

struct sigma_rule {
    struct str id; /* the title where the rule has none */
    struct str title;
    struct str description;
    enum rule_level level;
    struct str product; /* lower case, empty = any */
    struct str category;
    struct str service;
    struct str *techniques; /* "T1059.004" */
    size_t techniques_len;
    struct sigma_selection *selections;
    size_t selections_len;
    const struct sigma_node *condition;
    uint32_t line;
    uint32_t column;
};

/**
 * Read one document as a Sigma rule.
 *
 * @param doc      root of the document; must live as long as the rule
 * @param arena    owns the rule
 * @param ret_rule the rule
 * @param err      line and column of the offending word; the source is the caller's
 * @return 0, E_PARSE (malformed), E_UNSUPPORTED (valid Sigma that is not supported yet; the
 * message names it), E_LIMIT or E_NOMEM
 */
int sigma_parse(const struct yaml_node *doc, struct arena *arena, struct sigma_rule **ret_rule,
                struct err *err) MUST_CHECK;

/**
 * Read a condition over the rule's selections.
 *
 * @param text  scalar node of the condition
 * @param rule  its selections are looked up
 * @return 0, E_PARSE, E_UNSUPPORTED (aggregations, `2 of`), E_LIMIT or E_NOMEM
 * Source: Sigma rules specification 2.1, "Condition".
 */
int sigma_condition(const struct yaml_node *text, const struct sigma_rule *rule,
                    struct arena *arena, const struct sigma_node **ret_node,
                    struct err *err) MUST_CHECK;

/** Set place, code and message of an error at a YAML node. */
int sigma_fail(struct err *err, const struct yaml_node *at, int code, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

#endif
