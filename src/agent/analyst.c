/* The analyst process: record -> event -> process tree -> rules -> uplink. See analyst.h.
 * Back-pressure: it holds the monitor's socket while more than WINDOW_BYTES wait for the uplink's
 * disk. */
#include "agent/analyst.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/peer.h"
#include "agent/resend.h"
#include "base/mem.h"
#include "base/rd.h"
#include "codec/json_out.h"
#include "crypto/hash.h"
#include "detect/detect.h"
#include "event/normalise.h"
#include "event/proctree.h"
#include "os/file.h"
#include "os/log.h"
#include "os/proc.h"
#include "os/sandbox.h"
#include "proto/agent_msg.h"
#include "proto/json_in.h"

enum {
    PROCESSES_MAX = 65536,
    ANCESTRY_LEVELS = 16,
    WINDOW_BYTES = 16 * 1024 * 1024,
    HEALTH_MS = 2000
};

struct analyst {
    struct loop *loop;
    struct peer *monitor;
    struct peer *uplink;
    struct normaliser *normaliser;
    struct proctree *tree;
    struct ruleset *ruleset; /* mapped; NULL until the first one came */
    struct engine *engine;
    void *map;
    size_t map_len;
    struct resend unacked;                  /* AGENT_EVENT bodies */
    uint64_t quiet[(KIND_COUNT + 63) / 64]; /* kinds that are matched and not sent */
    uint64_t last_quiet;                    /* highest record number that was not sent on purpose */
    bool holding;
    int exit_status;
    struct buf event_json;
    struct buf body;
    uint64_t records;
    uint64_t damaged;
    uint64_t alerts;
    struct sandbox_state sandbox;
    uint64_t no_ruleset; /* events that met no rule because none was there yet */
};

static void stop(struct analyst *a, int status)
{
    a->exit_status = status;
    loop_stop(a->loop);
}

static void update_hold(struct analyst *a)
{
    /* Without an uplink the monitor's window bounds what comes; its next message may bring the
     * socket. */
    bool hold = a->uplink && a->unacked.bytes > WINDOW_BYTES;
    if (hold != a->holding && a->monitor) {
        a->holding = hold;
        peer_hold(a->monitor, hold);
    }
}

/* Tell the monitor that every record up to this one needs no keeping. */
static int spooled(struct analyst *a, uint64_t record)
{
    struct buf body CLEANUP(buf_done) = {0};
    buf_add_u64(&body, record);
    int rc = buf_check(&body);
    return rc ? rc : peer_send(a->monitor, AGENT_SPOOLED, buf_str(&body), -1);
}

/* ---------------------------------------------------------------- uplink side */

static void uplink_message(void *arg, struct peer *p, uint16_t type, struct str body, int *fd)
{
    struct analyst *a = arg;
    (void)fd;
    if (type == AGENT_STOP)
        return;
    struct rd r = rd_of(body);
    uint64_t record = rd_u64(&r);
    resend_ack(&a->unacked, record);
    if (a->unacked.len == 0 && a->last_quiet > record)
        record = a->last_quiet;
    if (spooled(a, record) != 0)
        peer_close_soon(p, E_CLOSED, "the monitor is gone");
    update_hold(a);
}

/* The monitor notices the same and sends a new socket. */
static void uplink_closed(void *arg, struct peer *p, const struct err *err)
{
    struct analyst *a = arg;
    log_warn("uplink connection ended", KV_CSTR("reason", err->message));
    peer_free(p);
    if (a->uplink == p)
        a->uplink = NULL;
    update_hold(a);
}

static const struct peer_handler uplink_handler = {uplink_message, uplink_closed};

