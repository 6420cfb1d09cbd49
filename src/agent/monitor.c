/* The root process: sensors in, commands verified, children watched. See monitor.h. */
#include "agent/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/account.h"
#include "agent/actions.h"
#include "agent/children.h"
#include "agent/facts.h"
#include "agent/netns.h"
#include "agent/peer.h"
#include "agent/plan_file.h"
#include "agent/prevention.h"
#include "agent/ruleset_file.h"
#include "agent/scanner.h"
#include "agent/status.h"
#include "agent/window.h"
#include "base/rd.h"
#include "device/orders.h"
#include "device/trust.h"
#include "os/file.h"
#include "os/log.h"
#include "os/random.h"
#include "sensor/sensor.h"

enum {
    TOKEN_BYTES = 16,
    STATUS_MS = 5000,
    STOP_MS = 5000,
    RULES_WAIT_MS = 10000,
    SENSOR_AGAIN_MS = 30000,
    PRECEDENCE = -10
};

/** A child as the monitor sees it. */
struct side {
    struct peer *peer;
    bool ready;
    struct buf health; /* JSON object, as it last sent it */
};

struct monitor {
    struct loop *loop;
    const struct agent_config *config;
    struct trust trust;
    struct arena arena;
    struct facts facts;
    struct orders *orders;
    struct actions *actions;
    struct prevention *prevention;
    struct children *children;
    struct scanner *scanner;
    const struct sensor_vtable *sensor_kind;
    struct sensor *sensor;
    char sensor_trouble[ERR_MESSAGE_BYTES]; /* why it could not be opened, "" = it is */
    bool sensing;
    bool paused;
    unsigned char token[TOKEN_BYTES];
    struct window window;
    struct ruleset_file ruleset;
    struct plan_file plan;
    struct side analyst;
    struct side uplink;
    bool connected;
    bool status_due;
    bool stopping;
};

/* ---------------------------------------------------------------- status for the server */

static void send_status(struct monitor *m)
{
    struct buf text CLEANUP(buf_done) = {0};
    if (!m->uplink.ready)
        return;
    const struct status s = {.facts = &m->facts,
                             .ruleset = m->ruleset.version,
                             .plan = m->plan.version,
                             .sensor_kind = m->sensor_kind,
                             .sensor = m->sensor,
                             .sensor_trouble = m->sensor_trouble,
                             .paused = m->paused,
                             .orders = m->orders,
                             .actions = m->actions,
                             .prevention = m->prevention,
                             .scanner = m->scanner,
                             .children = m->children,
                             .analyst_health = buf_str(&m->analyst.health),
                             .uplink_health = buf_str(&m->uplink.health)};
    if (status_write(&s, &text) != 0 ||
        peer_send(m->uplink.peer, AGENT_STATUS, buf_str(&text), -1) != 0)
        log_warn("the status could not be sent to the uplink");
}

static void status_now(struct loop *loop, void *arg)
{
    (void)loop;
    struct monitor *m = arg;
    m->status_due = false;
    send_status(m);
}

/* Many changes in one round of the loop make one message. */
static void status_soon(void *arg)
{
    struct monitor *m = arg;
    if (!m->status_due && loop_timer(m->loop, 0, status_now, m))
        m->status_due = true;
}

static void status_regularly(struct loop *loop, void *arg)
{
    status_soon(arg);
    (void)loop_timer(loop, STATUS_MS, status_regularly, arg);
}

/* ---------------------------------------------------------------- sensor */

static void update_pause(struct monitor *m)
{
    bool pause = m->paused ? !window_has_room(&m->window) : window_full(&m->window);
    if (pause == m->paused || !m->sensor)
        return;
    m->paused = pause;
    log_warn(pause ? "sensor paused: the analyst or the spool does not keep up" : "sensor goes on");
    m->sensor_kind->pause(m->sensor, pause);
    status_soon(m);
}

