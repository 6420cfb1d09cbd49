/* Literals that all stand at the start of the text, or all at its end: looked up by a hash of their
 * outermost bytes, for a few numbers of bytes. The cost is a few look-ups a text, whatever its
 * length and the number of literals. See matcher.h. */
#include "base/err.h"
#include "base/mem.h"
#include "detect/fold.h"
#include "detect/matcher.h"

#include <stdlib.h>

enum {
    BITS_MOST = 24,
    WORD_BITS_MOST = 10, /* 8 KiB */
    REACH = 16           /* outermost bytes looked at */
};

/* Numbers of outermost bytes that are hashed. A literal is filed under the largest that it has. */
static const uint8_t reaches[] = {4, 6, 8, 12, REACH};

struct edge_head {
    uint32_t where; /* AT_START or AT_END */
    uint32_t bucket_bits;
    uint32_t entries_len;
    uint32_t text_bytes;
    uint32_t reaches;   /* bit i: some literal is filed under reaches[i] */
    uint32_t word_bits; /* 2^bits words of the filter */
};

struct edge_entry {
    uint32_t hash;
    uint32_t item;
    uint32_t text; /* offset in the table's text */
    uint32_t len;
};

/* Table: head, uint64_t filter[2^word_bits], uint32_t start[2^bucket_bits + 2], entries, text. The
 * start array has one word more than needed, to keep the entries aligned. The filter has a bit for
 * the outermost bytes of each literal, as many as all have: most texts need no further look. */

static size_t start_words(const struct edge_head *h)
{
    return ((size_t)1 << h->bucket_bits) + 2;
}

static uint32_t bucket_of(uint32_t hash, uint32_t bits)
{
    return bits ? hash >> (32 - bits) : 0;
}

/* The outermost bytes of a text, in lower case, 0 where it has none; the outermost byte is the
 * lowest of `near`'s at the start and the highest at the end. */
struct edge {
    uint64_t near;
    uint64_t far;
};

static struct edge edge_of(struct str text, uint32_t where)
{
    char bytes[REACH] = {0};
    const char *from = bytes;
    if (text.len >= REACH) {
        from = where == AT_START ? text.ptr : text.ptr + text.len - REACH;
    } else if (text.len) {
        memcpy(where == AT_START ? bytes : bytes + REACH - text.len, text.ptr, text.len);
    }
    uint64_t first = fold_word(fold_load8(from));
    uint64_t second = fold_word(fold_load8(from + 8));
    return where == AT_START ? (struct edge){first, second} : (struct edge){second, first};
}

/* The outer `bytes` bytes of a word, 1 to 8 of them. */
static uint64_t outer(uint64_t word, unsigned bytes, uint32_t where)
{
    unsigned rest = 64 - 8 * bytes;
    return where == AT_START ? word << rest : word >> rest;
}

/* Part of the image format. */
static uint32_t hash_edge(const struct edge *e, unsigned reach, uint32_t where)
{
    uint64_t h = reach < 8 ? outer(e->near, reach, where) : e->near;
    h = fold_mix(reach, h);
    if (reach > 8)
        h = fold_mix(h, outer(e->far, reach - 8, where));
    return (uint32_t)(h >> 16);
}

static size_t filter_word(const struct edge_head *h, uint32_t hash)
{
    return h->word_bits ? hash >> (32 - h->word_bits) : 0;
}

static uint64_t filter_bit(uint32_t hash)
{
    return UINT64_C(1) << (hash & 63);
}

/* ------------------------------------------------------------------ building */

static int by_hash(const void *a, const void *b)
{
    const struct edge_entry *x = a;
    const struct edge_entry *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->item > y->item) - (x->item < y->item);
}

static unsigned reach_of(size_t len)
{
    unsigned i = ARRAY_LEN(reaches) - 1;
    while (reaches[i] > len)
        i--;
    return i;
}

static int write(const struct edge_head *h, const struct edge_entry *entries,
                 const struct literal *literals, struct buf *out)
{
    size_t words = (size_t)1 << h->word_bits;
    CLEANUP(mem_freep) uint64_t *filter = mem_calloc(words, sizeof *filter);
    if (!filter)
        return E_NOMEM;
    for (uint32_t i = 0; i < h->entries_len; i++) {
        struct edge edge = edge_of(literals[i].text, h->where);
        uint32_t hash = hash_edge(&edge, reaches[0], h->where);
        filter[filter_word(h, hash)] |= filter_bit(hash);
    }
    buf_add(out, h, sizeof *h);
    buf_add(out, filter, words * sizeof *filter);
    uint32_t next = 0;
    for (uint32_t b = 0; b < start_words(h); b++) {
        while (next < h->entries_len && bucket_of(entries[next].hash, h->bucket_bits) < b)
            next++;
        buf_add(out, &next, sizeof next);
    }
    buf_add(out, entries, h->entries_len * sizeof *entries);
    for (uint32_t i = 0; i < h->entries_len; i++)
        buf_add_str(out, literals[i].text);
    return buf_check(out);
}

