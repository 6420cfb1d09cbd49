/* Numbers by rank: those in a window of value_percentile. In blocks, so that one that comes or goes
 * moves few others: an event that comes late has every later one of its group leave and come back.
 * Used by correlator_window.c alone. */
#ifndef CORDON_DETECT_CORRELATOR_RANKS_H
#define CORDON_DETECT_CORRELATOR_RANKS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { CORRELATOR_RANKS_BLOCK = 256 };

struct correlator_ranks_block {
    int64_t *values; /* ascending, never none */
    size_t len;
    size_t cap;
};

/** `{0}` is empty. */
struct correlator_ranks {
    struct correlator_ranks_block *blocks; /* ascending */
    size_t blocks_len;
    size_t blocks_cap;
    size_t len; /* of all */
};

/** @return 0 or E_NOMEM (nothing was added) */
int correlator_ranks_add(struct correlator_ranks *r, int64_t value) MUST_CHECK;
/** Take one of this value out; there must be one. */
void correlator_ranks_remove(struct correlator_ranks *r, int64_t value);
/** @param rank from 0, less than len. Cost: a look at each block. */
int64_t correlator_ranks_at(const struct correlator_ranks *r, size_t rank);
void correlator_ranks_done(struct correlator_ranks *r);

#endif