static void take_uplink(struct analyst *a, int *fd)
{
    peer_free(TAKE(a->uplink));
    if (peer_new(a->loop, TAKE_FD(*fd), AGENT_ROLE_ANALYST, AGENT_ROLE_UPLINK, &uplink_handler, a,
                 &a->uplink) != 0) {
        log_error("cannot use the socket to the uplink");
        return;
    }
    for (struct resend_item *i = a->unacked.head; i; i = i->next) {
        if (peer_send(a->uplink, AGENT_EVENT, str_n(i->bytes, i->len), -1) != 0) {
            peer_close_soon(a->uplink, E_LIMIT, "the uplink does not keep up");
            break;
        }
    }
    update_hold(a);
}

/* ---------------------------------------------------------------- detection */

static void drop_ruleset(struct analyst *a)
{
    engine_free(TAKE(a->engine));
    ruleset_unref(TAKE(a->ruleset));
    if (a->map)
        (void)munmap(a->map, a->map_len);
    a->map = NULL;
}

/* The monitor verified the signature; here the content is checked before it is used. */
static void take_ruleset(struct analyst *a, int fd)
{
    struct stat st;
    struct err err = {0};
    struct ruleset *ruleset = NULL;
    struct engine *engine = NULL;
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size <= 0) {
        log_error("the ruleset's descriptor is unusable");
        return;
    }
    void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED) {
        log_error("cannot map the ruleset");
        return;
    }
    int rc = ruleset_load(str_n(map, (size_t)st.st_size), &ruleset, &err);
    if (rc == 0)
        rc = engine_new(ruleset, &engine);
    if (rc) {
        log_err(LOG_ERROR, "ruleset refused", &err);
        ruleset_unref(ruleset);
        (void)munmap(map, (size_t)st.st_size);
        return;
    }
    drop_ruleset(a);
    a->map = map;
    a->map_len = (size_t)st.st_size;
    a->ruleset = ruleset;
    a->engine = engine;
    log_info("ruleset in use", KV_STR("version", ruleset_version(ruleset)),
             KV_INT("rules", ruleset_len(ruleset)));
}

/* One alert: what fired, the event, and the ancestry, as the server stores it. */
static int build_alert(struct analyst *a, const struct match *m, const struct event *ev,
                       struct buf *out)
{
    buf_clear(out);
    struct buf head CLEANUP(buf_done) = {0};
    const struct process *subject = proctree_subject(a->tree, ev);
    buf_add_cstr(&head, "\"time\":");
    struct json_out j = {.out = &head};
    json_time(&j, ev->time_ns);
    if (subject) {
        buf_add_cstr(&head, ",\"ancestry\":");
        proctree_add_ancestry_json(&head, subject, ANCESTRY_LEVELS);
    }
    buf_add_char(&head, ',');
    if (buf_check(&head))
        return buf_check(&head);
    alert_add_json(out, buf_str(&head), a->ruleset, m, ev);
    return buf_check(out);
}

static int match_all(struct analyst *a, const struct event *ev, struct agent_event *message,
                     struct buf bodies[])
{
    const struct match *matches = NULL;
    if (!a->engine) {
        a->no_ruleset++;
        return 0;
    }
    int n = engine_match(a->engine, ev, &matches);
    if (n < 0)
        return n;
    for (int i = 0; i < n && message->alerts_len < AGENT_EVENT_ALERTS_MAX; i++) {
        struct buf *body = &bodies[message->alerts_len];
        int rc = build_alert(a, &matches[i], ev, body);
        if (rc)
            return rc;
        message->alerts[message->alerts_len].rule = ruleset_info(a->ruleset, matches[i].rule).id;
        message->alerts[message->alerts_len].json = buf_str(body);
        message->alerts_len++;
        a->alerts++;
    }
    return 0;
}

/* A record that is no event is kept as evidence of itself: the server sees what the sensor said. */
static void damaged_event(struct str record, const struct err *err, struct buf *out)
{
    struct json_out j = {.out = out};
    json_object_begin(&j);
    json_kv_cstr(&j, "kind", "sensor");
    json_kv_cstr(&j, "sensor.text", err->message);
    json_kv_str(&j, "sensor.record", str_sub(record, 0, 4096));
    json_object_end(&j);
}

