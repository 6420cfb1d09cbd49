/* The state machine of actions: one table of legal steps, and what each step does to the record.
 * See action.h; ordering is in action_order.c, what devices say in action_report.c, what time does
 * in action_sweep.c. */
#include "fleet/action.h"

#include "base/buf.h"
#include "base/timefmt.h"
#include "codec/json_out.h"
#include "fleet/action_priv.h"

#define TO(state) (1u << (state))

/* Everything a device may report about an order it has. A server that stopped between sending an
 * order and noting it hears of it only through these, so `queued` may lead there too. */
#define REPORTS                                                                                    \
    (TO(ACTION_RUNNING) | TO(ACTION_SUCCEEDED) | TO(ACTION_FAILED) | TO(ACTION_REFUSED) |          \
     TO(ACTION_TIMED_OUT) | TO(ACTION_INTERRUPTED))

static const unsigned steps[ACTION_STATE_COUNT] = {
    [ACTION_DRAFT] =
        TO(ACTION_PENDING) | TO(ACTION_APPROVED) | TO(ACTION_QUEUED) | TO(ACTION_CANCELLED),
    [ACTION_PENDING] =
        TO(ACTION_APPROVED) | TO(ACTION_DENIED) | TO(ACTION_LAPSED) | TO(ACTION_CANCELLED),
    [ACTION_APPROVED] = TO(ACTION_QUEUED) | TO(ACTION_CANCELLED),
    [ACTION_QUEUED] = TO(ACTION_DELIVERED) | TO(ACTION_CANCELLED) | TO(ACTION_EXPIRED) | REPORTS,
    [ACTION_DELIVERED] = TO(ACTION_CANCELLED) | REPORTS,
    [ACTION_RUNNING] = TO(ACTION_CANCELLED) | (REPORTS & ~TO(ACTION_RUNNING)),
};

bool action_step_legal(enum action_state from, enum action_state to)
{
    return (unsigned)from < ACTION_STATE_COUNT && (unsigned)to < ACTION_STATE_COUNT &&
           (steps[from] & TO(to)) != 0;
}

const struct action_row *action_row_of(const struct store_action *action)
{
    return action_row_find(action->name);
}

bool action_is_latest(const struct store_action *action, const struct store_device *device)
{
    return action->generation > 0 && action->generation == device->desired_generation;
}

/* When the sweep must look again. */
static int64_t due_of(const struct store_action *a, const struct action_row *row, int64_t now_ns)
{
    int64_t due = 0;
    if (a->state == ACTION_QUEUED || (row->desired_state && ACTION_STATES_SENT & TO(a->state)))
        due = a->expires_ns;
    else if (ACTION_STATES_SENT & TO(a->state))
        due = now_ns + row->timeout_s * NS_PER_S;
    else if (!action_state_table[a->state].final)
        due = a->due_ns;
    if (a->rollback_ns && a->state != ACTION_CANCELLED && (!due || a->rollback_ns < due))
        due = a->rollback_ns;
    return due;
}

static int audit_step(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                      const struct store_action *a, enum action_state from, struct str reason,
                      struct err *err)
{
    struct buf detail CLEANUP(buf_done) = {0};
    struct buf verb CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &detail};
    json_object_begin(&j);
    json_kv_str(&j, "action", a->name);
    json_kv_str(&j, "device", a->device);
    json_kv_str(&j, "request", a->request);
    json_kv_str(&j, "from", action_state_table[from].name);
    if (from == ACTION_DRAFT) {
        json_key(&j, "arguments");
        json_raw(&j, a->args_json);
    }
    if (reason.len)
        json_kv_str(&j, "reason", reason);
    json_object_end(&j);
    buf_addf(&verb, "action.%s", action_state_table[a->state].name.ptr);
    const char *text = buf_cstr(&verb);
    if (buf_check(&detail) || buf_check(&verb))
        return err_set(err, E_NOMEM, "no memory for an audit entry");
    return actor_audit(tx, by, now_ns, text, "action", a->id, buf_str(&detail), err);
}

int action_move(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                struct store_action *action, enum action_state to, struct str reason,
                struct err *err)
{
    struct store_action a = *action;
    const struct action_row *row = action_row_of(action);
    if (!row || !action_step_legal(a.state, to))
        return err_set(err, E_STATE, "an action that is %s cannot become %s",
                       action_state_table[a.state].name.ptr, action_state_table[to].name.ptr);
    a.state = to;
    if (to == ACTION_QUEUED)
        a.queued_ns = now_ns;
    if (to == ACTION_DELIVERED || (to == ACTION_RUNNING && !a.delivered_ns))
        a.delivered_ns = now_ns;
    if (action_state_table[to].final)
        a.finished_ns = now_ns;
    if (to == ACTION_CANCELLED)
        a.rollback_ns = 0;
    a.due_ns = due_of(&a, row, now_ns);
    int rc = store_action_put(tx, &a, err);
    if (!rc)
        rc = audit_step(tx, by, now_ns, &a, action->state, reason, err);
    if (!rc)
        *action = a;
    return rc;
}

int action_each(struct store_tx *tx, const struct store_action_filter *filter, struct arena *arena,
                action_each_fn each, void *arg, struct err *err)
{
    struct store_page page = {.limit = 1000};
    do {
        struct store_action_list list;
        int rc = store_action_list(tx, filter, &page, arena, &list, err);
        for (size_t i = 0; !rc && i < list.len; i++)
            rc = each(arg, &list.items[i], err);
        if (rc)
            return rc;
        page.cursor = list.next;
    } while (page.cursor.len);
    return 0;
}
