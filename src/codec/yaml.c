/* YAML text to a tree of nodes, over libyaml's event parser. See yaml.h.
 * Builds bottom-up with one stack of finished children; aliases share the anchored node but are
 * counted at their full size, so that a chain of aliases runs into the node limit before it costs
 * anything. Must never recurse deeper than limits->depth. */
#include "codec/yaml.h"

#include <yaml.h>

#include "base/map.h"
#include "base/mem.h"

const struct yaml_limits yaml_limits_default = {.bytes = 4u << 20, .nodes = 200000, .depth = 32};

/* Maps up to this many pairs are checked for duplicate keys by comparing all of them. */
enum { FEW_PAIRS = 16 };

/* What an alias needs to know about the node behind an anchor. */
struct anchor {
    struct yaml_node *node;
    size_t nodes;    /* nodes of the subtree, aliases expanded */
    unsigned height; /* levels of the subtree */
    bool open;       /* still being built: an alias to it would be a loop */
};

struct parser {
    yaml_parser_t lib;
    yaml_event_t event; /* the current one; owned */
    struct str text;
    const struct yaml_limits *limits;
    struct arena *arena;
    struct err *err;
    struct yaml_node **stack; /* finished nodes that wait for their parent */
    size_t stack_len;
    size_t stack_cap;
    size_t nodes;
    unsigned height;    /* of the node parsed last */
    struct map anchors; /* name -> struct anchor, of the current document */
};

static int fail_at(struct parser *p, const yaml_mark_t *mark, int code, const char *what)
{
    err_at(p->err, NULL, (uint32_t)mark->line + 1, (uint32_t)mark->column + 1);
    return err_set(p->err, code, "%s", what);
}

static int fail_lib(struct parser *p)
{
    const yaml_parser_t *lib = &p->lib;
    const char *problem = lib->problem ? lib->problem : "cannot be read";
    switch (lib->error) {
    case YAML_MEMORY_ERROR:
        return err_set(p->err, E_NOMEM, "out of memory");
    case YAML_READER_ERROR:
        err_at(p->err, NULL, (uint32_t)lib->mark.line + 1, (uint32_t)lib->mark.column + 1);
        return err_set(p->err, E_PARSE, "YAML: %s (at byte %zu)", problem, lib->problem_offset);
    default:
        err_at(p->err, NULL, (uint32_t)lib->problem_mark.line + 1,
               (uint32_t)lib->problem_mark.column + 1);
        return lib->context ? err_set(p->err, E_PARSE, "YAML: %s, %s", lib->context, problem)
                            : err_set(p->err, E_PARSE, "YAML: %s", problem);
    }
}

static int next_event(struct parser *p)
{
    yaml_event_delete(&p->event);
    return yaml_parser_parse(&p->lib, &p->event) ? 0 : fail_lib(p);
}

static int count_nodes(struct parser *p, size_t nodes)
{
    if (nodes > p->limits->nodes - p->nodes)
        return fail_at(p, &p->event.start_mark, E_LIMIT, "too many YAML nodes");
    p->nodes += nodes;
    return 0;
}

static int push(struct parser *p, struct yaml_node *node)
{
    if (mem_grow(&p->stack, &p->stack_cap, p->stack_len + 1, sizeof(*p->stack)))
        return E_NOMEM;
    p->stack[p->stack_len++] = node;
    return 0;
}

static struct yaml_node *new_node(struct parser *p, enum yaml_type type)
{
    struct yaml_node *node = arena_alloc(p->arena, sizeof *node);
    if (node) {
        node->type = type;
        node->line = (uint32_t)p->event.start_mark.line + 1;
        node->column = (uint32_t)p->event.start_mark.column + 1;
    }
    return node;
}

/* Remember the node under its anchor's name, if it has one. A later anchor of the same name wins,
 * as YAML says. */
static int set_anchor(struct parser *p, const yaml_char_t *name, struct yaml_node *node,
                      struct anchor **ret_anchor)
{
    *ret_anchor = NULL;
    if (!name)
        return 0;
    struct anchor *anchor = arena_alloc(p->arena, sizeof *anchor);
    struct str key = arena_str(p->arena, str_of((const char *)name));
    if (!anchor || !key.ptr)
        return E_NOMEM;
    *anchor = (struct anchor){.node = node, .nodes = 1, .height = 1, .open = true};
    *ret_anchor = anchor;
    return map_put_ptr(&p->anchors, key, anchor);
}

