/* The uplink process: spool, held channel, messages between monitor, analyst and server. See
 * uplink.h. */
#include "agent/uplink.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "agent/enroll.h"
#include "agent/pace.h"
#include "agent/peer.h"
#include "agent/poster.h"
#include "base/arena.h"
#include "base/rd.h"
#include "codec/json_out.h"
#include "crypto/x509.h"
#include "device/batcher.h"
#include "device/identity.h"
#include "net/http_client.h"
#include "net/ws_client.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/proc.h"
#include "os/random.h"
#include "os/sandbox.h"
#include "proto/channel.h"
#include "proto/json_in.h"
#include "schema/param.h"

enum {
    LINGER_MS = 20, /* a batch waits this long for more */
    RETRY_FULL_MS = 1000,
    HEALTH_MS = 5000,
    PATH_BYTES = 512
};

struct uplink {
    struct loop *loop;
    const struct agent_config *config;
    char folder[PATH_BYTES];
    char spool_folder[PATH_BYTES + 8];
    char device[HASH_HEX_BYTES];
    struct peer *monitor;
    struct peer *analyst;
    struct identity identity;
    struct http_client *calls;   /* the poster's */
    struct http_client *channel; /* the WebSocket's */
    struct spool *spool;
    struct batcher *batcher;
    struct poster *poster;
    struct ws_client *attempt;
    struct ws_conn *ws;
    int64_t pause_ms;
    uint64_t connect_timer;
    uint64_t flush_timer;
    bool spool_full;
    bool greeted; /* hello was sent on this connection */
    /* The monitor's last status: what hello and the reports are made of. */
    struct arena status_arena;
    struct channel_msg status;
    struct str facts;
    struct str health;
    uint64_t told_generation; /* isolation as the server was last told */
    struct str told_state;    /* "isolated" or "released", a literal; empty = never told */
    uint64_t reached_through; /* generation of the isolation that the server answered through */
    struct sandbox_state sandbox;
    /* Renewal of the certificate; times are the server's. */
    struct buf renewal; /* body of the request, made before the sandbox closes */
    int64_t cert_from_ns;
    int64_t cert_until_ns;
    bool renewing;
    int exit_status;
    bool stopping;
};

static void stop(struct uplink *u, int status)
{
    u->exit_status = status;
    loop_stop(u->loop);
}

/* ---------------------------------------------------------------- spool */

static void send_ack(struct uplink *u, uint64_t record)
{
    struct buf body CLEANUP(buf_done) = {0};
    buf_add_u64(&body, record);
    if (u->analyst && peer_send(u->analyst, AGENT_EVENT_ACK, buf_str(&body), -1) != 0)
        peer_close_soon(u->analyst, E_LIMIT, "the analyst does not keep up");
}

static void flush(struct loop *loop, void *arg)
{
    struct uplink *u = arg;
    struct err err = {0};
    uint64_t record = 0;
    u->flush_timer = 0;
    int rc = batcher_flush(u->batcher, &record, &err);
    if (record) {
        send_ack(u, record);
        poster_wake(u->poster);
    }
    if (rc == 0) {
        u->spool_full = false;
        if (u->analyst)
            peer_hold(u->analyst, false);
        return;
    }
    if (!u->spool_full)
        log_err(LOG_ERROR, "the spool does not take events for now", &err);
    u->spool_full = true;
    u->flush_timer = loop_timer(loop, RETRY_FULL_MS, flush, u);
}

static void analyst_message(void *arg, struct peer *p, uint16_t type, struct str body, int *fd)
{
    struct uplink *u = arg;
    struct err err = {0};
    (void)fd;
    if (type != AGENT_EVENT)
        return;
    if (batcher_add(u->batcher, body, &err) != 0) {
        peer_close_soon(p, err.code, err.message);
        return;
    }
    if (batcher_empty(u->batcher)) {
        /* Everything in it was spooled before: say so again. */
        send_ack(u, batcher_last(u->batcher));
        return;
    }
    if (batcher_full(u->batcher) && !u->spool_full) {
        loop_timer_cancel(u->loop, u->flush_timer);
        flush(u->loop, u);
    } else if (!u->flush_timer) {
        u->flush_timer = loop_timer(u->loop, LINGER_MS, flush, u);
    }
    /* While the disk does not take it, the analyst must not send more than a batch or two. */
    if (u->spool_full && batcher_full(u->batcher))
        peer_hold(p, true);
}

