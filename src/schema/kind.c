/* The kind table as data, and its lookups. See kind.h. */
#include "schema/kind.h"

const struct kind_row kind_table[KIND_COUNT] = {
#define KIND_ROW(id, name, es, category, doc) {STR(name), STR(es), STR(category), STR(doc)},
    KIND_LIST(KIND_ROW)
#undef KIND_ROW
};

enum event_kind kind_find(struct str name)
{
    for (unsigned k = 0; k < KIND_COUNT; k++) {
        if (str_eq(kind_table[k].name, name))
            return (enum event_kind)k;
    }
    return KIND_UNKNOWN;
}

enum event_kind kind_find_es(struct str es_name)
{
    for (unsigned k = 0; es_name.len && k < KIND_COUNT; k++) {
        if (str_eq(kind_table[k].es, es_name))
            return (enum event_kind)k;
    }
    return KIND_UNKNOWN;
}
