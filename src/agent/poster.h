/* The uplink's second thread: posts spooled batches one after the other, fetches rulesets and
 * plans, renews the certificate. It blocks on the network so that the first thread, which holds the
 * command channel, never does. */
#ifndef CORDON_AGENT_POSTER_H
#define CORDON_AGENT_POSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "device/spool.h"
#include "net/http_client.h"
#include "os/loop.h"

struct poster;

enum poster_file { POSTER_RULESET, POSTER_PLAN };

struct poster_handler {
    /** Loop thread: a signed file was fetched. `fd` is a descriptor of it, borrowed. */
    void (*fetched)(void *arg, enum poster_file file, int fd);
    /** Loop thread: a new certificate was stored; it counts from the next start of this process. */
    void (*renewed)(void *arg);
};

struct poster_stats {
    uint64_t posted;   /* batches acknowledged by the server */
    uint64_t failures; /* calls that failed */
    int last_code;     /* of the last failure, 0 = the last call succeeded */
    char last_message[256];
};

/**
 * Start the thread.
 * @param server  "https://host:port", borrowed for ever
 * @param folder  the uplink's own folder, for fetched files; borrowed for ever
 * @param client  used by this thread only
 */
int poster_new(struct loop *loop, const char *server, const char *folder, struct spool *spool,
               struct http_client *client, const struct poster_handler *handler, void *arg,
               struct poster **ret_poster, struct err *err) MUST_CHECK;
/** Ends after the call in progress (its time limit bounds the wait). NULL is allowed. */
void poster_free(struct poster *p);

/** There is something new in the spool, or the server is back: do not wait any longer. */
void poster_wake(struct poster *p);
/** Fetch this version of a file unless that is being done already. */
void poster_fetch(struct poster *p, enum poster_file file, struct str version);
/** Get a new certificate for the body of a renewal (proto/enroll.h), unless that is being done
 * already. */
void poster_renew(struct poster *p, struct str body);
void poster_stats(struct poster *p, struct poster_stats *ret_stats);

#endif
