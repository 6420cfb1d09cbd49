/* Compiles a list of paths into the trie that codec/ndjson.c walks beside the record. Runs once at
 * start; the result never changes. See ndjson.h for the path's grammar. */
#include "codec/ndjson.h"

#include <limits.h>

#include "base/mem.h"
#include "codec/ndjson_hint_priv.h"
#include "codec/ndjson_priv.h"
#include "codec/ndjson_scan_priv.h"

enum { PATH_BYTES_MAX = 512 };

/* A node while the trie grows: children as a list. */
struct draft {
    struct str key; /* of the edge from its parent */
    uint16_t first_child;
    uint16_t sibling;
    struct ndjson_node node;
};

struct compiler {
    struct draft *drafts;
    size_t len;
    size_t cap;
    char *text;
    size_t text_len;
    struct ndjson_paths *paths;
    size_t edges_len;
    uint16_t ranks;
};

static int add_node(struct compiler *c, struct str key, bool in_array, uint16_t *ret_node)
{
    if (c->len >= NDJSON_NONE)
        return E_LIMIT;
    if (mem_grow(&c->drafts, &c->cap, c->len + 1, sizeof *c->drafts))
        return E_NOMEM;
    c->drafts[c->len] = (struct draft){.key = key,
                                       .first_child = NDJSON_NONE,
                                       .sibling = NDJSON_NONE,
                                       .node = {.star = NDJSON_NONE,
                                                .element = NDJSON_NONE,
                                                .leaf = NDJSON_NONE,
                                                .in_array = in_array}};
    *ret_node = (uint16_t)c->len++;
    return 0;
}

static int child_by_key(struct compiler *c, uint16_t parent, struct str key, uint16_t *ret_node)
{
    for (uint16_t i = c->drafts[parent].first_child; i != NDJSON_NONE; i = c->drafts[i].sibling) {
        if (str_eq(c->drafts[i].key, key)) {
            *ret_node = i;
            return 0;
        }
    }
    int rc = add_node(c, key, c->drafts[parent].node.in_array, ret_node);
    if (rc)
        return rc;
    c->drafts[*ret_node].sibling = c->drafts[parent].first_child;
    c->drafts[parent].first_child = *ret_node;
    c->drafts[parent].node.children++;
    return 0;
}

static int child_star(struct compiler *c, uint16_t parent, uint16_t *ret_node)
{
    if (c->drafts[parent].node.star == NDJSON_NONE) {
        uint16_t made = NDJSON_NONE;
        int rc = add_node(c, STR("*"), c->drafts[parent].node.in_array, &made);
        if (rc)
            return rc;
        c->drafts[made].node.list = true;
        c->drafts[made].node.starred = true;
        c->drafts[parent].node.star = made;
    }
    *ret_node = c->drafts[parent].node.star;
    return 0;
}

static int child_element(struct compiler *c, uint16_t parent, uint16_t *ret_node)
{
    if (c->drafts[parent].node.element == NDJSON_NONE) {
        uint16_t made = NDJSON_NONE;
        int rc = add_node(c, STR("[]"), true, &made);
        if (rc)
            return rc;
        c->drafts[made].node.starred = c->drafts[parent].node.starred;
        c->drafts[parent].node.element = made;
    }
    *ret_node = c->drafts[parent].node.element;
    return 0;
}

/* Unescape one key into the shared text; *p ends at the '.', '[' or NUL behind it. */
static struct str cut_key(struct compiler *c, const char **p)
{
    char *start = c->text + c->text_len;
    while (**p && **p != '.' && **p != '[') {
        if (**p == '\\' && (*p)[1])
            (*p)++;
        c->text[c->text_len++] = *(*p)++;
    }
    return str_n(start, (size_t)(c->text + c->text_len - start));
}

