/* A filter over windows of two or four bytes, then the literals behind the window that passed: for
 * large sets. Each literal is filed under one of its windows, the one fewest other literals have,
 * so that a text without a literal passes the filter rarely; the cost is one look-up in a small
 * bitmap a byte, almost whatever the number of literals. See matcher.h. */
#include "base/err.h"
#include "base/mem.h"
#include "detect/fold.h"
#include "detect/matcher.h"

#include <stdlib.h>

enum {
    WORD_BITS_LEAST = 4,
    WORD_BITS_MOST = 12, /* 32 KiB of 64-bit words: stays in the fastest cache */
    BUCKET_BITS_MOST = 22,
    OFFSET_MOST = 255 /* windows further back in a literal are not considered */
};

struct gram_head {
    uint32_t window;      /* bytes: 2 or 4 */
    uint32_t word_bits;   /* 2^bits words of the bitmap */
    uint32_t bucket_bits; /* 2^bits buckets */
    uint32_t entries_len;
    uint32_t text_bytes;
    uint32_t reserved;
};

struct gram_entry {
    uint32_t gram; /* window in lower case, see fold_gram */
    uint32_t item;
    uint32_t text; /* offset in the table's text */
    uint16_t len;
    uint8_t before; /* bytes of the literal before the window */
    uint8_t where;
};

/* Table: head, bitmap, uint32_t start[2^bucket_bits + 2], entries, text. The start array has one
 * word more than needed, to keep the entries aligned. */

/* Setting bit 5 folds letters and also a few other bytes; what passes by accident fails the full
 * comparison. */
#define FOLD_BITS UINT64_C(0x2020202020202020)

static uint64_t hash_gram(uint32_t gram)
{
    return gram * UINT64_C(0x9e3779b97f4a7c15);
}

static uint32_t top_bits(uint64_t hash, uint32_t bits)
{
    return (uint32_t)(hash >> (64 - bits));
}

/* Two bits of one word: both must be set for a window to pass. */
static uint64_t filter_mask(uint64_t hash)
{
    return UINT64_C(1) << (hash >> 46 & 63) | UINT64_C(1) << (hash >> 40 & 63);
}

static size_t bitmap_words(const struct gram_head *h)
{
    return (size_t)1 << h->word_bits;
}

static size_t start_words(const struct gram_head *h)
{
    return ((size_t)1 << h->bucket_bits) + 2;
}

/* ------------------------------------------------------------------ building */

struct gram_count {
    uint32_t gram;
    uint32_t literals; /* that have the window somewhere */
    uint32_t filed;    /* that are filed under it */
};

struct gram_counts {
    struct gram_count *slots;
    size_t mask;
    size_t window; /* bytes */
};

static struct gram_count *count_of(const struct gram_counts *c, uint32_t gram)
{
    for (size_t i = (hash_gram(gram) >> 20) & c->mask;; i = (i + 1) & c->mask) {
        struct gram_count *slot = &c->slots[i];
        if (slot->literals == 0 || slot->gram == gram)
            return slot;
    }
}

static size_t windows_of(const struct literal *l, size_t window)
{
    size_t windows = l->text.len - window + 1;
    return windows > OFFSET_MOST + 1 ? OFFSET_MOST + 1 : windows;
}

static uint32_t window_at(const struct literal *l, size_t offset, size_t window)
{
    uint32_t gram = 0;
    memcpy(&gram, l->text.ptr + offset, window);
    return gram | (window == 4 ? (uint32_t)FOLD_BITS : (uint32_t)FOLD_BITS & 0xffff);
}

static int count_all(const struct literal *literals, size_t len, struct gram_counts *c)
{
    size_t windows = 0;
    for (size_t i = 0; i < len; i++)
        windows += windows_of(&literals[i], c->window);
    size_t cap = 16;
    while (cap < windows * 2)
        cap *= 2;
    c->mask = cap - 1;
    c->slots = mem_calloc(cap, sizeof(*c->slots));
    if (!c->slots)
        return E_NOMEM;
    for (size_t i = 0; i < len; i++) {
        for (size_t k = 0; k < windows_of(&literals[i], c->window); k++) {
            uint32_t gram = window_at(&literals[i], k, c->window);
            struct gram_count *slot = count_of(c, gram);
            slot->gram = gram;
            slot->literals++;
        }
    }
    return 0;
}