static void on_record(void *arg, struct str record)
{
    struct monitor *m = arg;
    struct str body;
    if (window_add(&m->window, record, &body) != 0) {
        log_error("out of memory: a sensor record is lost");
        return;
    }
    if (m->analyst.ready && peer_send(m->analyst.peer, AGENT_RECORD, body, -1) != 0)
        peer_close_soon(m->analyst.peer, E_LIMIT, "the analyst does not keep up");
    update_pause(m);
}

static const struct sensor_vtable *choose_sensor(struct str name)
{
#ifdef __APPLE__
    return sensor_find(name.len ? name : STR("eslogger"));
#else
    return sensor_find(name.len ? name : STR("linux"));
#endif
}

static int refuse_sensor(struct str name, struct err *err)
{
    struct buf there CLEANUP(buf_done) = {0};
    for (size_t i = 0; sensor_table[i]; i++)
        buf_addf(&there, "%s%s", i ? ", " : "", sensor_table[i]->name);
    return err_set(err, E_ARG, "sensor is '%.*s', this system has: %s", STR_FMT(name),
                   buf_cstr(&there));
}

/* A sensor that cannot be opened leaves the device enrolled and controllable; its health says what
 * is missing. */
static int open_sensor(struct monitor *m, struct err *err)
{
    m->sensor_kind = choose_sensor(m->config->sensor);
    if (!m->sensor_kind)
        return refuse_sensor(m->config->sensor, err);
    int rc = m->sensor_kind->open(m->config->sensor_options, &m->sensor, err);
    if (rc == E_ARG || rc == E_NOMEM)
        return rc;
    if (rc) {
        log_err(LOG_ERROR, "the sensor cannot be opened", err);
        (void)snprintf(m->sensor_trouble, sizeof m->sensor_trouble, "%s", err->message);
        err_clear(err);
    }
    return 0;
}

static void start_sensor(struct monitor *m)
{
    struct err err = {0};
    if (!m->sensor || m->sensing)
        return;
    m->sensing = true;
    if (m->sensor_kind->start(m->sensor, m->loop, on_record, m, &err) != 0)
        log_err(LOG_ERROR, "the sensor does not start", &err);
    status_soon(m);
}

/* What was missing may have come: a system that was still starting, a program that was installed.
 * In a network namespace of its own it is too late, see set_up. */
static void open_sensor_again(struct loop *loop, void *arg)
{
    struct monitor *m = arg;
    struct err err = {0};
    if (m->sensor_kind->open(m->config->sensor_options, &m->sensor, &err) == 0) {
        log_info("the sensor could be opened at last");
        m->sensor_trouble[0] = '\0';
        start_sensor(m);
        return;
    }
    (void)snprintf(m->sensor_trouble, sizeof m->sensor_trouble, "%s", err.message);
    (void)loop_timer(loop, SENSOR_AGAIN_MS, open_sensor_again, m);
}

static void stop_waiting_for_rules(struct loop *loop, void *arg)
{
    (void)loop;
    start_sensor(arg);
}

/* A new device has no rules before it met its server: what it senses until then could not be
 * matched, so it waits a little. Not longer: seeing without rules is better than not seeing. */
static void start_sensor_with_rules(struct monitor *m)
{
    if (m->ruleset.fd >= 0 || !loop_timer(m->loop, RULES_WAIT_MS, stop_waiting_for_rules, m))
        start_sensor(m);
}

/* ---------------------------------------------------------------- commands */

static void on_ack(void *arg, struct str action)
{
    struct monitor *m = arg;
    if (m->uplink.ready)
        (void)!peer_send(m->uplink.peer, AGENT_ACK, action, -1);
}

static void on_run(void *arg, const struct command *c)
{
    struct monitor *m = arg;
    actions_run(m->actions, c);
}

