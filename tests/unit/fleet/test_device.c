/* fleet: enrollment with tokens, certificates, revocation, facts. */
#include "harness/fleet.h"

#include "base/timefmt.h"
#include "fleet/enrollment.h"
#include "schema/param.h"

static const struct str once = {"0000000000000000000000000000000000000000000000000000000000000001",
                                64};
static const struct str group = {"0000000000000000000000000000000000000000000000000000000000000002",
                                 64};

static int make_token(struct test_store *t, struct str hash, enum enroll_kind kind, int64_t uses)
{
    struct actor by = test_actor(ROLE_ADMIN);
    return TEST_UNIT(
        t, enrollment_create(tx, &by, TEST_NOW_NS, hash, STR("for tests"), kind, uses, 0, NULL));
}

static int open_store(void **state)
{
    static struct test_store t;
    test_store_open(&t);
    assert_ok(make_token(&t, once, ENROLL_ONCE, 1));
    assert_ok(make_token(&t, group, ENROLL_GROUP, -1));
    *state = &t;
    return 0;
}

static int close_store(void **state)
{
    test_store_close(*state);
    return 0;
}

static struct device_request request_of(struct str token, const char *csr, const char *uuid)
{
    return (struct device_request){.token_hash = token,
                                   .csr = str_of(csr),
                                   .hardware_uuid = str_of(uuid),
                                   .hostname = STR("mac-1"),
                                   .platform = STR("macos"),
                                   .os_version = STR("14.5"),
                                   .agent_version = STR("0.1.0"),
                                   .address = STR("192.0.2.7")};
}

static int enroll(struct test_store *t, const struct device_request *request, int64_t now_ns,
                  struct store_device *ret_device)
{
    struct device_certificate certificate;
    return TEST_UNIT(t, device_enroll(tx, request, &test_issuer, now_ns, &t->arena, ret_device,
                                      &certificate, NULL));
}

static int authenticate(struct test_store *t, const char *fingerprint, bool *ret_next)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct store_device device;
    assert_ok(store_read_begin(t->store, &tx, NULL));
    return device_authenticate(tx, str_of(fingerprint), &t->arena, &device, ret_next, NULL);
}

static struct store_device get_device(struct test_store *t, struct str id)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct store_device d;
    assert_ok(store_read_begin(t->store, &tx, NULL));
    assert_ok(store_device_get(tx, id, &t->arena, &d, NULL));
    return d;
}

static void a_one_time_token_makes_one_device(void **state)
{
    struct test_store *t = *state;
    struct device_request r = request_of(once, "csr1", "uuid-1");
    struct store_device d;
    bool next = true;
    assert_ok(enroll(t, &r, TEST_NOW_NS, &d));
    assert_int_equal(d.state, DEVICE_ENROLLED);
    assert_str(d.cert_serial, "serial-csr1");
    assert_ok(authenticate(t, "key-csr1", &next));
    assert_false(next);
    r = request_of(once, "csr2", "uuid-2");
    assert_int_equal(enroll(t, &r, TEST_NOW_NS, &d), E_AUTH);
    assert_int_equal(test_audit_count(t, "device.enroll"), 1);
}

static void a_token_that_is_unknown_revoked_or_over_is_refused_alike(void **state)
{
    struct test_store *t = *state;
    struct actor by = test_actor(ROLE_ADMIN);
    struct store_device d;
    struct device_request r = request_of(STR("nothing"), "csr1", "uuid-1");
    assert_int_equal(enroll(t, &r, TEST_NOW_NS, &d), E_AUTH);
    r = request_of(group, "csr1", "uuid-1");
    int64_t life = param_default(PARAM_ENROLL_TOKEN_TTL_S) * NS_PER_S;
    assert_int_equal(enroll(t, &r, TEST_NOW_NS + life, &d), E_AUTH);
    assert_ok(enroll(t, &r, TEST_NOW_NS + life - 1, &d));
    assert_ok(TEST_UNIT(t, enrollment_revoke(tx, &by, TEST_NOW_NS, group, NULL)));
    assert_int_equal(enroll(t, &r, TEST_NOW_NS, &d), E_AUTH);
}

