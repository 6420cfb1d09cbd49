/* Prevent and allow lists: entries, adding them as values or as the text of a list, removing. A
 * change compiles the ruleset anew, so that devices have it when the request is answered. */
#include <jansson.h>

#include "base/mem.h"
#include "fleet/entry.h"
#include "os/clock.h"
#include "proto/json_in.h"
#include "server/handlers.h"
#include "server/render.h"
#include "server/rules_change.h"

enum { REFUSALS_TOLD = 100 };

static const struct str state_names[ENTRY_STATES] = {
    [ENTRY_LIVE] = STR("live"),
    [ENTRY_EXPIRED] = STR("expired"),
    [ENTRY_REMOVED] = STR("removed"),
    [ENTRY_ANY] = STR("any"),
};

int entries_filter(struct call *c, struct store_entry_filter *ret_filter)
{
    unsigned bits;
    *ret_filter = (struct store_entry_filter){.now_ns = clock_wall_ns()};
    if (call_filter(c, "state", state_names, ENTRY_STATES, &bits) ||
        call_query(c, "q", &ret_filter->text))
        return E_ARG;
    for (unsigned i = 0; i < ENTRY_STATES; i++) {
        if (bits == 1u << i)
            ret_filter->state = (enum entry_state)i;
    }
    return 0;
}

/* ---------------------------------------------------------------- list */

static int list(struct reading *r, struct err *err)
{
    const struct store_entry_filter *filter = r->filter;
    struct store_entry_list found;
    int rc = store_entry_list(r->tx, filter, &r->page, &r->arena, &found, err);
    if (rc)
        return rc;
    render_list_begin(&r->json);
    for (size_t i = 0; i < found.len; i++) {
        json_object_begin(&r->json);
        render_entry(&found.items[i], &r->json);
        json_object_end(&r->json);
    }
    render_list_end(&r->json, found.next);
    return 0;
}

void lists_get(struct call *c)
{
    struct store_entry_filter filter;
    struct store_page page = {0};
    if (call_page(c, &page) || entries_filter(c, &filter) || call_query(c, "type", &filter.kind) ||
        call_query(c, "action", &filter.verdict))
        return;
    reply_read(c, list, &filter, &page);
}

/* ---------------------------------------------------------------- add */

/* What the job adds; freed by the job's end, as lists live on the heap. */
struct adding {
    struct list list;
    struct list_counts counts;
    struct buf refusals; /* items of a JSON array */
    uint32_t told;
};

static void adding_free(struct adding *a)
{
    list_done(&a->list);
    buf_done(&a->refusals);
    mem_free(a);
}

static void note_refusal(void *arg, const struct err *err)
{
    struct adding *a = arg;
    struct json_out j = {.out = &a->refusals};
    if (a->told++ >= REFUSALS_TOLD)
        return;
    if (a->told > 1)
        buf_add_char(&a->refusals, ',');
    json_object_begin(&j);
    json_kv_uint(&j, "line", err->line);
    json_kv_cstr(&j, "message", err->message);
    json_object_end(&j);
}

static int read_defaults(const json_t *body, struct arena *arena, struct list_defaults *d,
                         struct err *err)
{
    struct str action;
    struct str expires;
    int rc = json_in_text(body, "action", false, 16, arena, &action, err);
    if (rc == 0)
        rc = json_in_text(body, "reason", false, LIST_TEXT_BYTES, arena, &d->reason, err);
    if (rc == 0)
        rc = json_in_text(body, "source", false, LIST_TEXT_BYTES, arena, &d->source, err);
    if (rc == 0)
        rc = json_in_text(body, "expires", false, 64, arena, &expires, err);
    if (rc)
        return rc;
    if (action.len && !list_verdict_find(action, &d->verdict))
        return err_set(err, E_ARG, "action '%.*s': expected deny or allow", STR_FMT(action));
    if (expires.len && list_expiry(expires, &d->expires_ns))
        return err_set(err, E_ARG, "expires '%.*s': expected a time as in RFC 3339",
                       STR_FMT(expires));
    return 0;
}

static int read_text(struct call *c, const json_t *body, struct adding *a, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct list_defaults defaults = {0};
    struct str text;
    int rc = read_defaults(body, &arena, &defaults, err);
    if (rc == 0)
        rc = json_in_text(body, "text", true, route_table[c->match.id].body_bytes, &arena, &text,
                          err);
    if (rc == 0)
        rc = list_parse(&a->list, text, LIST_FORMAT_AUTO, "text", &defaults, note_refusal, a,
                        &a->counts, err);
    if (rc || a->list.len)
        return rc;
    /* The first refusal says more than that nothing is left. */
    return err_set(err, E_ARG, "there is no entry to add%s%.*s", a->told ? "; refused: " : "",
                   STR_FMT(buf_str(&a->refusals)));
}

static int add_work(struct store_tx *tx, struct job *j, struct err *err)
{
    struct adding *a = j->data;
    struct entry_counts counts = {0};
    int rc = entry_add_list(tx, &j->actor, clock_wall_ns(), &a->list, &counts, err);
    if (rc)
        return rc;
    buf_addf(&j->out,
             "\"added\":%u,\"changed\":%u,\"repeated\":%u,\"refused_entries\":%u,"
             "\"refusals\":[%.*s],",
             counts.added, counts.changed, counts.repeated, a->counts.refused,
             STR_FMT(buf_str(&a->refusals)));
    return buf_check(&j->out);
}

static void added(struct job *j)
{
    adding_free(j->data);
    if (j->rc)
        reply_err(j->call, j->rc, &j->err);
    else
        rules_change(j->call, j->status, (struct str){0}, &j->out);
}

void lists_add(struct call *c)
{
    json_t *body CLEANUP(json_in_freep) = call_body(c);
    struct err err = {0};
    if (!body)
        return;
    struct adding *a = mem_calloc(1, sizeof *a);
    int rc = a ? read_text(c, body, a, &err) : E_NOMEM;
    struct job *j = rc ? NULL : job_new(c->server, c, add_work, added, a);
    if (rc)
        reply_err(c, rc, &err);
    if (!j) {
        if (a)
            adding_free(a);
        return;
    }
    j->status = 201;
    job_start(j);
}

/* ---------------------------------------------------------------- remove */

static int remove_work(struct store_tx *tx, struct job *j, struct err *err)
{
    const struct str *reason = j->data;
    return entry_remove(tx, &j->actor, clock_wall_ns(), j->call->match.params[0],
                        j->call->match.id == ROUTE_EXCEPTION_REMOVE, *reason, err);
}

static void removed(struct job *j)
{
    if (j->rc)
        reply_err(j->call, j->rc, &j->err);
    else
        rules_change(j->call, j->status, (struct str){0}, &j->out);
}

void lists_remove(struct call *c)
{
    struct str reason;
    if (call_query(c, "reason", &reason))
        return;
    struct job *j = job_new(c->server, c, remove_work, removed, NULL);
    if (!j)
        return;
    struct str *copy = arena_alloc(&j->arena, sizeof *copy);
    if (copy)
        *copy = arena_str(&j->arena, reason);
    if (!copy || !copy->ptr) {
        job_refuse(j, E_NOMEM, NULL);
        return;
    }
    j->data = copy;
    job_start(j);
}
