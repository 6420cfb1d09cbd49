/* Exceptions from YAML. See exception.h. */
#include "detect/exception.h"

#include "base/mem.h"
#include "codec/yaml.h"
#include "detect/list.h"

struct reader {
    struct exceptions *list;
    const char *source;
    exception_refused_fn refused;
    void *arg;
    uint32_t refusals;
};

static const char *const test_names[] = {
#define EXCEPTION_NAME(id, key, field, comparison, doc) [id] = (key),
    EXCEPTION_TESTS(EXCEPTION_NAME)
#undef EXCEPTION_NAME
};

const char *exception_test_name(enum exception_test_kind kind)
{
    return test_names[kind];
}

void exceptions_done(struct exceptions *list)
{
    mem_free(list->items);
    arena_done(&list->arena);
    *list = (struct exceptions){0};
}

/* ------------------------------------------------------------------ values */

#define WRONG(err, node, ...)                                                                      \
    (err_at((err), NULL, (node)->line, (node)->column), err_set((err), E_PARSE, __VA_ARGS__))

/* One scalar, or a list of them. */
static size_t words_len(const struct yaml_node *node)
{
    return node->type == YAML_LIST ? node->len : 1;
}

static const struct yaml_node *word(const struct yaml_node *node, size_t i)
{
    return node->type == YAML_LIST ? node->items[i] : node;
}

static int read_word(struct arena *arena, const struct yaml_node *node, struct str *ret,
                     struct err *err)
{
    if (node->type != YAML_SCALAR || node->text.len == 0)
        return WRONG(err, node, "expected a text");
    if (node->text.len > EXCEPTION_TEXT_BYTES)
        return WRONG(err, node, "'%.*s...' is too long", STR_FMT(node->text));
    *ret = arena_str(arena, node->text);
    return ret->ptr ? 0 : E_NOMEM;
}

static int read_words(struct arena *arena, const struct yaml_node *node, const struct str **ret,
                      size_t *ret_len, struct err *err)
{
    size_t len = words_len(node);
    if (node->type == YAML_MAP || len == 0 || len > EXCEPTION_WORDS_MOST)
        return WRONG(err, node, "expected one or up to 256 texts");
    struct str *words = arena_array(arena, len, sizeof *words);
    if (!words)
        return E_NOMEM;
    for (size_t i = 0; i < len; i++) {
        int rc = read_word(arena, word(node, i), &words[i], err);
        if (rc)
            return rc;
    }
    *ret = words;
    *ret_len = len;
    return 0;
}

static bool is_technique(struct str s)
{
    if (s.len < 5 || s.ptr[0] != 'T')
        return false;
    for (size_t i = 1; i < s.len; i++) {
        if (!(s.ptr[i] >= '0' && s.ptr[i] <= '9') && !(s.ptr[i] == '.' && i == 5))
            return false;
    }
    return true;
}

/* "attack.t1059.004", or the technique alone. */
static int read_tags(struct exceptions *list, const struct yaml_node *node, struct exception *e,
                     struct err *err)
{
    int rc = read_words(&list->arena, node, &e->tags, &e->tags_len, err);
    if (rc)
        return rc;
    struct str *tags = arena_array(&list->arena, e->tags_len, sizeof *tags);
    for (size_t i = 0; tags && i < e->tags_len; i++) {
        struct str s = e->tags[i];
        if (str_starts_nocase(s, STR("attack.")))
            s = str_sub(s, strlen("attack."), SIZE_MAX);
        char *text = arena_cstr(&list->arena, s);
        if (!text)
            return E_NOMEM;
        if (text[0] == 't')
            text[0] = 'T';
        tags[i] = str_n(text, s.len);
        if (!is_technique(tags[i]))
            return WRONG(err, word(node, i), "'%.*s' is no ATT&CK technique", STR_FMT(e->tags[i]));
    }
    e->tags = tags;
    return tags ? 0 : E_NOMEM;
}

static int read_rules(struct exceptions *list, const struct yaml_node *node, struct exception *e,
                      struct err *err)
{
    int rc = read_words(&list->arena, node, &e->rules, &e->rules_len, err);
    if (rc == 0 && e->rules_len == 1 && str_is(e->rules[0], "all")) {
        e->all_rules = true;
        e->rules_len = 0;
    }
    return rc;
}

