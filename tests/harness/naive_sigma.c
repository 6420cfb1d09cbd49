/* Reference evaluator for Sigma rules. See naive_sigma.h. Slow on purpose: values are decoded into
 * code points and matched by trying everything. */
#include "harness/naive_sigma.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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
static long symbol(uint32_t code, size_t bytes, struct str text, size_t at, bool cased)
{
    if (code == 0xfffd && bytes == 1)
        return 0x200000 + (unsigned char)text.ptr[at];
    return code < 128 && !cased ? tolower((int)code) : (long)code;
}

static struct symbols decode(struct str text, bool escapes, bool cased)
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
        add(&s, symbol(code, at - start, text, start, cased));
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

/* `pattern` with what the kind of comparison adds at its ends. */
static bool pattern_holds(const struct sigma_item *item, const struct symbols *pattern,
                          struct str text)
{
    struct symbols whole = new_symbols(pattern->len + 2);
    if (item->match == SIGMA_CONTAINS || item->match == SIGMA_ENDSWITH)
        add(&whole, ANY_MANY);
    for (size_t i = 0; i < pattern->len; i++)
        add(&whole, pattern->list[i]);
    if (item->match == SIGMA_CONTAINS || item->match == SIGMA_STARTSWITH)
        add(&whole, ANY_MANY);
    struct symbols symbols = decode(text, false, item->cased);
    bool holds = whole_match(&whole, &symbols);
    free(whole.list);
    free(symbols.list);
    return holds;
}

/* The spellings that a modifier made; their open ends are added twice, which changes nothing. */
static bool alternative_holds(const struct sigma_item *item, const struct pattern *p,
                              struct str text)
{
    size_t most = p->len;
    for (size_t i = 0; i < p->len; i++)
        most += p->parts[i].text.len;
    struct symbols all = new_symbols(most);
    for (size_t i = 0; i < p->len; i++) {
        if (p->parts[i].type != PATTERN_TEXT) {
            add(&all, p->parts[i].type == PATTERN_MANY ? ANY_MANY : ANY_ONE);
            continue;
        }
        struct symbols part = decode(p->parts[i].text, false, item->cased);
        for (size_t k = 0; k < part.len; k++)
            add(&all, part.list[k]);
        free(part.list);
    }
    bool holds = pattern_holds(item, &all, text);
    free(all.list);
    return holds;
}

static bool string_holds(const struct sigma_item *item, const struct sigma_value *value,
                         struct str text)
{
    if (value->alternatives_len > 1 || item->expand) {
        for (size_t i = 0; i < value->alternatives_len; i++) {
            if (alternative_holds(item, &value->alternatives[i], text))
                return true;
        }
        return false;
    }
    struct symbols raw = decode(value->raw, true, item->cased);
    bool holds = pattern_holds(item, &raw, text);
    free(raw.list);
    return holds;
}

