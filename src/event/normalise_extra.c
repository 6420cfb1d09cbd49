/* Unknown keys: kept for evidence and for rules that name them, flattened to dotted names. Also the
 * path lists that are built from the field table. See normalise_priv.h. */
#include "base/mem.h"
#include "event/normalise_priv.h"

static void fail(struct normaliser *n, int code)
{
    if (!n->error)
        n->error = code;
}

/* The value of a name: that of an earlier key with the same name, or a new one. */
static struct value *slot_for(struct normaliser *n, struct str name, unsigned shape)
{
    uint64_t bit = UINT64_C(1) << shape % 64;
    if (n->extras_seen & bit) {
        for (size_t i = 0; i < n->extras_len; i++) {
            if (str_eq(n->extras[i].name, name))
                return &n->extras[i].value;
        }
    }
    if (n->extras_len >= NORMALISE_EXTRAS_MAX) {
        fail(n, E_LIMIT);
        return NULL;
    }
    if (mem_grow(&n->extras, &n->extras_cap, n->extras_len + 1, sizeof *n->extras)) {
        fail(n, E_NOMEM);
        return NULL;
    }
    n->extras_seen |= bit;
    n->extras[n->extras_len].name = name;
    return &n->extras[n->extras_len++].value;
}

/* The name is one of ours, or Sigma's. */
static void keep_known(struct normaliser *n, struct event *ev, struct str name, uint64_t id,
                       struct value value)
{
    if (n->extras_are_fields && id < FIELD_COUNT) {
        if (!event_has(ev, (enum field_id)id))
            normalise_put_value(n, ev, (enum field_id)id, value);
        return;
    }
    /* The name means something else here. */
    name = normalise_dotted(n, STR("extra"), name);
    struct value *slot = n->error ? NULL : slot_for(n, name, shape_of(name));
    if (slot)
        *slot = value;
}

static bool is_known(const struct normaliser *n, struct str name, unsigned shape, uint64_t *ret_id)
{
    return shape_has(&n->field_shapes, shape) && map_find(&n->field_names, name, ret_id);
}

static void keep(struct normaliser *n, struct event *ev, struct str name, struct value value)
{
    uint64_t id;
    unsigned shape = shape_of(name);
    if (is_known(n, name, shape, &id)) {
        keep_known(n, ev, name, id, value);
        return;
    }
    struct value *slot = n->error ? NULL : slot_for(n, name, shape);
    if (slot)
        *slot = value;
}

/* As keep, for most values there are; written member by member, as event_set_str does. */
static void keep_text(struct normaliser *n, struct event *ev, struct str name, struct str text)
{
    uint64_t id;
    unsigned shape = shape_of(name);
    if (is_known(n, name, shape, &id)) {
        keep_known(n, ev, name, id, (struct value){.type = VALUE_STR, .s = text});
        return;
    }
    struct value *slot = n->error ? NULL : slot_for(n, name, shape);
    if (slot) {
        slot->type = VALUE_STR;
        slot->count = 0;
        slot->s = text;
    }
}

static void wait(struct normaliser *n, struct str name, struct str text)
{
    if (n->pending_len + n->extras_len >= NORMALISE_EXTRAS_MAX) {
        fail(n, E_LIMIT);
        return;
    }
    if (mem_grow(&n->pending, &n->pending_cap, n->pending_len + 1, sizeof *n->pending)) {
        fail(n, E_NOMEM);
        return;
    }
    n->pending[n->pending_len++] = (struct pending){name, text};
}

/* A value of the scratch that is about to be reused: its text must outlive it. */
static struct value lasting(struct normaliser *n, struct ndjson *j, struct ndjson_value *v)
{
    bool decoded = v->type == NDJSON_STR && str_find_char(v->raw, '\\') != SIZE_MAX;
    struct value value = normalise_natural(j, v);
    if (decoded && value.s.len)
        value.s = normalise_concat(n, value.s, STR(""), STR(""));
    return value;
}

struct str normalise_dotted(struct normaliser *n, struct str a, struct str b)
{
    if (a.len + b.len >= NORMALISE_NAME_MAX) {
        fail(n, E_LIMIT);
        return (struct str){0};
    }
    return normalise_concat(n, a, STR("."), b);
}

