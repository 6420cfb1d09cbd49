/* One YAML document to a Sigma rule: head, log source, selections. The condition is read by
 * sigma_condition.c. Called by the builder; refuses whatever it does not understand, by name and
 * place: a rule that is silently half understood is worse than none.
 * Source: Sigma rules specification 2.1. */
#include "detect/sigma.h"

#include <stdio.h>

#include "base/mem.h"
#include "detect/modifiers.h"
#include "detect/regex.h"

struct parser {
    const struct yaml_node *doc;
    struct arena *arena;
    struct err *err;
    struct sigma_rule *rule;
    size_t value_bytes;
};

int sigma_fail(struct err *err, const struct yaml_node *at, int code, const char *fmt, ...)
{
    char message[ERR_MESSAGE_BYTES];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    err_at(err, NULL, at->line, at->column);
    return err_set(err, code, "%s", message);
}

/* ------------------------------------------------------------------ head */

static int text_of(struct parser *p, const char *key, size_t most, struct str *ret_text)
{
    const struct yaml_node *node = yaml_find(p->doc, key);
    *ret_text = STR("");
    if (!node || yaml_is_null(node))
        return 0;
    if (node->type != YAML_SCALAR)
        return sigma_fail(p->err, node, E_PARSE, "%s must be text", key);
    if (node->text.len > most)
        return sigma_fail(p->err, node, E_LIMIT, "%s is longer than %zu bytes", key, most);
    *ret_text = node->text;
    return 0;
}

/* Documents that are valid Sigma but no rule. */
static int check_kind(struct parser *p)
{
    static const struct {
        const char *key;
        const char *what;
    } kinds[] = {
        {"correlation", "correlation rules are not supported yet"},
        {"filter", "filters are not supported yet"},
        {"action", "rule collections ('action') are not supported"},
    };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        for (size_t k = 0; k < p->doc->len; k++) {
            const struct yaml_node *key = p->doc->pairs[k].key;
            if (str_is(key->text, kinds[i].key))
                return sigma_fail(p->err, key, E_UNSUPPORTED, "%s", kinds[i].what);
        }
    }
    return 0;
}

static int parse_level(struct parser *p)
{
    const struct yaml_node *node = yaml_find(p->doc, "level");
    p->rule->level = LEVEL_MEDIUM;
    if (!node || yaml_is_null(node))
        return 0;
    for (int level = LEVEL_INFORMATIONAL; level <= LEVEL_CRITICAL; level++) {
        if (node->type == YAML_SCALAR &&
            str_is(node->text, rule_level_name((enum rule_level)level))) {
            p->rule->level = (enum rule_level)level;
            return 0;
        }
    }
    return sigma_fail(p->err, node, E_PARSE,
                      "level must be informational, low, medium, high or critical");
}

/* "attack.t1059.004" -> "T1059.004"; false for every other tag. */
static bool technique_of(struct str tag, char out[10], size_t *ret_len)
{
    static const char *const forms[] = {"attack.t####", "attack.t####.###"};
    for (size_t f = 0; f < ARRAY_LEN(forms); f++) {
        struct str form = str_of(forms[f]);
        bool fits = tag.len == form.len;
        for (size_t i = 0; fits && i < form.len; i++) {
            char c = char_lower(tag.ptr[i]);
            fits = form.ptr[i] == '#' ? c >= '0' && c <= '9' : c == form.ptr[i];
        }
        if (!fits)
            continue;
        *ret_len = tag.len - strlen("attack.");
        memcpy(out, tag.ptr + strlen("attack."), *ret_len);
        out[0] = 'T';
        return true;
    }
    return false;
}

static int parse_tags(struct parser *p)
{
    const struct yaml_node *tags = yaml_find(p->doc, "tags");
    if (!tags || yaml_is_null(tags))
        return 0;
    if (tags->type != YAML_LIST)
        return sigma_fail(p->err, tags, E_PARSE, "tags must be a list");
    p->rule->techniques = arena_array(p->arena, SIGMA_TECHNIQUES, sizeof(struct str));
    if (!p->rule->techniques)
        return E_NOMEM;
    for (size_t i = 0; i < tags->len; i++) {
        const struct yaml_node *tag = tags->items[i];
        char name[10];
        size_t len;
        if (tag->type != YAML_SCALAR)
            return sigma_fail(p->err, tag, E_PARSE, "a tag must be text");
        if (!technique_of(tag->text, name, &len))
            continue;
        if (p->rule->techniques_len == SIGMA_TECHNIQUES)
            return sigma_fail(p->err, tag, E_LIMIT, "more than %d techniques", SIGMA_TECHNIQUES);
        struct str copy = arena_str(p->arena, str_n(name, len));
        if (!copy.ptr)
            return E_NOMEM;
        p->rule->techniques[p->rule->techniques_len++] = copy;
    }
    return 0;
}

