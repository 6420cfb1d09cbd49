/* A Mac's held channel: hello, reports up, commands and versions down, jittered reconnect. See
 * mac.h; messages: proto/channel.h. */
#include <stdio.h>

#include "base/arena.h"
#include "codec/json_out.h"
#include "mac.h"
#include "os/log.h"
#include "proto/channel.h"
#include "sensor/sensor.h"

enum { RETRY_FIRST_MS = 500, RETRY_MOST_MS = 30000, HEALTH_MS = 30000 };

static int say(struct mac *m, const struct channel_msg *message)
{
    struct buf text CLEANUP(buf_done) = {0};
    if (!m->link.ws)
        return E_CLOSED;
    int rc = channel_write(message, &text);
    if (rc == 0)
        rc = ws_conn_send(m->link.ws, true, buf_str(&text));
    if (rc && rc != E_CLOSED)
        log_warn("a message to the server could not be sent", KV_CSTR("host", m->persona.host),
                 KV_CSTR("type", channel_type_name(message->type)), KV_CSTR("code", err_name(rc)));
    return rc;
}

void link_ack(struct mac *m, struct str action)
{
    struct channel_msg message = {.type = CHANNEL_ACK, .action = action};
    (void)!say(m, &message);
}

void link_started(struct mac *m, struct str action)
{
    struct channel_msg message = {.type = CHANNEL_STARTED, .action = action};
    (void)!say(m, &message);
}

void link_result(struct mac *m, const struct agent_result *r)
{
    struct channel_msg message = {.type = CHANNEL_RESULT,
                                  .action = r->action,
                                  .state = r->state,
                                  .reason = r->reason,
                                  .body = r->json};
    (void)!say(m, &message);
}

static void set_isolation(const struct mac *m, struct channel_msg *message)
{
    message->isolation_generation = m->generation;
    message->isolation_state = m->isolated ? STR("isolated") : STR("released");
}

void link_observed(struct mac *m)
{
    struct channel_msg message = {.type = CHANNEL_OBSERVED};
    set_isolation(m, &message);
    if (m->link.greeted)
        (void)!say(m, &message);
}

/* ---------------------------------------------------------------- facts and health */

static void say_facts(struct mac *m)
{
    struct buf text CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &text};
    json_object_begin(&j);
    persona_facts(&m->persona, &j);
    json_object_end(&j);
    struct channel_msg message = {.type = CHANNEL_FACTS, .body = buf_str(&text)};
    if (buf_check(&text) == 0)
        (void)!say(m, &message);
}

static void add_sensor(const struct mac *m, struct json_out *j)
{
    json_key(j, "sensor");
    json_object_begin(j);
    json_kv_cstr(j, "name", "eslogger");
    json_kv_cstr(j, "tier", sensor_tier_name(TIER_ESLOGGER));
    json_kv_bool(j, "running", true);
    json_kv_bool(j, "full_disk_access", true);
    json_kv_uint(j, "records", m->player.record);
    json_kv_uint(j, "lost", 0);
    json_kv_uint(j, "restarts", 0);
    json_kv_bool(j, "paused", false);
    json_kv_cstr(j, "text", "");
    json_object_end(j);
}

/* A Mac without an EndpointSecurity client ends programs once they run. */
static void add_prevention(const struct mac *m, struct json_out *j)
{
    json_key(j, "prevention");
    json_object_begin(j);
    json_kv_cstr(j, "mode", "kill");
    json_kv_cstr(j, "text", "eslogger tells of programs after they started");
    json_kv_uint(j, "killed", m->prevented);
    json_object_end(j);
}

static void add_analyst(const struct mac *m, struct json_out *j)
{
    const struct analysis_stats *s = analysis_stats(m->analysis);
    json_key(j, "analyst");
    json_object_begin(j);
    json_kv_uint(j, "records", s->records);
    json_kv_uint(j, "damaged", s->damaged);
    json_kv_uint(j, "alerts", s->alerts);
    json_kv_uint(j, "suspects", s->suspects);
    json_kv_uint(j, "without_ruleset", s->no_ruleset);
    json_kv_cstr(j, "ruleset", m->ruleset);
    json_object_end(j);
}

