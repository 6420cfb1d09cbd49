/* fleet: people, roles, sessions and tokens; and working on alerts. */
#include "fleet/user.h"

#include "base/timefmt.h"
#include "fleet/alert.h"
#include "harness/fleet.h"

static int add_user(struct test_store *t, const struct actor *by, const char *name,
                    enum role_id role)
{
    return TEST_UNIT(
        t, user_create(tx, by, TEST_NOW_NS, str_of(name), role, STR("$argon2id$x"), false, NULL));
}

static int open_store(void **state)
{
    static struct test_store t;
    struct actor setup = actor_system("setup");
    test_store_open(&t);
    assert_ok(add_user(&t, &setup, "owner", ROLE_OWNER));
    *state = &t;
    return 0;
}

static int close_store(void **state)
{
    test_store_close(*state);
    return 0;
}

static int login(struct test_store *t, const char *name, const char *hash)
{
    return TEST_UNIT(t, user_session_open(tx, str_of(name), str_of(hash), TEST_NOW_NS,
                                          TEST_NOW_NS + 60 * NS_PER_S, STR("curl"),
                                          STR("192.0.2.3"), NULL));
}

static int who(struct test_store *t, const char *hash, int64_t now_ns, struct actor *ret)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    bool must_change;
    assert_ok(store_read_begin(t->store, &tx, NULL));
    return user_authenticate(tx, str_of(hash), now_ns, &t->arena, ret, &must_change, NULL);
}

static void names_are_plain_and_unique(void **state)
{
    struct test_store *t = *state;
    struct actor by = test_actor(ROLE_ADMIN);
    static const char *const bad[] = {"", "Ann", "an n", ".ann", "ann\n", "\xc3\xa9va"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(add_user(t, &by, bad[i], ROLE_VIEWER), E_ARG);
    assert_ok(add_user(t, &by, "ann@example.org", ROLE_VIEWER));
    assert_int_equal(add_user(t, &by, "ann@example.org", ROLE_VIEWER), E_EXISTS);
    assert_int_equal(test_audit_count(t, "user.create"), 2);
}

static void only_an_owner_makes_owners_and_one_is_always_left(void **state)
{
    struct test_store *t = *state;
    struct actor admin = test_actor(ROLE_ADMIN);
    struct actor owner = test_actor(ROLE_OWNER);
    assert_int_equal(add_user(t, &admin, "second", ROLE_OWNER), E_DENIED);
    assert_int_equal(
        TEST_UNIT(t, user_set_role(tx, &owner, TEST_NOW_NS, STR("owner"), ROLE_ADMIN, NULL)),
        E_STATE);
    assert_int_equal(
        TEST_UNIT(t, user_set_disabled(tx, &owner, TEST_NOW_NS, STR("owner"), true, NULL)),
        E_STATE);
    assert_ok(add_user(t, &owner, "second", ROLE_OWNER));
    assert_int_equal(
        TEST_UNIT(t, user_set_disabled(tx, &admin, TEST_NOW_NS, STR("second"), true, NULL)),
        E_DENIED);
    assert_ok(TEST_UNIT(t, user_set_role(tx, &owner, TEST_NOW_NS, STR("owner"), ROLE_ADMIN, NULL)));
}

static void a_session_speaks_for_its_user_until_it_ends(void **state)
{
    struct test_store *t = *state;
    struct actor got;
    assert_ok(login(t, "owner", "s1"));
    assert_ok(who(t, "s1", TEST_NOW_NS, &got));
    assert_str(got.name, "owner");
    assert_int_equal(got.role, ROLE_OWNER);
    assert_int_equal(who(t, "s2", TEST_NOW_NS, &got), E_AUTH);
    assert_int_equal(who(t, "s1", TEST_NOW_NS + 60 * NS_PER_S, &got), E_AUTH);
    assert_ok(TEST_UNIT(t, user_token_delete(tx, &got, TEST_NOW_NS, STR("s1"), NULL)));
    assert_int_equal(who(t, "s1", TEST_NOW_NS, &got), E_AUTH);
    assert_int_equal(test_audit_count(t, "user.login"), 1);
    assert_int_equal(test_audit_count(t, "user.logout"), 1);
    assert_int_equal(login(t, "nobody", "s3"), E_NOT_FOUND);
    assert_ok(
        TEST_UNIT(t, user_login_failed(tx, STR("\x1b[2Jroot"), TEST_NOW_NS, STR("::1"), NULL)));
    assert_int_equal(test_audit_count(t, "user.login_failed"), 1);
}

static void a_new_password_ends_every_other_session(void **state)
{
    struct test_store *t = *state;
    struct actor owner = test_actor(ROLE_OWNER);
    struct actor got;
    assert_ok(login(t, "owner", "s1"));
    assert_ok(login(t, "owner", "s2"));
    assert_ok(TEST_UNIT(
        t, user_set_password(tx, &owner, TEST_NOW_NS, STR("owner"), STR("$new"), STR("s2"), NULL)));
    assert_int_equal(who(t, "s1", TEST_NOW_NS, &got), E_AUTH);
    assert_ok(who(t, "s2", TEST_NOW_NS, &got));
}

static void a_disabled_person_has_no_way_in(void **state)
{
    struct test_store *t = *state;
    struct actor admin = test_actor(ROLE_ADMIN);
    struct actor ann = {.kind = ACTOR_USER, .name = STR("ann"), .role = ROLE_VIEWER};
    struct actor got;
    assert_ok(add_user(t, &admin, "ann", ROLE_VIEWER));
    assert_ok(login(t, "ann", "s1"));
    assert_ok(
        TEST_UNIT(t, user_token_create(tx, &ann, TEST_NOW_NS, STR("t1"), STR("script"), 0, NULL)));
    assert_ok(who(t, "t1", TEST_NOW_NS, &got));
    assert_ok(TEST_UNIT(t, user_set_disabled(tx, &admin, TEST_NOW_NS, STR("ann"), true, NULL)));
    assert_int_equal(who(t, "s1", TEST_NOW_NS, &got), E_AUTH);
    assert_int_equal(who(t, "t1", TEST_NOW_NS, &got), E_AUTH);
    assert_int_equal(login(t, "ann", "s2"), E_DENIED);
    assert_int_equal(
        TEST_UNIT(t, user_set_disabled(tx, &ann, TEST_NOW_NS, STR("ann"), false, NULL)), E_DENIED);
}

static void somebody_elses_token_is_deleted_only_with_the_permission(void **state)
{
    struct test_store *t = *state;
    struct actor admin = test_actor(ROLE_ADMIN);
    struct actor viewer = test_actor(ROLE_VIEWER);
    assert_ok(login(t, "owner", "s1"));
    assert_int_equal(TEST_UNIT(t, user_token_delete(tx, &viewer, TEST_NOW_NS, STR("s1"), NULL)),
                     E_DENIED);
    assert_ok(TEST_UNIT(t, user_token_delete(tx, &admin, TEST_NOW_NS, STR("s1"), NULL)));
}

/* ------------------------------------------------------------------ alerts */

static void add_alert(struct test_store *t)
{
    const struct store_alert alert = {
        .id = STR("a1"), .device = STR("dev-1"), .level = ALERT_HIGH, .json = STR("{}")};
    bool is_new = false;
    test_store_add_device(t, "dev-1");
    assert_ok(TEST_UNIT(t, store_alert_put(tx, &alert, &is_new, NULL)));
    assert_true(is_new);
}

static struct store_alert get_alert(struct test_store *t)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct store_alert a;
    assert_ok(store_read_begin(t->store, &tx, NULL));
    assert_ok(store_alert_get(tx, STR("a1"), &t->arena, &a, NULL));
    return a;
}

