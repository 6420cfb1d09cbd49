/* Canonical command bytes, envelope, verification. See command.h. */
#include "proto/command.h"

#include <string.h>

#include "base/rd.h"
#include "base/timefmt.h"
#include "schema/param.h"

static const struct str magic = {"CORDON-CMD-1\n", 13};

/* A server's clock may run ahead of what the device derived from an earlier answer. */
#define FUTURE_SLACK_NS (60 * NS_PER_S)

static void add_str(struct buf *out, struct str s)
{
    buf_add_u32(out, (uint32_t)s.len);
    buf_add_str(out, s);
}

static bool fits(const struct command *c)
{
    return c->device.len && c->device.len <= COMMAND_ID_MAX && c->action.len &&
           c->action.len <= COMMAND_ID_MAX && c->name.len && c->name.len <= COMMAND_NAME_MAX &&
           c->arguments.len <= (size_t)param_default(PARAM_COMMAND_ARGS_BYTES) &&
           c->issued_ns >= 0 && c->expires_ns >= 0;
}

int command_canonical(const struct command *c, struct buf *out)
{
    if (!fits(c))
        return E_LIMIT;
    buf_add_str(out, magic);
    add_str(out, c->device);
    add_str(out, c->action);
    add_str(out, c->name);
    add_str(out, c->arguments);
    buf_add_u64(out, (uint64_t)c->issued_ns);
    buf_add_u64(out, (uint64_t)c->expires_ns);
    buf_add_u64(out, c->generation);
    buf_add(out, c->nonce, sizeof c->nonce);
    return buf_check(out);
}

int command_seal(const struct command *c, const struct sign_key *key, struct buf *out,
                 struct err *err)
{
    struct buf canonical CLEANUP(buf_done) = {0};
    struct buf signature CLEANUP(buf_done) = {0};
    int rc = command_canonical(c, &canonical);
    if (rc)
        return err_set(err, rc,
                       "command '%.*s': a name, id, time or its arguments are out of range",
                       STR_FMT(c->name));
    rc = sign_make(key, buf_str(&canonical), &signature, err);
    if (rc)
        return rc;
    char id[SIGN_KEY_ID_BYTES];
    rc = sign_key_id(key, id);
    if (rc)
        return err_set(err, rc, "command '%.*s': no key id", STR_FMT(c->name));
    buf_add_u32(out, (uint32_t)canonical.len);
    buf_add_str(out, buf_str(&canonical));
    add_str(out, str_of(id));
    add_str(out, buf_str(&signature));
    rc = buf_check(out);
    return rc ? err_set(err, rc, "command '%.*s': cannot build the envelope", STR_FMT(c->name)) : 0;
}

static const struct sign_key *find_key(const struct command_key *keys, size_t len, struct str id)
{
    for (size_t i = 0; i < len; i++) {
        if (str_eq(keys[i].id, id))
            return keys[i].key;
    }
    return NULL;
}

static int parse(struct str canonical, struct command *ret)
{
    struct command c = {0};
    struct rd r = rd_of(canonical);
    if (!str_eq(rd_bytes(&r, magic.len), magic))
        return E_PARSE;
    c.device = rd_str32(&r, COMMAND_ID_MAX);
    c.action = rd_str32(&r, COMMAND_ID_MAX);
    c.name = rd_str32(&r, COMMAND_NAME_MAX);
    c.arguments = rd_str32(&r, (size_t)param_default(PARAM_COMMAND_ARGS_BYTES));
    c.issued_ns = (int64_t)rd_u64(&r);
    c.expires_ns = (int64_t)rd_u64(&r);
    c.generation = rd_u64(&r);
    struct str nonce = rd_bytes(&r, sizeof c.nonce);
    if (!rd_done(&r) || !fits(&c))
        return E_PARSE;
    memcpy(c.nonce, nonce.ptr, sizeof c.nonce);
    *ret = c;
    return 0;
}

int command_open(struct str envelope, const struct command_key *keys, size_t keys_len,
                 struct command *ret_command, struct err *err)
{
    if (envelope.len > COMMAND_ENVELOPE_MAX)
        return err_set(err, E_LIMIT, "command envelope of %zu bytes, at most %d are allowed",
                       envelope.len, COMMAND_ENVELOPE_MAX);
    struct rd r = rd_of(envelope);
    struct str canonical = rd_str32(&r, COMMAND_ENVELOPE_MAX);
    struct str key_id = rd_str32(&r, COMMAND_ID_MAX);
    struct str signature = rd_str32(&r, 256);
    if (!rd_done(&r))
        return err_set(err, E_PARSE, "command envelope is damaged");
    const struct sign_key *key = find_key(keys, keys_len, key_id);
    if (!key)
        return err_set(err, E_CRYPTO, "command signed by unknown key '%.*s'", STR_FMT(key_id));
    int rc = sign_verify(key, canonical, signature, err);
    if (rc)
        return rc;
    rc = parse(canonical, ret_command);
    return rc ? err_set(err, rc, "signed command has an unknown form") : 0;
}

int command_judge(const struct command *c, struct str device, int64_t server_now_ns,
                  struct err *err)
{
    if (!str_eq(c->device, device))
        return err_set(err, E_DENIED, "command '%.*s' is for device '%.*s', this is '%.*s'",
                       STR_FMT(c->action), STR_FMT(c->device), STR_FMT(device));
    if (server_now_ns < 0)
        return err_set(err, E_STATE, "command '%.*s': the server's time is not known yet",
                       STR_FMT(c->action));
    if (c->expires_ns <= server_now_ns)
        return err_set(err, E_TIMEOUT, "command '%.*s' expired %lld s ago", STR_FMT(c->action),
                       (long long)((server_now_ns - c->expires_ns) / NS_PER_S));
    if (c->issued_ns > server_now_ns && c->issued_ns - server_now_ns > FUTURE_SLACK_NS)
        return err_set(err, E_TIMEOUT, "command '%.*s' was issued %lld s in the future",
                       STR_FMT(c->action), (long long)((c->issued_ns - server_now_ns) / NS_PER_S));
    return 0;
}
