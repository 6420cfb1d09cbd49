/* One YAML document to a Sigma filter: selections and a condition that are added to the conditions
 * of the rules it names. Called by the builder. See docs/rules.md for what the condition means.
 * Source: Sigma filters specification 2.1. */
#include "detect/sigma_priv.h"

static int parse_ref(struct parser *p, const struct yaml_node *node, struct sigma_ref *ret_ref)
{
    if (node->type != YAML_SCALAR || yaml_is_null(node) || node->text.len == 0)
        return sigma_fail(p->err, node, E_PARSE, "a rule is named by its id or its name");
    if (node->text.len > SIGMA_NAME_BYTES)
        return sigma_fail(p->err, node, E_LIMIT, "name is longer than %d bytes", SIGMA_NAME_BYTES);
    *ret_ref = (struct sigma_ref){node->text, node->line, node->column};
    return 0;
}

int sigma_refs(struct parser *p, const struct yaml_node *node, size_t most,
               struct sigma_ref **ret_refs, size_t *ret_len)
{
    bool list = node->type == YAML_LIST;
    size_t len = list ? node->len : 1;
    if (len == 0)
        return sigma_fail(p->err, node, E_PARSE, "the list of rules is empty");
    if (len > most)
        return sigma_fail(p->err, node, E_LIMIT, "more than %zu rules", most);
    struct sigma_ref *refs = arena_array(p->arena, len, sizeof *refs);
    if (!refs)
        return E_NOMEM;
    for (size_t i = 0; i < len; i++) {
        int rc = parse_ref(p, list ? node->items[i] : node, &refs[i]);
        if (rc)
            return rc;
        for (size_t k = 0; k < i; k++) {
            if (str_eq(refs[k].text, refs[i].text))
                return sigma_fail(p->err, node->items[i], E_PARSE, "rule '%.*s' is named twice",
                                  STR_FMT(refs[i].text));
        }
    }
    *ret_refs = refs;
    *ret_len = len;
    return 0;
}

static int parse_rules(struct parser *p, const struct yaml_node *body, struct sigma_filter *filter)
{
    const struct yaml_node *rules = yaml_find(body, "rules");
    if (!rules)
        return sigma_fail(p->err, body, E_PARSE, "a filter needs 'rules'");
    if (rules->type == YAML_SCALAR && !yaml_is_null(rules) &&
        (str_eq_nocase(rules->text, STR("any")) || str_eq_nocase(rules->text, STR("all")))) {
        filter->any = true;
        return 0;
    }
    return sigma_refs(p, rules, SIGMA_FILTER_RULES, &filter->refs, &filter->refs_len);
}

static int parse_body(struct parser *p, struct sigma_filter *filter)
{
    const struct yaml_node *body = yaml_find(p->doc, "filter");
    if (body->type != YAML_MAP)
        return sigma_fail(p->err, body, E_PARSE, "filter must be a map");
    const struct yaml_node *source = yaml_find(p->doc, "logsource");
    if (!source)
        return sigma_fail(p->err, p->doc, E_PARSE, "a filter needs a logsource");
    int rc = sigma_head_logsource(p);
    if (rc == 0)
        rc = parse_rules(p, body, filter);
    return rc ? rc : sigma_selection_map(p, body, "filter", "rules");
}

int sigma_filter(const struct yaml_node *doc, const struct placeholders *placeholders,
                 struct arena *arena, struct sigma_filter **ret_filter, struct err *err)
{
    struct parser p = {.doc = doc, .placeholders = placeholders, .arena = arena, .err = err};
    struct sigma_filter *filter = arena_alloc(arena, sizeof *filter);
    int rc = filter ? sigma_begin(&p) : E_NOMEM;
    if (rc == 0)
        rc = parse_body(&p, filter);
    if (rc == 0) {
        filter->rule = p.rule;
        *ret_filter = filter;
    }
    return sigma_end(&p, rc);
}
