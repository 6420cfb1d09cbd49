/* Elastic Common Schema documents, as Elastic Endpoint writes them and as searches export them:
 * bare or as `_source` of a hit, with nested objects or dotted keys. Which ECS name stands for
 * which field is the field table's business; the rest is kept by its dotted name. Source: ECS 8
 * field reference; Elastic Endpoint's documents for macOS. */
#include "base/timefmt.h"
#include "event/normalise_priv.h"

enum {
    TARGET_NESTED = TARGET_OWN, /* + index of a prefix: a key nobody knows below it */
    PREFIXES_MAX = 64
};

#define PATH_LIST(X)                                                                               \
    X(SOURCE, "_source")                                                                           \
    X(TIME, "@timestamp")                                                                          \
    X(TIME_ITEM, "@timestamp[]")                                                                   \
    X(CATEGORY, "event.category")                                                                  \
    X(CATEGORY_ITEM, "event.category[]")                                                           \
    X(CATEGORY_FLAT, "event\\.category")                                                           \
    X(CATEGORY_FLAT_ITEM, "event\\.category[]")                                                    \
    X(TYPE, "event.type")                                                                          \
    X(TYPE_ITEM, "event.type[]")                                                                   \
    X(TYPE_FLAT, "event\\.type")                                                                   \
    X(TYPE_FLAT_ITEM, "event\\.type[]")                                                            \
    X(ACTION, "event.action")                                                                      \
    X(ACTION_ITEM, "event.action[]")                                                               \
    X(ACTION_FLAT, "event\\.action")                                                               \
    X(ACTION_FLAT_ITEM, "event\\.action[]")                                                        \
    X(OS, "host.os.type")                                                                          \
    X(OS_ITEM, "host.os.type[]")                                                                   \
    X(OS_FLAT, "host\\.os\\.type")                                                                 \
    X(OS_FLAT_ITEM, "host\\.os\\.type[]")                                                          \
    X(OS_FAMILY, "host.os.family")                                                                 \
    X(EVENT_KIND, "event.kind")                                                                    \
    X(ECS_VERSION, "ecs.version")                                                                  \
    X(PROCESS, "process")                                                                          \
    X(FILE_OBJECT, "file")                                                                         \
    X(ENV, "process.env_vars[]")

enum path {
#define PATH_ENUM(id, path) id,
    PATH_LIST(PATH_ENUM)
#undef PATH_ENUM
        OWN_PATHS
};

static const char *const own_paths[] = {
#define PATH_NAME(id, path) path,
    PATH_LIST(PATH_NAME)
#undef PATH_NAME
};

/* Objects that hold known names, so that what else they hold can be kept. */
static const char *const prefixes[] = {
    "event",
    "host",
    "host.os",
    "user",
    "user.group",
    "process",
    "process.parent",
    "process.parent.code_signature",
    "process.code_signature",
    "process.hash",
    "process.session_leader",
    "process.group_leader",
    "file",
    "file.Ext",
    "file.Ext.original",
    "file.hash",
    "source",
    "destination",
    "network",
    "dns",
    "dns.question",
    "threat",
    "threat.software",
    "group",
    "ecs",
};
_Static_assert(ARRAY_LEN(prefixes) <= PREFIXES_MAX, "targets leave room for so many");

static void add_field(struct path_builder *b, enum field_id id)
{
    struct str ecs = field_table[id].ecs;
    if (ecs.len == 0)
        return;
    normalise_path(b, ecs, id);
    if (id != F_ENV) /* its elements are filtered by hand */
        normalise_path(b, arena_fmt(b->arena, "%.*s[]", STR_FMT(ecs)), TARGET_ELEMENT | id);
    normalise_path_flat(b, ecs, id);
}

