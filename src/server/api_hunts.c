/* Hunts: start, list, one, what it found, cancel. Compiling is done on the worker thread. */
#include "base/mem.h"
#include "base/timefmt.h"
#include "os/clock.h"
#include "os/random.h"
#include "proto/json_in.h"
#include "schema/param.h"
#include "server/handlers.h"
#include "server/hunts.h"
#include "server/render.h"
#include "server/worker.h"

/* ---------------------------------------------------------------- reading */

static int list(struct reading *r, struct err *err)
{
    const struct store_hunt_filter *filter = r->filter;
    struct store_hunt_list found;
    int rc = store_hunt_list(r->tx, filter, &r->page, &r->arena, &found, err);
    if (rc)
        return rc;
    render_list_begin(&r->json);
    for (size_t i = 0; i < found.len; i++)
        render_hunt(&found.items[i], false, &r->json);
    render_list_end(&r->json, found.next);
    return 0;
}

void hunts_list(struct call *c)
{
    struct store_hunt_filter filter = {0};
    struct store_page page = {0};
    if (call_page(c, &page) || call_query(c, "created_by", &filter.created_by) ||
        call_filter(c, "state", hunt_state_names, HUNT_STATE_COUNT, &filter.states))
        return;
    reply_read(c, list, &filter, &page);
}

static int find(struct store_tx *tx, struct str id, struct arena *arena, struct store_hunt *ret,
                struct err *err)
{
    int rc = store_hunt_get(tx, id, arena, ret, err);
    return rc == E_NOT_FOUND ? err_set(err, rc, "there is no hunt '%.*s'", STR_FMT(id)) : rc;
}

static int get(struct store_tx *tx, struct str id, struct buf *out, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_hunt hunt;
    struct json_out j = {.out = out};
    int rc = find(tx, id, &arena, &hunt, err);
    if (rc == 0)
        render_hunt(&hunt, true, &j);
    return rc;
}

static int read_one(struct reading *r, struct err *err)
{
    return get(r->tx, r->call->match.params[0], r->json.out, err);
}

void hunts_get(struct call *c)
{
    reply_read(c, read_one, NULL, NULL);
}

static int results(struct reading *r, struct err *err)
{
    const struct store_hunt_result_filter *filter = r->filter;
    struct store_hunt hunt;
    struct store_hunt_result_list found;
    int rc = find(r->tx, filter->hunt, &r->arena, &hunt, err);
    if (rc == 0)
        rc = store_hunt_result_list(r->tx, filter, &r->page, &r->arena, &found, err);
    if (rc)
        return rc;
    render_list_begin(&r->json);
    for (size_t i = 0; i < found.len; i++)
        json_raw(&r->json, found.items[i].json);
    render_list_end(&r->json, found.next);
    return 0;
}

void hunts_results(struct call *c)
{
    struct store_hunt_result_filter filter = {.hunt = c->match.params[0]};
    struct store_page page = {0};
    if (call_page(c, &page) || call_query(c, "rule", &filter.rule_id) ||
        call_query(c, "device", &filter.device))
        return;
    reply_read(c, results, &filter, &page);
}

/* ---------------------------------------------------------------- starting */

/* One hunt between its request and its answer. */
struct starting {
    struct call *call; /* the request waits */
    struct hunt_task *task;
    int rc;
    struct err err;
};

static int read_time(const json_t *body, const char *key, struct arena *arena, int64_t *ret_ns,
                     struct err *err)
{
    struct str text;
    int rc = json_in_text(body, key, false, 64, arena, &text, err);
    if (rc || text.len == 0)
        return rc;
    if (timefmt_parse(text, ret_ns))
        return err_set(err, E_PARSE, "member '%s': expected a time such as 2026-01-31T08:00:00Z",
                       key);
    return 0;
}

