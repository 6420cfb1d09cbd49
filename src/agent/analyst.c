/* The analyst process: record -> event -> process tree -> rules -> uplink. See analyst.h.
 * Back-pressure: it holds the monitor's socket while more than WINDOW_BYTES wait for the uplink's
 * disk. */
#include "agent/analyst.h"

#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/peer.h"
#include "agent/scan_wish.h"
#include "base/mem.h"
#include "base/rd.h"
#include "codec/json_out.h"
#include "crypto/hash.h"
#include "detect/correlator.h"
#include "detect/detect.h"
#include "device/analysis.h"
#include "device/resend.h"
#include "event/normalise.h"
#include "event/proctree.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/log.h"
#include "os/proc.h"
#include "os/sandbox.h"
#include "proto/agent_msg.h"

enum {
    PROCESSES_MAX = 65536,
    WINDOW_BYTES = 16 * 1024 * 1024,
    HEALTH_MS = 2000,
    EXCEPTIONS_TOLD = 200
};

struct analyst {
    struct loop *loop;
    struct peer *monitor;
    struct peer *uplink;
    struct normaliser *normaliser;
    struct analysis *analysis;
    struct ruleset *ruleset; /* mapped; NULL until the first one came */
    struct engine *engine;
    void *map;
    size_t map_len;
    struct resend unacked; /* AGENT_EVENT bodies */
    uint64_t last_quiet;   /* highest record number that was not sent on purpose */
    bool holding;
    int exit_status;
    struct buf body;
    char device[64];
    size_t device_len;
    struct scan_wish wish;
    struct sandbox_state sandbox;
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

/* The analysis must not use it any more. */
static void drop_ruleset(struct analyst *a)
{
    engine_free(TAKE(a->engine));
    ruleset_unref(TAKE(a->ruleset));
    if (a->map)
        (void)munmap(a->map, a->map_len);
    a->map = NULL;
}

/* The monitor verified the signature and hashed the file, which is in its own folder; here the
 * content is checked before it is used. */
static void take_ruleset(struct analyst *a, struct str version, int fd)
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
    int rc = ruleset_load_verified(str_n(map, (size_t)st.st_size), version, &ruleset, &err);
    if (rc == 0)
        rc = engine_new(ruleset, &engine);
    if (rc == 0 && analysis_use(a->analysis, ruleset, engine))
        rc = err_set(&err, E_NOMEM, "out of memory");
    if (rc) {
        log_err(LOG_ERROR, "ruleset refused", &err);
        engine_free(engine);
        ruleset_unref(ruleset);
        (void)munmap(map, (size_t)st.st_size);
        return;
    }
    engine_set_device(engine, str_n(a->device, a->device_len));
    if (a->engine)
        engine_carry_hidden(engine, a->engine);
    drop_ruleset(a);
    a->map = map;
    a->map_len = (size_t)st.st_size;
    a->ruleset = ruleset;
    a->engine = engine;
    log_info("ruleset in use", KV_STR("version", ruleset_version(ruleset)),
             KV_INT("rules", ruleset_len(ruleset)));
}

/* YARA is not for this process: the monitor opens the file for a worker. */
static void ask_scan(struct analyst *a)
{
    struct analysis_file f = analysis_file(a->analysis);
    struct buf body CLEANUP(buf_done) = {0};
    if (f.path.len == 0 || f.path.ptr[0] != '/' || f.path.len >= PATH_MAX || !a->ruleset ||
        ruleset_yara_len(a->ruleset) == 0 ||
        !scan_wish_due(&a->wish, f.path, f.written, clock_mono_ms()))
        return;
    buf_add_u64(&body, (uint64_t)f.pid);
    buf_add_u64(&body, (uint64_t)f.pidversion);
    buf_add_str(&body, f.path);
    if (buf_check(&body) || peer_send(a->monitor, AGENT_SCAN, buf_str(&body), -1) != 0)
        log_warn("a file could not be given to YARA", KV_STR("path", f.path));
}

