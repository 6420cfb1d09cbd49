/* Sensor records on their way to the disk: numbered, kept until the analyst says they are spooled,
 * sent again to a restarted analyst. Bounded: when it is full the sensor is paused and counts what
 * it loses. */
#ifndef CORDON_AGENT_WINDOW_H
#define CORDON_AGENT_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "device/resend.h"

enum { WINDOW_MOST_BYTES = 32 * 1024 * 1024, WINDOW_RESUME_BYTES = 16 * 1024 * 1024 };

/** `{0}` is a valid empty window. */
struct window {
    struct resend records; /* AGENT_RECORD bodies */
    uint64_t next;         /* number of the last record taken */
    struct buf body;
};

/**
 * Number a record and keep it.
 * @param ret_body body of the AGENT_RECORD message, valid until the next call
 * @return 0 or E_NOMEM
 */
int window_add(struct window *w, struct str record, struct str *ret_body) MUST_CHECK;
void window_ack(struct window *w, uint64_t record);
static inline bool window_full(const struct window *w)
{
    return w->records.bytes >= WINDOW_MOST_BYTES;
}
static inline bool window_has_room(const struct window *w)
{
    return w->records.bytes <= WINDOW_RESUME_BYTES;
}
void window_done(struct window *w);

#endif
