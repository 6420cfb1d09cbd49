/* Flat JSON whose keys are Sigma field names, or anything at all: the format of last resort. The
 * keys "product", "category" and "service" route the event; where they are absent every rule
 * applies. A key that no table knows is kept, so that a rule can name it.
 * Source: Sigma taxonomy appendix 2.1. */
#include "base/timefmt.h"
#include "event/normalise_priv.h"

enum { PRODUCT_PATH, CATEGORY_PATH, SERVICE_PATH, FIRST_MARK };

/* Keys by which other formats are recognised: a record with one of them is looked at anew, whatever
 * format the records before it had. */
static const char *const marks[] = {
    "event", "process",    "file",           "payload",      "_source",     "target_process",
    "kind",  "event.kind", "event.category", "event.action", "ecs.version", "machTimestamp"};
/* Where flat exports put the time. Kept as keys of their own as well: a rule may name them. */
static const char *const times[] = {"@timestamp", "timestamp", "time", "UtcTime", "EventTime"};

static int make_paths(struct arena *arena, struct format_paths *ret_paths)
{
    struct path_builder b = {.arena = arena};
    normalise_path(&b, STR("product"), TARGET_PRODUCT);
    normalise_path(&b, STR("category"), TARGET_CATEGORY);
    normalise_path(&b, STR("service"), TARGET_SERVICE);
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        normalise_path_key(&b, str_of(marks[i]), TARGET_MARK);
    for (size_t i = 0; i < ARRAY_LEN(times); i++)
        normalise_path_key(&b, str_of(times[i]), TARGET_TIME);
    for (unsigned id = 0; id < F_KIND; id++) {
        normalise_path_flat(&b, field_table[id].name, (enum field_id)id);
        if (field_table[id].sigma.len)
            normalise_path_flat(&b, field_table[id].sigma, (enum field_id)id);
    }
    normalise_path(&b, STR("*"), TARGET_OTHER);
    return normalise_paths_done(&b, ret_paths);
}

static bool is_sigma(const struct normaliser *n, const struct ndjson *j)
{
    (void)n;
    for (unsigned i = 0; i < ARRAY_LEN(marks); i++) {
        if (ndjson_get(j, FIRST_MARK + i))
            return false;
    }
    return true;
}

static void put_key(struct normaliser *n, struct ndjson *j, struct event *ev, unsigned target,
                    struct ndjson_value *v)
{
    struct str name = v->key;
    if (target < FIELD_COUNT && v->type != NDJSON_OBJECT) {
        if (v->type == NDJSON_ARRAY)
            normalise_put_value(n, ev, (enum field_id)target, normalise_list(n, j, v->path + 1u));
        else
            normalise_put_picked(n, j, v, ev, (enum field_id)target);
        return;
    }
    if (target < FIELD_COUNT)
        name = field_table[target].name;
    else if (target == TARGET_MARK)
        name = str_of(marks[v->path - FIRST_MARK]);
    else if (target != TARGET_OTHER)
        name = str_of(n->paths[FORMAT_SIGMA].list[v->path]);
    int64_t ns;
    if (target == TARGET_TIME && ev->time_ns == 0 && v->type == NDJSON_STR &&
        timefmt_parse(ndjson_text(j, v), &ns) == 0)
        ev->time_ns = ns;
    normalise_extra(n, j, ev, STR(""), name, v);
}

static void fill(struct normaliser *n, struct ndjson *j, struct event *ev)
{
    n->extras_are_fields = true;
    ev->product = normalise_text(j, PRODUCT_PATH);
    ev->category = normalise_text(j, CATEGORY_PATH);
    ev->service = normalise_text(j, SERVICE_PATH);
    ev->kind = normalise_kind_of_category(n, ev->category);
    const uint16_t *targets = n->paths[FORMAT_SIGMA].targets;
    size_t pos = 0;
    for (struct ndjson_value *v = ndjson_each(j, &pos); v; v = ndjson_each(j, &pos)) {
        unsigned target = targets[v->path];
        bool routes =
            target == TARGET_PRODUCT || target == TARGET_CATEGORY || target == TARGET_SERVICE;
        if (!(target & TARGET_ELEMENT) && (!routes || v->type != NDJSON_STR))
            put_key(n, j, ev, target, v);
    }
    normalise_derive(n, ev);
}

const struct format_ops normalise_sigma = {FORMAT_SIGMA, make_paths, is_sigma, fill};
