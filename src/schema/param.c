/* The parameter table as data. See param.h. */
#include "schema/param.h"

const struct param_row param_table[PARAM_COUNT] = {
#define PARAM_ROW(id, name, unit, def, least, most, configurable, doc)                             \
    {STR(name), STR(unit), def, least, most, configurable, STR(doc)},
    PARAM_LIST(PARAM_ROW)
#undef PARAM_ROW
};

const struct param_row *param_find(struct str name)
{
    for (unsigned i = 0; i < PARAM_COUNT; i++) {
        if (str_eq(param_table[i].name, name))
            return &param_table[i];
    }
    return NULL;
}