static int parse_head(struct parser *p)
{
    int rc = text_of(p, "title", SIGMA_TITLE_BYTES, &p->rule->title);
    if (rc == 0 && p->rule->title.len == 0)
        return sigma_fail(p->err, p->doc, E_PARSE, "a rule needs a title");
    if (rc == 0)
        rc = text_of(p, "id", SIGMA_ID_BYTES, &p->rule->id);
    if (rc == 0 && p->rule->id.len == 0)
        p->rule->id = p->rule->title;
    if (rc == 0)
        rc = text_of(p, "description", SIGMA_DESCRIPTION_BYTES, &p->rule->description);
    if (rc == 0)
        rc = parse_level(p);
    return rc ? rc : parse_tags(p);
}

static int parse_logsource(struct parser *p)
{
    const struct yaml_node *source = yaml_find(p->doc, "logsource");
    if (!source || yaml_is_null(source))
        return 0;
    if (source->type != YAML_MAP)
        return sigma_fail(p->err, source, E_PARSE, "logsource must be a map");
    const struct {
        const char *key;
        struct str *text;
    } parts[] = {{"product", &p->rule->product},
                 {"category", &p->rule->category},
                 {"service", &p->rule->service}};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        const struct yaml_node *node = yaml_find(source, parts[i].key);
        if (!node || yaml_is_null(node))
            continue;
        if (node->type != YAML_SCALAR || node->text.len > SIGMA_NAME_BYTES)
            return sigma_fail(p->err, node, E_PARSE, "logsource %s must be a word", parts[i].key);
        char *lower = arena_cstr(p->arena, node->text);
        if (!lower)
            return E_NOMEM;
        for (size_t k = 0; k < node->text.len; k++)
            lower[k] = char_lower(lower[k]);
        *parts[i].text = str_n(lower, node->text.len);
    }
    return 0;
}

/* ------------------------------------------------------------------ field items */

static int unknown_modifier(struct parser *p, const struct yaml_node *key, struct str name)
{
    const struct modifier_row *near = modifier_suggest(name);
    if (near)
        return sigma_fail(p->err, key, E_PARSE, "unknown modifier '%.*s' (did you mean '%.*s'?)",
                          STR_FMT(name), STR_FMT(near->name));
    return sigma_fail(p->err, key, E_PARSE, "unknown modifier '%.*s'", STR_FMT(name));
}

/* Split `Field|a|b`, letting each modifier change the item. Without a field, text is looked for
 * anywhere in every field. */
static int parse_key(struct parser *p, const struct yaml_node *key, struct sigma_item *item)
{
    struct str rest = key->text;
    bool transforms = false;
    err_at(p->err, NULL, key->line, key->column);
    if (!str_next(&rest, '|', &item->field) || key->text.ptr[key->text.len - 1] == '|')
        return err_set(p->err, E_PARSE, "a field name or a modifier is missing");
    if (item->field.len > SIGMA_NAME_BYTES)
        return err_set(p->err, E_LIMIT, "field name is longer than %d bytes", SIGMA_NAME_BYTES);
    struct str name;
    while (str_next(&rest, '|', &name)) {
        const struct modifier_row *row = modifier_find(name);
        if (!row)
            return unknown_modifier(p, key, name);
        if (!row->set && !row->transform)
            return err_set(p->err, E_UNSUPPORTED, "modifier '%.*s' is not supported yet",
                           STR_FMT(name));
        int rc = row->set ? row->set(item, row, p->err) : 0;
        if (rc)
            return rc;
        transforms |= row->transform != NULL;
    }
    if (item->field.len == 0 && item->match == SIGMA_EQUALS)
        item->match = SIGMA_CONTAINS;
    return modifier_check(item, transforms, p->err);
}

/* Let each modifier of the key that has one transform the value. */
static int transform(struct parser *p, const struct yaml_node *key, struct sigma_value *value)
{
    struct str rest = key->text;
    struct str name;
    (void)str_next(&rest, '|', &name);
    while (str_next(&rest, '|', &name)) {
        const struct modifier_row *row = modifier_find(name);
        err_at(p->err, NULL, value->line, value->column);
        int rc = row->transform ? row->transform(value, p->arena, p->err) : 0;
        if (rc)
            return rc;
    }
    return 0;
}

