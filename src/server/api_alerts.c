/* Alerts: list, one, acknowledge, close, reopen. */
#include <jansson.h>

#include "base/timefmt.h"
#include "fleet/alert.h"
#include "os/clock.h"
#include "proto/json_in.h"
#include "server/handlers.h"
#include "server/render.h"

/* A count costs as much as it finds; more than this is not told apart. */
enum { TOTAL_MOST = 10000 };

/* Other alerts that may belong to the same story. */
enum { RELATED_MOST = 20 };
#define RELATED_SPAN_NS (600 * NS_PER_S)

/* On the first page, of a search that an index answers. */
static int add_total(struct store_tx *tx, const struct store_alert_filter *filter,
                     const struct store_page *page, struct json_out *j, struct err *err)
{
    uint32_t total = 0;
    if (page->cursor.len || filter->text.len)
        return 0;
    int rc = store_alert_count(tx, filter, TOTAL_MOST, &total, err);
    if (rc == 0)
        json_kv_uint(j, "total", total);
    return rc;
}

static int list(struct reading *r, struct err *err)
{
    const struct store_alert_filter *filter = r->filter;
    struct store_alert_list found;
    int rc = store_alert_list(r->tx, filter, &r->page, &r->arena, &found, err);
    if (rc)
        return rc;
    json_object_begin(&r->json);
    rc = add_total(r->tx, filter, &r->page, &r->json, err);
    json_key(&r->json, "items");
    json_array_begin(&r->json);
    for (size_t i = 0; i < found.len && rc == 0; i++) {
        json_object_begin(&r->json);
        rc = render_alert(r->tx, &found.items[i], &r->json, err);
        json_object_end(&r->json);
    }
    render_list_end(&r->json, found.next);
    return rc;
}

void alerts_list(struct call *c)
{
    struct store_alert_filter filter = {.brief = true};
    struct store_page page = {0};
    if (call_page(c, &page) || call_query(c, "device", &filter.device) ||
        call_query(c, "rule", &filter.rule_id) || call_query(c, "q", &filter.text) ||
        call_time(c, "since", &filter.since_ns) || call_time(c, "until", &filter.until_ns) ||
        call_filter(c, "state", alert_state_names, ALERT_STATE_COUNT, &filter.states) ||
        call_filter(c, "level", alert_level_names, ALERT_LEVEL_COUNT, &filter.levels))
        return;
    reply_read(c, list, &filter, &page);
}

static int add_related(struct store_tx *tx, const struct store_alert *alert, struct json_out *j,
                       struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_alert_list found;
    int rc = store_alert_around(tx, alert, RELATED_SPAN_NS, RELATED_MOST, &arena, &found, err);
    if (rc)
        return rc;
    json_key(j, "related");
    json_array_begin(j);
    for (size_t i = 0; i < found.len; i++) {
        const struct store_alert *a = &found.items[i];
        json_object_begin(j);
        json_kv_str(j, "id", a->id);
        json_kv_str(j, "title", a->rule_title);
        json_kv_str(j, "level", alert_level_names[a->level]);
        json_kv_str(j, "state", alert_state_names[a->state]);
        render_time(j, "time", a->time_ns);
        json_object_end(j);
    }
    json_array_end(j);
    return 0;
}

static int get(struct store_tx *tx, struct str id, struct buf *out, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_alert a;
    struct json_out j = {.out = out};
    int rc = store_alert_get(tx, id, &arena, &a, err);
    if (rc == E_NOT_FOUND)
        return err_set(err, rc, "there is no alert '%.*s'", STR_FMT(id));
    if (rc)
        return rc;
    json_object_begin(&j);
    rc = render_alert(tx, &a, &j, err);
    render_stored_json(&j, "body", a.json);
    if (rc == 0)
        rc = add_related(tx, &a, &j, err);
    json_object_end(&j);
    return rc;
}

static int read_one(struct reading *r, struct err *err)
{
    return get(r->tx, r->call->match.params[0], r->json.out, err);
}

void alerts_get(struct call *c)
{
    reply_read(c, read_one, NULL, NULL);
}

struct change {
    struct str id;
    struct str text;
};

static int ack_work(struct store_tx *tx, struct job *j, struct err *err)
{
    const struct change *ch = j->data;
    int rc = alert_acknowledge(tx, &j->actor, clock_wall_ns(), ch->id, ch->text, err);
    return rc ? rc : get(tx, ch->id, &j->out, err);
}

static int close_work(struct store_tx *tx, struct job *j, struct err *err)
{
    const struct change *ch = j->data;
    int rc = alert_close(tx, &j->actor, clock_wall_ns(), ch->id, ch->text, err);
    return rc ? rc : get(tx, ch->id, &j->out, err);
}

static int reopen_work(struct store_tx *tx, struct job *j, struct err *err)
{
    const struct change *ch = j->data;
    int rc = alert_reopen(tx, &j->actor, clock_wall_ns(), ch->id, ch->text, err);
    return rc ? rc : get(tx, ch->id, &j->out, err);
}

static void change(struct call *c, job_work_fn work, const char *member, bool required)
{
    json_t *body CLEANUP(json_in_freep) = call_body(c);
    struct err err = {0};
    if (!body)
        return;
    struct job *j = job_new(c->server, c, work, job_reply, NULL);
    if (!j)
        return;
    struct change *ch = arena_alloc(&j->arena, sizeof *ch);
    j->data = ch;
    int rc = ch ? json_in_text(body, member, required, 2000, &j->arena, &ch->text, &err) : E_NOMEM;
    if (rc) {
        job_refuse(j, rc, &err);
        return;
    }
    ch->id = c->match.params[0];
    job_start(j);
}

void alerts_ack(struct call *c)
{
    change(c, ack_work, "note", false);
}

void alerts_close(struct call *c)
{
    change(c, close_work, "reason", true);
}

void alerts_reopen(struct call *c)
{
    change(c, reopen_work, "reason", true);
}
