/* A rule's condition to code over items. Every value becomes one or more items: a literal that the
 * matchers look for where that is enough, otherwise a lazy comparison behind a gate, an item that
 * must hold for it to hold. Called by builder.c. */
#include "detect/builder_priv.h"

#include "base/mem.h"
#include "detect/disk.h"
#include "detect/matcher.h"
#include "detect/regex.h"

/* ------------------------------------------------------------------ checking */

static int check_regexes(const struct sigma_item *item, struct err *err)
{
    for (size_t i = 0; item->match == SIGMA_REGEX && i < item->values_len; i++) {
        const struct sigma_value *value = &item->values[i];
        struct regex *regex;
        err_at(err, NULL, value->line, value->column);
        int rc = regex_new(value->raw, item->regex_flags, false, &regex, err);
        if (rc)
            return rc;
        regex_free(regex);
    }
    return 0;
}

/* Words of code for the node; grows past BUILDER_CODE_MOST only by one node's worth. */
static size_t code_size(const struct sigma_node *node)
{
    size_t size = 2;
    if (node->type == SIGMA_ITEM) {
        for (size_t i = 0; i < node->item->values_len; i++)
            size += node->item->values[i].alternatives_len + 2 +
                    (node->item->match == SIGMA_REGEX ? REGEX_ANY_MOST + 2 : 0);
        return size;
    }
    for (size_t i = 0; i < node->operands_len && size <= BUILDER_CODE_MOST; i++)
        size += code_size(node->operands[i]);
    return size;
}

static int check_selection(const struct sigma_node *node, struct err *err)
{
    if (node->type == SIGMA_ITEM)
        return check_regexes(node->item, err);
    for (size_t i = 0; i < node->operands_len; i++) {
        int rc = check_selection(node->operands[i], err);
        if (rc)
            return rc;
    }
    return 0;
}

int builder_check(const struct sigma_rule *rule, struct err *err)
{
    for (size_t i = 0; i < rule->selections_len; i++) {
        int rc = check_selection(rule->selections[i].node, err);
        if (rc)
            return rc;
    }
    if (code_size(rule->condition) <= BUILDER_CODE_MOST)
        return 0;
    err_at(err, NULL, rule->line, rule->column);
    return err_set(err, E_LIMIT, "condition needs more than %d comparisons", BUILDER_CODE_MOST);
}

/* ------------------------------------------------------------------ code */

static int emit(struct builder *b, uint32_t word)
{
    buf_add(&b->code, &word, sizeof word);
    return buf_check(&b->code);
}

/* Begin an operator; its span is filled in by end_operator. */
static int begin_operator(struct builder *b, enum image_op op, size_t *ret_at)
{
    *ret_at = b->code.len;
    return emit(b, op_word(op, 0));
}

static void end_operator(struct builder *b, size_t at)
{
    uint32_t word;
    memcpy(&word, b->code.ptr + at, sizeof word);
    word |= (uint32_t)((b->code.len - at) / sizeof word);
    memcpy(b->code.ptr + at, &word, sizeof word);
}

/* ------------------------------------------------------------------ items */

/* The field of the values being compiled. */
struct target {
    struct str name;
    uint32_t field;
    uint16_t flags; /* of its items: see ITEM_UNMARKED in image.h */
};

/* None of the values may be what announces the item. */
static bool is_vacuous(const struct target *t)
{
    return item_quantifier(t->flags) == SIGMA_EVERY;
}

static int make_lower(struct builder *b, struct str text)
{
    buf_clear(&b->scratch);
    for (size_t i = 0; i < text.len; i++)
        buf_add_char(&b->scratch, char_lower(text.ptr[i]));
    return buf_check(&b->scratch);
}

/* What only the disk has is never looked for: a rule asks when nothing else is left to decide it.
 */
static uint16_t lazy_flag(const struct builder *b, const struct target *t)
{
    struct image_str name = builder_fields(b)[t->field].name;
    return disk_is_field(str_n(b->pool.ptr + name.offset, name.len)) ? ITEM_LAZY : 0;
}

/* The item that says whether the field has a value: one a field, so not by the rule's name. */
static int exists_item(struct builder *b, const struct target *t, uint32_t *ret_item)
{
    struct image_item item = {
        .kind = ITEM_EXISTS, .flags = lazy_flag(b, t), .field = t->field, .gate = IMAGE_NONE};
    int rc = builder_item(b, item, STR(""), STR(""), ret_item);
    if (rc == 0)
        builder_fields(b)[t->field].exists_item = *ret_item;
    return rc;
}

