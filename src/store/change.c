/* Notes of what a commit changed. See change.h. */
#include "store/change.h"

#include "base/mem.h"

void store_changes_done(struct store_changes *c)
{
    arena_done(&c->arena);
    mem_free(c->items);
    *c = (struct store_changes){0};
}

/* @return false when out of memory */
static bool copy(struct arena *a, struct str *s)
{
    if (s->len == 0)
        return true;
    *s = arena_str(a, *s);
    return s->ptr != NULL;
}

void store_changes_add(struct store_changes *c, const struct store_change *change)
{
    if (!c)
        return;
    bool is_new_alert = change->kind == CHANGE_ALERT && change->is_new;
    if (c->len >= STORE_CHANGES_MOST) {
        c->alerts_more += is_new_alert;
        c->incomplete |= !is_new_alert;
        return;
    }
    struct store_change kept = *change;
    if (mem_grow(&c->items, &c->cap, c->len + 1, sizeof *c->items) != 0 ||
        !copy(&c->arena, &kept.id) || !copy(&c->arena, &kept.device) ||
        !copy(&c->arena, &kept.title) || !copy(&c->arena, &kept.request)) {
        c->incomplete = true;
        return;
    }
    c->items[c->len++] = kept;
}

void store_changes_add_alert(struct store_changes *c, const struct store_alert *alert, bool is_new)
{
    store_changes_add(c, &(struct store_change){.kind = CHANGE_ALERT,
                                                .is_new = is_new,
                                                .id = alert->id,
                                                .device = alert->device,
                                                .title = alert->rule_title,
                                                .state = alert->state,
                                                .level = alert->level,
                                                .time_ns = alert->time_ns});
}

void store_changes_add_action(struct store_changes *c, const struct store_action *action,
                              bool is_new)
{
    store_changes_add(c, &(struct store_change){.kind = CHANGE_ACTION,
                                                .is_new = is_new,
                                                .id = action->id,
                                                .device = action->device,
                                                .title = action->name,
                                                .request = action->request,
                                                .state = action->state});
}

struct store_changes_mark store_changes_mark(const struct store_changes *c)
{
    return c ? (struct store_changes_mark){c->len, c->alerts_more} : (struct store_changes_mark){0};
}

void store_changes_cut(struct store_changes *c, struct store_changes_mark mark)
{
    if (!c)
        return;
    c->len = mark.len;
    c->alerts_more = mark.alerts_more;
}
