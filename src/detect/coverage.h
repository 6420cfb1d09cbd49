/* What a rule could fire on, told from the rule alone: which kinds of events can satisfy its log
 * source and what its condition says about the field `kind`. A sensor that never tells such a kind
 * leaves the rule blind. */
#ifndef CORDON_DETECT_COVERAGE_H
#define CORDON_DETECT_COVERAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "detect/detect.h"
#include "schema/kind.h"

/** A set of event kinds. */
struct kind_set {
    uint64_t bits[(KIND_COUNT + 63) / 64];
};

static inline void kind_set_add(struct kind_set *set, enum event_kind kind)
{
    set->bits[kind / 64] |= UINT64_C(1) << (kind % 64);
}

static inline bool kind_set_has(const struct kind_set *set, enum event_kind kind)
{
    return (set->bits[kind / 64] >> (kind % 64) & 1) != 0;
}

/**
 * The kinds of events on which the rule may fire, KIND_UNKNOWN apart. What the condition says about
 * other fields is taken as possible, so a kind may be too many, never too few.
 *
 * @param rule    0 .. ruleset_len-1
 * @param product the log source of the events: "macos", "linux"; empty = not known
 */
struct kind_set coverage_kinds(const struct ruleset *r, uint32_t rule, struct str product);

#endif
