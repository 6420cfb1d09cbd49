/* One segment: frames that time, device or keys rule out are passed over, the others decompressed,
 * their lines made events and matched. See hunt_priv.h. */
#include "base/mem.h"
#include "codec/json_out.h"
#include "detect/prune.h"
#include "hunt/hunt_priv.h"
#include "proto/batch.h"
#include "store/segkeys.h"

int scan_init(struct scan *s, struct run *run)
{
    *s = (struct scan){.run = run};
    uint32_t rules = run->rules_total;
    int rc = engine_new(run->config->rules, &s->engine);
    if (!rc)
        rc = normaliser_new(&s->normaliser);
    if (!rc && run->config->rule_hits_most) {
        s->rule_found = mem_calloc(rules ? rules : 1, sizeof *s->rule_found);
        rc = s->rule_found ? 0 : E_NOMEM;
    }
    return rc;
}

void scan_done(struct scan *s)
{
    engine_free(s->engine);
    normaliser_free(s->normaliser);
    buf_done(&s->plain);
    buf_done(&s->head);
    buf_done(&s->texts);
    mem_free(s->found);
    mem_free(s->rule_found);
    tally_done(&s->tally);
    taking_done(&s->taking);
}

int scan_clear(struct scan *s)
{
    uint32_t rules = s->run->rules_total;
    s->found_len = 0;
    s->taking.len = 0;
    s->taking.cut = 0;
    buf_clear(&s->taking.texts);
    s->truncated = false;
    s->received_min_ns = s->received_max_ns = 0;
    buf_clear(&s->texts);
    if (s->rule_found)
        memset(s->rule_found, 0, rules * sizeof *s->rule_found);
    tally_done(&s->tally);
    return tally_init(&s->tally, rules);
}

/* ------------------------------------------------------------------ what to pass over */

static bool facts_value(const void *arg, enum field_id field, struct str lower)
{
    return segkeys_value(*(const struct str *)arg, field, lower);
}

static bool facts_last_part(const void *arg, enum field_id field, struct str lower)
{
    return segkeys_last_part(*(const struct str *)arg, field, lower);
}

static bool facts_exists(const void *arg, enum field_id field)
{
    return segkeys_exists(*(const struct str *)arg, field);
}

static bool facts_category(const void *arg, struct str lower)
{
    return segkeys_category(*(const struct str *)arg, lower);
}

static bool facts_times(const void *arg, bool *ret_any, int64_t *ret_min_ns, int64_t *ret_max_ns)
{
    return segkeys_times(*(const struct str *)arg, ret_any, ret_min_ns, ret_max_ns);
}

/* Does the frame belong to what was asked for, by time of receipt and device? */
static bool is_selected(const struct run *run, const struct segment_frame *f)
{
    const struct hunt_config *c = run->config;
    return (!c->since_ns || f->received_ns >= c->since_ns) &&
           (!c->until_ns || f->received_ns < c->until_ns) &&
           (!c->devices_len || map_find(&run->devices, f->device, NULL));
}

/* May some event of the frame match? */
static bool is_worth_reading(const struct run *run, const struct segment_frame *f)
{
    const struct prune_facts facts = {.arg = &f->keys,
                                      .value = facts_value,
                                      .last_part = facts_last_part,
                                      .exists = facts_exists,
                                      .category = facts_category,
                                      .times = facts_times};
    return run->config->read_all || !f->keys.len || prune_maybe(run->config->rules, &facts);
}

/* Does a sealed segment hold anything that is selected? */
static bool has_selected(const struct run *run, const struct segment_reader *reader)
{
    const struct hunt_config *c = run->config;
    const struct segment_summary *summary = segment_reader_summary(reader);
    if (!summary)
        return true;
    if ((c->since_ns && summary->received_max_ns < c->since_ns) ||
        (c->until_ns && summary->received_min_ns >= c->until_ns))
        return false;
    for (size_t i = 0; i < c->devices_len; i++) {
        if (segment_reader_has_device(reader, c->devices[i]))
            return true;
    }
    return c->devices_len == 0;
}

/* ------------------------------------------------------------------ matches */

/* Room for one more among what may be handed over? The run's own limits are applied again when the
 * segment's turn comes; these keep a segment's matches from filling the memory. */
static bool has_room(struct scan *s, uint32_t rule)
{
    const struct hunt_config *c = s->run->config;
    if (s->rule_found && s->rule_found[rule] >= c->rule_hits_most)
        return false;
    return s->found_len < c->hits_most && s->texts.len < c->hit_bytes_most;
}

static void add_head(struct scan *s, const struct segment_frame *f, struct str id)
{
    struct json_out j = {.out = &s->head};
    buf_clear(&s->head);
    buf_add_cstr(&s->head, "\"event_id\":");
    json_str(&j, id);
    buf_add_cstr(&s->head, ",\"device\":");
    j = (struct json_out){.out = &s->head};
    json_str(&j, f->device);
    buf_add_cstr(&s->head, ",\"received\":");
    j = (struct json_out){.out = &s->head};
    json_time(&j, f->received_ns);
    buf_add_char(&s->head, ',');
}

