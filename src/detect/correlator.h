/* The state of correlations for one device: what matched lately, by correlation and group. One
 * thread at a time. Windows slide with the events' own times; an event may come up to
 * CORRELATION_TOLERANCE_S after newer ones and is put in its place. Memory is bounded: limits are
 * in detect/correlation.h, what had to leave early is counted. A new ruleset takes a new
 * correlator, which adopts what the old one knows. */
#ifndef CORDON_DETECT_CORRELATOR_H
#define CORDON_DETECT_CORRELATOR_H

#include "detect/correlation.h"
#include "detect/detect.h"

struct correlator;

/** One of the events that made a correlation fire. */
struct correlated_event {
    int64_t time_ns;
    uint64_t record; /* as the caller numbered it */
    uint32_t rule;   /* that fired on it: for ruleset_info */
};

/** A correlation that fired. Slices are valid until the next correlator_event. */
struct correlated {
    struct match match; /* rule: for ruleset_info; fields: group-by and their values */
    enum correlation_type type;
    int64_t value;                         /* of what the condition compares, in thousandths */
    const struct correlated_event *events; /* the newest of them, oldest first */
    uint32_t events_len;
    uint32_t events_total;
};

/* X(name, what is counted) */
#define CORRELATOR_STATS(X)                                                                        \
    X(matches, "conditions that held, alerts or not")                                              \
    X(alerts, "alerts of correlations")                                                            \
    X(incomplete, "matches that lacked a field of group-by or of the condition")                   \
    X(late, "matches that came too late to count")                                                 \
    X(evicted_groups, "groups that left before their time for want of room")                       \
    X(evicted_events, "likewise events")                                                           \
    X(resets, "times the clock was set back and everything forgotten")

struct correlator_stats {
#define CORRELATOR_STAT(name, doc) uint64_t name;
    CORRELATOR_STATS(CORRELATOR_STAT)
#undef CORRELATOR_STAT
};

/** @return 0 or E_NOMEM. A ruleset without correlations gets one that does nothing, for free. */
int correlator_new(struct ruleset *r, struct correlator **ret_correlator) MUST_CHECK;
/** NULL is allowed. */
void correlator_free(struct correlator *c);

/**
 * Go on where the correlator of an earlier ruleset stopped. A correlation with the same id and the
 * same meaning (type, timespan, condition, group-by, aliases, and its rules' ids and conditions,
 * down the chain) keeps its events and which groups have alerted lately; others begin anew. The
 * counts of correlator_stats go on.
 *
 * @param c    has seen no event yet
 * @param from on success good for correlator_free only
 * @return 0 or E_NOMEM (both are as they were)
 * Cost: the code of the rules that correlations take, and a look at each event remembered.
 */
int correlator_adopt(struct correlator *c, struct correlator *from) MUST_CHECK;

/**
 * Take in one event and what fired on it. Every event should come, for its time.
 *
 * @param record  number by which alerts will name the event
 * @param matches of engine_match for this event; of each only `rule` is read
 * @param ret_alerts correlations that fired and should alert
 * @return their number, or E_NOMEM (the event is then partly counted)
 * Cost: for events that no correlation takes, a look at each match.
 */
int correlator_event(struct correlator *c, const struct event *ev, uint64_t record,
                     const struct match *matches, int count, const struct correlated **ret_alerts);

const struct correlator_stats *correlator_stats(const struct correlator *c);
/** Add up. */
void correlator_stats_add(struct correlator_stats *sum, const struct correlator_stats *more);
/** Append ` name=value` for each. */
void correlator_stats_text(struct buf *out, const struct correlator_stats *s);

/** Append the id of the event that the caller numbered so. */
typedef void (*correlated_id_fn)(void *arg, uint64_t record, struct buf *out);

/**
 * Append one alert, as alert_add_json, with "correlation":{"type","value",
 * "events_total","events":[{"record","time","rule"}]}.
 * @param id the events have "event_id" instead of "record"; NULL: they do not
 */
void alert_add_correlated_json(struct buf *out, struct str head, const struct ruleset *r,
                               const struct correlated *c, const struct event *ev,
                               correlated_id_fn id, void *arg);

#endif
