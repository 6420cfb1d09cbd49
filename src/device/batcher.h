/* Collects what the analyst sends into batches and puts them into the spool: events as NDJSON
 * lines, each alert directly after its event with its ids filled in, compressed. A batch is closed
 * by size or by time; only when it is on disk the records in it are acknowledged. A record number
 * that was spooled before is dropped: that is how a restarted process may send again what it does
 * not know the fate of. */
#ifndef CORDON_DEVICE_BATCHER_H
#define CORDON_DEVICE_BATCHER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "device/spool.h"

struct batcher;

/** @param device this device's id, borrowed for ever  @param spool borrowed for ever */
int batcher_new(struct str device, struct spool *spool, struct batcher **ret_batcher) MUST_CHECK;
void batcher_free(struct batcher *b);

/** A (new) analyst is connected; record numbers are those of this life of the monitor. */
void batcher_set_token(struct batcher *b, const unsigned char token[SPOOL_TOKEN_BYTES]);

/** The boot session that the records of this life of the monitor are of, as facts name it; alerts
 * carry it: a process is ended by boot, pid and generation. Copied; more than 64 bytes are cut. */
void batcher_set_boot(struct batcher *b, struct str boot);

/**
 * Take the body of one AGENT_EVENT message.
 * @return 0, E_PARSE (not one), E_NOMEM
 */
int batcher_add(struct batcher *b, struct str body, struct err *err) MUST_CHECK;
/** True when so much is waiting that the batch should be closed now. */
bool batcher_full(const struct batcher *b);
bool batcher_empty(const struct batcher *b);
/** Highest record number taken, waiting or spooled. */
uint64_t batcher_last(const struct batcher *b);

/**
 * Close the batch and spool it.
 * @param ret_record every record up to this number is on disk
 * @return 0, E_FULL (spool or disk full: nothing is lost, call again later), E_IO, E_NOMEM
 */
int batcher_flush(struct batcher *b, uint64_t *ret_record, struct err *err) MUST_CHECK;

#endif
