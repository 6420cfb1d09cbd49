/* Channel messages as JSON. See channel.h. */
#include "proto/channel.h"

#include "base/text.h"
#include "codec/json_out.h"
#include "proto/command.h"
#include "proto/json_in.h"
#include "schema/param.h"

enum { TEXT_MAX = 128, REASON_MAX = 1024 };

struct channel_row {
    const char *name;
    unsigned members;
};

static const struct channel_row rows[CHANNEL_TYPES] = {
#define CHANNEL_ROW(id, name, from, members, doc) {name, members},
    CHANNEL_LIST(CHANNEL_ROW)
#undef CHANNEL_ROW
};

const char *channel_type_name(enum channel_type type)
{
    return rows[type].name;
}

static void kv_optional(struct json_out *j, const char *key, struct str s)
{
    if (s.len)
        json_kv_str(j, key, s);
}

int channel_write(const struct channel_msg *m, struct buf *out)
{
    unsigned members = rows[m->type].members;
    struct json_out j = {.out = out};
    json_object_begin(&j);
    json_kv_cstr(&j, "type", rows[m->type].name);
    if (members & M_ENVELOPE) {
        struct buf text CLEANUP(buf_done) = {0};
        text_base64_add(&text, m->envelope.ptr, m->envelope.len);
        if (buf_check(&text))
            return buf_check(&text);
        json_kv_str(&j, "envelope", buf_str(&text));
    }
    if (members & M_VERSIONS) {
        kv_optional(&j, "agent_version", m->agent_version);
        kv_optional(&j, "ruleset", m->ruleset_version);
        kv_optional(&j, "plan", m->plan_version);
    }
    if (members & M_BOOT)
        json_kv_str(&j, "boot", m->boot);
    if (members & M_CHALLENGE)
        json_kv_str(&j, "challenge", m->challenge);
    if (members & M_ACTION)
        json_kv_str(&j, "action", m->action);
    if (members & M_STATE)
        json_kv_str(&j, "state", m->state);
    kv_optional(&j, "reason", m->reason);
    if (members & M_ISOLATION) {
        json_key(&j, "isolation");
        json_object_begin(&j);
        json_kv_uint(&j, "generation", m->isolation_generation);
        json_kv_str(&j, "state", m->isolation_state);
        json_object_end(&j);
    }
    if (m->body.len) {
        json_key(&j, "body");
        json_raw(&j, m->body);
    }
    json_object_end(&j);
    return buf_check(out);
}

static int find_type(struct str name, enum channel_type *ret)
{
    for (unsigned t = 0; t < CHANNEL_TYPES; t++) {
        if (str_is(name, rows[t].name)) {
            *ret = (enum channel_type)t;
            return 0;
        }
    }
    return E_PARSE;
}

static int read_envelope(const json_t *o, struct arena *arena, struct channel_msg *m,
                         struct err *err)
{
    struct str text;
    int rc = json_in_text(o, "envelope", true, COMMAND_ENVELOPE_MAX * 4 / 3 + 8, arena, &text, err);
    if (rc)
        return rc;
    struct buf raw CLEANUP(buf_done) = {0};
    rc = text_base64_decode(text, &raw);
    if (rc)
        return err_set(err, rc, "member 'envelope' is not base64");
    m->envelope = arena_str(arena, buf_str(&raw));
    return m->envelope.ptr ? 0 : err_set(err, E_NOMEM, "out of memory");
}

static int read_isolation(const json_t *o, struct arena *arena, struct channel_msg *m,
                          struct err *err)
{
    const json_t *isolation = json_object_get(o, "isolation");
    if (!json_is_object(isolation))
        return err_set(err, E_PARSE, "member 'isolation' must be an object");
    int64_t generation;
    int rc = json_in_int(isolation, "generation", true, 0, &generation, err);
    if (rc)
        return rc;
    if (generation < 0)
        return err_set(err, E_PARSE, "member 'generation' is negative");
    m->isolation_generation = (uint64_t)generation;
    rc = json_in_text(isolation, "state", true, TEXT_MAX, arena, &m->isolation_state, err);
    if (rc)
        return rc;
    if (!str_is(m->isolation_state, "isolated") && !str_is(m->isolation_state, "released"))
        return err_set(err, E_PARSE, "isolation state '%.*s', expected isolated or released",
                       STR_FMT(m->isolation_state));
    return 0;
}

int channel_read(struct str text, struct arena *arena, struct channel_msg *ret, struct err *err)
{
    json_t *o CLEANUP(json_in_freep) = NULL;
    struct channel_msg m = {0};
    struct str type;
    size_t limit = (size_t)param_default(PARAM_WS_MESSAGE_BYTES);
    int rc = json_in_object(text, limit, &o, err);
    if (rc || (rc = json_in_text(o, "type", true, TEXT_MAX, arena, &type, err)))
        return rc;
    PLANT_OVERREAD(text.ptr + text.len);
    if (find_type(type, &m.type))
        return err_set(err, E_PARSE, "unknown message type '%.*s'", STR_FMT(type));
    unsigned need = rows[m.type].members;
    if ((need & M_ENVELOPE) && (rc = read_envelope(o, arena, &m, err)))
        return rc;
    if ((need & M_ISOLATION) && (rc = read_isolation(o, arena, &m, err)))
        return rc;
    if ((rc = json_in_text(o, "agent_version", false, TEXT_MAX, arena, &m.agent_version, err)) ||
        (rc = json_in_text(o, "ruleset", false, TEXT_MAX, arena, &m.ruleset_version, err)) ||
        (rc = json_in_text(o, "plan", false, TEXT_MAX, arena, &m.plan_version, err)) ||
        (rc = json_in_text(o, "boot", (need & M_BOOT) != 0, TEXT_MAX, arena, &m.boot, err)) ||
        (rc = json_in_text(o, "challenge", (need & M_CHALLENGE) != 0, TEXT_MAX, arena, &m.challenge,
                           err)) ||
        (rc = json_in_text(o, "action", (need & M_ACTION) != 0, COMMAND_ID_MAX, arena, &m.action,
                           err)) ||
        (rc = json_in_text(o, "state", (need & M_STATE) != 0, TEXT_MAX, arena, &m.state, err)) ||
        (rc = json_in_text(o, "reason", false, REASON_MAX, arena, &m.reason, err)) ||
        (rc = json_in_raw(o, "body", limit, arena, &m.body, err)))
        return rc;
    if ((need & M_BODY) && m.body.len == 0)
        return err_set(err, E_PARSE, "member 'body' is missing");
    *ret = m;
    return 0;
}
