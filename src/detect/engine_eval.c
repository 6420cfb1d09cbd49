/* Conditions of candidate rules, and the lazy comparisons they ask for. Called by engine.c. The
 * code has been checked: operators nest properly and no deeper than IMAGE_DEPTH_MOST. */
#include "detect/engine_priv.h"

#include "base/mem.h"
#include "base/timefmt.h"
#include "detect/cidr.h"
#include "detect/fold.h"
#include "detect/marks.h"
#include "detect/pathview.h"
#include "detect/number.h"
#include "detect/pattern.h"
#include "detect/timepart.h"

/* ------------------------------------------------------------------ one comparison */

/* The compiled regex of an item, or NULL: it cannot be compiled, or e->failed is set. */
static const struct regex *regex_of(struct engine *e, uint32_t item)
{
    const struct image *image = &e->rules->image;
    uint32_t number = e->rules->regex_of[item];
    if (e->regexes[number] || e->regex_bad[number])
        return e->regexes[number];
    int rc = e->regex_scratch ? 0 : regex_scratch_new(&e->regex_scratch);
    if (rc == 0)
        rc = regex_new(image_text(image, image->items[item].text), image->items[item].argument,
                       true, &e->regexes[number], NULL);
    if (rc == E_NOMEM)
        e->failed = E_NOMEM;
    else if (rc)
        e->regex_bad[number] = true;
    return e->regexes[number];
}

static bool regex_holds(struct engine *e, uint32_t item, struct str text)
{
    const struct regex *regex = regex_of(e, item);
    if (!regex)
        return false;
    e->stats.regex_runs++;
    int rc = regex_match(regex, e->regex_scratch, text);
    if (rc == E_NOMEM)
        e->failed = E_NOMEM;
    else if (rc < 0)
        e->stats.regex_limited++;
    return rc == 1;
}

static bool relation_holds(struct number a, struct number b, uint32_t relation)
{
    int order = number_cmp(a, b);
    switch (relation) {
    case NUMBER_LT:
        return order < 0;
    case NUMBER_LTE:
        return order <= 0;
    case NUMBER_GT:
        return order > 0;
    case NUMBER_GTE:
        return order >= 0;
    case NUMBER_ANY_BIT:
        return ((uint64_t)a.whole & (uint64_t)b.whole) != 0;
    default:
        return order == 0;
    }
}

static bool number_holds(struct str text, struct str wanted, uint32_t relation)
{
    struct number a;
    struct number b;
    return number_parse(text, &a) == 0 && number_parse(wanted, &b) == 0 &&
           relation_holds(a, b, relation);
}

/* Times of known fields are nanoseconds, others are text. */
static bool time_holds(const struct engine *e, const struct image_item *item, struct str text,
                       struct str wanted)
{
    enum field_id id = e->rules->fields[item->field].id;
    enum timepart part = (enum timepart)(item->argument >> TIME_PART_SHIFT);
    struct number value = {0};
    struct number number;
    int64_t ns;
    if (number_parse(wanted, &number))
        return false;
    if (id != FIELD_COUNT && field_table[id].type == FIELD_TIME && str_to_i64(text, &ns) == 0)
        value.whole = timepart_of_ns(ns, part);
    else if (!timepart_of_text(text, part, &value.whole))
        return false;
    return relation_holds(value, number, item->argument & TIME_RELATION);
}

/* Copy in lower case, valid for this event; sets e->failed when out of memory. */
static struct str lower_copy(struct engine *e, struct str text)
{
    char *copy = arena_alloc(&e->texts, text.len);
    for (size_t i = 0; copy && i < text.len; i++)
        copy[i] = char_lower(text.ptr[i]);
    if (!copy)
        e->failed = E_NOMEM;
    return str_n(copy, copy ? text.len : 0);
}

static bool text_stands_in(struct engine *e, struct str text, struct str part, uint32_t where)
{
    switch (where) {
    case AT_START | AT_END:
        return str_eq_nocase(text, part);
    case AT_START:
        return str_starts_nocase(text, part);
    case AT_END:
        return str_ends_nocase(text, part);
    default:
        return str_find(lower_copy(e, text), lower_copy(e, part)) != SIZE_MAX;
    }
}

/* Some value of the other field stands in the text where it should. */
static bool fieldref_holds(struct engine *e, uint32_t argument, struct str text)
{
    struct engine_values others = {.field = argument & FIELDREF_FIELD};
    struct str other;
    while (engine_next_value(e, &others, &other)) {
        if (text_stands_in(e, text, other, argument >> FIELDREF_SHIFT))
            return true;
    }
    return false;
}

static bool cidr_holds(struct str network, struct str text)
{
    struct cidr copy;
    memcpy(&copy, network.ptr, sizeof copy);
    return cidr_contains(&copy, text);
}

