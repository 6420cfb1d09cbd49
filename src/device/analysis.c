/* Records to events and alerts. See analysis.h. */
#include "device/analysis.h"

#include <string.h>

#include "base/mem.h"
#include "codec/json_out.h"
#include "detect/correlator.h"
#include "device/analysis_prevent.h"
#include "event/normalise.h"
#include "os/clock.h"
#include "event/proctree.h"
#include "proto/agent_msg.h"
#include "proto/json_in.h"

enum { ANCESTRY_LEVELS = 16, RECORD_KEPT_BYTES = 4096 };

struct analysis {
    struct normaliser *normaliser;
    struct proctree *tree;
    struct ruleset *ruleset; /* NULL until the first one came */
    struct engine *engine;
    struct correlator *correlator; /* this device's, of the ruleset; NULL before its first event */
    uint64_t quiet[(KIND_COUNT + 63) / 64]; /* kinds that are matched and not sent */
    const struct prevent *prevent;          /* of the ruleset */
    bool wants_hash;                        /* some entry denies by hash */
    analysis_suspect_fn suspect;            /* NULL: nobody asks */
    void *suspect_arg;
    struct analysis_stats stats;
    struct analysis_file file;
    struct buf event_json;
    struct buf bodies[AGENT_EVENT_ALERTS_MAX];
};

int analysis_new(struct normaliser *normaliser, size_t processes_max,
                 struct analysis **ret_analysis)
{
    struct analysis *a = mem_calloc(1, sizeof *a);
    if (!a)
        return E_NOMEM;
    a->normaliser = normaliser;
    if (proctree_new(processes_max, &a->tree)) {
        analysis_free(a);
        return E_NOMEM;
    }
    *ret_analysis = a;
    return 0;
}

void analysis_free(struct analysis *a)
{
    if (!a)
        return;
    proctree_free(a->tree);
    correlator_free(a->correlator);
    buf_done(&a->event_json);
    for (size_t i = 0; i < ARRAY_LEN(a->bodies); i++)
        buf_done(&a->bodies[i]);
    mem_free(a);
}

int analysis_use(struct analysis *a, struct ruleset *ruleset, struct engine *engine)
{
    struct correlator *next = NULL;
    int rc = ruleset && a->correlator ? correlator_new(ruleset, &next) : 0;
    if (rc == 0 && next)
        rc = correlator_adopt(next, a->correlator);
    if (rc) {
        correlator_free(next);
        return rc;
    }
    correlator_free(a->correlator);
    a->correlator = next;
    a->ruleset = ruleset;
    a->engine = engine;
    a->prevent = ruleset ? ruleset_prevent(ruleset) : NULL;
    a->wants_hash = a->prevent && prevent_has(a->prevent, LIST_SHA256);
    return 0;
}

void analysis_on_suspect(struct analysis *a, analysis_suspect_fn fn, void *arg)
{
    a->suspect = fn;
    a->suspect_arg = arg;
}

const struct proctree *analysis_tree(const struct analysis *a)
{
    return a->tree;
}

const struct analysis_stats *analysis_stats(const struct analysis *a)
{
    return &a->stats;
}

const struct correlator_stats *analysis_correlations(const struct analysis *a)
{
    return a->correlator ? correlator_stats(a->correlator) : NULL;
}

/* The plan was verified; it is small and its form is ours. */
int analysis_plan(struct analysis *a, struct str json, struct err *err)
{
    json_t *plan CLEANUP(json_in_freep) = NULL;
    int rc = json_in_object(json, json.len, &plan, err);
    if (rc)
        return rc;
    memset(a->quiet, 0, sizeof a->quiet);
    const json_t *kinds = json_object_get(plan, "quiet_kinds");
    for (size_t i = 0; i < json_array_size(kinds); i++) {
        const json_t *name = json_array_get(kinds, i);
        enum event_kind kind = kind_find(str_of(json_string_value(name)));
        a->quiet[kind / 64] |= UINT64_C(1) << (kind % 64);
    }
    a->quiet[0] &= ~(UINT64_C(1) << KIND_UNKNOWN);
    return 0;
}