static int duplicate_key(struct parser *p, const struct yaml_node *first,
                         const struct yaml_node *again)
{
    err_at(p->err, NULL, again->line, again->column);
    return err_set(p->err, E_PARSE, "key '%.*s' is already there at line %u", STR_FMT(again->text),
                   first->line);
}

static int check_keys_few(struct parser *p, const struct yaml_node *map)
{
    for (size_t i = 1; i < map->len; i++) {
        for (size_t j = 0; j < i; j++) {
            if (str_eq(map->pairs[i].key->text, map->pairs[j].key->text))
                return duplicate_key(p, map->pairs[j].key, map->pairs[i].key);
        }
    }
    return 0;
}

static int check_keys_many(struct parser *p, const struct yaml_node *map)
{
    CLEANUP(map_done) struct map seen = {0};
    for (size_t i = 0; i < map->len; i++) {
        const struct yaml_node *key = map->pairs[i].key;
        const struct yaml_node *first = map_find_ptr(&seen, key->text);
        if (first)
            return duplicate_key(p, first, key);
        if (map_put_ptr(&seen, key->text, map->pairs[i].key))
            return E_NOMEM;
    }
    return 0;
}

/* Move the children on the stack above `from` into the list or map. */
static int take_children(struct parser *p, struct yaml_node *node, size_t from)
{
    size_t count = p->stack_len - from;
    struct yaml_node **children = count ? p->stack + from : NULL;
    p->stack_len = from;
    if (node->type == YAML_LIST) {
        node->len = count;
        node->items = arena_array(p->arena, count, sizeof(*node->items));
        if (!node->items)
            return E_NOMEM;
        if (count)
            memcpy(node->items, children, count * sizeof(*children));
        return 0;
    }
    node->len = count / 2;
    node->pairs = arena_array(p->arena, node->len, sizeof(*node->pairs));
    if (!node->pairs)
        return E_NOMEM;
    for (size_t i = 0; i < node->len; i++)
        node->pairs[i] = (struct yaml_pair){children[2 * i], children[2 * i + 1]};
    return node->len <= FEW_PAIRS ? check_keys_few(p, node) : check_keys_many(p, node);
}

static int parse_node(struct parser *p, unsigned depth);

static int parse_scalar(struct parser *p)
{
    struct yaml_node *node = new_node(p, YAML_SCALAR);
    if (!node)
        return E_NOMEM;
    node->text = arena_str(
        p->arena, str_n((const char *)p->event.data.scalar.value, p->event.data.scalar.length));
    if (!node->text.ptr)
        return E_NOMEM;
    /* A tag such as !!str says that the text is not to be read as null or a number. */
    node->plain =
        p->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE && p->event.data.scalar.tag == NULL;
    struct anchor *anchor;
    int rc = set_anchor(p, p->event.data.scalar.anchor, node, &anchor);
    if (rc)
        return rc;
    if (anchor)
        anchor->open = false;
    p->height = 1;
    return push(p, node);
}

static int parse_alias(struct parser *p, unsigned depth)
{
    struct str name = str_of((const char *)p->event.data.alias.anchor);
    const struct anchor *anchor = map_find_ptr(&p->anchors, name);
    if (!anchor)
        return fail_at(p, &p->event.start_mark, E_PARSE, "alias to an anchor that is not there");
    if (anchor->open)
        return fail_at(p, &p->event.start_mark, E_PARSE, "alias to a node that contains it");
    if (anchor->height > p->limits->depth - depth)
        return fail_at(p, &p->event.start_mark, E_LIMIT, "YAML is nested too deeply");
    int rc = count_nodes(p, anchor->nodes - 1);
    if (rc)
        return rc;
    PLANT_OVERREAD(p->text.ptr + p->text.len);
    p->height = anchor->height;
    return push(p, anchor->node);
}

static int parse_children(struct parser *p, struct yaml_node *node, unsigned depth,
                          unsigned *ret_height)
{
    yaml_event_type_t end =
        node->type == YAML_LIST ? YAML_SEQUENCE_END_EVENT : YAML_MAPPING_END_EVENT;
    unsigned tallest = 0;
    for (bool is_key = true;; is_key = !is_key) {
        int rc = next_event(p);
        if (rc)
            return rc;
        if (p->event.type == end)
            break;
        yaml_mark_t at = p->event.start_mark;
        rc = parse_node(p, depth + 1);
        if (rc)
            return rc;
        if (node->type == YAML_MAP && is_key && p->stack[p->stack_len - 1]->type != YAML_SCALAR)
            return fail_at(p, &at, E_PARSE, "a key must be a plain word, not a list or a map");
        if (p->height > tallest)
            tallest = p->height;
    }
    *ret_height = tallest + 1;
    return 0;
}

