/* Roles and permissions as data. See permission.h. */
#include "schema/permission.h"

const struct role_row role_table[ROLE_COUNT] = {
#define ROLE_ROW(id, name, doc) {STR(name), STR(doc)},
    ROLE_LIST(ROLE_ROW)
#undef ROLE_ROW
};

const struct permission_row permission_table[PERMISSION_COUNT] = {
#define PERMISSION_ROW(id, name, role, doc) {STR(name), role, STR(doc)},
    PERMISSION_LIST(PERMISSION_ROW)
#undef PERMISSION_ROW
};

enum role_id role_find(struct str name)
{
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        if (str_eq(role_table[i].name, name))
            return (enum role_id)i;
    }
    return ROLE_COUNT;
}

enum permission_id permission_find(struct str name)
{
    for (unsigned i = 0; i < PERMISSION_COUNT; i++) {
        if (str_eq(permission_table[i].name, name))
            return (enum permission_id)i;
    }
    return PERMISSION_COUNT;
}
