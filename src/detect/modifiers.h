/* The value modifiers of Sigma: one row each. A modifier says how the values of a field are
 * compared (`set`) or turns a value into the alternatives that are looked for (`transform`).
 * Adding one: a row here, its functions in modifier_<name>.c, a test.
 * Source: Sigma specification 2.1, appendix "Value modifiers". */
#ifndef CORDON_DETECT_MODIFIERS_H
#define CORDON_DETECT_MODIFIERS_H

#include "base/arena.h"
#include "base/err.h"
#include "detect/sigma.h"

struct modifier_row {
    struct str name;
    /** Change how the item compares. @return 0 or E_PARSE (does not fit the modifiers before) */
    int (*set)(struct sigma_item *item, const struct modifier_row *row, struct err *err);
    int argument; /* for `set` */
    /** Replace the value's alternatives. @return 0, E_PARSE, E_LIMIT or E_NOMEM */
    int (*transform)(struct sigma_value *value, struct arena *arena, struct err *err);
    struct str doc;
};

extern const struct modifier_row modifier_table[];
extern const size_t modifier_table_len;

/**
 * Whether the modifiers of one field fit together.
 * @param transforms one of them transforms values
 * @return 0 or E_PARSE
 */
int modifier_check(const struct sigma_item *item, bool transforms, struct err *err) MUST_CHECK;

/* The transforming modifiers; see the table for what they do. */
int modifier_windash(struct sigma_value *value, struct arena *arena, struct err *err) MUST_CHECK;
int modifier_base64(struct sigma_value *value, struct arena *arena, struct err *err) MUST_CHECK;
int modifier_base64offset(struct sigma_value *value, struct arena *arena,
                          struct err *err) MUST_CHECK;
int modifier_utf16le(struct sigma_value *value, struct arena *arena, struct err *err) MUST_CHECK;
int modifier_utf16be(struct sigma_value *value, struct arena *arena, struct err *err) MUST_CHECK;
int modifier_utf16(struct sigma_value *value, struct arena *arena, struct err *err) MUST_CHECK;

/** Row by name, or NULL. */
const struct modifier_row *modifier_find(struct str name);
/** The row whose name is most like the word, or NULL when none is close. */
const struct modifier_row *modifier_suggest(struct str word);

#endif