/* The alternatives of a value count like values. */
static int count_bytes(struct parser *p, const struct sigma_value *value)
{
    for (size_t i = 0; i < value->alternatives_len; i++) {
        for (size_t k = 0; k < value->alternatives[i].len; k++)
            p->value_bytes += value->alternatives[i].parts[k].text.len;
    }
    if (p->value_bytes <= SIGMA_VALUES_BYTES)
        return 0;
    return err_set(p->err, E_LIMIT, "the values of a rule take more than %d bytes",
                   SIGMA_VALUES_BYTES);
}

static int parse_pattern(struct parser *p, const struct yaml_node *key,
                         const struct sigma_item *item, struct sigma_value *value)
{
    value->alternatives = arena_alloc(p->arena, sizeof(*value->alternatives));
    if (!value->alternatives)
        return E_NOMEM;
    value->alternatives_len = 1;
    int rc = pattern_parse(value->raw, p->arena, &value->alternatives[0]);
    if (rc == 0)
        rc = transform(p, key, value);
    bool front = item->match == SIGMA_CONTAINS || item->match == SIGMA_ENDSWITH;
    bool back = item->match == SIGMA_CONTAINS || item->match == SIGMA_STARTSWITH;
    for (size_t i = 0; rc == 0 && i < value->alternatives_len; i++)
        rc = pattern_open(&value->alternatives[i], front, back, p->arena);
    if (rc == 0 && value->alternatives_len > 1)
        rc = count_bytes(p, value);
    return rc;
}

static int parse_exists(struct parser *p, const struct yaml_node *node, struct sigma_item *item)
{
    item->exists = str_eq_nocase(node->text, STR("true"));
    if (!item->exists && !str_eq_nocase(node->text, STR("false")))
        return sigma_fail(p->err, node, E_PARSE, "'exists' takes true or false");
    return 0;
}

static size_t wildcards(struct str raw)
{
    size_t count = 0;
    for (size_t i = 0; i < raw.len; i++)
        count += raw.ptr[i] == '*' || raw.ptr[i] == '?' ? 1 : 0;
    return count;
}

static int parse_number(struct parser *p, const struct yaml_node *node, struct sigma_value *value)
{
    if (str_to_i64(node->text, &value->number))
        return sigma_fail(p->err, node, E_PARSE, "'%.*s' is no whole number", STR_FMT(node->text));
    return 0;
}

/* Check the sizes of a value and count them. */
static int measure_value(struct parser *p, const struct yaml_node *node,
                         const struct sigma_item *item)
{
    size_t most = item->match == SIGMA_REGEX ? REGEX_PATTERN_BYTES : SIGMA_VALUE_BYTES;
    if (item->fieldref)
        most = SIGMA_NAME_BYTES;
    if (node->text.len > most)
        return sigma_fail(p->err, node, E_LIMIT, "value is longer than %zu bytes", most);
    p->value_bytes += node->text.len;
    if (p->value_bytes > SIGMA_VALUES_BYTES)
        return sigma_fail(p->err, node, E_LIMIT, "the values of a rule take more than %d bytes",
                          SIGMA_VALUES_BYTES);
    if (item->match != SIGMA_REGEX && wildcards(node->text) > SIGMA_WILDCARDS)
        return sigma_fail(p->err, node, E_LIMIT, "value has more than %d wildcards",
                          SIGMA_WILDCARDS);
    return 0;
}

static int parse_value(struct parser *p, const struct yaml_node *key, const struct yaml_node *node,
                       struct sigma_item *item, struct sigma_value *value)
{
    if (node->type != YAML_SCALAR)
        return sigma_fail(p->err, node, E_PARSE, "a value of '%.*s' must be text or a number",
                          STR_FMT(item->field));
    *value = (struct sigma_value){
        .raw = node->text, .null = yaml_is_null(node), .line = node->line, .column = node->column};
    int rc = measure_value(p, node, item);
    if (rc)
        return rc;
    if (value->null && (item->match != SIGMA_EQUALS || item->fieldref))
        return sigma_fail(p->err, node, E_PARSE, "null cannot be compared with a modifier");
    if (item->fieldref && node->text.len == 0)
        return sigma_fail(p->err, node, E_PARSE, "'fieldref' takes the name of a field");
    if (value->null || item->fieldref)
        return 0;
    err_at(p->err, NULL, node->line, node->column);
    switch (item->match) {
    case SIGMA_REGEX:
        return 0;
    case SIGMA_EXISTS:
        return parse_exists(p, node, item);
    case SIGMA_CIDR:
        return cidr_parse(node->text, &value->network, p->err);
    case SIGMA_LT:
    case SIGMA_LTE:
    case SIGMA_GT:
    case SIGMA_GTE:
        return parse_number(p, node, value);
    default:
        return parse_pattern(p, key, item, value);
    }
}