/* ------------------------------------------------------------------ conditions */

static enum exception_test_kind find_test(struct str key)
{
    for (unsigned i = 0; i < EXCEPTION_TEST_KINDS; i++) {
        if (str_is(key, test_names[i]))
            return (enum exception_test_kind)i;
    }
    return EXCEPTION_TEST_KINDS;
}

static enum list_kind value_kind(enum exception_test_kind kind)
{
    switch (kind) {
    case EXCEPT_PATH:
    case EXCEPT_PARENT:
        return LIST_PATH;
    case EXCEPT_SIGNING_ID:
        return LIST_SIGNING_ID;
    case EXCEPT_TEAM_ID:
        return LIST_TEAM_ID;
    case EXCEPT_CDHASH:
        return LIST_CDHASH;
    case EXCEPT_SHA256:
        return LIST_SHA256;
    default:
        return LIST_KINDS;
    }
}

/* Values of lists are checked as in a list. */
static int read_test(struct exceptions *list, enum exception_test_kind kind,
                     const struct yaml_node *node, struct exception_test *ret, struct err *err)
{
    struct list_entry entry = {0};
    ret->kind = kind;
    int rc = read_word(&list->arena, node, &ret->text, err);
    if (rc || value_kind(kind) == LIST_KINDS)
        return rc;
    rc = list_value(value_kind(kind), ret->text, &list->arena, &entry, err);
    err_at(err, NULL, node->line, node->column);
    ret->text = entry.value;
    return rc;
}

static int count_tests(const struct yaml_node *when, size_t *ret_len, struct err *err)
{
    size_t len = 0;
    for (size_t i = 0; i < when->len; i++) {
        if (find_test(when->pairs[i].key->text) == EXCEPTION_TEST_KINDS)
            return WRONG(err, when->pairs[i].key, "'%.*s' is no condition of an exception",
                         STR_FMT(when->pairs[i].key->text));
        if (when->pairs[i].value->type == YAML_MAP || words_len(when->pairs[i].value) == 0)
            return WRONG(err, when->pairs[i].key, "'%.*s' has one value or a list of them",
                         STR_FMT(when->pairs[i].key->text));
        len += words_len(when->pairs[i].value);
    }
    if (len == 0 || len > EXCEPTION_WORDS_MOST)
        return WRONG(err, when, "an exception has between 1 and 256 values under 'when'");
    *ret_len = len;
    return 0;
}

static int read_when(struct exceptions *list, const struct yaml_node *when, struct exception *e,
                     struct err *err)
{
    size_t len;
    if (when->type != YAML_MAP)
        return WRONG(err, when, "'when' is a map of conditions");
    int rc = count_tests(when, &len, err);
    if (rc)
        return rc;
    struct exception_test *tests = arena_array(&list->arena, len, sizeof *tests);
    if (!tests)
        return E_NOMEM;
    for (unsigned kind = 0; kind < EXCEPTION_TEST_KINDS; kind++) {
        const struct yaml_node *node = yaml_find(when, test_names[kind]);
        for (size_t i = 0; node && i < words_len(node) && rc == 0; i++)
            rc = read_test(list, (enum exception_test_kind)kind, word(node, i),
                           &tests[e->tests_len++], err);
        if (rc)
            return rc;
    }
    e->tests = tests;
    return 0;
}

/* ------------------------------------------------------------------ one exception */

static int read_text(struct exceptions *list, const struct yaml_node *node, size_t most,
                     struct str *ret, struct err *err)
{
    int rc = read_word(&list->arena, node, ret, err);
    return rc == 0 && ret->len > most ? WRONG(err, node, "'%.*s' is too long", STR_FMT(*ret)) : rc;
}

static int read_id(struct exceptions *list, const struct yaml_node *node, struct exception *e,
                   struct err *err)
{
    int rc = read_text(list, node, EXCEPTION_ID_BYTES, &e->id, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < e->id.len; i++) {
        char c = char_lower(e->id.ptr[i]);
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.')
            return WRONG(err, node, "id '%.*s': expected letters, digits, '-', '_' and '.'",
                         STR_FMT(e->id));
    }
    for (size_t i = 0; i < list->len; i++) {
        if (str_eq(list->items[i].id, e->id))
            return WRONG(err, node, "id '%.*s' is used twice", STR_FMT(e->id));
    }
    return 0;
}

