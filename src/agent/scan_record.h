/* What a worker found in a file, as a record like one of a sensor's. Called by scanner.c. */
#ifndef CORDON_AGENT_SCAN_RECORD_H
#define CORDON_AGENT_SCAN_RECORD_H

#include <stdint.h>

#include "base/buf.h"
#include "yara/worker.h"

/**
 * Append the record. What the worker says is bounded here: one that was taken over must not make a
 * record that no other process takes.
 * @param pid of the process that brought the file up, <= 0 = not known
 */
void scan_record_add(struct buf *out, const char *path, int64_t pid, int64_t pidversion,
                     const struct yara_found *found);

#endif