static void a_refused_request_does_not_use_up_the_token(void **state)
{
    struct test_store *t = *state;
    struct store_device d;
    struct device_request r = request_of(once, "bad", "uuid-1");
    assert_int_equal(enroll(t, &r, TEST_NOW_NS, &d), E_CRYPTO);
    r = request_of(once, "csr1", "uuid-1");
    r.hostname = STR("two\nlines");
    assert_int_equal(enroll(t, &r, TEST_NOW_NS, &d), E_ARG);
    r.hostname = STR("mac");
    r.platform = STR("plan9");
    assert_int_equal(enroll(t, &r, TEST_NOW_NS, &d), E_ARG);
    r.platform = STR("linux");
    r.hardware_uuid = STR("");
    assert_int_equal(enroll(t, &r, TEST_NOW_NS, &d), E_ARG);
    r.hardware_uuid = STR("uuid-1");
    assert_ok(enroll(t, &r, TEST_NOW_NS, &d));
}

static void tokens_are_made_by_those_who_may_and_within_limits(void **state)
{
    struct test_store *t = *state;
    struct actor responder = test_actor(ROLE_RESPONDER);
    struct str hash = {"0000000000000000000000000000000000000000000000000000000000000003", 64};
    assert_int_equal(TEST_UNIT(t, enrollment_create(tx, &responder, TEST_NOW_NS, hash, STR(""),
                                                    ENROLL_ONCE, 1, 0, NULL)),
                     E_DENIED);
    assert_int_equal(make_token(t, once, ENROLL_ONCE, 1), E_EXISTS);
    assert_int_equal(make_token(t, hash, ENROLL_ONCE, -1), E_ARG);
    assert_int_equal(make_token(t, hash, ENROLL_GROUP, 0), E_ARG);
    assert_int_equal(make_token(t, STR("short"), ENROLL_ONCE, 1), E_ARG);
    assert_ok(make_token(t, hash, ENROLL_GROUP, 2));
}

static void a_machine_that_enrolls_again_is_a_new_device_and_stays_isolated(void **state)
{
    struct test_store *t = *state;
    struct actor responder = test_actor(ROLE_RESPONDER);
    struct action_policy policy = test_policy();
    struct device_request r = request_of(group, "csr1", "uuid-1");
    struct store_device first;
    struct store_device second;
    struct store_action *actions = NULL;
    struct str *changed = NULL;
    size_t len = 0;
    bool next;
    assert_ok(enroll(t, &r, TEST_NOW_NS, &first));
    struct action_request isolate = {
        .name = STR("isolate"), .devices = &first.id, .devices_len = 1, .reason = STR("beacons")};
    assert_ok(TEST_UNIT(t, action_create(tx, &responder, TEST_NOW_NS, &isolate, &policy, &t->arena,
                                         &actions, &len, NULL)));
    r.csr = STR("csr2");
    assert_ok(enroll(t, &r, TEST_NOW_NS + 1, &second));
    assert_false(str_eq(first.id, second.id));
    assert_int_equal(get_device(t, first.id).state, DEVICE_RETIRED);
    assert_int_equal(authenticate(t, "key-csr1", &next), E_DENIED);
    assert_ok(authenticate(t, "key-csr2", &next));
    assert_ok(
        TEST_UNIT(t, action_sweep(tx, TEST_NOW_NS + 2, &policy, &t->arena, &changed, &len, NULL)));
    assert_int_equal(len, 1);
    assert_true(str_eq(changed[0], second.id));
    assert_int_equal(get_device(t, second.id).isolation_desired, ISOLATION_ISOLATED);
    assert_int_equal(test_audit_count(t, "device.replace"), 1);
}

static void after_a_renewal_both_keys_are_good_until_the_new_one_is_used(void **state)
{
    struct test_store *t = *state;
    struct device_request r = request_of(group, "csr1", "uuid-1");
    struct device_certificate certificate;
    struct store_device d;
    bool next = false;
    assert_ok(enroll(t, &r, TEST_NOW_NS, &d));
    assert_ok(TEST_UNIT(t, device_renew(tx, d.id, STR("csr2"), &test_issuer, TEST_NOW_NS, &t->arena,
                                        &certificate, NULL)));
    assert_ok(authenticate(t, "key-csr1", &next));
    assert_false(next);
    assert_ok(authenticate(t, "key-csr2", &next));
    assert_true(next);
    assert_ok(TEST_UNIT(t, device_promote(tx, d.id, STR("key-csr2"), TEST_NOW_NS, NULL)));
    assert_ok(TEST_UNIT(t, device_promote(tx, d.id, STR("key-csr2"), TEST_NOW_NS, NULL)));
    assert_int_equal(authenticate(t, "key-csr1", &next), E_AUTH);
    assert_ok(authenticate(t, "key-csr2", &next));
    assert_false(next);
    assert_int_equal(TEST_UNIT(t, device_promote(tx, d.id, STR(""), TEST_NOW_NS, NULL)), E_STATE);
}