/* Should the uplink be away, the server asks again and gets the recorded end. */
static void on_result(void *arg, const struct agent_result *r)
{
    struct monitor *m = arg;
    struct buf body CLEANUP(buf_done) = {0};
    if (!m->uplink.ready)
        return;
    if (agent_result_write(r, &body) != 0 ||
        peer_send(m->uplink.peer, AGENT_RESULT, buf_str(&body), -1) != 0)
        log_warn("a result could not be sent to the uplink", KV_STR("action", r->action));
}

static bool in_force(void *arg, uint64_t generation)
{
    const struct monitor *m = arg;
    return actions_in_force(m->actions, generation);
}

static const struct orders_hooks orders_hooks = {on_ack, on_run, on_result, status_soon, in_force};

static void on_started(void *arg, struct str action)
{
    struct monitor *m = arg;
    if (m->uplink.ready)
        (void)!peer_send(m->uplink.peer, AGENT_STARTED, action, -1);
}

static void on_finished(void *arg, const struct agent_result *r)
{
    struct monitor *m = arg;
    /* The observed state first: the server may take it for the action's success. */
    send_status(m);
    orders_finish(m->orders, r);
}

static const struct actions_hooks actions_hooks = {on_started, on_finished, status_soon};

/* ---------------------------------------------------------------- children */

static int send_ruleset(struct monitor *m)
{
    if (m->ruleset.fd < 0)
        return 0;
    return peer_send(m->analyst.peer, AGENT_RULESET, str_of(m->ruleset.version), m->ruleset.fd);
}

/* Connect analyst and uplink with a fresh socket; whoever is new gets what it missed. */
static void link_children(struct monitor *m)
{
    int fds[2];
    struct err err = {0};
    if (!m->analyst.ready || !m->uplink.ready)
        return;
    if (peer_pair(fds, &err) != 0) {
        log_err(LOG_ERROR, "cannot connect analyst and uplink", &err);
        return;
    }
    struct str token = str_n((const char *)m->token, sizeof m->token);
    int rc = peer_send(m->uplink.peer, AGENT_UPLINK_PEER, token, fds[1]);
    if (rc == 0)
        rc = peer_send(m->analyst.peer, AGENT_PEER, token, fds[0]);
    (void)close(fds[0]);
    (void)close(fds[1]);
    if (rc)
        log_error("cannot connect analyst and uplink", KV_CSTR("code", err_name(rc)));
}

static int send_plan(struct monitor *m)
{
    return m->plan.json.len ? peer_send(m->analyst.peer, AGENT_PLAN, buf_str(&m->plan.json), -1)
                            : 0;
}

static void analyst_ready(struct monitor *m)
{
    m->analyst.ready = true;
    int rc = peer_send(m->analyst.peer, AGENT_DEVICE, m->trust.device, -1);
    if (rc == 0)
        rc = send_ruleset(m);
    if (rc == 0)
        rc = send_plan(m);
    for (struct resend_item *i = m->window.records.head; i && rc == 0; i = i->next)
        rc = peer_send(m->analyst.peer, AGENT_RECORD, str_n(i->bytes, i->len), -1);
    if (rc)
        peer_close_soon(m->analyst.peer, rc, "the analyst does not keep up");
    link_children(m);
}

static void keep_health(struct side *s, struct str body)
{
    buf_clear(&s->health);
    buf_add_str(&s->health, body);
}

static void take_suspect(struct monitor *m, struct peer *p, struct str body)
{
    struct agent_suspect s;
    if (agent_suspect_read(body, &s) != 0)
        peer_close_soon(p, E_PARSE, "a malformed suspect");
    else
        prevention_suspect(m->prevention, &s);
}

static void take_scan(struct monitor *m, struct peer *p, struct str body)
{
    int rc = scanner_ask(m->scanner, body);
    if (rc == E_PARSE)
        peer_close_soon(p, rc, "a malformed wish for a scan");
    else if (rc)
        log_warn("a file cannot be scanned", KV_CSTR("code", err_name(rc)));
}

