/* Prevent lists and events. See analysis_prevent.h. */
#include "device/analysis_prevent.h"

#include <stdio.h>

#include "codec/json_out.h"

enum { RULE_VALUE_BYTES = 80 };

bool analysis_suspects(const struct prevent *p, bool wants_hash, const struct event *ev,
                       const struct code_identity *id, int64_t now_ns)
{
    if (ev->kind != KIND_EXEC || !event_has(ev, F_PID) || !event_has(ev, F_PIDVERSION))
        return false;
    if (prevent_check(p, id, now_ns, NULL) == PREVENT_DENY)
        return true;
    return wants_hash && id->sha256.len == 0 && !id->platform && !list_guards_path(id->path);
}

void analysis_prevent_rule(const struct event *ev, char id[ANALYSIS_PREVENT_RULE_BYTES])
{
    struct str type = str_sub(event_str(ev, F_PREVENT_TYPE), 0, 16);
    struct str value = str_sub(event_str(ev, F_PREVENT_VALUE), 0, RULE_VALUE_BYTES);
    (void)snprintf(id, ANALYSIS_PREVENT_RULE_BYTES, "prevent:%.*s:%.*s", STR_FMT(type),
                   STR_FMT(value));
}

/* Says what happened, not what was meant to. */
static const char *title_of(const struct event *ev)
{
    struct str outcome = event_str(ev, F_PREVENT_OUTCOME);
    if (str_is(outcome, "denied"))
        return "Listed Program Kept from Starting";
    if (str_is(outcome, "killed"))
        return "Listed Program Ended";
    if (str_is(outcome, "gone"))
        return "Listed Program Ran and Had Ended";
    return "Listed Program Could Not Be Ended";
}

void analysis_add_prevent_alert(struct buf *out, struct str head, const struct event *ev)
{
    static const enum field_id shown[] = {F_PREVENT_OUTCOME, F_PREVENT_PROGRAM, F_PREVENT_TYPE,
                                          F_PREVENT_VALUE,   F_PREVENT_REASON,  F_PREVENT_SOURCE,
                                          F_PREVENT_TROUBLE};
    char id[ANALYSIS_PREVENT_RULE_BYTES];
    struct json_out writer = {.out = out};
    struct json_out *j = &writer;
    analysis_prevent_rule(ev, id);
    buf_add_char(out, '{');
    buf_add_str(out, head);
    buf_add_cstr(out, "\"rule\":");
    json_object_begin(j);
    json_kv_cstr(j, "id", id);
    json_kv_cstr(j, "title", title_of(ev));
    json_kv_cstr(j, "level", "high");
    json_key(j, "techniques");
    json_array_begin(j);
    json_array_end(j);
    json_object_end(j);
    buf_add_cstr(out, ",\"matched\":");
    writer = (struct json_out){.out = out};
    json_object_begin(j);
    for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
        if (event_str(ev, shown[i]).len)
            json_kv_str(j, field_table[shown[i]].name.ptr, event_str(ev, shown[i]));
    }
    json_object_end(j);
    buf_add_cstr(out, ",\"event\":");
    event_add_json(out, ev);
    buf_add_char(out, '}');
}
