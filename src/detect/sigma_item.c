/* One `field|modifiers: values` entry of a selection, or a keyword. Called by sigma_selection.c.
 * Source: Sigma rules specification 2.1, "Field usage", and its appendix of modifiers. */
#include "detect/sigma_priv.h"

#include "detect/modifiers.h"
#include "detect/placeholder.h"
#include "detect/regex.h"

static int unknown_modifier(struct parser *p, const struct yaml_node *key, struct str name)
{
    const struct modifier_row *near = modifier_suggest(name);
    if (near)
        return sigma_fail(p->err, key, E_PARSE, "unknown modifier '%.*s' (did you mean '%.*s'?)",
                          STR_FMT(name), STR_FMT(near->name));
    return sigma_fail(p->err, key, E_PARSE, "unknown modifier '%.*s'", STR_FMT(name));
}

/* Split `Field|a|b`, letting each modifier change the item. Without a field, text is looked for
 * anywhere in every field. */
static int parse_key(struct parser *p, const struct yaml_node *key, struct sigma_item *item)
{
    struct str rest = key->text;
    bool transforms = false;
    err_at(p->err, NULL, key->line, key->column);
    if (!str_next(&rest, '|', &item->field) || key->text.ptr[key->text.len - 1] == '|')
        return err_set(p->err, E_PARSE, "a field name or a modifier is missing");
    if (item->field.len > SIGMA_NAME_BYTES)
        return err_set(p->err, E_LIMIT, "field name is longer than %d bytes", SIGMA_NAME_BYTES);
    struct str name;
    while (str_next(&rest, '|', &name)) {
        const struct modifier_row *row = modifier_find(name);
        if (!row)
            return unknown_modifier(p, key, name);
        int rc = row->set ? row->set(item, row, p->err) : 0;
        if (rc)
            return rc;
        transforms |= row->transform != NULL;
    }
    if (item->field.len == 0 && item->match == SIGMA_EQUALS)
        item->match = SIGMA_CONTAINS;
    return modifier_check(item, transforms, p->err);
}

/* Let each modifier of the key that has one transform the value. */
static int transform(struct parser *p, const struct yaml_node *key, struct sigma_value *value)
{
    struct str rest = key->text;
    struct str name;
    (void)str_next(&rest, '|', &name);
    while (str_next(&rest, '|', &name)) {
        const struct modifier_row *row = modifier_find(name);
        err_at(p->err, NULL, value->line, value->column);
        int rc = row->transform ? row->transform(value, p->arena, p->err) : 0;
        if (rc)
            return rc;
    }
    return 0;
}

/* The alternatives of a value count like values. */
static int count_bytes(struct parser *p, const struct sigma_value *value)
{
    for (size_t i = 0; i < value->alternatives_len; i++) {
        for (size_t k = 0; k < value->alternatives[i].len; k++)
            p->value_bytes += value->alternatives[i].parts[k].text.len;
    }
    if (p->value_bytes <= SIGMA_VALUES_BYTES)
        return 0;
    return err_set(p->err, E_LIMIT, "the values of a rule take more than %d bytes",
                   SIGMA_VALUES_BYTES);
}

/* The texts that the value stands for: itself, or what its placeholders make of it. */
static int expand(struct parser *p, const struct sigma_item *item, struct sigma_value *value,
                  const struct str **ret_texts)
{
    *ret_texts = &value->raw;
    value->alternatives_len = 1;
    if (!item->expand)
        return 0;
    err_at(p->err, NULL, value->line, value->column);
    return placeholders_expand(p->placeholders, value->raw, p->arena, ret_texts,
                               &value->alternatives_len, p->err);
}

static int parse_pattern(struct parser *p, const struct yaml_node *key,
                         const struct sigma_item *item, struct sigma_value *value)
{
    const struct str *texts;
    int rc = expand(p, item, value, &texts);
    if (rc)
        return rc;
    value->alternatives =
        arena_array(p->arena, value->alternatives_len, sizeof(*value->alternatives));
    if (!value->alternatives)
        return E_NOMEM;
    for (size_t i = 0; rc == 0 && i < value->alternatives_len; i++)
        rc = pattern_parse(texts[i], p->arena, &value->alternatives[i]);
    if (rc == 0)
        rc = transform(p, key, value);
    bool front = item->match == SIGMA_CONTAINS || item->match == SIGMA_ENDSWITH;
    bool back = item->match == SIGMA_CONTAINS || item->match == SIGMA_STARTSWITH;
    for (size_t i = 0; rc == 0 && i < value->alternatives_len; i++)
        rc = pattern_open(&value->alternatives[i], front, back, p->arena);
    if (rc == 0 && value->alternatives_len > 1)
        rc = count_bytes(p, value);
    return rc;
}

static int parse_exists(struct parser *p, const struct yaml_node *node, struct sigma_item *item)
{
    item->exists = str_eq_nocase(node->text, STR("true"));
    if (!item->exists && !str_eq_nocase(node->text, STR("false")))
        return sigma_fail(p->err, node, E_PARSE, "'exists' takes true or false");
    return 0;
}

static size_t wildcards(struct str raw)
{
    size_t count = 0;
    for (size_t i = 0; i < raw.len; i++)
        count += raw.ptr[i] == '*' || raw.ptr[i] == '?' ? 1 : 0;
    return count;
}

static int parse_number(struct parser *p, const struct yaml_node *node, struct sigma_value *value)
{
    if (number_parse(node->text, &value->number))
        return sigma_fail(p->err, node, E_PARSE, "'%.*s' is no number", STR_FMT(node->text));
    return 0;
}

