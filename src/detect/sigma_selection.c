/* Selections of a detection, and its conditions. Called by sigma_parse.c and sigma_filter.c.
 * Source: Sigma rules specification 2.1, "Detection". */
#include "detect/sigma_priv.h"

static int new_operands(struct parser *p, enum sigma_node_type type, size_t len,
                        struct sigma_node **ret_node)
{
    struct sigma_node *node = arena_alloc(p->arena, sizeof *node);
    if (!node)
        return E_NOMEM;
    node->type = type;
    node->operands = arena_array(p->arena, len, sizeof(*node->operands));
    node->operands_len = len;
    if (!node->operands)
        return E_NOMEM;
    *ret_node = node;
    return 0;
}

/* A map: every item must hold. */
static int parse_map(struct parser *p, const struct yaml_node *map, struct str name,
                     const struct sigma_node **ret_node)
{
    if (map->len == 0)
        return sigma_fail(p->err, map, E_PARSE, "selection '%.*s' is empty", STR_FMT(name));
    struct sigma_node *node;
    int rc = new_operands(p, SIGMA_AND, map->len, &node);
    for (size_t i = 0; rc == 0 && i < map->len; i++)
        rc = sigma_item_parse(p, &map->pairs[i], &node->operands[i]);
    if (rc == 0)
        *ret_node = map->len == 1 ? node->operands[0] : node;
    return rc;
}

/* A list of maps or words: one must hold. */
static int parse_list(struct parser *p, const struct yaml_node *list, struct str name,
                      const struct sigma_node **ret_node)
{
    if (list->len == 0)
        return sigma_fail(p->err, list, E_PARSE, "selection '%.*s' is empty", STR_FMT(name));
    struct sigma_node *node;
    int rc = new_operands(p, SIGMA_OR, list->len, &node);
    for (size_t i = 0; rc == 0 && i < list->len; i++) {
        if (list->items[i]->type == YAML_SCALAR)
            rc = sigma_item_keyword(p, list->items[i], &node->operands[i]);
        else if (list->items[i]->type == YAML_MAP)
            rc = parse_map(p, list->items[i], name, &node->operands[i]);
        else
            rc = sigma_fail(p->err, list->items[i], E_PARSE,
                            "selection '%.*s' must be maps or words", STR_FMT(name));
    }
    if (rc == 0)
        *ret_node = list->len == 1 ? node->operands[0] : node;
    return rc;
}

static int parse_selection(struct parser *p, const struct yaml_pair *pair)
{
    struct sigma_selection *s = &p->rule->selections[p->rule->selections_len];
    s->name = pair->key->text;
    if (s->name.len == 0 || s->name.len > SIGMA_NAME_BYTES)
        return sigma_fail(p->err, pair->key, E_PARSE, "a selection needs a name of 1 to %d bytes",
                          SIGMA_NAME_BYTES);
    int rc;
    switch (pair->value->type) {
    case YAML_MAP:
        rc = parse_map(p, pair->value, s->name, &s->node);
        break;
    case YAML_LIST:
        rc = parse_list(p, pair->value, s->name, &s->node);
        break;
    default:
        if (yaml_is_null(pair->value))
            return sigma_fail(p->err, pair->value, E_PARSE, "selection '%.*s' is empty",
                              STR_FMT(s->name));
        rc = sigma_item_keyword(p, pair->value, &s->node);
    }
    if (rc == 0)
        p->rule->selections_len++;
    return rc;
}

/* A list of conditions means that any of them fires the rule. */
static int parse_conditions(struct parser *p, const struct yaml_node *node)
{
    if (node->type == YAML_SCALAR && !yaml_is_null(node))
        return sigma_condition(node, p->rule, p->arena, &p->rule->condition, p->err);
    if (node->type != YAML_LIST || node->len == 0)
        return sigma_fail(p->err, node, E_PARSE, "condition must be text");
    if (node->len > SIGMA_SELECTIONS)
        return sigma_fail(p->err, node, E_LIMIT, "more than %d conditions", SIGMA_SELECTIONS);
    struct sigma_node *any;
    int rc = new_operands(p, SIGMA_OR, node->len, &any);
    for (size_t i = 0; rc == 0 && i < node->len; i++) {
        if (node->items[i]->type != YAML_SCALAR)
            return sigma_fail(p->err, node->items[i], E_PARSE, "condition must be text");
        rc = sigma_condition(node->items[i], p->rule, p->arena, &any->operands[i], p->err);
    }
    if (rc == 0)
        p->rule->condition = any;
    return rc;
}

/* A key that is known not to be a selection. */
static int check_timeframe(struct parser *p, const struct yaml_node *key)
{
    return sigma_fail(p->err, key, E_UNSUPPORTED,
                      "timeframe is not supported; write a correlation rule");
}

int sigma_selection_map(struct parser *p, const struct yaml_node *map, const char *what,
                        const char *other)
{
    if (map->len > SIGMA_SELECTIONS)
        return sigma_fail(p->err, map, E_LIMIT, "more than %d selections", SIGMA_SELECTIONS);
    p->rule->selections = arena_array(p->arena, map->len, sizeof(*p->rule->selections));
    if (!p->rule->selections)
        return E_NOMEM;
    const struct yaml_node *condition = NULL;
    for (size_t i = 0; i < map->len; i++) {
        const struct yaml_pair *pair = &map->pairs[i];
        int rc = 0;
        if (str_is(pair->key->text, "condition"))
            condition = pair->value;
        else if (str_is(pair->key->text, "timeframe"))
            rc = check_timeframe(p, pair->key);
        else if (!other || !str_is(pair->key->text, other))
            rc = parse_selection(p, pair);
        if (rc)
            return rc;
    }
    if (!condition)
        return sigma_fail(p->err, map, E_PARSE, "%s has no condition", what);
    if (p->rule->selections_len == 0)
        return sigma_fail(p->err, map, E_PARSE, "%s has no selection", what);
    return parse_conditions(p, condition);
}
