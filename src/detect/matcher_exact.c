/* Whole values by hash: buckets of entries, entries in bucket order. See matcher.h. */
#include "base/err.h"
#include "base/mem.h"
#include "detect/fold.h"
#include "detect/matcher.h"

#include <stdlib.h>

struct exact_head {
    uint32_t bucket_bits; /* 2^bits buckets */
    uint32_t entries_len;
    uint32_t text_bytes;
    uint32_t longest;
    uint64_t lengths; /* bit n % 64: some literal has n bytes */
};

struct exact_entry {
    uint32_t hash;
    uint32_t item;
    uint32_t text; /* offset in the table's text */
    uint32_t len;
};

/* Table: head, uint32_t start[2^bucket_bits + 1], padding to 8, entries, text. */
enum { BITS_MOST = 24 };

static size_t entries_offset(const struct exact_head *h)
{
    size_t start = sizeof *h + ((size_t)1 << h->bucket_bits) * 4 + 4;
    return (start + 7) & ~(size_t)7;
}

static uint32_t bucket_of(uint32_t hash, uint32_t bits)
{
    return bits ? hash >> (32 - bits) : 0;
}

static int by_hash(const void *a, const void *b)
{
    const struct exact_entry *x = a;
    const struct exact_entry *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->item > y->item) - (x->item < y->item);
}

static void write(const struct exact_head *h, const struct exact_entry *entries,
                  const struct literal *literals, size_t len, struct buf *out)
{
    buf_add(out, h, sizeof *h);
    uint32_t next = 0;
    for (uint32_t b = 0; b <= UINT32_C(1) << h->bucket_bits; b++) {
        while (next < len && bucket_of(entries[next].hash, h->bucket_bits) < b)
            next++;
        buf_add(out, &next, sizeof next);
    }
    static const char zeros[8];
    buf_add(out, zeros, entries_offset(h) - (sizeof *h + ((size_t)1 << h->bucket_bits) * 4 + 4));
    buf_add(out, entries, len * sizeof *entries);
    for (size_t i = 0; i < len; i++)
        buf_add_str(out, literals[i].text);
}

static int build(const struct literal *literals, size_t len, struct buf *out)
{
    if (len >= UINT32_C(1) << BITS_MOST)
        return E_LIMIT;
    CLEANUP(mem_freep) struct exact_entry *entries = mem_calloc(len, sizeof *entries);
    if (!entries)
        return E_NOMEM;
    struct exact_head h = {.entries_len = (uint32_t)len};
    for (size_t i = 0; i < len; i++) {
        struct str text = literals[i].text;
        if (text.len > UINT32_MAX - h.text_bytes)
            return E_LIMIT;
        entries[i] = (struct exact_entry){.hash = fold_hash(text),
                                          .item = literals[i].item,
                                          .text = h.text_bytes,
                                          .len = (uint32_t)text.len};
        h.text_bytes += (uint32_t)text.len;
        h.lengths |= UINT64_C(1) << (text.len % 64);
        if (text.len > h.longest)
            h.longest = (uint32_t)text.len;
    }
    while ((size_t)1 << h.bucket_bits < len)
        h.bucket_bits++;
    qsort(entries, len, sizeof *entries, by_hash);
    write(&h, entries, literals, len, out);
    return buf_check(out);
}

static bool check(struct str table, uint32_t items_len)
{
    const struct exact_head *h = (const void *)table.ptr;
    if (table.len < sizeof *h || h->bucket_bits > BITS_MOST)
        return false;
    uint64_t offset = entries_offset(h);
    uint64_t text = offset + (uint64_t)h->entries_len * sizeof(struct exact_entry);
    if (text + h->text_bytes > table.len)
        return false;
    const uint32_t *start = (const void *)(table.ptr + sizeof *h);
    uint32_t buckets = UINT32_C(1) << h->bucket_bits;
    for (uint32_t b = 0; b < buckets; b++) {
        if (start[b] > start[b + 1])
            return false;
    }
    if (start[buckets] > h->entries_len)
        return false;
    const struct exact_entry *entries = (const void *)(table.ptr + offset);
    for (uint32_t i = 0; i < h->entries_len; i++) {
        const struct exact_entry *e = &entries[i];
        if (e->item >= items_len || e->text > h->text_bytes || e->len > h->text_bytes - e->text)
            return false;
    }
    return true;
}

static void scan(const char *table, struct str text, struct hits *hits)
{
    const struct exact_head *h = (const void *)table;
    if (text.len > h->longest || (h->lengths >> (text.len % 64) & 1) == 0)
        return;
    const uint32_t *start = (const void *)(table + sizeof *h);
    const struct exact_entry *entries = (const void *)(table + entries_offset(h));
    const char *pool = (const char *)(entries + h->entries_len);
    uint32_t hash = fold_hash(text);
    uint32_t bucket = bucket_of(hash, h->bucket_bits);
    for (uint32_t i = start[bucket]; i < start[bucket + 1]; i++) {
        const struct exact_entry *e = &entries[i];
        if (e->hash == hash && e->len == text.len && fold_eq(text.ptr, pool + e->text, e->len))
            hits_add(hits, e->item);
    }
}

const struct matcher_ops matcher_exact = {MATCHER_EXACT, "exact", build, check, scan};
