/* How often an address may be wrong: a bucket of attempts for each, refilled with time. Keeps
 * guessing slow, the worker free and the audit log short. Used for log-ins. Fixed memory; loop
 * thread only. */
#ifndef CORDON_SERVER_THROTTLE_H
#define CORDON_SERVER_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

struct throttle;

/** @param burst attempts in a full bucket  @param refill_ms time for one more  @return 0, E_NOMEM
 */
int throttle_new(unsigned burst, int64_t refill_ms, struct throttle **ret_throttle) MUST_CHECK;
/** NULL is allowed. */
void throttle_free(struct throttle *t);
/**
 * Take an attempt. Addresses of one IPv6 /64 share a bucket.
 * @param address numeric text  @param now_ms monotonic
 * @return false when there is none left
 */
bool throttle_take(struct throttle *t, const char *address, int64_t now_ms) MUST_CHECK;
/** The attempt was no failure: put it back. */
void throttle_give(struct throttle *t, const char *address, int64_t now_ms);

#endif
