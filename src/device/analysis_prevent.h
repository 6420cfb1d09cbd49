/* What the prevent lists have to do with events: programs that must be looked at, and the alert
 * that a stopped one makes. Called by analysis.c. */
#ifndef CORDON_DEVICE_ANALYSIS_PREVENT_H
#define CORDON_DEVICE_ANALYSIS_PREVENT_H

#include <stdbool.h>

#include "base/buf.h"
#include "detect/prevent_event.h"
#include "event/event.h"

enum { ANALYSIS_PREVENT_RULE_BYTES = 128 };

/**
 * Whether the program that this event starts is denied by an entry, or could be once its hash is
 * known.
 * @param wants_hash some entry denies by hash
 */
bool analysis_suspects(const struct prevent *p, bool wants_hash, const struct event *ev,
                       const struct code_identity *id, int64_t now_ns);

/** The alert of a KIND_PREVENT event, as alert_add_json writes those of rules. */
void analysis_add_prevent_alert(struct buf *out, struct str head, const struct event *ev);
/** Its rule id: "prevent:TYPE:VALUE", cut. */
void analysis_prevent_rule(const struct event *ev, char id[ANALYSIS_PREVENT_RULE_BYTES]);

#endif
