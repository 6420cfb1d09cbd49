/* From a predicate to a rule's tree. Shared by jamf*.c only: the table of key paths, and what the
 * steps of lowering hand to each other. */
#ifndef CORDON_DETECT_JAMF_PRIV_H
#define CORDON_DETECT_JAMF_PRIV_H

#include "detect/jamf.h"
#include "schema/field.h"
#include "schema/kind.h"

/** What a rule is about; a bit each. */
enum jamf_input { INPUT_PROCESS = 1, INPUT_FILE = 2, INPUT_LOG = 4, INPUT_DENIED = 8 };

/** How a key path is compared. */
enum jamf_key_type {
    KEY_TEXT,
    KEY_NUMBER,
    KEY_LIST,
    KEY_SIGNING,  /* text; "" is the same as none */
    KEY_CDHASH,   /* base64 there, hexadecimal here */
    KEY_EXIT,     /* exit code there, wait status here */
    KEY_SHELL,    /* bool: the name is a shell's */
    KEY_SIGNER,   /* who signed it, as a number */
    KEY_TYPE,     /* kind of the event, as a number */
    KEY_IS_TYPE,  /* bool: the type is one of those in the note */
    KEY_FOLDER,   /* bool: the file is a folder */
    KEY_BUNDLE,   /* bool: the path is an app's */
    KEY_LOG_TYPE, /* number or name of a log line's type */
    KEY_DISK,     /* a value in the property list that the file is */
    KEY_XATTRS,   /* list of names */
    KEY_MARKED,   /* bool that the disk tells */
    KEY_MISSING   /* no event tells it; the note says what would */
};

struct jamf_key {
    const char *path; /* a trailing '*' stands for anything more */
    unsigned inputs;  /* enum jamf_input */
    enum jamf_key_type type;
    enum field_id field;
    enum sigma_view view;
    const char *note;
    const char *disk; /* what the disk has of it (detect/disk.h); where there is a field, too, then
                         only when the event lacks that. NULL: nothing */
    const char *told; /* what the disk tells exactly when it knows `disk` */
};

extern const struct jamf_key jamf_keys[];
extern const size_t jamf_keys_len;

/** Row for a dotted key path, or NULL. */
const struct jamf_key *jamf_key_find(struct str path, unsigned input);
/** Row that covers the path with a '*', or NULL: why no event tells it. */
const struct jamf_key *jamf_key_missing(struct str path, unsigned input);
/** Row whose path is most like it, or NULL when none is close. */
const struct jamf_key *jamf_key_suggest(struct str path, unsigned input);

struct jamf_input_row {
    const char *name;
    enum jamf_input input;
    const char *doc;
};
extern const struct jamf_input_row jamf_inputs[];
extern const size_t jamf_inputs_len;

/** Value of an event's type: its number there, the kinds here. */
struct jamf_type {
    enum jamf_input input;
    int64_t number;
    const char *name;
    enum event_kind kinds[5]; /* ends with KIND_UNKNOWN */
};
extern const struct jamf_type jamf_types[];
extern const size_t jamf_types_len;

/* ------------------------------------------------------------------ lowering */

/** A condition as far as it is known. */
enum jamf_known {
    KNOWN_NODE,
    KNOWN_TRUE,
    KNOWN_FALSE,
    KNOWN_NOTHING /* no event tells it */
};

struct jamf_condition {
    enum jamf_known known;
    const struct sigma_node *node; /* KNOWN_NODE */
};

struct jamf_lowering {
    struct arena *arena;
    unsigned input;
    struct err *err;
    uint32_t at;                   /* byte of the predicate that is being read, for messages */
    bool needs_disk;               /* some comparison does */
    bool may_ask_disk;             /* some comparison does, where the event lacks something */
    const struct sigma_node *told; /* what must be there, NOT or not, for that comparison */
    struct err reason;             /* why something is KNOWN_FALSE or KNOWN_NOTHING: the first */
    uint32_t reason_at;
    /** Called for a part of an `or` that was left out. */
    void (*left_out)(void *arg, uint32_t at, const char *reason);
    void *arg;
};

/** Lower a whole predicate. @return 0, E_PARSE, E_UNSUPPORTED, E_LIMIT, E_NOMEM */
int jamf_lower(struct jamf_lowering *l, const struct predicate_node *node,
               struct jamf_condition *ret_condition) MUST_CHECK;

/** A key path taken apart. */
struct jamf_subject {
    const struct jamf_key *key;
    struct str path; /* as the predicate names it */
    enum sigma_view view;
    enum sigma_quantifier quantifier; /* SIGMA_ELEMENT for [LAST] and the like */
    uint32_t number;
    bool size; /* the number of elements is meant */
};

/** Everything a comparison with literals needs. */
struct jamf_comparison {
    struct jamf_subject subject;
    enum predicate_quantifier quantifier;
    enum predicate_operator op;
    uint32_t options;
    const struct predicate_operand *literals; /* members of a set for IN */
    uint32_t literals_len;
    bool part_of; /* PREDICATE_IN with a text: the value is part of the literal */
};

