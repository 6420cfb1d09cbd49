/* Exceptions to rules: list with what each hid, add or replace one, remove. A change compiles the
 * ruleset anew, so that devices have it when the request is answered. */
#include <jansson.h>

#include "fleet/entry.h"
#include "os/clock.h"
#include "server/handlers.h"
#include "server/render.h"
#include "server/rules_change.h"

static int64_t hidden_by(const struct store_hidden_list *hidden, struct str name)
{
    for (size_t i = 0; i < hidden->len; i++) {
        if (str_eq(hidden->items[i].name, name))
            return hidden->items[i].count;
    }
    return 0;
}

static void render(const struct store_entry *e, const struct store_hidden_list *hidden,
                   struct json_out *j)
{
    json_object_begin(j);
    render_entry(e, j);
    render_stored_json(j, "exception", e->body);
    json_kv_int(j, "hidden", hidden_by(hidden, e->value));
    json_object_end(j);
}

static int list(struct reading *r, struct err *err)
{
    const struct store_entry_filter *filter = r->filter;
    struct store_entry_list found;
    struct store_hidden_list hidden;
    int rc = store_entry_list(r->tx, filter, &r->page, &r->arena, &found, err);
    if (rc == 0)
        rc = store_entry_hidden(r->tx, &r->arena, &hidden, err);
    if (rc)
        return rc;
    render_list_begin(&r->json);
    for (size_t i = 0; i < found.len; i++)
        render(&found.items[i], &hidden, &r->json);
    render_list_end(&r->json, found.next);
    return 0;
}

void exceptions_get(struct call *c)
{
    struct store_entry_filter filter;
    struct store_page page = {0};
    if (call_page(c, &page) || entries_filter(c, &filter))
        return;
    filter.exceptions = true;
    reply_read(c, list, &filter, &page);
}

/* ---------------------------------------------------------------- add */

static void keep_refusal(void *arg, const struct err *err)
{
    struct err *first = arg;
    if (first->code == 0)
        *first = *err;
}

/* The body is the exception; JSON is YAML, so the one parser of exceptions reads it. */
static int parse(struct str body, struct exceptions *list, struct err *err)
{
    struct err why = {0};
    uint32_t refused = 0;
    int rc = exceptions_parse(list, body, "body", keep_refusal, &why, &refused, err);
    if (rc)
        return rc;
    if (refused)
        return err_set(err, E_ARG, "%s", why.message);
    return list->len == 1 ? 0 : err_set(err, E_ARG, "the body is one exception");
}

static int add_work(struct store_tx *tx, struct job *j, struct err *err)
{
    struct exceptions list = {0};
    struct str body = buf_str(http_req_body(j->call->req));
    int rc = parse(body, &list, err);
    if (rc == 0)
        rc = entry_add_exception(tx, &j->actor, clock_wall_ns(), &list.items[0], body, err);
    exceptions_done(&list);
    return rc;
}

static void added(struct job *j)
{
    if (j->rc)
        reply_err(j->call, j->rc, &j->err);
    else
        rules_change(j->call, j->status, (struct str){0}, &j->out);
}

void exceptions_add(struct call *c)
{
    /* JSON it has to be, as it is shown as JSON again. */
    json_t *body = call_body(c);
    if (!body)
        return;
    json_decref(body);
    struct job *j = job_new(c->server, c, add_work, added, NULL);
    if (!j)
        return;
    j->status = 201;
    job_start(j);
}

void exceptions_remove(struct call *c)
{
    lists_remove(c);
}
