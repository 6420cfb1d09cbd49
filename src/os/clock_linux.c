/* Monotonic clock of Linux: CLOCK_BOOTTIME, which also counts the time asleep. See clock.h. */
#include <time.h>

#include "base/timefmt.h"
#include "os/clock.h"

int64_t clock_mono_ns(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_BOOTTIME, &ts);
    return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}
