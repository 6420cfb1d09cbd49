/* Reference evaluator for Sigma rules. See naive_sigma.h. Slow on purpose: values are decoded into
 * code points and matched by trying everything. */
#include "harness/naive_sigma.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "detect/regex.h"

enum { ANY_ONE = -1, ANY_MANY = -2 };

struct symbols {
    long *list;
    size_t len;
};

/* Room for `most` symbols. */
static struct symbols new_symbols(size_t most)
{
    struct symbols s = {malloc((most + 1) * sizeof(long)), 0};
    if (!s.list)
        abort();
    return s;
}

static void add(struct symbols *s, long symbol)
{
    s->list[s->len++] = symbol;
}

/* ASCII letters in lower case; an ill-formed byte is a symbol of its own. */
static long lower(uint32_t code, size_t bytes, struct str text, size_t at)
{
    if (code == 0xfffd && bytes == 1)
        return 0x200000 + (unsigned char)text.ptr[at];
    return code < 128 ? tolower((int)code) : (long)code;
}

static struct symbols decode(struct str text, bool escapes)
{
    struct symbols s = new_symbols(text.len);
    for (size_t at = 0; at < text.len;) {
        char c = text.ptr[at];
        if (escapes && c == '\\' && at + 1 < text.len && strchr("*?\\", text.ptr[at + 1]) &&
            text.ptr[at + 1]) {
            add(&s, text.ptr[at + 1]);
            at += 2;
            continue;
        }
        if (escapes && (c == '*' || c == '?')) {
            add(&s, c == '*' ? ANY_MANY : ANY_ONE);
            at++;
            continue;
        }
        size_t start = at;
        uint32_t code = text_utf8_next(text, &at);
        add(&s, lower(code, at - start, text, start));
    }
    return s;
}

/* Whole match by dynamic programming: row[j] = the pattern so far matches the first j symbols. */
static bool whole_match(const struct symbols *pattern, const struct symbols *text)
{
    bool *row = calloc(text->len + 1, sizeof *row);
    if (!row)
        abort();
    row[0] = true;
    for (size_t p = 0; p < pattern->len; p++) {
        long want = pattern->list[p];
        if (want == ANY_MANY) {
            for (size_t j = 1; j <= text->len; j++)
                row[j] = row[j] || row[j - 1];
            continue;
        }
        for (size_t j = text->len; j > 0; j--)
            row[j] = row[j - 1] && (want == ANY_ONE || want == text->list[j - 1]);
        row[0] = false;
    }
    bool result = row[text->len];
    free(row);
    return result;
}

static bool string_holds(const struct sigma_item *item, const struct sigma_value *value,
                         struct str text)
{
    struct symbols raw = decode(value->raw, true);
    struct symbols pattern = new_symbols(raw.len + 2);
    if (item->match == SIGMA_CONTAINS || item->match == SIGMA_ENDSWITH)
        add(&pattern, ANY_MANY);
    for (size_t i = 0; i < raw.len; i++)
        add(&pattern, raw.list[i]);
    if (item->match == SIGMA_CONTAINS || item->match == SIGMA_STARTSWITH)
        add(&pattern, ANY_MANY);
    struct symbols symbols = decode(text, false);
    bool holds = whole_match(&pattern, &symbols);
    free(raw.list);
    free(pattern.list);
    free(symbols.list);
    return holds;
}

/* Compiled once: the same few patterns are asked for again and again. Kept until the test ends. */
static struct regex *compiled(struct str pattern, uint32_t flags)
{
    static struct {
        char *pattern;
        uint32_t flags;
        struct regex *regex;
    } cache[512];
    size_t i = 0;
    for (; i < ARRAY_LEN(cache) && cache[i].pattern; i++) {
        if (str_is(pattern, cache[i].pattern) && cache[i].flags == flags)
            return cache[i].regex;
    }
    if (i == ARRAY_LEN(cache))
        abort();
    cache[i].pattern = strndup(pattern.ptr, pattern.len);
    cache[i].flags = flags;
    if (regex_new(pattern, flags, false, &cache[i].regex, NULL))
        abort();
    return cache[i].regex;
}

