/* One group of a correlation: its events in the order of their times, and what the condition looks
 * at over the window that ends at one of them. The window moves on by one event at a cost that does
 * not depend on its length; an event that comes late costs a look at those behind it, of a
 * temporal_ordered correlation at all of them. Used by the correlator alone. */
#ifndef CORDON_DETECT_CORRELATOR_WINDOW_H
#define CORDON_DETECT_CORRELATOR_WINDOW_H

#include "base/err.h"
#include "detect/correlation.h"
#include "detect/correlator_ranks.h"

struct correlator_entry {
    int64_t time_ns;
    uint64_t value; /* hash of a value, place of a rule, or a number in thousandths */
    uint64_t record;
    uint64_t arrival; /* entries of one event share it */
    uint32_t rule;
};

/** How often each value is in the window; open addressing. */
struct correlator_counts {
    uint64_t *values;
    uint32_t *counts; /* 0 = empty */
    uint32_t cap;     /* power of two or 0 */
    uint32_t len;
};

/* Sequences of temporal_ordered. A sequence is known by where it ends and how long it is, and of
 * those that agree in both only the one that began last is of interest: whether it lies in a window
 * is told by its beginning. So nothing has to be taken out when the window leaves an event behind.
 */
struct correlator_sequences {
    /* By rule, then length from 1: when the latest sequence of that length that ends at this rule
     * or an earlier one began; INT64_MIN: there is none. A triangle, NULL before the first event.
     */
    int64_t *begins;
    bool stale; /* does not stand for the events before the window's end */
};

struct correlator_window {
    enum correlation_type type;
    uint32_t percentile;
    uint32_t rules; /* of the correlation */
    int64_t timespan_ns;
    struct correlator_entry *list; /* [start .. start+len) by time, then arrival */
    size_t start;
    size_t len;
    size_t cap;
    size_t first; /* the window is [first .. end), counted from `start` */
    size_t end;
    struct correlator_counts counts; /* value_count, temporal */
    struct correlator_sequences sequences;
    __int128 sum;                  /* value_sum, value_avg */
    struct correlator_ranks ranks; /* value_percentile */
    uint64_t work;                 /* events and cells looked at for sequences, for tests */
};

void correlator_window_done(struct correlator_window *w);

/** Entry by its place, counted from the oldest that is kept. */
static inline struct correlator_entry *correlator_window_at(const struct correlator_window *w,
                                                            size_t at)
{
    return &w->list[w->start + at];
}

/**
 * Put entries of one event in, behind those of the same time, and move the window so that it ends
 * with them.
 * @param entries of the same time and arrival; those of rules by their places, ascending
 * @return 0 or E_NOMEM (the window is then useless: drop it)
 */
int correlator_window_insert(struct correlator_window *w, const struct correlator_entry *entries,
                             size_t len) MUST_CHECK;
/** Move the window's end one event on, all its entries. Only while end < len. @return 0 or E_NOMEM
 */
int correlator_window_advance(struct correlator_window *w) MUST_CHECK;
/** Forget the oldest event. Only while len > 0. */
void correlator_window_drop(struct correlator_window *w);
/** What the condition compares: num / den, num in thousandths. The window must not be empty. */
void correlator_window_value(const struct correlator_window *w, __int128 *ret_num,
                             int64_t *ret_den);

#endif
