/* The look from inside, against a real kernel: with the rules in force, without them, and where it
 * could learn nothing. */
#include "respond/isolate_probe.h"

#include "os/clock.h"
#include "respond/isolate.h"
#include "unit/respond/netlab.h"

enum { LIFELINE_UID = 4321, MANAGEMENT = 8443, PROBE_MS = 2000 };

static struct isolate_policy policy(const char *address)
{
    struct isolate_policy p = {.generation = 1, .uid = LIFELINE_UID};
    struct isolate_address a;
    assert_ok(isolate_address_parse(str_of(address), &a, NULL));
    assert_ok(isolate_policy_add(p.lifeline, &p.lifeline_len, &a, NULL));
    return p;
}

static int look(const struct isolate_policy *p, struct isolate_probe *ret_probe, struct err *err)
{
    lab_enter(LAB_VICTIM);
    int rc = isolate_probe_run(p, PROBE_MS, ret_probe, err);
    lab_enter(LAB_HOME);
    return rc;
}

static void isolate(const struct isolate_policy *p)
{
    struct err err = {0};
    lab_enter(LAB_VICTIM);
    int rc = isolate_apply(p, &err);
    lab_enter(LAB_HOME);
    assert_ok_err(rc, &err);
}

static int release_after(void **state)
{
    (void)state;
    if (lab.made) {
        lab_enter(LAB_VICTIM);
        int rc = isolate_release(NULL);
        lab_enter(LAB_HOME);
        assert_ok(rc);
    }
    return 0;
}

static void rules_in_force_let_the_lifeline_through_and_nobody_else(void **state)
{
    (void)state;
    struct isolate_policy p = policy("10.77.0.1:8443");
    struct isolate_probe probe;
    struct err err = {0};
    int listener = lab_listen(LAB_PEER, "10.77.0.1", MANAGEMENT);
    isolate(&p);
    assert_ok_err(look(&p, &probe, &err), &err);
    assert_int_equal(probe.server, ISOLATE_ANSWERED);
    assert_int_equal(probe.others, ISOLATE_SILENT);
    (void)close(listener);
}

static void without_rules_it_says_that_they_do_not_hold(void **state)
{
    (void)state;
    struct isolate_policy p = policy("[fd77::1]:8443");
    struct isolate_probe probe;
    struct err err = {0};
    int listener = lab_listen(LAB_PEER, "fd77::1", MANAGEMENT);
    assert_int_equal(look(&p, &probe, &err), E_STATE);
    assert_int_equal(probe.others, ISOLATE_ANSWERED);
    assert_non_null(strstr(err.message, "shut out"));
    (void)close(listener);
    /* A host that refuses the connection answers too. */
    assert_int_equal(look(&p, &probe, &err), E_STATE);
}

static void a_server_that_is_away_is_no_fault_of_the_rules(void **state)
{
    (void)state;
    struct isolate_policy p = policy("10.77.0.77:8443");
    struct isolate_probe probe;
    struct err err = {0};
    assert_ok_err(look(&p, &probe, &err), &err);
    assert_int_equal(probe.server, ISOLATE_SILENT);
    assert_int_equal(probe.others, ISOLATE_SILENT);
}

static void what_everybody_may_reach_is_not_asked(void **state)
{
    (void)state;
    struct isolate_policy own = policy("10.77.0.2:8443");
    struct isolate_policy loop = policy("127.0.0.1:8443");
    struct isolate_policy allowed = policy("10.77.0.1:8443");
    struct isolate_policy of_root = policy("10.77.0.1:8443");
    allowed.allow[allowed.allow_len++] = allowed.lifeline[0];
    of_root.uid = 0;
    const struct isolate_policy *cases[] = {&own, &loop, &allowed, &of_root};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct isolate_probe probe;
        struct err err = {0};
        assert_ok_err(look(cases[i], &probe, &err), &err);
        assert_int_equal(probe.server, ISOLATE_NOT_TRIED);
        assert_int_equal(probe.others, ISOLATE_NOT_TRIED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(rules_in_force_let_the_lifeline_through_and_nobody_else,
                                  release_after),
        cmocka_unit_test(without_rules_it_says_that_they_do_not_hold),
        cmocka_unit_test(a_server_that_is_away_is_no_fault_of_the_rules),
        cmocka_unit_test(what_everybody_may_reach_is_not_asked),
    };
    return cmocka_run_group_tests(tests, lab_up, lab_down);
}