static int analyse(struct analyst *a, uint64_t number, struct str record)
{
    bool sent;
    int rc = analysis_record(a->analysis, number, record, &a->body, &sent);
    if (rc == 0)
        ask_scan(a);
    if (rc)
        return rc;
    if (sent)
        return resend_add(&a->unacked, number, buf_str(&a->body));
    a->last_quiet = number;
    return a->unacked.len ? 0 : spooled(a, number);
}

static void take_device(struct analyst *a, struct str id)
{
    a->device_len = id.len <= sizeof a->device ? id.len : 0;
    memcpy(a->device, id.ptr, a->device_len);
    if (a->engine)
        engine_set_device(a->engine, id);
}

/* A monitor that does not take it will be told at the next start of the program. */
static void on_suspect(void *arg, const struct agent_suspect *s)
{
    struct analyst *a = arg;
    struct buf body CLEANUP(buf_done) = {0};
    if (agent_suspect_write(s, &body) != 0 ||
        peer_send(a->monitor, AGENT_SUSPECT, buf_str(&body), -1) != 0)
        log_warn("a suspect could not be sent to the monitor");
}

static void take_plan(struct analyst *a, struct str json)
{
    struct err err = {0};
    if (analysis_plan(a->analysis, json, &err) != 0)
        log_err(LOG_ERROR, "plan refused", &err);
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
        take_ruleset(a, body, *fd);
        break;
    case AGENT_DEVICE:
        take_device(a, body);
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

/* What exceptions hid: those that hid something, as many as fit into a report. */
static void add_exceptions(const struct analyst *a, struct json_out *j)
{
    unsigned told = 0;
    json_key(j, "exceptions");
    json_object_begin(j);
    for (uint32_t i = 0; a->engine && i < ruleset_exceptions(a->ruleset); i++) {
        uint64_t hidden = engine_hidden(a->engine, i);
        if (hidden && told++ < EXCEPTIONS_TOLD) {
            json_key_str(j, ruleset_exception_id(a->ruleset, i));
            json_uint(j, hidden);
        }
    }
    json_object_end(j);
}

static void add_correlations(const struct analyst *a, struct json_out *j)
{
    static const struct correlator_stats none;
    const struct correlator_stats *s = analysis_correlations(a->analysis);
    if (!s)
        s = &none;
    json_key(j, "correlations");
    json_object_begin(j);
#define ADD(name, doc) json_kv_uint(j, #name, s->name);
    CORRELATOR_STATS(ADD)
#undef ADD
    json_object_end(j);
}

static void send_health(struct loop *loop, void *arg)
{
    struct analyst *a = arg;
    struct buf text CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &text};
    const struct analysis_stats *stats = analysis_stats(a->analysis);
    json_object_begin(&j);
    json_kv_uint(&j, "records", stats->records);
    json_kv_uint(&j, "damaged", stats->damaged);
    json_kv_uint(&j, "alerts", stats->alerts);
    json_kv_uint(&j, "without_ruleset", stats->no_ruleset);
    json_kv_uint(&j, "processes", proctree_len(analysis_tree(a->analysis)));
    json_kv_uint(&j, "waiting", a->unacked.len);
    struct buf walls CLEANUP(buf_done) = {0};
    sandbox_state_add(&walls, &a->sandbox);
    json_kv_str(&j, "sandbox", buf_str(&walls));
    add_exceptions(a, &j);
    add_correlations(a, &j);
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
        rc = analysis_new(a->normaliser, PROCESSES_MAX, &a->analysis);
    if (rc == 0)
        analysis_on_suspect(a->analysis, on_suspect, a);
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
    analysis_free(a.analysis);
    drop_ruleset(&a);
    normaliser_free(a.normaliser);
    resend_done(&a.unacked);
    buf_done(&a.body);
    loop_free(a.loop);
    return a.exit_status;
}
