/* Clocks. Wall time can jump (and be a year off on a device); monotonic time cannot. */
#ifndef CORDON_OS_CLOCK_H
#define CORDON_OS_CLOCK_H

#include <stdint.h>

/** Nanoseconds since 1970-01-01 UTC. Tests and `CORDON_CLOCK_OFFSET_S` (debug builds) may shift it.
 */
int64_t clock_wall_ns(void);
/** Nanoseconds of a clock that never goes back and counts suspend (CLOCK_BOOTTIME on Linux). */
int64_t clock_mono_ns(void);
/** Monotonic milliseconds. */
int64_t clock_mono_ms(void);
/** CPU time of this thread. */
int64_t clock_thread_cpu_ns(void);

#endif
