/* fleet: the action state machine, approval, containment as desired state, the guard of the own
 * host. */
#include "harness/fleet.h"

#include "base/timefmt.h"
#include "fleet/enrollment.h"
#include "proto/action_args.h"
#include "schema/param.h"

static const struct str devices[] = {{"dev-1", 5}, {"dev-2", 5}, {"dev-3", 5}};

static int open_store(void **state)
{
    static struct test_store t;
    test_store_open(&t);
    for (size_t i = 0; i < ARRAY_LEN(devices); i++)
        test_store_add_device(&t, devices[i].ptr);
    *state = &t;
    return 0;
}

static int close_store(void **state)
{
    test_store_close(*state);
    return 0;
}

static struct action_request request_of(const char *name, size_t len)
{
    struct action_request r = {
        .name = str_of(name), .devices = devices, .devices_len = len, .reason = STR("it beacons")};
    if (str_is(r.name, "kill"))
        r.args_json = action_table[ACTION_KILL].example;
    if (str_is(r.name, "message"))
        r.args_json = action_table[ACTION_MESSAGE].example;
    return r;
}

/* Order something as a responder; copies the first action. */
static int order(struct test_store *t, const char *name, size_t len, struct store_action *ret)
{
    struct actor by = test_actor(ROLE_RESPONDER);
    struct action_policy policy = test_policy();
    struct action_request request = request_of(name, len);
    struct store_action *actions = NULL;
    size_t got = 0;
    int rc = TEST_UNIT(
        t, action_create(tx, &by, TEST_NOW_NS, &request, &policy, &t->arena, &actions, &got, NULL));
    if (rc == 0) {
        assert_int_equal(got, len);
        *ret = actions[0];
    }
    return rc;
}

static struct store_action get_action(struct test_store *t, struct str id)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct store_action a;
    assert_ok(store_read_begin(t->store, &tx, NULL));
    assert_ok(store_action_get(tx, id, &t->arena, &a, NULL));
    return a;
}

static struct store_device get_device(struct test_store *t, struct str id)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct store_device d;
    assert_ok(store_read_begin(t->store, &tx, NULL));
    assert_ok(store_device_get(tx, id, &t->arena, &d, NULL));
    return d;
}

static int report(struct test_store *t, const struct store_action *a, enum action_state state)
{
    return TEST_UNIT(
        t, action_report(tx, a->device, a->id, state, STR("{\"exit\":0}"), TEST_NOW_NS + 1, NULL));
}

static int sweep(struct test_store *t, int64_t now_ns, const struct action_policy *policy,
                 size_t *ret_len)
{
    struct str *changed = NULL;
    return TEST_UNIT(t, action_sweep(tx, now_ns, policy, &t->arena, &changed, ret_len, NULL));
}

static size_t pending(struct test_store *t, struct str device, int64_t now_ns,
                      struct store_action **ret)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    size_t len = 0;
    assert_ok(store_read_begin(t->store, &tx, NULL));
    assert_ok(action_pending(tx, device, now_ns, &t->arena, ret, &len, NULL));
    return len;
}

/* ------------------------------------------------------------------ the table */

static void final_states_are_never_left_and_every_other_has_a_way_on(void **state)
{
    (void)state;
    for (unsigned from = 0; from < ACTION_STATE_COUNT; from++) {
        unsigned ways = 0;
        for (unsigned to = 0; to < ACTION_STATE_COUNT; to++)
            ways += action_step_legal((enum action_state)from, (enum action_state)to);
        assert_int_equal(ways == 0, action_state_table[from].final);
        assert_false(action_step_legal((enum action_state)from, (enum action_state)from));
    }
    assert_false(action_step_legal(ACTION_STATE_COUNT, ACTION_QUEUED));
    assert_false(action_step_legal(ACTION_PENDING, ACTION_QUEUED));
}

/* ------------------------------------------------------------------ plain actions */

