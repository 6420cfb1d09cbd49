/* Rulesets shared by all simulated Macs: each fetches and verifies its own copy, and the first of a
 * version is kept with its engine. Loop thread only. */
#ifndef CORDON_SIM_RULES_H
#define CORDON_SIM_RULES_H

#include "base/err.h"
#include "base/str.h"

struct engine;
struct rules;
struct ruleset;

/** A ruleset ready to match; lives as long as the table. */
struct rules_entry {
    struct ruleset *ruleset;
    struct engine *engine;
};

int rules_new(struct rules **ret_rules) MUST_CHECK;
void rules_free(struct rules *r);

/**
 * Find the ruleset of a verified image, or load it.
 * @param version SHA-256 of the image, hex
 * @return 0, E_PARSE, E_VERSION, E_LIMIT (too many versions), E_NOMEM
 */
int rules_use(struct rules *r, struct str version, struct str image, struct rules_entry *ret_entry,
              struct err *err) MUST_CHECK;

#endif
