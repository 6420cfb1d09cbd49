/* An expression over events as a rule: the fields of events as a table, and the tree as a Sigma
 * rule's, for the builder. All texts are compared without regard to the case of ASCII letters, as
 * in Sigma; wildcards mean something to `like` alone. See expr.h. */
#include "detect/builder_priv.h"
#include "detect/expr_priv.h"
#include "detect/regex.h"

/* Every field by its dotted name, then by its Sigma name where it has one, then all together. */
static const struct expr_field event_fields[] = {
#define BY_NAME(id, name, type, sigma, ecs, doc) {STR(name), STR(name), type},
    FIELD_TABLE(BY_NAME)
#undef BY_NAME
#define BY_SIGMA(id, name, type, sigma, ecs, doc) {STR(sigma), STR(name), type},
        FIELD_TABLE(BY_SIGMA)
#undef BY_SIGMA
            {STR("any"), STR(""), FIELD_STR},
};

const struct expr_schema *expr_schema_events(void)
{
    static const struct expr_schema schema = {
        .thing = STR("event"),
        .fields = event_fields,
        .len = ARRAY_LEN(event_fields),
        .open = true,
    };
    return &schema;
}

/* ------------------------------------------------------------------ comparisons */

static int text_pattern(const struct expr_compare *c, struct sigma_value *v, struct arena *arena)
{
    bool front = c->op == EXPR_CONTAINS || c->op == EXPR_ENDSWITH;
    bool back = c->op == EXPR_CONTAINS || c->op == EXPR_STARTSWITH;
    struct pattern *p = arena_alloc(arena, sizeof *p);
    if (!p)
        return E_NOMEM;
    v->alternatives = p;
    v->alternatives_len = 1;
    if (c->op == EXPR_LIKE)
        return pattern_parse(v->raw, arena, p);
    if (v->raw.len) {
        p->parts = arena_alloc(arena, sizeof *p->parts);
        if (!p->parts)
            return E_NOMEM;
        p->parts[0] = (struct pattern_part){.type = PATTERN_TEXT, .text = v->raw};
        p->len = 1;
    }
    return pattern_open(p, front, back, arena);
}

/* Numbers and booleans are compared as the text the engine makes of an event's. */
static int raw_text(const struct expr_compare *c, const struct expr_value *value,
                    struct arena *arena, struct str *ret_raw)
{
    *ret_raw = value->text;
    if (c->type == FIELD_BOOL)
        *ret_raw = value->number ? STR("true") : STR("false");
    else if (c->type == FIELD_INT || c->type == FIELD_TIME)
        *ret_raw = arena_fmt(arena, "%lld", (long long)value->number);
    return ret_raw->ptr ? 0 : E_NOMEM;
}

static int wildcards_check(const struct sigma_value *v, struct err *err)
{
    size_t count = 0;
    for (size_t i = 0; i < v->raw.len; i++)
        count += v->raw.ptr[i] == '*' || v->raw.ptr[i] == '?' ? 1 : 0;
    if (count <= SIGMA_WILDCARDS)
        return 0;
    err_at(err, NULL, v->line, v->column);
    return err_set(err, E_LIMIT, "value has more than %d wildcards", SIGMA_WILDCARDS);
}

static int lower_value(const struct expr_compare *c, const struct expr_value *value,
                       const struct sigma_item *item, struct arena *arena,
                       struct sigma_value *ret_value, struct err *err)
{
    struct sigma_value v = {
        .line = value->line, .column = value->column, .number = {.whole = value->number}};
    int rc = raw_text(c, value, arena, &v.raw);
    err_at(err, NULL, v.line, v.column);
    switch (item->match) {
    case SIGMA_CIDR:
        rc = rc ? rc : cidr_parse(v.raw, &v.network, err);
        break;
    case SIGMA_EQUALS:
    case SIGMA_CONTAINS:
    case SIGMA_STARTSWITH:
    case SIGMA_ENDSWITH:
        if (!rc && c->op == EXPR_LIKE)
            rc = wildcards_check(&v, err);
        rc = rc ? rc : text_pattern(c, &v, arena);
        break;
    default:
        break;
    }
    *ret_value = v;
    return rc;
}

