/* One YAML document to a correlation. Called by the builder, which finds the rules it names.
 * Source: Sigma correlation rules specification 2.1. */
#include "detect/sigma_correlation.h"

#include "detect/sigma_priv.h"

static int parse_type(struct parser *p, const struct yaml_node *body, enum correlation_type *ret)
{
    const struct yaml_node *node = yaml_find(body, "type");
    if (!node || node->type != YAML_SCALAR)
        return sigma_fail(p->err, node ? node : body, E_PARSE, "a correlation needs a type");
    for (int t = 0; t < CORRELATION_TYPES; t++) {
        if (str_eq(node->text, correlation_table[t].name)) {
            *ret = (enum correlation_type)t;
            return 0;
        }
    }
    return sigma_fail(p->err, node, E_PARSE, "unknown type of correlation '%.*s'",
                      STR_FMT(node->text));
}

/* One name or a list of different names. */
static int parse_names(struct parser *p, const struct yaml_node *node, const char *what,
                       size_t most, struct str **ret_names, size_t *ret_len)
{
    bool list = node->type == YAML_LIST;
    size_t len = list ? node->len : 1;
    if (len > most)
        return sigma_fail(p->err, node, E_LIMIT, "%s has more than %zu fields", what, most);
    struct str *names = arena_array(p->arena, len, sizeof *names);
    if (!names)
        return E_NOMEM;
    for (size_t i = 0; i < len; i++) {
        const struct yaml_node *name = list ? node->items[i] : node;
        if (name->type != YAML_SCALAR || name->text.len == 0 || name->text.len > SIGMA_NAME_BYTES)
            return sigma_fail(p->err, name, E_PARSE, "%s names fields", what);
        names[i] = name->text;
        for (size_t k = 0; k < i; k++) {
            if (str_eq(names[k], names[i]))
                return sigma_fail(p->err, name, E_PARSE, "%s names '%.*s' twice", what,
                                  STR_FMT(names[i]));
        }
    }
    *ret_names = names;
    *ret_len = len;
    return 0;
}

static int parse_timespan(struct parser *p, const struct yaml_node *body, int64_t *ret_ns)
{
    const struct yaml_node *node = yaml_find(body, "timespan");
    if (!node || node->type != YAML_SCALAR)
        return sigma_fail(p->err, node ? node : body, E_PARSE, "a correlation needs a timespan");
    if (str_ends(node->text, STR("ms")) || timefmt_parse_duration(node->text, ret_ns) ||
        *ret_ns < NS_PER_S || *ret_ns > CORRELATION_TIMESPAN_MOST_NS)
        return sigma_fail(p->err, node, E_PARSE,
                          "timespan is a number and s, m, h or d, from 1s to 366d");
    return 0;
}

/* A number of things that is never reached would make a rule that never fires. */
static int check_reach(struct parser *p, const struct yaml_node *at,
                       const struct sigma_correlation *c, enum correlation_bound bound)
{
    bool least = bound == BOUND_GT || bound == BOUND_GTE || bound == BOUND_EQ;
    int64_t most = c->type == CORRELATION_TEMPORAL || c->type == CORRELATION_TEMPORAL_ORDERED
                       ? (int64_t)c->refs_len
                       : CORRELATION_ENTRIES;
    if (!correlation_table[c->type].counts || !least || c->bounds[bound] <= most * 1000)
        return 0;
    return sigma_fail(p->err, at, E_LIMIT, "more than the %lld that can be counted here",
                      (long long)most);
}

