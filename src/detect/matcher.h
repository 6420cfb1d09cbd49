/* Matchers find which of many literals stand in a text, ASCII case aside. A matcher is a table of
 * bytes inside the ruleset image: built once, checked when the image is loaded, scanned by every
 * engine. Which kind suits which literals is decided here; the engine only sees the interface. */
#ifndef CORDON_DETECT_MATCHER_H
#define CORDON_DETECT_MATCHER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Numbers are part of the image format. */
enum matcher_kind {
    MATCHER_EXACT = 1, /* whole values, by hash */
    MATCHER_AC = 2,    /* Aho-Corasick automaton: any literal */
    MATCHER_GRAM2 = 3, /* filter over two-byte windows: literals of two bytes and more */
    MATCHER_GRAM4 = 4, /* filter over four-byte windows: literals of four bytes and more */
    MATCHER_EDGE = 5   /* outermost bytes by hash: literals of four and more, all at one end */
};

/* Where a literal must stand; both: it is the whole text. */
enum { AT_START = 1, AT_END = 2 };

enum { MATCHER_LITERAL_MOST = 16384 }; /* bytes of one literal */

struct literal {
    struct str text; /* lower case */
    uint32_t item;   /* what is reported */
    uint32_t where;  /* AT_START | AT_END, 0 = anywhere */
};

/** The items found so far. `touched` has room for every item once. */
struct hits {
    uint64_t *bits;
    uint32_t *touched;
    uint32_t len;
};

static inline bool hits_has(const struct hits *h, uint32_t item)
{
    return (h->bits[item / 64] >> (item % 64) & 1) != 0;
}

static inline void hits_add(struct hits *h, uint32_t item)
{
    uint64_t bit = UINT64_C(1) << (item % 64);
    if (h->bits[item / 64] & bit)
        return;
    h->bits[item / 64] |= bit;
    h->touched[h->len++] = item;
}

struct matcher_ops {
    enum matcher_kind kind;
    const char *name;
    /**
     * Append the table of these literals. Deterministic.
     * @param literals none empty save for MATCHER_EXACT; of lengths and places that suit the kind
     * @return 0, E_NOMEM or E_LIMIT (too many for the table's format)
     */
    int (*build)(const struct literal *literals, size_t len, struct buf *out);
    /** True when the table can be scanned without ever leaving it; table is 16-byte aligned. */
    bool (*check)(struct str table, uint32_t items_len);
    /** Add every literal's item that stands in the text. The table has passed `check`. */
    void (*scan)(const char *table, struct str text, struct hits *hits);
};

extern const struct matcher_ops matcher_exact;
extern const struct matcher_ops matcher_ac;
extern const struct matcher_ops matcher_gram2;
extern const struct matcher_ops matcher_gram4;
extern const struct matcher_ops matcher_edge;

/** Implementation of a kind, or NULL. */
const struct matcher_ops *matcher_find(uint32_t kind);

/** Called with each table that matcher_plan wants. @return 0 or an error that ends the plan */
typedef int (*matcher_plan_fn)(void *arg, const struct matcher_ops *ops,
                               const struct literal *literals, size_t len);

/**
 * Share the literals of one field among matchers.
 * @param literals reordered
 */
int matcher_plan(struct literal *literals, size_t len, matcher_plan_fn add, void *arg) MUST_CHECK;

#endif
