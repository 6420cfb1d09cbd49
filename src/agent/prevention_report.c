/* Records of what was stopped. See prevention_report.h. */
#include "agent/prevention_report.h"

#include <stdio.h>
#include <string.h>

#include "agent/own_record.h"
#include "base/mem.h"
#include "base/timefmt.h"
#include "os/clock.h"
#include "os/log.h"
#include "respond/running.h"

enum { REMEMBERED = 64, QUIET_MS = 60000 };

/** One program and entry of which a record was made lately. */
struct told {
    uint64_t key; /* 0 = free */
    int64_t at_ms;
    uint64_t more; /* times since then */
};

struct prevention_report {
    struct loop *loop;
    prevention_record_fn record;
    void *arg;
    uint64_t counts[PREVENTION_OUTCOMES_LEN];
    struct told told[REMEMBERED];
    struct buf text;
};

/** A finding on its way from another thread to the loop. */
struct posted {
    struct prevention_report *report;
    struct prevention_finding finding;
};

static const char *const names[] = {
#define PREVENTION_NAME(id, name) [id] = (name),
    PREVENTION_OUTCOMES(PREVENTION_NAME)
#undef PREVENTION_NAME
};

void prevention_finding_set(struct prevention_finding *f, const struct prevent_verdict *v)
{
    struct buf value CLEANUP(buf_done) = {0};
    prevent_add_value(v, &value);
    f->kind = v->kind;
    (void)snprintf(f->value, sizeof f->value, "%s", buf_cstr(&value));
    (void)snprintf(f->reason, sizeof f->reason, "%.*s", STR_FMT(v->reason));
    (void)snprintf(f->source, sizeof f->source, "%.*s", STR_FMT(v->source));
}

/* ---------------------------------------------------------------- the record */

static void set_text(struct event *ev, enum field_id id, const char *text)
{
    if (text[0])
        event_set_str(ev, id, str_of(text));
}

/* Who is behind the pid: the program itself, or for one that was kept from starting whoever wanted
 * to start it. */
static void set_process(struct event *ev, struct prevention_finding *f, struct running *who)
{
    bool known = running_look(f->pid, who) == 0;
    event_set_int(ev, F_PID, f->pid);
    if (f->generation == 0 && known)
        f->generation = who->generation;
    if (f->generation)
        event_set_int(ev, F_PIDVERSION, (int64_t)f->generation);
    if (f->outcome != PREVENTION_DENIED)
        set_text(ev, F_EXECUTABLE, f->program);
    else if (known)
        set_text(ev, F_EXECUTABLE, who->path);
}

static void write_record(struct prevention_report *r, struct prevention_finding *f, uint64_t count)
{
    struct event ev;
    struct running who;
    own_record_begin(&ev, KIND_PREVENT);
    set_process(&ev, f, &who);
    set_text(&ev, F_PREVENT_PROGRAM, f->program);
    set_text(&ev, F_PREVENT_OUTCOME, names[f->outcome]);
    set_text(&ev, F_PREVENT_TYPE, list_kind_name(f->kind));
    set_text(&ev, F_PREVENT_VALUE, f->value);
    set_text(&ev, F_PREVENT_REASON, f->reason);
    set_text(&ev, F_PREVENT_SOURCE, f->source);
    set_text(&ev, F_PREVENT_TROUBLE, f->trouble);
    event_set_int(&ev, F_PREVENT_COUNT, (int64_t)count);
    buf_clear(&r->text);
    event_add_json(&r->text, &ev);
    if (buf_check(&r->text) == 0)
        r->record(r->arg, buf_str(&r->text));
    else
        log_error("out of memory: a stopped program is not told");
}

/* ---------------------------------------------------------------- how often */

static struct told *place_of(struct prevention_report *r, const struct prevention_finding *f)
{
    uint64_t key = str_hash(str_of(f->program), str_hash(str_of(f->value), f->outcome)) | 1;
    struct told *oldest = &r->told[0];
    for (unsigned i = 0; i < REMEMBERED; i++) {
        if (r->told[i].key == key)
            return &r->told[i];
        if (r->told[i].at_ms < oldest->at_ms)
            oldest = &r->told[i];
    }
    *oldest = (struct told){.key = key, .at_ms = INT64_MIN / 2};
    return oldest;
}

void prevention_report_add(struct prevention_report *r, struct prevention_finding *f)
{
    struct told *t = place_of(r, f);
    int64_t now_ms = clock_mono_ms();
    r->counts[f->outcome]++;
    if (now_ms - t->at_ms < QUIET_MS) {
        t->more++;
        return;
    }
    log_info("prevent list", KV_CSTR("outcome", names[f->outcome]), KV_CSTR("program", f->program),
             KV_CSTR("entry", f->value), KV_INT("pid", f->pid));
    uint64_t count = t->more + 1;
    t->at_ms = now_ms;
    t->more = 0;
    write_record(r, f, count);
}

static void on_loop(struct loop *loop, void *arg)
{
    struct posted *p = arg;
    (void)loop;
    prevention_report_add(p->report, &p->finding);
    mem_free(p);
}

void prevention_report_post(struct prevention_report *r, const struct prevention_finding *f)
{
    struct posted *p = mem_alloc(sizeof *p);
    if (!p)
        return; /* it was stopped all the same */
    *p = (struct posted){.report = r, .finding = *f};
    if (loop_post(r->loop, on_loop, p) != 0)
        mem_free(p);
}

/* ---------------------------------------------------------------- life */

int prevention_report_new(struct loop *loop, prevention_record_fn record, void *arg,
                          struct prevention_report **ret_report)
{
    struct prevention_report *r = mem_calloc(1, sizeof *r);
    if (!r)
        return E_NOMEM;
    r->loop = loop;
    r->record = record;
    r->arg = arg;
    for (unsigned i = 0; i < REMEMBERED; i++)
        r->told[i].at_ms = INT64_MIN / 2;
    *ret_report = r;
    return 0;
}

void prevention_report_free(struct prevention_report *r)
{
    if (!r)
        return;
    buf_done(&r->text);
    mem_free(r);
}

void prevention_report_health(const struct prevention_report *r, struct json_out *j)
{
    for (unsigned i = 0; i < PREVENTION_OUTCOMES_LEN; i++)
        json_kv_uint(j, names[i], r->counts[i]);
}
