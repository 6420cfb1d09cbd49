/* What every Sigma document begins with: title, id, name, description, level, tags, log source; and
 * the errors with their place. Called by sigma_parse.c, sigma_filter.c and sigma_correlation.c.
 * Source: Sigma rules specification 2.1. */
#include "detect/sigma_priv.h"

#include <stdio.h>

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

int sigma_head_parse(struct parser *p)
{
    int rc = text_of(p, "title", SIGMA_TITLE_BYTES, &p->rule->title);
    if (rc == 0 && p->rule->title.len == 0)
        return sigma_fail(p->err, p->doc, E_PARSE, "a rule needs a title");
    if (rc == 0)
        rc = text_of(p, "id", SIGMA_ID_BYTES, &p->rule->id);
    if (rc == 0 && p->rule->id.len == 0)
        p->rule->id = p->rule->title;
    if (rc == 0)
        rc = text_of(p, "name", SIGMA_NAME_BYTES, &p->rule->name);
    if (rc == 0)
        rc = text_of(p, "description", SIGMA_DESCRIPTION_BYTES, &p->rule->description);
    if (rc == 0)
        rc = parse_level(p);
    return rc ? rc : parse_tags(p);
}

int sigma_head_logsource(struct parser *p)
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