static int parse_item(struct parser *p, const struct yaml_pair *pair,
                      const struct sigma_node **ret_node)
{
    struct sigma_item *item = arena_alloc(p->arena, sizeof *item);
    struct sigma_node *node = arena_alloc(p->arena, sizeof *node);
    if (!item || !node)
        return E_NOMEM;
    item->line = pair->key->line;
    item->column = pair->key->column;
    int rc = parse_key(p, pair->key, item);
    if (rc)
        return rc;
    bool list = pair->value->type == YAML_LIST;
    item->values_len = list ? pair->value->len : 1;
    if (item->values_len == 0)
        return sigma_fail(p->err, pair->value, E_PARSE, "'%.*s' has an empty list of values",
                          STR_FMT(item->field));
    if (item->match == SIGMA_EXISTS && list)
        return sigma_fail(p->err, pair->value, E_PARSE, "'exists' takes true or false");
    item->values = arena_array(p->arena, item->values_len, sizeof(*item->values));
    if (!item->values)
        return E_NOMEM;
    for (size_t i = 0; i < item->values_len; i++) {
        const struct yaml_node *value = list ? pair->value->items[i] : pair->value;
        rc = parse_value(p, pair->key, value, item, &item->values[i]);
        if (rc)
            return rc;
    }
    *node = (struct sigma_node){.type = SIGMA_ITEM, .item = item};
    *ret_node = node;
    return 0;
}

/* ------------------------------------------------------------------ selections */

/* A word without a field: it stands anywhere in any field. */
static int parse_keyword(struct parser *p, const struct yaml_node *word,
                         const struct sigma_node **ret_node)
{
    static const struct yaml_node no_key = {.type = YAML_SCALAR, .text = {"", 0}};
    struct sigma_item *item = arena_alloc(p->arena, sizeof *item);
    struct sigma_node *node = arena_alloc(p->arena, sizeof *node);
    struct sigma_value *value = arena_alloc(p->arena, sizeof *value);
    if (!item || !node || !value)
        return E_NOMEM;
    *item = (struct sigma_item){.field = STR(""),
                                .match = SIGMA_CONTAINS,
                                .values = value,
                                .values_len = 1,
                                .line = word->line,
                                .column = word->column};
    *node = (struct sigma_node){.type = SIGMA_ITEM, .item = item};
    *ret_node = node;
    return parse_value(p, &no_key, word, item, value);
}

static int new_operands(struct parser *p, enum sigma_node_type type, size_t len,
                        struct sigma_node **ret_node)
{
    struct sigma_node *node = arena_alloc(p->arena, sizeof *node);
    if (!node)
        return E_NOMEM;
    node->type = type;
    node->operands = arena_array(p->arena, len, sizeof(*node->operands));
    node->operands_len = len;
    if (!node->operands)
        return E_NOMEM;
    *ret_node = node;
    return 0;
}

/* A map: every item must hold. */
static int parse_map(struct parser *p, const struct yaml_node *map, struct str name,
                     const struct sigma_node **ret_node)
{
    if (map->len == 0)
        return sigma_fail(p->err, map, E_PARSE, "selection '%.*s' is empty", STR_FMT(name));
    struct sigma_node *node;
    int rc = new_operands(p, SIGMA_AND, map->len, &node);
    for (size_t i = 0; rc == 0 && i < map->len; i++)
        rc = parse_item(p, &map->pairs[i], &node->operands[i]);
    if (rc == 0)
        *ret_node = map->len == 1 ? node->operands[0] : node;
    return rc;
}

/* A list of maps or words: one must hold. */
static int parse_list(struct parser *p, const struct yaml_node *list, struct str name,
                      const struct sigma_node **ret_node)
{
    if (list->len == 0)
        return sigma_fail(p->err, list, E_PARSE, "selection '%.*s' is empty", STR_FMT(name));
    struct sigma_node *node;
    int rc = new_operands(p, SIGMA_OR, list->len, &node);
    for (size_t i = 0; rc == 0 && i < list->len; i++) {
        if (list->items[i]->type == YAML_SCALAR)
            rc = parse_keyword(p, list->items[i], &node->operands[i]);
        else if (list->items[i]->type == YAML_MAP)
            rc = parse_map(p, list->items[i], name, &node->operands[i]);
        else
            rc = sigma_fail(p->err, list->items[i], E_PARSE,
                            "selection '%.*s' must be maps or words", STR_FMT(name));
    }
    if (rc == 0)
        *ret_node = list->len == 1 ? node->operands[0] : node;
    return rc;
}

