/* ATT&CK coverage of a ruleset: techniques with the rules that name them, as a table of its own and
 * as a layer for the ATT&CK Navigator. Withdrawn technique ids are counted under their successors.
 */
#ifndef CORDON_CLI_COVERAGE_H
#define CORDON_CLI_COVERAGE_H

#include <stdint.h>

#include "base/buf.h"
#include "detect/coverage.h"
#include "sensor/tier.h"

/** One rule as the sources of events see it. */
struct coverage_rule {
    struct kind_set kinds; /* on which it may fire, on any source */
    uint32_t sources;      /* bit 1 << enum event_source: it can fire there */
};

/** One technique that at least one rule names. */
struct coverage_technique {
    struct str id; /* of this version of ATT&CK where it is known */
    uint32_t rules;
    uint32_t seen;         /* of `rules`: can fire on the asked source */
    enum rule_level level; /* the highest of those seen, of all when none is */
};

struct coverage {
    const struct ruleset *set; /* borrowed */
    struct coverage_rule *rules;
    struct coverage_technique *techniques; /* in the order of their ids */
    size_t techniques_len;
};

/**
 * Work out the coverage of all rules.
 * @param source which source `seen` counts for; EVENT_SOURCES: any
 * @param ret    coverage_done frees it
 * @return 0 or E_NOMEM
 */
int coverage_make(const struct ruleset *set, enum event_source source,
                  struct coverage *ret) MUST_CHECK;
/** For CLEANUP(coverage_done). */
void coverage_done(struct coverage *c);

/** Whether the rule can fire on the source; EVENT_SOURCES: on any. */
bool coverage_sees(const struct coverage_rule *rule, enum event_source source);

/**
 * Append the layer as one JSON document: a technique's score is the number of rules that can fire.
 * Source: MITRE ATT&CK Navigator, layer file format 4.5.
 * @return 0 or E_NOMEM
 */
int coverage_add_layer(struct buf *out, const struct coverage *c,
                       enum event_source source) MUST_CHECK;

#endif
