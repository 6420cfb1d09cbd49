/* What devices say about actions, and what they must get. See action.h. */
#include "fleet/action.h"

#include "base/buf.h"
#include "codec/json_out.h"
#include "fleet/action_priv.h"
#include "fleet/input_priv.h"

/* ------------------------------------------------------------------ to the device */

struct pending {
    const struct store_device *device;
    int64_t now_ns;
    struct arena *arena;
    struct store_action *items;
    size_t len;
    size_t most;
};

static int add_pending(void *arg, struct store_action *action, struct err *err)
{
    struct pending *p = arg;
    (void)err;
    bool wanted = action->generation
                      ? action_is_latest(action, p->device) &&
                            p->device->observed_generation < action->generation
                      : action->state == ACTION_QUEUED && action->expires_ns > p->now_ns;
    if (wanted && p->len < p->most)
        p->items[p->len++] = *action;
    return 0;
}

int action_pending(struct store_tx *tx, struct str device, int64_t now_ns, struct arena *arena,
                   struct store_action **ret_actions, size_t *ret_len, struct err *err)
{
    enum { PENDING_MOST = 1000 };
    const struct store_action_filter sent = {.device = device, .states = ACTION_STATES_SENT};
    struct store_device record;
    struct pending p = {.device = &record, .now_ns = now_ns, .arena = arena, .most = PENDING_MOST};
    int rc = store_device_get(tx, device, arena, &record, err);
    if (rc)
        return rc;
    p.items = arena_array(arena, p.most, sizeof *p.items);
    if (!p.items)
        return err_set(err, E_NOMEM, "no memory for the actions of a device");
    rc = action_each(tx, &sent, arena, add_pending, &p, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < p.len / 2; i++) { /* the oldest order first */
        struct store_action swap = p.items[i];
        p.items[i] = p.items[p.len - 1 - i];
        p.items[p.len - 1 - i] = swap;
    }
    *ret_actions = p.items;
    *ret_len = p.len;
    return 0;
}

/* The action, if it is this device's: another's is as unknown as none. */
static int get_own(struct store_tx *tx, struct str device, struct str id, struct arena *arena,
                   struct store_action *ret_action, struct err *err)
{
    int rc = store_action_get(tx, id, arena, ret_action, err);
    if (!rc && !str_eq(ret_action->device, device))
        rc = err_set(err, E_NOT_FOUND, "there is no action '%.*s'", STR_FMT(id));
    return rc;
}

int action_delivered(struct store_tx *tx, struct str device, struct str id, int64_t now_ns,
                     struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_action action;
    const struct actor by = actor_system("channel");
    int rc = get_own(tx, device, id, &arena, &action, err);
    if (rc || action.state != ACTION_QUEUED)
        return rc;
    return action_move(tx, &by, now_ns, &action, ACTION_DELIVERED, STR(""), err);
}

/* ------------------------------------------------------------------ from the device */

/* An outcome that comes after the server stopped waiting is kept beside the state. */
static int keep_late(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                     struct store_action *action, enum action_state state, struct str result_json,
                     struct err *err)
{
    struct buf detail CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &detail};
    if (action->result_json.len || !action_state_table[state].final)
        return 0;
    action->result_json = result_json.len ? result_json : STR("{}");
    json_object_begin(&j);
    json_kv_str(&j, "state", action_state_table[state].name);
    json_object_end(&j);
    if (buf_check(&detail))
        return err_set(err, E_NOMEM, "no memory for an audit entry");
    int rc = store_action_put(tx, action, err);
    if (rc)
        return rc;
    return actor_audit(tx, by, now_ns, "action.late_result", "action", action->id, buf_str(&detail),
                       err);
}

/* What a device may say of an order. */
static bool reportable(enum action_state state)
{
    return state == ACTION_RUNNING || state == ACTION_SUCCEEDED || state == ACTION_FAILED ||
           state == ACTION_REFUSED || state == ACTION_TIMED_OUT || state == ACTION_INTERRUPTED;
}

int action_report(struct store_tx *tx, struct str device, struct str id, enum action_state state,
                  struct str result_json, int64_t now_ns, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_action action;
    const struct actor by = actor_device(device, STR(""));
    int rc =
        result_json.len ? input_object(result_json, ACTION_RESULT_BYTES, "the result", err) : 0;
    if (!rc)
        rc = get_own(tx, device, id, &arena, &action, err);
    if (rc)
        return rc;
    if (!reportable(state))
        return err_set(err, E_STATE, "a device does not report this state");
    if (action.state == state)
        return 0;
    if (action.state == ACTION_TIMED_OUT || action.state == ACTION_EXPIRED ||
        action.state == ACTION_CANCELLED || action.state == ACTION_INTERRUPTED)
        return keep_late(tx, &by, now_ns, &action, state, result_json, err);
    if (state == ACTION_RUNNING && action_state_table[action.state].final)
        return 0; /* it came out of order */
    if (action.generation && state == ACTION_SUCCEEDED)
        state = ACTION_RUNNING; /* succeeded is what the device observes, not what it says */
    if (action.state == state)
        return 0;
    if (result_json.len)
        action.result_json = result_json;
    return action_move(tx, &by, now_ns, &action, state, STR(""), err);
}

