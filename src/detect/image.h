/* The ruleset file: one flat, position-independent image that is mapped and used as it is.
 *
 * A header, a table of sections, then the sections: arrays of fixed records, a pool of strings, the
 * matchers' tables. Everything is little-endian and 8-byte aligned at least; offsets are from the
 * start of the image. Written by the builder, checked record by record by ruleset_load before
 * anything follows an index, read by the engine. A section whose id a reader does not know is
 * skipped; a change that an old reader would get wrong raises IMAGE_VERSION. */
#ifndef CORDON_DETECT_IMAGE_H
#define CORDON_DETECT_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define IMAGE_MAGIC "CORDONRS"

enum {
    IMAGE_VERSION = 1,
    IMAGE_ALIGN = 16, /* of the image and of every section */
    IMAGE_SECTIONS_MOST = 64,
    IMAGE_DIGEST_BYTES = 32,
    IMAGE_DEPTH_MOST = 64 /* nesting of a rule's code */
};

/** "No index" in an optional u32 field. */
#define IMAGE_NONE UINT32_MAX

struct image_header {
    char magic[8];
    uint32_t version;
    uint32_t header_bytes; /* of this struct */
    uint64_t image_bytes;
    uint32_t sections_len;              /* records of the table that follows */
    uint32_t reserved;                  /* 0 */
    uint8_t digest[IMAGE_DIGEST_BYTES]; /* SHA-256 of the image without these bytes */
};

struct image_section {
    uint32_t id;
    uint32_t record_bytes;
    uint64_t offset;
    uint64_t count; /* of records */
};

/** Slice of the string pool. */
struct image_str {
    uint32_t offset;
    uint32_t len;
};

struct image_rule {
    struct image_str id;
    struct image_str title;
    struct image_str description;
    struct image_str source;
    uint32_t level;
    uint32_t logsource;
    uint32_t code_start; /* follows the rule before */
    uint32_t code_len;
    uint32_t techniques_start; /* follows the rule before */
    uint32_t techniques_len;
};

/* Kinds of item: one comparison of one field. Eager items are answered by the matchers in one pass
 * over the field, lazy ones when a rule asks and then remembered. */
enum image_item_kind {
    ITEM_EXACT,    /* eager: the field is the text, ASCII case aside */
    ITEM_PREFIX,   /* eager */
    ITEM_SUFFIX,   /* eager */
    ITEM_CONTAINS, /* eager */
    ITEM_EXISTS,   /* eager: the field has a value */
    ITEM_NULL,     /* lazy: the field has none */
    ITEM_GLOB,     /* lazy: text is glob text, see detect/pattern.h; argument 0 or GLOB_CASED */
    ITEM_REGEX,    /* lazy: text is the expression, argument its REGEX_* flags */
    ITEM_CIDR,     /* lazy: text is a struct cidr */
    ITEM_NUMBER,   /* lazy: text is a decimal number, argument an enum image_relation */
    ITEM_FIELDREF, /* lazy: text is another field's name, argument its index; see FIELDREF_SHIFT */
    ITEM_PART_OF,  /* lazy: the field's text stands in the text; argument 0 or GLOB_CASED */
    ITEM_TIME,     /* lazy: text is a number, argument a relation and, shifted, an enum timepart */
    ITEM_KINDS
};

enum { GLOB_CASED = 1 }; /* letter case counts */

enum image_relation {
    NUMBER_LT,
    NUMBER_LTE,
    NUMBER_GT,
    NUMBER_GTE,
    NUMBER_ANY_BIT, /* some bit of the number is set */
    NUMBER_EQ,
    NUMBER_RELATIONS
};

/* Of an ITEM_TIME, the part stands above the relation. */
enum { TIME_PART_SHIFT = 8 };
#define TIME_RELATION ((UINT32_C(1) << TIME_PART_SHIFT) - 1)

/* Where the other field's value must stand is in the top bits of the argument: AT_START and AT_END
 * of detect/matcher.h. */
enum { FIELDREF_SHIFT = 30 };
#define FIELDREF_FIELD ((UINT32_C(1) << FIELDREF_SHIFT) - 1)

/* Flag of an item of an eager kind: it is in no matcher, and answered when a rule asks. So are
 * literals too short to be looked for everywhere for the sake of the few rules that ask. */
enum { ITEM_LAZY = 1 };

/* Flags of an item of the other kinds, from ITEM_GLOB on: what of each value is compared (enum
 * sigma_view), how many must satisfy it (enum sigma_quantifier), and the number that takes. */
enum {
    ITEM_UNMARKED = 2, /* the diacritics of Latin letters do not count */
    ITEM_VIEW_SHIFT = 2,
    ITEM_QUANTIFIER_SHIFT = 4,
    ITEM_VIEW_HIGH_SHIFT = 6, /* the view's third bit */
    ITEM_NUMBER_SHIFT = 8
};

