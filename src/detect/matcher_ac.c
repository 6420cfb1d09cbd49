/* Aho-Corasick automaton over byte classes: one table look-up a byte, whatever the text. Takes any
 * literal; used for the shortest, and held against the other matchers by the tests. Literals that
 * all stand at the same end of the text make it look at that end alone. See matcher.h.
 * Source: Aho and Corasick, "Efficient string matching", CACM 18(6), 1975. */
#include "base/err.h"
#include "base/mem.h"
#include "detect/matcher.h"

#include <stdlib.h>

struct ac_head {
    uint32_t states;
    uint32_t classes;
    uint32_t entries_len;
    uint32_t where;   /* AT_START or AT_END when all literals stand there, else 0 */
    uint32_t longest; /* literal */
    uint8_t class_of[256];
};

/* What is reported in one state; the entries of a state stand side by side. */
struct ac_entry {
    uint32_t item;
    uint32_t len;
    uint32_t where;
    uint32_t last; /* 1 = the next entry belongs to another state */
};

/* Table: head, next[states * classes], first[states], link[states], entries.
 * next: row of the following state (its number times `classes`), REPORTS when that state or one
 * that it links to has entries. first: index of the state's entries or NONE. link: the state of the
 * longest proper suffix that has entries, or NONE. States are numbered breadth-first, so that a
 * link always leads to a smaller number. */
enum { CELLS_MOST = 1 << 26 };
#define REPORTS UINT32_C(0x80000000)
#define NONE    UINT32_MAX

struct tables {
    const uint32_t *next;
    const uint32_t *first;
    const uint32_t *link;
    const struct ac_entry *entries;
};

static struct tables tables_of(const struct ac_head *h)
{
    struct tables t;
    t.next = (const uint32_t *)(const void *)(h + 1);
    t.first = t.next + (size_t)h->states * h->classes;
    t.link = t.first + h->states;
    t.entries = (const struct ac_entry *)(const void *)(t.link + h->states);
    return t;
}

/* ------------------------------------------------------------------ building */

struct trie {
    struct ac_head head;
    uint32_t *child;  /* [state * classes], NONE = no such child */
    uint32_t *state;  /* of each literal: the state it ends in */
    uint32_t *order;  /* states breadth-first */
    uint32_t *number; /* of a state in that order */
    uint32_t *fail;   /* by old number */
    uint32_t *link;   /* by old number */
    uint32_t *first;  /* by old number */
    struct ac_entry *entries;
    const struct literal *literals;
    size_t len;
};

static void done(struct trie *t)
{
    mem_free(t->child);
    mem_free(t->state);
    mem_free(t->order);
    mem_free(t->number);
    mem_free(t->fail);
    mem_free(t->link);
    mem_free(t->first);
    mem_free(t->entries);
}

/* A class for each byte that occurs; both cases of a letter share one, class 0 is the rest. */
static void set_classes(struct trie *t)
{
    t->head.classes = 1;
    for (size_t i = 0; i < t->len; i++) {
        for (size_t k = 0; k < t->literals[i].text.len; k++) {
            uint8_t c = (uint8_t)t->literals[i].text.ptr[k];
            if (t->head.class_of[c] == 0 && t->head.classes < 256)
                t->head.class_of[c] = (uint8_t)t->head.classes++;
        }
    }
    for (unsigned c = 'A'; c <= 'Z'; c++)
        t->head.class_of[c] = t->head.class_of[c + 32];
}

static void set_where(struct trie *t)
{
    t->head.where = t->literals[0].where;
    for (size_t i = 0; i < t->len; i++) {
        if (t->literals[i].where != t->head.where)
            t->head.where = 0;
        if (t->literals[i].text.len > t->head.longest)
            t->head.longest = (uint32_t)t->literals[i].text.len;
    }
}

