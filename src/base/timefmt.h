/* Time arithmetic and text forms. A point in time is int64_t nanoseconds since 1970-01-01 UTC
 * (`_ns`), good from 1677 to 2262; leap seconds are not counted. No clock is read here. */
#ifndef CORDON_BASE_TIMEFMT_H
#define CORDON_BASE_TIMEFMT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_US INT64_C(1000)

/** Calendar date and time of day, UTC, proleptic Gregorian calendar. */
struct timefmt_civil {
    int64_t year;
    unsigned month; /* 1 .. 12 */
    unsigned day;   /* 1 .. 31 */
    unsigned hour;
    unsigned minute;
    unsigned second;
};

/**
 * Parse RFC 3339: "2025-08-07T13:21:35.880814738Z", offset allowed, fraction of any length (cut to
 * nanoseconds), 'T' or space. Reads back whatever timefmt_add wrote with 9 digits.
 * @return 0, E_PARSE or E_LIMIT (not within 1677-09-21 .. 2262-04-11)
 */
int timefmt_parse(struct str s, int64_t *ret_ns) MUST_CHECK;
/** Date and time of day of a point in time. */
struct timefmt_civil timefmt_split(int64_t ns);
/** Append RFC 3339 in UTC with `digits` (0..9) fraction digits. */
void timefmt_add(struct buf *b, int64_t ns, unsigned digits);
/** Parse a duration such as "90s", "15m", "4h", "7d", "250ms". @return 0, E_PARSE or E_LIMIT */
int timefmt_parse_duration(struct str s, int64_t *ret_ns) MUST_CHECK;

#endif