static int parse_bound(struct parser *p, const struct yaml_pair *pair, struct sigma_correlation *c,
                       bool *ret_known)
{
    struct number number;
    *ret_known = false;
    for (int b = 0; b < BOUNDS; b++) {
        if (!str_is(pair->key->text, correlation_bound_name((enum correlation_bound)b)))
            continue;
        *ret_known = true;
        if (pair->value->type != YAML_SCALAR || number_parse(pair->value->text, &number) ||
            !number_thousandths(number, &c->bounds[b]))
            return sigma_fail(p->err, pair->value, E_PARSE, "'%s' takes a number",
                              correlation_bound_name((enum correlation_bound)b));
        c->bounds_set |= UINT32_C(1) << b;
        return check_reach(p, pair->value, c, (enum correlation_bound)b);
    }
    return 0;
}

static int parse_percentile(struct parser *p, const struct yaml_node *node,
                            struct sigma_correlation *c)
{
    uint64_t value;
    if (node->type != YAML_SCALAR || str_to_u64(node->text, &value) || value > 100)
        return sigma_fail(p->err, node, E_PARSE, "percentile is a whole number from 0 to 100");
    c->percentile = (uint32_t)value;
    return 0;
}

static int parse_condition_map(struct parser *p, const struct yaml_node *map,
                               struct sigma_correlation *c)
{
    bool percentile = false;
    for (size_t i = 0; i < map->len; i++) {
        const struct yaml_pair *pair = &map->pairs[i];
        bool known;
        int rc = parse_bound(p, pair, c, &known);
        if (rc == 0 && !known && str_is(pair->key->text, "field") &&
            correlation_table[c->type].takes_field) {
            known = true;
            rc = parse_names(p, pair->value, "field", CORRELATION_VALUE_FIELDS, &c->fields,
                             &c->fields_len);
        } else if (rc == 0 && !known && str_is(pair->key->text, "percentile") &&
                   c->type == CORRELATION_VALUE_PERCENTILE) {
            known = percentile = true;
            rc = parse_percentile(p, pair->value, c);
        }
        if (rc == 0 && !known)
            rc = sigma_fail(p->err, pair->key, E_PARSE, "'%.*s' is no part of this condition",
                            STR_FMT(pair->key->text));
        if (rc)
            return rc;
    }
    if (c->type == CORRELATION_VALUE_PERCENTILE && !percentile)
        return sigma_fail(p->err, map, E_PARSE, "value_percentile needs 'percentile'");
    return 0;
}

static int parse_condition(struct parser *p, const struct yaml_node *body,
                           struct sigma_correlation *c)
{
    const struct yaml_node *node = yaml_find(body, "condition");
    bool temporal = c->type == CORRELATION_TEMPORAL || c->type == CORRELATION_TEMPORAL_ORDERED;
    if (!node && temporal) {
        c->bounds_set = UINT32_C(1) << BOUND_GTE;
        c->bounds[BOUND_GTE] = (int64_t)c->refs_len * 1000;
        return 0;
    }
    if (!node)
        return sigma_fail(p->err, body, E_PARSE, "this correlation needs a condition");
    if (node->type != YAML_MAP)
        return sigma_fail(p->err, node, temporal ? E_UNSUPPORTED : E_PARSE,
                          "condition must be a map of gt, gte, lt, lte, eq, neq");
    int rc = parse_condition_map(p, node, c);
    if (rc == 0 && !c->bounds_set)
        rc = sigma_fail(p->err, node, E_PARSE, "condition compares with nothing");
    if (rc == 0 && correlation_table[c->type].takes_field && c->fields_len == 0)
        rc = sigma_fail(p->err, node, E_PARSE, "the condition of this correlation needs 'field'");
    if (rc == 0 && c->fields_len > 1 && c->type != CORRELATION_VALUE_COUNT)
        rc = sigma_fail(p->err, node, E_PARSE, "only value_count takes several fields");
    return rc;
}