static int keep(struct scan *s, const struct segment_frame *f, uint32_t line,
                const struct match *match, const struct correlated *c, correlated_id_fn id,
                void *arg, int64_t time_ns)
{
    struct buf *t = &s->texts;
    struct found found = {.rule = match->rule,
                          .device_len = (uint32_t)f->device.len,
                          .at = t->len,
                          .time_ns = time_ns,
                          .received_ns = f->received_ns};
    if (mem_grow(&s->found, &s->found_cap, s->found_len + 1, sizeof *s->found))
        return E_NOMEM;
    buf_add_str(t, f->device);
    batch_event_id_add(t, f->device, f->epoch, f->sequence, f->first_ordinal + line);
    if (buf_check(t))
        return E_NOMEM;
    size_t id_at = found.at + found.device_len;
    found.id_len = (uint32_t)(t->len - id_at);
    add_head(s, f, str_n(t->ptr + id_at, found.id_len));
    size_t json_at = t->len;
    if (c)
        alert_add_correlated_json(t, buf_str(&s->head), s->run->config->rules, c, &s->event, id,
                                  arg);
    else
        alert_add_json(t, buf_str(&s->head), s->run->config->rules, match, &s->event);
    if (buf_check(&s->head) || buf_check(t))
        return E_NOMEM;
    found.json_len = (uint32_t)(t->len - json_at);
    s->found[s->found_len++] = found;
    if (s->rule_found)
        s->rule_found[match->rule]++;
    return 0;
}

int scan_match(struct scan *s, const struct segment_frame *f, uint32_t line,
               const struct match *match, const struct correlated *c, correlated_id_fn id,
               void *arg)
{
    int64_t time_ns = s->event.time_ns ? s->event.time_ns : f->received_ns;
    int rc = tally_add(&s->tally, match->rule, f->device, time_ns);
    if (rc || (!c && ruleset_is_silent(s->run->config->rules, match->rule)))
        return rc;
    atomic_fetch_add(&s->run->counters.matches, 1);
    if (has_room(s, match->rule))
        return keep(s, f, line, match, c, id, arg, time_ns);
    s->truncated = true;
    return 0;
}

static int match_line(struct scan *s, const struct segment_frame *f, uint32_t number,
                      struct str line)
{
    const struct match *matches = NULL;
    int count = engine_match(s->engine, &s->event, &matches);
    int rc = count < 0 ? count : 0;
    for (int i = 0; i < count && !rc; i++)
        rc = scan_match(s, f, number, &matches[i], NULL, NULL, NULL);
    if (!rc && count && s->run->correlated)
        rc = taking_add(s, f, f->first_ordinal + number, line, matches, count);
    return rc;
}

/* ------------------------------------------------------------------ reading */

static int scan_lines(struct scan *s, const struct segment_frame *f)
{
    struct str rest = buf_str(&s->plain);
    struct str line;
    uint32_t number = 0;
    uint32_t damaged = 0;
    int rc = 0;
    while (!rc && str_next(&rest, '\n', &line)) {
        rc = normaliser_record(s->normaliser, line, FORMAT_CORDON, &s->event, NULL);
        if (!rc)
            rc = match_line(s, f, number, line);
        else if (rc != E_NOMEM) {
            damaged++;
            rc = 0;
        }
        number++;
    }
    atomic_fetch_add(&s->run->counters.events, number);
    atomic_fetch_add(&s->run->counters.damaged, damaged);
    atomic_fetch_add(&s->run->counters.plain_bytes, s->plain.len);
    return rc;
}

static int scan_frame(struct scan *s, struct segment_reader *reader, const struct segment_frame *f,
                      struct err *err)
{
    struct run *run = s->run;
    atomic_fetch_add(&run->counters.frames, 1);
    if (!is_selected(run, f)) {
        atomic_fetch_add(&run->counters.frames_skipped, 1);
        return 0;
    }
    if (!s->received_min_ns || f->received_ns < s->received_min_ns)
        s->received_min_ns = f->received_ns;
    if (f->received_ns > s->received_max_ns)
        s->received_max_ns = f->received_ns;
    if (!is_worth_reading(run, f)) {
        atomic_fetch_add(&run->counters.frames_skipped, 1);
        return 0;
    }
    buf_clear(&s->plain);
    int rc = segment_reader_plain(reader, f, &s->plain, err);
    return rc ? rc : scan_lines(s, f);
}

static int scan_frames(struct scan *s, struct segment_reader *reader, struct err *err)
{
    struct segment_frame frame;
    for (;;) {
        if (run_stopped(s->run))
            return E_CLOSED;
        int rc = segment_reader_next(reader, &frame, err);
        if (rc == E_NOT_FOUND)
            return 0;
        if (!rc)
            rc = scan_frame(s, reader, &frame, err);
        if (rc)
            return rc;
        atomic_fetch_add(&s->run->counters.bytes_done,
                         (uint64_t)frame.header_bytes + frame.stored_bytes);
        run_tell(s->run);
    }
}

int scan_segment(struct scan *s, const struct hunt_segment *segment, struct err *err)
{
    struct segment_reader *reader CLEANUP(segment_reader_closep) = NULL;
    struct err why = {0};
    int rc = scan_clear(s);
    if (!rc)
        rc = segment_reader_open(segment->path, segment->committed_bytes, &reader, &why);
    if (!rc && has_selected(s->run, reader))
        rc = scan_frames(s, reader, &why);
    if (!rc || rc == E_CLOSED)
        return rc;
    if (rc == E_NOMEM)
        return err_set(err, rc, "%s", err_sentence(rc));
    atomic_fetch_add(&s->run->counters.damaged, 1);
    return 0;
}
