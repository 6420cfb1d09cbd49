/* Results as text for people and as JSON for programs. See selftest.h. */
#include "agent/selftest/selftest.h"
#include "base/text.h"
#include "codec/json_out.h"

static const char *state_name(enum selftest_state state)
{
    switch (state) {
    case SELFTEST_OK:
        return "ok";
    case SELFTEST_FAILED:
        return "failed";
    case SELFTEST_ABSENT:
        return "absent";
    }
    return "unknown";
}

void selftest_add_result(struct buf *out, const struct selftest_check *check,
                         const struct selftest_result *r, enum selftest_form form)
{
    if (form == SELFTEST_JSON) {
        struct json_out j = {.out = out};
        json_object_begin(&j);
        json_kv_cstr(&j, "name", check->name);
        json_kv_cstr(&j, "doc", check->doc);
        json_kv_cstr(&j, "state", state_name(r->state));
        json_kv_cstr(&j, "text", r->text);
        json_kv_cstr(&j, "todo", r->todo);
        json_object_end(&j);
        return;
    }
    buf_addf(out, "%-6s  %-16s  ", r->state == SELFTEST_ABSENT ? "-" : state_name(r->state),
             check->name);
    text_add_printable(out, str_of(r->text));
    buf_add_char(out, '\n');
    if (r->todo[0])
        buf_addf(out, "%-6s  %-16s  -> %s\n", "", "", r->todo);
}