/* A huge event with many alerts, each repeating it, may not fit: the first alerts count most. */
static int write_message(struct analyst *a, struct agent_event *message)
{
    for (;;) {
        buf_clear(&a->body);
        int rc = agent_event_write(message, &a->body);
        if (rc != E_LIMIT || message->alerts_len == 0)
            return rc;
        message->alerts_len--;
    }
}

static int analyse(struct analyst *a, uint64_t number, struct str record)
{
    static struct buf bodies[AGENT_EVENT_ALERTS_MAX]; /* reused: one analyst a process */
    struct event ev;
    struct err err = {0};
    struct agent_event message = {.record = number};
    a->records++;
    buf_clear(&a->event_json);
    int rc = normaliser_record(a->normaliser, record, FORMAT_AUTO, &ev, &err);
    if (rc == E_NOMEM)
        return rc;
    if (rc) {
        a->damaged++;
        damaged_event(record, &err, &a->event_json);
    } else {
        if (proctree_apply(a->tree, &ev) != 0)
            return E_NOMEM;
        rc = match_all(a, &ev, &message, bodies);
        if (rc)
            return rc;
        event_add_json(&a->event_json, &ev);
        if (message.alerts_len == 0 && (a->quiet[ev.kind / 64] >> (ev.kind % 64) & 1)) {
            a->last_quiet = number;
            buf_clear(&a->body);
            return a->unacked.len ? 0 : spooled(a, number);
        }
    }
    if (buf_check(&a->event_json))
        return buf_check(&a->event_json);
    message.event = buf_str(&a->event_json);
    rc = write_message(a, &message);
    if (rc == E_LIMIT) {
        (void)err_set(&err, rc, "the event is too large");
        buf_clear(&a->event_json);
        damaged_event(record, &err, &a->event_json);
        message.event = buf_str(&a->event_json);
        rc = write_message(a, &message);
    }
    if (rc)
        return rc;
    return resend_add(&a->unacked, number, buf_str(&a->body));
}

/* The monitor verified the plan; it is small and its form is ours. */
static void take_plan(struct analyst *a, struct str json)
{
    struct err err = {0};
    json_t *plan CLEANUP(json_in_freep) = NULL;
    if (json_in_object(json, json.len, &plan, &err) != 0) {
        log_err(LOG_ERROR, "plan refused", &err);
        return;
    }
    memset(a->quiet, 0, sizeof a->quiet);
    const json_t *kinds = json_object_get(plan, "quiet_kinds");
    for (size_t i = 0; i < json_array_size(kinds); i++) {
        const json_t *name = json_array_get(kinds, i);
        enum event_kind kind = kind_find(str_of(json_string_value(name)));
        a->quiet[kind / 64] |= UINT64_C(1) << (kind % 64);
    }
    a->quiet[0] &= ~(UINT64_C(1) << KIND_UNKNOWN);
}

/* ---------------------------------------------------------------- monitor side */

static void monitor_message(void *arg, struct peer *p, uint16_t type, struct str body, int *fd)
{
    struct analyst *a = arg;
    (void)p;
    struct rd r = rd_of(body);
    switch (type) {
    case AGENT_RECORD: {
        uint64_t number = rd_u64(&r);
        int rc = analyse(a, number, rd_bytes(&r, r.left));
        if (rc) {
            log_error("cannot analyse a record", KV_CSTR("code", err_name(rc)));
            stop(a, 1);
            return;
        }
        if (a->body.len && a->uplink &&
            peer_send(a->uplink, AGENT_EVENT, buf_str(&a->body), -1) != 0)
            peer_close_soon(a->uplink, E_LIMIT, "the uplink does not keep up");
        update_hold(a);
        break;
    }
    case AGENT_RULESET:
        take_ruleset(a, *fd);
        break;
    case AGENT_PLAN:
        take_plan(a, body);
        break;
    case AGENT_PEER:
        if (*fd >= 0)
            take_uplink(a, fd);
        break;
    case AGENT_STOP:
        stop(a, 0);
        break;
    default:
        break;
    }
}

