/* An evaluator of Jamf Protect's predicates that is obviously correct and shares nothing with the
 * engine but the parsed predicate and the tables: it walks the predicate as it was written, for
 * every event, in three-valued logic, and has its own comparisons. The differential test holds
 * lowering and engine against it. */
#ifndef CORDON_TESTS_HARNESS_NAIVE_PREDICATE_H
#define CORDON_TESTS_HARNESS_NAIVE_PREDICATE_H

#include "detect/predicate.h"
#include "event/event.h"

enum truth { TRUTH_NO, TRUTH_UNKNOWN, TRUTH_YES };

/** @param input enum jamf_input: what the predicate is about */
enum truth naive_predicate(const struct predicate_node *node, unsigned input,
                           const struct event *ev);
/** Whether an analytic of this input with this predicate fires, the event's kind included. */
bool naive_predicate_fires(const struct predicate_node *node, unsigned input,
                           const struct event *ev);

#endif
