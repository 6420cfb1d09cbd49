/* What time does to actions, and what becomes of them when a device leaves. See action.h. */
#include "fleet/action.h"

#include "base/timefmt.h"
#include "fleet/action_priv.h"

struct sweeping {
    struct store_tx *tx;
    int64_t now_ns;
    const struct action_policy *policy;
    struct arena *arena;
    struct str *devices;
    size_t len;
    size_t most;
};

static void changed(struct sweeping *s, struct str device)
{
    for (size_t i = 0; i < s->len; i++) {
        if (str_eq(s->devices[i], device))
            return;
    }
    if (s->len < s->most)
        s->devices[s->len++] = device;
}

/* Nobody confirmed the isolation of the own host: undo it, unless a later order did already. */
static int roll_back(struct sweeping *s, const struct actor *by, struct store_action *action,
                     struct err *err)
{
    struct store_device device;
    int rc = store_device_get(s->tx, action->device, s->arena, &device, err);
    if (rc)
        return rc;
    action->rollback_ns = action->due_ns = 0;
    rc = store_action_put(s->tx, action, err);
    if (rc || !action_is_latest(action, &device) || device.state != DEVICE_ENROLLED)
        return rc;
    changed(s, action->device);
    return action_order(s->tx, by, s->now_ns, &action_table[ACTION_RELEASE], action->device,
                        STR("the isolation of the server's own host was not confirmed in time"),
                        s->policy, s->arena, err);
}

/* The order still stands: give the device a signature that is alive. */
static int sign_anew(struct sweeping *s, struct store_action *action, struct err *err)
{
    const struct action_row *row = action_row_of(action);
    action->queued_ns = s->now_ns;
    action->expires_ns = s->now_ns + row->expires_s * NS_PER_S;
    action->due_ns = action->expires_ns;
    if (action->rollback_ns && action->rollback_ns < action->due_ns)
        action->due_ns = action->rollback_ns;
    int rc = action_seal(s->policy, s->arena, action, err);
    if (!rc)
        rc = store_action_put(s->tx, action, err);
    if (!rc)
        changed(s, action->device);
    return rc;
}

static int sweep_one(struct sweeping *s, struct store_action *action, struct err *err)
{
    const struct actor by = actor_system("sweep");
    if (action->rollback_ns && action->rollback_ns <= s->now_ns)
        return roll_back(s, &by, action, err);
    switch (action->state) {
    case ACTION_PENDING:
        return action_move(s->tx, &by, s->now_ns, action, ACTION_LAPSED, STR(""), err);
    case ACTION_APPROVED:
        changed(s, action->device);
        return action_queue(s->tx, &by, s->now_ns, s->policy, s->arena, action, err);
    case ACTION_QUEUED:
    case ACTION_DELIVERED:
    case ACTION_RUNNING:
        if (action->generation)
            return sign_anew(s, action, err);
        return action_move(s->tx, &by, s->now_ns, action,
                           action->state == ACTION_QUEUED ? ACTION_EXPIRED : ACTION_TIMED_OUT,
                           STR(""), err);
    default:
        action->due_ns = 0;
        return store_action_put(s->tx, action, err);
    }
}

int action_sweep(struct store_tx *tx, int64_t now_ns, const struct action_policy *policy,
                 struct arena *arena, struct str **ret_devices, size_t *ret_len, struct err *err)
{
    enum { SWEEP_MOST = 100 };
    const struct store_action_filter due = {.due_before_ns = now_ns + 1};
    const struct store_page page = {.limit = SWEEP_MOST};
    struct store_action_list list;
    struct sweeping s = {
        .tx = tx, .now_ns = now_ns, .policy = policy, .arena = arena, .most = SWEEP_MOST};
    int rc = store_action_list(tx, &due, &page, arena, &list, err);
    if (rc)
        return rc;
    s.devices = arena_array(arena, s.most, sizeof *s.devices);
    if (!s.devices)
        return err_set(err, E_NOMEM, "no memory to look after actions");
    for (size_t i = 0; i < list.len && !rc; i++) {
        struct store_action action;
        /* An earlier one of this sweep may have changed it. */
        rc = store_action_get(tx, list.items[i].id, arena, &action, err);
        if (!rc && action.due_ns && action.due_ns <= now_ns)
            rc = sweep_one(&s, &action, err);
    }
    if (rc)
        return rc;
    *ret_devices = s.devices;
    *ret_len = s.len;
    return 0;
}

/* ------------------------------------------------------------------ devices that come and go */

struct closing {
    struct store_tx *tx;
    const struct actor *by;
    int64_t now_ns;
    struct str reason;
};

static int close_one(void *arg, struct store_action *action, struct err *err)
{
    const struct closing *c = arg;
    bool begun = action->state == ACTION_DELIVERED || action->state == ACTION_RUNNING;
    return action_move(c->tx, c->by, c->now_ns, action,
                       begun ? ACTION_INTERRUPTED : ACTION_CANCELLED, c->reason, err);
}

int action_close_device(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                        struct str device, struct str reason, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    const struct store_action_filter open = {.device = device, .states = ACTION_STATES_OPEN};
    struct closing c = {tx, by, now_ns, reason};
    return action_each(tx, &open, &arena, close_one, &c, err);
}

int action_order_later(struct store_tx *tx, int64_t now_ns, const struct action_row *row,
                       struct str device, struct str reason, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    const struct actor by = actor_system("containment");
    struct store_action action;
    int rc = action_draft(&by, now_ns, row, device, STR("{}"), reason, &arena, &action, err);
    if (rc)
        return rc;
    action.due_ns = now_ns;
    return action_move(tx, &by, now_ns, &action, ACTION_APPROVED, reason, err);
}

int action_carry_isolation(struct store_tx *tx, int64_t now_ns, struct str device, struct err *err)
{
    return action_order_later(tx, now_ns, &action_table[ACTION_ISOLATE], device,
                              STR("the machine was isolated when it enrolled again"), err);
}