static void monitor_closed(void *arg, struct peer *p, const struct err *err)
{
    (void)p;
    log_info("the monitor is gone", KV_CSTR("reason", err->message));
    stop(arg, 0);
}

static const struct peer_handler monitor_handler = {monitor_message, monitor_closed};

static void send_health(struct loop *loop, void *arg)
{
    struct analyst *a = arg;
    struct buf text CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &text};
    json_object_begin(&j);
    json_kv_uint(&j, "records", a->records);
    json_kv_uint(&j, "damaged", a->damaged);
    json_kv_uint(&j, "alerts", a->alerts);
    json_kv_uint(&j, "without_ruleset", a->no_ruleset);
    json_kv_uint(&j, "processes", proctree_len(a->tree));
    json_kv_uint(&j, "waiting", a->unacked.len);
    struct buf walls CLEANUP(buf_done) = {0};
    sandbox_state_add(&walls, &a->sandbox);
    json_kv_str(&j, "sandbox", buf_str(&walls));
    json_kv_str(&j, "ruleset", a->ruleset ? ruleset_version(a->ruleset) : STR(""));
    json_object_end(&j);
    if (buf_check(&text) == 0 && peer_send(a->monitor, AGENT_ANALYST_HEALTH, buf_str(&text), -1))
        stop(a, 1);
    (void)loop_timer(loop, HEALTH_MS, send_health, a);
}

/* A kernel that lacks one of the walls is no failure; health says what is in force. */
static int confine(struct analyst *a, struct err *err)
{
    static const char *const nothing[] = {NULL};
    int rc = sandbox_paths(nothing, nothing, &a->sandbox, err);
    if (rc == 0 || rc == E_UNSUPPORTED)
        rc = sandbox_calls(SANDBOX_COMPUTE, &a->sandbox, err);
    if (rc == E_UNSUPPORTED) {
        log_err(LOG_WARN, "the analyst is not fully confined", err);
        err_clear(err);
        rc = 0;
    }
    return rc;
}

static int set_up(struct analyst *a, int fd, uid_t uid, gid_t gid, struct err *err)
{
    int rc = loop_new(&a->loop);
    if (rc == 0)
        rc = normaliser_new(&a->normaliser);
    if (rc == 0)
        rc = proctree_new(PROCESSES_MAX, &a->tree);
    if (rc == 0 && uid)
        rc = proc_drop_privileges(uid, gid, err);
    if (rc == 0)
        rc = confine(a, err);
    if (rc == 0)
        rc = peer_new(a->loop, fd, AGENT_ROLE_ANALYST, AGENT_ROLE_MONITOR, &monitor_handler, a,
                      &a->monitor);
    if (rc == 0)
        rc = peer_send(a->monitor, AGENT_ANALYST_READY, STR(""), -1);
    return rc;
}

int analyst_main(int fd, uid_t uid, gid_t gid)
{
    struct analyst a = {0};
    struct err err = {0};
    (void)signal(SIGPIPE, SIG_IGN);
    int rc = set_up(&a, fd, uid, gid, &err);
    if (rc == 0) {
        update_hold(&a);
        (void)loop_timer(a.loop, HEALTH_MS, send_health, &a);
        rc = loop_run(a.loop);
    }
    if (rc) {
        err.code = rc;
        log_err(LOG_ERROR, "the analyst cannot run", &err);
        a.exit_status = 1;
    }
    peer_free(a.uplink);
    peer_free(a.monitor);
    drop_ruleset(&a);
    proctree_free(a.tree);
    normaliser_free(a.normaliser);
    resend_done(&a.unacked);
    buf_done(&a.event_json);
    buf_done(&a.body);
    loop_free(a.loop);
    return a.exit_status;
}
