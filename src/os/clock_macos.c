/* Monotonic clock of macOS: CLOCK_MONOTONIC_RAW goes on while the Mac sleeps (clock_gettime(3)).
 * See clock.h. */
#include <time.h>

#include "base/timefmt.h"
#include "os/clock.h"

int64_t clock_mono_ns(void)
{
    return (int64_t)clock_gettime_nsec_np(CLOCK_MONOTONIC_RAW);
}