static void add_uplink(const struct mac *m, struct json_out *j)
{
    struct spool_stats s;
    spool_stats(m->spool, &s);
    json_key(j, "uplink");
    json_object_begin(j);
    json_kv_bool(j, "connected", m->link.greeted);
    json_kv_uint(j, "waiting_batches", s.waiting_batches);
    json_kv_uint(j, "waiting_events", s.waiting_events);
    json_kv_uint(j, "spool_bytes", s.bytes);
    json_kv_uint(j, "posted", m->mail.posted);
    json_kv_uint(j, "failures", m->mail.failures);
    json_object_end(j);
}

void link_health(struct mac *m)
{
    struct buf text CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &text};
    if (!m->link.greeted)
        return;
    json_object_begin(&j);
    add_sensor(m, &j);
    json_key(&j, "commands");
    json_object_begin(&j);
    orders_health(m->orders, &j);
    json_object_end(&j);
    add_prevention(m, &j);
    add_analyst(m, &j);
    add_uplink(m, &j);
    json_kv_uint(&j, "analyst_restarts", 0);
    json_kv_uint(&j, "uplink_restarts", 0);
    json_kv_cstr(&j, "containment", "");
    json_kv_uint(&j, "containment_reasserted", 0);
    json_object_end(&j);
    struct channel_msg message = {.type = CHANNEL_HEALTH, .body = buf_str(&text)};
    if (buf_check(&text) == 0)
        (void)!say(m, &message);
}

static void health_regularly(struct loop *loop, void *arg)
{
    struct mac *m = arg;
    link_health(m);
    m->link.health_timer =
        loop_timer(loop, HEALTH_MS / 2 + mac_random(m, HEALTH_MS), health_regularly, m);
}

/* ---------------------------------------------------------------- from the server */

static void want(char wanted[HASH_HEX_BYTES], const char *have, struct str version)
{
    if (version.len && version.len < HASH_HEX_BYTES && !str_is(version, have))
        (void)snprintf(wanted, HASH_HEX_BYTES, "%.*s", STR_FMT(version));
}

static void want_files(struct mac *m, const struct channel_msg *message)
{
    want(m->mail.want_ruleset, m->ruleset, message->ruleset_version);
    want(m->mail.want_plan, m->plan, message->plan_version);
    mail_kick(m);
}

/* Due in the last third of its life, by the server's time. */
static void renew_when_due(struct mac *m)
{
    int64_t life = m->cert_until_ns - m->cert_from_ns;
    int64_t now = orders_server_now(m->orders);
    if (now != INT64_MIN && m->cert_until_ns - now <= life / 3)
        m->mail.renew_due = true;
}

static void heard(struct mac *m, const struct channel_msg *message)
{
    switch (message->type) {
    case CHANNEL_WELCOME:
        m->link.pause_ms = 0;
        if (!m->link.welcomed)
            sim_count(m->sim, 1);
        m->link.welcomed = true;
        orders_receive(m->orders, message->envelope);
        renew_when_due(m);
        want_files(m, message);
        break;
    case CHANNEL_COMMAND:
        orders_receive(m->orders, message->envelope);
        break;
    case CHANNEL_VERSIONS:
        want_files(m, message);
        break;
    case CHANNEL_REVOKED:
        log_error("the server has revoked this Mac", KV_CSTR("host", m->persona.host));
        m->link.revoked = true;
        break;
    default:
        log_warn("the server sent what only a device sends", KV_CSTR("host", m->persona.host),
                 KV_CSTR("type", channel_type_name(message->type)));
        break;
    }
}

