/* Which entry of the process tree an event means. A generation decides where both sides have one;
 * else the device's clock and the order of events do. See proctree_priv.h. */
#include "event/proctree_priv.h"

/* Sources without generations name a process for a while after its end. */
#define GRACE_NS (INT64_C(10) * 1000000000)

struct identity proctree_match_subject(const struct event *ev)
{
    return (struct identity){event_int(ev, F_PID, -1), event_int(ev, F_PIDVERSION, -1),
                             event_int(ev, F_START, 0), ev->time_ns,
                             ev->kind == KIND_EXEC ? 0 : GRACE_NS};
}

struct identity proctree_match_parent(const struct event *ev)
{
    return (struct identity){event_int(ev, F_PARENT_PID, -1),
                             event_int(ev, F_PARENT_PIDVERSION, -1), 0, ev->time_ns, GRACE_NS};
}

struct identity proctree_match_child(const struct event *ev)
{
    return (struct identity){event_int(ev, F_TARGET_PID, -1),
                             event_int(ev, F_TARGET_PIDVERSION, -1), 0, ev->time_ns, 0};
}

enum likeness proctree_match_compare(const struct node *n, const struct identity *id)
{
    bool starts = id->start_ns && n->start_exact_ns;
    bool same_start = starts && id->start_ns == n->start_exact_ns;
    if (id->version >= 0 && n->version >= 0) {
        if (id->version == n->version || id->version == n->version_before)
            return LIKE_SAME;
        if (starts)
            return same_start ? LIKE_SAME_PROCESS : LIKE_OTHER;
        return LIKE_OTHER_IMAGE;
    }
    if (starts)
        return same_start ? LIKE_SAME : LIKE_OTHER;
    return LIKE_UNKNOWN;
}

/* Without a generation to compare: may this event be about this entry? */
static bool is_plausible(const struct proctree *t, const struct node *n, const struct identity *id)
{
    if (id->time_ns && n->first_ns && n->forked && id->time_ns < n->first_ns)
        return false;
    if (!n->ended)
        return true;
    if (id->time_ns && n->p.end_ns > 1)
        return id->time_ns - n->p.end_ns <= id->grace_ns;
    return t->events - n->touched <= PROCTREE_LATE_EVENTS;
}

struct node *proctree_match_find(const struct proctree *t, const struct identity *id)
{
    struct node *likely = NULL;
    for (struct node *n = proctree_table_newest(t, id->pid); n; n = proctree_table_older(n)) {
        enum likeness like = proctree_match_compare(n, id);
        if (like == LIKE_SAME)
            return n;
        if (like == LIKE_UNKNOWN && !likely && is_plausible(t, n, id))
            likely = n;
    }
    return likely;
}

/* Is the one the event means older than this entry, which it is not? */
bool proctree_match_is_before(const struct identity *id, const struct node *n)
{
    if (id->start_ns && n->start_exact_ns && id->start_ns != n->start_exact_ns)
        return id->start_ns < n->start_exact_ns;
    if (id->version >= 0 && n->version >= 0)
        return id->version < n->version;
    return id->time_ns && n->first_ns && id->time_ns < n->first_ns;
}

void proctree_match_learn(struct node *n, const struct identity *id)
{
    if (n->version < 0)
        n->version = id->version;
    if (!n->start_exact_ns)
        n->start_exact_ns = id->start_ns;
    if (n->version >= 0)
        n->p.generation = (uint64_t)n->version;
    else if (n->start_exact_ns)
        n->p.generation = (uint64_t)n->start_exact_ns;
    if (!n->first_ns)
        n->first_ns = id->time_ns;
    n->p.start_ns = n->start_exact_ns ? n->start_exact_ns : n->forked ? n->first_ns : 0;
}

/* A new entry in its place among those with the same pid; what it follows has ended. */
struct node *proctree_match_add(struct proctree *t, const struct identity *id)
{
    struct node *place = proctree_table_newest(t, id->pid);
    struct node *younger = NULL;
    while (place && proctree_match_is_before(id, place)) {
        younger = place;
        place = proctree_table_older(place);
    }
    if (place)
        proctree_table_end(t, place, id->time_ns);
    struct node *n = proctree_table_add(t, id->pid, place);
    if (!n)
        return NULL;
    proctree_match_learn(n, id);
    if (younger)
        proctree_table_end(t, n, younger->first_ns);
    return n;
}

struct node *proctree_match_find_or_add(struct proctree *t, const struct identity *id)
{
    struct node *n = proctree_match_find(t, id);
    if (!n)
        n = proctree_match_add(t, id);
    else
        proctree_match_learn(n, id);
    if (n)
        proctree_table_touch(t, n);
    return n;
}
