/* Which correlations an event concerns, and whether they fire. See correlator.h. What the event
 * gives to them is correlator_input.c, the groups are correlator_group.c, a group's window is
 * correlator_window.c. */
#include "detect/correlator_priv.h"

#include "base/mem.h"
#include "os/random.h"

enum { LATE_RUN = 64 }; /* late events in a row that mean the clock was set back */

/* ------------------------------------------------------------------ life */

/* By rule and correlation, which correlations build on it. */
static int index_uses(struct correlator *c)
{
    const struct image *image = &c->rules->image;
    uint32_t total = image->rules_len + image->correlations_len;
    uint32_t refs = 0;
    for (uint32_t i = 0; i < image->correlations_len; i++)
        refs += image->correlations[i].refs_len;
    c->uses_start = mem_calloc((size_t)total + 2, sizeof(*c->uses_start));
    c->uses = mem_calloc(refs, sizeof(*c->uses));
    c->fired = mem_calloc((size_t)image->rules_len / 64 + 1, sizeof(*c->fired));
    c->touched = mem_calloc((size_t)image->correlations_len / 64 + 1, sizeof(*c->touched));
    c->field_ids = mem_calloc(image->correlation_fields_len, sizeof(*c->field_ids));
    c->silent = mem_calloc(total, sizeof(*c->silent));
    if (!c->uses_start || !c->uses || !c->fired || !c->touched || !c->field_ids || !c->silent)
        return E_NOMEM;
    for (uint32_t i = 0; i < image->correlations_len; i++) {
        for (uint32_t k = 0; k < image->correlations[i].refs_len; k++)
            c->uses_start[image->correlation_refs[image->correlations[i].refs_start + k].rule +
                          2]++;
    }
    for (uint32_t i = 2; i < total + 2; i++)
        c->uses_start[i] += c->uses_start[i - 1];
    for (uint32_t i = 0; i < image->correlations_len; i++) {
        for (uint32_t k = 0; k < image->correlations[i].refs_len; k++) {
            uint32_t rule = image->correlation_refs[image->correlations[i].refs_start + k].rule;
            c->uses[c->uses_start[rule + 1]++] = i;
        }
    }
    for (uint32_t i = 0; i < image->correlation_fields_len; i++)
        c->field_ids[i] = (uint16_t)field_find(image_text(image, image->correlation_fields[i]));
    for (uint32_t i = 0; i < image->silent_len; i++)
        c->silent[image->silent[i]] = true;
    return 0;
}

int correlator_new(struct ruleset *r, struct correlator **ret_correlator)
{
    struct correlator *c = mem_calloc(1, sizeof *c);
    if (!c)
        return E_NOMEM;
    c->rules = ruleset_ref(r);
    c->watermark_ns = INT64_MIN;
    c->states_len = r->image.correlations_len;
    int rc = 0;
    if (c->states_len) {
        c->states = mem_calloc(c->states_len, sizeof(*c->states));
        rc = c->states ? index_uses(c) : E_NOMEM;
        random_bytes(c->seed, sizeof c->seed);
    }
    for (uint32_t i = 0; rc == 0 && i < c->states_len; i++)
        c->states[i].image = &r->image.correlations[i];
    if (rc) {
        correlator_free(c);
        return rc;
    }
    *ret_correlator = c;
    return 0;
}

static void forget(struct correlator *c)
{
    for (uint32_t i = 0; c->states && i < c->states_len; i++) {
        while (c->states[i].oldest)
            correlator_group_free(&c->states[i], c->states[i].oldest);
    }
}

void correlator_free(struct correlator *c)
{
    if (!c)
        return;
    forget(c);
    for (uint32_t i = 0; c->states && i < c->states_len; i++)
        map_done(&c->states[i].groups);
    mem_free(c->states);
    mem_free(c->uses_start);
    mem_free(c->uses);
    mem_free(c->fired);
    mem_free(c->touched);
    mem_free(c->field_ids);
    mem_free(c->silent);
    mem_free(c->made);
    mem_free(c->inputs);
    mem_free(c->alerts);
    buf_done(&c->scratch);
    arena_done(&c->texts);
    ruleset_unref(c->rules);
    mem_free(c);
}

const struct correlator_stats *correlator_stats(const struct correlator *c)
{
    return &c->stats;
}

