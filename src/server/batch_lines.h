/* A decompressed batch taken apart: event lines as one slice of whole lines, alerts as records.
 * Foreign text. */
#ifndef CORDON_SERVER_BATCH_LINES_H
#define CORDON_SERVER_BATCH_LINES_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "store/store.h"

struct batch_lines {
    struct buf events; /* NDJSON without the alerts */
    uint32_t events_len;
    uint64_t kinds[4];
    int64_t time_min_ns;
    int64_t time_max_ns;
    struct store_alert *alerts; /* in the arena */
    size_t alerts_len;
};

/**
 * @param device, epoch, sequence what the ids of events and alerts must be made of
 * @param plain   borrowed; slices of the alerts point into it or into the arena
 * @return 0, E_PARSE (a line is no object, an alert is damaged or its id is not what it must be;
 * err has the line), E_LIMIT, E_NOMEM. Call batch_lines_done afterwards, also on failure.
 */
int batch_lines_read(struct str plain, struct str device, uint64_t epoch, uint64_t sequence,
                     int64_t received_ns, struct arena *arena, struct batch_lines *ret_lines,
                     struct err *err) MUST_CHECK;
void batch_lines_done(struct batch_lines *b);

#endif