static bool value_holds(struct engine *e, uint32_t item, struct str text)
{
    const struct image_item *i = &e->rules->image.items[item];
    struct str wanted = image_text(&e->rules->image, i->text);
    switch ((enum image_item_kind)i->kind) {
    case ITEM_EXACT:
        return text.len == wanted.len && fold_eq(text.ptr, wanted.ptr, wanted.len);
    case ITEM_PREFIX:
        return text.len >= wanted.len && fold_eq(text.ptr, wanted.ptr, wanted.len);
    case ITEM_SUFFIX:
        return text.len >= wanted.len &&
               fold_eq(text.ptr + (text.len - wanted.len), wanted.ptr, wanted.len);
    case ITEM_CONTAINS:
        return fold_contains(text, wanted);
    case ITEM_EXISTS:
        return true;
    case ITEM_GLOB:
        return glob_match(wanted, text, i->argument == GLOB_CASED);
    case ITEM_REGEX:
        return regex_holds(e, item, text);
    case ITEM_CIDR:
        return cidr_holds(wanted, text);
    case ITEM_NUMBER:
        return number_holds(text, wanted, i->argument);
    case ITEM_TIME:
        return time_holds(e, i, text, wanted);
    case ITEM_FIELDREF:
        return fieldref_holds(e, i->argument, text);
    case ITEM_PART_OF:
        if (i->argument != GLOB_CASED)
            text = lower_copy(e, text);
        return text.len > 0 && str_find(wanted, text) != SIZE_MAX;
    case ITEM_NULL:
    case ITEM_KINDS:
        break;
    }
    return false;
}

static struct str without_marks(struct engine *e, struct str text)
{
    if (!marks_any(text))
        return text;
    char *copy = arena_alloc(&e->texts, text.len);
    if (!copy) {
        e->failed = E_NOMEM;
        return (struct str){0};
    }
    return str_n(copy, marks_remove(text, copy));
}

/* Whether the value is the element that is meant; a single value is element 0 and the last. */
static bool is_element(const struct engine_values *v, uint32_t number)
{
    uint32_t count = v->value->type == VALUE_LIST ? v->value->count : 1;
    return v->element - 1 == number || (number == SIGMA_LAST && v->element == count);
}

/* As find_value for an item with flags: a part of each value, another number of values. */
static bool find_values(struct engine *e, uint32_t item, struct engine_values *values,
                        struct str *ret_text)
{
    uint32_t flags = e->rules->image.items[item].flags;
    uint32_t number = flags >> ITEM_NUMBER_SHIFT;
    enum sigma_quantifier quantifier = (enum sigma_quantifier)item_quantifier(flags);
    uint32_t holding = 0;
    *ret_text = (struct str){0};
    while (engine_next_value(e, values, ret_text)) {
        if (quantifier == SIGMA_ELEMENT && !is_element(values, number))
            continue;
        struct str text = pathview_of(*ret_text, (enum sigma_view)item_view(flags));
        bool holds = value_holds(e, item, flags & ITEM_UNMARKED ? without_marks(e, text) : text);
        if (holds && (quantifier != SIGMA_AT_LEAST || ++holding >= number) &&
            quantifier != SIGMA_EVERY)
            return true;
        if (!holds && quantifier == SIGMA_EVERY)
            return false;
    }
    return quantifier == SIGMA_EVERY;
}

/* The first value of the item's field that satisfies it. */
static bool find_value(struct engine *e, uint32_t item, struct engine_values *values,
                       struct str *ret_text)
{
    const struct image_item *i = &e->rules->image.items[item];
    *values = (struct engine_values){.field = i->field};
    if (UNLIKELY(i->flags & ~ITEM_LAZY))
        return find_values(e, item, values, ret_text);
    while (engine_next_value(e, values, ret_text)) {
        if (value_holds(e, item, *ret_text))
            return true;
    }
    return false;
}

static bool item_holds(struct engine *e, uint32_t item);

static bool ask(struct engine *e, uint32_t item)
{
    const struct image_item *i = &e->rules->image.items[item];
    struct engine_values values = {.field = i->field};
    struct str text;
    bool holds = false;
    if (i->kind == ITEM_NULL)
        holds = !engine_next_value(e, &values, &text);
    else if (i->gate == IMAGE_NONE || item_holds(e, i->gate))
        holds = find_value(e, item, &values, &text);
    e->known[item / 64] |= UINT64_C(1) << (item % 64);
    e->asked[e->asked_len++] = item;
    if (holds)
        hits_add(&e->hits, item);
    return holds;
}

static bool item_holds(struct engine *e, uint32_t item)
{
    if (hits_has(&e->hits, item))
        return true;
    if (LIKELY(e->known[item / 64] >> (item % 64) & 1))
        return false;
    return ask(e, item);
}

/* ------------------------------------------------------------------ conditions */

static bool code_holds(struct engine *e, const uint32_t *code)
{
    uint32_t argument = *code & OP_ARGUMENT;
    enum image_op op = (enum image_op)(*code >> OP_SHIFT);
    if (op == OP_ITEM)
        return item_holds(e, argument);
    if (op == OP_NOT)
        return !code_holds(e, code + 1);
    bool stop_at = op == OP_OR;
    const uint32_t *end = code + argument;
    for (const uint32_t *at = code + 1; at < end;) {
        bool is_item = *at >> OP_SHIFT == OP_ITEM;
        bool holds = is_item ? item_holds(e, *at & OP_ARGUMENT) : code_holds(e, at);
        if (holds == stop_at)
            return stop_at;
        at += is_item ? 1 : *at & OP_ARGUMENT;
    }
    return !stop_at;
}

