/* What an event says of the program that its process runs, for prevent_check. */
#ifndef CORDON_DETECT_PREVENT_EVENT_H
#define CORDON_DETECT_PREVENT_EVENT_H

#include "detect/prevent.h"
#include "event/event.h"

/** Decoded digests that the identity points to. */
struct prevent_digests {
    unsigned char sha256[LIST_DIGEST_BYTES];
    unsigned char cdhash[LIST_CDHASH_BYTES];
};

/** @param digests filled; must live as long as the identity, as must the event */
struct code_identity prevent_identity(const struct event *ev, struct prevent_digests *digests);

#endif
