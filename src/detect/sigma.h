/* Documents as trees, with the place of everything a person may have to correct: rules, filters,
 * correlations (sigma_correlation.h). Made by sigma_parse and its like, or by jamf_parse from
 * another rule language; read by the builder, by sigma_write and by the tests' reference evaluator.
 * All memory belongs to the arena a document was parsed into; slices of text point into the YAML
 * tree of the same arena.
 * Source: Sigma specification 2.1. */
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
#include "detect/number.h"
#include "detect/pattern.h"
#include "detect/timepart.h"

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
    SIGMA_TECHNIQUES = 64,
    SIGMA_FILTER_RULES = 4096 /* rules one filter names */
};

/** What a document is. */
enum sigma_kind { SIGMA_RULE, SIGMA_CORRELATION, SIGMA_FILTER };

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
enum sigma_view {
    SIGMA_WHOLE,
    SIGMA_LAST_COMPONENT,
    SIGMA_EXTENSION,
    SIGMA_FOLDER,
    SIGMA_FOLDER_NAME /* the folder's last component */
};

struct sigma_value {
    struct str raw; /* as written, escapes included */
    bool null;
    uint32_t line;
    uint32_t column;
    struct pattern *alternatives; /* what the modifiers made of it; the value holds if one does */
    size_t alternatives_len;      /* 0 unless text is compared */
    struct cidr network;          /* SIGMA_CIDR */
    struct number number;         /* SIGMA_LT .. SIGMA_ANY_BIT, and every part of a time */
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
    bool expand;          /* placeholders in the values were replaced */
    enum timepart part;   /* part of a time that is compared with numbers; TIME_WHOLE: none */
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
    struct str name; /* what correlations and filters may call it; empty = nothing */
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

/** A rule named by a correlation or a filter. */
struct sigma_ref {
    struct str text; /* id or name */
    uint32_t line;
    uint32_t column;
};

/** Must hold in addition wherever it applies: to rules of its log source, all or those it names. */
struct sigma_filter {
    const struct sigma_rule *rule; /* head, log source, selections, condition */
    bool any;                      /* every rule of the log source */
    struct sigma_ref *refs;
    size_t refs_len;
};

/** What the document wants to be. */
enum sigma_kind sigma_kind_of(const struct yaml_node *doc);

struct placeholders;

/**
 * Read one document as a Sigma rule.
 *
 * @param doc          root of the document; must live as long as the rule
 * @param placeholders values for `expand`, or NULL: only what comes with the program
 * @param arena        owns the rule
 * @param ret_rule     the rule
 * @param err          line and column of the offending word; the source is the caller's
 * @return 0, E_PARSE (malformed), E_UNSUPPORTED (valid Sigma that is not supported; the
 * message names it), E_LIMIT or E_NOMEM
 */
int sigma_parse(const struct yaml_node *doc, const struct placeholders *placeholders,
                struct arena *arena, struct sigma_rule **ret_rule, struct err *err) MUST_CHECK;

/** Read one document of kind SIGMA_FILTER; as sigma_parse. */
int sigma_filter(const struct yaml_node *doc, const struct placeholders *placeholders,
                 struct arena *arena, struct sigma_filter **ret_filter, struct err *err) MUST_CHECK;

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
