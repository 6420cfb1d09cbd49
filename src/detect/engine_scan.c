/* The eager pass: every field of the event that some rule names goes through that field's matchers
 * once. Numbers and booleans are compared as their text. Called by engine.c. */
#include "detect/engine_priv.h"

#include "base/mem.h"

static struct str number_text(int64_t number, char out[24])
{
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    size_t at = 24;
    do {
        out[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (number < 0)
        out[--at] = '-';
    return str_n(out + at, 24 - at);
}

/* Text of the value's `element`-th element; false past the last. */
static bool element_text(const struct value *v, uint32_t element, char number[24],
                         struct str *ret_text)
{
    if (v->type == VALUE_LIST) {
        if (element >= v->count)
            return false;
        *ret_text = v->list[element];
        return true;
    }
    if (element > 0)
        return false;
    switch (v->type) {
    case VALUE_STR:
        *ret_text = v->s;
        return true;
    case VALUE_INT:
        *ret_text = number_text(v->i, number);
        return true;
    case VALUE_BOOL:
        *ret_text = v->b ? STR("true") : STR("false");
        return true;
    default:
        return false;
    }
}

static void start(struct engine *e, struct engine_values *v)
{
    enum field_id id = e->rules->fields[v->field].id;
    v->started = true;
    v->element = 0;
    v->next_extra = 0;
    v->next_any = 0;
    v->value = NULL;
    if (id != FIELD_COUNT)
        v->value = event_has(e->ev, id) ? &e->ev->values[id] : NULL;
    else if (v->field != e->rules->everything && e->extra_epoch[v->field] == e->epoch)
        v->next_extra = e->first_extra[v->field];
    else if (e->disk && e->rules->fields[v->field].on_disk)
        v->value = engine_disk_value(e, v->field);
}

/* The next of all values of the event. */
static const struct value *any_value(const struct engine *e, struct engine_values *v)
{
    while (v->next_any < FIELD_COUNT) {
        enum field_id id = (enum field_id)v->next_any++;
        if (event_has(e->ev, id))
            return &e->ev->values[id];
    }
    size_t extra = v->next_any - FIELD_COUNT;
    if (extra >= e->ev->extras_len)
        return NULL;
    v->next_any++;
    return &e->ev->extras[extra].value;
}

static const struct value *next_extra(const struct engine *e, struct engine_values *v)
{
    if (v->next_extra == 0)
        return NULL;
    uint32_t extra = v->next_extra - 1;
    v->next_extra = e->next_extra[extra];
    return &e->ev->extras[extra].value;
}

bool engine_next_value(struct engine *e, struct engine_values *v, struct str *ret_text)
{
    if (!v->started)
        start(e, v);
    for (;;) {
        if (v->value && element_text(v->value, v->element, v->number, ret_text)) {
            v->element++;
            return true;
        }
        v->value = v->field == e->rules->everything ? any_value(e, v) : next_extra(e, v);
        v->element = 0;
        if (!v->value)
            return false;
    }
}

static const struct ruleset_range *range_of(const struct engine *e, uint32_t field)
{
    return &e->rules->ranges[(size_t)field * e->rules->scopes_len + e->source->scope];
}

static void scan_range(const struct ruleset *r, const struct ruleset_range *range, struct str text,
                       struct hits *hits)
{
    for (uint32_t m = range->start; m < range->start + range->len; m++)
        r->matchers[m].scan(r->matchers[m].table, text, hits);
}

/* The matchers of a field; behind an odd number also those of the rules that name no field. */
static void scan_plan(const struct engine *e, uint32_t plan, struct str text, struct hits *hits)
{
    const struct ruleset *r = e->rules;
    scan_range(r, &r->ranges[plan / 2], text, hits);
    if (plan % 2)
        scan_range(r, range_of(e, r->everything), text, hits);
}

static void add_exists(struct engine *e, uint32_t field)
{
    uint32_t item = e->rules->fields[field].exists_item;
    if (item != IMAGE_NONE)
        hits_add(&e->hits, item);
}

/* @param field one that some rule names */
static void scan_text(struct engine *e, uint32_t field, struct str text)
{
    const struct ruleset *r = e->rules;
    const struct ruleset_range *range = range_of(e, field);
    bool keywords = e->source->everything && field != r->everything;
    add_exists(e, field);
    if (keywords)
        add_exists(e, r->everything);
    keywords = keywords && !range->keywords;
    if (keywords || range->costly)
        engine_memo_scan(e, (uint32_t)(range - r->ranges) * 2 + keywords, text, scan_plan);
    else
        scan_range(r, range, text, &e->hits);
}

static void scan_value(struct engine *e, uint32_t field, const struct value *value)
{
    char number[24];
    struct str text;
    if (value->type == VALUE_STR) {
        scan_text(e, field, value->s);
        return;
    }
    for (uint32_t element = 0; element_text(value, element, number, &text); element++)
        scan_text(e, field, text);
}

/* Rules that name no field look at every value, others at those of the fields they name. */
static void scan_known(struct engine *e)
{
    const struct ruleset *r = e->rules;
    bool all = e->source->everything;
    for (unsigned w = 0; w < ARRAY_LEN(r->wanted); w++) {
        uint64_t bits = e->ev->present[w] & (all ? UINT64_MAX : r->wanted[w]);
        for (; bits; bits &= bits - 1) {
            unsigned id = w * 64 + (unsigned)__builtin_ctzll(bits);
            uint32_t field = r->field_of[id];
            scan_value(e, field == IMAGE_NONE ? r->everything : field, &e->ev->values[id]);
        }
    }
}

static void scan_extra(struct engine *e, uint32_t extra)
{
    uint64_t field;
    const struct extra *x = &e->ev->extras[extra];
    if (!shape_has(&e->rules->extra_shapes, shape_of(x->name)) ||
        !map_find(&e->rules->extras, x->name, &field)) {
        if (e->source->everything)
            scan_value(e, e->rules->everything, &x->value);
        return;
    }
    bool first = e->extra_epoch[field] != e->epoch;
    e->next_extra[extra] = first ? 0 : e->first_extra[field];
    e->first_extra[field] = extra + 1;
    e->extra_epoch[field] = e->epoch;
    scan_value(e, (uint32_t)field, &x->value);
}

int engine_scan(struct engine *e)
{
    if (e->ev->extras_len >= UINT32_MAX - FIELD_COUNT)
        return E_NOMEM;
    scan_known(e);
    if (e->ev->extras_len == 0 || (e->rules->extras.len == 0 && !e->source->everything))
        return 0;
    if (mem_grow(&e->next_extra, &e->next_extra_cap, e->ev->extras_len, sizeof(*e->next_extra)))
        return E_NOMEM;
    for (uint32_t i = 0; i < e->ev->extras_len; i++)
        scan_extra(e, i);
    return 0;
}