static int lower_compare(const struct expr_compare *c, struct arena *arena,
                         struct sigma_item **ret_item, struct err *err)
{
    static const enum sigma_match matches[] = {[EXPR_EQUALS] = SIGMA_EQUALS,
                                               [EXPR_NOT_EQUALS] = SIGMA_EQUALS,
                                               [EXPR_LESS] = SIGMA_LT,
                                               [EXPR_LESS_EQUALS] = SIGMA_LTE,
                                               [EXPR_GREATER] = SIGMA_GT,
                                               [EXPR_GREATER_EQUALS] = SIGMA_GTE,
                                               [EXPR_IN] = SIGMA_EQUALS,
                                               [EXPR_CONTAINS] = SIGMA_CONTAINS,
                                               [EXPR_STARTSWITH] = SIGMA_STARTSWITH,
                                               [EXPR_ENDSWITH] = SIGMA_ENDSWITH,
                                               [EXPR_LIKE] = SIGMA_EQUALS,
                                               [EXPR_MATCHES] = SIGMA_REGEX,
                                               [EXPR_CIDR] = SIGMA_CIDR,
                                               [EXPR_EXISTS] = SIGMA_EXISTS};
    struct sigma_item *item = arena_alloc(arena, sizeof *item);
    if (!item)
        return E_NOMEM;
    *item = (struct sigma_item){.field = c->field,
                                .match = matches[c->op],
                                .negated = c->negated,
                                .regex_flags = REGEX_CASELESS,
                                .exists = true,
                                .values_len = c->op == EXPR_EXISTS ? 1 : c->values_len,
                                .line = c->line,
                                .column = c->column};
    item->values = arena_array(arena, item->values_len, sizeof(*item->values));
    if (!item->values)
        return E_NOMEM;
    for (size_t i = 0; i < c->values_len; i++) {
        int rc = lower_value(c, &c->values[i], item, arena, &item->values[i], err);
        if (rc)
            return rc;
    }
    *ret_item = item;
    return 0;
}

/* ------------------------------------------------------------------ the tree */

static int lower(const struct expr_node *node, struct arena *arena,
                 const struct sigma_node **ret_node, struct err *err)
{
    static const enum sigma_node_type types[] = {[EXPR_AND] = SIGMA_AND,
                                                 [EXPR_OR] = SIGMA_OR,
                                                 [EXPR_NOT] = SIGMA_NOT,
                                                 [EXPR_COMPARE] = SIGMA_ITEM};
    struct sigma_node *n = arena_alloc(arena, sizeof *n);
    if (!n)
        return E_NOMEM;
    n->type = types[node->type];
    if (node->type == EXPR_COMPARE) {
        struct sigma_item *item = NULL;
        int rc = lower_compare(node->compare, arena, &item, err);
        if (rc)
            return rc;
        n->item = item;
        *ret_node = n;
        return 0;
    }
    n->operands = arena_array(arena, node->operands_len, sizeof(*n->operands));
    if (!n->operands)
        return E_NOMEM;
    n->operands_len = node->operands_len;
    for (size_t i = 0; i < node->operands_len; i++) {
        int rc = lower(node->operands[i], arena, &n->operands[i], err);
        if (rc)
            return rc;
    }
    *ret_node = n;
    return 0;
}

int expr_to_rule(const struct expr_node *root, struct arena *arena, struct sigma_rule **ret_rule,
                 struct err *err)
{
    struct sigma_rule *rule = arena_alloc(arena, sizeof *rule);
    struct sigma_selection *selection = arena_alloc(arena, sizeof *selection);
    if (!rule || !selection)
        return E_NOMEM;
    int rc = lower(root, arena, &rule->condition, err);
    if (rc)
        return rc;
    *selection = (struct sigma_selection){STR("expression"), rule->condition};
    rule->selections = selection;
    rule->selections_len = 1;
    rule->level = LEVEL_MEDIUM;
    rule->line = rule->column = 1;
    *ret_rule = rule;
    return 0;
}

/* The beginning of the expression on one line. */
static struct str title_of(struct str text, struct arena *arena)
{
    struct str shown = str_trim(text);
    size_t len = shown.len < EXPR_TITLE_BYTES ? shown.len : EXPR_TITLE_BYTES;
    while (len < shown.len && len && ((unsigned char)shown.ptr[len] & 0xc0) == 0x80)
        len--;
    char *copy = arena_cstr(arena, str_sub(shown, 0, len));
    for (size_t i = 0; copy && i < len; i++) {
        if (copy[i] == '\n' || copy[i] == '\t' || copy[i] == '\r')
            copy[i] = ' ';
    }
    return copy ? str_n(copy, len) : (struct str){0};
}

int builder_add_expr(struct builder *b, struct str text, const struct expr_rule *head,
                     struct err *err)
{
    CLEANUP(arena_done) struct arena arena = {.limit_bytes = 64 << 20};
    const struct expr_node *root = NULL;
    struct sigma_rule *rule = NULL;
    err_at(err, head->source, 0, 0);
    int rc = expr_parse(text, expr_schema_events(), head->now_ns, &arena, &root, err);
    if (!rc)
        rc = expr_to_rule(root, &arena, &rule, err);
    if (!rc) {
        rule->id = head->id;
        rule->title = head->title.len ? head->title : title_of(text, &arena);
        rc = rule->title.ptr ? builder_add_rule(b, rule, str_of(head->source), err) : E_NOMEM;
    }
    if (rc == E_NOMEM)
        return err_set(err, E_NOMEM, "%s", err_sentence(E_NOMEM));
    return rc;
}