static bool is_quiet(const struct analysis *a, enum event_kind kind)
{
    return (a->quiet[kind / 64] >> (kind % 64) & 1) != 0;
}

/* One alert: what fired, the event, and the ancestry, as the server stores it. Without a match: of
 * the prevent lists. */
static int build_alert(struct analysis *a, const struct match *m, const struct correlated *c,
                       const struct event *ev, struct buf *out)
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
    if (c)
        alert_add_correlated_json(out, buf_str(&head), a->ruleset, c, ev, NULL, NULL);
    else if (m)
        alert_add_json(out, buf_str(&head), a->ruleset, m, ev);
    else
        analysis_add_prevent_alert(out, buf_str(&head), ev);
    return buf_check(out);
}

static void tell_suspect(struct analysis *a, const struct event *ev)
{
    struct prevent_digests digests;
    if (!a->suspect || !a->prevent || !a->prevent->len)
        return;
    struct code_identity id = prevent_identity(ev, &digests);
    if (!analysis_suspects(a->prevent, a->wants_hash, ev, &id, clock_wall_ns()))
        return;
    struct agent_suspect s = {.pid = (uint32_t)event_int(ev, F_PID, 0),
                              .generation = (uint64_t)event_int(ev, F_PIDVERSION, 0),
                              .sha256 = id.sha256,
                              .cdhash = id.cdhash,
                              .signing_id = id.signing_id,
                              .team_id = id.team_id};
    a->stats.suspects++;
    a->suspect(a->suspect_arg, &s);
}

/* What the monitor stopped is an alert of its own, whatever the rules say of it. */
static int add_prevented(struct analysis *a, const struct event *ev, struct agent_event *message,
                         char rule[ANALYSIS_PREVENT_RULE_BYTES])
{
    if (ev->kind != KIND_PREVENT)
        return 0;
    int rc = build_alert(a, NULL, NULL, ev, &a->bodies[0]);
    if (rc)
        return rc;
    analysis_prevent_rule(ev, rule);
    message->alerts[0].rule = str_of(rule);
    message->alerts[0].json = buf_str(&a->bodies[0]);
    message->alerts_len = 1;
    a->stats.alerts++;
    return 0;
}

static int add_alert(struct analysis *a, const struct match *m, const struct correlated *c,
                     const struct event *ev, struct agent_event *message)
{
    if (message->alerts_len >= AGENT_EVENT_ALERTS_MAX)
        return 0;
    struct buf *body = &a->bodies[message->alerts_len];
    int rc = build_alert(a, m, c, ev, body);
    if (rc)
        return rc;
    message->alerts[message->alerts_len].rule = ruleset_info(a->ruleset, m->rule).id;
    message->alerts[message->alerts_len].json = buf_str(body);
    message->alerts_len++;
    a->stats.alerts++;
    return 0;
}

/* Correlations last: they must not push out what the event shows by itself. */
static int correlate(struct analysis *a, const struct match *matches, int count,
                     const struct event *ev, struct agent_event *message)
{
    const struct correlated *fired = NULL;
    int rc = a->correlator ? 0 : correlator_new(a->ruleset, &a->correlator);
    if (rc)
        return rc;
    int n = correlator_event(a->correlator, ev, message->record, matches, count, &fired);
    for (int i = 0; rc == 0 && i < n; i++)
        rc = add_alert(a, &fired[i].match, &fired[i], ev, message);
    return n < 0 ? n : rc;
}

