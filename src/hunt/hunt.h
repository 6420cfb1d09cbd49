/* A rule set over stored telemetry: the engine of live detection, run over segments by several
 * threads. Made for hunts (one rule or expression), back-tests (rules before they go live) and
 * previews. Blocks until done: run it on a thread of its own.
 *
 * Time range: by the time of receipt, which is the server's clock and the order of the segments; a
 * condition on `event.time` selects by the device's clock. What the keys of a frame rule out is
 * never read (store/segkeys.h, detect/prune.h). */
#ifndef CORDON_HUNT_HUNT_H
#define CORDON_HUNT_HUNT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "detect/detect.h"
#include "store/store.h"

enum { HUNT_THREADS_MOST = 64 };

struct hunt_segment {
    const char *path;         /* of the file */
    uint64_t committed_bytes; /* 0 = sealed, see segment_reader_open */
    uint64_t bytes;           /* stored, for progress */
};

/** Where a run is. */
struct hunt_progress {
    uint64_t segments;
    uint64_t segments_done;
    uint64_t bytes_total; /* stored bytes of all segments */
    uint64_t bytes_done;  /* of those done or passed over */
    uint64_t frames;
    uint64_t frames_skipped; /* passed over unread */
    uint64_t events;         /* read and matched */
    uint64_t plain_bytes;    /* of events read */
    uint64_t matches;        /* all, kept or not */
    uint64_t hits;           /* handed over */
    uint64_t damaged;        /* events and segments that could not be read */
    uint64_t uncorrelated;   /* matches that correlations did not see: there were too many */
    bool truncated;          /* there are more matches than were handed over */
};

/** One match, or a correlation and the event that completed it. Slices are valid during the
 * callback. */
struct hunt_hit {
    uint32_t rule;   /* for ruleset_info */
    int64_t time_ns; /* device's clock; the time of receipt when the event has none */
    int64_t received_ns;
    struct str device;
    struct str event_id; /* device/epoch/sequence/ordinal, as in alerts */
    /* {"event_id","device","received","rule","matched","event"}, for a correlation also
     * "correlation" with the ids of its events. */
    struct str json;
};

/**
 * What one segment gave, in the order of the segments, one call at a time; on a thread of the run.
 * Called for every segment, also without hits, and once more for the correlations when there are
 * any: they are looked at when all segments were read, device by device, in the order of the
 * events' times.
 * @return 0; anything else ends the run with this code
 */
typedef int (*hunt_found_fn)(void *arg, const struct hunt_hit *hits, size_t len,
                             const struct hunt_progress *progress, struct err *err);
/** Told a few times a second while segments are read; on any thread of the run, one at a time. */
typedef void (*hunt_progress_fn)(void *arg, const struct hunt_progress *progress);

struct hunt_config {
    struct ruleset *rules;
    unsigned threads; /* 0 = 1 */
    int64_t since_ns; /* received at or after; 0 = no bound */
    int64_t until_ns; /* received before; 0 = no bound */
    const struct str *devices;
    size_t devices_len;              /* 0 = all */
    uint64_t hits_most;              /* handed over at most; the others are only counted */
    uint64_t hit_bytes_most;         /* of their JSON together */
    uint32_t rule_hits_most;         /* of each rule; 0 = no bound but those above */
    uint64_t correlation_bytes_most; /* of events that correlations take, kept until the end */
    bool read_all;       /* pass over no frame because of its keys: for tests and measuring */
    atomic_bool *cancel; /* may be NULL; set from any thread: the run ends with E_CLOSED */
    hunt_found_fn found;
    hunt_progress_fn progress; /* may be NULL */
    void *arg;
};

/** What a rule matched in all: also one that is silent (ruleset_is_silent), whose matches are
 * neither handed over nor counted in the progress. Of a correlation its alerts. */
struct hunt_tally {
    uint64_t matches;
    uint64_t devices;
    bool devices_more; /* there were too many to tell them apart: at least so many */
    int64_t first_ns;  /* time of the earliest and latest match, 0 = none */
    int64_t last_ns;
};

struct hunt_summary {
    struct hunt_progress progress;
    struct hunt_tally *rules; /* rules, then correlations */
    uint32_t rules_len;
    int64_t received_min_ns; /* of the frames that time and device select; 0 = none */
    int64_t received_max_ns;
};

/** For CLEANUP(hunt_summary_done); zeroed is valid. */
void hunt_summary_done(struct hunt_summary *s);

/**
 * Run.
 *
 * @param segments read in this order; a segment that cannot be read counts as damaged
 * @param ret_summary zeroed by the caller; filled also when the run was ended early
 * @return 0, E_CLOSED (cancelled), E_NOMEM, E_IO (no thread), or what `found` returned
 */
int hunt_run(const struct hunt_config *config, const struct hunt_segment *segments, size_t len,
             struct hunt_summary *ret_summary, struct err *err) MUST_CHECK;

/**
 * The segments of a store that may hold events of a time of receipt, oldest first.
 * @param folder data folder of the store
 * @param arena  owns the list
 */
int hunt_segments(struct store *store, const char *folder, int64_t since_ns, int64_t until_ns,
                  struct arena *arena, struct hunt_segment **ret_segments, size_t *ret_len,
                  struct err *err) MUST_CHECK;

#endif