static inline unsigned item_view(unsigned flags)
{
    return (flags >> ITEM_VIEW_SHIFT & 3) | (flags >> ITEM_VIEW_HIGH_SHIFT & 1) << 2;
}

static inline unsigned item_quantifier(unsigned flags)
{
    return flags >> ITEM_QUANTIFIER_SHIFT & 3;
}

struct image_item {
    uint16_t kind;
    uint16_t flags;
    uint32_t field;
    struct image_str name; /* the field's name as the rule wrote it */
    struct image_str text; /* lower case except for a regular expression */
    uint32_t gate; /* item of an eager kind without which this one cannot hold, or IMAGE_NONE */
    uint32_t argument;
};

static inline bool item_is_eager(const struct image_item *item)
{
    return item->kind <= ITEM_EXISTS && !(item->flags & ITEM_LAZY);
}

struct image_field {
    /* Dotted name of schema/field.h, or the name of an extra field; empty: every field together. */
    struct image_str name;
    uint32_t exists_item; /* the ITEM_EXISTS item, or IMAGE_NONE */
    uint32_t reserved;    /* 0 */
};

struct image_logsource {
    struct image_str product; /* lower case, empty = any */
    struct image_str category;
    struct image_str service;
    uint32_t always_start; /* rules that no item announces: candidates for every event */
    uint32_t always_len;
};

struct image_matcher {
    uint32_t kind; /* enum matcher_kind */
    uint32_t field;
    uint32_t offset; /* of its table in the section of tables */
    uint32_t bytes;
    /* Empty: one of the matchers that find every literal of the field. Else one of those that are
     * enough for an event of this product, instead. */
    struct image_str product;
    uint32_t keywords; /* 1: the field's matchers also find the literals of the empty field; or 0 */
    uint32_t reserved; /* 0 */
};

/* An entry of the prevent lists. They stand in ascending order of kind, key and verdict (those that
 * allow first), each kind, key and verdict once. Their texts are in a pool of their own, so that
 * the agent's root process needs to look at these two sections only. */
struct image_prevent {
    uint32_t kind;        /* enum prevent_kind */
    uint32_t verdict;     /* enum list_verdict */
    int64_t expires_ns;   /* counts before this time; 0 = for ever */
    struct image_str key; /* digest, identifier, path, or path up to the '*' */
    struct image_str reason;
    struct image_str source;
    uint32_t parent;   /* of a path pattern: the longest other one that is a prefix of it */
    uint32_t reserved; /* 0 */
};

/** Where the shipped or subscribed part of the prevent lists comes from: none or one record. */
struct image_prevent_origin {
    int64_t issued_ns; /* when its publisher made it */
    uint64_t reserved; /* 0 */
};

/** What hides a rule's alerts; see detect/exception.h. */
struct image_exception {
    struct image_str id;
    struct image_str reason;
    int64_t expires_ns;   /* counts for events before this time; 0 = for ever */
    uint32_t tests_start; /* follows the exception before */
    uint32_t tests_len;
};

struct image_test {
    uint32_t kind;     /* enum exception_test_kind; ascending within an exception */
    uint32_t reserved; /* 0 */
    struct image_str text;
};

/** One file of YARA rules: source, since only a worker process compiles it (src/yara). */
struct image_yara {
    struct image_str name;
    struct image_str text;
};

/* A rule's condition in prefix form, one word an element: the operator in the top three bits, the
 * rest an item's index or, for an operator, the number of words it spans, its own included. */
enum image_op { OP_ITEM, OP_AND, OP_OR, OP_NOT, OP_KINDS };

enum { OP_SHIFT = 29 };
#define OP_ARGUMENT ((UINT32_C(1) << OP_SHIFT) - 1)

static inline uint32_t op_word(enum image_op op, uint32_t argument)
{
    return (uint32_t)op << OP_SHIFT | argument;
}

/** A correlation. As a rule it is numbered behind the rules. */
struct image_correlation {
    struct image_str id;
    struct image_str title;
    struct image_str description;
    struct image_str source;
    int64_t timespan_ns;
    int64_t bounds[6];   /* thousandths, by enum correlation_bound */
    uint32_t bounds_set; /* bit for each that is there */
    uint32_t type;       /* enum correlation_type */
    uint32_t level;
    uint32_t percentile;
    uint32_t techniques_start; /* follows the rule or correlation before */
    uint32_t techniques_len;
    uint32_t refs_start;
    uint32_t refs_len;
    uint32_t groups_start;
    uint32_t groups_len;
    uint32_t fields_len; /* values that are counted together */
    uint32_t reserved;   /* 0 */
};