static void a_renewal_with_the_same_key_takes_effect_at_once(void **state)
{
    struct test_store *t = *state;
    struct device_request r = request_of(group, "csr1", "uuid-1");
    struct device_certificate certificate;
    struct store_device d;
    assert_ok(enroll(t, &r, TEST_NOW_NS, &d));
    assert_ok(TEST_UNIT(t, device_renew(tx, d.id, STR("csr1"), &test_issuer, TEST_NOW_NS + 5,
                                        &t->arena, &certificate, NULL)));
    d = get_device(t, d.id);
    assert_true(d.next_fingerprint.len == 0 && d.cert_expires_ns == certificate.expires_ns);
}

static void a_revoked_device_is_refused_everywhere(void **state)
{
    struct test_store *t = *state;
    struct actor admin = test_actor(ROLE_ADMIN);
    struct actor responder = test_actor(ROLE_RESPONDER);
    struct device_request r = request_of(group, "csr1", "uuid-1");
    struct device_certificate certificate;
    struct store_device d;
    bool next;
    assert_ok(enroll(t, &r, TEST_NOW_NS, &d));
    assert_int_equal(
        TEST_UNIT(t, device_revoke(tx, &responder, TEST_NOW_NS, d.id, STR("stolen"), NULL)),
        E_DENIED);
    assert_int_equal(TEST_UNIT(t, device_revoke(tx, &admin, TEST_NOW_NS, d.id, STR(""), NULL)),
                     E_ARG);
    assert_ok(TEST_UNIT(t, device_revoke(tx, &admin, TEST_NOW_NS, d.id, STR("stolen"), NULL)));
    assert_int_equal(TEST_UNIT(t, device_retire(tx, &admin, TEST_NOW_NS, d.id, STR("x"), NULL)),
                     E_STATE);
    assert_int_equal(authenticate(t, "key-csr1", &next), E_DENIED);
    assert_int_equal(TEST_UNIT(t, device_renew(tx, d.id, STR("csr2"), &test_issuer, TEST_NOW_NS,
                                               &t->arena, &certificate, NULL)),
                     E_DENIED);
    assert_int_equal(test_audit_count(t, "device.revoke"), 1);
}

static void facts_are_json_objects_within_limits(void **state)
{
    struct test_store *t = *state;
    struct device_request r = request_of(group, "csr1", "uuid-1");
    struct store_device d;
    assert_ok(enroll(t, &r, TEST_NOW_NS, &d));
    static const char *const bad[] = {"", "[]", "{", "{}{}", "{\"a\":\"\xff\"}", "1"};
    for (size_t i = 1; i < ARRAY_LEN(bad); i++) {
        struct device_report report = {.facts_json = str_of(bad[i])};
        assert_int_equal(TEST_UNIT(t, device_facts(tx, d.id, &report, TEST_NOW_NS, NULL)), E_PARSE);
    }
    struct buf large CLEANUP(buf_done) = {0};
    buf_add_cstr(&large, "{\"a\":\"");
    for (int64_t i = 0; i < param_default(PARAM_FACTS_BYTES); i++)
        buf_add_char(&large, 'x');
    buf_add_cstr(&large, "\"}");
    struct device_report report = {.health_json = buf_str(&large)};
    assert_int_equal(TEST_UNIT(t, device_facts(tx, d.id, &report, TEST_NOW_NS, NULL)), E_LIMIT);
    report = (struct device_report){.os_version = STR("15.0"), .facts_json = STR("{\"cpu\":8}")};
    assert_ok(TEST_UNIT(t, device_facts(tx, d.id, &report, TEST_NOW_NS + 7, NULL)));
    d = get_device(t, d.id);
    assert_str(d.facts_json, "{\"cpu\":8}");
    assert_str(d.health_json, "{}");
    assert_str(d.os_version, "15.0");
    assert_str(d.hostname, "mac-1");
    assert_true(d.last_seen_ns == TEST_NOW_NS + 7);
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)
    const struct CMUnitTest tests[] = {
        WITH_STORE(a_one_time_token_makes_one_device),
        WITH_STORE(a_token_that_is_unknown_revoked_or_over_is_refused_alike),
        WITH_STORE(a_refused_request_does_not_use_up_the_token),
        WITH_STORE(tokens_are_made_by_those_who_may_and_within_limits),
        WITH_STORE(a_machine_that_enrolls_again_is_a_new_device_and_stays_isolated),
        WITH_STORE(after_a_renewal_both_keys_are_good_until_the_new_one_is_used),
        WITH_STORE(a_renewal_with_the_same_key_takes_effect_at_once),
        WITH_STORE(a_revoked_device_is_refused_everywhere),
        WITH_STORE(facts_are_json_objects_within_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
