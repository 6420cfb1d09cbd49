/* YAML 1.1 documents as a tree of nodes with their places, over libyaml's event API. All scalars
 * are strings; the reader's schema types them (no yes/no surprise); `plain` and `quoted` are kept
 * apart so that null can be told from "null". Duplicate keys are an error; depth, nodes, bytes and
 * alias expansion are limited. */
#ifndef CORDON_CODEC_YAML_H
#define CORDON_CODEC_YAML_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum yaml_type { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_pair;

struct yaml_node {
    enum yaml_type type;
    uint32_t line;   /* 1-based */
    uint32_t column; /* 1-based */
    bool plain;      /* scalar written without quotes or block style */
    struct str text; /* scalar only */
    size_t len;      /* items of a list or pairs of a map */
    union {
        struct yaml_node **items; /* list */
        struct yaml_pair *pairs;  /* map, in file order */
    };
};

struct yaml_pair {
    struct yaml_node *key; /* a scalar */
    struct yaml_node *value;
};

struct yaml_limits {
    size_t bytes; /* input */
    size_t nodes; /* all documents together, after alias expansion */
    unsigned depth;
};

extern const struct yaml_limits yaml_limits_default; /* 4 MiB, 200,000 nodes, depth 32 */

/**
 * Parse every document of a text.
 *
 * @param text    borrowed during the call
 * @param source  name for error places
 * @param arena   owns every node; valid until it is cleared
 * @param ret_docs array of root nodes, in the arena
 * @return 0, E_PARSE (err has line and column), E_LIMIT, E_NOMEM
 * Source: YAML 1.1 as read by libyaml 0.2.5.
 */
int yaml_parse(struct str text, const char *source, const struct yaml_limits *limits,
               struct arena *arena, struct yaml_node ***ret_docs, size_t *ret_len,
               struct err *err) MUST_CHECK;

/** Value of a map's key, or NULL (also when `map` is NULL or no map). */
struct yaml_node *yaml_find(const struct yaml_node *map, const char *key);
/** Scalar text of a map's key, or an empty slice with NULL pointer. */
struct str yaml_find_text(const struct yaml_node *map, const char *key);
/** True for a plain scalar that YAML 1.1 reads as null: "", "~", "null", "Null", "NULL". */
bool yaml_is_null(const struct yaml_node *node);

#endif
