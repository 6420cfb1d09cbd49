/* Per rule: how many matches, on how many devices, from when to when. See hunt_priv.h. */
#include "base/mem.h"
#include "hunt/hunt_priv.h"

int tally_init(struct tally *t, uint32_t rules_len)
{
    *t = (struct tally){.rules_len = rules_len};
    t->rules = mem_calloc(rules_len ? rules_len : 1, sizeof *t->rules);
    return t->rules ? 0 : E_NOMEM;
}

void tally_done(struct tally *t)
{
    mem_free(t->rules);
    map_done(&t->seen);
    arena_done(&t->keys);
    *t = (struct tally){0};
}

/* Count the device when the rule did not match on it before. */
static int add_device(struct tally *t, uint32_t rule, struct str device)
{
    char text[4 + SEGMENT_DEVICE_BYTES];
    struct hunt_tally *of = &t->rules[rule];
    struct str known = str_sub(device, 0, SEGMENT_DEVICE_BYTES);
    memcpy(text, &rule, sizeof rule);
    if (known.len)
        memcpy(text + sizeof rule, known.ptr, known.len);
    struct str key = str_n(text, sizeof rule + known.len);
    if (map_find(&t->seen, key, NULL))
        return 0;
    if (t->seen.len >= TALLY_PAIRS_MOST) {
        of->devices_more = true;
        return 0;
    }
    key = arena_str(&t->keys, key);
    if (!key.ptr || map_put(&t->seen, key, 1))
        return E_NOMEM;
    of->devices++;
    return 0;
}

int tally_add(struct tally *t, uint32_t rule, struct str device, int64_t time_ns)
{
    struct hunt_tally *of = &t->rules[rule];
    if (!of->matches || time_ns < of->first_ns)
        of->first_ns = time_ns;
    if (!of->matches || time_ns > of->last_ns)
        of->last_ns = time_ns;
    of->matches++;
    return add_device(t, rule, device);
}

int tally_merge(struct tally *t, const struct tally *other)
{
    size_t pos = 0;
    for (uint32_t i = 0; i < other->rules_len; i++) {
        const struct hunt_tally *from = &other->rules[i];
        struct hunt_tally *to = &t->rules[i];
        if (!from->matches)
            continue;
        if (!to->matches || from->first_ns < to->first_ns)
            to->first_ns = from->first_ns;
        if (!to->matches || from->last_ns > to->last_ns)
            to->last_ns = from->last_ns;
        to->matches += from->matches;
        to->devices_more |= from->devices_more;
    }
    for (struct map_slot *slot = map_next(&other->seen, &pos); slot;
         slot = map_next(&other->seen, &pos)) {
        uint32_t rule;
        memcpy(&rule, slot->key.ptr, sizeof rule);
        int rc = add_device(t, rule, str_sub(slot->key, sizeof rule, SIZE_MAX));
        if (rc)
            return rc;
    }
    return 0;
}
