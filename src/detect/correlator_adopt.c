/* What was seen under one ruleset goes on under the next. See correlator.h. First everything that
 * can fail, then the groups change hands, so that a failure leaves both as they were. */
#include "detect/correlator_priv.h"

#include "detect/correlation_meaning.h"

/* The rule in the new ruleset that stands where this one stood in the old one. */
static uint32_t renumbered(const struct image *to, const struct image_correlation *c,
                           const struct image *from, const struct image_correlation *old,
                           uint32_t rule)
{
    uint32_t slot = 0;
    while (slot + 1 < old->refs_len && from->correlation_refs[old->refs_start + slot].rule != rule)
        slot++;
    return to->correlation_refs[c->refs_start + slot].rule;
}

/* Both mean the same: their rules have the same places. Costs a look at each event remembered. */
static void move(struct correlator *c, struct correlation_state *s, const struct correlator *from,
                 struct correlation_state *old)
{
    const struct image_correlation *image = s->image;
    for (struct correlation_group *g = old->newest; g; g = g->older) {
        for (size_t i = 0; i < g->window.len; i++) {
            struct correlator_entry *e = correlator_window_at(&g->window, i);
            e->rule = renumbered(&c->rules->image, image, &from->rules->image, old->image, e->rule);
        }
    }
    const struct image_correlation *old_image = old->image;
    *s = *old;
    s->image = image;
    *old = (struct correlation_state){.image = old_image};
}

static struct str meaning_of(const struct correlation_meaning *m, const struct correlator *c,
                             uint32_t correlation)
{
    return str_n((const char *)m->digests[c->rules->image.rules_len + correlation], HASH_BYTES);
}

int correlator_adopt(struct correlator *c, struct correlator *from)
{
    CLEANUP(correlation_meaning_done) struct correlation_meaning meaning = {0};
    CLEANUP(correlation_meaning_done) struct correlation_meaning old_meaning = {0};
    CLEANUP(map_done) struct map known = {0};
    bool both = c->states_len && from->states_len;
    int rc = both ? correlation_meaning_init(&meaning, &c->rules->image) : 0;
    if (rc == 0 && both)
        rc = correlation_meaning_init(&old_meaning, &from->rules->image);
    for (uint32_t i = 0; rc == 0 && both && i < from->states_len; i++)
        rc = map_put_ptr(&known, meaning_of(&old_meaning, from, i), &from->states[i]);
    if (rc)
        return rc;
    c->stats = from->stats;
    if (!both)
        return 0;
    memcpy(c->seed, from->seed, sizeof c->seed);
    c->watermark_ns = from->watermark_ns;
    c->late_run = from->late_run;
    c->arrival = from->arrival;
    for (uint32_t i = 0; i < c->states_len; i++) {
        struct correlation_state *old = map_find_ptr(&known, meaning_of(&meaning, c, i));
        if (old)
            move(c, &c->states[i], from, old);
    }
    return 0;
}
