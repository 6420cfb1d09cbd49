/* SUBQUERY(list, $x, condition).@count: several things asked of the same element. They become one
 * regular expression that holds for such an element, a chain of look-aheads from its start; how
 * many elements it must hold for is counted. See jamf_priv.h. */
#include "detect/jamf_priv.h"

#include "detect/regex.h"

struct writer {
    struct jamf_lowering *l;
    struct str variable;
    struct buf out;
};

static bool is_element(const struct writer *w, const struct predicate_operand *o)
{
    return o->type == OPERAND_PATH && o->parts_len == 0 && str_eq(o->variable, w->variable);
}

static int write_text(struct writer *w, const struct predicate_operand *o)
{
    if (o->type != OPERAND_STRING && o->type != OPERAND_NUMBER)
        return jamf_fail(w->l, o->at, E_PARSE, "a text is expected");
    jamf_add_quoted(&w->out, o->text);
    return 0;
}

/* The wildcards of LIKE. */
static int write_like(struct writer *w, const struct predicate_operand *o)
{
    struct pattern p;
    if (o->type != OPERAND_STRING)
        return jamf_fail(w->l, o->at, E_PARSE, "a text is expected");
    if (pattern_parse(o->text, w->l->arena, &p))
        return E_NOMEM;
    for (size_t i = 0; i < p.len; i++) {
        if (p.parts[i].type == PATTERN_TEXT)
            jamf_add_quoted(&w->out, p.parts[i].text);
        else
            buf_add_cstr(&w->out, p.parts[i].type == PATTERN_ONE ? "(?s:.)" : "(?s:.*)");
    }
    return 0;
}

/* A numbered back-reference would count other groups once it stands among others. */
static int write_regex(struct writer *w, const struct predicate_operand *o)
{
    for (size_t i = 0; i + 1 < o->text.len; i++) {
        if (o->text.ptr[i] == '\\' && o->text.ptr[i + 1] >= '1' && o->text.ptr[i + 1] <= '9')
            return jamf_fail(w->l, o->at, E_UNSUPPORTED,
                             "back-references are not supported in a SUBQUERY");
        i += o->text.ptr[i] == '\\' ? 1 : 0;
    }
    struct regex *alone;
    int rc = o->type == OPERAND_STRING ? regex_new(o->text, 0, false, &alone, w->l->err)
                                       : jamf_fail(w->l, o->at, E_PARSE, "a text is expected");
    w->l->at = o->at;
    if (rc)
        return rc;
    regex_free(alone);
    buf_add_str(&w->out, o->text);
    return 0;
}

static int write_set(struct writer *w, const struct predicate_operand *set)
{
    for (uint32_t i = 0; i < set->items_len; i++) {
        if (i)
            buf_add_char(&w->out, '|');
        int rc = write_text(w, &set->items[i]);
        if (rc)
            return rc;
    }
    return 0;
}

static int write_operand(struct writer *w, const struct predicate_node *c)
{
    switch (c->op) {
    case PREDICATE_EQ:
    case PREDICATE_NE:
    case PREDICATE_CONTAINS:
    case PREDICATE_BEGINSWITH:
    case PREDICATE_ENDSWITH:
        return write_text(w, &c->right);
    case PREDICATE_LIKE:
        return write_like(w, &c->right);
    case PREDICATE_MATCHES:
        return write_regex(w, &c->right);
    case PREDICATE_IN:
        if (c->right.type == OPERAND_SET)
            return write_set(w, &c->right);
        break;
    default:
        break;
    }
    return jamf_fail(w->l, c->op_at, E_UNSUPPORTED, "'%s' is not supported in a SUBQUERY",
                     predicate_operator_name(c->op));
}