static struct str isolation_action(enum isolation isolation)
{
    return action_table[isolation == ISOLATION_ISOLATED ? ACTION_ISOLATE : ACTION_RELEASE].name;
}

struct observing {
    struct store_tx *tx;
    const struct actor *by;
    int64_t now_ns;
    enum isolation isolation;
    int64_t generation;
};

static int observe_one(void *arg, struct store_action *action, struct err *err)
{
    const struct observing *o = arg;
    if (action->generation != o->generation ||
        !str_eq(action->name, isolation_action(o->isolation)))
        return 0;
    return action_move(o->tx, o->by, o->now_ns, action, ACTION_SUCCEEDED, STR("observed"), err);
}

/* The device knows a later order than this server, which was set back to an older state: count on
 * from the device's number, and say again what is wanted. What the device is in does not become
 * what is wanted: a device in wrong hands would free itself. */
static int catch_up(struct store_tx *tx, int64_t now_ns, struct store_device *device,
                    int64_t generation, struct err *err)
{
    device->desired_generation = generation;
    int rc = store_device_put(tx, device, err);
    if (rc || device->isolation_desired == ISOLATION_NONE)
        return rc;
    return action_order_later(
        tx, now_ns, action_row_find(isolation_action(device->isolation_desired)), device->id,
        STR("the device knew a later order than the server"), err);
}

struct last_word {
    int64_t generation;
    bool there;
};

static int find_last(void *arg, struct store_action *action, struct err *err)
{
    struct last_word *last = arg;
    (void)err;
    last->there = last->there || action->generation == last->generation;
    return 0;
}

/* The device did once what is wanted and knows nothing of it now: its state was lost or taken away.
 * An order that is still open is sent again by itself, one that failed is not repeated for ever. */
static int order_again(struct store_tx *tx, int64_t now_ns, const struct store_device *device,
                       struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    const struct action_row *row = action_row_find(isolation_action(device->isolation_desired));
    const struct store_action_filter succeeded = {
        .device = device->id, .name = row->name, .states = 1u << ACTION_SUCCEEDED};
    const struct store_action_filter to_come = {
        .device = device->id, .name = row->name, .states = 1u << ACTION_APPROVED};
    struct last_word last = {.generation = device->desired_generation};
    struct last_word next = {.generation = 0}; /* given when the sweep signs it */
    int rc = action_each(tx, &succeeded, &arena, find_last, &last, err);
    if (!rc)
        rc = action_each(tx, &to_come, &arena, find_last, &next, err);
    if (rc || !last.there || next.there)
        return rc;
    return action_order_later(tx, now_ns, row, device->id,
                              STR("the device fell behind what it had observed"), err);
}

int action_observed(struct store_tx *tx, struct str device, enum isolation isolation,
                    int64_t generation, int64_t now_ns, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_device record;
    const struct actor by = actor_device(device, STR(""));
    const struct store_action_filter sent = {.device = device, .states = ACTION_STATES_SENT};
    struct observing o = {tx, &by, now_ns, isolation, generation};
    int rc = store_device_get(tx, device, &arena, &record, err);
    if (rc)
        return rc;
    if (generation < 0 || generation > ACTION_GENERATION_MOST)
        return err_set(err, E_ARG, "no device has isolation generation %lld",
                       (long long)generation);
    if (record.isolation_observed != isolation || record.observed_generation != generation) {
        record.isolation_observed = isolation;
        record.observed_generation = generation;
        rc = store_device_put(tx, &record, err);
        if (!rc)
            rc =
                actor_audit(tx, &by, now_ns,
                            isolation == ISOLATION_ISOLATED ? "device.isolated" : "device.released",
                            "device", device, STR(""), err);
    }
    if (!rc && generation > record.desired_generation)
        return catch_up(tx, now_ns, &record, generation, err);
    /* A device that is in no isolation need not be told that it is free. */
    bool differs =
        (record.isolation_desired == ISOLATION_ISOLATED) != (isolation == ISOLATION_ISOLATED);
    if (!rc && differs && generation < record.desired_generation)
        rc = order_again(tx, now_ns, &record, err);
    if (!rc && generation > 0)
        rc = action_each(tx, &sent, &arena, observe_one, &o, err);
    return rc;
}
