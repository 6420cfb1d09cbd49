/* What a correlation is: its types as a table, the comparisons of its condition, its limits.
 * Shared by the parser, the builder, the image and the correlator.
 * Source: Sigma correlation rules specification 2.1. */
#ifndef CORDON_DETECT_CORRELATION_H
#define CORDON_DETECT_CORRELATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "base/timefmt.h"

enum {
    CORRELATION_RULES = 32,        /* rules of one correlation */
    CORRELATION_GROUP_FIELDS = 16, /* fields of group-by */
    CORRELATION_VALUE_FIELDS = 8,  /* fields whose values are counted together */
    CORRELATION_ALIASES = 64,
    CORRELATION_CHAIN = 8,        /* correlations on top of each other */
    CORRELATION_ENTRIES = 32768,  /* events one correlation remembers, all groups together */
    CORRELATION_GROUPS = 4096,    /* groups one correlation remembers */
    CORRELATION_ORDERED = 1024,   /* events one group of an ordered correlation remembers */
    CORRELATION_TOLERANCE_S = 30, /* how much later than newer events an event may come */
    CORRELATION_EVENTS = 32       /* events an alert names */
};

#define CORRELATION_TIMESPAN_MOST_NS (366 * 86400 * NS_PER_S)

/** The numbers are part of the image format. */
enum correlation_type {
    CORRELATION_EVENT_COUNT,
    CORRELATION_VALUE_COUNT,
    CORRELATION_TEMPORAL,
    CORRELATION_TEMPORAL_ORDERED,
    CORRELATION_VALUE_SUM,
    CORRELATION_VALUE_AVG,
    CORRELATION_VALUE_PERCENTILE,
    CORRELATION_TYPES
};

struct correlation_row {
    struct str name;
    bool takes_field; /* the condition names fields */
    bool counts;      /* what is compared is a number of things */
    struct str doc;
};

extern const struct correlation_row correlation_table[CORRELATION_TYPES];

/** Comparisons of a condition; each may stand once. The numbers are part of the image format. */
enum correlation_bound { BOUND_GT, BOUND_GTE, BOUND_LT, BOUND_LTE, BOUND_EQ, BOUND_NEQ, BOUNDS };

/** "gte" */
const char *correlation_bound_name(enum correlation_bound bound);

/**
 * Whether num / den satisfies every bound.
 * @param num,bounds in thousandths
 * @param set bit for each bound that is there
 */
bool correlation_holds(const int64_t bounds[BOUNDS], uint32_t set, __int128 num, int64_t den);

#endif
