/* Recordings of getvictor/fleet-edr (macOS 26): `event_type`, `payload`, `timestamp_ns`. Empty
 * texts mean "not known". Source: the recordings themselves. */
#include "event/normalise_priv.h"

#define BY_HAND TARGET_MARK
#define PATH_LIST(X)                                                                               \
    X(TYPE, "event_type", BY_HAND)                                                                 \
    X(TIME, "timestamp_ns", BY_HAND)                                                               \
    X(PAYLOAD, "payload", BY_HAND)                                                                 \
    X(HOST, "host_id", F_DEVICE_ID)                                                                \
    X(PID, "payload.pid", F_PID)                                                                   \
    X(PPID, "payload.ppid", F_PARENT_PID)                                                          \
    X(PARENT, "payload.parent_pid", F_PID)                                                         \
    X(CHILD, "payload.child_pid", F_TARGET_PID)                                                    \
    X(PATH, "payload.path", F_EXECUTABLE)                                                          \
    X(ARGS, "payload.args[]", BY_HAND)                                                             \
    X(CWD, "payload.cwd", F_CWD)                                                                   \
    X(UID, "payload.uid", F_UID)                                                                   \
    X(GID, "payload.gid", F_GID)                                                                   \
    X(CDHASH, "payload.cdhash", BY_HAND)                                                           \
    X(SHA256, "payload.sha256", BY_HAND)                                                           \
    X(CS_FLAGS, "payload.code_signing.flags", F_CS_FLAGS)                                          \
    X(PLATFORM, "payload.code_signing.is_platform_binary", F_PLATFORM_BINARY)                      \
    X(SIGNING_ID, "payload.code_signing.signing_id", BY_HAND)                                      \
    X(TEAM_ID, "payload.code_signing.team_id", BY_HAND)                                            \
    X(EXIT_CODE, "payload.exit_code", F_EXIT_STATUS)                                               \
    X(DIRECTION, "payload.direction", F_NET_DIRECTION)                                             \
    X(PROTOCOL, "payload.protocol", F_NET_PROTOCOL)                                                \
    X(LOCAL_IP, "payload.local_address", F_NET_LOCAL_IP)                                           \
    X(LOCAL_PORT, "payload.local_port", F_NET_LOCAL_PORT)                                          \
    X(REMOTE_IP, "payload.remote_address", F_NET_REMOTE_IP)                                        \
    X(REMOTE_PORT, "payload.remote_port", F_NET_REMOTE_PORT)                                       \
    X(REMOTE_HOST, "payload.remote_hostname", F_NET_REMOTE_HOST)                                   \
    X(QUERY, "payload.query_name", F_DNS_QUERY)                                                    \
    X(QUERY_TYPE, "payload.query_type", F_DNS_TYPE)                                                \
    X(ANSWERS, "payload.response_addresses[]", BY_HAND)                                            \
    X(PAYLOAD_OTHER, "payload.*", TARGET_OTHER)                                                    \
    X(TOP_OTHER, "*", TARGET_OTHER)

enum path {
#define PATH_ENUM(id, path, field) id,
    PATH_LIST(PATH_ENUM)
#undef PATH_ENUM
};

static const struct {
    const char *path;
    uint16_t field;
} rows[] = {
#define ROW(id, path, field) {path, field},
    PATH_LIST(ROW)
#undef ROW
};

static int make_paths(struct arena *arena, struct format_paths *ret_paths)
{
    struct path_builder b = {.arena = arena};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        normalise_path(&b, str_of(rows[i].path), rows[i].field);
    return normalise_paths_done(&b, ret_paths);
}

static bool is_fleetedr(const struct normaliser *n, const struct ndjson *j)
{
    (void)n;
    const struct ndjson_value *type = ndjson_get(j, TYPE);
    const struct ndjson_value *payload = ndjson_get(j, PAYLOAD);
    return type && type->type == NDJSON_STR && payload && payload->type == NDJSON_OBJECT;
}

/* An empty name of a signature says that there is none. */
static void put_signature(struct ndjson *j, unsigned path, struct event *ev, enum field_id id)
{
    struct ndjson_value *v = ndjson_get(j, path);
    if (!v || v->type != NDJSON_STR)
        return;
    struct str s = ndjson_text(j, v);
    event_set(ev, id,
              s.len ? (struct value){.type = VALUE_STR, .s = s}
                    : (struct value){.type = VALUE_NULL});
}

static void put_lower(struct normaliser *n, struct ndjson *j, unsigned path, struct event *ev,
                      enum field_id id)
{
    struct str s = normalise_text(j, path);
    if (s.len)
        event_set_str(ev, id, normalise_lower(n, s));
}

static void put_member(struct normaliser *n, struct ndjson *j, struct event *ev,
                       struct ndjson_value *v)
{
    if (v->path == PAYLOAD_OTHER)
        normalise_extra(n, j, ev, normalise_text(j, TYPE), v->key, v);
    else if (v->path == TOP_OTHER)
        normalise_extra(n, j, ev, STR(""), v->key, v);
    else if (rows[v->path].field < FIELD_COUNT && (v->type != NDJSON_STR || v->raw.len))
        normalise_put(n, j, v->path, ev, (enum field_id)rows[v->path].field);
}

static void fill(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    (void)normalise_kind(n, normalise_text(j, TYPE), &ev->kind);
    ev->time_ns = normalise_int(j, TIME, 0);
    size_t pos = 0;
    for (struct ndjson_value *v = ndjson_each(j, &pos); v; v = ndjson_each(j, &pos))
        put_member(n, j, ev, v);
    put_signature(j, SIGNING_ID, ev, F_SIGNING_ID);
    put_signature(j, TEAM_ID, ev, F_TEAM_ID);
    put_lower(n, j, CDHASH, ev, F_CDHASH);
    put_lower(n, j, SHA256, ev, F_SHA256);
    normalise_put_list(n, j, ARGS, ev, F_ARGS);
    normalise_put_list(n, j, ANSWERS, ev, F_DNS_ANSWERS);
    normalise_macos(ev);
    normalise_derive(n, ev);
}

const struct format_ops normalise_fleetedr = {FORMAT_FLEETEDR, make_paths, is_fleetedr, fill};
