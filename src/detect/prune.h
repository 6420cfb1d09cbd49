/* Whether any rule of a set can hold for some event of a stretch of events of which only little is
 * known: the values that occur, the time they span. For readers that want to pass over stored
 * telemetry without reading it. True means maybe. */
#ifndef CORDON_DETECT_PRUNE_H
#define CORDON_DETECT_PRUNE_H

#include <stdbool.h>
#include <stdint.h>

#include "detect/detect.h"

/** What is known. Each function says true for "yes or not known"; texts are in lower case. */
struct prune_facts {
    const void *arg;
    /** Some event may have this whole value in the field. */
    bool (*value)(const void *arg, enum field_id field, struct str lower);
    /** Some event may have a value of the field that ends in this last path component. */
    bool (*last_part)(const void *arg, enum field_id field, struct str lower);
    /** Some event may have the field. */
    bool (*exists)(const void *arg, enum field_id field);
    /** A rule for the log-source category may concern some event. */
    bool (*category)(const void *arg, struct str lower);
    /** False when not known, else when the events happened by the device's clock. */
    bool (*times)(const void *arg, bool *ret_any, int64_t *ret_min_ns, int64_t *ret_max_ns);
};

/**
 * @return false only when no rule of the set fires on any event that fits the facts
 * Threads: any. Cost: up to the size of all conditions; ends at the first rule that may fire.
 */
bool prune_maybe(const struct ruleset *r, const struct prune_facts *facts);

#endif
