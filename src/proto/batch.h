/* What a batch of telemetry is made of (POST /device/v1/batch): zstd-compressed NDJSON. A line is
 * either an event (event_add_json's flat form) or an alert, which begins with {"alert_id": and
 * stands directly after its event. Headers name the spool epoch and the sequence number; the pair
 * makes a repeat recognisable. Event id = device/epoch/sequence/ordinal of the event line in its
 * batch. */
#ifndef CORDON_PROTO_BATCH_H
#define CORDON_PROTO_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define BATCH_HEADER_EPOCH    "Cordon-Epoch"    /* number of the spool, decimal, 1 .. 2^63-1 */
#define BATCH_HEADER_SEQUENCE "Cordon-Sequence" /* decimal, from 1 */
#define BATCH_CONTENT_TYPE    "application/x-ndjson"
#define BATCH_ENCODING        "zstd"

enum { BATCH_ALERT_ID_CHARS = 32 };

/** True when the line is an alert. */
bool batch_line_is_alert(struct str line);

/** Append "device/epoch/sequence/ordinal". */
void batch_event_id_add(struct buf *out, struct str device, uint64_t epoch, uint64_t sequence,
                        uint32_t ordinal);

/** Alert id: 32 hex digits of SHA-256 over device, rule and event id. @return 0 or E_NOMEM */
int batch_alert_id(struct str device, struct str rule, struct str event_id,
                   char ret_id[BATCH_ALERT_ID_CHARS + 1]) MUST_CHECK;

/** Parse the value of one of the two headers. @return 0, E_PARSE (no number from 1 to 2^63-1) */
int batch_number(struct str text, uint64_t *ret_number) MUST_CHECK;

#endif
