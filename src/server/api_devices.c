/* Devices: list, one, revoke. */
#include <jansson.h>

#include "fleet/device.h"
#include "os/clock.h"
#include "proto/json_in.h"
#include "server/channels.h"
#include "server/handlers.h"
#include "server/render.h"

static int list(struct reading *r, struct err *err)
{
    const struct store_device_filter *filter = r->filter;
    struct store_device_list found;
    int rc = store_device_list(r->tx, filter, &r->page, &r->arena, &found, err);
    if (rc)
        return rc;
    render_list_begin(&r->json);
    for (size_t i = 0; i < found.len && rc == 0; i++)
        rc = render_device(r->call->server, r->tx, &found.items[i], &r->json, err);
    render_list_end(&r->json, found.next);
    return rc;
}

static bool is_online(const void *arg, struct str id)
{
    return channels_online(arg, id);
}

static bool is_offline(const void *arg, struct str id)
{
    return !channels_online(arg, id);
}

void devices_list(struct call *c)
{
    struct store_device_filter filter = {.accept_arg = c->server->channels};
    struct store_page page = {0};
    int online;
    if (call_page(c, &page) || call_query(c, "q", &filter.text) ||
        call_query(c, "platform", &filter.platform) || call_bool(c, "online", &online) ||
        call_filter(c, "state", device_state_names, DEVICE_STATE_COUNT, &filter.states) ||
        call_filter(c, "isolation", isolation_names, ISOLATION_COUNT, &filter.isolations) ||
        call_filter(c, "condition", condition_names, CONDITION_COUNT, &filter.conditions))
        return;
    if (online >= 0)
        filter.accept = online ? is_online : is_offline;
    reply_read(c, list, &filter, &page);
}

static int get(struct server *s, struct store_tx *tx, struct str id, struct buf *out,
               struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_device d;
    struct json_out j = {.out = out};
    int rc = store_device_get(tx, id, &arena, &d, err);
    if (rc == E_NOT_FOUND)
        return err_set(err, rc, "there is no device '%.*s'", STR_FMT(id));
    return rc ? rc : render_device(s, tx, &d, &j, err);
}

static int read_one(struct reading *r, struct err *err)
{
    return get(r->call->server, r->tx, r->call->match.params[0], r->json.out, err);
}

void devices_get(struct call *c)
{
    reply_read(c, read_one, NULL, NULL);
}

struct revoke {
    struct str id;
    struct str reason;
};

static int revoke_work(struct store_tx *tx, struct job *j, struct err *err)
{
    const struct revoke *r = j->data;
    return device_revoke(tx, &j->actor, clock_wall_ns(), r->id, r->reason, err);
}

static void revoke_done(struct job *j)
{
    const struct revoke *r = j->data;
    if (j->rc == 0) {
        channels_revoke(j->server->channels, r->id);
        devices_get(j->call);
        return;
    }
    job_reply(j);
}

void devices_revoke(struct call *c)
{
    json_t *body CLEANUP(json_in_freep) = call_body(c);
    struct err err = {0};
    if (!body)
        return;
    struct job *j = job_new(c->server, c, revoke_work, revoke_done, NULL);
    if (!j)
        return;
    struct revoke *r = arena_alloc(&j->arena, sizeof *r);
    j->data = r;
    int rc = r ? json_in_text(body, "reason", true, 2000, &j->arena, &r->reason, &err) : E_NOMEM;
    if (rc) {
        job_refuse(j, rc, &err);
        return;
    }
    r->id = c->match.params[0];
    job_start(j);
}
