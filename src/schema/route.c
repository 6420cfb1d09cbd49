/* The route table as data, and path matching. See route.h. */
#include "schema/route.h"

#include <stdio.h>

#include "base/err.h"

const struct route_row route_table[ROUTE_COUNT] = {
#define ROUTE_ROW(id, listener, method, path, auth, permission, body, doc)                         \
    {listener, auth, STR(method), STR(path), STR(permission), body, STR(doc)},
    ROUTE_LIST(ROUTE_ROW)
#undef ROUTE_ROW
};

/* Compare part by part; a braced part of the pattern takes any non-empty part of the path. */
static bool path_matches(struct str pattern, struct str path, struct route_match *m)
{
    struct str want;
    struct str got;
    m->params_len = 0;
    if (path.len == 0 || path.ptr[path.len - 1] == '/')
        return false;
    for (;;) {
        bool more_want = str_next(&pattern, '/', &want);
        bool more_got = str_next(&path, '/', &got);
        if (more_want != more_got)
            return false;
        if (!more_want)
            return true;
        if (want.len && want.ptr[0] == '{') {
            if (got.len == 0 || m->params_len == ROUTE_PARAMS_MAX)
                return false;
            m->params[m->params_len++] = got;
        } else if (!str_eq(want, got)) {
            return false;
        }
    }
}

int route_find(enum route_listener listener, struct str method, struct str path,
               struct route_match *ret_match)
{
    bool known = false;
    for (unsigned id = 0; id < ROUTE_COUNT; id++) {
        const struct route_row *row = &route_table[id];
        struct route_match m = {.id = (enum route_id)id};
        if (row->listener != listener || !path_matches(row->path, path, &m))
            continue;
        known = true;
        if (str_eq(row->method, method)) {
            *ret_match = m;
            return 0;
        }
    }
    return known ? E_UNSUPPORTED : E_NOT_FOUND;
}

size_t route_allow(enum route_listener listener, struct str path, char text[ROUTE_ALLOW_BYTES])
{
    size_t len = 0;
    text[0] = '\0';
    for (unsigned id = 0; id < ROUTE_COUNT; id++) {
        const struct route_row *row = &route_table[id];
        struct route_match m;
        if (row->listener != listener || !path_matches(row->path, path, &m))
            continue;
        /* HEAD is answered wherever GET is. */
        const char *method = str_is(row->method, "GET") ? "GET, HEAD" : row->method.ptr;
        int n = snprintf(text + len, ROUTE_ALLOW_BYTES - len, "%s%s", len ? ", " : "", method);
        if (n > 0 && len + (size_t)n < ROUTE_ALLOW_BYTES)
            len += (size_t)n;
    }
    text[len] = '\0';
    return len;
}
