/* A group's window. See correlator_window.h. */
#include "detect/correlator_window.h"

#include "base/mem.h"

/* ------------------------------------------------------------------ counted values */

static uint32_t slot_of(const struct correlator_counts *c, uint64_t value)
{
    uint32_t slot = (uint32_t)((value * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (c->cap - 1);
    while (c->counts[slot] && c->values[slot] != value)
        slot = (slot + 1) & (c->cap - 1);
    return slot;
}

static int grow_counts(struct correlator_counts *c)
{
    struct correlator_counts bigger = {.cap = c->cap ? c->cap * 2 : 16, .len = c->len};
    bigger.values = mem_calloc(bigger.cap, sizeof(*bigger.values));
    bigger.counts = mem_calloc(bigger.cap, sizeof(*bigger.counts));
    if (!bigger.values || !bigger.counts) {
        mem_free(bigger.values);
        mem_free(bigger.counts);
        return E_NOMEM;
    }
    for (uint32_t i = 0; i < c->cap; i++) {
        if (!c->counts[i])
            continue;
        uint32_t slot = slot_of(&bigger, c->values[i]);
        bigger.values[slot] = c->values[i];
        bigger.counts[slot] = c->counts[i];
    }
    mem_free(c->values);
    mem_free(c->counts);
    *c = bigger;
    return 0;
}

static int count_in(struct correlator_counts *c, uint64_t value)
{
    if ((c->len + 1) * 2 > c->cap && grow_counts(c))
        return E_NOMEM;
    uint32_t slot = slot_of(c, value);
    c->values[slot] = value;
    c->len += c->counts[slot]++ == 0 ? 1 : 0;
    return 0;
}

/* Empties a slot when the last of a value leaves; those pushed on by it move back. */
static void count_out(struct correlator_counts *c, uint64_t value)
{
    uint32_t hole = slot_of(c, value);
    if (--c->counts[hole])
        return;
    c->len--;
    for (uint32_t at = (hole + 1) & (c->cap - 1); c->counts[at]; at = (at + 1) & (c->cap - 1)) {
        uint32_t count = c->counts[at];
        uint64_t moved = c->values[at];
        c->counts[at] = 0;
        uint32_t slot = slot_of(c, moved);
        c->values[slot] = moved;
        c->counts[slot] = count;
    }
}

/* ------------------------------------------------------------------ one event in or out */

static int take_in(struct correlator_window *w, const struct correlator_entry *e)
{
    switch (w->type) {
    case CORRELATION_EVENT_COUNT:
    case CORRELATION_TEMPORAL_ORDERED:
        return 0;
    case CORRELATION_VALUE_SUM:
    case CORRELATION_VALUE_AVG:
        w->sum += (int64_t)e->value;
        return 0;
    case CORRELATION_VALUE_PERCENTILE:
        return correlator_ranks_add(&w->ranks, (int64_t)e->value);
    default:
        return count_in(&w->counts, e->value);
    }
}

static void put_out(struct correlator_window *w, const struct correlator_entry *e)
{
    switch (w->type) {
    case CORRELATION_EVENT_COUNT:
    case CORRELATION_TEMPORAL_ORDERED:
        break;
    case CORRELATION_VALUE_SUM:
    case CORRELATION_VALUE_AVG:
        w->sum -= (int64_t)e->value;
        break;
    case CORRELATION_VALUE_PERCENTILE:
        correlator_ranks_remove(&w->ranks, (int64_t)e->value);
        break;
    default:
        count_out(&w->counts, e->value);
    }
}

/* The oldest time that is in the window that ends at this event; its own end counts. */
static int64_t oldest_of(const struct correlator_window *w, size_t last)
{
    int64_t oldest;
    return __builtin_sub_overflow(correlator_window_at(w, last)->time_ns, w->timespan_ns, &oldest)
               ? INT64_MIN
               : oldest;
}

/* ------------------------------------------------------------------ sequences */

static int64_t *begin_of(const struct correlator_window *w, size_t rule, size_t length)
{
    return &w->sequences.begins[rule * (rule + 1) / 2 + length - 1];
}

/* The entry ends sequences that go on from an earlier rule, and begins one. */
static void chain(struct correlator_window *w, const struct correlator_entry *e)
{
    size_t rule = e->value;
    for (size_t length = rule + 1; length > 0; length--) {
        int64_t begin = length == 1 ? e->time_ns : *begin_of(w, rule - 1, length - 1);
        w->work++;
        for (size_t r = rule; r < w->rules && *begin_of(w, r, length) < begin; r++) {
            *begin_of(w, r, length) = begin;
            w->work++;
        }
    }
}

/* The entries [from .. to) of one event. An event does not follow itself: later rules first, which
 * look at the beginnings of earlier ones only. */
static void chain_event(struct correlator_window *w, size_t from, size_t to)
{
    while (to > from)
        chain(w, correlator_window_at(w, --to));
}

/* Where the event ends of which the entry at `from` is one. */
static size_t event_end(const struct correlator_window *w, size_t from)
{
    size_t to = from + 1;
    while (to < w->len &&
           correlator_window_at(w, to)->arrival == correlator_window_at(w, from)->arrival)
        to++;
    return to;
}

/* Make the beginnings stand for the events before the window's end. */
static int chain_anew(struct correlator_window *w)
{
    size_t cells = (size_t)w->rules * (w->rules + 1) / 2;
    if (!w->sequences.begins)
        w->sequences.begins = mem_calloc(cells, sizeof(int64_t));
    if (!w->sequences.begins)
        return E_NOMEM;
    for (size_t i = 0; i < cells; i++)
        w->sequences.begins[i] = INT64_MIN;
    for (size_t from = 0, to; from < w->end; from = to) {
        to = event_end(w, from);
        chain_event(w, from, to);
    }
    w->sequences.stale = false;
    return 0;
}

/* The longest sequence in the window. */
static uint32_t longest(const struct correlator_window *w)
{
    int64_t oldest = oldest_of(w, w->end - 1);
    int64_t kept = correlator_window_at(w, 0)->time_ns;
    uint32_t length = w->rules;
    oldest = kept > oldest ? kept : oldest;
    while (length > 1 && *begin_of(w, w->rules - 1, length) < oldest)
        length--;
    return length;
}

/* ------------------------------------------------------------------ moving */

int correlator_window_advance(struct correlator_window *w)
{
    size_t from = w->end;
    size_t to = event_end(w, from);
    bool ordered = w->type == CORRELATION_TEMPORAL_ORDERED;
    int rc = ordered && (w->sequences.stale || !w->sequences.begins) ? chain_anew(w) : 0;
    for (; rc == 0 && w->end < to; w->end += rc ? 0 : 1)
        rc = take_in(w, correlator_window_at(w, w->end));
    if (rc)
        return rc;
    if (ordered)
        chain_event(w, from, to);
    int64_t oldest = oldest_of(w, w->end - 1);
    while (correlator_window_at(w, w->first)->time_ns < oldest)
        put_out(w, correlator_window_at(w, w->first++));
    return 0;
}

static int retreat(struct correlator_window *w)
{
    w->end--;
    w->sequences.stale = true;
    put_out(w, correlator_window_at(w, w->end));
    if (w->end == 0)
        return 0;
    int64_t oldest = oldest_of(w, w->end - 1);
    while (w->first > 0 && correlator_window_at(w, w->first - 1)->time_ns >= oldest) {
        int rc = take_in(w, correlator_window_at(w, w->first - 1));
        if (rc)
            return rc;
        w->first--;
    }
    return 0;
}

/* ------------------------------------------------------------------ the list */

static int make_room(struct correlator_window *w, size_t len)
{
    if (w->start + w->len + len <= w->cap)
        return 0;
    if (w->start >= len && w->start >= w->len / 2) {
        memmove(w->list, w->list + w->start, w->len * sizeof(*w->list));
        w->start = 0;
        return 0;
    }
    return mem_grow(&w->list, &w->cap, w->start + w->len + len, sizeof(*w->list));
}

int correlator_window_insert(struct correlator_window *w, const struct correlator_entry *entries,
                             size_t len)
{
    size_t at = w->len;
    while (at > 0 && correlator_window_at(w, at - 1)->time_ns > entries->time_ns)
        at--;
    int rc = make_room(w, len);
    while (rc == 0 && w->end > at)
        rc = retreat(w);
    if (rc)
        return rc;
    memmove(correlator_window_at(w, at + len), correlator_window_at(w, at),
            (w->len - at) * sizeof(*w->list));
    memcpy(correlator_window_at(w, at), entries, len * sizeof *entries);
    w->len += len;
    while (rc == 0 && w->end < at + len)
        rc = correlator_window_advance(w);
    return rc;
}

void correlator_window_drop(struct correlator_window *w)
{
    if (w->first > 0) {
        w->first--;
    } else if (w->end > 0) {
        put_out(w, correlator_window_at(w, 0));
    }
    w->end -= w->end > 0 ? 1 : 0;
    w->start++;
    w->len--;
}

void correlator_window_done(struct correlator_window *w)
{
    mem_free(w->list);
    mem_free(w->counts.values);
    mem_free(w->counts.counts);
    mem_free(w->sequences.begins);
    correlator_ranks_done(&w->ranks);
    *w = (struct correlator_window){0};
}

/* ------------------------------------------------------------------ the value */

void correlator_window_value(const struct correlator_window *w, __int128 *ret_num, int64_t *ret_den)
{
    size_t count = w->end - w->first;
    *ret_den = 1;
    switch (w->type) {
    case CORRELATION_EVENT_COUNT:
        *ret_num = (__int128)count * 1000;
        break;
    case CORRELATION_VALUE_SUM:
        *ret_num = w->sum;
        break;
    case CORRELATION_VALUE_AVG:
        *ret_num = w->sum;
        *ret_den = (int64_t)count;
        break;
    case CORRELATION_VALUE_PERCENTILE: {
        size_t rank = (w->ranks.len * w->percentile + 99) / 100;
        *ret_num = correlator_ranks_at(&w->ranks, rank ? rank - 1 : 0);
        break;
    }
    case CORRELATION_TEMPORAL_ORDERED:
        *ret_num = (__int128)longest(w) * 1000;
        break;
    default:
        *ret_num = (__int128)w->counts.len * 1000;
    }
}
