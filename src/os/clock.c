/* Clocks: the parts every system shares. See clock.h; the monotonic clock is in clock_<system>.c.
 */
#include "os/clock.h"

#include <time.h>

#include "base/timefmt.h"

#ifdef CORDON_FAILPOINTS
#include <pthread.h>
#include <stdlib.h>

#include "base/str.h"

static int64_t offset_ns;
static pthread_once_t offset_once = PTHREAD_ONCE_INIT;

/* A test moves a whole program in time; an offset that cannot be read must not pass unseen. */
static void read_offset(void)
{
    const char *text = getenv("CORDON_CLOCK_OFFSET_S");
    int64_t seconds;
    if (!text)
        return;
    if (str_to_i64(str_of(text), &seconds) || __builtin_mul_overflow(seconds, NS_PER_S, &offset_ns))
        abort();
}

static int64_t wall_offset_ns(void)
{
    (void)pthread_once(&offset_once, read_offset);
    return offset_ns;
}
#else
static int64_t wall_offset_ns(void)
{
    return 0;
}
#endif

int64_t clock_wall_ns(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec + wall_offset_ns();
}

int64_t clock_mono_ms(void)
{
    return clock_mono_ns() / NS_PER_MS;
}

int64_t clock_thread_cpu_ns(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}