static int literal_item(struct builder *b, const struct target *t, enum pattern_shape shape,
                        struct str text, uint32_t *ret_item)
{
    static const uint16_t kinds[] = {[PATTERN_EXACT] = ITEM_EXACT,
                                     [PATTERN_PREFIX] = ITEM_PREFIX,
                                     [PATTERN_SUFFIX] = ITEM_SUFFIX,
                                     [PATTERN_CONTAINS] = ITEM_CONTAINS};
    struct image_item item = {
        .kind = kinds[shape], .flags = lazy_flag(b, t), .field = t->field, .gate = IMAGE_NONE};
    int rc = make_lower(b, text);
    return rc ? rc : builder_item(b, item, t->name, buf_str(&b->scratch), ret_item);
}

/* The item without which no value matches the pattern: its longest text where there is one. */
static int gate_item(struct builder *b, const struct target *t, const struct pattern *p,
                     uint32_t *ret_item)
{
    struct str text;
    enum pattern_shape shape = pattern_shape(p, &text);
    if (is_vacuous(t)) {
        *ret_item = IMAGE_NONE;
        return 0;
    }
    if (shape == PATTERN_GLOB)
        text = pattern_anchor(p, &shape);
    bool part = item_view(t->flags) != SIGMA_WHOLE;
    if (part && shape != PATTERN_ANYTHING)
        shape = PATTERN_CONTAINS;
    bool any = shape == PATTERN_ANYTHING || (text.len == 0 && (part || shape != PATTERN_EXACT)) ||
               (t->flags & ITEM_UNMARKED) != 0;
    return any ? exists_item(b, t, ret_item) : literal_item(b, t, shape, text, ret_item);
}

static int glob_item(struct builder *b, const struct target *t, const struct pattern *p, bool cased,
                     uint32_t *ret_item)
{
    struct image_item item = {.kind = ITEM_GLOB,
                              .flags = t->flags,
                              .field = t->field,
                              .argument = cased ? GLOB_CASED : 0};
    int rc = gate_item(b, t, p, &item.gate);
    if (rc)
        return rc;
    CLEANUP(buf_done) struct buf glob = {0};
    pattern_add_glob(&glob, p);
    rc = buf_check(&glob);
    if (rc == 0 && !cased)
        rc = make_lower(b, buf_str(&glob));
    struct str text = cased ? buf_str(&glob) : buf_str(&b->scratch);
    return rc ? rc : builder_item(b, item, t->name, text, ret_item);
}

static int regex_item(struct builder *b, const struct target *t, struct str pattern, uint32_t flags,
                      uint32_t *ret_item)
{
    struct image_item item = {.kind = ITEM_REGEX,
                              .flags = t->flags,
                              .field = t->field,
                              .gate = IMAGE_NONE,
                              .argument = flags};
    struct buf literal = {0};
    int rc = t->flags & ITEM_UNMARKED ? 0 : regex_literal(pattern, flags, &literal);
    if (rc == 0 && !is_vacuous(t))
        rc = literal.len ? literal_item(b, t, PATTERN_CONTAINS, buf_str(&literal), &item.gate)
                         : exists_item(b, t, &item.gate);
    buf_done(&literal);
    return rc ? rc : builder_item(b, item, t->name, pattern, ret_item);
}

static int pattern_item(struct builder *b, const struct target *t, const struct pattern *p,
                        bool cased, uint32_t *ret_item)
{
    struct str text;
    enum pattern_shape shape = pattern_shape(p, &text);
    bool glob = cased || t->flags || shape == PATTERN_GLOB || shape == PATTERN_ANYTHING;
    return glob ? glob_item(b, t, p, cased, ret_item) : literal_item(b, t, shape, text, ret_item);
}

/* A comparison that any value of the field may satisfy: only a field without value cannot. */
static int value_item(struct builder *b, const struct target *t, uint16_t kind, struct str text,
                      uint32_t argument, uint32_t *ret_item)
{
    struct image_item item = {.kind = kind,
                              .flags = t->flags,
                              .field = t->field,
                              .gate = IMAGE_NONE,
                              .argument = argument};
    int rc = is_vacuous(t) ? 0 : exists_item(b, t, &item.gate);
    return rc ? rc : builder_item(b, item, t->name, text, ret_item);
}

