/* Log source routing: which rules an event of this product, category and service concerns. The
 * answers for the last few sources are kept; a device has only a handful. Called by engine.c.
 * A rule's component that is empty takes every event. An event without any component meets every
 * rule, one without a product every product's; one whose kind is known but has no category in
 * Sigma's terms does not meet rules that ask for a category, and one of unknown kind might be
 * anything; one with a category comes from no service unless it names it. */
#include "detect/engine_priv.h"

#include "base/mem.h"

int engine_source_init(struct engine *e)
{
    for (unsigned i = 0; i < ENGINE_SOURCES; i++) {
        struct engine_source *s = &e->sources[i];
        s->applies = mem_calloc(e->rules->image.logsources_len, sizeof(*s->applies));
        s->always = mem_calloc(e->rules->image.logsources_len, sizeof(*s->always));
        if (!s->applies || !s->always)
            return E_NOMEM;
    }
    return 0;
}

void engine_source_done(struct engine *e)
{
    for (unsigned i = 0; i < ENGINE_SOURCES; i++) {
        mem_free(e->sources[i].applies);
        mem_free(e->sources[i].always);
    }
}

static bool is_same(const struct engine_source *s, const struct str parts[3], bool kind_known)
{
    if (!s->valid || s->kind_known != kind_known)
        return false;
    for (unsigned i = 0; i < 3; i++) {
        if (!str_eq(parts[i], str_n(s->parts[i], s->lens[i])))
            return false;
    }
    return true;
}

/* @param known an event that lacks the part is known not to have it */
static bool part_applies(struct str rule, struct str event, bool known)
{
    if (rule.len == 0)
        return true;
    return event.len ? str_eq_nocase(rule, event) : !known;
}

bool ruleset_source_applies(const struct image *image, const struct image_logsource *s,
                            const struct str parts[3], bool kind_known)
{
    if (parts[0].len == 0 && parts[1].len == 0 && parts[2].len == 0)
        return true;
    bool source_known = kind_known || parts[1].len > 0;
    return part_applies(image_text(image, s->product), parts[0], false) &&
           part_applies(image_text(image, s->category), parts[1], kind_known) &&
           part_applies(image_text(image, s->service), parts[2], source_known);
}

static void fill(const struct engine *e, struct engine_source *s, const struct str parts[3],
                 bool kind_known)
{
    const struct image *image = &e->rules->image;
    s->always_len = 0;
    s->everything = false;
    for (uint32_t i = 0; i < image->logsources_len; i++) {
        const struct image_logsource *source = &image->logsources[i];
        s->applies[i] = ruleset_source_applies(image, source, parts, kind_known);
        s->everything |= s->applies[i] && e->rules->asks_everything[i];
        if (s->applies[i] && source->always_len)
            s->always[s->always_len++] = i;
    }
    s->scope = e->rules->scopes_len;
    while (--s->scope && !str_eq_nocase(e->rules->scopes[s->scope], parts[0]))
        ;
    s->kind_known = kind_known;
    s->valid = true;
    for (unsigned i = 0; i < 3; i++) {
        if (parts[i].len > ENGINE_SOURCE_BYTES) {
            s->valid = false; /* too long to remember: good for this event only */
            return;
        }
        s->lens[i] = (uint8_t)parts[i].len;
        if (parts[i].len)
            memcpy(s->parts[i], parts[i].ptr, parts[i].len);
    }
}

void engine_source_find(struct engine *e)
{
    const struct str parts[3] = {e->ev->product, e->ev->category, e->ev->service};
    bool kind_known = e->ev->kind != KIND_UNKNOWN;
    if (e->source && is_same(e->source, parts, kind_known))
        return;
    for (unsigned i = 0; i < ENGINE_SOURCES; i++) {
        if (is_same(&e->sources[i], parts, kind_known)) {
            e->source = &e->sources[i];
            return;
        }
    }
    e->source = &e->sources[e->next_source++ % ENGINE_SOURCES];
    fill(e, e->source, parts, kind_known);
}