static void analyst_closed(void *arg, struct peer *p, const struct err *err)
{
    struct uplink *u = arg;
    log_info("analyst disconnected", KV_CSTR("reason", err->message));
    peer_free(p);
    if (u->analyst == p)
        u->analyst = NULL;
}

static const struct peer_handler analyst_handler = {analyst_message, analyst_closed};

static void take_analyst(struct uplink *u, struct str token, int *fd)
{
    peer_free(TAKE(u->analyst));
    batcher_set_token(u->batcher, (const unsigned char *)token.ptr);
    if (peer_new(u->loop, TAKE_FD(*fd), AGENT_ROLE_UPLINK, AGENT_ROLE_ANALYST, &analyst_handler, u,
                 &u->analyst) != 0)
        log_error("cannot use the socket to the analyst");
}

/* ---------------------------------------------------------------- to the server */

static int say(struct uplink *u, const struct channel_msg *m)
{
    struct buf text CLEANUP(buf_done) = {0};
    if (!u->ws)
        return E_CLOSED;
    int rc = channel_write(m, &text);
    if (rc == 0)
        rc = ws_conn_send(u->ws, true, buf_str(&text));
    if (rc && rc != E_CLOSED)
        log_warn("a message to the server could not be sent",
                 KV_CSTR("type", channel_type_name(m->type)), KV_CSTR("code", err_name(rc)));
    return rc;
}

static void say_body(struct uplink *u, enum channel_type type, struct str body)
{
    struct channel_msg m = {.type = type, .body = body};
    if (body.len)
        (void)!say(u, &m);
}

/* The status is there and the connection is open: introduce ourselves, once. */
static void say_hello(struct uplink *u)
{
    if (!u->ws || u->greeted || u->status.challenge.len == 0)
        return;
    struct channel_msg m = u->status;
    m.type = CHANNEL_HELLO;
    m.agent_version = STR(CORDON_VERSION);
    if (say(u, &m) != 0)
        return;
    u->greeted = true;
    u->told_generation = m.isolation_generation;
    u->told_state = str_is(m.isolation_state, "isolated") ? STR("isolated") : STR("released");
    say_body(u, CHANNEL_FACTS, u->facts);
    say_body(u, CHANNEL_HEALTH, u->health);
}

static void report_changes(struct uplink *u)
{
    if (!u->greeted)
        return;
    if (u->status.isolation_generation != u->told_generation ||
        !str_eq(u->status.isolation_state, u->told_state)) {
        struct channel_msg m = {.type = CHANNEL_OBSERVED,
                                .isolation_generation = u->status.isolation_generation,
                                .isolation_state = u->status.isolation_state};
        if (say(u, &m) == 0) {
            u->told_generation = m.isolation_generation;
            u->told_state =
                str_is(m.isolation_state, "isolated") ? STR("isolated") : STR("released");
        }
    }
    say_body(u, CHANNEL_HEALTH, u->health);
}

/* ---------------------------------------------------------------- from the server */

static void tell_channel(struct uplink *u, bool connected, uint64_t reached_through)
{
    struct buf body CLEANUP(buf_done) = {0};
    buf_add_u8(&body, connected ? 1 : 0);
    buf_add_u64(&body, reached_through);
    if (buf_check(&body) || peer_send(u->monitor, AGENT_CHANNEL, buf_str(&body), -1) != 0)
        stop(u, 1);
}

/* Whatever came before the rules were in force proves nothing, and a healthy channel is silent: so
 * the server is asked for a sign of life, and the question carries the generation it is about. */