/* How common a byte is in paths and command lines, roughly: 0 rare .. 4 everywhere. */
static unsigned byte_weight(uint8_t c)
{
    if (strchr("eatoinsrl/\\ .", (int)c) && c)
        return 4;
    if ((c >= 'a' && c <= 'z') || c == '-' || c == ':')
        return 3;
    if ((c >= '0' && c <= '9') || c == '"' || c == '_' || c == '=')
        return 2;
    return 1;
}

static unsigned window_weight(const struct literal *l, size_t offset, size_t window)
{
    unsigned sum = 0;
    for (size_t i = 0; i < window; i++)
        sum += byte_weight((uint8_t)l->text.ptr[offset + i]);
    return sum;
}

/* The window that costs least: seldom in other literals, few filed under it, rare bytes. */
static size_t choose_window(const struct literal *l, const struct gram_counts *c)
{
    size_t best = 0;
    uint64_t best_cost = UINT64_MAX;
    for (size_t k = 0; k < windows_of(l, c->window); k++) {
        const struct gram_count *slot = count_of(c, window_at(l, k, c->window));
        uint64_t cost = ((uint64_t)slot->literals + 2 * (uint64_t)slot->filed) * 8 +
                        window_weight(l, k, c->window);
        if (cost < best_cost) {
            best_cost = cost;
            best = k;
        }
    }
    count_of(c, window_at(l, best, c->window))->filed++;
    return best;
}

static int by_bucket(const void *a, const void *b)
{
    const struct gram_entry *x = a;
    const struct gram_entry *y = b;
    uint64_t hx = hash_gram(x->gram);
    uint64_t hy = hash_gram(y->gram);
    if (hx != hy)
        return hx < hy ? -1 : 1;
    return (x->item > y->item) - (x->item < y->item);
}

static int file_all(const struct literal *literals, size_t len, struct gram_entry *entries,
                    struct gram_head *h)
{
    struct gram_counts counts = {.window = h->window};
    int rc = count_all(literals, len, &counts);
    for (size_t i = 0; rc == 0 && i < len; i++) {
        const struct literal *l = &literals[i];
        if (l->text.len > UINT16_MAX || l->text.len > UINT32_MAX - h->text_bytes) {
            rc = E_LIMIT;
            break;
        }
        size_t before = choose_window(l, &counts);
        entries[i] = (struct gram_entry){.gram = window_at(l, before, h->window),
                                         .item = l->item,
                                         .text = h->text_bytes,
                                         .len = (uint16_t)l->text.len,
                                         .before = (uint8_t)before,
                                         .where = (uint8_t)l->where};
        h->text_bytes += (uint32_t)l->text.len;
    }
    mem_free(counts.slots);
    return rc;
}

static int write(const struct gram_head *h, const struct gram_entry *entries,
                 const struct literal *literals, struct buf *out)
{
    CLEANUP(mem_freep) uint64_t *bitmap = mem_calloc(bitmap_words(h), sizeof *bitmap);
    if (!bitmap)
        return E_NOMEM;
    for (uint32_t i = 0; i < h->entries_len; i++) {
        uint64_t hash = hash_gram(entries[i].gram);
        bitmap[top_bits(hash, h->word_bits)] |= filter_mask(hash);
    }
    buf_add(out, h, sizeof *h);
    buf_add(out, bitmap, bitmap_words(h) * sizeof *bitmap);
    uint32_t next = 0;
    for (uint32_t b = 0; b < start_words(h); b++) {
        while (next < h->entries_len && top_bits(hash_gram(entries[next].gram), h->bucket_bits) < b)
            next++;
        buf_add(out, &next, sizeof next);
    }
    buf_add(out, entries, h->entries_len * sizeof *entries);
    for (uint32_t i = 0; i < h->entries_len; i++)
        buf_add_str(out, literals[i].text);
    return buf_check(out);
}