static int add_path(struct compiler *c, const char *path, uint16_t number, struct err *err)
{
    bool wanted = *path != '!';
    path += !wanted;
    const char *p = path;
    uint16_t at = 0;
    unsigned levels = 0;
    int rc = 0;
    do {
        bool star = p[0] == '*' && (p[1] == '\0' || p[1] == '.' || p[1] == '[');
        if (star) {
            p++;
            rc = child_star(c, at, &at);
        } else if (p != path || *p != '[') {
            struct str key = cut_key(c, &p);
            if (key.len == 0)
                return err_set(err, E_ARG, "path '%s' has an empty key", path);
            rc = child_by_key(c, at, key, &at);
        }
        levels++;
        while (rc == 0 && p[0] == '[' && p[1] == ']') {
            p += 2;
            rc = child_element(c, at, &at);
            levels++;
        }
        if (rc)
            return err_set(err, rc, "path '%s' cannot be added: %s", path, err_sentence(rc));
        if (levels > NDJSON_DEPTH_MAX)
            return err_set(err, E_LIMIT, "path '%s' has more than %d levels", path,
                           NDJSON_DEPTH_MAX);
    } while (*p == '.' && p++);
    if (*p)
        return err_set(err, E_ARG, "path '%s': expected '.', '[]' or its end at '%s'", path, p);
    if (!wanted)
        return 0;
    if (c->drafts[at].node.leaf != NDJSON_NONE)
        return err_set(err, E_ARG, "path '%s' is listed twice", path);
    c->drafts[at].node.leaf = number; /* a path number for now; becomes a rank */
    c->drafts[at].node.list |= c->drafts[at].node.in_array;
    return 0;
}

/* Give every wanted path its rank, depth first. Recursion is bounded by NDJSON_DEPTH_MAX. */
static void rank(struct compiler *c, uint16_t at)
{
    struct ndjson_node *node = &c->drafts[at].node;
    if (node->leaf != NDJSON_NONE) {
        uint16_t number = node->leaf;
        node->leaf = c->ranks;
        c->paths->rank_of[number] = c->ranks;
        c->paths->path_of[c->ranks++] = number;
    }
    node->below_first = c->ranks;
    for (uint16_t i = c->drafts[at].first_child; i != NDJSON_NONE; i = c->drafts[i].sibling)
        rank(c, i);
    if (node->star != NDJSON_NONE)
        rank(c, node->star);
    if (node->element != NDJSON_NONE)
        rank(c, node->element);
    node->below_end = c->ranks;
    node->renews = node->below_first != node->below_end && !node->in_array;
}

/* ------------------------------------------------------------------ tables of keys */

/* The n-th of the seeds that are tried. Source: Steele, Lea and Flood, SplitMix64. */
static uint64_t seed_at(unsigned n)
{
    uint64_t z = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    return (z ^ z >> 27) | 1;
}

static struct ndjson_key key_of(const struct compiler *c, uint16_t draft)
{
    return ndjson_key_of(c->drafts[draft].key.ptr, c->drafts[draft].key.len);
}

/* Put the node's keys into its table. @return how many found their slot taken */
static unsigned fill_table(const struct compiler *c, size_t number, struct ndjson_edge *table,
                           size_t slots)
{
    const struct ndjson_node *node = &c->drafts[number].node;
    unsigned taken = 0;
    for (size_t i = 0; i < slots; i++)
        table[i] = (struct ndjson_edge){.key.len = UINT32_MAX, .node = NDJSON_NONE};
    for (uint16_t i = c->drafts[number].first_child; i != NDJSON_NONE; i = c->drafts[i].sibling) {
        struct ndjson_key key = key_of(c, i);
        struct ndjson_edge *edge = table + (ndjson_key_hash(&key, node->seed) >> node->shift);
        for (; edge->node != NDJSON_NONE; edge++) {
            edge->passed = true;
            taken++;
        }
        edge->key = key;
        edge->node = i;
        const struct ndjson_node *below = &c->drafts[i].node;
        edge->idle = below->leaf == NDJSON_NONE && below->below_first == below->below_end;
    }
    return taken;
}

/* Room for every key to stand behind all others that want the last slot. */
static size_t slots_of(const struct ndjson_node *node)
{
    return ((size_t)1 << (64 - node->shift)) + node->children + 1;
}

/* Choose size and seed of the node's table, best with every key in its own slot. */
static int shape_table(struct compiler *c, size_t number)
{
    enum { TRIES = 64, GROWTHS = 3 };
    struct ndjson_node *node = &c->drafts[number].node;
    node->shift = 62;
    while ((size_t)1 << (64 - node->shift) < node->children * 2u)
        node->shift--;
    CLEANUP(mem_freep)
    struct ndjson_edge *table =
        mem_calloc(((size_t)1 << (64 - node->shift + GROWTHS)) + node->children + 1, sizeof *table);
    if (!table)
        return E_NOMEM;
    uint64_t best_seed = 0;
    uint32_t best_shift = 0;
    unsigned best = UINT_MAX;
    for (unsigned growth = 0; growth <= GROWTHS && best; growth++, node->shift--) {
        for (unsigned try = 0; try < TRIES && best; try++) {
            node->seed = seed_at(try);
            unsigned taken = fill_table(c, number, table, slots_of(node));
            if (taken < best) {
                best = taken;
                best_seed = node->seed;
                best_shift = node->shift;
            }
        }
    }
    node->seed = best_seed;
    node->shift = best_shift;
    node->table = (uint32_t)c->edges_len;
    c->edges_len += slots_of(node);
    return 0;
}

