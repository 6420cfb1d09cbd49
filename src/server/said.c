/* What a device says on its channel: each message becomes a job on the writer thread. Until the
 * job is done the connection is paused, so that a device that talks without end fills its own
 * socket and not the store's queue. See channels_priv.h; messages: proto/channel.h. */
#include "fleet/device.h"
#include "os/clock.h"
#include "os/log.h"
#include "proto/json_in.h"
#include "server/channels_priv.h"
#include "server/signer.h"
#include "server/stream.h"

/** A message on its way to the store. */
struct said {
    struct str device;
    struct str address;
    uint64_t serial; /* of the connection it came on */
    struct channel_msg m;
};

/* ---------------------------------------------------------------- writer thread */

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
    json_t *o CLEANUP(json_in_freep) = NULL;
    int rc = json_in_object(said->m.body, said->m.body.len, &o, err);
    if (rc)
        return rc;
    struct device_report report = {.facts_json = said->m.body,
                                   .hostname = member(o, "hostname"),
                                   .os_version = member(o, "os_version")};
    return device_facts(tx, said->device, &report, now, err);
}

/* It may have left the fleet since its connection was accepted. */
static int check_enrolled(struct store_tx *tx, struct str id, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_device device;
    int rc = store_device_get(tx, id, &arena, &device, err);
    if (rc == 0 && device.state != DEVICE_ENROLLED)
        rc = err_set(err, E_DENIED, "the device is %s", device_state_names[device.state].ptr);
    return rc;
}

static int work(struct store_tx *tx, struct job *j, struct err *err)
{
    const struct said *said = j->data;
    const struct channel_msg *m = &said->m;
    struct device_report report = {0};
    int64_t now = clock_wall_ns();
    int rc = check_enrolled(tx, said->device, err);
    if (rc)
        return rc;
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
        return err_set(err, E_INTERNAL, "message '%s' has no work", channel_type_name(m->type));
    }
}

/* ---------------------------------------------------------------- loop thread */

/* Did the store fail, and not the message? Then the device must say it again. */
static bool is_lost(int rc)
{
    return rc == E_AGAIN || rc == E_FULL || rc == E_IO || rc == E_NOMEM || rc == E_CLOSED;
}

/* From now on it counts as online. */
static void greeted(struct channel *ch)
{
    ch->greeted = true;
    stream_device(ch->owner->server->stream, ch->device);
}

static void done(struct job *j)
{
    const struct said *said = j->data;
    struct channel *ch = channels_find(j->server->channels, said->device, said->serial);
    bool is_hello = said->m.type == CHANNEL_HELLO;
    j->server->refused_messages += j->rc != 0;
    if (j->rc)
        log_warn("a device's message was not accepted", KV_STR("device", said->device),
                 KV_CSTR("type", channel_type_name(said->m.type)), KV_CSTR("code", err_name(j->rc)),
                 KV_CSTR("reason", j->err.message));
    if (!ch)
        return;
    if (is_lost(j->rc))
        channels_close(ch, WS_CLOSE_INTERNAL, "the message was not stored: say it again");
    else if (j->rc && is_hello)
        channels_close(ch, WS_CLOSE_POLICY, "the greeting was refused");
    else if (j->rc == E_DENIED)
        channels_close(ch, WS_CLOSE_POLICY, "refused");
    else if (is_hello)
        greeted(ch);
    ws_conn_resume(ch->ws);
    channels_send_pending(ch);
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
    return channels_send(ch, &m);
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

static bool is_from_device(enum channel_type type)
{
    return type == CHANNEL_HELLO || type == CHANNEL_ACK || type == CHANNEL_STARTED ||
           type == CHANNEL_RESULT || type == CHANNEL_OBSERVED || type == CHANNEL_FACTS ||
           type == CHANNEL_HEALTH;
}

static int take(struct channel *ch, struct str payload, struct arena *arena, struct said *said,
                struct err *err)
{
    int rc = channel_read(payload, arena, &said->m, err);
    if (rc)
        return rc;
    if (!is_from_device(said->m.type))
        return err_set(err, E_DENIED, "message '%s' is not a device's to send",
                       channel_type_name(said->m.type));
    if (said->m.type != CHANNEL_HELLO && !ch->hello_seen)
        return err_set(err, E_STATE, "the first message is '%s', expected hello",
                       channel_type_name(said->m.type));
    said->serial = ch->serial;
    said->device = arena_str(arena, ch->device);
    said->address = arena_str(arena, ch->address);
    if (!said->device.ptr || !said->address.ptr)
        return E_NOMEM;
    if (said->m.type == CHANNEL_HELLO)
        rc = send_welcome(ch, &said->m, err);
    else if (said->m.type == CHANNEL_RESULT)
        rc = wrap_result(&said->m, arena);
    return rc;
}

void said_message(struct channel *ch, bool is_text, struct str payload)
{
    struct err err = {0};
    if (!is_text) {
        channels_close(ch, WS_CLOSE_UNSUPPORTED, "text only");
        return;
    }
    struct job *j = job_new(ch->owner->server, NULL, work, done, NULL);
    struct said *said = j ? arena_alloc(&j->arena, sizeof *said) : NULL;
    int rc = said ? take(ch, payload, &j->arena, said, &err) : E_NOMEM;
    if (rc) {
        log_warn("device channel closed", KV_STR("device", ch->device),
                 KV_CSTR("code", err_name(rc)), KV_CSTR("reason", err.message));
        if (j)
            job_refuse(j, rc, &err);
        channels_close(ch, rc == E_NOMEM ? WS_CLOSE_INTERNAL : WS_CLOSE_POLICY,
                       rc == E_NOMEM ? "out of memory" : "a message was malformed");
        return;
    }
    ch->hello_seen = true;
    j->data = said;
    ws_conn_pause(ch->ws);
    job_start(j);
}

/* ---------------------------------------------------------------- the end */

static int gone_work(struct store_tx *tx, struct job *j, struct err *err)
{
    const struct said *said = j->data;
    return store_device_seen(tx, said->device, clock_wall_ns(), said->address, 0, err);
}

static void gone_done(struct job *j)
{
    const struct said *said = j->data;
    if (j->rc)
        log_warn("the end of a connection was not noted", KV_STR("device", said->device),
                 KV_CSTR("code", err_name(j->rc)));
}

void said_gone(const struct channel *ch)
{
    struct job *j =
        ch->greeted ? job_new(ch->owner->server, NULL, gone_work, gone_done, NULL) : NULL;
    struct said *said = j ? arena_alloc(&j->arena, sizeof *said) : NULL;
    if (said) {
        said->device = arena_str(&j->arena, ch->device);
        said->address = arena_str(&j->arena, ch->address);
    }
    if (said && said->device.ptr && said->address.ptr) {
        j->data = said;
        job_start(j);
    } else if (j) {
        job_refuse(j, E_NOMEM, NULL);
    }
}