static int match_all(struct analysis *a, const struct event *ev, struct agent_event *message)
{
    const struct match *matches = NULL;
    if (!a->engine) {
        a->stats.no_ruleset++;
        return 0;
    }
    int n = engine_match(a->engine, ev, &matches);
    int rc = n < 0 ? n : 0;
    for (int i = 0; rc == 0 && i < n; i++) {
        if (!ruleset_is_silent(a->ruleset, matches[i].rule))
            rc = add_alert(a, &matches[i], NULL, ev, message);
    }
    return rc ? rc : correlate(a, matches, n, ev, message);
}

static void note_file(struct analysis *a, const struct event *ev)
{
    bool written =
        ev->kind == KIND_RENAME || (ev->kind == KIND_CLOSE && event_get(ev, F_FILE_MODIFIED).b &&
                                    event_get(ev, F_FILE_MODIFIED).type == VALUE_BOOL);
    a->file = (struct analysis_file){.written = written};
    if (ev->kind == KIND_EXEC)
        a->file.path = event_str(ev, F_EXECUTABLE);
    else if (written)
        a->file.path = event_str(ev, F_FILE_PATH);
    a->file.pid = event_int(ev, F_PID, 0);
    a->file.pidversion = event_int(ev, F_PIDVERSION, 0);
}

struct analysis_file analysis_file(const struct analysis *a)
{
    return a->file;
}

/* A record that is no event is kept as evidence of itself: the server sees what the sensor said. */
static void damaged_event(struct str record, const struct err *err, struct buf *out)
{
    struct json_out j = {.out = out};
    json_object_begin(&j);
    json_kv_cstr(&j, "kind", "sensor");
    json_kv_cstr(&j, "sensor.text", err->message);
    json_kv_str(&j, "sensor.record", str_sub(record, 0, RECORD_KEPT_BYTES));
    json_object_end(&j);
}

/* A huge event with many alerts, each repeating it, may not fit: the first alerts count most. */
static int write_message(struct agent_event *message, struct buf *out)
{
    for (;;) {
        buf_clear(out);
        int rc = agent_event_write(message, out);
        if (rc != E_LIMIT || message->alerts_len == 0)
            return rc;
        message->alerts_len--;
    }
}

static int write_damaged(struct analysis *a, uint64_t number, struct str record,
                         const struct err *why, struct buf *out)
{
    struct agent_event message = {.record = number};
    buf_clear(&a->event_json);
    damaged_event(record, why, &a->event_json);
    if (buf_check(&a->event_json))
        return buf_check(&a->event_json);
    message.event = buf_str(&a->event_json);
    return write_message(&message, out);
}

int analysis_record(struct analysis *a, uint64_t number, struct str record, struct buf *out,
                    bool *ret_sent)
{
    struct event ev;
    struct err err = {0};
    struct agent_event message = {.record = number};
    a->stats.records++;
    a->file = (struct analysis_file){0};
    buf_clear(out);
    *ret_sent = true;
    int rc = normaliser_record(a->normaliser, record, FORMAT_AUTO, &ev, &err);
    if (rc == E_NOMEM)
        return rc;
    if (rc) {
        a->stats.damaged++;
        return write_damaged(a, number, record, &err, out);
    }
    if (proctree_apply(a->tree, &ev) != 0)
        return E_NOMEM;
    note_file(a, &ev);
    char prevented[ANALYSIS_PREVENT_RULE_BYTES];
    tell_suspect(a, &ev);
    rc = add_prevented(a, &ev, &message, prevented);
    if (rc == 0)
        rc = match_all(a, &ev, &message);
    if (rc)
        return rc;
    if (message.alerts_len == 0 && is_quiet(a, ev.kind)) {
        *ret_sent = false;
        return 0;
    }
    buf_clear(&a->event_json);
    event_add_json(&a->event_json, &ev);
    if (buf_check(&a->event_json))
        return buf_check(&a->event_json);
    message.event = buf_str(&a->event_json);
    rc = write_message(&message, out);
    if (rc != E_LIMIT)
        return rc;
    (void)err_set(&err, rc, "the event is too large");
    return write_damaged(a, number, record, &err, out);
}