static void analyst_message(void *arg, struct peer *p, uint16_t type, struct str body, int *fd)
{
    struct monitor *m = arg;
    struct rd r = rd_of(body);
    (void)fd;
    switch (type) {
    case AGENT_ANALYST_READY:
        analyst_ready(m);
        break;
    case AGENT_SPOOLED:
        window_ack(&m->window, rd_u64(&r));
        update_pause(m);
        break;
    case AGENT_SUSPECT:
        take_suspect(m, p, body);
        break;
    case AGENT_SCAN:
        take_scan(m, p, body);
        break;
    case AGENT_ANALYST_HEALTH:
        keep_health(&m->analyst, body);
        break;
    default:
        break;
    }
}

/* The root process reads two parts of a verified ruleset itself: whoever analyses hostile records
 * has no say in what is stopped, or looked for in files. */
static void use_ruleset(struct monitor *m)
{
    struct err err = {0};
    prevention_use(m->prevention, m->ruleset.fd, m->ruleset.version);
    if (scanner_use(m->scanner, m->ruleset.fd, &err) != 0)
        log_err(LOG_ERROR, "the YARA rules of the ruleset are not used", &err);
}

static void take_ruleset(struct monitor *m, int fd)
{
    struct err err = {0};
    if (fd < 0)
        return;
    if (ruleset_file_receive(&m->ruleset, fd, m->trust.ruleset_keys, m->trust.ruleset_keys_len,
                             &err) != 0) {
        log_err(LOG_ERROR, "ruleset refused", &err);
        return;
    }
    log_info("ruleset verified", KV_CSTR("version", m->ruleset.version));
    use_ruleset(m);
    if (m->analyst.ready && send_ruleset(m) != 0)
        peer_close_soon(m->analyst.peer, E_LIMIT, "the analyst does not keep up");
    start_sensor(m);
    status_soon(m);
}

static void take_plan(struct monitor *m, struct str file)
{
    struct err err = {0};
    if (plan_file_receive(&m->plan, file, m->trust.ruleset_keys, m->trust.ruleset_keys_len, &err) !=
        0) {
        log_err(LOG_ERROR, "plan refused", &err);
        return;
    }
    log_info("plan verified", KV_CSTR("version", m->plan.version));
    if (m->analyst.ready && send_plan(m) != 0)
        peer_close_soon(m->analyst.peer, E_LIMIT, "the analyst does not keep up");
    status_soon(m);
}

/* Sent at each sign of life of the server, so not each is a change. */
static void take_channel(struct monitor *m, struct str body)
{
    struct rd r = rd_of(body);
    bool connected = rd_u8(&r) != 0;
    uint64_t generation = rd_u64(&r);
    if (m->connected != connected) {
        m->connected = connected;
        log_info(connected ? "connected to the server" : "not connected to the server");
    }
    if (generation)
        actions_reached(m->actions, generation);
}

static void uplink_message(void *arg, struct peer *p, uint16_t type, struct str body, int *fd)
{
    struct monitor *m = arg;
    (void)p;
    switch (type) {
    case AGENT_UPLINK_READY:
        m->uplink.ready = true;
        link_children(m);
        status_soon(m);
        break;
    case AGENT_COMMAND:
        orders_receive(m->orders, body);
        break;
    case AGENT_SIGNED_RULESET:
        take_ruleset(m, *fd);
        break;
    case AGENT_SIGNED_PLAN:
        take_plan(m, body);
        break;
    case AGENT_CHANNEL:
        take_channel(m, body);
        break;
    case AGENT_UPLINK_HEALTH:
        keep_health(&m->uplink, body);
        break;
    default:
        break;
    }
}