static int read_text(const json_t *body, struct hunt_task *t, struct err *err)
{
    size_t most = (size_t)param_default(PARAM_HUNT_TEXT_BYTES);
    struct str expression;
    struct str rules;
    int rc = json_in_text(body, "expression", false, most, &t->arena, &expression, err);
    if (rc == 0)
        rc = json_in_text(body, "rules", false, most, &t->arena, &rules, err);
    if (rc)
        return rc;
    if ((expression.len > 0) == (rules.len > 0))
        return err_set(err, E_PARSE, "one of the members 'expression' and 'rules' must be there");
    t->record.kind = expression.len ? STR("expression") : STR("rules");
    t->text = expression.len ? expression : rules;
    return 0;
}

static int read_devices(const json_t *body, struct hunt_task *t, struct err *err)
{
    const json_t *devices = json_object_get(body, "devices");
    size_t len = json_array_size(devices);
    size_t most = (size_t)param_default(PARAM_ACTION_DEVICES_MOST);
    if (!devices || json_is_null(devices))
        return 0;
    if (!json_is_array(devices) || len > most)
        return err_set(err, E_PARSE, "member 'devices' must be a list of at most %zu ids", most);
    struct str *ids = arena_array(&t->arena, len + 1, sizeof *ids);
    if (!ids)
        return E_NOMEM;
    for (size_t i = 0; i < len; i++) {
        const json_t *id = json_array_get(devices, i);
        if (!json_is_string(id) || json_string_length(id) > STORE_ID_BYTES)
            return err_set(err, E_PARSE, "member 'devices'[%zu] must be a device id", i);
        ids[i] = arena_str(&t->arena, str_n(json_string_value(id), json_string_length(id)));
        if (!ids[i].ptr)
            return E_NOMEM;
    }
    t->devices = ids;
    t->devices_len = len;
    return json_in_raw(body, "devices", 1 << 20, &t->arena, &t->record.devices_json, err);
}

static int read_hunt(const json_t *body, const struct actor *by, struct hunt_task *t,
                     struct err *err)
{
    struct buf id CLEANUP(buf_done) = {0};
    int64_t per_rule = 0;
    random_uuid_add(&id);
    t->record.id = arena_str(&t->arena, buf_str(&id));
    t->record.created_by = arena_str(&t->arena, by->name);
    t->record.created_ns = clock_wall_ns();
    t->record.state = HUNT_QUEUED;
    if (!t->record.id.ptr || !t->record.created_by.ptr)
        return E_NOMEM;
    int rc = read_text(body, t, err);
    if (rc == 0)
        rc = read_time(body, "since", &t->arena, &t->record.since_ns, err);
    if (rc == 0)
        rc = read_time(body, "until", &t->arena, &t->record.until_ns, err);
    if (rc == 0)
        rc = json_in_int(body, "results_per_rule", false, 0, &per_rule, err);
    if (rc == 0 && (per_rule < 0 || per_rule > param_default(PARAM_HUNT_RESULTS)))
        rc = err_set(err, E_PARSE, "member 'results_per_rule' must be from 0 to %lld",
                     (long long)param_default(PARAM_HUNT_RESULTS));
    t->results_per_rule = (uint32_t)per_rule;
    return rc ? rc : read_devices(body, t, err);
}

static void starting_end(struct starting *s)
{
    job_release(s->call->server);
    hunt_task_free(s->task);
    mem_free(s);
}

static void refuse(struct starting *s, int rc)
{
    struct call *c = s->call;
    struct err err = s->err;
    hunts_release(c->server->hunts);
    starting_end(s);
    reply_err(c, rc, &err);
}

static void compile(void *arg)
{
    struct starting *s = arg;
    s->rc = hunt_task_compile(s->task, &s->err);
}

static int check_devices(struct store_tx *tx, const struct hunt_task *t, struct err *err)
{
    for (size_t i = 0; i < t->devices_len; i++) {
        struct arena arena CLEANUP(arena_done) = {0};
        struct store_device device;
        int rc = store_device_get(tx, t->devices[i], &arena, &device, err);
        if (rc == E_NOT_FOUND)
            return err_set(err, rc, "there is no device '%.*s'", STR_FMT(t->devices[i]));
        if (rc)
            return rc;
    }
    return 0;
}

