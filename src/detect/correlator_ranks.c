/* Numbers by rank. See correlator_ranks.h. */
#include "detect/correlator_ranks.h"

#include <string.h>

#include "base/mem.h"

/* The first block that does not end below the value; blocks_len when all do. */
static size_t block_of(const struct correlator_ranks *r, int64_t value)
{
    size_t low = 0;
    size_t high = r->blocks_len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct correlator_ranks_block *b = &r->blocks[middle];
        if (b->values[b->len - 1] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Where the first number of the block stands that is not less. */
static size_t place_of(const struct correlator_ranks_block *b, int64_t value)
{
    size_t low = 0;
    size_t high = b->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (b->values[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Make room for a block at this place; it is zeroed. */
static int open_gap(struct correlator_ranks *r, size_t at)
{
    if (mem_grow(&r->blocks, &r->blocks_cap, r->blocks_len + 1, sizeof *r->blocks))
        return E_NOMEM;
    memmove(r->blocks + at + 1, r->blocks + at, (r->blocks_len - at) * sizeof *r->blocks);
    r->blocks[at] = (struct correlator_ranks_block){0};
    return 0;
}

/* Put the upper half of a full block into one of its own. */
static int split(struct correlator_ranks *r, size_t at)
{
    struct correlator_ranks_block upper = {.len = CORRELATOR_RANKS_BLOCK / 2};
    if (mem_grow(&upper.values, &upper.cap, CORRELATOR_RANKS_BLOCK, sizeof *upper.values))
        return E_NOMEM;
    if (open_gap(r, at + 1)) {
        mem_free(upper.values);
        return E_NOMEM;
    }
    struct correlator_ranks_block *b = &r->blocks[at];
    b->len -= upper.len;
    memcpy(upper.values, b->values + b->len, upper.len * sizeof *upper.values);
    r->blocks[at + 1] = upper;
    r->blocks_len++;
    return 0;
}

int correlator_ranks_add(struct correlator_ranks *r, int64_t value)
{
    size_t at = block_of(r, value);
    bool first = r->blocks_len == 0;
    if (first && open_gap(r, 0))
        return E_NOMEM;
    at -= !first && at == r->blocks_len ? 1 : 0; /* greater than all: behind the last */
    if (r->blocks[at].len == CORRELATOR_RANKS_BLOCK) {
        if (split(r, at))
            return E_NOMEM;
        at = block_of(r, value);
        at -= at == r->blocks_len ? 1 : 0;
    }
    struct correlator_ranks_block *b = &r->blocks[at];
    if (mem_grow(&b->values, &b->cap, b->len + 1, sizeof *b->values))
        return E_NOMEM;
    size_t place = place_of(b, value);
    memmove(b->values + place + 1, b->values + place, (b->len - place) * sizeof *b->values);
    b->values[place] = value;
    b->len++;
    r->len++;
    r->blocks_len += first ? 1 : 0;
    return 0;
}

void correlator_ranks_remove(struct correlator_ranks *r, int64_t value)
{
    size_t at = block_of(r, value);
    struct correlator_ranks_block *b = &r->blocks[at];
    size_t place = place_of(b, value);
    b->len--;
    r->len--;
    memmove(b->values + place, b->values + place + 1, (b->len - place) * sizeof *b->values);
    if (b->len)
        return;
    mem_free(b->values);
    r->blocks_len--;
    memmove(b, b + 1, (r->blocks_len - at) * sizeof *b);
}

int64_t correlator_ranks_at(const struct correlator_ranks *r, size_t rank)
{
    const struct correlator_ranks_block *b = r->blocks;
    while (rank >= b->len)
        rank -= b++->len;
    return b->values[rank];
}

void correlator_ranks_done(struct correlator_ranks *r)
{
    for (size_t i = 0; i < r->blocks_len; i++)
        mem_free(r->blocks[i].values);
    mem_free(r->blocks);
    *r = (struct correlator_ranks){0};
}