static void a_kill_goes_from_queued_to_succeeded_and_leaves_a_trace(void **state)
{
    struct test_store *t = *state;
    struct store_action a;
    struct store_action *waiting;
    assert_ok(order(t, "kill", 1, &a));
    assert_int_equal(a.state, ACTION_QUEUED);
    assert_true(str_starts(a.envelope, STR("signed:")));
    assert_int_equal(pending(t, devices[0], TEST_NOW_NS, &waiting), 1);
    assert_ok(TEST_UNIT(t, action_delivered(tx, devices[0], a.id, TEST_NOW_NS, NULL)));
    assert_ok(TEST_UNIT(t, action_delivered(tx, devices[0], a.id, TEST_NOW_NS, NULL)));
    assert_int_equal(pending(t, devices[0], TEST_NOW_NS, &waiting), 0);
    assert_ok(report(t, &a, ACTION_RUNNING));
    assert_ok(report(t, &a, ACTION_SUCCEEDED));
    assert_ok(report(t, &a, ACTION_SUCCEEDED));
    assert_ok(report(t, &a, ACTION_RUNNING));
    assert_int_equal(report(t, &a, ACTION_FAILED), E_STATE);
    a = get_action(t, a.id);
    assert_int_equal(a.state, ACTION_SUCCEEDED);
    assert_true(a.finished_ns == TEST_NOW_NS + 1 && a.delivered_ns == TEST_NOW_NS);
    assert_str(a.result_json, "{\"exit\":0}");
    assert_int_equal(test_audit_count(t, "action.queued"), 1);
    assert_int_equal(test_audit_count(t, "action.delivered"), 1);
    assert_int_equal(test_audit_count(t, "action.running"), 1);
    assert_int_equal(test_audit_count(t, "action.succeeded"), 1);
}

static void only_the_device_itself_reports_and_only_what_a_device_can_know(void **state)
{
    struct test_store *t = *state;
    struct store_action a;
    assert_ok(order(t, "kill", 1, &a));
    struct store_action other = a;
    other.device = devices[1];
    assert_int_equal(report(t, &other, ACTION_SUCCEEDED), E_NOT_FOUND);
    assert_int_equal(report(t, &a, ACTION_CANCELLED), E_STATE);
    assert_int_equal(TEST_UNIT(t, action_report(tx, a.device, a.id, ACTION_FAILED, STR("no json"),
                                                TEST_NOW_NS, NULL)),
                     E_PARSE);
}

static void an_order_nobody_fetched_expires_and_one_without_outcome_times_out(void **state)
{
    struct test_store *t = *state;
    struct action_policy policy = test_policy();
    struct store_action queued;
    struct store_action sent;
    size_t changed;
    assert_ok(order(t, "kill", 1, &queued));
    assert_ok(order(t, "message", 1, &sent));
    assert_ok(TEST_UNIT(t, action_delivered(tx, devices[0], sent.id, TEST_NOW_NS, NULL)));
    assert_ok(sweep(t, TEST_NOW_NS + 59 * NS_PER_S, &policy, &changed));
    assert_int_equal(get_action(t, sent.id).state, ACTION_DELIVERED);
    assert_ok(sweep(t, TEST_NOW_NS + 60 * NS_PER_S, &policy, &changed));
    assert_int_equal(get_action(t, sent.id).state, ACTION_TIMED_OUT);
    assert_int_equal(get_action(t, queued.id).state, ACTION_QUEUED);
    assert_ok(sweep(t, TEST_NOW_NS + 3600 * NS_PER_S, &policy, &changed));
    assert_int_equal(get_action(t, queued.id).state, ACTION_EXPIRED);
    assert_ok(report(t, &sent, ACTION_SUCCEEDED));
    assert_int_equal(get_action(t, sent.id).state, ACTION_TIMED_OUT);
    assert_str(get_action(t, sent.id).result_json, "{\"exit\":0}");
    assert_int_equal(test_audit_count(t, "action.late_result"), 1);
}

