/* schema/route: paths are matched part by part, and a path can say which methods it knows. */
#include "harness/test.h"

#include "schema/route.h"

static void a_path_with_parts_in_braces_yields_them(void **state)
{
    struct route_match m;
    (void)state;
    assert_ok(route_find(LISTENER_ADMIN, STR("POST"), STR("/api/v1/devices/abc/revoke"), &m));
    assert_int_equal(m.id, ROUTE_DEVICE_REVOKE);
    assert_int_equal(m.params_len, 1);
    assert_str(m.params[0], "abc");
}

static void another_listener_another_method_or_another_path_is_told_apart(void **state)
{
    struct route_match m;
    (void)state;
    assert_int_equal(route_find(LISTENER_DEVICE, STR("GET"), STR("/api/v1/devices"), &m),
                     E_NOT_FOUND);
    assert_int_equal(route_find(LISTENER_ADMIN, STR("PUT"), STR("/api/v1/devices"), &m),
                     E_UNSUPPORTED);
    assert_int_equal(route_find(LISTENER_ADMIN, STR("GET"), STR("/api/v1/devices/"), &m),
                     E_NOT_FOUND);
    assert_int_equal(route_find(LISTENER_ADMIN, STR("GET"), STR(""), &m), E_NOT_FOUND);
}

static void a_path_says_which_methods_it_knows(void **state)
{
    char text[ROUTE_ALLOW_BYTES];
    (void)state;
    assert_int_equal(route_allow(LISTENER_ADMIN, STR("/api/v1/actions"), text), 15);
    assert_string_equal(text, "GET, HEAD, POST");
    assert_int_equal(route_allow(LISTENER_DEVICE, STR("/device/v1/batch"), text), 4);
    assert_string_equal(text, "POST");
    assert_int_equal(route_allow(LISTENER_ADMIN, STR("/nothing"), text), 0);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_with_parts_in_braces_yields_them),
        cmocka_unit_test(another_listener_another_method_or_another_path_is_told_apart),
        cmocka_unit_test(a_path_says_which_methods_it_knows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
