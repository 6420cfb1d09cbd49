/* What the readers of lists share: from the texts of one entry to an entry of the list. Used by
 * list*.c only. */
#ifndef CORDON_DETECT_LIST_PRIV_H
#define CORDON_DETECT_LIST_PRIV_H

#include "detect/list.h"

/** The texts of one entry as the file has them; an empty slice: not said. */
struct list_texts {
    struct str kind;
    struct str value;
    struct str verdict;
    struct str reason;
    struct str source;
    struct str expires; /* RFC 3339, or a date */
    uint32_t line;
};

struct list_reader {
    struct list *list;
    const char *source;
    struct list_defaults defaults;
    list_refused_fn refused;
    void *arg;
    struct list_counts *counts;
};

/** Take one entry, or refuse it. @return 0, E_LIMIT (list full), E_NOMEM */
int list_take(struct list_reader *r, const struct list_texts *t, struct err *err) MUST_CHECK;
/** Refuse what never became texts. */
void list_refuse(struct list_reader *r, uint32_t line, const struct err *why);

/** @return as list_parse */
int list_read_yaml(struct list_reader *r, struct str text, struct err *err) MUST_CHECK;
int list_read_csv(struct list_reader *r, struct str text, struct err *err) MUST_CHECK;

#endif
