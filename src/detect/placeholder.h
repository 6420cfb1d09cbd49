/* Values for `field|expand: '%name%'`: what an organisation calls its administrators, jump servers,
 * folders. Some that hold on every Mac come with the program; a YAML file adds others, or replaces
 * those. Source: Sigma rules specification 2.1, "Placeholders". */
#ifndef CORDON_DETECT_PLACEHOLDER_H
#define CORDON_DETECT_PLACEHOLDER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum {
    PLACEHOLDER_NAME_BYTES = 64,
    PLACEHOLDER_VALUES = 10000,      /* of one name */
    PLACEHOLDER_ALTERNATIVES = 10000 /* that one value of a rule may become */
};

struct placeholders;

/** A placeholder that comes with the program. */
struct placeholder_row {
    struct str name;
    const struct str *values;
    size_t values_len;
    struct str doc;
};

extern const struct placeholder_row placeholder_table[];
extern const size_t placeholder_table_len;

/** @return 0 or E_NOMEM */
int placeholders_new(struct placeholders **ret_placeholders) MUST_CHECK;
/** NULL is allowed. */
void placeholders_free(struct placeholders *p);

/**
 * Add the names of one file: a YAML map from a name to a value or a list of values. A value may
 * hold Sigma's wildcards. A name given again replaces what it meant before.
 *
 * @param yaml   borrowed for the call
 * @param source the file's name, for places
 * @return 0, E_PARSE, E_LIMIT, E_NOMEM; on failure some names may have been added
 */
int placeholders_add(struct placeholders *p, struct str yaml, const char *source,
                     struct err *err) MUST_CHECK;

/**
 * Replace each `%name%` in a value of a rule; `\%` is a percent sign.
 *
 * @param p         NULL: only what comes with the program
 * @param raw       value as written
 * @param arena     owns the texts
 * @param ret_texts every combination of the placeholders' values
 * @return 0, E_NOT_FOUND (no values for a name; err names it), E_LIMIT (too many combinations),
 * E_NOMEM
 */
int placeholders_expand(const struct placeholders *p, struct str raw, struct arena *arena,
                        const struct str **ret_texts, size_t *ret_len, struct err *err) MUST_CHECK;

#endif
