/* Writing Sigma rules. See sigma_write.h. Comparisons that stand side by side in an `and` share a
 * selection while their keys differ; all others have one each, and the condition names them. */
#include "detect/sigma_write.h"

#include "base/text.h"
#include "detect/regex.h"
#include "schema/field.h"

struct writer {
    struct buf selections;
    struct buf condition;
    unsigned count; /* of selections */
    struct err *err;
};

/* ------------------------------------------------------------------ scalars */

static bool is_printable(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
            return false;
    }
    return text_utf8_valid(s);
}

/* In single quotes, or with escapes where the text has what they cannot hold. */
static void add_scalar(struct buf *out, struct str s)
{
    bool plain = is_printable(s);
    buf_add_char(out, plain ? '\'' : '"');
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (plain)
            buf_addf(out, c == '\'' ? "''" : "%c", c);
        else if (c == '"' || c == '\\')
            buf_addf(out, "\\%c", c);
        else if ((unsigned char)c < 0x20 || c == 0x7f)
            buf_addf(out, "\\x%02x", (unsigned char)c);
        else
            buf_add_char(out, c);
    }
    buf_add_char(out, plain ? '\'' : '"');
}

static void add_line(struct buf *out, const char *key, struct str text)
{
    if (text.len == 0)
        return;
    buf_addf(out, "%s: ", key);
    add_scalar(out, text);
    buf_add_char(out, '\n');
}

/* ------------------------------------------------------------------ one comparison */

static int refuse(const struct writer *w, const struct sigma_item *item, const char *what)
{
    if (item->values_len)
        err_at(w->err, NULL, item->values[0].line, item->values[0].column);
    return err_set(w->err, E_UNSUPPORTED, "Sigma cannot say it: %s of %.*s", what,
                   STR_FMT(item->field));
}

/* Any value will do: what Sigma asks with `exists`. */
static bool is_existence(const struct sigma_item *item)
{
    return item->match == SIGMA_EQUALS && item->values_len == 1 && !item->values[0].null &&
           str_is(item->values[0].raw, "*");
}

static int check_item(const struct writer *w, const struct sigma_item *item)
{
    if (item->quantifier == SIGMA_EVERY)
        return refuse(w, item, "every value");
    if (item->quantifier == SIGMA_ELEMENT)
        return refuse(w, item, "one element");
    if (item->quantifier == SIGMA_AT_LEAST)
        return refuse(w, item, "a number of values");
    if (item->view != SIGMA_WHOLE)
        return refuse(w, item, "a part of the path");
    if (item->unmarked)
        return refuse(w, item, "a comparison without diacritics");
    if (item->match == SIGMA_ANY_BIT)
        return refuse(w, item, "a bit");
    if (item->match == SIGMA_PART_OF)
        return refuse(w, item, "that a text contains the value");
    for (size_t i = 0; i < item->values_len; i++) {
        if (!text_utf8_valid(item->values[i].raw))
            return refuse(w, item, "a value that is no UTF-8");
    }
    return 0;
}

static struct str field_name(const struct sigma_item *item)
{
    enum field_id id = field_find(item->field);
    return id != FIELD_COUNT && field_table[id].sigma.len ? field_table[id].sigma : item->field;
}

/* `Field|modifier|modifier` */
static void add_key(struct buf *out, const struct sigma_item *item)
{
    static const char *const modifiers[] = {[SIGMA_EQUALS] = "",
                                            [SIGMA_CONTAINS] = "|contains",
                                            [SIGMA_STARTSWITH] = "|startswith",
                                            [SIGMA_ENDSWITH] = "|endswith",
                                            [SIGMA_REGEX] = "|re",
                                            [SIGMA_EXISTS] = "|exists",
                                            [SIGMA_CIDR] = "|cidr",
                                            [SIGMA_LT] = "|lt",
                                            [SIGMA_LTE] = "|lte",
                                            [SIGMA_GT] = "|gt",
                                            [SIGMA_GTE] = "|gte",
                                            /* Refused, but told apart from others before. */
                                            [SIGMA_ANY_BIT] = "|bit",
                                            [SIGMA_PART_OF] = "|part"};
    bool exists = is_existence(item);
    bool text = !exists && item->match <= SIGMA_ENDSWITH;
    bool only_null = item->values_len == 1 && item->values[0].null;
    buf_addf(out, "%.*s%s", STR_FMT(field_name(item)), exists ? "|exists" : modifiers[item->match]);
    if (text && item->cased && !only_null)
        buf_add_cstr(out, "|cased");
    if (item->match == SIGMA_REGEX && item->regex_flags & REGEX_CASELESS)
        buf_add_cstr(out, "|i");
    if (item->match == SIGMA_REGEX && item->regex_flags & REGEX_MULTILINE)
        buf_add_cstr(out, "|m");
    if (item->match == SIGMA_REGEX && item->regex_flags & REGEX_DOTALL)
        buf_add_cstr(out, "|s");
}

static void add_value(struct buf *out, const struct sigma_item *item,
                      const struct sigma_value *value)
{
    bool number = item->match >= SIGMA_LT && item->match <= SIGMA_GTE;
    if (value->null) {
        buf_add_cstr(out, "null");
    } else if (is_existence(item)) {
        buf_add_cstr(out, "true");
    } else if (number) {
        buf_add_str(out, value->raw);
    } else if (item->match == SIGMA_REGEX && item->regex_flags & REGEX_WHOLE) {
        CLEANUP(buf_done) struct buf whole = {0};
        buf_addf(&whole, "\\A(?:%.*s)\\z", STR_FMT(value->raw));
        add_scalar(out, buf_str(&whole));
        if (buf_check(&whole))
            out->error = buf_check(&whole);
    } else {
        add_scalar(out, value->raw);
    }
}

