/* Events and alerts of a batch. See batch_lines.h. */
#include "server/batch_lines.h"

#include "base/timefmt.h"
#include "proto/batch.h"
#include "proto/json_in.h"
#include "schema/param.h"
#include "store/segment.h"

enum { TITLE_MAX = 512, ID_MAX = 256, EVENT_ID_MAX = 256 };

/* Value of a member that event_add_json writes near the front: {"kind":"exec","time":"...", ...} */
static struct str leading_text(struct str line, struct str key)
{
    struct str front = str_sub(line, 0, 160);
    size_t at = str_find(front, key);
    if (at == SIZE_MAX)
        return (struct str){0};
    struct str value = str_sub(line, at + key.len, SIZE_MAX);
    size_t end = str_find_char(str_sub(value, 0, 64), '"');
    return end == SIZE_MAX ? (struct str){0} : str_sub(value, 0, end);
}

static int take_event(struct batch_lines *b, struct str line, struct err *err)
{
    int64_t time_ns;
    if (line.len < 2 || line.ptr[0] != '{' || line.ptr[line.len - 1] != '}')
        return err_set(err, E_PARSE, "an event line is not a JSON object");
    if (line.len > (size_t)param_default(PARAM_EVENT_BYTES) * 2)
        return err_set(err, E_LIMIT, "an event of %zu bytes", line.len);
    segment_kind_add(b->kinds, leading_text(line, STR("\"kind\":\"")));
    if (timefmt_parse(leading_text(line, STR("\"time\":\"")), &time_ns) == 0) {
        if (b->time_min_ns == 0 || time_ns < b->time_min_ns)
            b->time_min_ns = time_ns;
        if (time_ns > b->time_max_ns)
            b->time_max_ns = time_ns;
    }
    buf_add_str(&b->events, line);
    buf_add_char(&b->events, '\n');
    b->events_len++;
    return buf_check(&b->events) ? err_set(err, E_NOMEM, "out of memory") : 0;
}

static int join_techniques(const json_t *rule, struct arena *arena, struct str *ret)
{
    struct buf list CLEANUP(buf_done) = {0};
    const json_t *techniques = json_object_get(rule, "techniques");
    for (size_t i = 0; i < json_array_size(techniques) && i < 64; i++) {
        const json_t *one = json_array_get(techniques, i);
        if (!json_is_string(one) || json_string_length(one) > 32)
            continue;
        if (list.len)
            buf_add_char(&list, ',');
        buf_add(&list, json_string_value(one), json_string_length(one));
    }
    *ret = arena_str(arena, buf_str(&list));
    return ret->ptr ? 0 : E_NOMEM;
}

static int read_rule(const json_t *o, struct arena *arena, struct store_alert *a, struct err *err)
{
    const json_t *rule = json_object_get(o, "rule");
    struct str level;
    if (!json_is_object(rule))
        return err_set(err, E_PARSE, "member 'rule' must be an object");
    int rc = json_in_text(rule, "id", true, ID_MAX, arena, &a->rule_id, err);
    if (rc == 0)
        rc = json_in_text(rule, "title", false, TITLE_MAX, arena, &a->rule_title, err);
    if (rc == 0)
        rc = json_in_text(rule, "level", true, 32, arena, &level, err);
    if (rc)
        return rc;
    unsigned l = record_name_find(alert_level_names, ALERT_LEVEL_COUNT, level);
    if (l == ALERT_LEVEL_COUNT)
        return err_set(err, E_PARSE, "unknown level '%.*s'", STR_FMT(level));
    PLANT_OVERREAD(a->json.ptr + a->json.len);
    a->level = (enum alert_level)l;
    return join_techniques(rule, arena, &a->techniques);
}

/** What ids in this batch must be made of. */
struct origin {
    struct str device;
    uint64_t epoch;
    uint64_t sequence;
};

/* An id is a function of device, rule and event: a device cannot claim another's, nor hide a
 * repeat. */