/* A child that broke the rules is killed; one that died is restarted by children.c. */
static void side_closed(struct monitor *m, struct side *s, enum agent_role role,
                        const struct err *err)
{
    if (!m->stopping)
        log_warn("message socket ended", KV_CSTR("code", err_name(err->code)),
                 KV_CSTR("reason", err->message));
    peer_free(TAKE(s->peer));
    s->ready = false;
    if (err->code != E_CLOSED)
        children_kill(m->children, role);
}

static void analyst_closed(void *arg, struct peer *p, const struct err *err)
{
    struct monitor *m = arg;
    struct err reason = *err; /* the peer owns it and goes away */
    (void)p;
    side_closed(m, &m->analyst, AGENT_ROLE_ANALYST, &reason);
}

static void uplink_closed(void *arg, struct peer *p, const struct err *err)
{
    struct monitor *m = arg;
    struct err reason = *err;
    (void)p;
    m->connected = false;
    side_closed(m, &m->uplink, AGENT_ROLE_UPLINK, &reason);
}

static const struct peer_handler analyst_handler = {analyst_message, analyst_closed};
static const struct peer_handler uplink_handler = {uplink_message, uplink_closed};

static void child_started(void *arg, enum agent_role role, int fd)
{
    struct monitor *m = arg;
    bool analyst = role == AGENT_ROLE_ANALYST;
    struct side *s = analyst ? &m->analyst : &m->uplink;
    peer_free(TAKE(s->peer));
    s->ready = false;
    if (peer_new(m->loop, fd, AGENT_ROLE_MONITOR, role,
                 analyst ? &analyst_handler : &uplink_handler, m, &s->peer) != 0) {
        log_error("cannot use the socket to a child");
        children_kill(m->children, role);
    }
}

static void child_ended(void *arg, enum agent_role role, int status)
{
    struct monitor *m = arg;
    (void)role;
    (void)status;
    if (m->stopping && children_left(m->children) == 0)
        loop_stop(m->loop);
    status_soon(m);
}

static const struct children_handler children_handler = {child_started, child_ended};

/* ---------------------------------------------------------------- life */

static void give_up_waiting(struct loop *loop, void *arg)
{
    (void)arg;
    loop_stop(loop);
}

static void on_stop(struct loop *loop, int signo, void *arg)
{
    struct monitor *m = arg;
    if (m->stopping)
        return;
    m->stopping = true;
    log_info("stopping", KV_INT("signal", signo));
    children_stop(m->children);
    /* First the analyst: the uplink then still takes and spools what it sent. */
    if (m->analyst.peer)
        (void)!peer_send(m->analyst.peer, AGENT_STOP, STR(""), -1);
    if (m->uplink.peer)
        (void)!peer_send(m->uplink.peer, AGENT_STOP, STR(""), -1);
    if (children_left(m->children) == 0 || !loop_timer(loop, STOP_MS, give_up_waiting, m))
        loop_stop(loop);
}

static int open_state(struct monitor *m, struct err *err)
{
    struct buf path CLEANUP(buf_done) = {0};
    struct cmdlog *log = NULL;
    uid_t uplink_uid;
    gid_t uplink_gid;
    int rc = account_find(m->config->uplink_user, &uplink_uid, &uplink_gid, err);
    if (rc)
        return rc;
    buf_addf(&path, "%.*s/monitor", STR_FMT(m->config->state_dir));
    rc = actions_new(m->loop, buf_cstr(&path), uplink_uid, &actions_hooks, m, &m->actions, err);
    if (rc == 0)
        rc = ruleset_file_open(&m->ruleset, buf_cstr(&path), err);
    if (rc == 0)
        rc = plan_file_open(&m->plan, buf_cstr(&path), err);
    if (rc)
        return rc;
    buf_add_cstr(&path, "/commands.log");
    rc = cmdlog_open(buf_cstr(&path), &log, err);
    if (rc)
        return rc;
    rc = orders_new(m->trust.device, m->trust.command_keys, m->trust.command_keys_len, log,
                    &orders_hooks, m, &m->orders);
    if (rc)
        cmdlog_free(log);
    return rc;
}