static void what_the_device_has_not_begun_can_be_withdrawn(void **state)
{
    struct test_store *t = *state;
    struct actor by = test_actor(ROLE_RESPONDER);
    struct store_action a;
    struct store_action b;
    assert_ok(order(t, "kill", 1, &a));
    assert_ok(order(t, "message", 1, &b));
    assert_int_equal(TEST_UNIT(t, action_cancel(tx, &by, TEST_NOW_NS, a.id, STR(" "), NULL)),
                     E_ARG);
    assert_ok(TEST_UNIT(t, action_cancel(tx, &by, TEST_NOW_NS, a.id, STR("wrong one"), NULL)));
    assert_int_equal(get_action(t, a.id).state, ACTION_CANCELLED);
    assert_ok(TEST_UNIT(t, action_delivered(tx, devices[0], b.id, TEST_NOW_NS, NULL)));
    assert_int_equal(TEST_UNIT(t, action_cancel(tx, &by, TEST_NOW_NS, b.id, STR("too late"), NULL)),
                     E_STATE);
}

/* ------------------------------------------------------------------ what is refused */

static int create_with(struct test_store *t, const struct actor *by, struct action_request *request)
{
    struct action_policy policy = test_policy();
    struct store_action *actions = NULL;
    size_t len = 0;
    return TEST_UNIT(
        t, action_create(tx, by, TEST_NOW_NS, request, &policy, &t->arena, &actions, &len, NULL));
}

static void an_order_must_be_allowed_known_complete_and_explained(void **state)
{
    struct test_store *t = *state;
    struct actor analyst = test_actor(ROLE_ANALYST);
    struct actor by = test_actor(ROLE_RESPONDER);
    static const struct str twice[] = {{"dev-1", 5}, {"dev-1", 5}};
    static const struct str unknown[] = {{"dev-1", 5}, {"dev-9", 5}};
    struct action_request r = request_of("kill", 1);
    assert_int_equal(create_with(t, &analyst, &r), E_DENIED);
    r.reason = STR("");
    assert_int_equal(create_with(t, &by, &r), E_ARG);
    r = request_of("kill", 0);
    assert_int_equal(create_with(t, &by, &r), E_ARG);
    r = request_of("melt", 1);
    assert_int_equal(create_with(t, &by, &r), E_NOT_FOUND);
    r = request_of("kill", 2);
    r.devices = twice;
    assert_int_equal(create_with(t, &by, &r), E_ARG);
    r.devices = unknown;
    assert_int_equal(create_with(t, &by, &r), E_NOT_FOUND);
    r = request_of("kill", 1);
    r.expires_ns = TEST_NOW_NS;
    assert_int_equal(create_with(t, &by, &r), E_ARG);
    struct store_action *waiting;
    assert_int_equal(pending(t, devices[0], TEST_NOW_NS, &waiting), 0);
    assert_int_equal(test_audit_count(t, "action.queued"), 0);
}

