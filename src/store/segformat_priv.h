/* The bytes of a segment: headers, footer, trailer, to and from structures. Pure functions; used by
 * the reader, the writer and recovery. The layout is described in segment.h. */
#ifndef CORDON_STORE_SEGFORMAT_PRIV_H
#define CORDON_STORE_SEGFORMAT_PRIV_H

#include "store/segkeys.h"
#include "store/segment.h"

enum {
    SEGFORMAT_SUM_BYTES = 8,
    SEGFORMAT_FRAME_FIXED = 113, /* frame header without device id and keys */
    SEGFORMAT_FRAME_HEADER_MOST = SEGFORMAT_FRAME_FIXED + SEGMENT_DEVICE_BYTES + SEGKEYS_BYTES_MOST,
    SEGFORMAT_KEYS_BYTES_MOST = SEGMENT_FOOTER_BYTES_MOST / 4, /* of all frames in a footer */
    SEGFORMAT_TRAILER_BYTES = 24,
    SEGFORMAT_INDEX_BYTES = 106 /* one frame in the footer's index */
};

/** A footer taken apart; slices point into the bytes parsed. */
struct segfooter {
    struct segment_summary summary;
    struct str devices; /* device section without its count */
    uint32_t devices_len;
    struct str index; /* SEGFORMAT_INDEX_BYTES for each frame */
    uint32_t index_len;
    struct str keys; /* u16 + bytes for each frame; empty when the footer has none */
};

/** First 8 bytes of SHA-256. @return 0 or E_NOMEM */
int segformat_sum(struct str bytes, unsigned char ret_sum[SEGFORMAT_SUM_BYTES]) MUST_CHECK;
/** Does a stored checksum fit? @return 0, E_PARSE ("the checksum of WHAT ... does not fit"),
 * E_NOMEM */
int segformat_check(struct str bytes, const void *stored, const char *what, uint64_t offset,
                    struct err *err) MUST_CHECK;

/* The add functions leave an error sticking in the buffer: ask with buf_check. */
void segformat_add_header(struct buf *out, const struct segment_head *head);
/** @return 0, E_PARSE, E_VERSION */
int segformat_header(struct str bytes, struct segment_head *ret_head, struct err *err) MUST_CHECK;

/** Append the frame header; offset and header_bytes of `frame` are not used. */
void segformat_add_frame(struct buf *out, const struct segment_frame *frame, struct str payload);
/**
 * Read a frame header at the front of `bytes`, at `offset` of the segment; device points into
 * `bytes`.
 * @return 0, E_PARSE
 */
int segformat_frame(struct str bytes, uint64_t offset, struct segment_frame *ret_frame,
                    unsigned char ret_payload_sum[SEGFORMAT_SUM_BYTES], struct err *err) MUST_CHECK;

/** Append footer and trailer for a file whose frames end at `offset`. Devices are sorted by the
 * caller; device_of[i] is the index of frame i's device. @return 0, E_LIMIT, E_NOMEM */
int segformat_add_footer(struct buf *out, uint64_t offset, const struct segment_summary *summary,
                         const struct str *devices, uint32_t devices_len,
                         const struct segment_frame *frames, const uint32_t *device_of,
                         uint32_t frames_len) MUST_CHECK;
/** Does the tail of a file of `file_bytes` hold a trailer? Then where its footer is.
 * @return 0, E_NOT_FOUND (no trailer), E_PARSE (a trailer that cannot be) */
int segformat_trailer(struct str tail, uint64_t file_bytes, uint64_t *ret_offset,
                      uint32_t *ret_bytes, struct err *err) MUST_CHECK;
/** Read footer and trailer, which `bytes` holds from the footer's offset to the end of the file. */
int segformat_footer(struct str bytes, uint64_t offset, struct segfooter *ret_footer,
                     struct err *err) MUST_CHECK;
/** Frame `i` of the index, in order; `keys` is what is left of the footer's. @return 0, E_PARSE
 * (impossible values) */
int segformat_index(const struct segfooter *footer, uint32_t i, uint64_t footer_offset,
                    const struct str *devices, struct str *keys, struct segment_frame *ret_frame,
                    struct err *err) MUST_CHECK;

/** Fold a frame into running totals (zeroed before the first). */
void segformat_summarise(struct segment_summary *summary, const struct segment_frame *frame);

#endif