static bool regex_holds(const struct sigma_item *item, const struct sigma_value *value,
                        struct str text)
{
    static struct regex_scratch *scratch;
    if (!scratch && regex_scratch_new(&scratch))
        abort();
    return regex_match(compiled(value->raw, item->regex_flags), scratch, text) == 1;
}

/* The event's values of a field, as text. `visit` returns true to stop. */
struct search {
    const struct sigma_item *item;
    const struct sigma_value *value; /* NULL: any text will do */
};

static bool text_holds(const struct search *s, struct str text)
{
    if (!s->value)
        return true;
    return s->item->match == SIGMA_REGEX ? regex_holds(s->item, s->value, text)
                                         : string_holds(s->item, s->value, text);
}

static bool value_holds(const struct search *s, const struct value *value)
{
    char number[32];
    switch (value->type) {
    case VALUE_STR:
        return text_holds(s, value->s);
    case VALUE_INT:
        (void)snprintf(number, sizeof number, "%lld", (long long)value->i);
        return text_holds(s, str_of(number));
    case VALUE_BOOL:
        return text_holds(s, str_of(value->b ? "true" : "false"));
    case VALUE_LIST:
        for (uint32_t i = 0; i < value->count; i++) {
            if (text_holds(s, value->list[i]))
                return true;
        }
        return false;
    default:
        return false;
    }
}

static bool any_value_holds(const struct search *s, const struct event *ev)
{
    enum field_id id = field_find(s->item->field);
    if (id != FIELD_COUNT)
        return event_has(ev, id) && value_holds(s, &ev->values[id]);
    for (size_t i = 0; i < ev->extras_len; i++) {
        if (str_eq(ev->extras[i].name, s->item->field) && value_holds(s, &ev->extras[i].value))
            return true;
    }
    return false;
}

static bool item_holds(const struct sigma_item *item, const struct event *ev)
{
    const struct search present = {item, NULL};
    if (item->match == SIGMA_EXISTS)
        return any_value_holds(&present, ev) == item->exists;
    size_t holding = 0;
    for (size_t i = 0; i < item->values_len; i++) {
        const struct search search = {item, &item->values[i]};
        bool holds =
            item->values[i].null ? !any_value_holds(&present, ev) : any_value_holds(&search, ev);
        holding += holds ? 1 : 0;
    }
    return item->all ? holding == item->values_len : holding > 0;
}

static bool node_holds(const struct sigma_node *node, const struct event *ev)
{
    switch (node->type) {
    case SIGMA_ITEM:
        return item_holds(node->item, ev);
    case SIGMA_NOT:
        return !node_holds(node->operands[0], ev);
    default:
        break;
    }
    size_t holding = 0;
    for (size_t i = 0; i < node->operands_len; i++)
        holding += node_holds(node->operands[i], ev) ? 1 : 0;
    return node->type == SIGMA_AND ? holding == node->operands_len : holding > 0;
}

static bool part_applies(struct str rule, struct str event, const struct event *ev)
{
    if (rule.len == 0)
        return true;
    if (event.len == 0)
        return ev->kind == KIND_UNKNOWN;
    return str_eq_nocase(rule, event);
}

bool naive_sigma_fires(const struct sigma_rule *rule, const struct event *ev)
{
    bool sourceless = ev->product.len + ev->category.len + ev->service.len == 0;
    bool product = ev->product.len == 0 || part_applies(rule->product, ev->product, ev);
    bool applies = product && part_applies(rule->category, ev->category, ev) &&
                   part_applies(rule->service, ev->service, ev);
    return (sourceless || applies) && node_holds(rule->condition, ev);
}