static int parse_collection(struct parser *p, unsigned depth)
{
    bool is_list = p->event.type == YAML_SEQUENCE_START_EVENT;
    struct yaml_node *node = new_node(p, is_list ? YAML_LIST : YAML_MAP);
    if (!node)
        return E_NOMEM;
    struct anchor *anchor;
    int rc = set_anchor(
        p, is_list ? p->event.data.sequence_start.anchor : p->event.data.mapping_start.anchor, node,
        &anchor);
    if (rc)
        return rc;
    size_t from = p->stack_len;
    size_t nodes_before = p->nodes;
    unsigned height = 0;
    rc = parse_children(p, node, depth, &height);
    if (rc)
        return rc;
    rc = take_children(p, node, from);
    if (rc)
        return rc;
    if (anchor) {
        anchor->nodes = p->nodes - nodes_before + 1;
        anchor->height = height;
        anchor->open = false;
    }
    p->height = height;
    return push(p, node);
}

/* Parse the node that the current event begins; leaves it on the stack and its height in
 * p->height. `depth` is the number of nodes above it. */
static int parse_node(struct parser *p, unsigned depth)
{
    if (depth >= p->limits->depth)
        return fail_at(p, &p->event.start_mark, E_LIMIT, "YAML is nested too deeply");
    int rc = count_nodes(p, 1);
    if (rc)
        return rc;
    switch (p->event.type) {
    case YAML_SCALAR_EVENT:
        return parse_scalar(p);
    case YAML_ALIAS_EVENT:
        return parse_alias(p, depth);
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        return parse_collection(p, depth);
    default:
        return fail_at(p, &p->event.start_mark, E_PARSE, "unexpected end of YAML");
    }
}

/* Every document's root ends up on the stack. */
static int parse_stream(struct parser *p)
{
    for (;;) {
        int rc = next_event(p);
        if (rc)
            return rc;
        switch (p->event.type) {
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_END_EVENT:
            break;
        case YAML_STREAM_END_EVENT:
            return 0;
        case YAML_DOCUMENT_START_EVENT:
            map_clear(&p->anchors);
            rc = next_event(p);
            if (rc == 0)
                rc = parse_node(p, 0);
            if (rc)
                return rc;
            break;
        default:
            return fail_at(p, &p->event.start_mark, E_PARSE, "unexpected YAML event");
        }
    }
}

static int run(struct parser *p, struct yaml_node ***ret_docs, size_t *ret_len)
{
    if (!yaml_parser_initialize(&p->lib))
        return E_NOMEM;
    yaml_parser_set_encoding(&p->lib, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&p->lib, (const unsigned char *)(p->text.ptr ? p->text.ptr : ""),
                                 p->text.len);
    int rc = parse_stream(p);
    if (rc == 0) {
        struct yaml_node **docs = arena_array(p->arena, p->stack_len, sizeof(*docs));
        if (docs) {
            if (p->stack_len)
                memcpy(docs, p->stack, p->stack_len * sizeof(*docs));
            *ret_docs = docs;
            *ret_len = p->stack_len;
        } else {
            rc = E_NOMEM;
        }
    }
    yaml_event_delete(&p->event);
    yaml_parser_delete(&p->lib);
    map_done(&p->anchors);
    mem_free(p->stack);
    return rc;
}

int yaml_parse(struct str text, const char *source, const struct yaml_limits *limits,
               struct arena *arena, struct yaml_node ***ret_docs, size_t *ret_len, struct err *err)
{
    err_at(err, source ? source : "", 0, 0);
    if (text.len > limits->bytes)
        return err_set(err, E_LIMIT, "larger than %zu bytes", limits->bytes);
    struct parser p = {.text = text, .limits = limits, .arena = arena, .err = err};
    int rc = run(&p, ret_docs, ret_len);
    if (rc == E_NOMEM)
        return err_set(err, E_NOMEM, "out of memory");
    return rc;
}

struct yaml_node *yaml_find(const struct yaml_node *map, const char *key)
{
    if (!map || map->type != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->len; i++) {
        if (str_is(map->pairs[i].key->text, key))
            return map->pairs[i].value;
    }
    return NULL;
}

struct str yaml_find_text(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *value = yaml_find(map, key);
    return value && value->type == YAML_SCALAR ? value->text : (struct str){0};
}

bool yaml_is_null(const struct yaml_node *node)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    if (node->type != YAML_SCALAR || !node->plain)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (str_is(node->text, words[i]))
            return true;
    }
    return false;
}
