/* One YAML document to a Sigma rule. Called by the builder; refuses whatever it does not
 * understand, by name and place: a rule that is silently half understood is worse than none. The
 * head is read by sigma_head.c, selections by sigma_selection.c and sigma_item.c, the condition by
 * sigma_condition.c; the other kinds of document by sigma_filter.c and sigma_correlation.c.
 * Source: Sigma rules specification 2.1. */
#include "detect/sigma_priv.h"

enum sigma_kind sigma_kind_of(const struct yaml_node *doc)
{
    if (yaml_find(doc, "correlation"))
        return SIGMA_CORRELATION;
    return yaml_find(doc, "filter") ? SIGMA_FILTER : SIGMA_RULE;
}

/* Documents of the first version of Sigma that act on others. */
static int check_kind(struct parser *p)
{
    for (size_t k = 0; k < p->doc->len; k++) {
        const struct yaml_node *key = p->doc->pairs[k].key;
        if (str_is(key->text, "action"))
            return sigma_fail(p->err, key, E_UNSUPPORTED,
                              "rule collections ('action') are not supported");
    }
    return 0;
}

static int parse_detection(struct parser *p)
{
    const struct yaml_node *detection = yaml_find(p->doc, "detection");
    if (!detection || detection->type != YAML_MAP)
        return sigma_fail(p->err, detection ? detection : p->doc, E_PARSE,
                          "a rule needs a detection map");
    return sigma_selection_map(p, detection, "detection", NULL);
}

int sigma_begin(struct parser *p)
{
    if (p->doc->type != YAML_MAP)
        return sigma_fail(p->err, p->doc, E_PARSE, "a rule must be a map");
    p->rule = arena_alloc(p->arena, sizeof(*p->rule));
    if (!p->rule)
        return E_NOMEM;
    p->rule->line = p->doc->line;
    p->rule->column = p->doc->column;
    int rc = check_kind(p);
    return rc ? rc : sigma_head_parse(p);
}

int sigma_end(const struct parser *p, int rc)
{
    return rc == E_NOMEM ? err_set(p->err, E_NOMEM, "out of memory") : rc;
}

int sigma_parse(const struct yaml_node *doc, const struct placeholders *placeholders,
                struct arena *arena, struct sigma_rule **ret_rule, struct err *err)
{
    struct parser p = {.doc = doc, .placeholders = placeholders, .arena = arena, .err = err};
    int rc = sigma_begin(&p);
    if (rc == 0)
        rc = sigma_head_logsource(&p);
    if (rc == 0)
        rc = parse_detection(&p);
    if (rc == 0)
        *ret_rule = p.rule;
    return sigma_end(&p, rc);
}