static void try_isolation(struct uplink *u)
{
    struct buf generation CLEANUP(buf_done) = {0};
    if (!u->ws || !str_is(u->status.isolation_state, "isolated") ||
        u->status.isolation_generation == u->reached_through)
        return;
    buf_add_u64(&generation, u->status.isolation_generation);
    if (buf_check(&generation) == 0)
        (void)!ws_conn_ping(u->ws, buf_str(&generation));
}

static void on_pong(struct ws_conn *ws, struct str payload, void *arg)
{
    struct uplink *u = arg;
    struct rd r = rd_of(payload);
    (void)ws;
    if (payload.len != sizeof(uint64_t))
        return;
    u->reached_through = rd_u64(&r);
    tell_channel(u, true, u->reached_through);
}

static void want_files(struct uplink *u, const struct channel_msg *m)
{
    if (m->ruleset_version.len && !str_eq(m->ruleset_version, u->status.ruleset_version))
        poster_fetch(u->poster, POSTER_RULESET, m->ruleset_version);
    if (m->plan_version.len && !str_eq(m->plan_version, u->status.plan_version))
        poster_fetch(u->poster, POSTER_PLAN, m->plan_version);
}

static void heard(struct uplink *u, const struct channel_msg *m)
{
    switch (m->type) {
    case CHANNEL_WELCOME:
    case CHANNEL_COMMAND:
        if (peer_send(u->monitor, AGENT_COMMAND, m->envelope, -1) != 0)
            stop(u, 1);
        if (m->type == CHANNEL_WELCOME) {
            u->pause_ms = 0;
            want_files(u, m);
            poster_wake(u->poster);
        }
        break;
    case CHANNEL_VERSIONS:
        want_files(u, m);
        break;
    case CHANNEL_REVOKED:
        log_error("the server has revoked this device");
        break;
    default:
        log_warn("the server sent what only a device sends",
                 KV_CSTR("type", channel_type_name(m->type)));
        break;
    }
}

static void on_message(struct ws_conn *ws, bool is_text, struct str payload, void *arg)
{
    struct uplink *u = arg;
    struct arena arena CLEANUP(arena_done) = {0};
    struct channel_msg m;
    struct err err = {0};
    if (!is_text || channel_read(payload, &arena, &m, &err) != 0) {
        log_err(LOG_WARN, "a message of the server is malformed", &err);
        ws_conn_close(ws, WS_CLOSE_POLICY, "malformed");
        return;
    }
    tell_channel(u, true, 0);
    heard(u, &m);
}

static void connect_later(struct uplink *u);

static void on_close(struct ws_conn *ws, uint16_t code, void *arg)
{
    struct uplink *u = arg;
    (void)ws;
    log_warn("channel closed", KV_INT("code", code));
    u->ws = NULL;
    u->greeted = false;
    tell_channel(u, false, 0);
    connect_later(u);
}

static const struct ws_conn_handler ws_handler = {
    .on_message = on_message, .on_close = on_close, .on_pong = on_pong};

static void on_open(struct ws_conn *ws, void *arg)
{
    struct uplink *u = arg;
    u->attempt = NULL;
    u->ws = ws;
    u->greeted = false;
    log_info("channel open");
    say_hello(u);
}

static void on_fail(const struct err *err, int status, void *arg)
{
    struct uplink *u = arg;
    u->attempt = NULL;
    log_warn("no channel to the server", KV_INT("status", status),
             KV_CSTR("code", err_name(err->code)), KV_CSTR("reason", err->message));
    connect_later(u);
}

static void connect_now(struct loop *loop, void *arg)
{
    struct uplink *u = arg;
    struct err err = {0};
    char url[PATH_BYTES];
    u->connect_timer = 0;
    (void)snprintf(url, sizeof url, "%.*s/device/v1/channel", STR_FMT(u->config->server));
    struct ws_client_options o = {
        .loop = loop,
        .url = url,
        .ws = {.handler = &ws_handler, .arg = u},
        .on_open = on_open,
        .on_fail = on_fail,
        .arg = u,
    };
    if (ws_client_connect(u->channel, &o, &u->attempt, &err) != 0)
        on_fail(&err, 0, u);
}