/* Conditions from facts: jamf_facts.c. */
int jamf_type_condition(struct jamf_lowering *l, const struct jamf_comparison *c,
                        struct jamf_condition *ret) MUST_CHECK;
int jamf_signer_condition(struct jamf_lowering *l, const struct jamf_comparison *c,
                          struct jamf_condition *ret) MUST_CHECK;
/** The signer types that satisfy the comparison, a bit each, 0 the lowest. */
int jamf_fitting_signers(struct jamf_lowering *l, const struct jamf_comparison *c,
                         unsigned *ret_signers) MUST_CHECK;
int jamf_log_type_condition(struct jamf_lowering *l, const struct jamf_comparison *c,
                            struct jamf_condition *ret) MUST_CHECK;
int jamf_flag_condition(struct jamf_lowering *l, const struct jamf_comparison *c,
                        struct jamf_condition *ret) MUST_CHECK;
/** The event is of a kind that the input has. */
const struct sigma_node *jamf_kinds(struct jamf_lowering *l);

/* Conditions from comparisons: jamf_compare.c. */
int jamf_compare(struct jamf_lowering *l, const struct jamf_comparison *c,
                 struct jamf_condition *ret) MUST_CHECK;
/** The comparison itself: what must be told for it is not asked. */
int jamf_compare_told(struct jamf_lowering *l, const struct jamf_comparison *c,
                      struct jamf_condition *ret) MUST_CHECK;
int jamf_count(struct jamf_lowering *l, struct sigma_item item, enum predicate_operator op,
               const struct predicate_operand *number, struct jamf_condition *ret) MUST_CHECK;

/** Append text so that a regular expression takes it literally. */
void jamf_add_quoted(struct buf *out, struct str text);

/** The key's field: of the schema, or of the disk (detect/disk.h). */
struct str jamf_field(const struct jamf_subject *subject);
/** Does only the disk have it? */
bool jamf_on_disk(const struct jamf_key *key);
/** A comparison of what the disk has: require that it was told, whether the comparison is negated
 * or not; ask the event first where that may have it. */
int jamf_disk_compare(struct jamf_lowering *l, const struct jamf_comparison *c,
                      struct jamf_condition *ret) MUST_CHECK;

/* SUBQUERY: jamf_subquery.c. */
int jamf_subquery(struct jamf_lowering *l, const struct predicate_operand *subquery,
                  enum predicate_operator op, const struct predicate_operand *number,
                  struct jamf_condition *ret) MUST_CHECK;

int jamf_subject_of(struct jamf_lowering *l, const struct predicate_operand *path,
                    struct jamf_subject *ret_subject) MUST_CHECK;

/* Tree building: jamf_build.c. They return NULL when out of memory, and take NULL. Items and values
 * have, in place of a column, the byte of the predicate they come from; jamf_parse.c finds its
 * place in the file. */

/** An item of one field with values; copied. */
const struct sigma_node *jamf_item(struct jamf_lowering *l, const struct sigma_item *item);
/** The field has one of the words, letter case aside. */
const struct sigma_node *jamf_words(struct jamf_lowering *l, enum field_id field,
                                    const char *const *words, size_t len);
const struct sigma_node *jamf_word(struct jamf_lowering *l, enum field_id field, const char *word);
const struct sigma_node *jamf_number(struct jamf_lowering *l, enum field_id field,
                                     enum sigma_match match, int64_t number);
const struct sigma_node *jamf_null(struct jamf_lowering *l, enum field_id field);
const struct sigma_node *jamf_not(struct jamf_lowering *l, const struct sigma_node *node);
/** `and` or `or` of the nodes; those of the same type inside are taken apart. */
const struct sigma_node *jamf_join(struct jamf_lowering *l, enum sigma_node_type type,
                                   const struct sigma_node *const *nodes, size_t len);
/** Value from literal text. @return false when out of memory */
bool jamf_text_value(struct jamf_lowering *l, struct str text, enum sigma_match match,
                     bool unmarked, struct sigma_value *ret_value) MUST_CHECK;

/** Take the diacritics out of the text. @return false when out of memory */
bool jamf_unmark(struct jamf_lowering *l, struct str *text) MUST_CHECK;

/** Set a condition from a node. @return 0 or E_NOMEM */
static inline int jamf_known(const struct sigma_node *node, struct jamf_condition *ret)
{
    *ret = (struct jamf_condition){KNOWN_NODE, node};
    return node ? 0 : E_NOMEM;
}

/** A condition that cannot hold, or that nothing tells, and why. @return 0 */
int jamf_never(struct jamf_lowering *l, enum jamf_known known, struct jamf_condition *ret,
               const char *fmt, ...) PRINTF_LIKE(4, 5);
/** Fail at a byte of the predicate. @return code */
int jamf_fail(struct jamf_lowering *l, uint32_t at, int code, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* As err_set: the code itself, so that analyzers see that it is never 0. */
#define jamf_fail(l, at, code, ...)                                                                \
    __extension__({                                                                                \
        int fail_code_ = (code);                                                                   \
        (void)(jamf_fail)((l), (at), fail_code_, __VA_ARGS__);                                     \
        fail_code_;                                                                                \
    })

#endif
