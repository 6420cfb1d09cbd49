/* schema: the action table and the permission vocabulary are complete and agree with the routes. */
#include "harness/test.h"

#include <jansson.h>

#include "schema/action.h"
#include "schema/permission.h"
#include "schema/route.h"

static void every_action_row_is_complete_and_found_by_its_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ACTION_COUNT; i++) {
        const struct action_row *row = &action_table[i];
        assert_ptr_equal(action_row_find(row->name), row);
        assert_true(row->doc.len > 0 && row->platforms != 0);
        assert_true(row->expires_s > 0 && row->timeout_s > 0);
        assert_true(row->args_len > 0 && row->args_len <= ACTION_ARGS_MOST);
        if (row->reversed_by.len) {
            const struct action_row *undo = action_row_find(row->reversed_by);
            assert_non_null(undo);
            assert_int_equal(undo->desired_state, row->desired_state);
        }
    }
    assert_null(action_row_find(STR("format_disk")));
}

static void every_argument_of_an_action_has_a_name_limits_and_a_sentence(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ACTION_COUNT; i++) {
        for (size_t a = 0; a < action_table[i].args_len; a++) {
            const struct action_arg *arg = &action_table[i].args[a];
            assert_true(arg->name.len > 0 && arg->doc.len > 0);
            assert_true(arg->least <= arg->most);
        }
    }
}

static void every_example_is_an_object_that_has_the_required_arguments(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ACTION_COUNT; i++) {
        const struct action_row *row = &action_table[i];
        json_t *example = json_loadb(row->example.ptr, row->example.len, 0, NULL);
        assert_true(json_is_object(example));
        for (size_t a = 0; a < row->args_len; a++) {
            if (row->args[a].required)
                assert_non_null(json_object_get(example, row->args[a].name.ptr));
        }
        json_decref(example);
    }
}

static void every_action_state_is_found_by_its_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ACTION_STATE_COUNT; i++) {
        assert_int_equal(action_state_find(action_state_table[i].name), i);
        assert_true(action_state_table[i].doc.len > 0);
    }
    assert_int_equal(action_state_find(STR("undone")), ACTION_STATE_COUNT);
}

static void a_role_has_all_that_the_weaker_ones_have(void **state)
{
    (void)state;
    for (unsigned p = 0; p < PERMISSION_COUNT; p++) {
        assert_int_equal(permission_find(permission_table[p].name), p);
        assert_true(permission_table[p].doc.len > 0);
        for (unsigned r = 1; r < ROLE_COUNT; r++) {
            if (role_has((enum role_id)(r - 1), (enum permission_id)p))
                assert_true(role_has((enum role_id)r, (enum permission_id)p));
        }
        assert_true(role_has(ROLE_OWNER, (enum permission_id)p));
        assert_false(role_has(ROLE_COUNT, (enum permission_id)p));
    }
    for (unsigned r = 0; r < ROLE_COUNT; r++)
        assert_int_equal(role_find(role_table[r].name), r);
    assert_false(role_has(ROLE_OWNER, PERMISSION_COUNT));
    assert_int_equal(role_find(STR("root")), ROLE_COUNT);
    assert_int_equal(permission_find(STR("")), PERMISSION_COUNT);
}

static void every_permission_a_route_names_is_in_the_vocabulary(void **state)
{
    (void)state;
    for (unsigned id = 0; id < ROUTE_COUNT; id++) {
        if (route_table[id].auth == AUTH_PERSON)
            assert_int_not_equal(permission_find(route_table[id].permission), PERMISSION_COUNT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_action_row_is_complete_and_found_by_its_name),
        cmocka_unit_test(every_argument_of_an_action_has_a_name_limits_and_a_sentence),
        cmocka_unit_test(every_example_is_an_object_that_has_the_required_arguments),
        cmocka_unit_test(every_action_state_is_found_by_its_name),
        cmocka_unit_test(a_role_has_all_that_the_weaker_ones_have),
        cmocka_unit_test(every_permission_a_route_names_is_in_the_vocabulary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