static int reserve(struct trie *t)
{
    size_t most = 1;
    for (size_t i = 0; i < t->len; i++)
        most += t->literals[i].text.len;
    if (most > CELLS_MOST / t->head.classes)
        return E_LIMIT;
    t->child = mem_alloc(most * t->head.classes * sizeof(uint32_t));
    t->state = mem_calloc(t->len, sizeof(uint32_t));
    t->order = mem_calloc(most, sizeof(uint32_t));
    t->number = mem_calloc(most, sizeof(uint32_t));
    t->fail = mem_calloc(most, sizeof(uint32_t));
    t->link = mem_alloc(most * sizeof(uint32_t));
    t->first = mem_alloc(most * sizeof(uint32_t));
    t->entries = mem_calloc(t->len, sizeof(*t->entries));
    if (!t->child || !t->state || !t->order || !t->number || !t->fail || !t->link || !t->first ||
        !t->entries)
        return E_NOMEM;
    memset(t->child, 0xff, most * t->head.classes * sizeof(uint32_t));
    memset(t->link, 0xff, most * sizeof(uint32_t));
    memset(t->first, 0xff, most * sizeof(uint32_t));
    return 0;
}

static uint32_t *cell(struct trie *t, uint32_t state, uint32_t class)
{
    return &t->child[(size_t)state * t->head.classes + class];
}

static void insert_all(struct trie *t)
{
    t->head.states = 1;
    for (size_t i = 0; i < t->len; i++) {
        uint32_t state = 0;
        for (size_t k = 0; k < t->literals[i].text.len; k++) {
            uint32_t *child = cell(t, state, t->head.class_of[(uint8_t)t->literals[i].text.ptr[k]]);
            if (*child == NONE)
                *child = t->head.states++;
            state = *child;
        }
        t->state[i] = state;
    }
}

struct placed {
    uint32_t state;
    uint32_t literal;
};

static int by_state(const void *a, const void *b)
{
    const struct placed *x = a;
    const struct placed *y = b;
    if (x->state != y->state)
        return x->state < y->state ? -1 : 1;
    return (x->literal > y->literal) - (x->literal < y->literal);
}

static int make_entries(struct trie *t)
{
    CLEANUP(mem_freep) struct placed *placed = mem_calloc(t->len, sizeof *placed);
    if (!placed)
        return E_NOMEM;
    for (size_t i = 0; i < t->len; i++)
        placed[i] = (struct placed){t->state[i], (uint32_t)i};
    qsort(placed, t->len, sizeof *placed, by_state);
    for (size_t i = 0; i < t->len; i++) {
        const struct literal *l = &t->literals[placed[i].literal];
        if (t->first[placed[i].state] == NONE)
            t->first[placed[i].state] = (uint32_t)i;
        t->entries[i] = (struct ac_entry){
            .item = l->item,
            .len = (uint32_t)l->text.len,
            .where = l->where,
            .last = i + 1 == t->len || placed[i + 1].state != placed[i].state ? 1 : 0};
    }
    t->head.entries_len = (uint32_t)t->len;
    return 0;
}

/* Breadth-first: failure links, and the missing children filled in from them. */
static void connect(struct trie *t)
{
    uint32_t tail = 1;
    for (uint32_t head = 0; head < tail; head++) {
        uint32_t state = t->order[head];
        t->number[state] = head;
        uint32_t fail = t->fail[state];
        if (state != 0)
            t->link[state] = t->first[fail] != NONE ? fail : t->link[fail];
        for (uint32_t c = 0; c < t->head.classes; c++) {
            uint32_t *child = cell(t, state, c);
            uint32_t behind = state == 0 ? 0 : *cell(t, fail, c);
            if (*child == NONE) {
                *child = behind;
                continue;
            }
            t->fail[*child] = behind;
            t->order[tail++] = *child;
        }
    }
}

static uint32_t numbered(const struct trie *t, uint32_t state)
{
    return state == NONE ? NONE : t->number[state];
}

