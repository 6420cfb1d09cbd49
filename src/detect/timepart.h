/* Parts of a time that rules compare with numbers: `field|hour: 3`. A time written as text counts
 * as it is written, whatever its offset; a time kept as nanoseconds counts in UTC.
 * Sources: Sigma specification 2.1, appendix "Time modifiers"; RFC 3339; ISO 8601 (weeks). */
#ifndef CORDON_DETECT_TIMEPART_H
#define CORDON_DETECT_TIMEPART_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/** The numbers are part of the image format. */
enum timepart {
    TIME_WHOLE, /* no part */
    TIME_MINUTE,
    TIME_HOUR,
    TIME_DAY,
    TIME_WEEK,
    TIME_MONTH,
    TIME_YEAR,
    TIME_PARTS
};

/** "hour" */
const char *timepart_name(enum timepart part);
/** Least and most value the part can have. */
void timepart_range(enum timepart part, int64_t *ret_least, int64_t *ret_most);

/**
 * Part of a time written as `2025-08-07`, `2025-08-07T13:21` or longer ('T', 't' or space).
 * @return false when the text is no time, or has no minute and hour and one is asked for
 */
bool timepart_of_text(struct str text, enum timepart part, int64_t *ret_value);
/** Part, in UTC, of a time in nanoseconds since 1970. */
int64_t timepart_of_ns(int64_t ns, enum timepart part);

#endif
