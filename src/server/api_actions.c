/* Actions: order, list, one, cancel, confirm. */
#include <jansson.h>

#include "os/clock.h"
#include "proto/json_in.h"
#include "schema/param.h"
#include "server/channels.h"
#include "server/handlers.h"
#include "server/render.h"

static int list(struct reading *r, struct err *err)
{
    const struct store_action_filter *filter = r->filter;
    struct store_action_list found;
    int rc = store_action_list(r->tx, filter, &r->page, &r->arena, &found, err);
    if (rc)
        return rc;
    render_list_begin(&r->json);
    for (size_t i = 0; i < found.len && rc == 0; i++)
        rc = render_action(r->tx, &found.items[i], &r->json, err);
    render_list_end(&r->json, found.next);
    return rc;
}

void actions_list(struct call *c)
{
    struct store_action_filter filter = {0};
    struct store_page page = {0};
    struct str names[ACTION_STATE_COUNT];
    for (unsigned i = 0; i < ACTION_STATE_COUNT; i++)
        names[i] = action_state_table[i].name;
    if (call_page(c, &page) || call_query(c, "device", &filter.device) ||
        call_query(c, "name", &filter.name) || call_query(c, "request", &filter.request) ||
        call_filter(c, "state", names, ACTION_STATE_COUNT, &filter.states))
        return;
    reply_read(c, list, &filter, &page);
}

static int get(struct store_tx *tx, struct str id, struct buf *out, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_action a;
    struct json_out j = {.out = out};
    int rc = store_action_get(tx, id, &arena, &a, err);
    if (rc == E_NOT_FOUND)
        return err_set(err, rc, "there is no action '%.*s'", STR_FMT(id));
    return rc ? rc : render_action(tx, &a, &j, err);
}

static int read_one(struct reading *r, struct err *err)
{
    return get(r->tx, r->call->match.params[0], r->json.out, err);
}

void actions_get(struct call *c)
{
    reply_read(c, read_one, NULL, NULL);
}

/* ---------------------------------------------------------------- ordering */

static int read_devices(const json_t *body, struct arena *arena, struct action_request *r,
                        struct err *err)
{
    const json_t *devices = json_object_get(body, "devices");
    size_t len = json_array_size(devices);
    size_t most = (size_t)param_default(PARAM_ACTION_DEVICES_MOST);
    if (!json_is_array(devices) || len == 0)
        return err_set(err, E_PARSE, "member 'devices' must be a list with at least one id");
    if (len > most)
        return err_set(err, E_LIMIT, "%zu devices, at most %zu are allowed in one order", len,
                       most);
    struct str *ids = arena_array(arena, len, sizeof *ids);
    if (!ids)
        return err_set(err, E_NOMEM, "out of memory");
    for (size_t i = 0; i < len; i++) {
        const json_t *id = json_array_get(devices, i);
        if (!json_is_string(id) || json_string_length(id) > STORE_ID_BYTES)
            return err_set(err, E_PARSE, "member 'devices'[%zu] must be a device id", i);
        ids[i] = arena_str(arena, str_n(json_string_value(id), json_string_length(id)));
        if (!ids[i].ptr)
            return err_set(err, E_NOMEM, "out of memory");
    }
    r->devices = ids;
    r->devices_len = len;
    return 0;
}

static int read_request(const json_t *body, struct arena *arena, struct action_request *r,
                        struct err *err)
{
    size_t args_most = (size_t)param_default(PARAM_COMMAND_ARGS_BYTES);
    int rc = json_in_text(body, "name", true, 64, arena, &r->name, err);
    if (rc == 0)
        rc = json_in_text(body, "reason", true, ACTION_REASON_BYTES, arena, &r->reason, err);
    if (rc == 0)
        rc = json_in_text(body, "confirm_host", false, 256, arena, &r->confirm_hostname, err);
    if (rc == 0)
        rc = json_in_raw(body, "arguments", args_most, arena, &r->args_json, err);
    return rc ? rc : read_devices(body, arena, r, err);
}

static int create_work(struct store_tx *tx, struct job *j, struct err *err)
{
    const struct action_request *r = j->data;
    struct store_action *actions;
    size_t len;
    struct json_out out = {.out = &j->out};
    if (str_is(r->name, "isolate") && !j->server->can_isolate)
        return err_set(err, E_STATE,
                       "an isolated device could not reach this server: set device_addresses "
                       "(ip:port) in the server's configuration");
    int rc = action_create(tx, &j->actor, clock_wall_ns(), r, &j->server->policy, &j->arena,
                           &actions, &len, err);
    if (rc)
        return rc;
    render_list_begin(&out);
    for (size_t i = 0; i < len && rc == 0; i++)
        rc = render_action(tx, &actions[i], &out, err);
    render_list_end(&out, STR(""));
    return rc;
}

static void create_done(struct job *j)
{
    const struct action_request *r = j->data;
    for (size_t i = 0; j->rc == 0 && i < r->devices_len; i++)
        channels_wake(j->server->channels, r->devices[i]);
    job_reply(j);
}

void actions_create(struct call *c)
{
    json_t *body CLEANUP(json_in_freep) = call_body(c);
    struct err err = {0};
    if (!body)
        return;
    struct job *j = job_new(c->server, c, create_work, create_done, NULL);
    if (!j)
        return;
    struct action_request *r = arena_alloc(&j->arena, sizeof *r);
    int rc = r ? read_request(body, &j->arena, r, &err) : E_NOMEM;
    if (rc) {
        job_refuse(j, rc, &err);
        return;
    }
    j->data = r;
    j->status = 201;
    job_start(j);
}

/* ---------------------------------------------------------------- one action */

struct step {
    struct str id;
    struct str reason;
};

static int cancel_work(struct store_tx *tx, struct job *j, struct err *err)
{
    const struct step *s = j->data;
    int rc = action_cancel(tx, &j->actor, clock_wall_ns(), s->id, s->reason, err);
    return rc ? rc : get(tx, s->id, &j->out, err);
}

static int confirm_work(struct store_tx *tx, struct job *j, struct err *err)
{
    const struct step *s = j->data;
    int rc = action_confirm(tx, &j->actor, clock_wall_ns(), s->id, err);
    return rc ? rc : get(tx, s->id, &j->out, err);
}

static void step(struct call *c, job_work_fn work, bool needs_reason)
{
    json_t *body CLEANUP(json_in_freep) = call_body(c);
    struct err err = {0};
    if (!body)
        return;
    struct job *j = job_new(c->server, c, work, job_reply, NULL);
    if (!j)
        return;
    struct step *s = arena_alloc(&j->arena, sizeof *s);
    j->data = s;
    int rc = s ? json_in_text(body, "reason", needs_reason, ACTION_REASON_BYTES, &j->arena,
                              &s->reason, &err)
               : E_NOMEM;
    if (rc) {
        job_refuse(j, rc, &err);
        return;
    }
    s->id = c->match.params[0];
    job_start(j);
}

void actions_cancel(struct call *c)
{
    step(c, cancel_work, true);
}

void actions_confirm(struct call *c)
{
    step(c, confirm_work, false);
}
