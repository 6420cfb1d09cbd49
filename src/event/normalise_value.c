/* Values and texts that the source formats share. See normalise_priv.h. */
#include "base/timefmt.h"
#include "event/normalise_priv.h"

/* Variables that change how a program loads or behaves and hold no secrets; a trailing '*' stands
 * for any ending. Everything else of an environment is dropped where it enters. */
#define ALLOWED(name)                                                                              \
    {                                                                                              \
        (name), sizeof(name) - 1                                                                   \
    }
static const struct str env_allowed[] = {
    ALLOWED("DYLD_*"),
    ALLOWED("LD_*"),
    ALLOWED("__XPC_DYLD_*"),
    ALLOWED("ELECTRON_RUN_AS_NODE"),
    ALLOWED("NODE_OPTIONS"),
    ALLOWED("PYTHONPATH"),
    ALLOWED("PYTHONSTARTUP"),
    ALLOWED("PYTHONINSPECT"),
    ALLOWED("PERL5OPT"),
    ALLOWED("PERL5LIB"),
    ALLOWED("RUBYOPT"),
    ALLOWED("RUBYLIB"),
    ALLOWED("BASH_ENV"),
    ALLOWED("ZDOTDIR"),
    ALLOWED("HISTFILE"),
    ALLOWED("HISTSIZE"),
    ALLOWED("HISTFILESIZE"),
    ALLOWED("HISTCONTROL"),
    ALLOWED("SSH_CONNECTION"),
    ALLOWED("SSH_CLIENT"),
    ALLOWED("SSH_TTY"),
    ALLOWED("SUDO_USER"),
    ALLOWED("SUDO_UID"),
    ALLOWED("XPC_SERVICE_NAME"),
    ALLOWED("TERM_PROGRAM"),
    ALLOWED("JAVA_TOOL_OPTIONS"),
    ALLOWED("npm_lifecycle_event"),
    ALLOWED("npm_package_name"),
    ALLOWED("NSUnbufferedIO"),
    ALLOWED("OBJC_DISABLE_*"),
    ALLOWED("CFFIXED_USER_HOME"),
    ALLOWED("MallocStackLogging"),
};
#undef ALLOWED

static void fail(struct normaliser *n, int code)
{
    if (!n->error)
        n->error = code;
}

struct str normalise_text(struct ndjson *j, unsigned path)
{
    struct ndjson_value *v = ndjson_get(j, path);
    return v && v->type == NDJSON_STR ? ndjson_text(j, v) : (struct str){0};
}

int64_t normalise_int(const struct ndjson *j, unsigned path, int64_t fallback)
{
    const struct ndjson_value *v = ndjson_get(j, path);
    return v && v->type == NDJSON_INT ? v->i : fallback;
}

struct value normalise_natural(struct ndjson *j, struct ndjson_value *v)
{
    switch (v->type) {
    case NDJSON_NULL:
        return (struct value){.type = VALUE_NULL};
    case NDJSON_FALSE:
    case NDJSON_TRUE:
        return (struct value){.type = VALUE_BOOL, .b = v->type == NDJSON_TRUE};
    case NDJSON_INT:
        return (struct value){.type = VALUE_INT, .i = v->i};
    default:
        return (struct value){.type = VALUE_STR, .s = ndjson_text(j, v)};
    }
}

/* ------------------------------------------------------------------ typed fields */

static struct str decimal(struct normaliser *n, int64_t i)
{
    struct str s = arena_fmt(&n->arena, "%lld", (long long)i);
    if (!s.ptr)
        fail(n, E_NOMEM);
    return s;
}

static struct value to_str(struct normaliser *n, struct value v)
{
    if (v.type == VALUE_INT)
        return (struct value){.type = VALUE_STR, .s = decimal(n, v.i)};
    if (v.type == VALUE_BOOL)
        return (struct value){.type = VALUE_STR, .s = v.b ? STR("true") : STR("false")};
    if (v.type == VALUE_LIST && v.count == 1)
        return (struct value){.type = VALUE_STR, .s = v.list[0]};
    return v;
}

static struct value to_int(struct value v)
{
    struct str s = v.type == VALUE_LIST && v.count == 1 ? v.list[0] : v.s;
    int64_t i;
    if ((v.type == VALUE_STR || (v.type == VALUE_LIST && v.count == 1)) && str_to_i64(s, &i) == 0)
        return (struct value){.type = VALUE_INT, .i = i};
    return v;
}

static struct value to_bool(struct value v)
{
    if (v.type == VALUE_INT && (v.i == 0 || v.i == 1))
        return (struct value){.type = VALUE_BOOL, .b = v.i == 1};
    struct str s = v.type == VALUE_LIST && v.count == 1 ? v.list[0] : v.s;
    if (v.type != VALUE_STR && (v.type != VALUE_LIST || v.count != 1))
        return v;
    if (str_eq_nocase(s, STR("true")) || str_eq_nocase(s, STR("false")))
        return (struct value){.type = VALUE_BOOL, .b = str_eq_nocase(s, STR("true"))};
    return v;
}

