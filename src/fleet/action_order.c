/* Ordering actions: checks, approval, signing, and what people may do with an order afterwards. See
 * action.h. */
#include "fleet/action.h"

#include "base/buf.h"
#include "base/timefmt.h"
#include "fleet/action_priv.h"
#include "fleet/input_priv.h"
#include "os/random.h"
#include "proto/action_args.h"
#include "schema/param.h"

enum { NONCE_BYTES = 16, CONFIRM_HOST_BYTES = 255 };

/* ------------------------------------------------------------------ making and signing */

static int draw_id(struct arena *arena, struct str *ret_id, struct err *err)
{
    struct buf id CLEANUP(buf_done) = {0};
    random_uuid_add(&id);
    *ret_id = buf_check(&id) ? (struct str){0} : arena_str(arena, buf_str(&id));
    return ret_id->ptr ? 0 : err_set(err, E_NOMEM, "no memory for an action");
}

int action_draft(const struct actor *by, int64_t now_ns, const struct action_row *row,
                 struct str device, struct str args_json, struct str reason, struct arena *arena,
                 struct store_action *ret_action, struct err *err)
{
    struct store_action a = {.device = device,
                             .name = row->name,
                             .args_json = args_json.len ? args_json : STR("{}"),
                             .state = ACTION_DRAFT,
                             .reason = reason,
                             .requested_by = by->name,
                             .requested_ns = now_ns,
                             .expires_ns = now_ns + row->expires_s * NS_PER_S};
    int rc = draw_id(arena, &a.id, err);
    if (rc)
        return rc;
    a.request = a.id;
    *ret_action = a;
    return 0;
}

int action_seal(const struct action_policy *policy, struct arena *arena,
                struct store_action *action, struct err *err)
{
    struct buf envelope CLEANUP(buf_done) = {0};
    char nonce[NONCE_BYTES];
    random_bytes(nonce, sizeof nonce);
    action->nonce = arena_str(arena, str_n(nonce, sizeof nonce));
    if (!action->nonce.ptr)
        return err_set(err, E_NOMEM, "no memory to sign an action");
    int rc = policy->signer.seal(policy->signer.arg, action, &envelope, err);
    if (rc)
        return rc;
    action->envelope =
        buf_check(&envelope) ? (struct str){0} : arena_str(arena, buf_str(&envelope));
    return action->envelope.ptr ? 0 : err_set(err, E_NOMEM, "no memory to sign an action");
}

struct replacing {
    struct store_tx *tx;
    const struct actor *by;
    int64_t now_ns;
    const struct store_action *latest;
};

static int replace_one(void *arg, struct store_action *old, struct err *err)
{
    const struct replacing *r = arg;
    const struct action_row *row = action_row_of(old);
    if (!row || !row->desired_state || str_eq(old->id, r->latest->id))
        return 0;
    if (!(ACTION_STATES_OPEN & 1u << old->state)) {
        /* It succeeded, but would still roll back: the new order has the say now. */
        old->rollback_ns = old->due_ns = 0;
        return store_action_put(r->tx, old, err);
    }
    if (old->state == ACTION_PENDING)
        return 0; /* a second person still decides about it */
    return action_move(r->tx, r->by, r->now_ns, old, ACTION_CANCELLED,
                       STR("a later order replaced it"), err);
}

/* Make the order the one the device should follow. */
static int become_desired(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                          struct arena *arena, struct store_action *action, struct err *err)
{
    struct store_device device;
    struct replacing r = {tx, by, now_ns, action};
    struct store_action_filter filter = {.device = action->device, .states = ACTION_STATES_OPEN};
    int rc = store_device_get(tx, action->device, arena, &device, err);
    if (rc)
        return rc;
    device.desired_generation++;
    device.isolation_desired = str_eq(action->name, action_table[ACTION_ISOLATE].name)
                                   ? ISOLATION_ISOLATED
                                   : ISOLATION_RELEASED;
    action->generation = device.desired_generation;
    rc = store_device_put(tx, &device, err);
    if (!rc)
        rc = action_each(tx, &filter, arena, replace_one, &r, err);
    filter.states = 1u << ACTION_SUCCEEDED;
    filter.due_before_ns = INT64_MAX;
    return rc ? rc : action_each(tx, &filter, arena, replace_one, &r, err);
}

