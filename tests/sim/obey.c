/* Orders carried out in simulation. Verification, replay protection and the command log are those
 * of every device (device/orders.h); here is only what an accepted order does. See mac.h. */
#include "base/arena.h"
#include "codec/json_out.h"
#include "mac.h"
#include "os/log.h"
#include "proto/action_args.h"
#include "proto/json_in.h"
#include "schema/action.h"
#include "schema/param.h"

static void on_ack(void *arg, struct str action)
{
    link_ack(arg, action);
}

static void on_result(void *arg, const struct agent_result *r)
{
    link_result(arg, r);
}

static void on_changed(void *arg)
{
    link_health(arg);
}

static bool in_force(void *arg, uint64_t generation)
{
    const struct mac *m = arg;
    return m->generation >= generation;
}

/* ---------------------------------------------------------------- actions */

static int contain(struct mac *m, const struct command *c, bool isolate, struct err *err)
{
    bool before = m->isolated;
    uint64_t generation = m->generation;
    player_flush(m); /* what happened before the order happened before it */
    m->isolated = isolate;
    m->generation = c->generation;
    int rc = saved_store(m, err);
    if (rc) {
        m->isolated = before;
        m->generation = generation;
        return rc;
    }
    log_info(isolate ? "isolated, what needs the network stops" : "released, the network is back",
             KV_CSTR("host", m->persona.host), KV_INT("generation", (int64_t)c->generation));
    link_observed(m);
    return 0;
}

static void add_killed(struct str executable, int64_t pid, int64_t generation, unsigned killed,
                       struct buf *json)
{
    struct json_out j = {.out = json};
    json_object_begin(&j);
    json_key(&j, "processes");
    json_array_begin(&j);
    if (killed) {
        json_object_begin(&j);
        json_kv_int(&j, "pid", pid);
        json_kv_int(&j, "generation", generation);
        json_kv_cstr(&j, "outcome", "killed");
        json_kv_str(&j, "executable", executable);
        json_object_end(&j);
    }
    json_array_end(&j);
    json_kv_bool(&j, "already_gone", killed == 0);
    json_kv_uint(&j, "ended", killed);
    json_object_end(&j);
}

static int kill_process(struct mac *m, const json_t *args, struct buf *json, struct err *err)
{
    struct buf executable CLEANUP(buf_done) = {0};
    int64_t pid = json_integer_value(json_object_get(args, "pid"));
    int64_t generation = json_integer_value(json_object_get(args, "generation"));
    const char *boot = json_string_value(json_object_get(args, "boot"));
    unsigned killed = 0;
    if (!boot || !str_eq_nocase(str_of(boot), str_of(m->persona.boot)))
        return err_set(err, E_STATE, "the order is for a process of another boot");
    int rc = player_kill(m, pid, (uint64_t)generation, json_is_true(json_object_get(args, "tree")),
                         &executable, &killed);
    if (rc)
        return err_set(err, rc, "out of memory");
    log_info(killed ? "process killed, its story ends here" : "no such process any more",
             KV_CSTR("host", m->persona.host), KV_INT("pid", pid),
             KV_STR("executable", buf_str(&executable)));
    add_killed(buf_str(&executable), pid, generation, killed, json);
    return buf_check(json) ? err_set(err, E_NOMEM, "out of memory") : 0;
}

static int show(struct mac *m, const json_t *args, struct buf *json, struct err *err)
{
    struct json_out j = {.out = json};
    const char *text = json_string_value(json_object_get(args, "text"));
    log_info("message shown", KV_CSTR("host", m->persona.host), KV_CSTR("user", m->persona.user),
             KV_CSTR("text", text ? text : ""));
    json_object_begin(&j);
    json_key(&j, "shown");
    json_array_begin(&j);
    json_object_begin(&j);
    json_kv_cstr(&j, "user", m->persona.user);
    json_kv_cstr(&j, "where", "desktop (simulated)");
    json_object_end(&j);
    json_array_end(&j);
    json_kv_int(&j, "failed", 0);
    json_object_end(&j);
    return buf_check(json) ? err_set(err, E_NOMEM, "out of memory") : 0;
}

/* "lifeline" was added by the server's signer; the requester's part is checked against the row. */
static int read_args(const struct action_row *row, struct str text, json_t **ret, struct err *err)
{
    int rc = json_in_object(text.len ? text : STR("{}"),
                            (size_t)param_default(PARAM_COMMAND_ARGS_BYTES), ret, err);
    if (rc)
        return rc;
    if (row->desired_state)
        (void)json_object_del(*ret, "lifeline");
    char *written = json_dumps(*ret, JSON_COMPACT);
    if (!written)
        return err_set(err, E_NOMEM, "out of memory");
    rc = action_args_check(row, str_of(written), err);
    free(written);
    return rc;
}

static int carry_out(struct mac *m, const struct command *c, struct buf *json, struct err *err)
{
    json_t *args CLEANUP(json_in_freep) = NULL;
    const struct action_row *row = action_row_find(c->name);
    if (!row)
        return err_set(err, E_NOT_FOUND, "this Mac has no action '%.*s'",
                       STR_FMT(str_sub(c->name, 0, 64)));
    int rc = read_args(row, c->arguments, &args, err);
    if (rc)
        return rc;
    if (str_is(c->name, "isolate") || str_is(c->name, "release"))
        return contain(m, c, str_is(c->name, "isolate"), err);
    if (str_is(c->name, "kill"))
        return kill_process(m, args, json, err);
    if (str_is(c->name, "message"))
        return show(m, args, json, err);
    return err_set(err, E_UNSUPPORTED, "'%.*s' is not simulated", STR_FMT(c->name));
}

static void on_run(void *arg, const struct command *c)
{
    struct mac *m = arg;
    struct buf json CLEANUP(buf_done) = {0};
    struct err err = {0};
    link_started(m, c->action);
    int rc = carry_out(m, c, &json, &err);
    const char *state = rc == 0                                             ? "succeeded"
                        : rc == E_ARG || rc == E_PARSE || rc == E_NOT_FOUND ? "refused"
                                                                            : "failed";
    struct agent_result r = {c->action, str_of(state), str_of(rc ? err.message : ""),
                             json.len ? buf_str(&json) : STR("{}")};
    orders_finish(m->orders, &r);
}

const struct orders_hooks obey_hooks = {on_ack, on_run, on_result, on_changed, in_force};
