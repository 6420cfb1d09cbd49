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

/* ------------------------------------------------------------------ sorted numbers */

static size_t rank_of(const struct correlator_window *w, int64_t value)
{
    size_t low = 0;
    size_t high = w->sorted_len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (w->sorted[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int sort_in(struct correlator_window *w, int64_t value)
{
    if (mem_grow(&w->sorted, &w->sorted_cap, w->sorted_len + 1, sizeof(*w->sorted)))
        return E_NOMEM;
    size_t at = rank_of(w, value);
    memmove(w->sorted + at + 1, w->sorted + at, (w->sorted_len - at) * sizeof(*w->sorted));
    w->sorted[at] = value;
    w->sorted_len++;
    return 0;
}

static void sort_out(struct correlator_window *w, int64_t value)
{
    size_t at = rank_of(w, value);
    w->sorted_len--;
    memmove(w->sorted + at, w->sorted + at + 1, (w->sorted_len - at) * sizeof(*w->sorted));
}

/* ------------------------------------------------------------------ one event in or out */

static int take_in(struct correlator_window *w, const struct correlator_entry *e)
{
    switch (w->type) {
    case CORRELATION_EVENT_COUNT:
        return 0;
    case CORRELATION_VALUE_SUM:
    case CORRELATION_VALUE_AVG:
        w->sum += (int64_t)e->value;
        return 0;
    case CORRELATION_VALUE_PERCENTILE:
        return sort_in(w, (int64_t)e->value);
    default:
        return count_in(&w->counts, e->value);
    }
}

static void put_out(struct correlator_window *w, const struct correlator_entry *e)
{
    switch (w->type) {
    case CORRELATION_EVENT_COUNT:
        break;
    case CORRELATION_VALUE_SUM:
    case CORRELATION_VALUE_AVG:
        w->sum -= (int64_t)e->value;
        break;
    case CORRELATION_VALUE_PERCENTILE:
        sort_out(w, (int64_t)e->value);
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

int correlator_window_advance(struct correlator_window *w)
{
    int rc = take_in(w, correlator_window_at(w, w->end));
    if (rc)
        return rc;
    w->end++;
    int64_t oldest = oldest_of(w, w->end - 1);
    while (correlator_window_at(w, w->first)->time_ns < oldest)
        put_out(w, correlator_window_at(w, w->first++));
    return 0;
}

static int retreat(struct correlator_window *w)
{
    w->end--;
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
    mem_free(w->sorted);
    *w = (struct correlator_window){0};
}

/* ------------------------------------------------------------------ the value */

/* The longest chain of rules that rises in their order from event to event. An event cannot follow
 * itself: what one event adds counts for the events behind it. */
static uint32_t ordered(const struct correlator_window *w)
{
    uint32_t best[CORRELATION_RULES + 1] = {0}; /* by rule + 1: longest chain up to that rule */
    uint32_t longest = 0;
    for (size_t i = w->first; i < w->end;) {
        uint32_t next[CORRELATION_RULES + 1];
        uint64_t arrival = correlator_window_at(w, i)->arrival;
        memcpy(next, best, sizeof next);
        for (; i < w->end && correlator_window_at(w, i)->arrival == arrival; i++) {
            uint64_t rule = correlator_window_at(w, i)->value;
            uint32_t chain = best[rule] + 1;
            for (uint64_t r = rule + 1; r <= CORRELATION_RULES && next[r] < chain; r++)
                next[r] = chain;
            longest = chain > longest ? chain : longest;
        }
        memcpy(best, next, sizeof best);
    }
    return longest;
}

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
        size_t rank = (w->sorted_len * w->percentile + 99) / 100;
        *ret_num = w->sorted[rank ? rank - 1 : 0];
        break;
    }
    case CORRELATION_TEMPORAL_ORDERED:
        *ret_num = (__int128)ordered(w) * 1000;
        break;
    default:
        *ret_num = (__int128)w->counts.len * 1000;
    }
}
