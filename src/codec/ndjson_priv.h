/* Inside of codec/ndjson: the compiled path trie, and what its files share. */
#ifndef CORDON_CODEC_NDJSON_PRIV_H
#define CORDON_CODEC_NDJSON_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define NDJSON_NONE UINT16_MAX

/* One place in a record that a path passes or ends at. */
struct ndjson_node {
    uint32_t table;       /* first of its slots in `edges` */
    uint32_t mask;        /* slots - 1, a power of two; meaningless without children */
    uint16_t children;    /* number of keys named here */
    uint16_t star;        /* node for every other key, or NDJSON_NONE */
    uint16_t element;     /* node for the elements of an array, or NDJSON_NONE */
    uint16_t leaf;        /* rank of the path that ends here, or NDJSON_NONE */
    uint16_t below_first; /* ranks of the paths that end below: first */
    uint16_t below_end;   /* and one past the last */
    bool list;            /* the path that ends here may yield several values */
    bool in_array;        /* an array lies above */
};

/* Slot of an open-addressed table of keys. */
struct ndjson_edge {
    const char *key;
    uint32_t len;
    uint16_t node; /* NDJSON_NONE = empty slot */
};

/* Ranks number the paths in depth-first order of the trie, so that all below a node are a range. */
struct ndjson_paths {
    struct ndjson_node *nodes; /* [0] is the record itself */
    struct ndjson_edge *edges;
    uint16_t *rank_of; /* path number -> rank */
    uint16_t *path_of; /* rank -> path number */
    char *text;        /* unescaped keys */
    uint32_t nodes_len;
    uint32_t paths_len;
};

static inline uint32_t ndjson_key_hash(const char *key, size_t len)
{
    if (len == 0)
        return 0;
    uint32_t h = (uint32_t)(unsigned char)key[0] | (uint32_t)(unsigned char)key[len - 1] << 8 |
                 (uint32_t)(unsigned char)key[len / 2] << 16 | (uint32_t)len << 24;
    h *= 0x9e3779b1u;
    return h ^ h >> 15;
}

/* Decoded form of a checked string, written at `out`; never longer than `raw`. @return its bytes */
size_t ndjson_unescape(struct str raw, char *out);

#endif