/* Doubling with jitter, so that a fleet does not come back in step after an outage. */
static void connect_later(struct uplink *u)
{
    if (u->connect_timer || u->stopping)
        return;
    u->pause_ms = u->pause_ms ? u->pause_ms * 2 : PACE_RETRY_FIRST_MS;
    if (u->pause_ms > PACE_RETRY_MOST_MS)
        u->pause_ms = PACE_RETRY_MOST_MS;
    int64_t wait = u->pause_ms / 2 + (int64_t)random_below((uint64_t)u->pause_ms);
    u->connect_timer = loop_timer(u->loop, wait, connect_now, u);
}

static void fetched(void *arg, enum poster_file file, int fd)
{
    struct uplink *u = arg;
    struct buf plan CLEANUP(buf_done) = {0};
    int rc;
    if (file == POSTER_RULESET) {
        rc = peer_send(u->monitor, AGENT_SIGNED_RULESET, STR(""), fd);
    } else {
        char chunk[4096];
        ssize_t n;
        while ((n = read(fd, chunk, sizeof chunk)) > 0)
            buf_add(&plan, chunk, (size_t)n);
        rc = buf_check(&plan);
        if (rc == 0)
            rc = peer_send(u->monitor, AGENT_SIGNED_PLAN, buf_str(&plan), -1);
    }
    if (rc)
        log_error("a fetched file could not be handed on", KV_CSTR("code", err_name(rc)));
}

/* The new certificate is loaded by the next start of this process: the monitor starts it again at
 * once. */
static void renewed(void *arg)
{
    struct uplink *u = arg;
    u->stopping = true;
    flush(u->loop, u);
    stop(u, 0);
}

static const struct poster_handler poster_handler = {fetched, renewed};

/* Due in the last third of its life, by the server's time: ours may be years off. */
static void renew_when_due(struct uplink *u, int64_t server_now_ns)
{
    int64_t life = u->cert_until_ns - u->cert_from_ns;
    if (server_now_ns == 0 || u->renewing || u->cert_until_ns - server_now_ns > life / 3)
        return;
    u->renewing = true;
    log_info("the certificate is in the last third of its life: asking for a new one");
    poster_renew(u->poster, buf_str(&u->renewal));
}

/* ---------------------------------------------------------------- monitor side */

static int read_status(struct uplink *u, struct str body, struct err *err)
{
    json_t *o CLEANUP(json_in_freep) = NULL;
    struct channel_msg m = {0};
    int64_t generation;
    int64_t server_now_ns;
    arena_clear(&u->status_arena);
    u->status = m;
    struct arena *a = &u->status_arena;
    int rc = json_in_object(body, body.len, &o, err);
    if (rc)
        return rc;
    const json_t *isolation = json_object_get(o, "isolation");
    if ((rc = json_in_text(o, "boot", true, 128, a, &m.boot, err)) ||
        (rc = json_in_text(o, "challenge", true, 128, a, &m.challenge, err)) ||
        (rc = json_in_text(o, "ruleset", false, 128, a, &m.ruleset_version, err)) ||
        (rc = json_in_text(o, "plan", false, 128, a, &m.plan_version, err)) ||
        (rc = json_in_int(o, "server_time_ns", false, 0, &server_now_ns, err)) ||
        (rc = json_in_int(isolation, "generation", true, 0, &generation, err)) ||
        (rc = json_in_text(isolation, "state", true, 32, a, &m.isolation_state, err)) ||
        (rc = json_in_raw(o, "facts", 65536, a, &u->facts, err)) ||
        (rc = json_in_raw(o, "health", 65536, a, &u->health, err)))
        return rc;
    m.isolation_generation = (uint64_t)generation;
    u->status = m;
    batcher_set_boot(u->batcher, m.boot);
    renew_when_due(u, server_now_ns);
    return 0;
}