static int parse_part(struct parser *p, const struct yaml_node *node, const struct sigma_item *item,
                      struct sigma_value *value)
{
    int64_t least;
    int64_t most;
    timepart_range(item->part, &least, &most);
    if (number_parse(node->text, &value->number) || value->number.nanos ||
        value->number.whole < least || value->number.whole > most)
        return sigma_fail(p->err, node, E_PARSE, "'%.*s' is no %s: it must be %lld to %lld",
                          STR_FMT(node->text), timepart_name(item->part), (long long)least,
                          (long long)most);
    return 0;
}

/* Check the sizes of a value and count them. */
static int measure_value(struct parser *p, const struct yaml_node *node,
                         const struct sigma_item *item)
{
    size_t most = item->match == SIGMA_REGEX ? REGEX_PATTERN_BYTES : SIGMA_VALUE_BYTES;
    if (item->fieldref)
        most = SIGMA_NAME_BYTES;
    if (node->text.len > most)
        return sigma_fail(p->err, node, E_LIMIT, "value is longer than %zu bytes", most);
    p->value_bytes += node->text.len;
    if (p->value_bytes > SIGMA_VALUES_BYTES)
        return sigma_fail(p->err, node, E_LIMIT, "the values of a rule take more than %d bytes",
                          SIGMA_VALUES_BYTES);
    if (item->match != SIGMA_REGEX && wildcards(node->text) > SIGMA_WILDCARDS)
        return sigma_fail(p->err, node, E_LIMIT, "value has more than %d wildcards",
                          SIGMA_WILDCARDS);
    return 0;
}

static int parse_value(struct parser *p, const struct yaml_node *key, const struct yaml_node *node,
                       struct sigma_item *item, struct sigma_value *value)
{
    if (node->type != YAML_SCALAR)
        return sigma_fail(p->err, node, E_PARSE, "a value of '%.*s' must be text or a number",
                          STR_FMT(item->field));
    *value = (struct sigma_value){
        .raw = node->text, .null = yaml_is_null(node), .line = node->line, .column = node->column};
    int rc = measure_value(p, node, item);
    if (rc)
        return rc;
    if (value->null && (item->match != SIGMA_EQUALS || item->fieldref || item->part))
        return sigma_fail(p->err, node, E_PARSE, "null cannot be compared with a modifier");
    if (item->fieldref && node->text.len == 0)
        return sigma_fail(p->err, node, E_PARSE, "'fieldref' takes the name of a field");
    if (value->null || item->fieldref)
        return 0;
    if (item->part)
        return parse_part(p, node, item, value);
    err_at(p->err, NULL, node->line, node->column);
    switch (item->match) {
    case SIGMA_REGEX:
        return 0;
    case SIGMA_EXISTS:
        return parse_exists(p, node, item);
    case SIGMA_CIDR:
        return cidr_parse(node->text, &value->network, p->err);
    case SIGMA_LT:
    case SIGMA_LTE:
    case SIGMA_GT:
    case SIGMA_GTE:
        return parse_number(p, node, value);
    default:
        return parse_pattern(p, key, item, value);
    }
}

int sigma_item_parse(struct parser *p, const struct yaml_pair *pair,
                     const struct sigma_node **ret_node)
{
    struct sigma_item *item = arena_alloc(p->arena, sizeof *item);
    struct sigma_node *node = arena_alloc(p->arena, sizeof *node);
    if (!item || !node)
        return E_NOMEM;
    item->line = pair->key->line;
    item->column = pair->key->column;
    int rc = parse_key(p, pair->key, item);
    if (rc)
        return rc;
    bool list = pair->value->type == YAML_LIST;
    item->values_len = list ? pair->value->len : 1;
    if (item->values_len == 0)
        return sigma_fail(p->err, pair->value, E_PARSE, "'%.*s' has an empty list of values",
                          STR_FMT(item->field));
    if (item->match == SIGMA_EXISTS && list)
        return sigma_fail(p->err, pair->value, E_PARSE, "'exists' takes true or false");
    item->values = arena_array(p->arena, item->values_len, sizeof(*item->values));
    if (!item->values)
        return E_NOMEM;
    for (size_t i = 0; i < item->values_len; i++) {
        const struct yaml_node *value = list ? pair->value->items[i] : pair->value;
        rc = parse_value(p, pair->key, value, item, &item->values[i]);
        if (rc)
            return rc;
    }
    *node = (struct sigma_node){.type = SIGMA_ITEM, .item = item};
    *ret_node = node;
    return 0;
}
/* A word without a field: it stands anywhere in any field. */
int sigma_item_keyword(struct parser *p, const struct yaml_node *word,
                       const struct sigma_node **ret_node)
{
    static const struct yaml_node no_key = {.type = YAML_SCALAR, .text = {"", 0}};
    struct sigma_item *item = arena_alloc(p->arena, sizeof *item);
    struct sigma_node *node = arena_alloc(p->arena, sizeof *node);
    struct sigma_value *value = arena_alloc(p->arena, sizeof *value);
    if (!item || !node || !value)
        return E_NOMEM;
    *item = (struct sigma_item){.field = STR(""),
                                .match = SIGMA_CONTAINS,
                                .values = value,
                                .values_len = 1,
                                .line = word->line,
                                .column = word->column};
    *node = (struct sigma_node){.type = SIGMA_ITEM, .item = item};
    *ret_node = node;
    return parse_value(p, &no_key, word, item, value);
}
