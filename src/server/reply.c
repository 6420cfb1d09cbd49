/* Reading calls and answering them. See server.h. */
#include <jansson.h>

#include "base/timefmt.h"
#include "proto/json_in.h"
#include "schema/param.h"
#include "server/server.h"

void reply_json(struct call *c, int status, const struct buf *body)
{
    if (buf_check(body)) {
        http_answer_problem(c->req, 0, buf_check(body), NULL);
        return;
    }
    http_answer_header(c->req, "Cache-Control", STR("no-store"));
    http_answer_send(c->req, status, "application/json", buf_str(body));
}

void reply_err(struct call *c, int rc, const struct err *err)
{
    char text[ERR_SOURCE_BYTES + ERR_MESSAGE_BYTES + 32];
    const char *detail = NULL;
    if (err && err->message[0]) {
        (void)err_format(err, text, sizeof text);
        detail = text;
    }
    http_answer_problem(c->req, 0, rc, detail);
}

void reply_nothing(struct call *c)
{
    http_answer_send(c->req, 204, NULL, STR(""));
}

void reply_read(struct call *c, read_fn fn, const void *filter, const struct store_page *page)
{
    struct buf out CLEANUP(buf_done) = {0};
    struct err err = {0};
    struct reading r = {.call = c, .filter = filter, .json = {.out = &out}};
    if (page)
        r.page = *page;
    int rc = store_read_begin(c->server->store, &r.tx, &err);
    if (rc == 0)
        rc = fn(&r, &err);
    store_read_endp(&r.tx);
    arena_done(&r.arena);
    if (rc)
        reply_err(c, rc, &err);
    else
        reply_json(c, 200, &out);
}

struct json_t *call_body(struct call *c)
{
    json_t *object = NULL;
    struct err err = {0};
    struct str body = buf_str(http_req_body(c->req));
    if (body.len == 0)
        body = STR("{}");
    int rc = json_in_object(body, route_table[c->match.id].body_bytes, &object, &err);
    if (rc) {
        reply_err(c, rc, &err);
        return NULL;
    }
    return object;
}

int call_query(struct call *c, const char *name, struct str *ret_value)
{
    int rc = http_req_query(c->req, name, ret_value);
    if (rc == E_NOT_FOUND) {
        *ret_value = STR("");
        return 0;
    }
    if (rc)
        http_answer_problem(c->req, 0, rc, "the query is malformed");
    return rc;
}

int call_page(struct call *c, struct store_page *ret_page)
{
    struct str limit;
    struct err err = {0};
    uint64_t n = 0;
    int rc = call_query(c, "cursor", &ret_page->cursor);
    if (rc == 0)
        rc = call_query(c, "limit", &limit);
    if (rc)
        return rc;
    const struct param_row *row = &param_table[PARAM_PAGE_ITEMS];
    if (limit.len && (str_to_u64(limit, &n) || n < 1 || n > (uint64_t)row->most)) {
        rc = err_set(&err, E_ARG, "limit '%.*s': expected a number from 1 to %lld", STR_FMT(limit),
                     (long long)row->most);
        reply_err(c, rc, &err);
        return rc;
    }
    ret_page->limit = (uint32_t)n;
    return 0;
}

int call_time(struct call *c, const char *name, int64_t *ret_ns)
{
    struct str text;
    struct err err = {0};
    *ret_ns = 0;
    int rc = call_query(c, name, &text);
    if (rc || text.len == 0)
        return rc;
    rc = timefmt_parse(text, ret_ns);
    if (rc) {
        rc = err_set(&err, E_ARG, "%s '%.*s': expected a time such as 2026-01-31T08:00:00Z", name,
                     STR_FMT(text));
        reply_err(c, rc, &err);
    }
    return rc;
}

int call_bool(struct call *c, const char *name, int *ret_value)
{
    struct str text;
    struct err err = {0};
    *ret_value = -1;
    int rc = call_query(c, name, &text);
    if (rc || text.len == 0)
        return rc;
    if (str_is(text, "true"))
        *ret_value = 1;
    else if (str_is(text, "false"))
        *ret_value = 0;
    else {
        rc = err_set(&err, E_ARG, "%s '%.*s': expected true or false", name, STR_FMT(text));
        reply_err(c, rc, &err);
    }
    return rc;
}

int call_filter(struct call *c, const char *name, const struct str *names, unsigned len,
                unsigned *ret_bits)
{
    struct str value;
    struct err err = {0};
    *ret_bits = 0;
    int rc = call_query(c, name, &value);
    if (rc || value.len == 0)
        return rc;
    struct str word;
    while (str_next(&value, ',', &word)) {
        unsigned i = record_name_find(names, len, word);
        if (i == len) {
            rc = err_set(&err, E_ARG, "%s '%.*s' is none of its values", name, STR_FMT(word));
            reply_err(c, rc, &err);
            return rc;
        }
        *ret_bits |= 1u << i;
    }
    return 0;
}
