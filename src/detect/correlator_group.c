/* The groups of a correlation: found by key, the longest unused first to go. Called by
 * correlator.c. */
#include "detect/correlator_priv.h"

#include "base/mem.h"

void correlator_group_free(struct correlation_state *s, struct correlation_group *g)
{
    *(g->newer ? &g->newer->older : &s->newest) = g->older;
    *(g->older ? &g->older->newer : &s->oldest) = g->newer;
    (void)map_remove(&s->groups, str_n((const char *)g->key, sizeof g->key));
    s->entries -= g->window.len;
    correlator_window_done(&g->window);
    mem_free(g);
}

/* The oldest time of an event that can still be in a window with one to come. */
static int64_t horizon(const struct correlator *c, const struct correlation_state *s)
{
    int64_t at;
    return __builtin_sub_overflow(c->watermark_ns, CORRELATOR_TOLERANCE_NS + s->image->timespan_ns,
                                  &at)
               ? INT64_MIN
               : at;
}

static bool is_dead(const struct correlator *c, const struct correlation_state *s,
                    const struct correlation_group *g)
{
    return g->window.len == 0 ||
           correlator_window_at(&g->window, g->window.len - 1)->time_ns < horizon(c, s);
}

static void evict_group(struct correlator *c, struct correlation_state *s,
                        struct correlation_group *g)
{
    if (!is_dead(c, s, g)) {
        c->stats.evicted_groups++;
        c->stats.evicted_events += g->window.len;
    }
    correlator_group_free(s, g);
}

static void put_newest(struct correlation_state *s, struct correlation_group *g)
{
    g->older = s->newest;
    g->newer = NULL;
    if (s->newest)
        s->newest->newer = g;
    else
        s->oldest = g;
    s->newest = g;
}

int correlator_group_get(struct correlator *c, struct correlation_state *s,
                         const unsigned char key_bytes[GROUP_KEY_BYTES],
                         struct correlation_group **ret_group)
{
    struct str key = str_n((const char *)key_bytes, GROUP_KEY_BYTES);
    struct correlation_group *g = map_find_ptr(&s->groups, key);
    if (g) {
        *(g->newer ? &g->newer->older : &s->newest) = g->older;
        *(g->older ? &g->older->newer : &s->oldest) = g->newer;
        put_newest(s, g);
        *ret_group = g;
        return 0;
    }
    for (unsigned i = 0; i < 2 && s->oldest && is_dead(c, s, s->oldest); i++)
        correlator_group_free(s, s->oldest);
    if (s->groups.len >= CORRELATION_GROUPS && s->oldest)
        evict_group(c, s, s->oldest);
    g = mem_calloc(1, sizeof *g);
    if (!g)
        return E_NOMEM;
    memcpy(g->key, key_bytes, sizeof g->key);
    g->window.type = (enum correlation_type)s->image->type;
    g->window.percentile = s->image->percentile;
    g->window.rules = s->image->refs_len;
    g->window.timespan_ns = s->image->timespan_ns;
    if (map_put_ptr(&s->groups, str_n((const char *)g->key, sizeof g->key), g)) {
        mem_free(g);
        return E_NOMEM;
    }
    put_newest(s, g);
    *ret_group = g;
    return 0;
}

static void drop_entry(struct correlation_state *s, struct correlation_group *g)
{
    correlator_window_drop(&g->window);
    s->entries--;
}

void correlator_group_make_room(struct correlator *c, struct correlation_state *s,
                                struct correlation_group *g, size_t len)
{
    bool is_ordered = s->image->type == CORRELATION_TEMPORAL_ORDERED;
    while (g->window.len && correlator_window_at(&g->window, 0)->time_ns < horizon(c, s))
        drop_entry(s, g);
    while (s->entries + len > CORRELATION_ENTRIES && s->oldest != g)
        evict_group(c, s, s->oldest);
    while (g->window.len && (s->entries + len > CORRELATION_ENTRIES ||
                             (is_ordered && g->window.len + len > CORRELATION_ORDERED))) {
        drop_entry(s, g);
        c->stats.evicted_events++;
    }
}