static void take_result(struct uplink *u, struct str body)
{
    struct agent_result r;
    if (agent_result_read(body, &r) != 0)
        return;
    struct channel_msg m = {.type = CHANNEL_RESULT,
                            .action = r.action,
                            .state = r.state,
                            .reason = r.reason,
                            .body = r.json};
    (void)!say(u, &m);
}

static void take_stop(struct uplink *u)
{
    u->stopping = true;
    flush(u->loop, u);
    stop(u, 0);
}

static void monitor_message(void *arg, struct peer *p, uint16_t type, struct str body, int *fd)
{
    struct uplink *u = arg;
    struct err err = {0};
    struct channel_msg m = {.action = body};
    (void)p;
    switch (type) {
    case AGENT_STATUS:
        if (read_status(u, body, &err) != 0) {
            log_err(LOG_ERROR, "the monitor's status is malformed", &err);
            break;
        }
        say_hello(u);
        report_changes(u);
        try_isolation(u);
        break;
    case AGENT_UPLINK_PEER:
        if (*fd >= 0)
            take_analyst(u, body, fd);
        break;
    case AGENT_ACK:
        m.type = CHANNEL_ACK;
        (void)!say(u, &m);
        break;
    case AGENT_STARTED:
        m.type = CHANNEL_STARTED;
        (void)!say(u, &m);
        break;
    case AGENT_RESULT:
        take_result(u, body);
        break;
    case AGENT_STOP:
        take_stop(u);
        break;
    default:
        break;
    }
}

static void monitor_closed(void *arg, struct peer *p, const struct err *err)
{
    struct uplink *u = arg;
    (void)p;
    log_info("the monitor is gone", KV_CSTR("reason", err->message));
    take_stop(u);
}

static const struct peer_handler monitor_handler = {monitor_message, monitor_closed};

static void send_health(struct loop *loop, void *arg)
{
    struct uplink *u = arg;
    struct spool_stats s;
    struct poster_stats p;
    struct buf text CLEANUP(buf_done) = {0};
    struct buf walls CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &text};
    spool_stats(u->spool, &s);
    poster_stats(u->poster, &p);
    sandbox_state_add(&walls, &u->sandbox);
    json_object_begin(&j);
    json_kv_bool(&j, "connected", u->greeted);
    json_kv_uint(&j, "waiting_batches", s.waiting_batches);
    json_kv_uint(&j, "waiting_events", s.waiting_events);
    json_kv_uint(&j, "spool_bytes", s.bytes);
    json_kv_bool(&j, "spool_full", u->spool_full);
    json_kv_uint(&j, "posted", p.posted);
    json_kv_uint(&j, "failures", p.failures);
    json_kv_cstr(&j, "last_failure", p.last_code ? p.last_message : "");
    json_kv_str(&j, "sandbox", buf_str(&walls));
    json_object_end(&j);
    if (buf_check(&text) == 0 &&
        peer_send(u->monitor, AGENT_UPLINK_HEALTH, buf_str(&text), -1) != 0)
        stop(u, 1);
    (void)loop_timer(loop, HEALTH_MS, send_health, u);
}

/* ---------------------------------------------------------------- life */

/* The device id is the common name of our own certificate. */
static int read_device(struct uplink *u, struct err *err)
{
    struct x509_cert *cert CLEANUP(x509_freep) = NULL;
    struct buf name CLEANUP(buf_done) = {0};
    int rc = x509_from_pem(buf_str(&u->identity.cert_pem), &cert, err);
    if (rc == 0)
        rc = x509_common_name(cert, &name, err);
    if (rc)
        return rc;
    (void)snprintf(u->device, sizeof u->device, "%s", buf_cstr(&name));
    u->cert_from_ns = x509_not_before_ns(cert);
    u->cert_until_ns = x509_not_after_ns(cert);
    return 0;
}

static int make_renewal(struct uplink *u, struct err *err)
{
    struct sign_key *key CLEANUP(sign_key_freep) = NULL;
    int rc = sign_key_from_pem(buf_str(&u->identity.key_pem), &key, err);
    return rc ? rc : enroll_body(key, STR(""), &u->renewal, err);
}

