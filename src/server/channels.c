/* Registry and conversation of held device connections. See channels.h; messages: proto/channel.h.
 * What a device says becomes a job on the writer thread; what waits for it is read from the store
 * and sent. An order counts as delivered when the device acknowledged it, so a connection that
 * breaks loses none. */
#include "server/channels.h"

#include "base/map.h"
#include "base/mem.h"
#include "fleet/device.h"
#include "net/ws_conn.h"
#include "os/clock.h"
#include "os/log.h"
#include "proto/channel.h"
#include "proto/json_in.h"
#include "server/handlers.h"
#include "server/signer.h"

struct channel {
    struct channels *owner;
    struct ws_conn *ws;
    struct str device; /* in `arena` */
    struct str address;
    struct arena arena;
    struct map sent;       /* action ids sent on this connection; keys in `sent_ids` */
    struct arena sent_ids; /* bounded by the life of a connection */
    bool greeted;
    bool closing;
};

struct channels {
    struct server *server;
    struct map by_device; /* device id -> struct channel */
};

int channels_new(struct server *s, struct channels **ret_channels)
{
    struct channels *c = mem_calloc(1, sizeof *c);
    if (!c)
        return E_NOMEM;
    c->server = s;
    *ret_channels = c;
    return 0;
}

static void channel_free(struct channel *ch)
{
    map_done(&ch->sent);
    arena_done(&ch->sent_ids);
    arena_done(&ch->arena);
    mem_free(ch);
}

void channels_free(struct channels *c)
{
    if (!c)
        return;
    size_t pos = 0;
    for (struct map_slot *slot = map_next(&c->by_device, &pos); slot;
         slot = map_next(&c->by_device, &pos))
        channel_free((struct channel *)(uintptr_t)slot->value);
    map_done(&c->by_device);
    mem_free(c);
}

bool channels_online(const struct channels *c, struct str device)
{
    const struct channel *ch = map_find_ptr(&c->by_device, device);
    return ch && ch->greeted;
}

size_t channels_len(const struct channels *c)
{
    return c->by_device.len;
}

static void close_channel(struct channel *ch, uint16_t code, const char *reason)
{
    if (ch->closing)
        return;
    ch->closing = true;
    ws_conn_close(ch->ws, code, reason);
}

static int send_msg(struct channel *ch, const struct channel_msg *m)
{
    struct buf text CLEANUP(buf_done) = {0};
    int rc = ch->closing ? E_CLOSED : channel_write(m, &text);
    if (rc == 0)
        rc = ws_conn_send(ch->ws, true, buf_str(&text));
    if (rc && rc != E_CLOSED)
        close_channel(ch, WS_CLOSE_POLICY, "the device does not keep up");
    return rc;
}

/* ---------------------------------------------------------------- orders */

static int send_order(struct channel *ch, const struct store_action *a)
{
    if (map_find(&ch->sent, a->id, NULL))
        return 0;
    struct channel_msg m = {.type = CHANNEL_COMMAND, .envelope = a->envelope};
    int rc = send_msg(ch, &m);
    struct str id = rc ? (struct str){0} : arena_str(&ch->sent_ids, a->id);
    if (rc == 0)
        rc = id.ptr ? map_put(&ch->sent, id, 1) : E_NOMEM;
    if (rc == 0)
        log_info("order sent", KV_STR("device", ch->device), KV_STR("action", a->id),
                 KV_STR("name", a->name));
    return rc;
}

static void send_pending(struct channel *ch)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_action *actions;
    size_t len;
    struct err err = {0};
    if (!ch->greeted || ch->closing)
        return;
    int rc = store_read_begin(ch->owner->server->store, &tx, &err);
    if (rc == 0)
        rc = action_pending(tx, ch->device, clock_wall_ns(), &arena, &actions, &len, &err);
    for (size_t i = 0; rc == 0 && i < len; i++)
        rc = send_order(ch, &actions[i]);
    if (rc && rc != E_CLOSED)
        log_err(LOG_ERROR, "orders could not be sent", &err);
}

void channels_wake(struct channels *c, struct str device)
{
    struct channel *ch = map_find_ptr(&c->by_device, device);
    if (ch)
        send_pending(ch);
}

static void announce(struct channel *ch)
{
    struct channel_msg m = {.type = CHANNEL_VERSIONS,
                            .ruleset_version = str_of(ch->owner->server->ruleset_version),
                            .plan_version = str_of(ch->owner->server->plan_version)};
    if (ch->greeted)
        (void)!send_msg(ch, &m);
}

void channels_announce(struct channels *c)
{
    size_t pos = 0;
    for (struct map_slot *slot = map_next(&c->by_device, &pos); slot;
         slot = map_next(&c->by_device, &pos))
        announce((struct channel *)(uintptr_t)slot->value);
}

