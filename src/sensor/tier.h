/* What each way to watch a system tells: which kinds of events reach the agent. Rules that need
 * another kind are blind there. */
#ifndef CORDON_SENSOR_TIER_H
#define CORDON_SENSOR_TIER_H

#include <stdbool.h>

#include "base/str.h"
#include "schema/kind.h"

/* X(enum, name, product of its events, sentence). The network extension and the unified log stand
 * beside each of them and are counted where they are built. */
#define TIER_LIST(X)                                                                               \
    X(SOURCE_ES, "es", "macos", "EndpointSecurity client of our own: needs Apple's entitlement")   \
    X(SOURCE_ESLOGGER, "eslogger", "macos", "Apple's eslogger with the events the agent asks for") \
    X(SOURCE_DEGRADED, "degraded", "macos", "a Mac without Full Disk Access: health reports only") \
    X(SOURCE_KERNEL, "linux", "linux", "process notifications and watched folders of Linux")

enum event_source {
#define TIER_ENUM(id, name, product, doc) id,
    TIER_LIST(TIER_ENUM)
#undef TIER_ENUM
        EVENT_SOURCES
};

struct tier_row {
    struct str name;
    struct str product;
    struct str doc;
};

extern const struct tier_row tier_table[EVENT_SOURCES];

/** Whether events of this kind come from the source. */
bool tier_tells(enum event_source source, enum event_kind kind);

#endif
