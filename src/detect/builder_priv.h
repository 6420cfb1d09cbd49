/* The ruleset being built: the records of the image as they will be written, and the maps that
 * keep strings, items, fields and log sources unique. Shared by builder*.c only.
 * A failure in the middle of a rule leaves half of it behind; it sticks in `failed`. */
#ifndef CORDON_DETECT_BUILDER_PRIV_H
#define CORDON_DETECT_BUILDER_PRIV_H

#include "base/arena.h"
#include "base/map.h"
#include "detect/detect.h"
#include "detect/exception.h"
#include "detect/image.h"
#include "detect/list.h"
#include "detect/matcher.h"
#include "detect/sigma.h"

enum {
    BUILDER_RULES_MOST = 1 << 20,
    BUILDER_ITEMS_MOST = 1 << 24,
    BUILDER_CODE_MOST = 65536,    /* words of one rule's condition */
    BUILDER_CODE_TOTAL = 1 << 25, /* words of all conditions, filters applied */
    BUILDER_FILTERS_MOST = 65536,
    BUILDER_CORRELATIONS_MOST = 4096
};

/** What ids and names of correlations stand for: this plus their number. */
#define BUILDER_CORRELATION (UINT64_C(1) << 40)
/** Value of a name that several rules have. */
#define BUILDER_AMBIGUOUS UINT64_MAX

struct builder {
    struct arena arena;  /* keys of the maps */
    struct map strings;  /* text -> offset in the pool */
    struct map items;    /* packed key -> index */
    struct map fields;   /* name in the image -> index */
    struct map sources;  /* packed key -> index of the log source */
    struct map rule_ids; /* id -> index of the rule */
    struct map names;    /* name -> index of the rule, or BUILDER_AMBIGUOUS */
    struct buf pool;
    struct buf rules;      /* struct image_rule */
    struct buf techniques; /* struct image_str */
    struct buf code;       /* uint32_t */
    struct buf item_list;  /* struct image_item */
    struct buf field_list; /* struct image_field */
    struct buf logsources; /* struct image_logsource */
    struct buf yara;       /* of struct image_yara */
    struct buf scratch;
    struct list list; /* prevent and allow entries */
    struct exceptions exceptions;
    builder_refused_fn note; /* may be NULL */
    void *note_arg;
    struct buf filters;      /* struct builder_filter */
    struct buf filter_code;  /* uint32_t */
    struct buf correlations; /* struct builder_correlation */
    struct buf image_correlations;
    struct buf image_correlation_refs;
    struct buf image_correlation_groups;
    struct buf image_correlation_fields;
    struct buf image_silent;
    const struct placeholders *placeholders;
    bool linked;
    int failed; /* 0, E_NOMEM or E_LIMIT */
};

/** Who hears of documents that are refused. */
struct builder_hearer {
    builder_refused_fn refused; /* may be NULL */
    void *arg;
    struct builder_counts *counts;
};

static inline uint32_t builder_count(const struct buf *records, size_t record_bytes)
{
    return (uint32_t)(records->len / record_bytes);
}

static inline struct image_item *builder_items(const struct builder *b)
{
    return (struct image_item *)(void *)b->item_list.ptr;
}

static inline struct image_field *builder_fields(const struct builder *b)
{
    return (struct image_field *)(void *)b->field_list.ptr;
}

/* builder_intern.c: unique records. Each returns 0, E_NOMEM or E_LIMIT. */

int builder_string(struct builder *b, struct str text, struct image_str *ret_str) MUST_CHECK;
/** @param name as the rule wrote it */
int builder_field(struct builder *b, struct str name, uint32_t *ret_field) MUST_CHECK;
/** @param item name and text are ignored and set from `name` and `text` */
int builder_item(struct builder *b, struct image_item item, struct str name, struct str text,
                 uint32_t *ret_item) MUST_CHECK;
int builder_logsource(struct builder *b, const struct sigma_rule *rule,
                      uint32_t *ret_source) MUST_CHECK;

/* builder.c: a rule that is already a tree, whatever language it was written in. */