void channels_revoke(struct channels *c, struct str device)
{
    struct channel *ch = map_find_ptr(&c->by_device, device);
    struct channel_msg m = {.type = CHANNEL_REVOKED};
    if (!ch)
        return;
    (void)!send_msg(ch, &m);
    close_channel(ch, WS_CLOSE_POLICY, "revoked");
}

/* ---------------------------------------------------------------- what the device says */

/** A message on its way to the store. */
struct said {
    struct str device;
    struct str address;
    struct channel_msg m;
};

static enum isolation isolation_of(const struct channel_msg *m)
{
    if (m->isolation_generation == 0)
        return ISOLATION_NONE;
    return str_is(m->isolation_state, "isolated") ? ISOLATION_ISOLATED : ISOLATION_RELEASED;
}

static int hello_work(struct store_tx *tx, const struct said *said, int64_t now, struct err *err)
{
    struct device_report report = {.agent_version = said->m.agent_version};
    int rc = store_device_seen(tx, said->device, now, said->address, 0, err);
    if (rc == 0)
        rc = device_facts(tx, said->device, &report, now, err);
    if (rc == 0)
        rc = action_observed(tx, said->device, isolation_of(&said->m),
                             (int64_t)said->m.isolation_generation, now, err);
    return rc;
}

static struct str member(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_string(v) ? str_n(json_string_value(v), json_string_length(v)) : (struct str){0};
}

static int facts_work(struct store_tx *tx, const struct said *said, int64_t now, struct err *err)
{
    json_error_t ignored;
    json_t *o CLEANUP(json_in_freep) = json_loadb(said->m.body.ptr, said->m.body.len, 0, &ignored);
    struct device_report report = {.facts_json = said->m.body,
                                   .hostname = member(o, "hostname"),
                                   .os_version = member(o, "os_version")};
    return device_facts(tx, said->device, &report, now, err);
}

static int said_work(struct store_tx *tx, struct job *j, struct err *err)
{
    const struct said *said = j->data;
    const struct channel_msg *m = &said->m;
    struct device_report report = {0};
    int64_t now = clock_wall_ns();
    switch (m->type) {
    case CHANNEL_HELLO:
        return hello_work(tx, said, now, err);
    case CHANNEL_ACK:
        return action_delivered(tx, said->device, m->action, now, err);
    case CHANNEL_STARTED:
        return action_report(tx, said->device, m->action, ACTION_RUNNING, STR(""), now, err);
    case CHANNEL_RESULT:
        return action_report(tx, said->device, m->action, action_state_find(m->state), m->body, now,
                             err);
    case CHANNEL_OBSERVED:
        return action_observed(tx, said->device, isolation_of(m), (int64_t)m->isolation_generation,
                               now, err);
    case CHANNEL_FACTS:
        return facts_work(tx, said, now, err);
    case CHANNEL_HEALTH:
        report.health_json = m->body;
        return device_facts(tx, said->device, &report, now, err);
    default:
        return err_set(err, E_DENIED, "message '%s' is not a device's to send",
                       channel_type_name(m->type));
    }
}

static void said_done(struct job *j)
{
    const struct said *said = j->data;
    struct channel *ch = map_find_ptr(&j->server->channels->by_device, said->device);
    if (j->rc)
        log_warn("a device's message was not accepted", KV_STR("device", said->device),
                 KV_CSTR("type", channel_type_name(said->m.type)), KV_CSTR("code", err_name(j->rc)),
                 KV_CSTR("reason", j->err.message));
    if (!ch)
        return;
    if (said->m.type == CHANNEL_HELLO && j->rc == 0)
        ch->greeted = true;
    send_pending(ch);
}

/* The signed time goes out at once: its age would be the device's error. */
static int send_welcome(struct channel *ch, const struct channel_msg *hello, struct err *err)
{
    struct server *s = ch->owner->server;
    struct buf envelope CLEANUP(buf_done) = {0};
    int rc = signer_clock(s, ch->device, hello->challenge, &envelope, err);
    if (rc)
        return rc;
    struct channel_msg m = {.type = CHANNEL_WELCOME,
                            .envelope = buf_str(&envelope),
                            .ruleset_version = str_of(s->ruleset_version),
                            .plan_version = str_of(s->plan_version)};
    return send_msg(ch, &m);
}

/* A result's reason belongs into the stored result: {"message": ..., "result": {...}} */
static int wrap_result(struct channel_msg *m, struct arena *arena)
{
    struct buf text CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &text};
    json_object_begin(&j);
    json_kv_str(&j, "message", m->reason);
    json_key(&j, "result");
    json_raw(&j, m->body.len ? m->body : STR("{}"));
    json_object_end(&j);
    m->body = arena_str(arena, buf_str(&text));
    return m->body.ptr ? 0 : E_NOMEM;
}

