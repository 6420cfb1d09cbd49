/* The calls a device makes: batches up, signed files and certificates down. Blocking, so never on a
 * loop's thread; the agent's poster and the simulator's couriers make them. Retries are the
 * caller's. */
#ifndef CORDON_DEVICE_CALLS_H
#define CORDON_DEVICE_CALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "device/spool.h"
#include "net/http_client.h"

/** What calls need and callers keep between them; `{0}` before use. */
struct calls_scratch {
    struct buf payload;
    struct http_client_answer answer; /* of the last call */
};
void calls_scratch_done(struct calls_scratch *s);

/**
 * Send the oldest batch of the spool and take it out when the server has it. A batch that the
 * server will never take must not hold up all others: it is taken out too.
 *
 * @param server       "https://host:port"
 * @param ret_sequence of the batch, 0 = none waits
 * @param ret_dropped  true: the server refused it for good, err says why
 * @return 0, E_NOT_FOUND (nothing waits), E_AGAIN (busy), E_FULL (the server's disk), E_AUTH,
 * E_DENIED, errors of http_client_call and of the spool. Fail points: uplink.post.before, .after.
 */
int calls_batch(struct http_client *client, const char *server, struct spool *spool,
                struct calls_scratch *s, uint64_t *ret_sequence, bool *ret_dropped,
                struct err *err) MUST_CHECK;

/**
 * Fetch a signed file; it is the answer's body. Nothing of it is verified.
 * @param name "ruleset" or "plan"  @param version 64 hex digits
 * @return 0, E_NOT_FOUND, E_AUTH ...
 */
int calls_file(struct http_client *client, const char *server, const char *name,
               const char *version, struct calls_scratch *s, struct err *err) MUST_CHECK;

/** Ask for a new certificate; the answer's body is an enroll_reply. */
int calls_renew(struct http_client *client, const char *server, struct str body,
                struct calls_scratch *s, struct err *err) MUST_CHECK;

#endif
