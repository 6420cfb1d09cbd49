/* Cordon's own flat form, as event_add_json writes it: what was written comes back exactly, types
 * included, and nothing is derived but the category that a kind has when the record names none. */
#include "base/timefmt.h"
#include "event/normalise_priv.h"

enum { KIND_PATH, TIME_PATH, PRODUCT_PATH, CATEGORY_PATH, SERVICE_PATH };

static int make_paths(struct arena *arena, struct format_paths *ret_paths)
{
    struct path_builder b = {.arena = arena};
    normalise_path(&b, STR("kind"), TARGET_KIND);
    normalise_path(&b, STR("time"), TARGET_TIME);
    normalise_path(&b, STR("product"), TARGET_PRODUCT);
    normalise_path(&b, STR("category"), TARGET_CATEGORY);
    normalise_path(&b, STR("service"), TARGET_SERVICE);
    for (unsigned id = 0; id < F_KIND; id++)
        normalise_path_flat(&b, field_table[id].name, (enum field_id)id);
    normalise_path(&b, STR("*"), TARGET_OTHER);
    return normalise_paths_done(&b, ret_paths);
}

static bool is_cordon(const struct normaliser *n, const struct ndjson *j)
{
    const struct ndjson_value *v = ndjson_get(j, KIND_PATH);
    enum event_kind kind;
    return v && v->type == NDJSON_STR && normalise_kind(n, v->raw, &kind);
}

static void put_field(struct normaliser *n, struct ndjson *j, struct event *ev, enum field_id id,
                      struct ndjson_value *v)
{
    if (v->type == NDJSON_OBJECT)
        return;
    struct value value =
        v->type == NDJSON_ARRAY ? normalise_list(n, j, v->path + 1u) : normalise_natural(j, v);
    int64_t ns;
    if (field_table[id].type == FIELD_TIME && value.type == VALUE_STR &&
        timefmt_parse(value.s, &ns) == 0)
        value = (struct value){.type = VALUE_INT, .i = ns};
    event_set(ev, id, value);
}

static void fill(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    (void)normalise_kind(n, normalise_text(j, KIND_PATH), &ev->kind);
    ev->product = normalise_text(j, PRODUCT_PATH);
    ev->category = normalise_text(j, CATEGORY_PATH);
    if (!ev->category.len)
        ev->category = kind_table[ev->kind].category;
    ev->service = normalise_text(j, SERVICE_PATH);
    int64_t ns;
    if (timefmt_parse(normalise_text(j, TIME_PATH), &ns) == 0)
        ev->time_ns = ns;
    const uint16_t *targets = n->paths[FORMAT_CORDON].targets;
    size_t pos = 0;
    for (struct ndjson_value *v = ndjson_each(j, &pos); v; v = ndjson_each(j, &pos)) {
        unsigned target = targets[v->path];
        if (target < FIELD_COUNT)
            put_field(n, j, ev, (enum field_id)target, v);
        else if (target == TARGET_OTHER)
            normalise_extra(n, j, ev, STR(""), v->key, v);
    }
}

const struct format_ops normalise_cordon = {FORMAT_CORDON, make_paths, is_cordon, fill};
