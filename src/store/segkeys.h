/* What values the events of a frame have: a Bloom filter over the whole values of some fields, so
 * that a hunt can pass over a frame without reading it. Made when a frame is cut, kept in the
 * frame's header and again in the footer. Says "maybe" or "certainly not", never the reverse: the
 * keys are made from the same events that a hunt reads, by the same normaliser.
 *
 * Bytes: u8 version, u8 flags (1 = some event has a time), i64 time least and most (device's
 * clock), then the filter's bits. No bytes at all, or another version: nothing is known. */
#ifndef CORDON_STORE_SEGKEYS_H
#define CORDON_STORE_SEGKEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "schema/field.h"

enum { SEGKEYS_HEAD_BYTES = 18, SEGKEYS_BITS_BYTES_MOST = 8192 };

/** Longest keys of a frame. */
#define SEGKEYS_BYTES_MOST (SEGKEYS_HEAD_BYTES + SEGKEYS_BITS_BYTES_MOST)

/* ------------------------------------------------------------------ making */

/** Scratch of one thread. */
struct segkeys;

/** @return 0 or E_NOMEM */
int segkeys_new(struct segkeys **ret_keys) MUST_CHECK;
void segkeys_free(struct segkeys *k);

/**
 * Append the keys of a frame's lines. A line that is no event adds nothing: no hunt finds it.
 * @param plain whole lines
 * @return 0 or E_NOMEM
 */
int segkeys_add(struct segkeys *k, struct str plain, struct buf *out) MUST_CHECK;

/* ------------------------------------------------------------------ asking */

/** True when some event may have this whole value in the field. @param lower in lower case */
bool segkeys_value(struct str keys, enum field_id field, struct str lower);
/** True when some value of the field may have this as its last path component. */
bool segkeys_last_part(struct str keys, enum field_id field, struct str lower);
/** True when some event may have the field. */
bool segkeys_exists(struct str keys, enum field_id field);
/** True when a rule for this log-source category may concern some event. */
bool segkeys_category(struct str keys, struct str lower);
/**
 * When the events happened, by the device's clock.
 * @return false when that is not known; *ret_any says whether any event has a time
 */
bool segkeys_times(struct str keys, bool *ret_any, int64_t *ret_min_ns, int64_t *ret_max_ns);

#endif
