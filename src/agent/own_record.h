/* The beginning of a record that the agent itself makes, beside those of its sensor. */
#ifndef CORDON_AGENT_OWN_RECORD_H
#define CORDON_AGENT_OWN_RECORD_H

#include "event/event.h"

/** An empty event of this kind, of now and of this system. */
void own_record_begin(struct event *ev, enum event_kind kind);

#endif