static int read_pair(struct exceptions *list, const struct yaml_pair *p, struct exception *e,
                     struct err *err)
{
    struct str key = p->key->text;
    if (str_is(key, "id"))
        return read_id(list, p->value, e, err);
    if (str_is(key, "reason"))
        return read_text(list, p->value, LIST_TEXT_BYTES, &e->reason, err);
    if (str_is(key, "rules"))
        return read_rules(list, p->value, e, err);
    if (str_is(key, "tags"))
        return read_tags(list, p->value, e, err);
    if (str_is(key, "when"))
        return read_when(list, p->value, e, err);
    if (!str_is(key, "expires"))
        return WRONG(err, p->key, "unknown key '%.*s'", STR_FMT(key));
    if (yaml_is_null(p->value))
        return 0;
    if (p->value->type != YAML_SCALAR || list_expiry(p->value->text, &e->expires_ns))
        return WRONG(err, p->value, "expires: expected a time as in RFC 3339");
    return 0;
}

static int read_exception(struct exceptions *list, const struct yaml_node *node,
                          struct exception *e, struct err *err)
{
    if (node->type != YAML_MAP)
        return WRONG(err, node, "an exception is a map");
    for (size_t i = 0; i < node->len; i++) {
        int rc = read_pair(list, &node->pairs[i], e, err);
        if (rc)
            return rc;
    }
    if (e->id.len == 0)
        return WRONG(err, node, "an exception has an id");
    if (e->reason.len == 0)
        return WRONG(err, node, "exception '%.*s' gives no reason", STR_FMT(e->id));
    if (!e->all_rules && e->rules_len == 0 && e->tags_len == 0)
        return WRONG(err, node, "exception '%.*s' names neither rules nor tags ('rules: all')",
                     STR_FMT(e->id));
    return e->tests_len ? 0 : WRONG(err, node, "exception '%.*s' has no 'when'", STR_FMT(e->id));
}

static int take(struct reader *r, const struct yaml_node *node, struct err *err)
{
    struct exception e = {.line = node->line};
    struct err why = {0};
    err_at(&why, r->source, node->line, node->column);
    int rc = read_exception(r->list, node, &e, &why);
    if (rc == E_NOMEM)
        return err_set(err, rc, "out of memory");
    if (rc) {
        r->refusals++;
        if (r->refused)
            r->refused(r->arg, &why);
        return 0;
    }
    if (r->list->len >= EXCEPTIONS_MOST)
        return err_set(err, E_LIMIT, "at most %d exceptions", EXCEPTIONS_MOST);
    if (mem_grow(&r->list->items, &r->list->cap, r->list->len + 1, sizeof e))
        return err_set(err, E_NOMEM, "out of memory");
    r->list->items[r->list->len++] = e;
    return 0;
}

static int take_all(struct reader *r, const struct yaml_node *list, struct err *err)
{
    for (size_t i = 0; i < list->len; i++) {
        int rc = take(r, list->items[i], err);
        if (rc)
            return rc;
    }
    return 0;
}

static int read_document(struct reader *r, const struct yaml_node *doc, struct err *err)
{
    const struct yaml_node *list = yaml_find(doc, "exceptions");
    if (yaml_is_null(doc))
        return 0;
    if (doc->type == YAML_LIST)
        return take_all(r, doc, err);
    if (doc->type == YAML_MAP && !list)
        return take(r, doc, err);
    if (!list || list->type != YAML_LIST || doc->len != 1)
        return WRONG(err, doc, "exceptions are a list, alone or under 'exceptions'");
    return take_all(r, list, err);
}

int exceptions_parse(struct exceptions *list, struct str text, const char *source,
                     exception_refused_fn refused, void *arg, uint32_t *ret_refused,
                     struct err *err)
{
    struct reader r = {.list = list, .source = source, .refused = refused, .arg = arg};
    CLEANUP(arena_done) struct arena arena = {0};
    struct yaml_node **docs;
    size_t len;
    int rc = yaml_parse(text, source, &yaml_limits_default, &arena, &docs, &len, err);
    for (size_t i = 0; rc == 0 && i < len; i++)
        rc = read_document(&r, docs[i], err);
    if (rc == 0 && list->len > 1)
        PLANT_OVERREAD(text.ptr + text.len);
    *ret_refused = r.refusals;
    return rc;
}