static bool address_of(struct str text, unsigned char bytes[16])
{
    char copy[64] = {0};
    text = str_sub(text, 0, str_find_char(text, '%'));
    if (text.len >= sizeof copy)
        return false;
    memcpy(copy, text.ptr, text.len);
    memcpy(bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
    return strlen(copy) == text.len &&
           (inet_pton(AF_INET, copy, bytes + 12) == 1 || inet_pton(AF_INET6, copy, bytes) == 1);
}

static bool network_holds(struct str network, struct str text)
{
    unsigned char a[16];
    unsigned char b[16];
    size_t slash = str_find_char(network, '/');
    uint64_t prefix = 0;
    if (!address_of(str_sub(network, 0, slash), a) || !address_of(text, b) ||
        str_to_u64(str_sub(network, slash + 1, SIZE_MAX), &prefix))
        return false;
    if (str_find_char(network, ':') == SIZE_MAX)
        prefix += 96;
    for (unsigned bit = 0; bit < prefix; bit++) {
        if (((a[bit / 8] ^ b[bit / 8]) >> (7 - bit % 8)) & 1)
            return false;
    }
    return true;
}

static bool order_holds(enum sigma_match match, int order)
{
    switch (match) {
    case SIGMA_EQUALS:
        return order == 0;
    case SIGMA_LT:
        return order < 0;
    case SIGMA_LTE:
        return order <= 0;
    case SIGMA_GT:
        return order > 0;
    default:
        return order >= 0;
    }
}

/* Of plain decimal numbers with few digits only, which is all the tests use. */
static bool decimal(struct str text, long double *ret_value)
{
    char copy[40] = {0};
    char *end;
    if (text.len == 0 || text.len >= sizeof copy)
        return false;
    memcpy(copy, text.ptr, text.len);
    if (copy[0] != '-' && !isdigit((unsigned char)copy[0]))
        return false;
    if (!isdigit((unsigned char)copy[text.len - 1]) || strpbrk(copy, "eExXpPnN") ||
        strstr(copy, "-."))
        return false;
    *ret_value = strtold(copy, &end);
    return *end == 0;
}

static bool number_holds(const struct sigma_item *item, struct str wanted, struct str text)
{
    long double a;
    long double b;
    if (!decimal(text, &a) || !decimal(wanted, &b))
        return false;
    return order_holds(item->match, a < b ? -1 : a > b);
}

static long tm_part(const struct tm *tm, enum timepart part)
{
    char week[8];
    switch (part) {
    case TIME_MINUTE:
        return tm->tm_min;
    case TIME_HOUR:
        return tm->tm_hour;
    case TIME_DAY:
        return tm->tm_mday;
    case TIME_WEEK:
        (void)strftime(week, sizeof week, "%V", tm);
        return strtol(week, NULL, 10);
    case TIME_MONTH:
        return tm->tm_mon + 1;
    default:
        return tm->tm_year + 1900L;
    }
}

/* With the C library's calendar. */
static bool part_holds(const struct sigma_item *item, const struct sigma_value *value,
                       struct str text)
{
    char copy[40] = {0};
    struct tm tm = {0};
    long double wanted;
    if (text.len >= sizeof copy || text.len < 10 || !decimal(value->raw, &wanted))
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[10] = copy[10] == ' ' || copy[10] == 't' ? 'T' : copy[10];
    const char *end = strptime(copy, text.len > 10 ? "%Y-%m-%dT%H:%M" : "%Y-%m-%d", &tm);
    if (!end || (text.len == 10 && (item->part == TIME_MINUTE || item->part == TIME_HOUR)))
        return false;
    int day = tm.tm_mday;
    (void)timegm(&tm);
    long part = tm_part(&tm, item->part);
    return tm.tm_mday == day &&
           order_holds(item->match, part < wanted ? -1 : (long double)part > wanted);
}

static bool ns_part_holds(const struct sigma_item *item, const struct sigma_value *value,
                          int64_t ns)
{
    char text[40];
    struct tm tm;
    time_t seconds = (time_t)(ns / 1000000000 - (ns % 1000000000 < 0 ? 1 : 0));
    if (!gmtime_r(&seconds, &tm))
        abort();
    (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M", &tm);
    return part_holds(item, value, str_of(text));
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

struct search {
    const struct sigma_item *item;
    const struct sigma_value *value; /* NULL: any text will do */
    const struct event *ev;
    struct str wanted; /* of a fieldref: the other field's text */
    bool comparing;    /* with `wanted` */
};

static bool any_value_of(const struct search *s, struct str field);

static bool compare_fields(const struct search *s, struct str text)
{
    struct symbols wanted = decode(s->wanted, false, false);
    bool holds = pattern_holds(s->item, &wanted, text);
    free(wanted.list);
    return holds;
}

static bool text_holds(const struct search *s, struct str text)
{
    if (!s->value)
        return true;
    if (s->comparing)
        return compare_fields(s, text);
    if (s->item->part)
        return part_holds(s->item, s->value, text);
    switch (s->item->match) {
    case SIGMA_REGEX:
        return regex_holds(s->item, s->value, text);
    case SIGMA_CIDR:
        return network_holds(s->value->raw, text);
    case SIGMA_LT:
    case SIGMA_LTE:
    case SIGMA_GT:
    case SIGMA_GTE:
        return number_holds(s->item, s->value->raw, text);
    default:
        return string_holds(s->item, s->value, text);
    }
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

static bool any_value_of(const struct search *s, struct str field)
{
    enum field_id id = field_find(field);
    bool everything = field.len == 0;
    for (unsigned i = 0; i < FIELD_COUNT; i++) {
        if ((everything || i == id) && event_has(s->ev, (enum field_id)i) &&
            value_holds(s, &s->ev->values[i]))
            return true;
    }
    for (size_t i = 0; id == FIELD_COUNT && i < s->ev->extras_len; i++) {
        if ((everything || str_eq(s->ev->extras[i].name, field)) &&
            value_holds(s, &s->ev->extras[i].value))
            return true;
    }
    return false;
}

static struct str nth_text(const struct value *value, uint32_t k, char number[32])
{
    switch (value->type) {
    case VALUE_LIST:
        return value->list[k];
    case VALUE_INT:
        (void)snprintf(number, 32, "%lld", (long long)value->i);
        return str_of(number);
    case VALUE_BOOL:
        return str_of(value->b ? "true" : "false");
    default:
        return value->s;
    }
}

/* Each text of the other field in turn, held against each text of this one. */
static bool fieldref_holds(const struct search *s)
{
    enum field_id id = field_find(s->value->raw);
    struct search pair = *s;
    pair.comparing = true;
    for (size_t i = 0; i < (id == FIELD_COUNT ? s->ev->extras_len : 1); i++) {
        const struct value *other;
        if (id == FIELD_COUNT && !str_eq(s->ev->extras[i].name, s->value->raw))
            continue;
        if (id != FIELD_COUNT && !event_has(s->ev, id))
            continue;
        other = id == FIELD_COUNT ? &s->ev->extras[i].value : &s->ev->values[id];
        uint32_t count = other->type == VALUE_LIST ? other->count : other->type >= VALUE_STR;
        for (uint32_t k = 0; k < count; k++) {
            char number[32];
            pair.wanted = nth_text(other, k, number);
            if (any_value_of(&pair, s->item->field))
                return true;
        }
    }
    return false;
}

/* A part of a field of the schema that holds a time. */
static bool known_time_holds(const struct sigma_item *item, const struct sigma_value *value,
                             const struct event *ev)
{
    enum field_id id = field_find(item->field);
    if (!event_has(ev, id))
        return false;
    const struct value v = ev->values[id];
    return v.type == VALUE_INT ? ns_part_holds(item, value, v.i)
                               : v.type == VALUE_STR && part_holds(item, value, v.s);
}

static bool is_known_time(const struct sigma_item *item)
{
    enum field_id id = field_find(item->field);
    return item->part && id != FIELD_COUNT && field_table[id].type == FIELD_TIME;
}

static bool value_of_rule_holds(const struct sigma_item *item, const struct sigma_value *value,
                                const struct event *ev)
{
    const struct search search = {.item = item, .value = value->null ? NULL : value, .ev = ev};
    if (value->null)
        return !any_value_of(&search, item->field);
    if (is_known_time(item))
        return known_time_holds(item, value, ev);
    return item->fieldref ? fieldref_holds(&search) : any_value_of(&search, item->field);
}

static bool item_holds(const struct sigma_item *item, const struct event *ev)
{
    const struct search present = {.item = item, .ev = ev};
    if (item->match == SIGMA_EXISTS)
        return (any_value_of(&present, item->field) == item->exists) != item->negated;
    size_t holding = 0;
    for (size_t i = 0; i < item->values_len; i++)
        holding += value_of_rule_holds(item, &item->values[i], ev) ? 1 : 0;
    bool holds = item->all ? holding == item->values_len : holding > 0;
    return holds != item->negated;
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

static bool part_applies(struct str rule, struct str event, bool lacking_is_any)
{
    if (rule.len == 0)
        return true;
    return event.len == 0 ? lacking_is_any : str_eq_nocase(rule, event);
}

bool naive_sigma_fires(const struct sigma_rule *rule, const struct event *ev)
{
    bool sourceless = ev->product.len + ev->category.len + ev->service.len == 0;
    bool unknown = ev->kind == KIND_UNKNOWN;
    bool applies = part_applies(rule->product, ev->product, true) &&
                   part_applies(rule->category, ev->category, unknown) &&
                   part_applies(rule->service, ev->service, unknown && ev->category.len == 0);
    return (sourceless || applies) && node_holds(rule->condition, ev);
}

bool naive_sigma_filtered(const struct sigma_filter *filter, const struct sigma_rule *rule)
{
    const struct sigma_rule *f = filter->rule;
    const struct str wanted[] = {f->product, f->category, f->service};
    const struct str has[] = {rule->product, rule->category, rule->service};
    for (size_t i = 0; i < 3; i++) {
        if (wanted[i].len && !str_eq(wanted[i], has[i]))
            return false;
    }
    for (size_t i = 0; i < filter->refs_len; i++) {
        if (str_eq(filter->refs[i].text, rule->id) || str_eq(filter->refs[i].text, rule->name))
            return true;
    }
    return filter->any;
}

bool naive_sigma_filter_holds(const struct sigma_filter *filter, const struct event *ev)
{
    return node_holds(filter->rule->condition, ev);
}
