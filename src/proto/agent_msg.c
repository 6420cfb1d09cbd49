/* Table and bodies of the agent's inter-process messages. See agent_msg.h. */
#include "proto/agent_msg.h"

#include "base/rd.h"
#include "codec/imsg.h"

struct row {
    const char *name;
    enum agent_role from;
    enum agent_role to;
    size_t least;
    size_t most;
};

static const struct row rows[AGENT_MSG_TYPES] = {
    [AGENT_NONE] = {"none", AGENT_ROLE_ANY, AGENT_ROLE_ANY, 1, 0},
#define AGENT_MSG_ROW(id, name, from, to, least, most, doc)                                        \
    [id] = {name, AGENT_ROLE_##from, AGENT_ROLE_##to, least, most},
    AGENT_MSG_LIST(AGENT_MSG_ROW)
#undef AGENT_MSG_ROW
};

const char *agent_msg_name(uint16_t type)
{
    return type < AGENT_MSG_TYPES ? rows[type].name : "unknown";
}

int agent_msg_check(uint16_t type, enum agent_role from, enum agent_role to, size_t len,
                    struct err *err)
{
    if (type == AGENT_NONE || type >= AGENT_MSG_TYPES)
        return err_set(err, E_DENIED, "unknown message type %u", type);
    const struct row *row = &rows[type];
    if (row->from != from || (row->to != to && row->to != AGENT_ROLE_ANY))
        return err_set(err, E_DENIED, "message '%s' from the wrong process", row->name);
    if (len < row->least || len > row->most)
        return err_set(err, E_LIMIT, "message '%s' has %zu bytes, expected %zu to %zu", row->name,
                       len, row->least, row->most);
    return 0;
}

static void add_str(struct buf *out, struct str s)
{
    buf_add_u32(out, (uint32_t)s.len);
    buf_add_str(out, s);
}

int agent_event_write(const struct agent_event *e, struct buf *out)
{
    if (e->alerts_len > AGENT_EVENT_ALERTS_MAX)
        return E_LIMIT;
    size_t start = out->len;
    buf_add_u64(out, e->record);
    add_str(out, e->event);
    for (size_t i = 0; i < e->alerts_len; i++) {
        add_str(out, e->alerts[i].rule);
        add_str(out, e->alerts[i].json);
    }
    if (out->len - start > IMSG_BODY_MAX)
        return E_LIMIT;
    return buf_check(out);
}

int agent_event_read(struct str body, struct agent_event *ret)
{
    struct rd r = rd_of(body);
    ret->record = rd_u64(&r);
    ret->event = rd_str32(&r, IMSG_BODY_MAX);
    ret->alerts_len = 0;
    while (!r.failed && r.left) {
        if (ret->alerts_len == AGENT_EVENT_ALERTS_MAX)
            return E_LIMIT;
        ret->alerts[ret->alerts_len].rule = rd_str32(&r, 256);
        ret->alerts[ret->alerts_len].json = rd_str32(&r, IMSG_BODY_MAX);
        ret->alerts_len++;
    }
    return rd_done(&r) && ret->event.len ? 0 : E_PARSE;
}

int agent_result_write(const struct agent_result *r, struct buf *out)
{
    add_str(out, r->action);
    add_str(out, r->state);
    add_str(out, r->reason);
    add_str(out, r->json);
    return buf_check(out);
}

int agent_result_read(struct str body, struct agent_result *ret)
{
    struct rd r = rd_of(body);
    ret->action = rd_str32(&r, 128);
    ret->state = rd_str32(&r, 32);
    ret->reason = rd_str32(&r, 1024);
    ret->json = rd_str32(&r, 262144);
    return rd_done(&r) ? 0 : E_PARSE;
}

enum { SUSPECT_SHA256_BYTES = 32, SUSPECT_CDHASH_BYTES = 20 };

int agent_suspect_write(const struct agent_suspect *s, struct buf *out)
{
    buf_add_u32(out, s->pid);
    buf_add_u64(out, s->generation);
    add_str(out, s->sha256);
    add_str(out, s->cdhash);
    add_str(out, s->signing_id);
    add_str(out, s->team_id);
    return buf_check(out);
}

int agent_suspect_read(struct str body, struct agent_suspect *ret)
{
    struct rd r = rd_of(body);
    ret->pid = rd_u32(&r);
    ret->generation = rd_u64(&r);
    ret->sha256 = rd_str32(&r, SUSPECT_SHA256_BYTES);
    ret->cdhash = rd_str32(&r, SUSPECT_CDHASH_BYTES);
    ret->signing_id = rd_str32(&r, 1024);
    ret->team_id = rd_str32(&r, 256);
    bool digests = (ret->sha256.len == 0 || ret->sha256.len == SUSPECT_SHA256_BYTES) &&
                   (ret->cdhash.len == 0 || ret->cdhash.len == SUSPECT_CDHASH_BYTES);
    return rd_done(&r) && digests ? 0 : E_PARSE;
}