static int cidr_item(struct builder *b, const struct target *t, const struct cidr *network,
                     uint32_t *ret_item)
{
    return value_item(b, t, ITEM_CIDR, str_n((const char *)network, sizeof *network), 0, ret_item);
}

static uint32_t relation_of(enum sigma_match match)
{
    static const uint32_t relations[] = {
        [SIGMA_EQUALS] = NUMBER_EQ, [SIGMA_LT] = NUMBER_LT,   [SIGMA_LTE] = NUMBER_LTE,
        [SIGMA_GT] = NUMBER_GT,     [SIGMA_GTE] = NUMBER_GTE, [SIGMA_ANY_BIT] = NUMBER_ANY_BIT};
    return relations[match];
}

static int time_item(struct builder *b, const struct target *t, const struct sigma_item *item,
                     struct str number, uint32_t *ret_item)
{
    uint32_t argument = relation_of(item->match) | (uint32_t)item->part << TIME_PART_SHIFT;
    return value_item(b, t, ITEM_TIME, number, argument, ret_item);
}

static int part_item(struct builder *b, const struct target *t, bool cased, struct str text,
                     uint32_t *ret_item)
{
    int rc = cased ? 0 : make_lower(b, text);
    return rc ? rc
              : value_item(b, t, ITEM_PART_OF, cased ? text : buf_str(&b->scratch),
                           cased ? GLOB_CASED : 0, ret_item);
}

static int fieldref_item(struct builder *b, const struct target *t, enum sigma_match match,
                         struct str name, uint32_t *ret_item)
{
    static const uint32_t where[] = {[SIGMA_EQUALS] = AT_START | AT_END,
                                     [SIGMA_CONTAINS] = 0,
                                     [SIGMA_STARTSWITH] = AT_START,
                                     [SIGMA_ENDSWITH] = AT_END};
    uint32_t other;
    int rc = builder_field(b, name, &other);
    return rc ? rc
              : value_item(b, t, ITEM_FIELDREF, name, other | where[match] << FIELDREF_SHIFT,
                           ret_item);
}

/* ------------------------------------------------------------------ values */

static int compile_alternatives(struct builder *b, const struct target *t, bool cased,
                                const struct sigma_value *value)
{
    size_t at = 0;
    bool several = value->alternatives_len > 1;
    int rc = several ? begin_operator(b, OP_OR, &at) : 0;
    for (size_t i = 0; rc == 0 && i < value->alternatives_len; i++) {
        uint32_t item;
        rc = pattern_item(b, t, &value->alternatives[i], cased, &item);
        if (rc == 0)
            rc = emit(b, op_word(OP_ITEM, item));
    }
    if (rc == 0 && several)
        end_operator(b, at);
    return rc;
}

static int compile_exists(struct builder *b, const struct target *t, bool wanted)
{
    struct pattern_part many = {.type = PATTERN_MANY};
    const struct pattern anything = {&many, 1};
    size_t at = 0;
    uint32_t item;
    int rc = glob_item(b, t, &anything, false, &item);
    if (rc == 0 && !wanted)
        rc = begin_operator(b, OP_NOT, &at);
    if (rc == 0)
        rc = emit(b, op_word(OP_ITEM, item));
    if (rc == 0 && !wanted)
        end_operator(b, at);
    return rc;
}

static int null_item(struct builder *b, const struct target *t, uint32_t *ret_item)
{
    struct image_item null = {.kind = ITEM_NULL, .field = t->field, .gate = IMAGE_NONE};
    return builder_item(b, null, t->name, STR(""), ret_item);
}

/* Whether the matchers may look for texts of the field: not in every field for one rule's sake, and
 * not where something else than the value as it is gets compared. */
static bool may_look_for_texts(const struct builder *b, const struct target *t)
{
    return t->flags == 0 && builder_fields(b)[t->field].name.len && !lazy_flag(b, t);
}

static int compile_texts(struct builder *b, const struct target *t, const struct regex_any *any)
{
    size_t at;
    int rc = begin_operator(b, OP_OR, &at);
    for (size_t i = 0; rc == 0 && i < any->len; i++) {
        uint32_t item;
        rc = literal_item(b, t, PATTERN_CONTAINS, regex_any_text(any, i), &item);
        if (rc == 0)
            rc = emit(b, op_word(OP_ITEM, item));
    }
    if (rc == 0)
        end_operator(b, at);
    return rc;
}

/* One of several texts must be there before the expression is asked: they are looked for beside all
 * others, and may announce the rule. A single one is the item's gate. */
