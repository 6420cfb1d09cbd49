/* The simulation: options, what all Macs share, and the Macs. One loop; couriers make the blocking
 * calls. */
#ifndef CORDON_SIM_SIM_H
#define CORDON_SIM_SIM_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "courier.h"
#include "net/http_client.h"
#include "os/loop.h"
#include "rebase.h"
#include "rules.h"

enum { SIM_DEVICES_MAX = 5000, SIM_STORIES_MAX = REBASE_BLOCKS };

struct mac;
struct normaliser;

struct sim_options {
    const char *server; /* "https://host:port" */
    const char *state;  /* folder */
    const char *names;  /* prefix of host names, or NULL */
    const char *token_file;
    unsigned char fingerprint[TLS_FINGERPRINT_BYTES];
    unsigned devices;
    int64_t speed;
    uint64_t seed;
};

struct sim {
    struct loop *loop;
    const struct sim_options *options;
    struct courier *courier;
    struct http_client *enrolling[COURIER_THREADS]; /* one a thread: no certificate yet */
    struct normaliser *normaliser;
    struct rules *rules;
    const struct story *stories[SIM_STORIES_MAX];
    size_t stories_len;
    struct mac **macs;
    unsigned connected;
    unsigned stopping; /* macs that still have something to send */
    uint64_t stop_timer;
};

/** Run until SIGINT or SIGTERM. SIGUSR1 begins the stories that do not repeat once more.
 * @param stories borrowed @return 0 or the error that kept it from running */
int sim_run(const struct sim_options *options, struct story *const *stories, size_t stories_len,
            struct normaliser *normaliser, struct err *err) MUST_CHECK;

/** A Mac's channel opened (+1) or closed (-1): says so when all are there. */
void sim_count(struct sim *sim, int change);

#endif