static int check_ids(const struct origin *from, const struct batch_lines *b, struct str alert_id,
                     struct str rule_id, struct str event_id, struct err *err)
{
    struct buf want CLEANUP(buf_done) = {0};
    char id[BATCH_ALERT_ID_CHARS + 1];
    if (b->events_len == 0)
        return err_set(err, E_PARSE, "an alert stands before its event");
    batch_event_id_add(&want, from->device, from->epoch, from->sequence, b->events_len - 1);
    if (buf_check(&want))
        return err_set(err, E_NOMEM, "out of memory");
    if (!str_eq(buf_str(&want), event_id))
        return err_set(err, E_PARSE, "event id '%.*s', expected '%s'", STR_FMT(event_id),
                       buf_cstr(&want));
    if (batch_alert_id(from->device, rule_id, event_id, id) != 0)
        return err_set(err, E_NOMEM, "out of memory");
    if (!str_is(alert_id, id))
        return err_set(err, E_PARSE, "alert id '%.*s', expected '%s'", STR_FMT(alert_id), id);
    return 0;
}

static int take_alert(struct batch_lines *b, struct str line, const struct origin *from,
                      int64_t received_ns, struct arena *arena, struct err *err)
{
    json_t *o CLEANUP(json_in_freep) = NULL;
    struct store_alert a = {.device = from->device, .received_ns = received_ns, .json = line};
    struct str event_id;
    struct str time;
    size_t most = (size_t)param_default(PARAM_EVENT_BYTES) * 2;
    int rc = json_in_object(line, most, &o, err);
    if (rc == 0)
        rc = json_in_text(o, "alert_id", true, 64, arena, &a.id, err);
    if (rc == 0)
        rc = json_in_text(o, "event_id", true, EVENT_ID_MAX, arena, &event_id, err);
    if (rc == 0)
        rc = json_in_text(o, "time", false, 64, arena, &time, err);
    if (rc == 0)
        rc = read_rule(o, arena, &a, err);
    if (rc == 0)
        rc = check_ids(from, b, a.id, a.rule_id, event_id, err);
    if (rc)
        return rc;
    if (timefmt_parse(time, &a.time_ns) != 0)
        a.time_ns = received_ns;
    b->alerts[b->alerts_len++] = a;
    return 0;
}

static size_t count_alerts(struct str plain)
{
    struct str line;
    size_t n = 0;
    while (str_next(&plain, '\n', &line))
        n += batch_line_is_alert(line);
    return n;
}

int batch_lines_read(struct str plain, struct str device, uint64_t epoch, uint64_t sequence,
                     int64_t received_ns, struct arena *arena, struct batch_lines *ret_lines,
                     struct err *err)
{
    struct origin from = {device, epoch, sequence};
    struct batch_lines *b = ret_lines;
    *b = (struct batch_lines){0};
    size_t alerts = count_alerts(plain);
    if (alerts > (size_t)param_default(PARAM_BATCH_ALERTS))
        return err_set(err, E_LIMIT, "%zu alerts in one batch, at most %lld are allowed", alerts,
                       (long long)param_default(PARAM_BATCH_ALERTS));
    b->alerts = arena_array(arena, alerts ? alerts : 1, sizeof *b->alerts);
    if (!b->alerts)
        return err_set(err, E_NOMEM, "out of memory");
    uint32_t number = 0;
    struct str line;
    while (str_next(&plain, '\n', &line)) {
        number++;
        int rc = batch_line_is_alert(line) ? take_alert(b, line, &from, received_ns, arena, err)
                                           : take_event(b, line, err);
        if (rc) {
            err_at(err, "batch", number, 0);
            return rc;
        }
    }
    if (b->events_len > (uint64_t)param_default(PARAM_BATCH_EVENTS))
        return err_set(err, E_LIMIT, "%u events in one batch", b->events_len);
    return 0;
}

void batch_lines_done(struct batch_lines *b)
{
    buf_done(&b->events);
}
