/* detect/cidr: text forms, prefixes, mapped addresses. */
#include "harness/test.h"

#include "detect/cidr.h"

static bool contains(const char *network, const char *address)
{
    struct cidr n;
    struct err err = {0};
    assert_ok_err(cidr_parse(str_of(network), &n, &err), &err);
    return cidr_contains(&n, str_of(address));
}

static void an_address_is_in_the_network_that_its_first_bits_name(void **state)
{
    (void)state;
    assert_true(contains("10.0.0.0/8", "10.255.0.1"));
    assert_false(contains("10.0.0.0/8", "11.0.0.1"));
    assert_true(contains("192.168.1.128/25", "192.168.1.200"));
    assert_false(contains("192.168.1.128/25", "192.168.1.127"));
    assert_true(contains("10.1.2.3", "10.1.2.3"));
    assert_false(contains("10.1.2.3", "10.1.2.4"));
    assert_true(contains("0.0.0.0/0", "255.255.255.255"));
    assert_false(contains("0.0.0.0/0", "::1"));
    assert_true(contains("fe80::/10", "febf::1"));
    assert_false(contains("fe80::/10", "fec0::1"));
    assert_true(contains("::/0", "10.0.0.1"));
    assert_true(contains("::1/128", "0:0:0:0:0:0:0:1"));
}

static void both_forms_of_an_address_are_equal(void **state)
{
    (void)state;
    assert_true(contains("10.0.0.0/8", "::ffff:10.1.1.1"));
    assert_true(contains("::ffff:10.0.0.0/104", "10.1.1.1"));
    assert_true(contains("fe80::/10", "fe80::1%en0"));
}

static void what_is_no_address_is_in_no_network(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",           "10.0.0",
        "10.0.0.0.0", "host.example",
        "1:2",        "10.0.0.1 ",
        "%en0",       "256.0.0.1",
        ":",          "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(contains("0.0.0.0/0", bad[i]) || contains("::/0", bad[i]));
}

static void a_malformed_network_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",           "/8",          "10.0.0.0/-1", "10.0.0.0/8/8",
                                      "10.0.0.0/x", "10.0.0.0/33", "::/129",      "10.1.0.0/8",
                                      "fe80::1/10", "a/8"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct cidr n;
        struct err err = {0};
        assert_int_equal(cidr_parse(str_of(bad[i]), &n, &err), E_PARSE);
        assert_true(err.message[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_in_the_network_that_its_first_bits_name),
        cmocka_unit_test(both_forms_of_an_address_are_equal),
        cmocka_unit_test(what_is_no_address_is_in_no_network),
        cmocka_unit_test(a_malformed_network_is_refused),
    };
    return cmocka_run_group_tests_name("detect/cidr", tests, NULL, NULL);
}