static int compile_regex(struct builder *b, const struct target *t, struct str pattern,
                         uint32_t flags)
{
    CLEANUP(regex_any_done) struct regex_any any = {.len = 0};
    uint32_t index;
    size_t at = 0;
    int rc = may_look_for_texts(b, t) ? regex_any(pattern, flags, &any) : 0;
    bool several = any.len > 1;
    if (rc == 0 && several)
        rc = begin_operator(b, OP_AND, &at);
    if (rc == 0 && several)
        rc = compile_texts(b, t, &any);
    if (rc == 0)
        rc = regex_item(b, t, pattern, flags, &index);
    if (rc == 0)
        rc = emit(b, op_word(OP_ITEM, index));
    if (rc == 0 && several)
        end_operator(b, at);
    return rc;
}

static int compile_value(struct builder *b, const struct target *t, const struct sigma_item *item,
                         const struct sigma_value *value)
{
    uint32_t index;
    int rc;
    if (value->null) {
        rc = null_item(b, t, &index);
    } else if (item->part) {
        rc = time_item(b, t, item, value->raw, &index);
    } else if (item->fieldref) {
        rc = fieldref_item(b, t, item->match, value->raw, &index);
    } else {
        switch (item->match) {
        case SIGMA_EXISTS:
            return compile_exists(b, t, item->exists);
        case SIGMA_REGEX:
            return compile_regex(b, t, value->raw, item->regex_flags);
        case SIGMA_CIDR:
            rc = cidr_item(b, t, &value->network, &index);
            break;
        case SIGMA_LT:
        case SIGMA_LTE:
        case SIGMA_GT:
        case SIGMA_GTE:
        case SIGMA_ANY_BIT:
            rc = value_item(b, t, ITEM_NUMBER, value->raw, relation_of(item->match), &index);
            break;
        case SIGMA_PART_OF:
            rc = part_item(b, t, item->cased, value->raw, &index);
            break;
        default:
            return compile_alternatives(b, t, item->cased, value);
        }
    }
    return rc ? rc : emit(b, op_word(OP_ITEM, index));
}

static int compile_values(struct builder *b, const struct target *t, const struct sigma_item *item)
{
    size_t at = 0;
    bool several = item->values_len > 1;
    int rc = several ? begin_operator(b, item->all ? OP_AND : OP_OR, &at) : 0;
    for (size_t i = 0; rc == 0 && i < item->values_len; i++)
        rc = compile_value(b, t, item, &item->values[i]);
    if (rc == 0 && several)
        end_operator(b, at);
    return rc;
}

static uint16_t flags_of(const struct sigma_item *item)
{
    return (uint16_t)((item->unmarked ? ITEM_UNMARKED : 0) |
                      ((uint32_t)item->view & 3) << ITEM_VIEW_SHIFT |
                      (uint32_t)item->view >> 2 << ITEM_VIEW_HIGH_SHIFT |
                      (uint32_t)item->quantifier << ITEM_QUANTIFIER_SHIFT |
                      (item->quantifier >= SIGMA_ELEMENT ? item->number << ITEM_NUMBER_SHIFT : 0));
}

static int compile_item(struct builder *b, const struct sigma_item *item)
{
    /* What a match reports where the rule names no field. */
    struct target t = {.name = item->field.len ? item->field : STR("keywords"),
                       .flags = flags_of(item)};
    int rc = builder_field(b, item->field, &t.field);
    size_t at = 0;
    if (rc == 0 && item->negated)
        rc = begin_operator(b, OP_NOT, &at);
    if (rc == 0)
        rc = compile_values(b, &t, item);
    if (rc == 0 && item->negated)
        end_operator(b, at);
    return rc;
}

/* ------------------------------------------------------------------ nodes */

static int compile_node(struct builder *b, const struct sigma_node *node)
{
    static const enum image_op ops[] = {
        [SIGMA_AND] = OP_AND, [SIGMA_OR] = OP_OR, [SIGMA_NOT] = OP_NOT};
    if (node->type == SIGMA_ITEM)
        return compile_item(b, node->item);
    size_t at;
    int rc = begin_operator(b, ops[node->type], &at);
    for (size_t i = 0; rc == 0 && i < node->operands_len; i++)
        rc = compile_node(b, node->operands[i]);
    if (rc == 0)
        end_operator(b, at);
    return rc;
}

int builder_compile(struct builder *b, const struct sigma_rule *rule)
{
    return compile_node(b, rule->condition);
}