static void write(struct trie *t, struct buf *out)
{
    buf_add(out, &t->head, sizeof t->head);
    for (uint32_t i = 0; i < t->head.states; i++) {
        for (uint32_t c = 0; c < t->head.classes; c++) {
            uint32_t to = *cell(t, t->order[i], c);
            bool reports = t->first[to] != NONE || t->link[to] != NONE;
            uint32_t value = t->number[to] * t->head.classes | (reports ? REPORTS : 0);
            buf_add(out, &value, sizeof value);
        }
    }
    for (uint32_t i = 0; i < t->head.states; i++)
        buf_add(out, &t->first[t->order[i]], sizeof(uint32_t));
    for (uint32_t i = 0; i < t->head.states; i++) {
        uint32_t link = numbered(t, t->link[t->order[i]]);
        buf_add(out, &link, sizeof link);
    }
    buf_add(out, t->entries, t->len * sizeof(*t->entries));
}

static int build(const struct literal *literals, size_t len, struct buf *out)
{
    struct trie t = {.literals = literals, .len = len};
    set_classes(&t);
    set_where(&t);
    int rc = reserve(&t);
    if (rc == 0) {
        insert_all(&t);
        rc = make_entries(&t);
    }
    if (rc == 0) {
        connect(&t);
        write(&t, out);
        rc = buf_check(out);
    }
    done(&t);
    return rc;
}

/* ------------------------------------------------------------------ reading */

static bool check(struct str table, uint32_t items_len)
{
    const struct ac_head *h = (const void *)table.ptr;
    if (table.len < sizeof *h || h->states == 0 || h->classes == 0 || h->classes > 256)
        return false;
    uint64_t cells = (uint64_t)h->states * h->classes;
    if (cells > CELLS_MOST)
        return false;
    if (sizeof *h + (cells + 2 * (uint64_t)h->states) * 4 +
            (uint64_t)h->entries_len * sizeof(struct ac_entry) >
        table.len)
        return false;
    struct tables t = tables_of(h);
    for (unsigned c = 0; c < 256; c++) {
        if (h->class_of[c] >= h->classes)
            return false;
    }
    for (uint64_t i = 0; i < cells; i++) {
        uint32_t row = t.next[i] & ~REPORTS;
        if (row >= cells || row % h->classes != 0)
            return false;
    }
    for (uint32_t s = 0; s < h->states; s++) {
        if (t.first[s] != NONE && t.first[s] >= h->entries_len)
            return false;
        if (t.link[s] != NONE && t.link[s] >= s)
            return false;
    }
    for (uint32_t i = 0; i < h->entries_len; i++) {
        if (t.entries[i].item >= items_len)
            return false;
    }
    return h->entries_len == 0 || t.entries[h->entries_len - 1].last != 0;
}

static void report(const struct tables *t, uint32_t state, size_t end, size_t text_len,
                   struct hits *hits)
{
    for (; state != NONE; state = t->link[state]) {
        if (t->first[state] == NONE)
            continue;
        for (const struct ac_entry *e = &t->entries[t->first[state]];; e++) {
            if (!((e->where & AT_START && end != e->len) || (e->where & AT_END && end != text_len)))
                hits_add(hits, e->item);
            if (e->last)
                break;
        }
    }
}

static void scan(const char *table, struct str text, struct hits *hits)
{
    const struct ac_head *h = (const void *)table;
    struct tables t = tables_of(h);
    uint32_t row = 0;
    size_t from = h->where == AT_END && text.len > h->longest ? text.len - h->longest : 0;
    size_t to = h->where == AT_START && text.len > h->longest ? h->longest : text.len;
    for (size_t i = from; i < to; i++) {
        row = t.next[row + h->class_of[(uint8_t)text.ptr[i]]];
        if (UNLIKELY(row & REPORTS)) {
            row &= ~REPORTS;
            report(&t, row / h->classes, i + 1, text.len, hits);
        }
    }
}

const struct matcher_ops matcher_ac = {MATCHER_AC, "aho-corasick", build, check, scan};