static int parse_alias(struct parser *p, const struct yaml_pair *alias, struct sigma_correlation *c)
{
    const struct yaml_node *map = alias->value;
    if (map->type != YAML_MAP || map->len == 0 || alias->key->text.len > SIGMA_NAME_BYTES)
        return sigma_fail(p->err, alias->key, E_PARSE, "an alias is a map from rules to fields");
    for (size_t i = 0; i < map->len; i++) {
        const struct yaml_pair *pair = &map->pairs[i];
        if (pair->value->type != YAML_SCALAR || pair->value->text.len == 0 ||
            pair->value->text.len > SIGMA_NAME_BYTES)
            return sigma_fail(p->err, pair->value, E_PARSE, "an alias names fields");
        if (c->aliases_len == CORRELATION_ALIASES)
            return sigma_fail(p->err, pair->key, E_LIMIT, "more than %d aliases",
                              CORRELATION_ALIASES);
        c->aliases[c->aliases_len++] =
            (struct sigma_alias){alias->key->text,
                                 {pair->key->text, pair->key->line, pair->key->column},
                                 pair->value->text};
    }
    return 0;
}

static int parse_aliases(struct parser *p, const struct yaml_node *body,
                         struct sigma_correlation *c)
{
    const struct yaml_node *aliases = yaml_find(body, "aliases");
    if (!aliases)
        return 0;
    if (aliases->type != YAML_MAP)
        return sigma_fail(p->err, aliases, E_PARSE, "aliases must be a map");
    c->aliases = arena_array(p->arena, CORRELATION_ALIASES, sizeof(*c->aliases));
    if (!c->aliases)
        return E_NOMEM;
    for (size_t i = 0; i < aliases->len; i++) {
        int rc = parse_alias(p, &aliases->pairs[i], c);
        if (rc)
            return rc;
    }
    return 0;
}

/* The schema has it beside the correlation, tools read it inside. */
static int parse_generate(struct parser *p, const struct yaml_node *body, bool *ret_generate)
{
    const struct yaml_node *node = yaml_find(body, "generate");
    if (!node)
        node = yaml_find(p->doc, "generate");
    if (!node)
        return 0;
    *ret_generate = node->type == YAML_SCALAR && str_eq_nocase(node->text, STR("true"));
    if (!*ret_generate && (node->type != YAML_SCALAR || !str_eq_nocase(node->text, STR("false"))))
        return sigma_fail(p->err, node, E_PARSE, "generate is true or false");
    return 0;
}

static int parse_body(struct parser *p, struct sigma_correlation *c)
{
    const struct yaml_node *body = yaml_find(p->doc, "correlation");
    if (body->type != YAML_MAP)
        return sigma_fail(p->err, body, E_PARSE, "correlation must be a map");
    const struct yaml_node *rules = yaml_find(body, "rules");
    const struct yaml_node *groups = yaml_find(body, "group-by");
    int rc = parse_type(p, body, &c->type);
    if (rc == 0 && !rules)
        rc = sigma_fail(p->err, body, E_PARSE, "a correlation needs 'rules'");
    if (rc == 0)
        rc = sigma_refs(p, rules, CORRELATION_RULES, &c->refs, &c->refs_len);
    if (rc == 0 && groups && !yaml_is_null(groups))
        rc = parse_names(p, groups, "group-by", CORRELATION_GROUP_FIELDS, &c->groups,
                         &c->groups_len);
    if (rc == 0)
        rc = parse_timespan(p, body, &c->timespan_ns);
    if (rc == 0)
        rc = parse_condition(p, body, c);
    if (rc == 0)
        rc = parse_aliases(p, body, c);
    return rc ? rc : parse_generate(p, body, &c->generate);
}

int sigma_correlation(const struct yaml_node *doc, struct arena *arena,
                      struct sigma_correlation **ret_correlation, struct err *err)
{
    struct parser p = {.doc = doc, .arena = arena, .err = err};
    struct sigma_correlation *c = arena_alloc(arena, sizeof *c);
    int rc = c ? sigma_begin(&p) : E_NOMEM;
    if (rc == 0)
        rc = parse_body(&p, c);
    if (rc == 0) {
        c->head = p.rule;
        *ret_correlation = c;
    }
    return sigma_end(&p, rc);
}