static struct value to_list(struct normaliser *n, struct value v)
{
    if (v.type != VALUE_STR && v.type != VALUE_INT && v.type != VALUE_BOOL)
        return v;
    struct str *item = arena_array(&n->arena, 1, sizeof *item);
    if (!item) {
        fail(n, E_NOMEM);
        return v;
    }
    *item = to_str(n, v).s;
    return (struct value){.type = VALUE_LIST, .count = 1, .list = item};
}

static struct value to_time(struct value v)
{
    struct str s = v.type == VALUE_LIST && v.count == 1 ? v.list[0] : v.s;
    int64_t ns;
    if ((v.type == VALUE_STR || (v.type == VALUE_LIST && v.count == 1)) &&
        timefmt_parse(s, &ns) == 0)
        return (struct value){.type = VALUE_INT, .i = ns};
    return v;
}

void normalise_put_value(struct normaliser *n, struct event *ev, enum field_id id, struct value v)
{
    switch (field_table[id].type) {
    case FIELD_STR:
        v = to_str(n, v);
        break;
    case FIELD_INT:
        v = to_int(v);
        break;
    case FIELD_BOOL:
        v = to_bool(v);
        break;
    case FIELD_LIST:
        v = to_list(n, v);
        break;
    case FIELD_TIME:
        v = to_time(v);
        break;
    }
    event_set(ev, id, v);
}

/* Set a field from a picked scalar. The rule is that its type is the field's. */
void normalise_put_picked(struct normaliser *n, struct ndjson *j, struct ndjson_value *v,
                          struct event *ev, enum field_id id)
{
    enum field_type type = field_table[id].type;
    if (v->type == NDJSON_STR && type == FIELD_STR)
        event_set_str(ev, id, ndjson_text(j, v));
    else if (v->type == NDJSON_INT && type == FIELD_INT)
        event_set_int(ev, id, v->i);
    else if ((v->type == NDJSON_TRUE || v->type == NDJSON_FALSE) && type == FIELD_BOOL)
        event_set_bool(ev, id, v->type == NDJSON_TRUE);
    else
        normalise_put_value(n, ev, id, normalise_natural(j, v));
}

static bool is_scalar(const struct ndjson_value *v)
{
    return v && v->type != NDJSON_OBJECT && v->type != NDJSON_ARRAY;
}

void normalise_put_or_null(struct normaliser *n, struct ndjson *j, unsigned path, struct event *ev,
                           enum field_id id)
{
    struct ndjson_value *v = ndjson_get(j, path);
    if (is_scalar(v))
        normalise_put_picked(n, j, v, ev, id);
}

void normalise_put(struct normaliser *n, struct ndjson *j, unsigned path, struct event *ev,
                   enum field_id id)
{
    struct ndjson_value *v = ndjson_get(j, path);
    if (is_scalar(v) && v->type != NDJSON_NULL)
        normalise_put_picked(n, j, v, ev, id);
}

struct value normalise_list(struct normaliser *n, struct ndjson *j, unsigned path)
{
    uint32_t count = ndjson_count(j, path);
    struct value list = {.type = VALUE_LIST};
    struct str *items = arena_array(&n->arena, count, sizeof *items);
    if (!items) {
        fail(n, E_NOMEM);
        return list;
    }
    for (struct ndjson_value *v = ndjson_get(j, path); v; v = ndjson_next(j, v)) {
        if (v->type != NDJSON_NULL)
            items[list.count++] = ndjson_text(j, v);
    }
    list.list = items;
    return list;
}

void normalise_put_list(struct normaliser *n, struct ndjson *j, unsigned path, struct event *ev,
                        enum field_id id)
{
    if (ndjson_get(j, path))
        event_set(ev, id, normalise_list(n, j, path));
}

static bool env_is_allowed(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(env_allowed); i++) {
        struct str allowed = env_allowed[i];
        if (name.ptr[0] != allowed.ptr[0])
            continue;
        if (allowed.ptr[allowed.len - 1] == '*'
                ? str_starts(name, str_sub(allowed, 0, allowed.len - 1))
                : str_eq(name, allowed))
            return true;
    }
    return false;
}

/* The item when its name is allowed, else empty. Most are not: they are not unescaped. */
static struct str allowed_item(struct ndjson *j, struct ndjson_value *v)
{
    size_t equals = v->type == NDJSON_STR ? str_find_char(v->raw, '=') : SIZE_MAX;
    if (equals == SIZE_MAX || equals == 0)
        return (struct str){0};
    struct str item = v->raw;
    if (str_find_char(str_sub(item, 0, equals), '\\') != SIZE_MAX) {
        item = ndjson_text(j, v);
        equals = str_find_char(item, '=');
        if (equals == SIZE_MAX || equals == 0)
            return (struct str){0};
    }
    return env_is_allowed(str_sub(item, 0, equals)) ? ndjson_text(j, v) : (struct str){0};
}