static int shape_tables(struct compiler *c)
{
    for (size_t i = 0; i < c->len; i++) {
        if (c->drafts[i].node.children && shape_table(c, i))
            return E_NOMEM;
    }
    return 0;
}

/* Nodes that no key leads to, and keys that do not stand in a record as they are, get none. */
static void fill_hints(struct compiler *c)
{
    for (size_t at = 0; at < c->len; at++) {
        for (uint16_t i = c->drafts[at].first_child; i != NDJSON_NONE; i = c->drafts[i].sibling) {
            struct str key = c->drafts[i].key;
            bool plain = true;
            for (size_t k = 0; k < key.len; k++)
                plain &= !ndjson_is_special((unsigned char)key.ptr[k]);
            if (plain)
                c->paths->hints[i] = ndjson_hint_of(key.ptr, key.len);
        }
    }
}

static int finish(struct compiler *c)
{
    struct ndjson_paths *paths = c->paths;
    for (size_t i = 0; i < paths->paths_len; i++)
        paths->rank_of[i] = NDJSON_NONE;
    rank(c, 0);
    for (size_t i = 0; i < paths->paths_len; i++) {
        if (paths->rank_of[i] == NDJSON_NONE) /* not wanted: a slot that nothing is put into */
            paths->rank_of[i] = c->ranks++;
    }
    if (shape_tables(c))
        return E_NOMEM;
    paths->nodes = mem_calloc(c->len, sizeof *paths->nodes);
    paths->hints = mem_calloc(c->len, sizeof *paths->hints);
    paths->edges = mem_calloc(c->edges_len + 1, sizeof *paths->edges);
    if (!paths->nodes || !paths->hints || !paths->edges)
        return E_NOMEM;
    for (size_t i = 0; i < c->len; i++)
        paths->nodes[i] = c->drafts[i].node;
    fill_hints(c);
    paths->nodes_len = (uint32_t)c->len;
    for (size_t i = 0; i < c->len; i++) {
        const struct ndjson_node *node = &paths->nodes[i];
        if (node->children)
            (void)fill_table(c, i, paths->edges + node->table, slots_of(node));
    }
    return 0;
}

static int compile(struct compiler *c, const char *const *list, size_t count, struct err *err)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(list[i]);
        if (len > PATH_BYTES_MAX)
            return err_set(err, E_LIMIT, "path '%.40s...' is longer than %d bytes", list[i],
                           PATH_BYTES_MAX);
        bytes += len;
    }
    struct ndjson_paths *paths = c->paths;
    paths->text = c->text = mem_alloc(bytes);
    paths->rank_of = mem_calloc(count, sizeof *paths->rank_of);
    paths->path_of = mem_calloc(count, sizeof *paths->path_of);
    paths->paths_len = (uint32_t)count;
    uint16_t root;
    if (!paths->text || !paths->rank_of || !paths->path_of || add_node(c, STR(""), false, &root))
        return err_set(err, E_NOMEM, "%s", err_sentence(E_NOMEM));
    for (size_t i = 0; i < count; i++) {
        int rc = add_path(c, list[i], (uint16_t)i, err);
        if (rc)
            return rc;
    }
    if (finish(c))
        return err_set(err, E_NOMEM, "%s", err_sentence(E_NOMEM));
    return 0;
}

int ndjson_paths_new(const char *const *paths, size_t count, struct ndjson_paths **ret_paths,
                     struct err *err)
{
    if (count > NDJSON_PATHS_MAX)
        return err_set(err, E_LIMIT, "more than %d paths", NDJSON_PATHS_MAX);
    struct compiler c = {.paths = mem_calloc(1, sizeof *c.paths)};
    if (!c.paths)
        return err_set(err, E_NOMEM, "%s", err_sentence(E_NOMEM));
    int rc = compile(&c, paths, count, err);
    mem_free(c.drafts);
    if (rc) {
        ndjson_paths_free(c.paths);
        return rc;
    }
    *ret_paths = c.paths;
    return 0;
}

void ndjson_paths_free(struct ndjson_paths *paths)
{
    if (!paths)
        return;
    mem_free(paths->nodes);
    mem_free(paths->hints);
    mem_free(paths->edges);
    mem_free(paths->rank_of);
    mem_free(paths->path_of);
    mem_free(paths->text);
    mem_free(paths);
}
