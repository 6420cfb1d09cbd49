/* Inside of codec/ndjson: the compiled path trie, and what its files share. */
#ifndef CORDON_CODEC_NDJSON_PRIV_H
#define CORDON_CODEC_NDJSON_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define NDJSON_NONE UINT16_MAX

/* One place in a record that a path passes or ends at. */
struct ndjson_node {
    uint64_t seed;     /* of the hash of its keys, odd */
    uint32_t table;    /* first of its slots in `edges` */
    uint32_t shift;    /* 64 - the logarithm of the number of slots; meaningless without children */
    uint16_t children; /* number of keys named here */
    uint16_t star;     /* node for every other key, or NDJSON_NONE */
    uint16_t element;  /* node for the elements of an array, or NDJSON_NONE */
    uint16_t leaf;     /* rank of the path that ends here, or NDJSON_NONE */
    uint16_t below_first; /* ranks of the paths that end below: first */
    uint16_t below_end;   /* and one past the last */
    bool list;            /* the path that ends here may yield several values */
    bool in_array;        /* an array lies above */
    bool starred;         /* a star, or an element of an array there: values keep their key */
    bool renews;          /* a second value here makes the first one's picks below forgotten */
};

/* A key as it is compared: two words tell apart all keys of up to 16 bytes. */
struct ndjson_key {
    uint64_t head; /* its first 8 bytes, 0 where it has fewer */
    uint64_t tail; /* its next 8 likewise; of more than 16 the last 8 */
    const char *text;
    uint32_t len;
};

/* Slot of an open-addressed table of keys; the seed is chosen so that hardly any key stands in
 * another's slot. The table has one slot more, always empty, so that none wraps around. */
struct ndjson_edge {
    struct ndjson_key key;
    uint16_t node; /* NDJSON_NONE = empty slot */
    bool passed;   /* a key that belongs here or before stands further on */
    bool idle;     /* nothing is wanted there or below */
};

/* Ranks number the paths in depth-first order of the trie, so that all below a node are a range. */
struct ndjson_paths {
    struct ndjson_node *nodes; /* [0] is the record itself */
    struct ndjson_hint *hints; /* by node: the key that leads there */
    struct ndjson_edge *edges;
    uint16_t *rank_of; /* path number -> rank */
    uint16_t *path_of; /* rank -> path number */
    char *text;        /* unescaped keys */
    uint32_t nodes_len;
    uint32_t paths_len;
};

static inline uint64_t ndjson_load8(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint32_t ndjson_load4(const char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline struct ndjson_key ndjson_key_of(const char *text, size_t len)
{
    struct ndjson_key k = {.text = text, .len = (uint32_t)len};
    if (len >= 8) {
        k.head = ndjson_load8(text);
        if (len > 8)
            k.tail = ndjson_load8(text + len - 8) >> (len < 16 ? (16 - len) * 8 : 0);
    } else if (len >= 4) {
        k.head = ndjson_load4(text) | (uint64_t)ndjson_load4(text + len - 4) << (len - 4) * 8;
    } else {
        for (size_t i = 0; i < len; i++)
            k.head |= (uint64_t)(unsigned char)text[i] << i * 8;
    }
    return k;
}

static inline bool ndjson_key_eq(const struct ndjson_key *a, const struct ndjson_key *b)
{
    if (((a->head ^ b->head) | (a->tail ^ b->tail) | (a->len ^ b->len)) != 0)
        return false;
    return a->len <= 16 || memcmp(a->text, b->text, a->len) == 0;
}

static inline uint64_t ndjson_key_hash(const struct ndjson_key *k, uint64_t seed)
{
    uint64_t h = k->head ^ (k->tail << 31 | k->tail >> 33) ^ k->len;
    return (h ^ h >> 29) * seed;
}

/* Decoded form of a checked string, written at `out`; never longer than `raw`. @return its bytes */
size_t ndjson_unescape(struct str raw, char *out);

#endif