static void on_message(struct ws_conn *ws, bool is_text, struct str payload, void *arg)
{
    struct mac *m = arg;
    struct arena arena CLEANUP(arena_done) = {0};
    struct channel_msg message;
    struct err err = {0};
    if (!is_text || channel_read(payload, &arena, &message, &err) != 0) {
        log_warn("a message of the server is malformed", KV_CSTR("host", m->persona.host),
                 KV_CSTR("reason", err.message));
        ws_conn_close(ws, WS_CLOSE_POLICY, "malformed");
        return;
    }
    heard(m, &message);
}

/* ---------------------------------------------------------------- connecting */

static void connect_now(struct loop *loop, void *arg)
{
    (void)loop;
    struct mac *m = arg;
    m->link.timer = 0;
    link_connect(m);
}

static void connect_later(struct mac *m)
{
    if (m->link.timer || m->stopping || m->link.revoked)
        return;
    m->link.pause_ms = m->link.pause_ms ? m->link.pause_ms * 2 : RETRY_FIRST_MS;
    if (m->link.pause_ms > RETRY_MOST_MS)
        m->link.pause_ms = RETRY_MOST_MS;
    m->link.timer = loop_timer(m->sim->loop, m->link.pause_ms / 2 + mac_random(m, m->link.pause_ms),
                               connect_now, m);
}

static void on_close(struct ws_conn *ws, uint16_t code, void *arg)
{
    struct mac *m = arg;
    (void)ws;
    if (!m->stopping)
        log_warn("channel closed", KV_CSTR("host", m->persona.host), KV_INT("code", code));
    m->link.ws = NULL;
    m->link.greeted = false;
    loop_timer_cancel(m->sim->loop, m->link.health_timer);
    m->link.health_timer = 0;
    if (m->link.welcomed)
        sim_count(m->sim, -1);
    m->link.welcomed = false;
    connect_later(m);
}

static const struct ws_conn_handler ws_handler = {.on_message = on_message, .on_close = on_close};

static void on_open(struct ws_conn *ws, void *arg)
{
    struct mac *m = arg;
    struct channel_msg hello = {
        .type = CHANNEL_HELLO,
        .agent_version = STR(CORDON_VERSION),
        .ruleset_version = str_of(m->ruleset),
        .plan_version = str_of(m->plan),
        .boot = str_of(m->persona.boot),
        .challenge = str_of(orders_challenge(m->orders)),
    };
    m->link.attempt = NULL;
    m->link.ws = ws;
    set_isolation(m, &hello);
    if (say(m, &hello) != 0)
        return;
    m->link.greeted = true;
    say_facts(m);
    link_health(m);
    m->link.health_timer =
        loop_timer(m->sim->loop, HEALTH_MS / 2 + mac_random(m, HEALTH_MS), health_regularly, m);
}

static void on_fail(const struct err *err, int status, void *arg)
{
    struct mac *m = arg;
    m->link.attempt = NULL;
    log_warn("no channel to the server", KV_CSTR("host", m->persona.host), KV_INT("status", status),
             KV_CSTR("reason", err->message));
    connect_later(m);
}

void link_connect(struct mac *m)
{
    struct err err = {0};
    char url[MAC_PATH_BYTES];
    if (m->link.ws || m->link.attempt || m->stopping)
        return;
    (void)snprintf(url, sizeof url, "%s/device/v1/channel", m->sim->options->server);
    struct ws_client_options o = {
        .loop = m->sim->loop,
        .url = url,
        .ws = {.handler = &ws_handler, .arg = m},
        .on_open = on_open,
        .on_fail = on_fail,
        .arg = m,
    };
    if (ws_client_connect(m->client, &o, &m->link.attempt, &err) != 0)
        on_fail(&err, 0, m);
}

void link_close(struct mac *m)
{
    loop_timer_cancel(m->sim->loop, m->link.timer);
    m->link.timer = 0;
    ws_client_cancel(m->link.attempt);
    m->link.attempt = NULL;
    if (m->link.ws)
        ws_conn_close(m->link.ws, WS_CLOSE_NORMAL, "");
}