int action_queue(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                 const struct action_policy *policy, struct arena *arena,
                 struct store_action *action, struct err *err)
{
    const struct action_row *row = action_row_of(action);
    int rc = 0;
    if (!row)
        return err_set(err, E_NOT_FOUND, "there is no action '%.*s'", STR_FMT(action->name));
    if (row->desired_state)
        rc = become_desired(tx, by, now_ns, arena, action, err);
    action->queued_ns = now_ns; /* the signature covers it as the time of issue */
    if (!rc)
        rc = action_seal(policy, arena, action, err);
    if (!rc)
        rc = action_move(tx, by, now_ns, action, ACTION_QUEUED, action->reason, err);
    return rc;
}

int action_order(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                 const struct action_row *row, struct str device, struct str reason,
                 const struct action_policy *policy, struct arena *arena, struct err *err)
{
    struct store_action action;
    int rc = action_draft(by, now_ns, row, device, STR("{}"), reason, arena, &action, err);
    return rc ? rc : action_queue(tx, by, now_ns, policy, arena, &action, err);
}

/* ------------------------------------------------------------------ ordering */

static int check_request(const struct actor *by, int64_t now_ns, const struct action_request *r,
                         const struct action_row *row, struct err *err)
{
    int64_t life_most = param_table[PARAM_COMMAND_TTL_S].most * NS_PER_S;
    int rc = actor_may(by, PERM_ACTIONS_CREATE, err);
    if (!rc)
        rc = actor_may(by, row->permission, err);
    if (!rc)
        rc = input_reason(r->reason, ACTION_REASON_BYTES, "the reason", err);
    if (!rc)
        rc = action_args_check(row, r->args_json.len ? r->args_json : STR("{}"), err);
    if (rc)
        return rc;
    if (r->devices_len == 0 || r->devices_len > (size_t)param_default(PARAM_ACTION_DEVICES_MOST))
        return err_set(err, r->devices_len ? E_LIMIT : E_ARG,
                       "an order names 1 to %lld devices, not %zu",
                       (long long)param_default(PARAM_ACTION_DEVICES_MOST), r->devices_len);
    if (r->expires_ns && (r->expires_ns <= now_ns || r->expires_ns - now_ns > life_most))
        return err_set(err, E_ARG, "an order expires in the future, within %lld days",
                       (long long)(life_most / NS_PER_S / 86400));
    for (size_t i = 0; i < r->devices_len; i++) {
        for (size_t j = 0; j < i; j++) {
            if (str_eq(r->devices[i], r->devices[j]))
                return err_set(err, E_ARG, "device '%.*s' is named twice", STR_FMT(r->devices[i]));
        }
    }
    return 0;
}

static int check_device(const struct store_device *device, const struct action_row *row,
                        struct err *err)
{
    unsigned platform = str_is(device->platform, "macos") ? PLATFORM_MACOS : PLATFORM_LINUX;
    if (device->state != DEVICE_ENROLLED)
        return err_set(err, E_STATE, "device '%.*s' is %s", STR_FMT(device->id),
                       device_state_names[device->state].ptr);
    if (!(row->platforms & platform))
        return err_set(err, E_UNSUPPORTED, "action '%s' does not exist on %.*s", row->name.ptr,
                       STR_FMT(device->platform));
    return 0;
}

static bool cuts_own_host(const struct action_row *row, struct str device,
                          const struct action_policy *policy)
{
    return row == &action_table[ACTION_ISOLATE] && policy->own_device.len &&
           str_eq(device, policy->own_device);
}

/* Whoever isolates the server's own host loses the way to undo it: it must be meant. */
static int guard(const struct action_row *row, const struct action_request *r,
                 const struct action_policy *policy, struct str device, struct err *err)
{
    if (!cuts_own_host(row, device, policy))
        return 0;
    if (r->confirm_hostname.len && str_eq_nocase(r->confirm_hostname, policy->own_hostname))
        return 0;
    return err_set(err, E_DENIED,
                   "device '%.*s' is this server's own host: type its name '%.*s' to isolate it",
                   STR_FMT(device), STR_FMT(policy->own_hostname));
}