static void an_alert_is_acknowledged_closed_with_a_reason_and_reopened(void **state)
{
    struct test_store *t = *state;
    struct actor by = test_actor(ROLE_ANALYST);
    struct str id = STR("a1");
    add_alert(t);
    assert_ok(TEST_UNIT(t, alert_acknowledge(tx, &by, TEST_NOW_NS, id, STR(""), NULL)));
    assert_int_equal(TEST_UNIT(t, alert_acknowledge(tx, &by, TEST_NOW_NS, id, STR(""), NULL)),
                     E_STATE);
    assert_int_equal(TEST_UNIT(t, alert_close(tx, &by, TEST_NOW_NS, id, STR(" \n"), NULL)), E_ARG);
    assert_ok(TEST_UNIT(t, alert_close(tx, &by, TEST_NOW_NS + 1, id, STR("a test"), NULL)));
    struct store_alert a = get_alert(t);
    assert_int_equal(a.state, ALERT_CLOSED);
    assert_str(a.state_by, "analyst");
    assert_str(a.state_reason, "a test");
    assert_true(a.state_ns == TEST_NOW_NS + 1);
    assert_int_equal(TEST_UNIT(t, alert_close(tx, &by, TEST_NOW_NS, id, STR("x"), NULL)), E_STATE);
    assert_ok(TEST_UNIT(t, alert_reopen(tx, &by, TEST_NOW_NS, id, STR("it came back"), NULL)));
    assert_int_equal(get_alert(t).state, ALERT_OPEN);
    assert_int_equal(test_audit_count(t, "alert.acknowledge"), 1);
    assert_int_equal(test_audit_count(t, "alert.close"), 1);
    assert_int_equal(test_audit_count(t, "alert.reopen"), 1);
}

static void an_alert_is_not_touched_by_those_who_only_look(void **state)
{
    struct test_store *t = *state;
    struct actor viewer = test_actor(ROLE_VIEWER);
    struct actor device = actor_device(STR("dev-1"), STR(""));
    struct actor analyst = test_actor(ROLE_ANALYST);
    add_alert(t);
    assert_int_equal(
        TEST_UNIT(t, alert_close(tx, &viewer, TEST_NOW_NS, STR("a1"), STR("no"), NULL)), E_DENIED);
    assert_int_equal(
        TEST_UNIT(t, alert_close(tx, &device, TEST_NOW_NS, STR("a1"), STR("no"), NULL)), E_DENIED);
    assert_int_equal(
        TEST_UNIT(t, alert_close(tx, &analyst, TEST_NOW_NS, STR("a2"), STR("no"), NULL)),
        E_NOT_FOUND);
    assert_int_equal(get_alert(t).state, ALERT_OPEN);
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)
    const struct CMUnitTest tests[] = {
        WITH_STORE(names_are_plain_and_unique),
        WITH_STORE(only_an_owner_makes_owners_and_one_is_always_left),
        WITH_STORE(a_session_speaks_for_its_user_until_it_ends),
        WITH_STORE(a_new_password_ends_every_other_session),
        WITH_STORE(a_disabled_person_has_no_way_in),
        WITH_STORE(somebody_elses_token_is_deleted_only_with_the_permission),
        WITH_STORE(an_alert_is_acknowledged_closed_with_a_reason_and_reopened),
        WITH_STORE(an_alert_is_not_touched_by_those_who_only_look),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