bool engine_holds(struct engine *e, uint32_t rule)
{
    return code_holds(e, e->rules->image.code + e->rules->rules[rule].code_start);
}

/* ------------------------------------------------------------------ reasons */

/* Cut to ENGINE_VALUE_BYTES, not inside a UTF-8 character. */
static struct str cut(struct str text)
{
    if (text.len <= ENGINE_VALUE_BYTES)
        return text;
    size_t len = ENGINE_VALUE_BYTES;
    while (len > ENGINE_VALUE_BYTES - 4 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
        len--;
    return str_n(text.ptr, len);
}

static struct str time_text(struct engine *e, int64_t ns)
{
    struct timefmt_civil c = timefmt_split(ns);
    int64_t nanos = (ns % NS_PER_S + NS_PER_S) % NS_PER_S;
    return arena_fmt(&e->texts, "%04lld-%02u-%02uT%02u:%02u:%02u.%09lldZ", (long long)c.year,
                     c.month, c.day, c.hour, c.minute, c.second, (long long)nanos);
}

/* A value that lives as long as the event: texts of numbers do not, and a time is written as one.
 */
static int keep_value(struct engine *e, uint32_t field, const struct engine_values *values,
                      struct str *value)
{
    enum field_id id = e->rules->fields[field].id;
    int64_t ns;
    if (value->ptr < values->number || value->ptr >= values->number + sizeof values->number)
        return 0;
    if (id != FIELD_COUNT && field_table[id].type == FIELD_TIME && str_to_i64(*value, &ns) == 0)
        *value = time_text(e, ns);
    else
        *value = arena_str(&e->texts, *value);
    return value->ptr ? 0 : E_NOMEM;
}

/* The value that satisfied a comparison which is known to hold. Where the event has but one value
 * of the field it is that one, without another comparison. */
static bool find_reason(struct engine *e, uint32_t item, struct engine_values *values,
                        struct str *ret_text)
{
    const struct image_item *i = &e->rules->image.items[item];
    enum field_id id = e->rules->fields[i->field].id;
    if (id != FIELD_COUNT && (i->flags & ~ITEM_LAZY) == 0 && event_has(e->ev, id) &&
        e->ev->values[id].type == VALUE_STR) {
        *ret_text = e->ev->values[id].s;
        return true;
    }
    return find_value(e, item, values, ret_text);
}

static int add_reason(struct engine *e, size_t from, uint32_t item)
{
    const struct image_item *i = &e->rules->image.items[item];
    struct matched_field reason = {.field = image_text(&e->rules->image, i->name)};
    struct engine_values values;
    if (e->fields_len - from >= ENGINE_REPORTED_FIELDS)
        return 0;
    if (i->kind != ITEM_NULL && find_reason(e, item, &values, &reason.value)) {
        reason.value = cut(reason.value);
        if (keep_value(e, i->field, &values, &reason.value))
            return E_NOMEM;
        if (!reason.value.ptr)
            reason.value.ptr = "";
    }
    for (size_t k = from; k < e->fields_len; k++) {
        if (str_eq(e->fields[k].field, reason.field) && str_eq(e->fields[k].value, reason.value))
            return 0;
    }
    if (mem_grow(&e->fields, &e->fields_cap, e->fields_len + 1, sizeof(*e->fields)))
        return E_NOMEM;
    e->fields[e->fields_len++] = reason;
    return 0;
}

/* As code_holds, but looks at every operand of an `or` and keeps the comparisons that made the
 * code hold. @return 1, 0 or E_NOMEM */
static int explain(struct engine *e, const uint32_t *code, size_t from)
{
    uint32_t argument = *code & OP_ARGUMENT;
    enum image_op op = (enum image_op)(*code >> OP_SHIFT);
    size_t before = e->fields_len;
    if (op == OP_ITEM) {
        if (!item_holds(e, argument))
            return 0;
        int rc = add_reason(e, from, argument);
        return rc ? rc : 1;
    }
    if (op == OP_NOT)
        return code_holds(e, code + 1) ? 0 : 1;
    bool any = false;
    bool all = true;
    const uint32_t *end = code + argument;
    for (const uint32_t *at = code + 1; at < end;) {
        int rc = explain(e, at, from);
        if (rc < 0)
            return rc;
        any |= rc > 0;
        all &= rc > 0;
        at += *at >> OP_SHIFT == OP_ITEM ? 1 : *at & OP_ARGUMENT;
    }
    bool holds = op == OP_OR ? any : all;
    if (!holds)
        e->fields_len = before;
    return holds ? 1 : 0;
}

int engine_explain(struct engine *e, uint32_t rule)
{
    const struct image *image = &e->rules->image;
    int rc = explain(e, image->code + image->rules[rule].code_start, e->fields_len);
    return rc < 0 ? rc : e->failed;
}
