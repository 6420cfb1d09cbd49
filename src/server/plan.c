/* Building the plan. See plan.h. */
#include "server/plan.h"

#include "crypto/hash.h"
#include "os/log.h"
#include "schema/kind.h"
#include "schema/param.h"

/* Not a full check of an address: enough to tell "10.0.0.1" and "fd00::1" from a host name.
 * Loopback passes an isolation anyway. */
static bool is_numeric(struct str name)
{
    if (str_starts(name, STR("127.")) || str_is(name, "::1"))
        return false;
    bool colon = str_find_char(name, ':') != SIZE_MAX;
    for (size_t i = 0; i < name.len; i++) {
        char c = char_lower(name.ptr[i]);
        bool digit = (c >= '0' && c <= '9') || (colon && c >= 'a' && c <= 'f');
        if (!digit && c != '.' && c != ':')
            return false;
    }
    return name.len > 0;
}

static void add_address(struct json_out *j, struct str name, struct str port)
{
    struct buf text CLEANUP(buf_done) = {0};
    bool v6 = str_find_char(name, ':') != SIZE_MAX;
    buf_addf(&text, v6 ? "[%.*s]:%.*s" : "%.*s:%.*s", STR_FMT(name), STR_FMT(port));
    json_str(j, buf_str(&text));
}

/* What nobody configured: the address the listener is bound to, and the numeric names. */
static size_t add_known(const struct server *s, struct json_out *j)
{
    struct str listen = s->config->device_listen;
    struct str port = str_sub(listen, str_rfind_char(listen, ':') + 1, SIZE_MAX);
    struct str list = s->config->names;
    struct str one;
    size_t n = 0;
    if (!str_starts(listen, STR("0.0.0.0:")) && !str_starts(listen, STR("[::]:"))) {
        json_str(j, listen);
        n++;
    }
    while (str_next(&list, ',', &one)) {
        one = str_trim(one);
        if (!is_numeric(one))
            continue;
        add_address(j, one, port);
        n++;
    }
    return n;
}

size_t plan_lifeline(const struct server *s, struct json_out *j)
{
    struct str list = s->config->device_addresses;
    struct str one;
    size_t n = 0;
    json_array_begin(j);
    for (; str_next(&list, ',', &one); n++)
        json_str(j, str_trim(one));
    if (n == 0)
        n = add_known(s, j);
    json_array_end(j);
    return n;
}

int plan_start(struct server *s, struct err *err)
{
    struct buf text CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &text};
    json_object_begin(&j);
    json_kv_int(&j, "format", 1);
    json_kv_int(&j, "ping_ms", param_default(PARAM_PING_MS));
    json_key(&j, "lifeline");
    s->can_isolate = plan_lifeline(s, &j) > 0;
    if (!s->can_isolate)
        log_warn("devices cannot be isolated: device_addresses and names hold no address");
    json_key(&j, "quiet_kinds");
    json_array_begin(&j);
    struct str kinds = s->config->quiet_kinds;
    struct str kind;
    while (str_next(&kinds, ',', &kind)) {
        kind = str_trim(kind);
        if (kind_find(kind) == KIND_UNKNOWN)
            return err_set(err, E_ARG, "quiet_kinds: there is no event kind '%.*s'", STR_FMT(kind));
        json_str(&j, kind);
    }
    json_array_end(&j);
    json_object_end(&j);
    int rc = buf_check(&text);
    if (rc == 0)
        rc = hash_sha256_hex(buf_str(&text), s->plan_version);
    if (rc == 0) {
        s->plan_json = arena_str(&s->arena, buf_str(&text));
        rc = s->plan_json.ptr ? 0 : E_NOMEM;
    }
    return rc ? err_set(err, rc, "cannot build the plan") : 0;
}