static int create_work(struct store_tx *tx, struct job *j, struct err *err)
{
    const struct starting *s = j->data;
    const struct store_hunt *r = &s->task->record;
    struct buf detail CLEANUP(buf_done) = {0};
    struct json_out audit = {.out = &detail};
    struct json_out out = {.out = &j->out};
    json_object_begin(&audit);
    json_kv_str(&audit, "kind", r->kind);
    json_kv_str(&audit, "title", r->title);
    json_kv_uint(&audit, "devices", s->task->devices_len);
    json_object_end(&audit);
    int rc = buf_check(&detail);
    if (rc == 0)
        rc = check_devices(tx, s->task, err);
    if (rc == 0)
        rc = store_hunt_prune(tx, (uint32_t)param_default(PARAM_HUNTS_KEPT) - 1, err);
    if (rc == 0)
        rc = store_hunt_put(tx, r, err);
    if (rc == 0)
        rc = actor_audit(tx, &j->actor, r->created_ns, "hunt.create", "hunt", r->id,
                         buf_str(&detail), err);
    if (rc == 0)
        render_hunt(r, true, &out);
    return rc;
}

static void created(struct job *j)
{
    struct starting *s = j->data;
    struct call *c = s->call;
    if (j->rc) {
        s->err = j->err;
        refuse(s, j->rc);
        return;
    }
    hunts_queue(c->server->hunts, TAKE(s->task));
    starting_end(s);
    reply_json(c, 201, &j->out);
}

static void compiled(struct loop *loop, void *arg)
{
    struct starting *s = arg;
    struct call *c = s->call;
    (void)loop;
    if (s->rc) {
        refuse(s, s->rc);
        return;
    }
    struct job *j = job_new(c->server, NULL, create_work, created, s);
    if (!j) {
        refuse(s, E_NOMEM);
        return;
    }
    j->actor = c->actor; /* lives as long as the request, which waits */
    job_start(j);
}

void hunts_create(struct call *c)
{
    json_t *body CLEANUP(json_in_freep) = call_body(c);
    struct err err = {0};
    if (!body)
        return;
    struct starting *s = mem_calloc(1, sizeof *s);
    struct hunt_task *task = s ? hunt_task_new() : NULL;
    int rc = task ? read_hunt(body, &c->actor, task, &err) : E_NOMEM;
    if (rc == 0)
        rc = hunts_reserve(c->server->hunts, &err);
    if (rc) {
        hunt_task_free(task);
        mem_free(s);
        reply_err(c, rc, &err);
        return;
    }
    job_hold(c->server);
    s->call = c;
    s->task = task;
    rc = worker_run(c->server->worker, compile, compiled, s);
    if (rc)
        refuse(s, rc);
}

/* ---------------------------------------------------------------- cancelling */

static int cancel_work(struct store_tx *tx, struct job *j, struct err *err)
{
    struct str id = *(const struct str *)j->data;
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_hunt hunt;
    int rc = find(tx, id, &arena, &hunt, err);
    if (rc)
        return rc;
    /* Of one that has ended by itself in the meantime there is nothing to end. */
    if (hunt.state == HUNT_QUEUED || hunt.state == HUNT_RUNNING)
        rc = actor_audit(tx, &j->actor, clock_wall_ns(), "hunt.cancel", "hunt", id, STR(""), err);
    return rc ? rc : get(tx, id, &j->out, err);
}

/* It ends by itself soon, and says so in its record. */
static void cancel_done(struct job *j)
{
    if (j->rc == 0)
        (void)hunts_end(j->server->hunts, *(const struct str *)j->data);
    job_reply(j);
}

void hunts_cancel(struct call *c)
{
    struct job *j = job_new(c->server, c, cancel_work, cancel_done, NULL);
    if (!j)
        return;
    struct str *id = arena_alloc(&j->arena, sizeof *id);
    if (id)
        *id = arena_str(&j->arena, c->match.params[0]);
    if (!id || !id->ptr) {
        job_refuse(j, E_NOMEM, NULL);
        return;
    }
    j->data = id;
    job_start(j);
}
