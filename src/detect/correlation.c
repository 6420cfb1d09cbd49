/* The table of correlation types. See correlation.h. */
#include "detect/correlation.h"

const struct correlation_row correlation_table[CORRELATION_TYPES] = {
    [CORRELATION_EVENT_COUNT] = {STR("event_count"), false, true, STR("how many events")},
    [CORRELATION_VALUE_COUNT] = {STR("value_count"), true, true,
                                 STR("how many different values of `field`")},
    [CORRELATION_TEMPORAL] = {STR("temporal"), false, true,
                              STR("how many different rules fired; all of them where no condition "
                                  "is given")},
    [CORRELATION_TEMPORAL_ORDERED] = {STR("temporal_ordered"), false, true,
                                      STR("the same, in the order in which they are listed")},
    [CORRELATION_VALUE_SUM] = {STR("value_sum"), true, false,
                               STR("the sum of the numbers in `field`")},
    [CORRELATION_VALUE_AVG] = {STR("value_avg"), true, false, STR("their mean")},
    [CORRELATION_VALUE_PERCENTILE] = {STR("value_percentile"), true, false,
                                      STR("the least of them that `percentile` percent do not "
                                          "exceed (nearest rank)")},
};

const char *correlation_bound_name(enum correlation_bound bound)
{
    static const char *const names[] = {"gt", "gte", "lt", "lte", "eq", "neq"};
    return names[bound];
}

static bool bound_holds(enum correlation_bound bound, __int128 value, __int128 limit)
{
    switch (bound) {
    case BOUND_GT:
        return value > limit;
    case BOUND_GTE:
        return value >= limit;
    case BOUND_LT:
        return value < limit;
    case BOUND_LTE:
        return value <= limit;
    case BOUND_EQ:
        return value == limit;
    default:
        return value != limit;
    }
}

bool correlation_holds(const int64_t bounds[BOUNDS], uint32_t set, __int128 num, int64_t den)
{
    for (int b = 0; b < BOUNDS; b++) {
        if ((set >> b & 1) &&
            !bound_holds((enum correlation_bound)b, num, (__int128)bounds[b] * den))
            return false;
    }
    return true;
}