void correlator_stats_add(struct correlator_stats *sum, const struct correlator_stats *more)
{
#define ADD(name, doc) sum->name += more->name;
    CORRELATOR_STATS(ADD)
#undef ADD
}

void correlator_stats_text(struct buf *out, const struct correlator_stats *s)
{
#define TEXT(name, doc) buf_addf(out, " %s=%llu", #name, (unsigned long long)s->name);
    CORRELATOR_STATS(TEXT)
#undef TEXT
}

/* ------------------------------------------------------------------ firing */

static int add_alert(struct correlator *c, const struct correlation_state *s,
                     const struct correlation_group *g, const struct input *in, __int128 num,
                     int64_t den)
{
    const struct image *image = &c->rules->image;
    const struct correlator_window *w = &g->window;
    size_t total = w->end - w->first;
    size_t shown = total < CORRELATION_EVENTS ? total : CORRELATION_EVENTS;
    struct correlated_event *events = arena_array(&c->texts, shown, sizeof *events);
    struct matched_field *fields = arena_array(&c->texts, s->image->groups_len, sizeof *fields);
    if (!events || !fields ||
        mem_grow(&c->alerts, &c->alerts_cap, c->alerts_len + 1, sizeof(*c->alerts)))
        return E_NOMEM;
    for (size_t i = 0; i < shown; i++) {
        const struct correlator_entry *e = correlator_window_at(w, w->end - shown + i);
        events[i] = (struct correlated_event){e->time_ns, e->record, e->rule};
    }
    for (uint32_t i = 0; i < s->image->groups_len; i++)
        fields[i] = (struct matched_field){
            image_text(image, image->correlation_groups[s->image->groups_start + i]),
            in->values[i]};
    __int128 value = num / den;
    value = value > INT64_MAX ? INT64_MAX : value < INT64_MIN ? INT64_MIN : value;
    c->alerts[c->alerts_len++] =
        (struct correlated){.match = {.rule = image->rules_len + (uint32_t)(s - c->states),
                                      .fields = fields,
                                      .fields_len = s->image->groups_len},
                            .type = w->type,
                            .value = (int64_t)value,
                            .events = events,
                            .events_len = (uint32_t)shown,
                            .events_total = (uint32_t)total};
    c->stats.alerts++;
    return 0;
}

static void touch(struct correlator *c, uint32_t rule)
{
    for (uint32_t i = c->uses_start[rule]; i < c->uses_start[rule + 1]; i++)
        c->touched[c->uses[i] / 64] |= UINT64_C(1) << (c->uses[i] % 64);
}

/* The condition held at the end of the group's window. One alert a group and timespan. */
static int fire(struct correlator *c, struct correlation_state *s, struct correlation_group *g,
                const struct input *in, __int128 num, int64_t den)
{
    uint32_t own = (uint32_t)(s - c->states);
    uint32_t rule = c->rules->image.rules_len + own;
    int64_t time_ns = correlator_window_at(&g->window, g->window.end - 1)->time_ns;
    c->stats.matches++;
    if (c->uses_start[rule] < c->uses_start[rule + 1]) {
        if (mem_grow(&c->made, &c->made_cap, c->made_len + 1, sizeof(*c->made)))
            return E_NOMEM;
        c->made[c->made_len++] = (struct made){own, time_ns, in->values};
        touch(c, rule);
    }
    int64_t apart;
    bool recent = g->alerted && !__builtin_sub_overflow(time_ns, g->alert_ns, &apart) &&
                  apart < s->image->timespan_ns && -apart < s->image->timespan_ns;
    if (c->silent[rule] || recent)
        return 0;
    g->alerted = true;
    g->alert_ns = time_ns;
    return add_alert(c, s, g, in, num, den);
}

/* Judge the window that ends with the new entries; where they came late, also those that end later,
 * until one holds. Leaves the window at its newest end. */
static int judge(struct correlator *c, struct correlation_state *s, struct correlation_group *g,
                 const struct input *in)
{
    bool held = false;
    for (;;) {
        if (!held) {
            __int128 num;
            int64_t den;
            correlator_window_value(&g->window, &num, &den);
            held = correlation_holds(s->image->bounds, s->image->bounds_set, num, den);
            int rc = held ? fire(c, s, g, in, num, den) : 0;
            if (rc)
                return rc;
        }
        if (g->window.end == g->window.len)
            return 0;
        int rc = correlator_window_advance(&g->window);
        if (rc)
            return rc;
    }
}