static int make_paths(struct arena *arena, struct format_paths *ret_paths)
{
    struct path_builder b = {.arena = arena};
    for (size_t i = 0; i < ARRAY_LEN(own_paths); i++)
        normalise_path(&b, str_of(own_paths[i]), TARGET_MARK);
    for (unsigned id = 0; id < F_KIND; id++)
        add_field(&b, (enum field_id)id);
    for (unsigned i = 0; i < ARRAY_LEN(prefixes); i++)
        normalise_path(&b, arena_fmt(arena, "%s.*", prefixes[i]), TARGET_NESTED + i);
    normalise_path(&b, STR("*"), TARGET_OTHER);
    return normalise_paths_done(&b, ret_paths);
}

static bool is_object(const struct ndjson *j, unsigned path)
{
    const struct ndjson_value *v = ndjson_get(j, path);
    return v && v->type == NDJSON_OBJECT;
}

static bool is_ecs(const struct normaliser *n, const struct ndjson *j)
{
    (void)n;
    if (is_object(j, SOURCE))
        return true;
    bool says_so = ndjson_get(j, EVENT_KIND) || ndjson_get(j, ECS_VERSION) ||
                   ndjson_get(j, CATEGORY) || ndjson_get(j, CATEGORY_FLAT) ||
                   ndjson_get(j, ACTION) || ndjson_get(j, ACTION_FLAT);
    return says_so || (ndjson_get(j, TIME) && (is_object(j, PROCESS) || is_object(j, FILE_OBJECT)));
}

/* ------------------------------------------------------------------ kind */

/* First text at one of four places: plain, list, dotted key, list at a dotted key. */
static struct str text_at(struct ndjson *j, unsigned path)
{
    for (unsigned i = 0; i < 4; i++) {
        struct str s = normalise_text(j, path + i);
        if (s.len)
            return s;
    }
    return (struct str){0};
}

static bool list_holds(struct ndjson *j, unsigned path, const char *word)
{
    for (unsigned i = 0; i < 4; i++) {
        for (struct ndjson_value *v = ndjson_get(j, path + i); v; v = ndjson_next(j, v)) {
            if (v->type == NDJSON_STR && str_is(ndjson_text(j, v), word))
                return true;
        }
    }
    return false;
}

/* Empty category, type or action stands for any. First row that fits counts. */
static const struct {
    const char *category;
    const char *type;
    const char *action;
    enum event_kind kind;
} kinds[] = {
    {"process", "", "exec", KIND_EXEC},
    {"process", "", "fork", KIND_FORK},
    {"process", "", "end", KIND_EXIT},
    {"process", "end", "", KIND_EXIT},
    {"process", "start", "", KIND_EXEC},
    {"file", "", "rename", KIND_RENAME},
    {"file", "creation", "", KIND_CREATE},
    {"file", "deletion", "", KIND_UNLINK},
    {"file", "", "open", KIND_OPEN},
    {"file", "access", "", KIND_OPEN},
    {"file", "", "extended_attributes_delete", KIND_DELETEEXTATTR},
    {"file", "", "mount", KIND_MOUNT},
    {"file", "", "modification", KIND_WRITE},
    {"file", "", "overwrite", KIND_WRITE},
    {"", "", "lookup_requested", KIND_DNS_QUERY},
    {"", "", "lookup_result", KIND_DNS_QUERY},
    {"network", "protocol", "dns", KIND_DNS_QUERY},
    {"network", "", "connection_attempted", KIND_NETWORK_CONNECT},
    {"network", "", "connection_accepted", KIND_NETWORK_CONNECT},
    {"network", "start", "", KIND_NETWORK_CONNECT},
    {"network", "connection", "", KIND_NETWORK_CONNECT},
    {"library", "", "", KIND_MMAP},
    {"driver", "", "", KIND_KEXTLOAD},
    {"", "", "launch_daemon", KIND_LAUNCH_ITEM_ADD},
    {"authentication", "", "", KIND_AUTHENTICATION},
    {"malware", "", "", KIND_XP_DETECTED},
};

