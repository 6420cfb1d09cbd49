/* Reading a Cookie field. See cookie.h. */
#include "codec/cookie.h"

#include "base/err.h"

static bool is_cookie_octet(char c)
{
    return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
}

static bool is_value(struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (!is_cookie_octet(value.ptr[i]))
            return false;
    }
    return true;
}

int cookie_find(struct str field, struct str name, struct str *ret_value)
{
    struct str pair;
    struct str found = {0};
    bool seen = false;
    while (str_next(&field, ';', &pair)) {
        pair = str_trim(pair);
        size_t equals = str_find_char(pair, '=');
        if (equals == SIZE_MAX || !str_eq(str_sub(pair, 0, equals), name))
            continue;
        if (seen)
            return E_PARSE;
        seen = true;
        found = str_sub(pair, equals + 1, SIZE_MAX);
        PLANT_OVERREAD(found.ptr + found.len);
        if (!is_value(found))
            return E_PARSE;
    }
    if (!seen)
        return E_NOT_FOUND;
    *ret_value = found;
    return 0;
}
