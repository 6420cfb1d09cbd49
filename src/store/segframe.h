/* Cutting a batch's NDJSON into frames ready to append: done on the submitting thread, so that the
 * writer only writes. Private to the store. */
#ifndef CORDON_STORE_SEGFRAME_H
#define CORDON_STORE_SEGFRAME_H

#include "base/arena.h"
#include "store/segkeys.h"
#include "store/segment.h"

/** Frames of one batch, back to back; offsets are relative to the first. */
struct segframes {
    struct buf bytes;
    struct segment_frame *items; /* device points into what segframes_cut was given */
    size_t len;
    size_t cap;
    struct arena keys; /* of the frames */
};

/** Free everything. For CLEANUP(segframes_done). */
void segframes_done(struct segframes *frames);

/**
 * Cut at line ends into pieces of at most SEGMENT_FRAME_BYTES (one longer line makes its own
 * frame), compress each, write headers.
 *
 * @param like   device, epoch, sequence, times and kinds of every frame; the device is borrowed as
 *               long as the frames live
 * @param plain  whole lines, each ended by a newline; may be empty
 * @param events lines in it, checked
 * @param line_most longest line in bytes
 * @param keys   scratch for the frames' keys; NULL: frames without
 * @return 0, E_ARG (not whole lines, or another number of them), E_LIMIT (a line is too long),
 * E_NOMEM
 */
int segframes_cut(struct segframes *frames, const struct segment_frame *like, struct str plain,
                  uint32_t events, size_t line_most, struct segkeys *keys,
                  struct err *err) MUST_CHECK;

#endif
