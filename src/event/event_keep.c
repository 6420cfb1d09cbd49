/* Lets an event outlive the scratch it was made in. See event.h, event_keep. Most of what an event
 * says lies in the record it came from and needs no copy. */
#include "event/event.h"

#include "base/err.h"

struct keeping {
    struct arena *arena;
    struct str raw;
    bool failed;
};

static struct str keep_text(struct keeping *k, struct str s)
{
    uintptr_t at = (uintptr_t)s.ptr;
    uintptr_t raw = (uintptr_t)k->raw.ptr;
    if (!s.ptr || (at >= raw && at - raw <= k->raw.len && s.len <= k->raw.len - (at - raw)))
        return s;
    if (s.len == 0)
        return STR("");
    char *copy = arena_alloc(k->arena, s.len);
    if (!copy) {
        k->failed = true;
        return (struct str){0};
    }
    memcpy(copy, s.ptr, s.len);
    return str_n(copy, s.len);
}

static void keep_value(struct keeping *k, struct value *v)
{
    if (v->type == VALUE_STR) {
        v->s = keep_text(k, v->s);
    } else if (v->type == VALUE_LIST) {
        struct str *items = arena_array(k->arena, v->count, sizeof *items);
        for (uint32_t i = 0; items && i < v->count; i++)
            items[i] = keep_text(k, v->list[i]);
        k->failed |= !items;
        v->list = items;
    }
}

static void keep_extras(struct keeping *k, struct event *ev)
{
    if (!ev->extras_len)
        return;
    struct extra *extras = arena_array(k->arena, ev->extras_len, sizeof *extras);
    for (size_t i = 0; extras && i < ev->extras_len; i++) {
        extras[i] = ev->extras[i];
        extras[i].name = keep_text(k, extras[i].name);
        keep_value(k, &extras[i].value);
    }
    k->failed |= !extras;
    ev->extras = extras;
}

int event_keep(struct event *ev, struct arena *arena, const struct event_fields *kept)
{
    struct keeping k = {.arena = arena, .raw = ev->raw};
    for (size_t word = 0; word < ARRAY_LEN(ev->present); word++) {
        uint64_t left = ev->present[word] & ~(kept ? kept->bits[word] : 0);
        for (; left; left &= left - 1)
            keep_value(&k, &ev->values[word * 64 + (unsigned)__builtin_ctzll(left)]);
    }
    if (!kept) {
        ev->product = keep_text(&k, ev->product);
        ev->category = keep_text(&k, ev->category);
        ev->service = keep_text(&k, ev->service);
        keep_extras(&k, ev);
    }
    return k.failed ? E_NOMEM : 0;
}
