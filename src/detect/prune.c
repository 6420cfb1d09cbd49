/* Conditions evaluated over what is known of many events at once. See prune.h. An operator's answer
 * is "maybe" unless it is certain that it fails on every event; under a `not` nothing is certain.
 */
#include "detect/prune.h"

#include "detect/ruleset_priv.h"

struct prune {
    const struct ruleset *r;
    const struct prune_facts *facts;
};

static bool field_exists(const struct prune *p, enum field_id id)
{
    return p->facts->exists(p->facts->arg, id);
}

/* Some time of the events may stand in this relation to the number. */
static bool time_maybe(const struct prune *p, struct str text, uint32_t relation)
{
    bool any = false;
    int64_t first = 0;
    int64_t last = 0;
    int64_t than = 0;
    if (!p->facts->times(p->facts->arg, &any, &first, &last) || str_to_i64(text, &than))
        return true;
    switch (relation) {
    case NUMBER_LT:
        return any && first < than;
    case NUMBER_LTE:
        return any && first <= than;
    case NUMBER_GT:
        return any && last > than;
    case NUMBER_GTE:
        return any && last >= than;
    default:
        return true;
    }
}

/* A value that ends with "…/name" has the name as its last component. */
static bool suffix_maybe(const struct prune *p, enum field_id id, struct str text)
{
    size_t slash = str_rfind_char(text, '/');
    struct str name = slash == SIZE_MAX ? (struct str){0} : str_sub(text, slash + 1, SIZE_MAX);
    if (!name.len)
        return field_exists(p, id);
    return p->facts->last_part(p->facts->arg, id, name);
}

static bool item_maybe(const struct prune *p, uint32_t index)
{
    const struct image *image = &p->r->image;
    const struct image_item *item = &image->items[index];
    enum field_id id = p->r->fields[item->field].id;
    struct str text = image_text(image, item->text);
    if (id == FIELD_COUNT || item->kind == ITEM_NULL)
        return true;
    /* With a quantifier an event without a time may satisfy it. */
    bool plain = (item->flags & ~(uint32_t)ITEM_LAZY) == 0;
    if (id == F_EVENT_TIME && item->kind == ITEM_NUMBER && plain)
        return time_maybe(p, text, item->argument);
    switch (item->kind) {
    case ITEM_EXACT:
        return p->facts->value(p->facts->arg, id, text);
    case ITEM_SUFFIX:
        return suffix_maybe(p, id, text);
    case ITEM_PREFIX:
    case ITEM_CONTAINS:
    case ITEM_EXISTS:
        return field_exists(p, id);
    default:
        return item->gate == IMAGE_NONE || item_maybe(p, item->gate);
    }
}

static bool code_maybe(const struct prune *p, uint32_t pc);

static bool all_maybe(const struct prune *p, uint32_t pc, uint32_t end, bool all)
{
    while (pc < end) {
        uint32_t word = p->r->image.code[pc];
        if (code_maybe(p, pc) != all)
            return !all;
        pc += word >> OP_SHIFT == OP_ITEM ? 1 : word & OP_ARGUMENT;
    }
    return all;
}

/* The operator at `pc`; the image was checked, so that spans and depth are in bounds. */
static bool code_maybe(const struct prune *p, uint32_t pc)
{
    uint32_t word = p->r->image.code[pc];
    uint32_t argument = word & OP_ARGUMENT;
    switch (word >> OP_SHIFT) {
    case OP_ITEM:
        return item_maybe(p, argument);
    case OP_AND:
        return all_maybe(p, pc + 1, pc + argument, true);
    case OP_OR:
        return all_maybe(p, pc + 1, pc + argument, false);
    default:
        return true;
    }
}

bool prune_maybe(const struct ruleset *r, const struct prune_facts *facts)
{
    const struct prune p = {r, facts};
    const struct image *image = &r->image;
    for (uint32_t i = 0; i < image->rules_len; i++) {
        const struct image_rule *rule = &image->rules[i];
        struct str category = image_text(image, image->logsources[rule->logsource].category);
        if (category.len && !facts->category(facts->arg, category))
            continue;
        if (code_maybe(&p, rule->code_start))
            return true;
    }
    return false;
}
