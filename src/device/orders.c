/* Verification and bookkeeping of commands. See orders.h. */
#include "device/orders.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/text.h"
#include "codec/json_out.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/random.h"
#include "proto/json_in.h"

struct refusal {
    int64_t time_ns;
    char action[COMMAND_ID_MAX + 1];
    char reason[256];
    const char *code;
};

struct orders {
    struct str device;
    const struct command_key *keys;
    size_t keys_len;
    struct cmdlog *log;
    const struct orders_hooks *hooks;
    void *arg;
    char challenge[ORDERS_CHALLENGE_CHARS + 1];
    bool time_known;
    int64_t offset_ns; /* server's wall clock minus our monotonic clock */
    uint64_t accepted;
    uint64_t refused;
    uint64_t replayed;
    struct refusal last[ORDERS_LAST_REFUSED]; /* ring */
    unsigned last_next;
};

static void draw_challenge(struct orders *o)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char raw[ORDERS_CHALLENGE_CHARS / 2];
    random_bytes(raw, sizeof raw);
    for (size_t i = 0; i < sizeof raw; i++) {
        o->challenge[2 * i] = digits[raw[i] >> 4];
        o->challenge[2 * i + 1] = digits[raw[i] & 15];
    }
    o->challenge[ORDERS_CHALLENGE_CHARS] = '\0';
}

int orders_new(struct str device, const struct command_key *keys, size_t keys_len,
               struct cmdlog *log, const struct orders_hooks *hooks, void *arg,
               struct orders **ret_orders)
{
    struct orders *o = mem_calloc(1, sizeof *o);
    if (!o)
        return E_NOMEM;
    *o = (struct orders){.device = device,
                         .keys = keys,
                         .keys_len = keys_len,
                         .log = log,
                         .hooks = hooks,
                         .arg = arg};
    draw_challenge(o);
    *ret_orders = o;
    return 0;
}

void orders_free(struct orders *o)
{
    if (!o)
        return;
    cmdlog_free(o->log);
    mem_free(o);
}

const char *orders_challenge(const struct orders *o)
{
    return o->challenge;
}

int64_t orders_server_now(const struct orders *o)
{
    return o->time_known ? clock_mono_ns() + o->offset_ns : INT64_MIN;
}

static void note_refusal(struct orders *o, struct str action, const struct err *err)
{
    struct refusal *r = &o->last[o->last_next++ % ORDERS_LAST_REFUSED];
    size_t len = action.len < COMMAND_ID_MAX ? action.len : COMMAND_ID_MAX;
    *r = (struct refusal){.time_ns = clock_wall_ns(), .code = err_name(err->code)};
    if (len)
        memcpy(r->action, action.ptr, len);
    (void)memccpy(r->reason, err->message, '\0', sizeof r->reason - 1);
    o->refused++;
}

/* `answer` is false where nothing may be believed of the envelope, not even the action's id. */
static void refuse(struct orders *o, const struct command *c, bool answer, const struct err *err)
{
    struct err ignored;
    struct str action = c ? c->action : STR("");
    struct str name = c ? c->name : STR("");
    note_refusal(o, action, err);
    log_warn("command refused", KV_STR("action", action), KV_STR("name", name),
             KV_CSTR("code", err_name(err->code)), KV_CSTR("reason", err->message));
    if (cmdlog_add(o->log, "refused", action, name, str_of(err->message), 0, 0, &ignored) != 0)
        log_err(LOG_ERROR, "the refusal could not be recorded", &ignored);
    if (answer) {
        struct agent_result r = {action, STR("refused"), str_of(err->message), STR("{}")};
        o->hooks->result(o->arg, &r);
    }
    o->hooks->changed(o->arg);
}

/* The server's answer to our challenge: its issue time is now. */
static int take_clock(struct orders *o, const struct command *c, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    json_t *args CLEANUP(json_in_freep) = NULL;
    struct str challenge;
    int rc = json_in_object(c->arguments, 4096, &args, err);
    if (rc == 0)
        rc = json_in_text(args, "challenge", true, 64, &arena, &challenge, err);
    if (rc)
        return rc;
    if (!str_eq(c->device, o->device))
        return err_set(err, E_DENIED, "clock for device '%.*s'", STR_FMT(c->device));
    if (!str_is(challenge, o->challenge))
        return err_set(err, E_DENIED, "clock with a challenge that is not ours");
    draw_challenge(o);
    o->offset_ns = c->issued_ns - clock_mono_ns();
    o->time_known = true;
    o->hooks->changed(o->arg);
    return 0;
}

/* A repeat never runs again. When it had ended, its end is told once more: the server may have
 * missed it. */
static void repeat(struct orders *o, const struct command *c)
{
    struct err err = {0};
    struct agent_result r = {.action = c->action, .json = STR("{}")};
    o->replayed++;
    (void)err_set(&err, E_EXISTS, "command '%.*s' was received before", STR_FMT(c->action));
    if (cmdlog_find(o->log, c->action, &r.state, &r.reason) && r.state.len) {
        refuse(o, c, false, &err);
        o->hooks->result(o->arg, &r);
        return;
    }
    refuse(o, c, false, &err);
    o->hooks->ack(o->arg, c->action);
}