static enum event_kind kind_of(struct ndjson *j)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if ((kinds[i].category[0] == '\0' || list_holds(j, CATEGORY, kinds[i].category)) &&
            (kinds[i].type[0] == '\0' || list_holds(j, TYPE, kinds[i].type)) &&
            (kinds[i].action[0] == '\0' || str_is(text_at(j, ACTION), kinds[i].action)))
            return kinds[i].kind;
    }
    return KIND_UNKNOWN;
}

static struct str product_of(struct ndjson *j)
{
    struct str os = text_at(j, OS);
    if (os.len == 0)
        os = normalise_text(j, OS_FAMILY);
    return str_is(os, "darwin") ? STR("macos") : os;
}

/* Text of RFC 3339, or milliseconds since 1970 as in a stored document. */
static int64_t time_of(struct ndjson *j)
{
    int64_t ns;
    struct str text = normalise_text(j, TIME);
    if (text.len == 0)
        text = normalise_text(j, TIME_ITEM);
    if (timefmt_parse(text, &ns) == 0)
        return ns;
    int64_t ms = normalise_int(j, TIME, 0);
    return ms > 0 && ms < INT64_MAX / NS_PER_MS ? ms * NS_PER_MS : 0;
}

/* ------------------------------------------------------------------ fields */

static void put_env(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    normalise_put_env(n, j, ENV, ev);
}

static void put_key(struct normaliser *n, struct ndjson *j, struct event *ev, unsigned target,
                    struct ndjson_value *v)
{
    if (target == F_ENV) {
        return;
    } else if (target < FIELD_COUNT && v->type != NDJSON_OBJECT) {
        normalise_put_value(n, ev, (enum field_id)target,
                            v->type == NDJSON_ARRAY ? normalise_list(n, j, v->path + 1u)
                                                    : normalise_natural(j, v));
    } else if (target >= TARGET_NESTED && target < TARGET_NESTED + ARRAY_LEN(prefixes)) {
        normalise_extra(n, j, ev, str_of(prefixes[target - TARGET_NESTED]), v->key, v);
    } else if (target == TARGET_OTHER) {
        normalise_extra(n, j, ev, STR(""), v->key, v);
    }
}

/* What the document says about its kind, kept so that rules written for ECS can name it. */
static void keep_own(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    static const struct {
        uint16_t path;
        const char *name;
    } kept[] = {{CATEGORY, "event.category"},  {CATEGORY_FLAT, "event.category"},
                {TYPE, "event.type"},          {TYPE_FLAT, "event.type"},
                {ACTION, "event.action"},      {ACTION_FLAT, "event.action"},
                {OS, "host.os.type"},          {OS_FLAT, "host.os.type"},
                {OS_FAMILY, "host.os.family"}, {EVENT_KIND, "event.kind"}};
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        struct ndjson_value *v = ndjson_get(j, kept[i].path);
        if (v)
            normalise_extra(n, j, ev, STR(""), str_of(kept[i].name), v);
    }
}

static void fill(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    if (is_object(j, SOURCE)) {
        struct str source = ndjson_get(j, SOURCE)->raw;
        int rc = ndjson_pick(j, source, NULL);
        if (rc) {
            n->error = rc;
            return;
        }
    }
    ev->kind = kind_of(j);
    ev->time_ns = time_of(j);
    ev->product = product_of(j);
    ev->category = kind_table[ev->kind].category;
    keep_own(n, j, ev);
    const uint16_t *targets = n->paths[FORMAT_ECS].targets;
    size_t pos = 0;
    for (struct ndjson_value *v = ndjson_each(j, &pos); v; v = ndjson_each(j, &pos))
        put_key(n, j, ev, targets[v->path], v);
    put_env(n, j, ev);
    normalise_derive(n, ev);
}

const struct format_ops normalise_ecs = {FORMAT_ECS, make_paths, is_ecs, fill};
