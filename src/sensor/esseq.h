/* Counts exactly what EndpointSecurity dropped, from the sequence numbers eslogger writes into each
 * line: "global_seq_num" grows by one per message of a client, "seq_num" by one per message of one
 * event type. Used by the eslogger sensor; reads nothing else of the line.
 * Source: ESMessage.h, es_message_t. */
#ifndef CORDON_SENSOR_ESSEQ_H
#define CORDON_SENSOR_ESSEQ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define ESSEQ_TYPES 256 /* event_type values tracked when a line has no global number */

/** `{0}` is ready; set it to `{0}` again for each new child, whose numbers start anew. */
struct esseq {
    bool has_global;
    uint64_t next_global;
    uint64_t next[ESSEQ_TYPES]; /* 0 = this type was not seen yet */
};

/**
 * Take one line in.
 * @return how many messages are missing right before it; 0 when the line has no number, when it is
 * the first one (its number is the base: what was dropped before it is not known), or when numbers
 * went back (a new client)
 */
uint64_t esseq_note(struct esseq *q, struct str line, bool *ret_numbered);

#endif
