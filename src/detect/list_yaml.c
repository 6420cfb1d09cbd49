/* Lists as YAML: a map with defaults and `entries`, or the entries alone. An entry is a value, or a
 * map of `value` (or the kind's name), `type`, `action`, `reason`, `source`, `expires`. A key that
 * nobody knows is a mistake and refused: a misspelt `expires` would block for ever. */
#include "detect/list_priv.h"

#include "codec/yaml.h"
#include "schema/param.h"

enum { NODES_PER_ENTRY = 16, DEPTH = 8 };

static bool is_key(struct str key, const char *const *names)
{
    for (; *names; names++) {
        if (str_is(key, *names))
            return true;
    }
    return false;
}

/* Where the text of a key of an entry belongs; NULL: there is no such key. */
static struct str *place_of(struct list_texts *t, struct str key)
{
    static const char *const names[] = {"type", "value", "action", "reason", "source", "expires"};
    struct str *const places[] = {&t->kind,   &t->value,  &t->verdict,
                                  &t->reason, &t->source, &t->expires};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (str_is(key, names[i]))
            return places[i];
    }
    return NULL;
}

static int read_pair(struct list_texts *t, const struct yaml_pair *pair, struct err *err)
{
    struct str key = pair->key->text;
    if (pair->value->type != YAML_SCALAR)
        return err_set(err, E_PARSE, "'%.*s' is a single text", STR_FMT(str_sub(key, 0, 64)));
    struct str text = yaml_is_null(pair->value) ? (struct str){0} : pair->value->text;
    struct str *place = place_of(t, key);
    if (place) {
        *place = text;
        return 0;
    }
    if (list_kind_find(key) == LIST_KINDS)
        return err_set(err, E_PARSE, "unknown key '%.*s'", STR_FMT(str_sub(key, 0, 64)));
    if (t->value.len)
        return err_set(err, E_PARSE, "an entry has one value, this one has '%.*s' too",
                       STR_FMT(str_sub(text, 0, 128)));
    t->kind = key;
    t->value = text;
    return 0;
}

static int read_item(struct list_reader *r, const struct yaml_node *node, struct err *err)
{
    struct list_texts t = {.line = node->line};
    struct err why = {0};
    int rc = 0;
    if (node->type == YAML_SCALAR)
        t.value = node->text;
    else if (node->type == YAML_MAP)
        for (size_t i = 0; i < node->len && rc == 0; i++)
            rc = read_pair(&t, &node->pairs[i], &why);
    else
        rc = err_set(&why, E_PARSE, "an entry is a value or a map");
    if (rc) {
        list_refuse(r, node->line, &why);
        return 0;
    }
    return list_take(r, &t, err);
}

static int read_items(struct list_reader *r, const struct yaml_node *list, struct err *err)
{
    for (size_t i = 0; i < list->len; i++) {
        int rc = read_item(r, list->items[i], err);
        if (rc)
            return rc;
    }
    return 0;
}

static int wrong(struct err *err, const struct yaml_node *node, const char *what)
{
    err_at(err, NULL, node->line, node->column);
    return err_set(err, E_PARSE, "%s", what);
}

/* Defaults of one document. */
static int read_head(struct list_reader *r, const struct yaml_node *map, struct err *err)
{
    static const char *const known[] = {"issued", "name",    "description", "action", "reason",
                                        "source", "expires", "entries",     NULL};
    for (size_t i = 0; i < map->len; i++) {
        if (!is_key(map->pairs[i].key->text, known))
            return wrong(err, map->pairs[i].key, "unknown key of a list");
    }
    struct str action = yaml_find_text(map, "action");
    struct str expires = yaml_find_text(map, "expires");
    if (action.len && !list_verdict_find(action, &r->defaults.verdict))
        return wrong(err, yaml_find(map, "action"), "action: expected deny or allow");
    if (expires.len && list_expiry(expires, &r->defaults.expires_ns))
        return wrong(err, yaml_find(map, "expires"), "expires: expected a time as in RFC 3339");
    struct str issued = yaml_find_text(map, "issued");
    if (issued.len && list_expiry(issued, &r->list->issued_ns))
        return wrong(err, yaml_find(map, "issued"), "issued: expected a time as in RFC 3339");
    struct str reason = yaml_find_text(map, "reason");
    struct str source = yaml_find_text(map, "source");
    if (reason.len)
        r->defaults.reason = reason;
    if (source.len)
        r->defaults.source = source;
    return 0;
}

static int read_document(struct list_reader *r, const struct yaml_node *doc, struct err *err)
{
    if (yaml_is_null(doc))
        return 0;
    if (doc->type == YAML_LIST)
        return read_items(r, doc, err);
    if (doc->type != YAML_MAP)
        return wrong(err, doc, "a list is a map with 'entries', or the entries alone");
    struct list_defaults outer = r->defaults;
    int rc = read_head(r, doc, err);
    const struct yaml_node *entries = yaml_find(doc, "entries");
    if (rc == 0 && (!entries || entries->type != YAML_LIST))
        rc = wrong(err, doc, "a list has its entries under 'entries'");
    if (rc == 0)
        rc = read_items(r, entries, err);
    r->defaults = outer;
    return rc;
}

int list_read_yaml(struct list_reader *r, struct str text, struct err *err)
{
    struct yaml_limits limits = {
        .bytes = (size_t)param_default(PARAM_LIST_BYTES),
        .nodes = (size_t)param_default(PARAM_LIST_ENTRIES) * NODES_PER_ENTRY,
        .depth = DEPTH,
    };
    CLEANUP(arena_done) struct arena arena = {0};
    struct yaml_node **docs;
    size_t len;
    int rc = yaml_parse(text, r->source, &limits, &arena, &docs, &len, err);
    for (size_t i = 0; rc == 0 && i < len; i++)
        rc = read_document(r, docs[i], err);
    if (rc == 0 && r->list->len > 1)
        PLANT_OVERREAD(text.ptr + text.len);
    return rc;
}
