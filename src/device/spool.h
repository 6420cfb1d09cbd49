/* The agent's durable queue of batches on their way to the server: append-only files in the
 * uplink's own folder. An append is on disk (fdatasync) before it returns; a torn tail after a
 * crash is cut at open; a batch leaves when the server acknowledged it. Capped: a full spool
 * refuses, it never drops what it took. One thread appends, another may read and acknowledge (a
 * lock inside). Never talks to the network.
 *
 * File "<first sequence, 20 digits>.spool": frames of a 56-byte header (magic, length, sequence,
 * last record number, monitor's token, events, alerts, first 8 bytes of SHA-256 over header and
 * payload) and a zstd payload. */
#ifndef CORDON_DEVICE_SPOOL_H
#define CORDON_DEVICE_SPOOL_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum { SPOOL_TOKEN_BYTES = 16 };

struct spool;

/** What is appended as one batch. */
struct spool_batch {
    unsigned char token[SPOOL_TOKEN_BYTES]; /* life of the monitor that numbered the records */
    uint64_t last_record;                   /* highest record number inside */
    uint32_t events;
    uint32_t alerts;
    struct str payload; /* zstd NDJSON, at most PARAM_BATCH_BYTES */
};

struct spool_stats {
    uint64_t waiting_batches;
    uint64_t waiting_events;
    uint64_t bytes; /* on disk */
    uint64_t next_sequence;
    uint64_t cut_bytes; /* torn bytes removed at open */
};

/**
 * Open or create the spool in `folder` (made with mode 0700).
 * @param limit_bytes most disk it may take
 * @return 0, E_IO, E_DENIED, E_FULL, E_NOMEM
 */
int spool_open(const char *folder, uint64_t limit_bytes, struct spool **ret_spool,
               struct err *err) MUST_CHECK;
void spool_free(struct spool *s);

/** Number of this spool, random; a lost spool gets a new one. */
uint64_t spool_epoch(const struct spool *s);
/** Sequence number the next append gets (appending thread only). */
uint64_t spool_next_sequence(const struct spool *s);
/** Highest record number of this monitor's life that is on disk or was sent; 0 = none. */
uint64_t spool_last_record(struct spool *s, const unsigned char token[SPOOL_TOKEN_BYTES]);

/**
 * Append one batch and make it durable. Fail points: spool.append, spool.fsync. A failure may use
 * up the sequence number: build the batch again for spool_next_sequence before the next try.
 * @return 0, E_FULL (cap reached or disk full; nothing was added), E_LIMIT, E_IO (the file is given
 * up and the next append opens a new one)
 */
int spool_append(struct spool *s, const struct spool_batch *batch, struct err *err) MUST_CHECK;

/**
 * Copy the oldest batch that was not acknowledged.
 * @param out        cleared, then the payload
 * @return 0, E_NOT_FOUND (nothing waits), E_IO, E_NOMEM
 */
int spool_peek(struct spool *s, struct buf *out, uint64_t *ret_sequence, uint32_t *ret_events,
               struct err *err) MUST_CHECK;

/** The server has everything up to `sequence`. Fail points: file.* of the state file, spool.unlink.
 */
int spool_ack(struct spool *s, uint64_t sequence, struct err *err) MUST_CHECK;

void spool_stats(struct spool *s, struct spool_stats *ret_stats);

#endif