/** Check and add. @return 0; E_PARSE, E_LIMIT, E_EXISTS for the rule; E_NOMEM, E_LIMIT otherwise */
int builder_add_rule(struct builder *b, const struct sigma_rule *rule, struct str source,
                     struct err *err) MUST_CHECK;

/* builder_compile.c: a condition to code. */

/** Whether the rule can be compiled: size and regular expressions. @return 0, E_PARSE, E_LIMIT,
 * E_NOMEM */
int builder_check(const struct sigma_rule *rule, struct err *err) MUST_CHECK;
/** Append the rule's code. @return 0, E_NOMEM or E_LIMIT (ruleset full) */
int builder_compile(struct builder *b, const struct sigma_rule *rule) MUST_CHECK;

/* builder_filter.c: filters. */

/** Keep a filter, compiled, until all rules are there. @return 0, E_NOMEM or E_LIMIT */
int builder_filter_add(struct builder *b, const struct sigma_filter *filter,
                       struct str source) MUST_CHECK;
/** Add every filter's condition to those of its rules. @return 0, E_NOMEM or E_LIMIT */
int builder_filter_apply(struct builder *b, const struct builder_hearer *hearer) MUST_CHECK;

/* builder_correlation.c: correlations. */

struct sigma_correlation;

/** Keep a correlation until all rules are there. @return 0, E_NOMEM or E_LIMIT */
int builder_correlation_add(struct builder *b, const struct sigma_correlation *correlation,
                            struct str source) MUST_CHECK;
/** Find the rules of every correlation. @return 0, E_NOMEM or E_LIMIT */
int builder_correlation_link(struct builder *b, const struct builder_hearer *hearer) MUST_CHECK;

/* builder.c */

/** Let id and name stand for this. @return 0 or E_NOMEM */
int builder_remember(struct builder *b, const struct sigma_rule *head, uint64_t what) MUST_CHECK;
/** What an id or a name stands for; as builder_find_rule. */
int builder_find(const struct builder *b, struct str ref, uint64_t *ret_what,
                 struct err *err) MUST_CHECK;

/**
 * Rule by id or name.
 * @return 0, E_PARSE (it is a correlation), E_NOT_FOUND or E_EXISTS (several rules have the name),
 * with the reason in err
 */
int builder_find_rule(const struct builder *b, struct str ref, uint32_t *ret_rule,
                      struct err *err) MUST_CHECK;

/* builder_witness.c: which items announce a rule. */

struct witness_index {
    struct buf start;      /* uint32_t, by item, one more at the end */
    struct buf rules;      /* uint32_t */
    struct buf always;     /* uint32_t */
    struct buf logsources; /* copies with the ranges of `always` filled in */
};
/** Fill the index, empty before. @return 0, E_NOMEM */
int builder_witness(const struct builder *b, struct witness_index *index) MUST_CHECK;

/* builder_typical.c: what is in most events. */

/** In how many of `of` typical values a literal in lower case stands, as its kind says where. */
unsigned builder_typical(enum image_item_kind kind, struct str text, unsigned of);

/* builder_scope.c: what the rules of one product ask for. */

enum { BUILDER_SCOPES_MOST = 64 };

struct builder_scopes {
    struct image_str products[BUILDER_SCOPES_MOST]; /* [0] is empty: rules of any product */
    unsigned products_len;
    uint64_t *asked; /* by item: the products whose rules ask for it, 0 = not known */
};

/** @return 0, E_NOMEM */
int builder_scopes_init(struct builder_scopes *s, const struct builder *b) MUST_CHECK;
void builder_scopes_done(struct builder_scopes *s);
/**
 * Copy those literals of a field that an event of one product has to be searched for.
 * @param out room for all of them
 * @return whether that is so much less than all that it is worth a set of its own
 */
bool builder_scopes_pick(const struct builder_scopes *s, unsigned scope,
                         const struct literal *literals, size_t len, struct literal *out,
                         size_t *ret_len);

/* builder_order.c: which items are asked for late, and in what order. */

/** Short literals that announce no rule become lazy. */
void builder_set_lazy(struct builder *b, const struct witness_index *index);
/** Sort the operands of every condition, cheap comparisons first. @return 0, E_NOMEM */
int builder_order(struct builder *b) MUST_CHECK;

#endif
