/* State of reading one Sigma document. Shared by sigma*.c only. */
#ifndef CORDON_DETECT_SIGMA_PRIV_H
#define CORDON_DETECT_SIGMA_PRIV_H

#include "base/mem.h"
#include "detect/sigma.h"

struct parser {
    const struct yaml_node *doc;
    const struct placeholders *placeholders; /* may be NULL */
    struct arena *arena;
    struct err *err;
    struct sigma_rule *rule; /* what is being filled in */
    size_t value_bytes;      /* of all its values so far */
};

/* Each returns 0, E_PARSE, E_UNSUPPORTED, E_LIMIT or E_NOMEM, with the place of the word in the
 * parser's err. */

/* sigma_parse.c */

/** Make the rule and read the head. */
int sigma_begin(struct parser *p) MUST_CHECK;
/** The result of reading; fills in err where memory ran out. */
int sigma_end(const struct parser *p, int rc) MUST_CHECK;

/* sigma_filter.c */

/** Ids or names of rules: one, or a list of different ones. */
int sigma_refs(struct parser *p, const struct yaml_node *node, size_t most,
               struct sigma_ref **ret_refs, size_t *ret_len) MUST_CHECK;

/* sigma_head.c */

/** Title, id, name, description, level and tags. */
int sigma_head_parse(struct parser *p) MUST_CHECK;
int sigma_head_logsource(struct parser *p) MUST_CHECK;

/* sigma_item.c */

int sigma_item_parse(struct parser *p, const struct yaml_pair *pair,
                     const struct sigma_node **ret_node) MUST_CHECK;
/** A word without a field: it stands anywhere in any field. */
int sigma_item_keyword(struct parser *p, const struct yaml_node *word,
                       const struct sigma_node **ret_node) MUST_CHECK;

/* sigma_selection.c */

/**
 * Selections and condition.
 * @param what  what errors call the map
 * @param other a key of the map that is no selection, or NULL
 */
int sigma_selection_map(struct parser *p, const struct yaml_node *map, const char *what,
                        const char *other) MUST_CHECK;

#endif