static void on_message(struct ws_conn *ws, bool is_text, struct str payload, void *arg)
{
    struct channel *ch = arg;
    struct server *s = ch->owner->server;
    struct err err = {0};
    (void)ws;
    struct job *j = is_text ? job_new(s, NULL, said_work, said_done, NULL) : NULL;
    struct said *said = j ? arena_alloc(&j->arena, sizeof *said) : NULL;
    if (!said) {
        if (j)
            job_refuse(j, E_NOMEM, NULL);
        close_channel(ch, is_text ? WS_CLOSE_INTERNAL : WS_CLOSE_UNSUPPORTED, "text only");
        return;
    }
    j->data = said;
    int rc = channel_read(payload, &j->arena, &said->m, &err);
    said->device = arena_str(&j->arena, ch->device);
    said->address = arena_str(&j->arena, ch->address);
    if (rc == 0 && (!said->device.ptr || !said->address.ptr))
        rc = E_NOMEM;
    if (rc == 0 && said->m.type == CHANNEL_HELLO)
        rc = send_welcome(ch, &said->m, &err);
    if (rc == 0 && said->m.type == CHANNEL_RESULT)
        rc = wrap_result(&said->m, &j->arena);
    if (rc) {
        log_warn("device channel closed", KV_STR("device", ch->device),
                 KV_CSTR("code", err_name(rc)), KV_CSTR("reason", err.message));
        job_refuse(j, rc, &err);
        close_channel(ch, WS_CLOSE_POLICY, "a message was malformed");
        return;
    }
    job_start(j);
}

static void on_close(struct ws_conn *ws, uint16_t code, void *arg)
{
    struct channel *ch = arg;
    struct channels *c = ch->owner;
    (void)ws;
    log_info("device disconnected", KV_STR("device", ch->device), KV_INT("code", code));
    if (map_find_ptr(&c->by_device, ch->device) == ch)
        (void)map_remove(&c->by_device, ch->device);
    channel_free(ch);
}

static const struct ws_conn_handler ws_handler = {on_message, NULL, on_close};

/* ---------------------------------------------------------------- accepting */

static struct channel *channel_new(struct call *call)
{
    struct channel *ch = mem_calloc(1, sizeof *ch);
    if (!ch)
        return NULL;
    ch->owner = call->server->channels;
    ch->device = arena_str(&ch->arena, call->device.id);
    ch->address = arena_str(&ch->arena, call->actor.address);
    if (!ch->device.ptr || !ch->address.ptr) {
        channel_free(ch);
        return NULL;
    }
    return ch;
}

void channels_accept(struct call *call)
{
    struct channels *c = call->server->channels;
    struct channel *ch = channel_new(call);
    struct channel *old = map_find_ptr(&c->by_device, call->device.id);
    if (!ch) {
        http_answer_problem(call->req, 0, E_NOMEM, NULL);
        return;
    }
    /* The newer connection wins: the older is most likely dead and not noticed yet. */
    if (old) {
        (void)map_remove(&c->by_device, old->device);
        close_channel(old, WS_CLOSE_GOING_AWAY, "a newer connection of this device");
    }
    if (map_put_ptr(&c->by_device, ch->device, ch) != 0) {
        channel_free(ch);
        http_answer_problem(call->req, 0, E_NOMEM, NULL);
        return;
    }
    struct ws_conn_options options = {.handler = &ws_handler, .arg = ch};
    if (http_answer_upgrade(call->req, NULL, &options, &ch->ws) != 0) {
        (void)map_remove(&c->by_device, ch->device);
        channel_free(ch);
        return;
    }
    log_info("device connected", KV_STR("device", ch->device), KV_STR("address", ch->address));
}

/* ---------------------------------------------------------------- the route */

static int promote_work(struct store_tx *tx, struct job *j, struct err *err)
{
    return device_promote(tx, j->call->device.id, str_of(j->data), clock_wall_ns(), err);
}

static void promoted(struct job *j)
{
    if (j->rc)
        job_reply(j);
    else
        channels_accept(j->call);
}

void device_call_channel(struct call *c)
{
    const struct tls_peer *peer = http_req_tls_peer(c->req);
    if (!c->promote || !peer) {
        channels_accept(c);
        return;
    }
    struct job *j = job_new(c->server, c, promote_work, promoted, NULL);
    if (!j)
        return;
    j->data = arena_cstr(&j->arena, str_of(peer->fingerprint_hex));
    if (j->data)
        job_start(j);
    else
        job_refuse(j, E_NOMEM, NULL);
}
