/* One alert as JSON. See detect.h, alert_add_json. Everything from the event goes through the JSON
 * writer's escaping: a file name must not be able to end a string. */
#include "codec/json_out.h"
#include "detect/correlator.h"
#include "detect/detect.h"

/* A value the rule asked to be absent is null. */
static void add_value(struct json_out *j, struct str value)
{
    if (value.ptr)
        json_str(j, value);
    else
        json_null_value(j);
}

static bool is_first(const struct match *m, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++) {
        if (str_eq(m->fields[i].field, m->fields[index].field))
            return false;
    }
    return true;
}

static uint32_t count_field(const struct match *m, struct str field)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < m->fields_len; i++)
        count += str_eq(m->fields[i].field, field) ? 1 : 0;
    return count;
}

/* Several values of one field (a list field matched in more than one element) become an array. */
static void add_matched(struct buf *out, const struct match *m)
{
    struct json_out writer = {.out = out};
    struct json_out *j = &writer;
    json_object_begin(j);
    for (uint32_t i = 0; i < m->fields_len; i++) {
        struct str field = m->fields[i].field;
        if (!is_first(m, i))
            continue;
        json_key_str(j, field);
        bool several = count_field(m, field) > 1;
        if (several)
            json_array_begin(j);
        for (uint32_t k = i; k < m->fields_len; k++) {
            if (str_eq(m->fields[k].field, field))
                add_value(j, m->fields[k].value);
        }
        if (several)
            json_array_end(j);
    }
    json_object_end(j);
}

static void add_rule(struct buf *out, const struct rule_info *info)
{
    struct json_out writer = {.out = out};
    struct json_out *j = &writer;
    json_object_begin(j);
    json_kv_str(j, "id", info->id);
    json_kv_str(j, "title", info->title);
    json_kv_cstr(j, "level", rule_level_name(info->level));
    json_key(j, "techniques");
    json_array_begin(j);
    for (uint32_t i = 0; i < info->techniques_len; i++)
        json_str(j, info->techniques[i]);
    json_array_end(j);
    json_object_end(j);
}

static void add_front(struct buf *out, struct str head, const struct ruleset *r,
                      const struct match *m)
{
    struct rule_info info = ruleset_info(r, m->rule);
    buf_add_char(out, '{');
    buf_add_str(out, head);
    buf_add_cstr(out, "\"rule\":");
    add_rule(out, &info);
    buf_add_cstr(out, ",\"matched\":");
    add_matched(out, m);
}

static void add_back(struct buf *out, const struct event *ev)
{
    buf_add_cstr(out, ",\"event\":");
    event_add_json(out, ev);
    buf_add_char(out, '}');
}

void alert_add_json(struct buf *out, struct str head, const struct ruleset *r,
                    const struct match *m, const struct event *ev)
{
    add_front(out, head, r, m);
    add_back(out, ev);
}

/* Thousandths as a number without needless zeros. */
static void add_thousandths(struct buf *out, int64_t value)
{
    int64_t whole = value / 1000;
    int64_t rest = value % 1000;
    buf_addf(out, "%s%lld", value < 0 && whole == 0 ? "-" : "", (long long)whole);
    if (rest)
        buf_addf(out, ".%03lld", (long long)(rest < 0 ? -rest : rest));
}

static void add_correlation(struct buf *out, const struct ruleset *r, const struct correlated *c,
                            correlated_id_fn id, void *arg)
{
    CLEANUP(buf_done) struct buf text = {0};
    buf_addf(out, ",\"correlation\":{\"type\":\"%.*s\",\"value\":",
             STR_FMT(correlation_table[c->type].name));
    add_thousandths(out, c->value);
    buf_addf(out, ",\"events_total\":%u,\"events\":", c->events_total);
    struct json_out writer = {.out = out};
    json_array_begin(&writer);
    for (uint32_t i = 0; i < c->events_len; i++) {
        json_object_begin(&writer);
        if (id) {
            buf_clear(&text);
            id(arg, c->events[i].record, &text);
            json_kv_str(&writer, "event_id", buf_str(&text));
        } else {
            json_kv_int(&writer, "record", (int64_t)c->events[i].record);
        }
        json_key(&writer, "time");
        json_time(&writer, c->events[i].time_ns);
        json_kv_str(&writer, "rule", ruleset_info(r, c->events[i].rule).id);
        json_object_end(&writer);
    }
    json_array_end(&writer);
    buf_add_char(out, '}');
}

void alert_add_correlated_json(struct buf *out, struct str head, const struct ruleset *r,
                               const struct correlated *c, const struct event *ev,
                               correlated_id_fn id, void *arg)
{
    add_front(out, head, r, &c->match);
    add_correlation(out, r, c, id, arg);
    add_back(out, ev);
}