static int write_comparison(struct writer *w, const struct predicate_node *c)
{
    if (!is_element(w, &c->left))
        return jamf_fail(w->l, c->left.at, E_UNSUPPORTED,
                         "only '$%.*s' itself can be compared in its SUBQUERY",
                         STR_FMT(w->variable));
    if (c->options & PREDICATE_UNMARKED)
        return jamf_fail(w->l, c->op_at, E_UNSUPPORTED, "[d] is not supported in a SUBQUERY");
    if (c->right.type == OPERAND_NIL) {
        /* An element is never nil. */
        buf_add_cstr(&w->out, c->op == PREDICATE_NE ? "" : "(?!)");
        return 0;
    }
    bool before = c->op == PREDICATE_CONTAINS || c->op == PREDICATE_ENDSWITH;
    bool open = c->op == PREDICATE_CONTAINS || c->op == PREDICATE_BEGINSWITH;
    buf_addf(&w->out, "(?%s%s(?%s:", c->op == PREDICATE_NE ? "!" : "=", before ? "(?s:.*)" : "",
             c->options & PREDICATE_CASELESS ? "i" : "");
    int rc = write_operand(w, c);
    buf_add_cstr(&w->out, open ? "))" : ")\\z)");
    return rc;
}

static int write_node(struct writer *w, const struct predicate_node *node)
{
    int rc = 0;
    switch (node->type) {
    case NODE_TRUE:
        return 0;
    case NODE_FALSE:
        buf_add_cstr(&w->out, "(?!)");
        return 0;
    case NODE_COMPARISON:
        return write_comparison(w, node);
    case NODE_NOT:
        buf_add_cstr(&w->out, "(?!");
        rc = write_node(w, node->operands[0]);
        buf_add_char(&w->out, ')');
        return rc;
    default:
        break;
    }
    buf_add_cstr(&w->out, "(?:");
    for (uint32_t i = 0; rc == 0 && i < node->operands_len; i++) {
        if (i && node->type == NODE_OR)
            buf_add_char(&w->out, '|');
        rc = write_node(w, node->operands[i]);
    }
    buf_add_char(&w->out, ')');
    return rc;
}

/* The expression in the arena. */
static int expression_of(struct jamf_lowering *l, const struct predicate_operand *subquery,
                         struct str *ret_pattern)
{
    struct writer w = {.l = l, .variable = subquery->variable};
    int rc = write_node(&w, subquery->condition);
    buf_add_cstr(&w.out, "(?s:.*)");
    if (rc == 0 && buf_check(&w.out))
        rc = E_NOMEM;
    if (rc == 0 && w.out.len > REGEX_PATTERN_BYTES)
        rc = jamf_fail(l, subquery->at, E_LIMIT, "the SUBQUERY is too long");
    if (rc == 0) {
        *ret_pattern = arena_str(l->arena, buf_str(&w.out));
        rc = ret_pattern->ptr ? 0 : E_NOMEM;
    }
    buf_done(&w.out);
    return rc;
}

int jamf_subquery(struct jamf_lowering *l, const struct predicate_operand *subquery,
                  enum predicate_operator op, const struct predicate_operand *number,
                  struct jamf_condition *ret)
{
    struct jamf_subject subject;
    struct str pattern;
    if (subquery->parts_len != 1 || subquery->parts[0].type != PART_SIZE)
        return jamf_fail(l, subquery->at, E_PARSE, "a SUBQUERY is asked for its @count");
    int rc = jamf_subject_of(l, &subquery->items[0], &subject);
    if (rc)
        return rc;
    if (subject.key->type == KEY_MISSING)
        return jamf_never(l, KNOWN_NOTHING, ret, "'%.*s' is not in the event: %s",
                          STR_FMT(str_sub(subject.path, 0, 100)), subject.key->note);
    if (subject.key->type != KEY_LIST || subject.size || subject.quantifier != SIGMA_SOME)
        return jamf_fail(l, subquery->items[0].at, E_PARSE, "SUBQUERY takes a list");
    rc = expression_of(l, subquery, &pattern);
    if (rc)
        return rc;
    l->at = subquery->at;
    struct sigma_item item = {.field = jamf_field(&subject),
                              .match = SIGMA_REGEX,
                              .cased = true,
                              .regex_flags = REGEX_WHOLE,
                              .values_len = 1};
    item.values = arena_alloc(l->arena, sizeof(*item.values));
    if (!item.values || !jamf_text_value(l, pattern, SIGMA_REGEX, false, item.values))
        return E_NOMEM;
    return jamf_count(l, item, op, number, ret);
}
