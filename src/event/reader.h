/* Cuts a byte stream (file, pipe) into JSON objects: one a line as a rule, several on a line or one
 * over several lines where the source does that (exported ECS documents; a JSON array around them
 * is accepted). Never loads the whole input. A damaged record is reported and skipped up to the
 * next line that starts an object. */
#ifndef CORDON_EVENT_READER_H
#define CORDON_EVENT_READER_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct reader;

/** @param fd borrowed, read with read(2) until its end. @return 0 or E_NOMEM */
int reader_new(int fd, struct reader **ret_reader) MUST_CHECK;
void reader_free(struct reader *r);

/**
 * Next record.
 * @param ret_record valid until the next call; empty lines are skipped
 * @param ret_line   1-based line on which it starts
 * @return 0, E_CLOSED (end of input), E_PARSE or E_LIMIT (this record is damaged or too long;
 * *ret_line says where; call again to go on), E_AGAIN (a signal came while it waited; call again
 * to go on), E_IO
 */
int reader_next(struct reader *r, struct str *ret_record, uint64_t *ret_line,
                struct err *err) MUST_CHECK;

/* ------------------------------------------------------------------ by blocks */

/**
 * As reader_next, but never reads the descriptor: E_AGAIN says that reader_fill is needed first.
 * Records stay valid until reader_fill, and beyond it where reader_swap takes their memory out.
 */
int reader_cut(struct reader *r, struct str *ret_record, uint64_t *ret_line,
               struct err *err) MUST_CHECK;
/** Read once. @return 0 (the end of the input too), E_AGAIN (a signal came; call again), E_IO,
 * E_NOMEM */
int reader_fill(struct reader *r, struct err *err) MUST_CHECK;
/**
 * Take the memory out in which all records cut since the last reader_fill or reader_swap lie, and
 * go on in other memory.
 * @param io memory to go on with, its content is forgotten; afterwards the memory of the records,
 * which is the caller's. @return 0 or E_NOMEM (nothing has changed)
 */
int reader_swap(struct reader *r, struct buf *io) MUST_CHECK;

/** Bytes consumed so far. */
uint64_t reader_bytes(const struct reader *r);

#endif
