/* Which kinds of events a rule may fire on. See coverage.h. The condition is evaluated per kind in
 * three values: comparisons of the field `kind` are decided, all others are open. */
#include "detect/coverage.h"

#include "detect/ruleset_priv.h"

enum answer { ANSWER_NO, ANSWER_OPEN, ANSWER_YES };

static enum answer item_answer(const struct ruleset *r, uint32_t index, enum event_kind kind)
{
    const struct image_item *item = &r->image.items[index];
    if (r->fields[item->field].on_disk) /* no sensor has somebody to ask: the field is absent */
        return item->kind == ITEM_NULL ? ANSWER_YES : ANSWER_NO;
    if (r->fields[item->field].id != F_KIND)
        return ANSWER_OPEN;
    struct str name = kind_table[kind].name;
    struct str text = image_text(&r->image, item->text);
    bool holds;
    switch ((enum image_item_kind)item->kind) {
    case ITEM_EXACT:
        holds = str_eq(name, text);
        break;
    case ITEM_PREFIX:
        holds = str_starts(name, text);
        break;
    case ITEM_SUFFIX:
        holds = str_ends(name, text);
        break;
    case ITEM_CONTAINS:
        holds = str_find(name, text) != SIZE_MAX;
        break;
    case ITEM_EXISTS:
        holds = true;
        break;
    case ITEM_NULL:
        holds = false;
        break;
    default:
        return ANSWER_OPEN;
    }
    return holds ? ANSWER_YES : ANSWER_NO;
}

/* The answer of the expression at *at of the code, which it moves behind it. The loader has checked
 * spans and depth. */
static enum answer code_answer(const struct ruleset *r, uint32_t *at, enum event_kind kind)
{
    uint32_t word = r->image.code[*at];
    enum image_op op = (enum image_op)(word >> OP_SHIFT);
    uint32_t argument = word & OP_ARGUMENT;
    if (op == OP_ITEM) {
        ++*at;
        return item_answer(r, argument, kind);
    }
    uint32_t end = *at + argument;
    enum answer all = ANSWER_YES;
    enum answer any = ANSWER_NO;
    for (++*at; *at < end;) {
        enum answer one = code_answer(r, at, kind);
        all = one < all ? one : all;
        any = one > any ? one : any;
    }
    if (op == OP_AND)
        return all;
    return op == OP_OR ? any : (enum answer)(ANSWER_YES - any);
}

struct kind_set coverage_kinds(const struct ruleset *r, uint32_t rule, struct str product)
{
    struct kind_set set = {{0}};
    const struct image_rule *i = &r->image.rules[rule];
    for (unsigned k = KIND_UNKNOWN + 1; k < KIND_COUNT; k++) {
        const struct str parts[3] = {product, kind_table[k].category, {0}};
        uint32_t at = i->code_start;
        if (ruleset_source_applies(&r->image, &r->image.logsources[i->logsource], parts, true) &&
            code_answer(r, &at, (enum event_kind)k) != ANSWER_NO)
            kind_set_add(&set, (enum event_kind)k);
    }
    return set;
}