/* All inputs of one group: the first of them `from`. An event counts once, for whichever rule; for
 * sequences once for each rule. */
static int enter(struct correlator *c, struct correlation_state *s, size_t from, uint64_t record)
{
    struct correlator_entry entries[CORRELATION_RULES];
    struct input first = c->inputs[from];
    struct correlation_group *g;
    bool sequence =
        s->image->type == CORRELATION_TEMPORAL || s->image->type == CORRELATION_TEMPORAL_ORDERED;
    size_t len = 0;
    for (size_t i = from; i < c->inputs_len; i++) {
        struct input *in = &c->inputs[i];
        bool same = !in->done && memcmp(in->key, first.key, sizeof in->key) == 0;
        bool wanted = len == 0 || (sequence && entries[len - 1].value != in->value);
        in->done |= same;
        if (same && wanted && len < CORRELATION_RULES)
            entries[len++] =
                (struct correlator_entry){first.time_ns, in->value, record, c->arrival, in->rule};
    }
    int rc = correlator_group_get(c, s, first.key, &g);
    if (rc)
        return rc;
    correlator_group_make_room(c, s, g, len);
    rc = correlator_window_insert(&g->window, entries, len);
    s->entries += rc ? 0 : len;
    if (rc == 0)
        rc = judge(c, s, g, &first);
    if (rc)
        correlator_group_free(s, g);
    return rc;
}

static int run_one(struct correlator *c, struct correlation_state *s, const struct event *ev,
                   uint64_t record)
{
    int rc = correlator_gather(c, s, ev);
    for (size_t i = 0; rc == 0 && i < c->inputs_len; i++)
        rc = c->inputs[i].done ? 0 : enter(c, s, i, record);
    return rc;
}

/* A correlation comes behind those it builds on: one pass in order. */
static int run_all(struct correlator *c, const struct event *ev, uint64_t record)
{
    int rc = 0;
    for (uint32_t word = 0; word <= c->states_len / 64; word++) {
        while (c->touched[word]) {
            uint32_t i = word * 64 + (uint32_t)__builtin_ctzll(c->touched[word]);
            c->touched[word] &= c->touched[word] - 1;
            rc = rc ? rc : run_one(c, &c->states[i], ev, record);
        }
    }
    return rc;
}

/* Keep up with the clock of the events. @return whether this one is in time */
static bool in_time(struct correlator *c, const struct event *ev, bool matched)
{
    int64_t time_ns = ev->time_ns ? ev->time_ns : c->watermark_ns;
    int64_t behind;
    c->now_ns = time_ns == INT64_MIN ? 0 : time_ns;
    if (time_ns >= c->watermark_ns) {
        c->watermark_ns = c->now_ns;
        c->late_run = 0;
        return true;
    }
    bool late = __builtin_sub_overflow(c->watermark_ns, time_ns, &behind) ||
                behind > CORRELATOR_TOLERANCE_NS;
    c->late_run = late ? c->late_run + 1 : 0;
    if (late && c->late_run >= LATE_RUN) {
        forget(c);
        c->stats.resets++;
        c->watermark_ns = time_ns;
        c->late_run = 0;
        return true;
    }
    c->stats.late += late && matched ? 1 : 0;
    return !late;
}

int correlator_event(struct correlator *c, const struct event *ev, uint64_t record,
                     const struct match *matches, int count, const struct correlated **ret_alerts)
{
    if (c->states_len == 0)
        return 0;
    bool taken = false;
    for (int i = 0; i < count; i++)
        taken |= c->uses_start[matches[i].rule] < c->uses_start[matches[i].rule + 1];
    if (!in_time(c, ev, taken) || !taken)
        return 0;
    arena_clear(&c->texts);
    c->made_len = 0;
    c->alerts_len = 0;
    c->arrival++;
    for (int i = 0; i < count; i++) {
        c->fired[matches[i].rule / 64] |= UINT64_C(1) << (matches[i].rule % 64);
        touch(c, matches[i].rule);
    }
    int rc = run_all(c, ev, record);
    for (int i = 0; i < count; i++)
        c->fired[matches[i].rule / 64] = 0;
    *ret_alerts = c->alerts;
    return rc ? rc : (int)c->alerts_len;
}