static int build(const struct literal *literals, size_t len, struct buf *out)
{
    if (len >= UINT32_C(1) << BITS_MOST)
        return E_LIMIT;
    CLEANUP(mem_freep) struct edge_entry *entries = mem_calloc(len, sizeof *entries);
    if (!entries)
        return E_NOMEM;
    struct edge_head h = {.where = literals[0].where, .entries_len = (uint32_t)len};
    for (size_t i = 0; i < len; i++) {
        struct str text = literals[i].text;
        if (text.len > UINT32_MAX - h.text_bytes)
            return E_LIMIT;
        unsigned reach = reach_of(text.len);
        struct edge edge = edge_of(text, h.where);
        entries[i] = (struct edge_entry){.hash = hash_edge(&edge, reaches[reach], h.where),
                                         .item = literals[i].item,
                                         .text = h.text_bytes,
                                         .len = (uint32_t)text.len};
        h.text_bytes += (uint32_t)text.len;
        h.reaches |= 1u << reach;
    }
    while ((size_t)1 << h.bucket_bits < len)
        h.bucket_bits++;
    while (h.word_bits < WORD_BITS_MOST && (size_t)8 << h.word_bits < len)
        h.word_bits++;
    qsort(entries, len, sizeof *entries, by_hash);
    return write(&h, entries, literals, out);
}

/* ------------------------------------------------------------------ reading */

static bool check(struct str table, uint32_t items_len)
{
    const struct edge_head *h = (const void *)table.ptr;
    if (table.len < sizeof *h || (h->where != AT_START && h->where != AT_END) ||
        h->bucket_bits > BITS_MOST || h->word_bits > WORD_BITS_MOST ||
        h->reaches >> ARRAY_LEN(reaches) != 0)
        return false;
    uint64_t start_offset = sizeof *h + ((uint64_t)8 << h->word_bits);
    uint64_t offset = start_offset + (uint64_t)start_words(h) * 4;
    uint64_t text = offset + (uint64_t)h->entries_len * sizeof(struct edge_entry);
    if (text + h->text_bytes > table.len)
        return false;
    const uint32_t *start = (const void *)(table.ptr + start_offset);
    for (size_t b = 0; b + 1 < start_words(h); b++) {
        if (start[b] > start[b + 1])
            return false;
    }
    if (start[start_words(h) - 1] > h->entries_len)
        return false;
    const struct edge_entry *entries = (const void *)(table.ptr + offset);
    for (uint32_t i = 0; i < h->entries_len; i++) {
        const struct edge_entry *e = &entries[i];
        if (e->item >= items_len || e->text > h->text_bytes || e->len > h->text_bytes - e->text)
            return false;
    }
    return true;
}

/* The outermost bytes passed the filter. */
static void look_up(const struct edge_head *h, const uint32_t *start, struct str text,
                    struct hits *hits)
{
    const struct edge_entry *entries = (const void *)(start + start_words(h));
    const char *pool = (const char *)(entries + h->entries_len);
    struct edge edge = edge_of(text, h->where);
    for (unsigned i = 0; i < ARRAY_LEN(reaches) && reaches[i] <= text.len; i++) {
        if ((h->reaches >> i & 1) == 0)
            continue;
        uint32_t hash = hash_edge(&edge, reaches[i], h->where);
        uint32_t bucket = bucket_of(hash, h->bucket_bits);
        for (uint32_t k = start[bucket]; k < start[bucket + 1]; k++) {
            const struct edge_entry *e = &entries[k];
            if (e->hash != hash || e->len > text.len)
                continue;
            size_t from = h->where == AT_START ? 0 : text.len - e->len;
            if (fold_eq(text.ptr + from, pool + e->text, e->len))
                hits_add(hits, e->item);
        }
    }
}

static void scan(const char *table, struct str text, struct hits *hits)
{
    const struct edge_head *h = (const void *)table;
    if (text.len < reaches[0])
        return;
    const char *from = h->where == AT_START ? text.ptr : text.ptr + text.len - reaches[0];
    uint64_t outermost = fold_word(fold_load4(from));
    struct edge edge = {h->where == AT_START ? outermost : outermost << 32, 0};
    uint32_t hash = hash_edge(&edge, reaches[0], h->where);
    const uint64_t *filter = (const void *)(h + 1);
    if (filter[filter_word(h, hash)] & filter_bit(hash))
        look_up(h, (const void *)(filter + ((size_t)1 << h->word_bits)), text, hits);
}

const struct matcher_ops matcher_edge = {MATCHER_EDGE, "edge", build, check, scan};