static int parse_selection(struct parser *p, const struct yaml_pair *pair)
{
    struct sigma_selection *s = &p->rule->selections[p->rule->selections_len];
    s->name = pair->key->text;
    if (s->name.len == 0 || s->name.len > SIGMA_NAME_BYTES)
        return sigma_fail(p->err, pair->key, E_PARSE, "a selection needs a name of 1 to %d bytes",
                          SIGMA_NAME_BYTES);
    int rc;
    switch (pair->value->type) {
    case YAML_MAP:
        rc = parse_map(p, pair->value, s->name, &s->node);
        break;
    case YAML_LIST:
        rc = parse_list(p, pair->value, s->name, &s->node);
        break;
    default:
        if (yaml_is_null(pair->value))
            return sigma_fail(p->err, pair->value, E_PARSE, "selection '%.*s' is empty",
                              STR_FMT(s->name));
        rc = parse_keyword(p, pair->value, &s->node);
    }
    if (rc == 0)
        p->rule->selections_len++;
    return rc;
}

/* A list of conditions means that any of them fires the rule. */
static int parse_conditions(struct parser *p, const struct yaml_node *node)
{
    if (node->type == YAML_SCALAR && !yaml_is_null(node))
        return sigma_condition(node, p->rule, p->arena, &p->rule->condition, p->err);
    if (node->type != YAML_LIST || node->len == 0)
        return sigma_fail(p->err, node, E_PARSE, "condition must be text");
    if (node->len > SIGMA_SELECTIONS)
        return sigma_fail(p->err, node, E_LIMIT, "more than %d conditions", SIGMA_SELECTIONS);
    struct sigma_node *any;
    int rc = new_operands(p, SIGMA_OR, node->len, &any);
    for (size_t i = 0; rc == 0 && i < node->len; i++) {
        if (node->items[i]->type != YAML_SCALAR)
            return sigma_fail(p->err, node->items[i], E_PARSE, "condition must be text");
        rc = sigma_condition(node->items[i], p->rule, p->arena, &any->operands[i], p->err);
    }
    if (rc == 0)
        p->rule->condition = any;
    return rc;
}

static int parse_detection(struct parser *p)
{
    const struct yaml_node *detection = yaml_find(p->doc, "detection");
    if (!detection || detection->type != YAML_MAP)
        return sigma_fail(p->err, detection ? detection : p->doc, E_PARSE,
                          "a rule needs a detection map");
    if (detection->len > SIGMA_SELECTIONS)
        return sigma_fail(p->err, detection, E_LIMIT, "more than %d selections", SIGMA_SELECTIONS);
    p->rule->selections = arena_array(p->arena, detection->len, sizeof(*p->rule->selections));
    if (!p->rule->selections)
        return E_NOMEM;
    const struct yaml_node *condition = NULL;
    for (size_t i = 0; i < detection->len; i++) {
        const struct yaml_pair *pair = &detection->pairs[i];
        int rc = 0;
        if (str_is(pair->key->text, "condition"))
            condition = pair->value;
        else if (str_is(pair->key->text, "timeframe"))
            rc = sigma_fail(p->err, pair->key, E_UNSUPPORTED,
                            "timeframe is not supported; write a correlation rule");
        else
            rc = parse_selection(p, pair);
        if (rc)
            return rc;
    }
    if (!condition)
        return sigma_fail(p->err, detection, E_PARSE, "detection has no condition");
    if (p->rule->selections_len == 0)
        return sigma_fail(p->err, detection, E_PARSE, "detection has no selection");
    return parse_conditions(p, condition);
}

int sigma_parse(const struct yaml_node *doc, struct arena *arena, struct sigma_rule **ret_rule,
                struct err *err)
{
    if (doc->type != YAML_MAP)
        return sigma_fail(err, doc, E_PARSE, "a rule must be a map");
    struct parser p = {.doc = doc, .arena = arena, .err = err};
    p.rule = arena_alloc(arena, sizeof *p.rule);
    if (!p.rule)
        return err_set(err, E_NOMEM, "out of memory");
    p.rule->line = doc->line;
    p.rule->column = doc->column;
    int rc = check_kind(&p);
    if (rc == 0)
        rc = parse_head(&p);
    if (rc == 0)
        rc = parse_logsource(&p);
    if (rc == 0)
        rc = parse_detection(&p);
    if (rc == E_NOMEM)
        return err_set(err, E_NOMEM, "out of memory");
    if (rc)
        return rc;
    *ret_rule = p.rule;
    return 0;
}
