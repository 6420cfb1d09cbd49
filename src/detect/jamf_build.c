/* Nodes of a rule's tree, made from code instead of YAML. See jamf_priv.h. */
#include "detect/jamf_priv.h"

#include <stdio.h>

#include "detect/marks.h"

int jamf_never(struct jamf_lowering *l, enum jamf_known known, struct jamf_condition *ret,
               const char *fmt, ...)
{
    *ret = (struct jamf_condition){.known = known};
    if (l->reason.message[0])
        return 0;
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(l->reason.message, sizeof l->reason.message, fmt, ap);
    va_end(ap);
    l->reason_at = l->at;
    return 0;
}

int(jamf_fail)(struct jamf_lowering *l, uint32_t at, int code, const char *fmt, ...)
{
    char message[ERR_MESSAGE_BYTES];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    l->at = at;
    return err_set(l->err, code, "%s", message);
}

/* ------------------------------------------------------------------ items */

const struct sigma_node *jamf_item(struct jamf_lowering *l, const struct sigma_item *item)
{
    struct sigma_item *copy = arena_alloc(l->arena, sizeof *copy);
    struct sigma_node *node = arena_alloc(l->arena, sizeof *node);
    if (!copy || !node)
        return NULL;
    *copy = *item;
    copy->column = l->at;
    *node = (struct sigma_node){.type = SIGMA_ITEM, .item = copy};
    return node;
}

/* A pattern of one text; no part at all for the empty text. */
static bool text_pattern(struct jamf_lowering *l, struct str text, struct pattern *ret_pattern)
{
    *ret_pattern = (struct pattern){0};
    if (text.len == 0)
        return true;
    ret_pattern->parts = arena_alloc(l->arena, sizeof(*ret_pattern->parts));
    if (!ret_pattern->parts)
        return false;
    *ret_pattern->parts = (struct pattern_part){.type = PATTERN_TEXT, .text = text};
    ret_pattern->len = 1;
    return true;
}

/* What stands for the text in a Sigma rule. */
static bool escape(struct jamf_lowering *l, const struct pattern *p, struct str *ret_raw)
{
    CLEANUP(buf_done) struct buf raw = {0};
    pattern_add_glob(&raw, p);
    *ret_raw = buf_check(&raw) ? (struct str){0} : arena_str(l->arena, buf_str(&raw));
    return ret_raw->ptr != NULL;
}

bool jamf_unmark(struct jamf_lowering *l, struct str *text)
{
    if (!marks_any(*text))
        return true;
    char *copy = arena_alloc(l->arena, text->len);
    if (copy)
        *text = str_n(copy, marks_remove(*text, copy));
    return copy != NULL;
}

bool jamf_text_value(struct jamf_lowering *l, struct str text, enum sigma_match match,
                     bool unmarked, struct sigma_value *ret_value)
{
    if (unmarked && !jamf_unmark(l, &text))
        return false;
    *ret_value = (struct sigma_value){.raw = text, .column = l->at};
    if (match == SIGMA_REGEX || match == SIGMA_PART_OF)
        return true;
    struct pattern *p = arena_alloc(l->arena, sizeof *p);
    if (!p || !text_pattern(l, text, p) || !escape(l, p, &ret_value->raw))
        return false;
    bool front = match == SIGMA_CONTAINS || match == SIGMA_ENDSWITH;
    bool back = match == SIGMA_CONTAINS || match == SIGMA_STARTSWITH;
    ret_value->alternatives = p;
    ret_value->alternatives_len = 1;
    return pattern_open(p, front, back, l->arena) == 0;
}

const struct sigma_node *jamf_words(struct jamf_lowering *l, enum field_id field,
                                    const char *const *words, size_t len)
{
    struct sigma_item item = {.field = field_table[field].name, .values_len = len};
    item.values = arena_array(l->arena, len, sizeof(*item.values));
    if (!item.values)
        return NULL;
    for (size_t i = 0; i < len; i++) {
        if (!jamf_text_value(l, str_of(words[i]), SIGMA_EQUALS, false, &item.values[i]))
            return NULL;
    }
    return jamf_item(l, &item);
}

const struct sigma_node *jamf_word(struct jamf_lowering *l, enum field_id field, const char *word)
{
    return jamf_words(l, field, &word, 1);
}

const struct sigma_node *jamf_number(struct jamf_lowering *l, enum field_id field,
                                     enum sigma_match match, int64_t number)
{
    struct sigma_item item = {.field = field_table[field].name, .match = match, .values_len = 1};
    struct str text = arena_fmt(l->arena, "%lld", (long long)number);
    item.values = arena_alloc(l->arena, sizeof(*item.values));
    if (!item.values || !text.ptr)
        return NULL;
    if (match == SIGMA_EQUALS && !jamf_text_value(l, text, match, false, item.values))
        return NULL;
    item.values->raw = text;
    item.values->number.whole = number;
    return jamf_item(l, &item);
}

const struct sigma_node *jamf_null(struct jamf_lowering *l, enum field_id field)
{
    struct sigma_item item = {.field = field_table[field].name, .values_len = 1};
    item.values = arena_alloc(l->arena, sizeof(*item.values));
    if (!item.values)
        return NULL;
    *item.values = (struct sigma_value){.null = true, .column = l->at};
    return jamf_item(l, &item);
}

/* ------------------------------------------------------------------ operators */

static struct sigma_node *new_operator(struct jamf_lowering *l, enum sigma_node_type type,
                                       size_t operands)
{
    struct sigma_node *node = arena_alloc(l->arena, sizeof *node);
    if (!node)
        return NULL;
    node->type = type;
    node->operands = arena_array(l->arena, operands, sizeof(*node->operands));
    return node->operands ? node : NULL;
}

const struct sigma_node *jamf_not(struct jamf_lowering *l, const struct sigma_node *node)
{
    if (!node)
        return NULL;
    if (node->type == SIGMA_NOT)
        return node->operands[0];
    struct sigma_node *inverse = new_operator(l, SIGMA_NOT, 1);
    if (inverse)
        inverse->operands[inverse->operands_len++] = node;
    return inverse;
}

const struct sigma_node *jamf_join(struct jamf_lowering *l, enum sigma_node_type type,
                                   const struct sigma_node *const *nodes, size_t len)
{
    size_t total = 0;
    for (size_t i = 0; i < len; i++) {
        if (!nodes[i])
            return NULL;
        total += nodes[i]->type == type ? nodes[i]->operands_len : 1;
    }
    if (total == 1)
        return nodes[0];
    struct sigma_node *joined = new_operator(l, type, total);
    for (size_t i = 0; joined && i < len; i++) {
        if (nodes[i]->type != type) {
            joined->operands[joined->operands_len++] = nodes[i];
            continue;
        }
        for (size_t k = 0; k < nodes[i]->operands_len; k++)
            joined->operands[joined->operands_len++] = nodes[i]->operands[k];
    }
    return joined;
}
