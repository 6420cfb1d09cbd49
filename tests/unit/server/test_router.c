/* server/router: every route of the table has its handler, and every permission it names exists. */
#include "harness/test.h"

#include "server/router.h"

static void every_route_is_bound(void **state)
{
    (void)state;
    for (unsigned id = 0; id < ROUTE_COUNT; id++) {
        if (!router_binding((enum route_id)id))
            fail_msg("route %.*s %.*s has no handler", STR_FMT(route_table[id].method),
                     STR_FMT(route_table[id].path));
    }
}

static void every_route_for_people_names_a_permission_that_exists(void **state)
{
    (void)state;
    for (unsigned id = 0; id < ROUTE_COUNT; id++) {
        const struct route_row *row = &route_table[id];
        if (row->auth == AUTH_PERSON)
            assert_true(permission_find(row->permission) != PERMISSION_COUNT);
        else
            assert_int_equal(row->permission.len, 0);
        /* Nobody in particular may only probe, log in or enroll. */
        if (row->auth == AUTH_NONE)
            assert_true(id == ROUTE_LIVEZ || id == ROUTE_READYZ || id == ROUTE_LOGIN ||
                        id == ROUTE_SESSION_CREATE || id == ROUTE_ENROLL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_is_bound),
        cmocka_unit_test(every_route_for_people_names_a_permission_that_exists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
