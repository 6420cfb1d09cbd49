/* What the parts of a run share. Private to hunt/. */
#ifndef CORDON_HUNT_HUNT_PRIV_H
#define CORDON_HUNT_HUNT_PRIV_H

#include <pthread.h>

#include "base/buf.h"
#include "base/map.h"
#include "detect/correlator.h"
#include "event/normalise.h"
#include "hunt/hunt.h"
#include "store/segment.h"

/* ------------------------------------------------------------------ tally (hunt_tally.c) */

enum { TALLY_PAIRS_MOST = 1 << 20 }; /* rule and device */

struct tally {
    struct hunt_tally *rules;
    uint32_t rules_len;
    struct map seen; /* rule number + device */
    struct arena keys;
};

/** `t` is zeroed. @return 0 or E_NOMEM */
int tally_init(struct tally *t, uint32_t rules_len) MUST_CHECK;
void tally_done(struct tally *t);
/** Note a match. @return 0 or E_NOMEM */
int tally_add(struct tally *t, uint32_t rule, struct str device, int64_t time_ns) MUST_CHECK;
/** Add what another one counted. @return 0 or E_NOMEM */
int tally_merge(struct tally *t, const struct tally *other) MUST_CHECK;

/* ------------------------------------------------------------------ for correlations */

/** An event that correlations take. */
struct taken {
    size_t at; /* in the texts: device, line, then the numbers of the rules */
    uint32_t device_len;
    uint32_t line_len;
    uint32_t rules_len;
    uint32_t ordinal;
    uint32_t device; /* number of the device, of a run's only */
    uint64_t epoch;
    uint64_t sequence;
    int64_t time_ns;
    int64_t received_ns;
};

/** Those of a segment, or of a run: the first ones that fit. */
struct taking {
    struct taken *list;
    size_t len;
    size_t cap;
    struct buf texts;
    uint64_t cut; /* how many did not */
};

/* ------------------------------------------------------------------ one run */

/** Counters that all threads add to. */
struct counters {
    atomic_uint_fast64_t bytes_done;
    atomic_uint_fast64_t frames;
    atomic_uint_fast64_t frames_skipped;
    atomic_uint_fast64_t events;
    atomic_uint_fast64_t plain_bytes;
    atomic_uint_fast64_t matches;
    atomic_uint_fast64_t damaged;
};

struct run {
    const struct hunt_config *config;
    const struct hunt_segment *segments;
    size_t len;
    struct map devices;   /* of the config */
    uint32_t rules_total; /* rules and correlations */
    bool *correlated;     /* by both: some correlation builds on it; NULL without correlations */
    uint64_t bytes_total;
    struct counters counters;
    atomic_size_t next;          /* segment to take */
    atomic_bool stop;            /* something ended the run */
    atomic_int_fast64_t told_ms; /* when progress was told last */

    pthread_mutex_t lock; /* guards what follows and the callbacks */
    pthread_cond_t turn;  /* `delivered` changed */
    size_t delivered;     /* segments handed over */
    uint64_t hits;
    uint64_t hit_bytes;
    uint32_t *rule_hits; /* handed over, by rule; NULL without a bound */
    bool truncated;
    struct tally tally;
    struct taking taking;
    struct map device_numbers;
    struct arena device_names; /* the keys */
    int64_t received_min_ns;
    int64_t received_max_ns;
    int rc;
    struct err err;
};

/** Is the run over before its time? */
static inline bool run_stopped(struct run *run)
{
    return atomic_load_explicit(&run->stop, memory_order_relaxed) ||
           (run->config->cancel && atomic_load_explicit(run->config->cancel, memory_order_relaxed));
}

/** Tell progress when it is time again. */
void run_tell(struct run *run);

struct scan;

/** Hand over what a scan found, within the limits. With the lock held. */
int run_hand_over(struct run *run, const struct scan *s, struct err *err) MUST_CHECK;

/* ------------------------------------------------------------------ one segment (hunt_scan.c) */

/** A match that is kept; texts are offsets into the scan's buffer. */
struct found {
    uint32_t rule;
    uint32_t device_len;
    uint32_t id_len;
    uint32_t json_len;
    size_t at; /* device, event id, JSON, one behind the other */
    int64_t time_ns;
    int64_t received_ns;
};

/** One thread's scratch, and what its segment gave. */
struct scan {
    struct run *run;
    struct engine *engine;
    struct normaliser *normaliser;
    struct event event;
    struct buf plain;
    struct buf head;
    struct buf texts;
    struct found *found;
    size_t found_len;
    size_t found_cap;
    uint32_t *rule_found; /* kept of this segment, by rule; NULL without a bound */
    bool truncated;
    struct tally tally; /* of this segment */
    struct taking taking;
    int64_t received_min_ns;
    int64_t received_max_ns;
};

/** `s` is zeroed. @return 0 or E_NOMEM */
int scan_init(struct scan *s, struct run *run) MUST_CHECK;
void scan_done(struct scan *s);
/** Forget what was found. @return 0 or E_NOMEM */
int scan_clear(struct scan *s) MUST_CHECK;
/**
 * Note a match of s->event: tally it, and keep it where it is asked for and there is room.
 * @param c    NULL unless a correlation fired
 * @param id   for alert_add_correlated_json
 * @return 0 or E_NOMEM
 */
int scan_match(struct scan *s, const struct segment_frame *f, uint32_t line,
               const struct match *match, const struct correlated *c, correlated_id_fn id,
               void *arg) MUST_CHECK;
/**
 * Read a segment. What cannot be read is counted as damaged.
 * @return 0, E_CLOSED (the run is over), E_NOMEM
 */
int scan_segment(struct scan *s, const struct hunt_segment *segment, struct err *err) MUST_CHECK;

/* ------------------------------------------------------------------ hunt_correlate.c */

/**
 * Keep s->event for the correlations where one of the matches concerns them.
 * @return 0 or E_NOMEM
 */
int taking_add(struct scan *s, const struct segment_frame *f, uint32_t ordinal, struct str line,
               const struct match *matches, int count) MUST_CHECK;
/** Add what a segment's scan has taken, as much as fits. With the lock held. @return 0 or E_NOMEM
 */
int taking_merge(struct run *run, const struct taking *from) MUST_CHECK;
void taking_done(struct taking *t);
/**
 * Run the correlations over what was taken, and hand over what they found.
 * @return 0, E_CLOSED (the run is over), E_NOMEM, or what the callback returned
 */
int run_correlate(struct run *run, struct err *err) MUST_CHECK;

#endif
