/* Alerts: list, one, acknowledge, close. */
#include <jansson.h>

#include "base/timefmt.h"
#include "fleet/alert.h"
#include "os/clock.h"
#include "proto/json_in.h"
#include "server/handlers.h"
#include "server/render.h"

static int list(struct call *c, const struct store_alert_filter *filter,
                const struct store_page *page, struct buf *out, struct err *err)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_alert_list found;
    struct json_out j = {.out = out};
    int rc = store_read_begin(c->server->store, &tx, err);
    if (rc == 0)
        rc = store_alert_list(tx, filter, page, &arena, &found, err);
    if (rc)
        return rc;
    render_list_begin(&j);
    for (size_t i = 0; i < found.len && rc == 0; i++)
        rc = render_alert(tx, &found.items[i], false, &j, err);
    render_list_end(&j, found.next);
    return rc;
}

static int since(struct call *c, int64_t *ret_ns)
{
    struct str text;
    struct err err = {0};
    int rc = call_query(c, "since", &text);
    if (rc || text.len == 0)
        return rc;
    rc = timefmt_parse(text, ret_ns);
    if (rc) {
        rc = err_set(&err, E_ARG, "since '%.*s': expected a time such as 2026-01-31T08:00:00Z",
                     STR_FMT(text));
        reply_err(c, rc, &err);
    }
    return rc;
}

void alerts_list(struct call *c)
{
    struct store_alert_filter filter = {.brief = true};
    struct store_page page = {0};
    struct buf out CLEANUP(buf_done) = {0};
    struct err err = {0};
    if (call_page(c, &page) || call_query(c, "device", &filter.device) ||
        call_query(c, "rule", &filter.rule_id) || since(c, &filter.since_ns) ||
        call_filter(c, "state", alert_state_names, ALERT_STATE_COUNT, &filter.states) ||
        call_filter(c, "level", alert_level_names, ALERT_LEVEL_COUNT, &filter.levels))
        return;
    int rc = list(c, &filter, &page, &out, &err);
    if (rc)
        reply_err(c, rc, &err);
    else
        reply_json(c, 200, &out);
}

static int get(struct store_tx *tx, struct str id, struct buf *out, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_alert a;
    struct json_out j = {.out = out};
    int rc = store_alert_get(tx, id, &arena, &a, err);
    if (rc == E_NOT_FOUND)
        return err_set(err, rc, "there is no alert '%.*s'", STR_FMT(id));
    return rc ? rc : render_alert(tx, &a, true, &j, err);
}

void alerts_get(struct call *c)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct buf out CLEANUP(buf_done) = {0};
    struct err err = {0};
    int rc = store_read_begin(c->server->store, &tx, &err);
    if (rc == 0)
        rc = get(tx, c->match.params[0], &out, &err);
    if (rc)
        reply_err(c, rc, &err);
    else
        reply_json(c, 200, &out);
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