static int build(const struct literal *literals, size_t len, uint32_t window, struct buf *out)
{
    if (len > UINT32_C(1) << BUCKET_BITS_MOST)
        return E_LIMIT;
    CLEANUP(mem_freep) struct gram_entry *entries = mem_calloc(len, sizeof *entries);
    if (!entries)
        return E_NOMEM;
    struct gram_head h = {.window = window,
                          .word_bits = WORD_BITS_LEAST,
                          .bucket_bits = 4,
                          .entries_len = (uint32_t)len};
    while (h.word_bits < WORD_BITS_MOST && bitmap_words(&h) < len)
        h.word_bits++;
    while ((size_t)1 << h.bucket_bits < len)
        h.bucket_bits++;
    int rc = file_all(literals, len, entries, &h);
    if (rc)
        return rc;
    qsort(entries, len, sizeof *entries, by_bucket);
    return write(&h, entries, literals, out);
}

/* ------------------------------------------------------------------ reading */

static bool check_entries(const struct gram_head *h, const struct gram_entry *entries,
                          uint32_t items_len)
{
    for (uint32_t i = 0; i < h->entries_len; i++) {
        const struct gram_entry *e = &entries[i];
        if (e->item >= items_len || e->len < h->window || e->before > e->len - h->window ||
            e->text > h->text_bytes || e->len > h->text_bytes - e->text)
            return false;
    }
    return true;
}

static bool check(struct str table, uint32_t window, uint32_t items_len)
{
    const struct gram_head *h = (const void *)table.ptr;
    if (table.len < sizeof *h || h->window != window || h->word_bits < WORD_BITS_LEAST ||
        h->word_bits > WORD_BITS_MOST || h->bucket_bits == 0 || h->bucket_bits > BUCKET_BITS_MOST)
        return false;
    uint64_t start_offset = sizeof *h + bitmap_words(h) * sizeof(uint64_t);
    uint64_t entries_offset = start_offset + start_words(h) * 4;
    uint64_t text_offset = entries_offset + (uint64_t)h->entries_len * sizeof(struct gram_entry);
    if (text_offset + h->text_bytes > table.len)
        return false;
    const uint32_t *start = (const void *)(table.ptr + start_offset);
    for (size_t b = 0; b + 1 < start_words(h); b++) {
        if (start[b] > start[b + 1])
            return false;
    }
    if (start[start_words(h) - 1] > h->entries_len)
        return false;
    return check_entries(h, (const void *)(table.ptr + entries_offset), items_len);
}

struct scanner {
    const uint64_t *bitmap;
    const uint32_t *start;
    const struct gram_entry *entries;
    const char *pool;
    uint32_t word_shift;
    uint32_t bucket_bits;
    struct str text;
    struct hits *hits;
};

static struct scanner scanner_of(const char *table, struct str text, struct hits *hits)
{
    const struct gram_head *h = (const void *)table;
    struct scanner s = {
        .text = text, .hits = hits, .word_shift = 64 - h->word_bits, .bucket_bits = h->bucket_bits};
    s.bitmap = (const void *)(table + sizeof *h);
    s.start = (const void *)(s.bitmap + bitmap_words(h));
    s.entries = (const void *)(s.start + start_words(h));
    s.pool = (const char *)(s.entries + h->entries_len);
    return s;
}

/* Compare the literals filed under the window at `at`. */
static void verify(const struct scanner *s, uint32_t gram, uint32_t bucket, size_t at)
{
    for (uint32_t i = s->start[bucket]; i < s->start[bucket + 1]; i++) {
        const struct gram_entry *e = &s->entries[i];
        if (e->gram != gram || e->before > at || e->len > s->text.len - (at - e->before))
            continue;
        size_t from = at - e->before;
        if ((e->where & AT_START && from != 0) ||
            (e->where & AT_END && from + e->len != s->text.len))
            continue;
        if (!hits_has(s->hits, e->item) && fold_eq(s->text.ptr + from, s->pool + e->text, e->len))
            hits_add(s->hits, e->item);
    }
}

