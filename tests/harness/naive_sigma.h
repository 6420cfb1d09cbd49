/* A Sigma evaluator that is obviously correct and shares nothing with the engine but the parsed
 * rule: it walks the tree for every event and has its own string functions. The differential tests
 * hold the engine against it. */
#ifndef CORDON_TESTS_HARNESS_NAIVE_SIGMA_H
#define CORDON_TESTS_HARNESS_NAIVE_SIGMA_H

#include <stdbool.h>

#include "detect/sigma.h"
#include "event/event.h"

/** Whether the rule fires on the event, log source included, filters aside. */
bool naive_sigma_fires(const struct sigma_rule *rule, const struct event *ev);
/** Whether the filter applies to the rule, all of its names being right. */
bool naive_sigma_filtered(const struct sigma_filter *filter, const struct sigma_rule *rule);
/** Whether the filter lets the event through. */
bool naive_sigma_filter_holds(const struct sigma_filter *filter, const struct event *ev);

#endif