static bool needs_approval(const struct actor *by, const struct action_row *row, size_t devices,
                           const struct action_policy *policy)
{
    size_t alone =
        policy->devices_most ? policy->devices_most : (size_t)param_default(PARAM_ACTION_DEVICES);
    return by->kind == ACTOR_USER && (row->destructive || devices > alone);
}

static int create_one(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                      const struct action_request *r, const struct action_row *row,
                      const struct action_policy *policy, struct arena *arena, bool approval,
                      struct store_action *action, struct err *err)
{
    if (r->expires_ns)
        action->expires_ns = r->expires_ns;
    if (cuts_own_host(row, action->device, policy))
        action->rollback_ns = now_ns + param_default(PARAM_ROLLBACK_S) * NS_PER_S;
    if (!approval)
        return action_queue(tx, by, now_ns, policy, arena, action, err);
    action->due_ns = now_ns + param_default(PARAM_APPROVAL_S) * NS_PER_S;
    action->rollback_ns = 0; /* counted from when it is queued */
    return action_move(tx, by, now_ns, action, ACTION_PENDING, r->reason, err);
}

int action_create(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                  const struct action_request *request, const struct action_policy *policy,
                  struct arena *arena, struct store_action **ret_actions, size_t *ret_len,
                  struct err *err)
{
    const struct action_row *row = action_row_find(request->name);
    if (!row)
        return err_set(err, E_NOT_FOUND, "there is no action '%.*s'", STR_FMT(request->name));
    int rc = check_request(by, now_ns, request, row, err);
    if (rc)
        return rc;
    struct store_action *actions = arena_array(arena, request->devices_len, sizeof *actions);
    if (!actions)
        return err_set(err, E_NOMEM, "no memory for %zu actions", request->devices_len);
    bool approval = needs_approval(by, row, request->devices_len, policy);
    for (size_t i = 0; i < request->devices_len && !rc; i++) {
        struct store_device device;
        rc = store_device_get(tx, request->devices[i], arena, &device, err);
        if (!rc)
            rc = check_device(&device, row, err);
        if (!rc)
            rc = guard(row, request, policy, device.id, err);
        if (!rc)
            rc = action_draft(by, now_ns, row, device.id, request->args_json, request->reason,
                              arena, &actions[i], err);
        if (rc)
            break;
        actions[i].request = actions[0].id;
        rc = create_one(tx, by, now_ns, request, row, policy, arena, approval, &actions[i], err);
    }
    if (rc)
        return rc;
    *ret_actions = actions;
    *ret_len = request->devices_len;
    return 0;
}

/* ------------------------------------------------------------------ deciding */

struct deciding {
    struct store_tx *tx;
    const struct actor *by;
    int64_t now_ns;
    struct str reason;
    const struct action_policy *policy; /* NULL: deny */
    struct arena *arena;
    struct store_action *decided;
    size_t len;
    size_t most;
};

static int decide(struct deciding *d, struct store_action *action, enum action_state to,
                  struct err *err)
{
    action->decided_by = d->by->name;
    action->decided_ns = d->now_ns;
    action->decision = d->reason;
    return action_move(d->tx, d->by, d->now_ns, action, to, d->reason, err);
}

static int approve_one(struct deciding *d, struct store_action *action, struct err *err)
{
    struct store_device device;
    const struct action_row *row = action_row_of(action);
    int64_t life = action->expires_ns - action->requested_ns;
    int rc = store_device_get(d->tx, action->device, d->arena, &device, err);
    if (rc)
        return rc;
    if (device.state != DEVICE_ENROLLED)
        return decide(d, action, ACTION_CANCELLED, err);
    action->expires_ns = d->now_ns + life;
    if (row && cuts_own_host(row, action->device, d->policy))
        action->rollback_ns = d->now_ns + param_default(PARAM_ROLLBACK_S) * NS_PER_S;
    rc = decide(d, action, ACTION_APPROVED, err);
    return rc ? rc : action_queue(d->tx, d->by, d->now_ns, d->policy, d->arena, action, err);
}