/* What a program says of itself is read right after its start: on a busy machine the short-lived
 * would be gone. */
static void take_precedence(void)
{
    if (setpriority(PRIO_PROCESS, 0, PRECEDENCE) != 0)
        log_warn("no precedence over other processes", KV_CSTR("reason", strerror(errno)));
}

static int set_up(struct monitor *m, const char *program, const char *config_path, struct err *err)
{
    struct buf path CLEANUP(buf_done) = {0};
    buf_addf(&path, "%.*s/monitor/trust.json", STR_FMT(m->config->state_dir));
    int rc = trust_load(buf_cstr(&path), &m->trust, err);
    if (rc == E_NOT_FOUND)
        return err_set(err, rc, "this device is not enrolled: run cordon-agent enroll first");
    if (rc == 0)
        rc = facts_read(&m->arena, &m->facts, err);
    if (rc == 0)
        rc = loop_new(&m->loop);
    /* Containment first of all: opening a sensor may take seconds. Only where a network namespace
     * is entered it comes later, as the kernel's process events reach only sockets opened outside.
     */
    bool enter = m->config->netns.len != 0;
    if (rc == 0 && !enter)
        rc = open_state(m, err);
    if (rc == 0)
        rc = open_sensor(m, err);
    if (rc == 0 && enter)
        rc = netns_enter(m->config->netns, err);
    if (rc == 0 && enter)
        rc = open_state(m, err);
    if (rc == 0)
        rc = children_new(m->loop, program, config_path, &children_handler, m, &m->children, err);
    if (rc == 0)
        rc = scanner_new(m->loop, program, config_path, on_record, m, &m->scanner);
    if (rc == 0)
        rc = loop_signal(m->loop, SIGTERM, on_stop, m);
    if (rc == 0)
        rc = loop_signal(m->loop, SIGINT, on_stop, m);
    if (rc == 0)
        rc = prevention_new(m->loop, m->config->prevent, on_record, m, &m->prevention, err);
    if (rc == 0)
        use_ruleset(m);
    if (rc == 0)
        start_sensor_with_rules(m);
    if (rc == 0 && !m->sensor && m->config->netns.len == 0)
        (void)loop_timer(m->loop, SENSOR_AGAIN_MS, open_sensor_again, m);
    return rc;
}

int monitor_main(const char *program, const char *config_path, const struct agent_config *config)
{
    struct monitor m = {.config = config, .ruleset = {.fd = -1}};
    struct err err = {0};
    (void)signal(SIGPIPE, SIG_IGN);
    random_bytes(m.token, sizeof m.token);
    int rc = set_up(&m, program, config_path, &err);
    if (rc == 0) {
        log_info("agent running", KV_STR("device", m.trust.device),
                 KV_CSTR("sensor", m.sensor_kind->name), KV_CSTR("version", CORDON_VERSION));
        orders_recover(m.orders);
        children_start(m.children);
        take_precedence();
        (void)loop_timer(m.loop, STATUS_MS, status_regularly, &m);
        rc = loop_run(m.loop);
    }
    if (rc) {
        err.code = rc;
        log_err(LOG_ERROR, "the agent cannot run", &err);
    }
    prevention_free(m.prevention);
    children_free(m.children);
    scanner_free(m.scanner);
    peer_free(m.analyst.peer);
    peer_free(m.uplink.peer);
    if (m.sensor)
        m.sensor_kind->close(m.sensor);
    orders_free(m.orders);
    actions_free(m.actions);
    ruleset_file_close(&m.ruleset);
    plan_file_close(&m.plan);
    window_done(&m.window);
    buf_done(&m.analyst.health);
    buf_done(&m.uplink.health);
    trust_done(&m.trust);
    arena_done(&m.arena);
    loop_free(m.loop);
    return rc ? err_exit_status(rc) : 0;
}