struct image_correlation_ref {
    uint32_t rule; /* a rule, or behind them a correlation before this one */
    /* Names of the fields to group by, then of those that are counted. */
    uint32_t fields_start;
};

/* X(id, number, record type, member of struct image, what it holds). Numbers 32 to 47 are for
 * prevent lists, 48 and up are kept for other rule languages and correlations. */
#define IMAGE_SECTIONS(X)                                                                          \
    X(SECTION_STRINGS, 1, char, strings, "string pool")                                            \
    X(SECTION_RULES, 2, struct image_rule, rules, "rules in the order they were added")            \
    X(SECTION_TECHNIQUES, 3, struct image_str, techniques, "ATT&CK techniques of the rules")       \
    X(SECTION_CODE, 4, uint32_t, code, "conditions")                                               \
    X(SECTION_ITEMS, 5, struct image_item, items, "comparisons")                                   \
    X(SECTION_FIELDS, 6, struct image_field, fields, "fields that some rule names")                \
    X(SECTION_LOGSOURCES, 7, struct image_logsource, logsources, "log sources of the rules")       \
    X(SECTION_ALWAYS, 8, uint32_t, always, "rules that are always candidates, by log source")      \
    X(SECTION_WITNESS_START, 9, uint32_t, witness_start, "by item, where its rules start")         \
    X(SECTION_WITNESS_RULES, 10, uint32_t, witness_rules, "rules that an item announces")          \
    X(SECTION_MATCHERS, 11, struct image_matcher, matchers, "matchers by field")                   \
    X(SECTION_TABLES, 12, char, tables, "the matchers' tables")                                    \
    X(SECTION_YARA, 13, struct image_yara, yara, "YARA rules as source text")                      \
    X(SECTION_PREVENT, 32, struct image_prevent, prevent, "prevent lists")                         \
    X(SECTION_PREVENT_TEXTS, 33, char, prevent_texts, "texts of the prevent lists")                \
    X(SECTION_PREVENT_ORIGIN, 34, struct image_prevent_origin, prevent_origin,                     \
      "age of the prevent lists")                                                                  \
    X(SECTION_EXCEPTIONS, 60, struct image_exception, exceptions, "exceptions")                    \
    X(SECTION_TESTS, 61, struct image_test, exception_tests, "conditions of the exceptions")       \
    X(SECTION_EXCEPTION_START, 62, uint32_t, exception_start, "by rule, where its exceptions are") \
    X(SECTION_EXCEPTION_LIST, 63, uint32_t, exception_list, "exceptions of the rules")             \
    X(SECTION_CORRELATIONS, 48, struct image_correlation, correlations, "correlations")            \
    X(SECTION_CORRELATION_REFS, 49, struct image_correlation_ref, correlation_refs,                \
      "rules of the correlations")                                                                 \
    X(SECTION_CORRELATION_GROUPS, 50, struct image_str, correlation_groups,                        \
      "names of the fields that correlations group by")                                            \
    X(SECTION_CORRELATION_FIELDS, 51, struct image_str, correlation_fields,                        \
      "fields of the correlations' rules")                                                         \
    X(SECTION_SILENT, 52, uint32_t, silent, "rules that do not alert by themselves")

enum image_section_id {
#define IMAGE_ID(id, number, type, member, doc) id = number,
    IMAGE_SECTIONS(IMAGE_ID)
#undef IMAGE_ID
};

/** An image taken apart: typed pointers into its bytes, and the number of records of each. */
struct image {
#define IMAGE_MEMBER(id, number, type, member, doc)                                                \
    const type *member;                                                                            \
    uint32_t member##_len;
    IMAGE_SECTIONS(IMAGE_MEMBER)
#undef IMAGE_MEMBER
};

/**
 * Find the sections of an image: header, bounds, alignment, record sizes. The records' content is
 * not looked at.
 * @param digest also compare the digest, which reads every byte
 * @return 0, E_VERSION or E_PARSE
 */
int image_open(struct str bytes, bool digest, struct image *ret_image, struct err *err) MUST_CHECK;

/**
 * Put header and sections together.
 *
 * @param parts one buffer per row of IMAGE_SECTIONS, in its order, holding whole records
 * @param out   appended; must be empty
 * @return 0, E_NOMEM, E_LIMIT (a section too large)
 */
int image_write(const struct buf *parts, struct buf *out, struct err *err) MUST_CHECK;

/** Write the digest of the image into its header. @return 0 or E_NOMEM */
int image_seal(char *bytes, size_t len) MUST_CHECK;

static inline struct str image_text(const struct image *image, struct image_str s)
{
    return str_n(image->strings + s.offset, s.len);
}

#endif