static void arguments_are_held_against_the_table(void **state)
{
    (void)state;
    static const struct {
        enum action_id id;
        const char *args;
        int rc;
    } cases[] = {
        {ACTION_KILL, "{\"pid\":4,\"generation\":0,\"boot\":\"b\"}", 0},
        {ACTION_KILL, "{\"pid\":1,\"generation\":0,\"boot\":\"b\"}", E_ARG},
        {ACTION_KILL, "{\"pid\":4,\"boot\":\"b\"}", E_ARG},
        {ACTION_KILL, "{\"pid\":\"4\",\"generation\":0,\"boot\":\"b\"}", E_ARG},
        {ACTION_KILL, "{\"pid\":4,\"generation\":0,\"boot\":\"b\",\"signal\":9}", E_ARG},
        {ACTION_KILL, "{\"pid\":4,\"generation\":0,\"boot\":\"\"}", E_ARG},
        {ACTION_KILL, "{\"pid\":4,\"generation\":0,\"boot\":\"b\",\"tree\":1}", E_ARG},
        {ACTION_KILL, "[]", E_PARSE},
        {ACTION_KILL, "", E_PARSE},
        {ACTION_RELEASE, "{}", 0},
        {ACTION_ISOLATE, "{\"allow\":[\"192.0.2.1:443\"]}", 0},
        {ACTION_ISOLATE, "{\"allow\":\"192.0.2.1:443\"}", E_ARG},
        {ACTION_ISOLATE, "{\"allow\":[1]}", E_ARG},
        {ACTION_ISOLATE, "{\"allow\":[\"\"]}", E_ARG},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(action_args_check(&action_table[cases[i].id], str_of(cases[i].args), NULL),
                         cases[i].rc);
    for (unsigned id = 0; id < ACTION_COUNT; id++)
        assert_ok(action_args_check(&action_table[id], action_table[id].example, NULL));
}

/* ------------------------------------------------------------------ a second person */

static struct action_policy one_alone(void)
{
    struct action_policy policy = test_policy();
    policy.devices_most = 1;
    return policy;
}

static struct store_action order_many(struct test_store *t, const struct action_policy *policy)
{
    struct actor by = test_actor(ROLE_ADMIN);
    struct action_request r = request_of("isolate", 2);
    struct store_action *actions = NULL;
    size_t len = 0;
    assert_ok(TEST_UNIT(
        t, action_create(tx, &by, TEST_NOW_NS, &r, policy, &t->arena, &actions, &len, NULL)));
    assert_int_equal(len, 2);
    assert_int_equal(actions[0].state, ACTION_PENDING);
    assert_int_equal(actions[1].state, ACTION_PENDING);
    assert_true(str_eq(actions[0].request, actions[1].request));
    return actions[0];
}

static void an_order_to_many_devices_waits_for_a_second_person(void **state)
{
    struct test_store *t = *state;
    struct action_policy policy = one_alone();
    struct actor admin = test_actor(ROLE_ADMIN);
    struct actor owner = test_actor(ROLE_OWNER);
    struct actor responder = test_actor(ROLE_RESPONDER);
    struct store_action a = order_many(t, &policy);
    struct store_action *done = NULL;
    struct store_action *waiting = NULL;
    size_t len = 0;
    assert_int_equal(pending(t, devices[0], TEST_NOW_NS, &waiting), 0);
    assert_int_equal(get_device(t, devices[0]).desired_generation, 0);
    assert_int_equal(TEST_UNIT(t, action_approve(tx, &admin, TEST_NOW_NS, a.request, STR(""),
                                                 &policy, &t->arena, &done, &len, NULL)),
                     E_DENIED);
    assert_int_equal(TEST_UNIT(t, action_approve(tx, &responder, TEST_NOW_NS, a.request, STR(""),
                                                 &policy, &t->arena, &done, &len, NULL)),
                     E_DENIED);
    assert_ok(TEST_UNIT(t, action_approve(tx, &owner, TEST_NOW_NS + 5, a.request, STR("agreed"),
                                          &policy, &t->arena, &done, &len, NULL)));
    assert_int_equal(len, 2);
    a = get_action(t, a.id);
    assert_int_equal(a.state, ACTION_QUEUED);
    assert_str(a.decided_by, "owner");
    assert_str(a.decision, "agreed");
    assert_int_equal(get_device(t, devices[1]).isolation_desired, ISOLATION_ISOLATED);
    assert_int_equal(TEST_UNIT(t, action_approve(tx, &owner, TEST_NOW_NS, a.request, STR(""),
                                                 &policy, &t->arena, &done, &len, NULL)),
                     E_STATE);
    assert_int_equal(test_audit_count(t, "action.approved"), 2);
}

static void a_denied_or_forgotten_order_never_reaches_a_device(void **state)
{
    struct test_store *t = *state;
    struct action_policy policy = one_alone();
    struct actor owner = test_actor(ROLE_OWNER);
    struct store_action denied = order_many(t, &policy);
    struct store_action lapsed = order_many(t, &policy);
    struct store_action *waiting;
    size_t changed;
    assert_ok(TEST_UNIT(t, action_deny(tx, &owner, TEST_NOW_NS, denied.request, STR("no"), NULL)));
    assert_int_equal(get_action(t, denied.id).state, ACTION_DENIED);
    assert_ok(
        sweep(t, TEST_NOW_NS + param_default(PARAM_APPROVAL_S) * NS_PER_S, &policy, &changed));
    assert_int_equal(get_action(t, lapsed.id).state, ACTION_LAPSED);
    assert_int_equal(pending(t, devices[0], TEST_NOW_NS, &waiting), 0);
    assert_int_equal(get_device(t, devices[0]).isolation_desired, ISOLATION_NONE);
}

/* ------------------------------------------------------------------ containment */

static int observed(struct test_store *t, enum isolation isolation, int64_t generation)
{
    return TEST_UNIT(t,
                     action_observed(tx, devices[0], isolation, generation, TEST_NOW_NS + 9, NULL));
}

static void isolation_succeeds_when_it_is_observed_not_when_it_is_claimed(void **state)
{
    struct test_store *t = *state;
    struct store_action a;
    struct store_action *waiting;
    assert_ok(order(t, "isolate", 1, &a));
    assert_int_equal(a.generation, 1);
    assert_ok(report(t, &a, ACTION_SUCCEEDED));
    assert_int_equal(get_action(t, a.id).state, ACTION_RUNNING);
    assert_int_equal(pending(t, devices[0], TEST_NOW_NS, &waiting), 1);
    assert_ok(observed(t, ISOLATION_RELEASED, 0));
    assert_int_equal(get_action(t, a.id).state, ACTION_RUNNING);
    assert_ok(observed(t, ISOLATION_ISOLATED, 1));
    assert_int_equal(get_action(t, a.id).state, ACTION_SUCCEEDED);
    assert_int_equal(pending(t, devices[0], TEST_NOW_NS, &waiting), 0);
    struct store_device d = get_device(t, devices[0]);
    assert_int_equal(d.isolation_observed, ISOLATION_ISOLATED);
    assert_int_equal(d.observed_generation, 1);
    assert_int_equal(test_audit_count(t, "device.isolated"), 1);
}

static void the_latest_containment_order_wins(void **state)
{
    struct test_store *t = *state;
    struct store_action isolate;
    struct store_action release;
    struct store_action *waiting;
    assert_ok(order(t, "isolate", 1, &isolate));
    assert_ok(order(t, "release", 1, &release));
    assert_int_equal(release.generation, 2);
    assert_int_equal(get_action(t, isolate.id).state, ACTION_CANCELLED);
    assert_int_equal(pending(t, devices[0], TEST_NOW_NS, &waiting), 1);
    assert_true(str_eq(waiting[0].id, release.id));
    assert_ok(observed(t, ISOLATION_RELEASED, 2));
    assert_int_equal(get_action(t, release.id).state, ACTION_SUCCEEDED);
    struct actor by = test_actor(ROLE_RESPONDER);
    assert_ok(order(t, "isolate", 1, &isolate));
    assert_int_equal(TEST_UNIT(t, action_cancel(tx, &by, TEST_NOW_NS, isolate.id, STR("no"), NULL)),
                     E_STATE);
}

static void a_containment_order_that_stands_is_signed_anew_instead_of_expiring(void **state)
{
    struct test_store *t = *state;
    struct action_policy policy = test_policy();
    struct store_action a;
    struct store_action *waiting;
    size_t changed;
    assert_ok(order(t, "isolate", 1, &a));
    int64_t later = a.expires_ns + 5;
    assert_ok(sweep(t, later, &policy, &changed));
    assert_int_equal(changed, 1);
    struct store_action again = get_action(t, a.id);
    assert_int_equal(again.state, ACTION_QUEUED);
    assert_true(again.expires_ns > later && again.generation == a.generation);
    assert_false(str_eq(again.nonce, a.nonce));
    assert_int_equal(pending(t, devices[0], later, &waiting), 1);
}

static void a_device_that_knows_more_than_a_restored_server_gets_a_later_order(void **state)
{
    struct test_store *t = *state;
    struct action_policy policy = test_policy();
    struct store_action a;
    struct store_action *waiting;
    size_t changed;
    assert_ok(order(t, "isolate", 1, &a));
    assert_ok(observed(t, ISOLATION_RELEASED, 41));
    assert_ok(sweep(t, TEST_NOW_NS + 10, &policy, &changed));
    struct store_device d = get_device(t, devices[0]);
    assert_int_equal(d.desired_generation, 42);
    assert_int_equal(d.isolation_desired, ISOLATION_ISOLATED);
    assert_int_equal(pending(t, devices[0], TEST_NOW_NS, &waiting), 1);
    assert_int_equal(waiting[0].generation, 42);
    assert_int_equal(get_action(t, a.id).state, ACTION_CANCELLED);
    assert_int_equal(observed(t, ISOLATION_RELEASED, INT64_MAX), E_ARG);
}

static void a_device_that_lost_its_isolation_is_isolated_again(void **state)
{
    struct test_store *t = *state;
    struct action_policy policy = test_policy();
    struct store_action a;
    struct store_action *waiting;
    size_t changed;
    assert_ok(order(t, "isolate", 1, &a));
    assert_ok(observed(t, ISOLATION_ISOLATED, 1));
    assert_ok(observed(t, ISOLATION_NONE, 0));
    assert_ok(observed(t, ISOLATION_NONE, 0)); /* once is enough */
    assert_ok(sweep(t, TEST_NOW_NS + 10, &policy, &changed));
    assert_int_equal(changed, 1);
    assert_int_equal(pending(t, devices[0], TEST_NOW_NS, &waiting), 1);
    assert_str(waiting[0].name, "isolate");
    assert_int_equal(waiting[0].generation, 2);
    /* An order that the device cannot carry out is not repeated for ever. */
    assert_ok(report(t, &waiting[0], ACTION_FAILED));
    assert_ok(observed(t, ISOLATION_NONE, 0));
    assert_ok(sweep(t, TEST_NOW_NS + 20, &policy, &changed));
    assert_int_equal(changed, 0);
}

/* ------------------------------------------------------------------ the server's own host */

static struct action_policy own_host_policy(void)
{
    struct action_policy policy = test_policy();
    policy.own_device = devices[0];
    policy.own_hostname = STR("cordon.example");
    return policy;
}

static int isolate_own_host(struct test_store *t, const char *typed, struct store_action *ret)
{
    struct actor by = test_actor(ROLE_RESPONDER);
    struct action_policy policy = own_host_policy();
    struct action_request r = request_of("isolate", 1);
    struct store_action *actions = NULL;
    size_t len = 0;
    r.confirm_hostname = str_of(typed);
    int rc = TEST_UNIT(
        t, action_create(tx, &by, TEST_NOW_NS, &r, &policy, &t->arena, &actions, &len, NULL));
    if (!rc)
        *ret = actions[0];
    return rc;
}

static void isolating_the_own_host_needs_its_name_and_rolls_back(void **state)
{
    struct test_store *t = *state;
    struct action_policy policy = own_host_policy();
    struct store_action a;
    struct store_action *waiting;
    size_t changed;
    assert_int_equal(isolate_own_host(t, "", &a), E_DENIED);
    assert_int_equal(isolate_own_host(t, "dev-1", &a), E_DENIED);
    assert_int_equal(get_device(t, devices[0]).desired_generation, 0);
    assert_ok(isolate_own_host(t, "Cordon.Example", &a));
    assert_ok(observed(t, ISOLATION_ISOLATED, 1));
    test_store_reopen(t); /* the deadline is kept in the store */
    int64_t deadline = TEST_NOW_NS + param_default(PARAM_ROLLBACK_S) * NS_PER_S;
    assert_ok(sweep(t, deadline - 1, &policy, &changed));
    assert_int_equal(changed, 0);
    assert_ok(sweep(t, deadline, &policy, &changed));
    assert_int_equal(changed, 1);
    assert_int_equal(pending(t, devices[0], deadline, &waiting), 1);
    assert_str(waiting[0].name, "release");
    assert_str(waiting[0].requested_by, "sweep");
    assert_ok(sweep(t, deadline + 1, &policy, &changed));
    assert_int_equal(changed, 0);
}

static void a_confirmed_isolation_of_the_own_host_stays(void **state)
{
    struct test_store *t = *state;
    struct actor by = test_actor(ROLE_RESPONDER);
    struct action_policy policy = own_host_policy();
    struct store_action a;
    size_t changed;
    assert_ok(isolate_own_host(t, "cordon.example", &a));
    assert_ok(observed(t, ISOLATION_ISOLATED, 1));
    assert_ok(TEST_UNIT(t, action_confirm(tx, &by, TEST_NOW_NS + 1, a.id, NULL)));
    assert_int_equal(TEST_UNIT(t, action_confirm(tx, &by, TEST_NOW_NS + 1, a.id, NULL)), E_STATE);
    assert_ok(sweep(t, TEST_NOW_NS + 3600 * NS_PER_S, &policy, &changed));
    assert_int_equal(get_device(t, devices[0]).isolation_desired, ISOLATION_ISOLATED);
}

static void a_later_order_ends_the_rollback_of_an_earlier_one(void **state)
{
    struct test_store *t = *state;
    struct action_policy policy = own_host_policy();
    struct store_action first;
    struct store_action second;
    size_t changed;
    assert_ok(isolate_own_host(t, "cordon.example", &first));
    assert_ok(observed(t, ISOLATION_ISOLATED, 1));
    assert_ok(order(t, "release", 1, &second));
    assert_ok(order(t, "isolate", 1, &second));
    assert_true(get_action(t, first.id).rollback_ns == 0);
    assert_ok(sweep(t, TEST_NOW_NS + 3600 * NS_PER_S, &policy, &changed));
    assert_int_equal(get_device(t, devices[0]).isolation_desired, ISOLATION_ISOLATED);
}

/* ------------------------------------------------------------------ devices that leave */

static void a_revoked_device_has_no_open_orders(void **state)
{
    struct test_store *t = *state;
    struct actor admin = test_actor(ROLE_ADMIN);
    struct store_action queued;
    struct store_action running;
    assert_ok(order(t, "kill", 1, &queued));
    assert_ok(order(t, "message", 1, &running));
    assert_ok(report(t, &running, ACTION_RUNNING));
    assert_ok(
        TEST_UNIT(t, device_revoke(tx, &admin, TEST_NOW_NS, devices[0], STR("stolen"), NULL)));
    assert_int_equal(get_action(t, queued.id).state, ACTION_CANCELLED);
    assert_int_equal(get_action(t, running.id).state, ACTION_INTERRUPTED);
    assert_int_equal(order(t, "kill", 1, &queued), E_STATE);
}

struct create_context {
    struct test_store *t;
    struct store_tx *tx;
};

static int create_in(void *context)
{
    struct create_context *c = context;
    struct arena arena CLEANUP(arena_done) = {0};
    struct actor by = test_actor(ROLE_RESPONDER);
    struct action_policy policy = test_policy();
    struct action_request request = request_of("isolate", 2);
    struct store_action *actions = NULL;
    size_t len = 0;
    return action_create(c->tx, &by, TEST_NOW_NS, &request, &policy, &arena, &actions, &len, NULL);
}

static void an_allocation_failure_while_ordering_is_reported(void **state)
{
    struct test_store *t = *state;
    struct create_context context = {t, test_store_begin(t)};
    test_every_allocation_fails(create_in, &context, 400);
    assert_int_equal(test_store_end(t, E_STATE), E_STATE);
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(final_states_are_never_left_and_every_other_has_a_way_on),
        WITH_STORE(a_kill_goes_from_queued_to_succeeded_and_leaves_a_trace),
        WITH_STORE(only_the_device_itself_reports_and_only_what_a_device_can_know),
        WITH_STORE(an_order_nobody_fetched_expires_and_one_without_outcome_times_out),
        WITH_STORE(what_the_device_has_not_begun_can_be_withdrawn),
        WITH_STORE(an_order_must_be_allowed_known_complete_and_explained),
        cmocka_unit_test(arguments_are_held_against_the_table),
        WITH_STORE(an_order_to_many_devices_waits_for_a_second_person),
        WITH_STORE(a_denied_or_forgotten_order_never_reaches_a_device),
        WITH_STORE(isolation_succeeds_when_it_is_observed_not_when_it_is_claimed),
        WITH_STORE(the_latest_containment_order_wins),
        WITH_STORE(a_containment_order_that_stands_is_signed_anew_instead_of_expiring),
        WITH_STORE(a_device_that_knows_more_than_a_restored_server_gets_a_later_order),
        WITH_STORE(a_device_that_lost_its_isolation_is_isolated_again),
        WITH_STORE(isolating_the_own_host_needs_its_name_and_rolls_back),
        WITH_STORE(a_confirmed_isolation_of_the_own_host_stays),
        WITH_STORE(a_later_order_ends_the_rollback_of_an_earlier_one),
        WITH_STORE(a_revoked_device_has_no_open_orders),
        WITH_STORE(an_allocation_failure_while_ordering_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
