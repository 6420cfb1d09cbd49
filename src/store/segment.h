/* Telemetry segments: append-only files of zstd frames. Written only by the store's writer thread,
 * read by hunts. This header is the format and its reader; the writer is segwrite.h.
 *
 * All integers big-endian; a checksum is the first 8 bytes of SHA-256 over what stands before it.
 *
 * - header: magic "CORDSEG1", u16 format, u16 event schema, u32 shard, i64 created, u64 id, its
 *   checksum
 * - frame: "CFRM", u16 header bytes, u16 key bytes, u32 stored bytes, u32 plain bytes, u32 events,
 *   u32 first ordinal, u64 epoch, u64 sequence, i64 time least and most (device's clock), i64
 *   received, 4 x u64 kind filter, u8 + device id, keys (segkeys.h), checksum of the payload,
 *   checksum of the header; then the payload: one zstd frame of whole NDJSON lines, at most
 *   SEGMENT_FRAME_BYTES plain unless a single line is longer
 * - footer: "CFTR", u16 version, u16 sections, sections {u16 tag, u32 bytes, content}; written once
 *   when the segment is sealed: device set, summary, frame index, keys of the frames; unknown tags
 *   are skipped
 * - trailer: u64 offset of the footer, u32 its bytes, checksum of footer and these, magic "CEND"
 *
 * A segment without trailer is not sealed: only the committed range the catalogue names is valid.
 * Deleting a device's data writes a new segment and swaps the catalogue rows in one transaction. */
#ifndef CORDON_STORE_SEGMENT_H
#define CORDON_STORE_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
    SEGMENT_FORMAT = 2,       /* that is written; 1 had no keys */
    SEGMENT_FORMAT_LEAST = 1, /* that is read */
    SEGMENT_SCHEMA = 1,
    SEGMENT_FRAME_BYTES = 256 * 1024, /* plain */
    SEGMENT_LINE_BYTES_MOST = 64 * 1024 * 1024,
    SEGMENT_FRAMES_MOST = 262144, /* in one segment */
    SEGMENT_FOOTER_BYTES_MOST = 64 * 1024 * 1024,
    SEGMENT_HEADER_BYTES = 40,
    SEGMENT_DEVICE_BYTES = 128 /* longest device id */
};

struct segment_head {
    uint16_t format;
    uint16_t schema;
    uint32_t shard;
    int64_t created_ns;
    uint64_t id;
};

/** What stands in front of a frame's payload. `device` and `keys` are valid until the reader's next
 * call. */
struct segment_frame {
    uint64_t offset;       /* of the frame header */
    uint32_t header_bytes; /* of the frame header */
    uint32_t stored_bytes; /* of the payload */
    uint32_t plain_bytes;
    uint32_t events;
    uint32_t first_ordinal; /* of its first event in the batch, from 0 */
    uint64_t epoch;
    uint64_t sequence;
    int64_t time_min_ns; /* device's clock, 0 = not known */
    int64_t time_max_ns;
    int64_t received_ns;
    uint64_t kinds[4];
    struct str device;
    struct str keys; /* what values its events have, see segkeys.h; empty = not known */
};

/** Totals of a sealed segment, from its footer. */
struct segment_summary {
    uint64_t frames;
    uint64_t events;
    uint64_t devices;
    int64_t time_min_ns;
    int64_t time_max_ns;
    int64_t received_min_ns;
    int64_t received_max_ns;
    uint64_t kinds[4];
};

struct segment_reader;

/** Add a kind by name to a filter: its bit is a hash, so other kinds may share it. */
void segment_kind_add(uint64_t filter[4], struct str kind_name);
/** False when no event of the kind is there; true means maybe. */
bool segment_kind_maybe(const uint64_t filter[4], struct str kind_name);
/** Shard of a device among `shards`. */
uint32_t segment_shard(struct str device, uint32_t shards);

/**
 * Open a segment file and check its header, and its footer when it has one.
 *
 * @param committed_bytes end of the committed range, from the catalogue; 0 = a sealed segment, the
 *                        footer says which frames there are
 * @return 0, E_NOT_FOUND, E_PARSE (damaged), E_VERSION (newer format), E_STATE (not sealed and no
 * committed range given), E_IO, E_NOMEM
 * Threads: one reader is one thread's; any number of readers of one file.
 */
int segment_reader_open(const char *path, uint64_t committed_bytes,
                        struct segment_reader **ret_reader, struct err *err) MUST_CHECK;
/** The same over bytes in memory, borrowed until close. */
int segment_reader_of_bytes(struct str bytes, uint64_t committed_bytes,
                            struct segment_reader **ret_reader, struct err *err) MUST_CHECK;
void segment_reader_close(struct segment_reader *reader);
/** For CLEANUP(segment_reader_closep). */
void segment_reader_closep(struct segment_reader **reader);

const struct segment_head *segment_reader_head(const struct segment_reader *reader);
/** NULL when the segment is read by committed range. */
const struct segment_summary *segment_reader_summary(const struct segment_reader *reader);
/** Is the device in the sealed segment? True when there is no footer to ask. */
bool segment_reader_has_device(const struct segment_reader *reader, struct str device);

/**
 * Go to the next frame header, checked.
 * @return 0, E_NOT_FOUND (the end), E_PARSE (damaged: the rest cannot be read), E_IO, E_NOMEM
 */
int segment_reader_next(struct segment_reader *reader, struct segment_frame *ret_frame,
                        struct err *err) MUST_CHECK;
/**
 * Append the plain NDJSON of the frame that segment_reader_next yielded last. Checks the payload's
 * checksum and every length before and while decompressing.
 * @return 0, E_PARSE, E_LIMIT (longer than it says), E_IO, E_NOMEM
 */
int segment_reader_plain(struct segment_reader *reader, const struct segment_frame *frame,
                         struct buf *out, struct err *err) MUST_CHECK;

#endif