/* Windows that passed the filter. Their entries are far apart in memory: each is asked for before
 * the first is looked at, so that they arrive together. */
struct passed {
    uint32_t len;
    struct {
        uint32_t gram;
        uint32_t bucket;
        size_t at;
    } windows[32];
};

static void verify_all(const struct scanner *s, struct passed *p)
{
    for (uint32_t i = 0; i < p->len; i++)
        __builtin_prefetch(&s->entries[s->start[p->windows[i].bucket]]);
    for (uint32_t i = 0; i < p->len; i++)
        verify(s, p->windows[i].gram, p->windows[i].bucket, p->windows[i].at);
    p->len = 0;
}

static void add_passed(const struct scanner *s, struct passed *p, uint32_t gram, size_t at)
{
    if (p->len == ARRAY_LEN(p->windows))
        verify_all(s, p);
    uint32_t bucket = top_bits(hash_gram(gram), s->bucket_bits);
    __builtin_prefetch(&s->start[bucket]);
    p->windows[p->len].gram = gram;
    p->windows[p->len].bucket = bucket;
    p->windows[p->len++].at = at;
}

static inline bool passes(const struct scanner *s, uint32_t gram)
{
    uint64_t hash = hash_gram(gram);
    uint64_t word = s->bitmap[hash >> s->word_shift];
    /* The two bits of filter_mask. */
    return (word >> (hash >> 46 & 63) & word >> (hash >> 40 & 63) & 1) != 0;
}

/* The window of eight folded bytes that starts at the k-th. */
static inline uint32_t window_of(uint64_t bytes, unsigned k, uint32_t window)
{
    uint64_t from = bytes >> (8 * k);
    return window == 4 ? (uint32_t)from : (uint32_t)from & 0xffff;
}

static inline __attribute__((always_inline)) void scan(const char *table, struct str text,
                                                       struct hits *hits, uint32_t window)
{
    const struct scanner s = scanner_of(table, text, hits);
    struct passed p;
    p.len = 0;
    size_t i = 0;
    /* Four windows from one load; their look-ups do not wait for each other. */
    for (; i + 8 <= text.len; i += 4) {
        uint64_t bytes = fold_load8(text.ptr + i) | FOLD_BITS;
        unsigned passed = (unsigned)passes(&s, window_of(bytes, 0, window)) |
                          (unsigned)passes(&s, window_of(bytes, 1, window)) << 1 |
                          (unsigned)passes(&s, window_of(bytes, 2, window)) << 2 |
                          (unsigned)passes(&s, window_of(bytes, 3, window)) << 3;
        for (; UNLIKELY(passed != 0); passed &= passed - 1) {
            unsigned k = (unsigned)__builtin_ctz(passed);
            add_passed(&s, &p, window_of(bytes, k, window), i + k);
        }
    }
    for (; i + window <= text.len; i++) {
        uint64_t bytes = 0;
        memcpy(&bytes, text.ptr + i, window);
        uint32_t gram = window_of(bytes | FOLD_BITS, 0, window);
        if (UNLIKELY(passes(&s, gram)))
            add_passed(&s, &p, gram, i);
    }
    verify_all(&s, &p);
}

static void scan4(const char *table, struct str text, struct hits *hits)
{
    scan(table, text, hits, 4);
}

static void scan2(const char *table, struct str text, struct hits *hits)
{
    scan(table, text, hits, 2);
}

/* ------------------------------------------------------------------ the two kinds */

static int build2(const struct literal *literals, size_t len, struct buf *out)
{
    return build(literals, len, 2, out);
}

static int build4(const struct literal *literals, size_t len, struct buf *out)
{
    return build(literals, len, 4, out);
}

static bool check2(struct str table, uint32_t items_len)
{
    return check(table, 2, items_len);
}

static bool check4(struct str table, uint32_t items_len)
{
    return check(table, 4, items_len);
}

const struct matcher_ops matcher_gram2 = {MATCHER_GRAM2, "gram filter, 2", build2, check2, scan2};
const struct matcher_ops matcher_gram4 = {MATCHER_GRAM4, "gram filter, 4", build4, check4, scan4};
