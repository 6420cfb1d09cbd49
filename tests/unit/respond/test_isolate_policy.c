#include "respond/isolate_policy.h"

#include "harness/test.h"

static void good_addresses_are_read_and_written_back(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"192.0.2.10:8443", "192.0.2.10:8443"},
        {"127.0.0.1:1", "127.0.0.1:1"},
        {"[2001:db8::10]:65535", "[2001:db8::10]:65535"},
        {"[2001:DB8:0:0::0010]:443", "[2001:db8::10]:443"},
        {"[::ffff:192.0.2.7]:80", "192.0.2.7:80"},
        {"[fe80::1]:22", "[fe80::1]:22"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct isolate_address a;
        struct err err = {0};
        struct buf b CLEANUP(buf_done) = {0};
        assert_ok_err(isolate_address_parse(str_of(cases[i][0]), &a, &err), &err);
        isolate_address_add(&b, &a);
        assert_str(buf_str(&b), cases[i][1]);
    }
}

static void what_is_not_one_reachable_host_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "192.0.2.1",
        "192.0.2.1:",
        "192.0.2.1:0",
        "192.0.2.1:65536",
        "192.0.2.1:-1",
        "192.0.2.1:443 ",
        "192.0.2.256:443",
        "192.0.2.0/24:443",
        "cordon.example:443",
        "2001:db8::1:443",
        "[2001:db8::1]",
        "[2001:db8::1:443",
        "[192.0.2.1]:443",
        "[fe80::1%eth0]:443",
        "0.0.0.0:443",
        "[::]:443",
        "224.0.0.1:443",
        "255.255.255.255:443",
        "[ff02::1]:443",
        "[::ffff:0.0.0.0]:443",
        "[2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000:0001]:443",
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct isolate_address a = {.port = 77};
        struct err err = {0};
        if (isolate_address_parse(str_of(cases[i]), &a, &err) != E_ARG) {
            print_error("accepted: '%s'\n", cases[i]);
            fail();
        }
        assert_int_equal(a.port, 77);
        assert_true(err.message[0] != '\0');
    }
    struct isolate_address a;
    assert_int_equal(isolate_address_parse(STR("192.0.2.1\0:443"), &a, NULL), E_ARG);
}

static void a_list_keeps_each_endpoint_once_and_has_a_limit(void **state)
{
    (void)state;
    struct isolate_policy p = {0};
    struct isolate_address a = {.port = 1, .ip = {10, 0, 0, 1}};
    for (unsigned i = 0; i < ISOLATE_ADDRESSES_MAX; i++) {
        a.ip[3] = (unsigned char)(i + 1);
        assert_ok(isolate_policy_add(p.lifeline, &p.lifeline_len, &a, NULL));
        assert_ok(isolate_policy_add(p.lifeline, &p.lifeline_len, &a, NULL));
    }
    assert_int_equal(p.lifeline_len, ISOLATE_ADDRESSES_MAX);
    a.port = 2;
    struct err err = {0};
    assert_int_equal(isolate_policy_add(p.lifeline, &p.lifeline_len, &a, &err), E_LIMIT);
    assert_int_equal(p.lifeline_len, ISOLATE_ADDRESSES_MAX);
}

static void policies_differ_when_any_part_does(void **state)
{
    (void)state;
    struct isolate_policy a = {.generation = 3, .uid = 5, .lifeline_len = 1};
    a.lifeline[0] = (struct isolate_address){.port = 9, .ip = {10, 0, 0, 1}};
    struct isolate_policy b = a;
    assert_true(isolate_policy_equal(&a, &b));
    b.generation = 4;
    assert_false(isolate_policy_equal(&a, &b));
    b = a;
    b.uid = 6;
    assert_false(isolate_policy_equal(&a, &b));
    b = a;
    b.keep_mdm = true;
    assert_false(isolate_policy_equal(&a, &b));
    b = a;
    b.lifeline[0].port = 8;
    assert_false(isolate_policy_equal(&a, &b));
    b = a;
    b.allow[b.allow_len++] = b.lifeline[0];
    assert_false(isolate_policy_equal(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_addresses_are_read_and_written_back),
        cmocka_unit_test(what_is_not_one_reachable_host_is_refused),
        cmocka_unit_test(a_list_keeps_each_endpoint_once_and_has_a_limit),
        cmocka_unit_test(policies_differ_when_any_part_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
