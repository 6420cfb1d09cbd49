/* What was passed on and not yet acknowledged, in order, so that it can be passed on again to a
 * restarted receiver: record number and bytes. Bounded by the sender, who looks at resend_bytes. */
#ifndef CORDON_DEVICE_RESEND_H
#define CORDON_DEVICE_RESEND_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct resend_item {
    struct resend_item *next;
    uint64_t record;
    size_t len;
    char bytes[];
};

/** `{0}` is a valid empty queue. */
struct resend {
    struct resend_item *head;
    struct resend_item *tail;
    size_t bytes;
    size_t len;
};

/** Append a copy. @return 0 or E_NOMEM */
int resend_add(struct resend *q, uint64_t record, struct str bytes) MUST_CHECK;
/** Forget everything up to and including `record`. */
void resend_ack(struct resend *q, uint64_t record);
void resend_done(struct resend *q);

#endif
