/* The last messages of the live stream, numbered without a gap, each ready to be sent. What a
 * reader has not taken yet lies here and nowhere else, so a slow one costs no memory: it falls
 * behind what is kept. Used by stream.c; loop thread only. */
#ifndef CORDON_SERVER_STREAM_RING_H
#define CORDON_SERVER_STREAM_RING_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "schema/permission.h"

enum { STREAM_EPOCH_BYTES = 17, STREAM_ID_BYTES = 64 };

struct stream_message {
    enum permission_id reads; /* who may read it */
    struct buf text;          /* the whole server-sent event */
};

struct stream_ring {
    char epoch[STREAM_EPOCH_BYTES]; /* tells this run of the server from another; random */
    struct stream_message *slots;   /* of sequence number n: slots[n % cap] */
    size_t cap;
    uint64_t first; /* oldest that is kept */
    uint64_t last;  /* newest; 0 = there was none yet */
};

/** Empty, with an epoch of its own. @return 0 or E_NOMEM */
int stream_ring_init(struct stream_ring *r, size_t cap) MUST_CHECK;
void stream_ring_done(struct stream_ring *r);

/**
 * Append a message, dropping the oldest when full.
 * @param event name of the event
 * @param data  one line of JSON, or a failed buffer
 * @return 0, E_NOMEM or what the buffer failed of (nothing was appended)
 */
int stream_ring_add(struct stream_ring *r, enum permission_id reads, const char *event,
                    const struct buf *data) MUST_CHECK;
/** Drop everything: whoever comes back with an id of before has missed something. */
void stream_ring_forget(struct stream_ring *r);

/** A message that is kept: first <= sequence <= last. */
const struct stream_message *stream_ring_get(const struct stream_ring *r, uint64_t sequence);
/** Can a reader that has everything up to `sequence` go on? */
static inline bool stream_ring_has(const struct stream_ring *r, uint64_t sequence)
{
    return sequence <= r->last && sequence + 1 >= r->first;
}

/**
 * Read a Last-Event-ID.
 * @return 0, E_PARSE, E_NOT_FOUND (of another run of the server, or not given out yet), E_LIMIT
 * (too old: something after it was dropped)
 */
int stream_ring_resume(const struct stream_ring *r, struct str id, uint64_t *ret_sequence);

/** Append one server-sent event: "id: EPOCH-SEQUENCE", "event: ...", "data: ...". */
void stream_event_add(struct buf *out, const char *epoch, uint64_t sequence, const char *event,
                      struct str data);

#endif