void normalise_put_env(struct normaliser *n, struct ndjson *j, unsigned path, struct event *ev)
{
    struct ndjson_value *v = ndjson_get(j, path);
    if (!v)
        return;
    struct str *items = arena_array(&n->arena, ndjson_count(j, path), sizeof *items);
    if (!items) {
        fail(n, E_NOMEM);
        return;
    }
    size_t kept = 0;
    for (; v; v = ndjson_next(j, v)) {
        struct str item = allowed_item(j, v);
        if (item.len)
            items[kept++] = item;
    }
    if (kept)
        event_set_list(ev, F_ENV, items, kept);
}

/* ------------------------------------------------------------------ texts */

struct str normalise_join_args(struct normaliser *n, const struct value *list)
{
    if (list->count == 1)
        return list->list[0];
    size_t len = 0;
    for (uint32_t i = 0; i < list->count; i++)
        len += list->list[i].len + 1;
    char *out = arena_alloc(&n->arena, len);
    if (!out) {
        fail(n, E_NOMEM);
        return (struct str){0};
    }
    struct str joined = {out, len ? len - 1 : 0};
    for (uint32_t i = 0; i < list->count; i++) {
        if (i)
            *out++ = ' ';
        if (list->list[i].len)
            memcpy(out, list->list[i].ptr, list->list[i].len);
        out += list->list[i].len;
    }
    return joined;
}

struct str normalise_concat(struct normaliser *n, struct str a, struct str b, struct str c)
{
    struct str parts[] = {a, b, c};
    char *out = arena_alloc(&n->arena, a.len + b.len + c.len);
    if (!out) {
        fail(n, E_NOMEM);
        return (struct str){0};
    }
    struct str whole = {out, a.len + b.len + c.len};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (parts[i].len)
            memcpy(out, parts[i].ptr, parts[i].len);
        out += parts[i].len;
    }
    return whole;
}

struct str normalise_join_path(struct normaliser *n, struct str folder, struct str name)
{
    if (name.len == 0 || folder.len == 0 || name.ptr[0] == '/')
        return name;
    bool slash = folder.ptr[folder.len - 1] == '/';
    return normalise_concat(n, folder, slash ? STR("") : STR("/"), name);
}

struct str normalise_lower(struct normaliser *n, struct str s)
{
    size_t i = 0;
    while (i < s.len && (s.ptr[i] < 'A' || s.ptr[i] > 'Z'))
        i++;
    if (i == s.len)
        return s;
    char *out = arena_alloc(&n->arena, s.len);
    if (!out) {
        fail(n, E_NOMEM);
        return (struct str){0};
    }
    for (i = 0; i < s.len; i++)
        out[i] = char_lower(s.ptr[i]);
    return str_n(out, s.len);
}

/* ------------------------------------------------------------------ what follows */

static void derive_name(struct event *ev, enum field_id path, enum field_id name)
{
    struct str last = str_basename(event_str(ev, path));
    if (last.len && !event_has(ev, name))
        event_set_str(ev, name, last);
}

void normalise_derive(struct normaliser *n, struct event *ev)
{
    struct value args = event_get(ev, F_ARGS);
    if (args.type == VALUE_LIST && args.count && !event_has(ev, F_COMMAND_LINE))
        event_set_str(ev, F_COMMAND_LINE, normalise_join_args(n, &args));
    derive_name(ev, F_EXECUTABLE, F_NAME);
    derive_name(ev, F_PARENT_EXECUTABLE, F_PARENT_NAME);
    derive_name(ev, F_FILE_PATH, F_FILE_NAME);
}

void normalise_macos(struct event *ev)
{
    ev->product = STR("macos");
    ev->category = kind_table[ev->kind].category;
    if (event_int(ev, F_UID, -1) == 0 && !event_has(ev, F_USER))
        event_set_str(ev, F_USER, STR("root"));
    if (event_int(ev, F_PARENT_PID, 0) == 1 && event_int(ev, F_PID, 0) != 1 &&
        !event_has(ev, F_PARENT_EXECUTABLE))
        event_set_str(ev, F_PARENT_EXECUTABLE, STR("/sbin/launchd"));
}

bool normalise_kind(const struct normaliser *n, struct str name, enum event_kind *ret_kind)
{
    uint64_t kind;
    if (!map_find(&n->kinds, name, &kind))
        return false;
    *ret_kind = (enum event_kind)kind;
    return true;
}

enum event_kind normalise_kind_of_category(const struct normaliser *n, struct str category)
{
    uint64_t kind = KIND_UNKNOWN;
    if (category.len)
        (void)map_find(&n->categories, category, &kind);
    return (enum event_kind)kind;
}