/* The latest desired state, which an earlier life accepted and did not bring into force. */
static bool was_cut_short(const struct orders *o, const struct command *c)
{
    struct str state;
    struct str reason;
    return c->generation && c->generation == cmdlog_generation(o->log) &&
           cmdlog_find(o->log, c->action, &state, &reason) && state.len == 0 &&
           !o->hooks->in_force(o->arg, c->generation);
}

static int admit(struct orders *o, const struct command *c, bool again, struct err *err)
{
    int rc = command_judge(c, o->device, orders_server_now(o), err);
    if (rc)
        return rc;
    if (c->generation && c->generation <= cmdlog_generation(o->log) && !again)
        return err_set(err, E_STATE, "generation %llu, a later order (%llu) is in force",
                       (unsigned long long)c->generation,
                       (unsigned long long)cmdlog_generation(o->log));
    rc = cmdlog_add(o->log, "accepted", c->action, c->name, c->arguments, c->expires_ns,
                    c->generation, err);
    if (rc && c->generation) {
        log_err(LOG_ERROR, "containment goes on without a record of its order", err);
        err_clear(err);
        rc = 0;
    }
    return rc;
}

void orders_receive(struct orders *o, struct str envelope)
{
    struct command c;
    struct err err = {0};
    if (command_open(envelope, o->keys, o->keys_len, &c, &err) != 0) {
        refuse(o, NULL, false, &err);
        return;
    }
    if (str_is(c.name, "clock")) {
        if (take_clock(o, &c, &err) != 0)
            refuse(o, &c, false, &err);
        return;
    }
    bool seen = str_eq(c.device, o->device) && cmdlog_seen(o->log, c.action);
    bool again = seen && was_cut_short(o, &c);
    if (seen && !again) {
        repeat(o, &c);
        return;
    }
    if (admit(o, &c, again, &err) != 0) {
        refuse(o, &c, err.code != E_DENIED, &err);
        return;
    }
    o->accepted++;
    log_info("command accepted", KV_STR("action", c.action), KV_STR("name", c.name));
    o->hooks->ack(o->arg, c.action);
    o->hooks->run(o->arg, &c);
}

void orders_finish(struct orders *o, const struct agent_result *r)
{
    struct err err = {0};
    struct buf detail CLEANUP(buf_done) = {0};
    buf_add_str(&detail, r->state);
    if (r->reason.len) {
        buf_add_cstr(&detail, ": ");
        buf_add_str(&detail, r->reason);
    }
    log_info("command finished", KV_STR("action", r->action), KV_STR("state", r->state),
             KV_STR("reason", r->reason));
    if (buf_check(&detail) ||
        cmdlog_add(o->log, "finished", r->action, STR(""), buf_str(&detail), 0, 0, &err) != 0)
        log_err(LOG_ERROR, "the command's end could not be recorded", &err);
    o->hooks->result(o->arg, r);
}

struct recovery {
    const struct orders *orders;
    struct buf interrupted; /* ids, a newline after each */
    struct buf in_force;
};

static void sort_out(void *arg, struct str action, uint64_t generation)
{
    struct recovery *r = arg;
    const struct orders *o = r->orders;
    bool in_force = generation && o->hooks->in_force(o->arg, generation);
    if (!in_force && generation && generation == cmdlog_generation(o->log)) {
        log_warn("an order of containment was cut short: it is taken again when it is repeated",
                 KV_STR("action", action));
        return;
    }
    struct buf *list = in_force ? &r->in_force : &r->interrupted;
    buf_add_str(list, action);
    buf_add_char(list, '\n');
}

static void finish_each(struct orders *o, struct str list, struct str state, struct str reason)
{
    struct str action;
    while (str_next(&list, '\n', &action)) {
        struct agent_result r = {action, state, reason, STR("{}")};
        orders_finish(o, &r);
    }
}

void orders_recover(struct orders *o)
{
    struct recovery r = {.orders = o};
    cmdlog_unfinished(o->log, sort_out, &r);
    finish_each(o, buf_str(&r.in_force), STR("succeeded"), STR(""));
    finish_each(o, buf_str(&r.interrupted), STR("interrupted"),
                STR("the agent was restarted while it ran"));
    buf_done(&r.in_force);
    buf_done(&r.interrupted);
}

void orders_health(const struct orders *o, struct json_out *j)
{
    json_kv_uint(j, "accepted", o->accepted);
    json_kv_uint(j, "refused", o->refused);
    json_kv_uint(j, "replayed", o->replayed);
    json_kv_bool(j, "server_time_known", o->time_known);
    if (o->time_known)
        json_kv_int(j, "clock_offset_ms", (clock_wall_ns() - orders_server_now(o)) / 1000000);
    json_key(j, "last_refused");
    json_array_begin(j);
    unsigned from = o->last_next > ORDERS_LAST_REFUSED ? o->last_next - ORDERS_LAST_REFUSED : 0;
    for (unsigned i = from; i < o->last_next; i++) {
        const struct refusal *r = &o->last[i % ORDERS_LAST_REFUSED];
        json_object_begin(j);
        json_kv_time(j, "time", r->time_ns);
        json_kv_cstr(j, "action", r->action);
        json_kv_cstr(j, "code", r->code);
        json_kv_cstr(j, "reason", r->reason);
        json_object_end(j);
    }
    json_array_end(j);
}
