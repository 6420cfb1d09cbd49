/* The field table as data, and its two lookups. See field.h. */
#include "schema/field.h"

const struct field_row field_table[FIELD_COUNT] = {
#define FIELD_ROW(id, name, type, sigma, ecs, doc)                                                 \
    {STR(name), type, STR(sigma), STR(ecs), STR(doc)},
    FIELD_TABLE(FIELD_ROW)
#undef FIELD_ROW
};

enum field_id field_find(struct str name)
{
    for (unsigned id = 0; name.len && id < FIELD_COUNT; id++) {
        if (str_eq(field_table[id].name, name) || str_eq(field_table[id].sigma, name))
            return (enum field_id)id;
    }
    return FIELD_COUNT;
}