static int decide_one(void *arg, struct store_action *action, struct err *err)
{
    struct deciding *d = arg;
    int rc = actor_may(d->by, PERM_ACTIONS_APPROVE, err);
    if (!rc && d->by->kind == ACTOR_USER && str_eq(d->by->name, action->requested_by))
        rc = err_set(err, E_DENIED, "an order is approved or denied by somebody else than '%.*s'",
                     STR_FMT(d->by->name));
    if (!rc)
        rc = d->policy ? approve_one(d, action, err) : decide(d, action, ACTION_DENIED, err);
    if (!rc && d->len < d->most)
        d->decided[d->len++] = *action;
    return rc;
}

static int decide_request(struct deciding *d, struct str request, struct err *err)
{
    const struct store_action_filter waiting = {.request = request, .states = 1u << ACTION_PENDING};
    d->most = (size_t)param_table[PARAM_ACTION_DEVICES_MOST].most;
    d->decided = arena_array(d->arena, d->most, sizeof *d->decided);
    if (!d->decided)
        return err_set(err, E_NOMEM, "no memory to decide about an order");
    int rc = actor_may(d->by, PERM_ACTIONS_APPROVE, err);
    if (!rc && d->reason.len)
        rc = input_reason(d->reason, ACTION_REASON_BYTES, "the reason", err);
    if (!rc)
        rc = action_each(d->tx, &waiting, d->arena, decide_one, d, err);
    if (!rc && d->len == 0)
        rc = err_set(err, E_STATE, "nothing of the order '%.*s' waits for approval",
                     STR_FMT(request));
    return rc;
}

int action_approve(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str request,
                   struct str reason, const struct action_policy *policy, struct arena *arena,
                   struct store_action **ret_actions, size_t *ret_len, struct err *err)
{
    struct deciding d = {
        .tx = tx, .by = by, .now_ns = now_ns, .reason = reason, .policy = policy, .arena = arena};
    int rc = decide_request(&d, request, err);
    if (rc)
        return rc;
    *ret_actions = d.decided;
    *ret_len = d.len;
    return 0;
}

int action_deny(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str request,
                struct str reason, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct deciding d = {.tx = tx, .by = by, .now_ns = now_ns, .reason = reason, .arena = &arena};
    return decide_request(&d, request, err);
}

int action_cancel(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str id,
                  struct str reason, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_action action;
    int rc = actor_may(by, PERM_ACTIONS_CREATE, err);
    if (!rc)
        rc = input_reason(reason, ACTION_REASON_BYTES, "the reason", err);
    if (!rc)
        rc = store_action_get(tx, id, &arena, &action, err);
    if (rc)
        return rc;
    if (action.generation)
        return err_set(err, E_STATE, "isolation is not cancelled but reversed: order '%s'",
                       action_row_of(&action)->reversed_by.ptr);
    if (action.state != ACTION_PENDING && action.state != ACTION_QUEUED)
        return err_set(err, E_STATE, "the action is %s: it cannot be withdrawn",
                       action_state_table[action.state].name.ptr);
    action.decided_by = by->name;
    action.decided_ns = now_ns;
    action.decision = reason;
    return action_move(tx, by, now_ns, &action, ACTION_CANCELLED, reason, err);
}

int action_confirm(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str id,
                   struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_action action;
    int rc = actor_may(by, PERM_ACTIONS_CREATE, err);
    if (!rc)
        rc = actor_may(by, PERM_ACTIONS_ISOLATE, err);
    if (!rc)
        rc = store_action_get(tx, id, &arena, &action, err);
    if (rc)
        return rc;
    if (!action.rollback_ns)
        return err_set(err, E_STATE, "the action would not roll back: there is nothing to confirm");
    if (action.rollback_ns <= now_ns)
        return err_set(err, E_STATE, "the time to confirm is over");
    action.rollback_ns = 0;
    action.due_ns = action_state_table[action.state].final ? 0 : action.expires_ns;
    rc = store_action_put(tx, &action, err);
    return rc ? rc : actor_audit(tx, by, now_ns, "action.confirm", "action", id, STR(""), err);
}