static void flatten_object(struct normaliser *n, struct event *ev, struct str name)
{
    for (struct ndjson_value *v = ndjson_get(n->any, 0); v && !n->error;
         v = ndjson_next(n->any, v)) {
        struct str dotted = normalise_dotted(n, name, v->key);
        if (v->type == NDJSON_OBJECT || v->type == NDJSON_ARRAY)
            wait(n, dotted, v->raw);
        else
            keep(n, ev, dotted, lasting(n, n->any, v));
    }
}

static void flatten_array(struct normaliser *n, struct event *ev, struct str name)
{
    struct str *items = arena_array(&n->arena, ndjson_count(n->any, 1), sizeof *items);
    struct value list = {.type = VALUE_LIST, .list = items};
    if (!items) {
        fail(n, E_NOMEM);
        return;
    }
    for (struct ndjson_value *v = ndjson_get(n->any, 1); v; v = ndjson_next(n->any, v)) {
        if (v->type == NDJSON_STR)
            items[list.count++] = lasting(n, n->any, v).s;
        else if (v->type != NDJSON_NULL)
            items[list.count++] = v->raw;
    }
    keep(n, ev, name, list);
}

static void flatten_pending(struct normaliser *n, struct event *ev)
{
    while (n->pending_len && !n->error) {
        struct pending p = n->pending[--n->pending_len];
        int rc = ndjson_pick(n->any, p.text, NULL);
        if (rc)
            fail(n, rc);
        else if (ndjson_root_type(n->any) == NDJSON_OBJECT)
            flatten_object(n, ev, p.name);
        else
            flatten_array(n, ev, p.name);
    }
}

void normalise_extra(struct normaliser *n, struct ndjson *j, struct event *ev, struct str prefix,
                     struct str name, struct ndjson_value *v)
{
    if (prefix.len)
        name = normalise_dotted(n, prefix, name);
    if (v->type == NDJSON_OBJECT || v->type == NDJSON_ARRAY) {
        wait(n, name, v->raw);
        flatten_pending(n, ev);
    } else if (v->type == NDJSON_STR) {
        keep_text(n, ev, name, ndjson_text(j, v));
    } else {
        keep(n, ev, name, normalise_natural(j, v));
    }
}

/* ------------------------------------------------------------------ path lists */

void normalise_path(struct path_builder *b, struct str path, unsigned target)
{
    if (!path.ptr)
        b->error = E_NOMEM;
    if (b->error)
        return;
    if (b->len == b->cap) {
        size_t cap = b->cap ? b->cap * 2 : 256;
        const char **list = arena_array(b->arena, cap, sizeof *list);
        uint16_t *targets = arena_array(b->arena, cap, sizeof *targets);
        if (!list || !targets) {
            b->error = E_NOMEM;
            return;
        }
        if (b->len) {
            memcpy(list, b->list, b->len * sizeof *list);
            memcpy(targets, b->targets, b->len * sizeof *targets);
        }
        b->list = list;
        b->targets = targets;
        b->cap = cap;
    }
    const char *copy = arena_cstr(b->arena, path);
    if (!copy) {
        b->error = E_NOMEM;
        return;
    }
    b->list[b->len] = copy;
    b->targets[b->len++] = (uint16_t)target;
}

/* A key whose characters all stand for themselves. */
static struct str literal(struct path_builder *b, struct str key)
{
    char *out = arena_alloc(b->arena, key.len * 2);
    if (!out) {
        b->error = E_NOMEM;
        return (struct str){0};
    }
    size_t len = 0;
    for (size_t i = 0; i < key.len; i++) {
        if (key.ptr[i] == '.' || key.ptr[i] == '[' || key.ptr[i] == '*' || key.ptr[i] == '\\')
            out[len++] = '\\';
        out[len++] = key.ptr[i];
    }
    return str_n(out, len);
}

void normalise_path_key(struct path_builder *b, struct str key, unsigned target)
{
    normalise_path(b, literal(b, key), target);
}

void normalise_path_flat(struct path_builder *b, struct str key, enum field_id id)
{
    struct str path = literal(b, key);
    normalise_path(b, path, id);
    normalise_path(b, arena_fmt(b->arena, "%.*s[]", STR_FMT(path)), TARGET_ELEMENT | (unsigned)id);
}

int normalise_paths_done(struct path_builder *b, struct format_paths *ret_paths)
{
    if (b->error)
        return b->error;
    *ret_paths = (struct format_paths){b->list, b->targets, b->len};
    return 0;
}