static void add_item(struct buf *out, const struct sigma_item *item)
{
    buf_add_cstr(out, "        ");
    add_key(out, item);
    buf_add_char(out, ':');
    for (size_t i = 0; i < item->values_len; i++) {
        buf_add_cstr(out, item->values_len == 1 ? " " : "\n            - ");
        add_value(out, item, &item->values[i]);
    }
    buf_add_char(out, '\n');
}

/* ------------------------------------------------------------------ selections */

static int write_leaf(struct writer *w, const struct sigma_item *item)
{
    int rc = check_item(w, item);
    w->count++;
    buf_addf(&w->selections, "    selection_%u:\n", w->count);
    add_item(&w->selections, item);
    buf_addf(&w->condition, "selection_%u", w->count);
    return rc;
}

static bool same_key(const struct sigma_item *a, const struct sigma_item *b)
{
    CLEANUP(buf_done) struct buf x = {0};
    CLEANUP(buf_done) struct buf y = {0};
    add_key(&x, a);
    add_key(&y, b);
    return buf_check(&x) || buf_check(&y) || str_eq(buf_str(&x), buf_str(&y));
}

/* The comparison is the first of its key among the node's operands. */
static bool is_first(const struct sigma_node *node, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (node->operands[i]->type == SIGMA_ITEM &&
            same_key(node->operands[i]->item, node->operands[index]->item))
            return false;
    }
    return true;
}

/* One selection of an `and`'s comparisons. @return how many there are, or an error */
static int write_group(struct writer *w, const struct sigma_node *node)
{
    int grouped = 0;
    for (size_t i = 0; i < node->operands_len; i++) {
        if (node->operands[i]->type != SIGMA_ITEM || !is_first(node, i))
            continue;
        int rc = check_item(w, node->operands[i]->item);
        if (rc)
            return rc;
        if (grouped++ == 0) {
            w->count++;
            buf_addf(&w->selections, "    selection_%u:\n", w->count);
            buf_addf(&w->condition, "selection_%u", w->count);
        }
        add_item(&w->selections, node->operands[i]->item);
    }
    return grouped;
}

/* Words of the condition that the node becomes. */
static size_t terms(const struct sigma_node *node)
{
    size_t others = 0;
    bool grouped = false;
    for (size_t i = 0; i < node->operands_len; i++) {
        bool in_group =
            node->type == SIGMA_AND && node->operands[i]->type == SIGMA_ITEM && is_first(node, i);
        grouped |= in_group;
        others += in_group ? 0 : 1;
    }
    return others + (grouped ? 1 : 0);
}

static int write_node(struct writer *w, const struct sigma_node *node, bool outermost);

static int write_operands(struct writer *w, const struct sigma_node *node)
{
    bool is_and = node->type == SIGMA_AND;
    int grouped = is_and ? write_group(w, node) : 0;
    bool first = grouped <= 0;
    int rc = grouped < 0 ? grouped : 0;
    for (size_t i = 0; rc == 0 && i < node->operands_len; i++) {
        if (is_and && node->operands[i]->type == SIGMA_ITEM && is_first(node, i))
            continue;
        if (!first)
            buf_add_cstr(&w->condition, is_and ? " and " : " or ");
        first = false;
        rc = write_node(w, node->operands[i], false);
    }
    return rc;
}

static int write_node(struct writer *w, const struct sigma_node *node, bool outermost)
{
    if (node->type == SIGMA_ITEM)
        return write_leaf(w, node->item);
    if (node->type == SIGMA_NOT) {
        buf_add_cstr(&w->condition, "not ");
        return write_node(w, node->operands[0], false);
    }
    bool several = !outermost && terms(node) > 1;
    if (several)
        buf_add_char(&w->condition, '(');
    int rc = write_operands(w, node);
    if (several)
        buf_add_char(&w->condition, ')');
    return rc;
}

/* ------------------------------------------------------------------ the rule */

static void add_head(struct buf *out, const struct sigma_rule *rule)
{
    add_line(out, "title", rule->title);
    add_line(out, "id", rule->id);
    add_line(out, "description", rule->description);
    if (rule->techniques_len)
        buf_add_cstr(out, "tags:\n");
    for (size_t i = 0; i < rule->techniques_len; i++) {
        buf_add_cstr(out, "    - attack.t");
        buf_add_str(out, str_sub(rule->techniques[i], 1, SIZE_MAX));
        buf_add_char(out, '\n');
    }
    buf_addf(out, "level: %s\n", rule_level_name(rule->level));
    if (rule->product.len + rule->category.len + rule->service.len == 0)
        return;
    buf_add_cstr(out, "logsource:\n");
    add_line(out, "    product", rule->product);
    add_line(out, "    category", rule->category);
    add_line(out, "    service", rule->service);
}

int sigma_write(const struct sigma_rule *rule, struct buf *out, struct err *err)
{
    struct writer w = {.err = err};
    int rc = write_node(&w, rule->condition, true);
    if (rc == 0) {
        size_t before = out->len;
        add_head(out, rule);
        buf_add_cstr(out, "detection:\n");
        buf_add_str(out, buf_str(&w.selections));
        buf_add_cstr(out, "    condition: ");
        buf_add_str(out, buf_str(&w.condition));
        buf_add_char(out, '\n');
        if (buf_check(&w.selections) || buf_check(&w.condition) || buf_check(out)) {
            buf_truncate(out, before);
            rc = err_set(err, E_NOMEM, "out of memory");
        }
    }
    buf_done(&w.selections);
    buf_done(&w.condition);
    return rc;
}
