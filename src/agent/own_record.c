/* See own_record.h. */
#include "agent/own_record.h"

#include "os/clock.h"

#ifdef __APPLE__
#define PRODUCT STR("macos")
#else
#define PRODUCT STR("linux")
#endif

void own_record_begin(struct event *ev, enum event_kind kind)
{
    event_clear(ev);
    ev->kind = kind;
    ev->time_ns = clock_wall_ns();
    ev->product = PRODUCT;
}
