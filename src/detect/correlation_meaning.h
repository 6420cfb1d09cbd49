/* What a correlation means, as a digest that does not depend on the ruleset around it: where two
 * rulesets have the same digest for an id, what was counted under one counts under the other.
 * Used by correlator_adopt.c alone. */
#ifndef CORDON_DETECT_CORRELATION_MEANING_H
#define CORDON_DETECT_CORRELATION_MEANING_H

#include "base/arena.h"
#include "base/err.h"
#include "crypto/hash.h"
#include "detect/image.h"

struct correlation_meaning {
    const unsigned char **digests; /* by rule, then correlation; NULL for rules of no correlation */
    struct arena arena;
};

/**
 * Digest every correlation: its id, type, timespan, condition, group-by, and in their order its
 * rules with their ids, log sources, conditions (filters applied) and fields (aliases applied), and
 * so on down the chain. Titles, levels and the order of rules in the image do not count.
 *
 * @param image checked
 * @param m     zeroed; for correlation_meaning_done, also on failure
 * @return 0 or E_NOMEM
 */
int correlation_meaning_init(struct correlation_meaning *m, const struct image *image) MUST_CHECK;
/** For CLEANUP(correlation_meaning_done). */
void correlation_meaning_done(struct correlation_meaning *m);

#endif