static int open_clients(struct uplink *u, struct err *err)
{
    struct tls_client_options tls = {.ca_pem = buf_str(&u->identity.ca_pem),
                                     .cert_pem = buf_str(&u->identity.cert_pem),
                                     .key_pem = buf_str(&u->identity.key_pem),
                                     .any_time = true};
    struct http_client_options o = {.tls = &tls};
    int rc = http_client_new(&o, &u->calls, err);
    return rc ? rc : http_client_new(&o, &u->channel, err);
}

static int confine(struct uplink *u, struct err *err)
{
    /* What looking up a name needs: its configuration, and libraries that are loaded late. */
    const char *read_paths[] = {"/etc/resolv.conf",
                                "/etc/hosts",
                                "/etc/nsswitch.conf",
                                "/etc/host.conf",
                                "/etc/gai.conf",
                                "/etc/ssl",
                                "/lib",
                                "/usr/lib",
                                NULL};
    const char *write_paths[] = {u->folder, NULL};
    int rc = sandbox_paths(read_paths, write_paths, &u->sandbox, err);
    if (rc == 0 || rc == E_UNSUPPORTED)
        rc = sandbox_calls(SANDBOX_UPLINK, &u->sandbox, err);
    if (rc == E_UNSUPPORTED) {
        log_err(LOG_WARN, "the uplink is not fully confined", err);
        err_clear(err);
        rc = 0;
    }
    return rc;
}

static int set_up(struct uplink *u, int fd, uid_t uid, gid_t gid, struct err *err)
{
    uint64_t limit;
    (void)snprintf(u->folder, sizeof u->folder, "%.*s/uplink", STR_FMT(u->config->state_dir));
    (void)snprintf(u->spool_folder, sizeof u->spool_folder, "%s/spool", u->folder);
    int rc = loop_new(&u->loop);
    if (rc == 0)
        rc = proc_drop_privileges(uid, gid, err);
    if (rc == 0)
        rc = identity_load(u->folder, &u->identity, err);
    if (rc == 0)
        rc = read_device(u, err);
    if (rc == 0)
        rc = make_renewal(u, err);
    if (rc == 0)
        rc = agent_config_spool_bytes(u->config, &limit, err);
    if (rc == 0)
        rc = spool_open(u->spool_folder, limit, &u->spool, err);
    if (rc == 0)
        rc = batcher_new(str_of(u->device), u->spool, &u->batcher);
    if (rc == 0)
        rc = open_clients(u, err);
    if (rc == 0)
        rc = confine(u, err);
    if (rc == 0)
        rc = poster_new(u->loop, u->config->server.ptr, u->folder, u->spool, u->calls,
                        &poster_handler, u, &u->poster, err);
    if (rc == 0)
        rc = peer_new(u->loop, fd, AGENT_ROLE_UPLINK, AGENT_ROLE_MONITOR, &monitor_handler, u,
                      &u->monitor);
    if (rc == 0)
        rc = peer_send(u->monitor, AGENT_UPLINK_READY, STR(""), -1);
    return rc;
}

int uplink_main(int fd, const struct agent_config *config, uid_t uid, gid_t gid)
{
    struct uplink u = {.config = config};
    struct err err = {0};
    (void)signal(SIGPIPE, SIG_IGN);
    int rc = set_up(&u, fd, uid, gid, &err);
    if (rc == 0) {
        connect_now(u.loop, &u);
        (void)loop_timer(u.loop, 500, send_health, &u);
        rc = loop_run(u.loop);
    }
    if (rc) {
        err.code = rc;
        log_err(LOG_ERROR, "the uplink cannot run", &err);
        u.exit_status = 1;
    }
    /* The kernel takes back what is left; the spool is closed properly because it is the one that
     * matters. */
    poster_free(u.poster);
    batcher_free(u.batcher);
    spool_free(u.spool);
    identity_done(&u.identity);
    buf_done(&u.renewal);
    return u.exit_status;
}
