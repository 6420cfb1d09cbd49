/* Enrollment and renewal bodies. See enroll.h. */
#include "proto/enroll.h"

#include "codec/json_out.h"
#include "proto/json_in.h"

enum { TEXT_MAX = 256, PEM_MAX = 16 * 1024 };

int enroll_request_write(const struct enroll_request *r, struct buf *out)
{
    struct json_out j = {.out = out};
    json_object_begin(&j);
    json_kv_int(&j, "protocol", PROTO_VERSION);
    json_kv_str(&j, "token", r->token);
    json_kv_str(&j, "csr", r->csr);
    json_kv_str(&j, "hardware_uuid", r->hardware_uuid);
    json_kv_str(&j, "hostname", r->hostname);
    json_kv_str(&j, "platform", r->platform);
    json_kv_str(&j, "os_version", r->os_version);
    json_kv_str(&j, "agent_version", r->agent_version);
    json_object_end(&j);
    return buf_check(out);
}

static void write_keys(struct json_out *j, const char *key, const struct str *keys, size_t len)
{
    json_key(j, key);
    json_array_begin(j);
    for (size_t i = 0; i < len; i++)
        json_str(j, keys[i]);
    json_array_end(j);
}

int enroll_reply_write(const struct enroll_reply *r, struct buf *out)
{
    struct json_out j = {.out = out};
    json_object_begin(&j);
    json_kv_int(&j, "protocol", PROTO_VERSION);
    json_kv_str(&j, "device", r->device);
    json_kv_str(&j, "certificate", r->certificate);
    json_kv_str(&j, "ca", r->ca);
    write_keys(&j, "command_keys", r->command_keys, r->command_keys_len);
    write_keys(&j, "ruleset_keys", r->ruleset_keys, r->ruleset_keys_len);
    json_kv_int(&j, "server_time_ns", r->server_time_ns);
    json_object_end(&j);
    return buf_check(out);
}

static int check_version(const json_t *object, struct err *err)
{
    int64_t version;
    int rc = json_in_int(object, "protocol", true, 0, &version, err);
    if (rc)
        return rc;
    if (version != PROTO_VERSION)
        return err_set(err, E_VERSION, "protocol version %lld, this side speaks %d",
                       (long long)version, PROTO_VERSION);
    return 0;
}

int enroll_request_read(struct str body, struct arena *arena, struct enroll_request *ret,
                        struct err *err)
{
    json_t *o CLEANUP(json_in_freep) = NULL;
    struct enroll_request r = {0};
    int rc = json_in_object(body, PROTO_BODY_MAX, &o, err);
    if (rc || (rc = check_version(o, err)) ||
        (rc = json_in_text(o, "token", false, TEXT_MAX, arena, &r.token, err)) ||
        (rc = json_in_text(o, "csr", true, PEM_MAX, arena, &r.csr, err)) ||
        (rc = json_in_text(o, "hardware_uuid", true, TEXT_MAX, arena, &r.hardware_uuid, err)) ||
        (rc = json_in_text(o, "hostname", true, TEXT_MAX, arena, &r.hostname, err)) ||
        (rc = json_in_text(o, "platform", true, TEXT_MAX, arena, &r.platform, err)) ||
        (rc = json_in_text(o, "os_version", false, TEXT_MAX, arena, &r.os_version, err)) ||
        (rc = json_in_text(o, "agent_version", false, TEXT_MAX, arena, &r.agent_version, err)))
        return rc;
    *ret = r;
    return 0;
}

static int read_keys(const json_t *object, const char *key, struct arena *arena, struct str *keys,
                     size_t *ret_len, struct err *err)
{
    const json_t *list = json_object_get(object, key);
    if (!json_is_array(list))
        return err_set(err, E_PARSE, "member '%s' must be a list of texts", key);
    size_t len = json_array_size(list);
    if (len > PROTO_KEYS_MAX)
        return err_set(err, E_LIMIT, "member '%s' has %zu keys, at most %d are allowed", key, len,
                       PROTO_KEYS_MAX);
    for (size_t i = 0; i < len; i++) {
        const json_t *item = json_array_get(list, i);
        if (!json_is_string(item) || json_string_length(item) > PEM_MAX)
            return err_set(err, E_PARSE, "member '%s'[%zu] must be a PEM text", key, i);
        keys[i] = arena_str(arena, str_n(json_string_value(item), json_string_length(item)));
        if (!keys[i].ptr)
            return err_set(err, E_NOMEM, "member '%s': out of memory", key);
    }
    *ret_len = len;
    return 0;
}

int enroll_reply_read(struct str body, struct arena *arena, struct enroll_reply *ret,
                      struct err *err)
{
    json_t *o CLEANUP(json_in_freep) = NULL;
    struct enroll_reply r = {0};
    int rc = json_in_object(body, PROTO_BODY_MAX, &o, err);
    if (rc || (rc = check_version(o, err)) ||
        (rc = json_in_text(o, "device", true, TEXT_MAX, arena, &r.device, err)) ||
        (rc = json_in_text(o, "certificate", true, PEM_MAX, arena, &r.certificate, err)) ||
        (rc = json_in_text(o, "ca", true, PEM_MAX, arena, &r.ca, err)) ||
        (rc = read_keys(o, "command_keys", arena, r.command_keys, &r.command_keys_len, err)) ||
        (rc = read_keys(o, "ruleset_keys", arena, r.ruleset_keys, &r.ruleset_keys_len, err)) ||
        (rc = json_in_int(o, "server_time_ns", true, 0, &r.server_time_ns, err)))
        return rc;
    *ret = r;
    return 0;
}
