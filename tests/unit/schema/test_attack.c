/* schema/attack: the table is ordered and complete in itself, withdrawn ids lead to living ones. */
#include "harness/test.h"

#include "schema/attack.h"

static bool is_id(struct str id)
{
    bool parent = id.len == 5;
    bool child = id.len == 9 && id.ptr[5] == '.';
    if (!(parent || child) || id.ptr[0] != 'T')
        return false;
    for (size_t i = 1; i < id.len; i++) {
        if (i != 5 && (id.ptr[i] < '0' || id.ptr[i] > '9'))
            return false;
    }
    return true;
}

static void every_technique_is_found_and_has_a_tactic(void **state)
{
    (void)state;
    for (size_t i = 0; i < technique_table_len; i++) {
        const struct technique_row *row = &technique_table[i];
        assert_true(is_id(row->id) && row->name.len > 0);
        assert_true(row->tactics != 0 && row->tactics >> TACTIC_COUNT == 0);
        assert_true(i == 0 || str_cmp(technique_table[i - 1].id, row->id) < 0);
        assert_ptr_equal(technique_find(row->id), row);
    }
}

static void a_sub_technique_stands_below_a_technique(void **state)
{
    (void)state;
    for (size_t i = 0; i < technique_table_len; i++)
        assert_non_null(technique_find(technique_parent(technique_table[i].id)));
    assert_str(technique_parent(STR("T1059.004")), "T1059");
    assert_str(technique_parent(STR("T1059")), "T1059");
}

static void a_withdrawn_id_leads_to_one_that_is_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < technique_aliases_len; i++) {
        const struct technique_alias *a = &technique_aliases[i];
        assert_true(is_id(a->id) && is_id(a->current));
        assert_true(i == 0 || str_cmp(technique_aliases[i - 1].id, a->id) < 0);
        assert_true(str_eq(technique_current(a->current), a->current));
        for (size_t t = 0; t < technique_table_len; t++)
            assert_false(str_eq(technique_table[t].id, a->id));
    }
}

static void ids_are_taken_as_the_current_version_names_them(void **state)
{
    (void)state;
    assert_str(technique_current(STR("T1562.001")), "T1685");
    assert_str(technique_current(STR("T1070.002")), "T1685.006");
    assert_str(technique_current(STR("T9999")), "T9999");
    assert_null(technique_find(STR("T9999")));
    const struct technique_row *row = technique_find(STR("T1562.001"));
    assert_non_null(row);
    assert_str(row->id, "T1685");
    assert_int_equal(row->tactics, 1 << TACTIC_DEFENSE_IMPAIRMENT);
}

static void tactics_are_all_there_once(void **state)
{
    (void)state;
    for (unsigned a = 0; a < TACTIC_COUNT; a++) {
        assert_true(str_starts(tactic_table[a].id, STR("TA")));
        for (unsigned b = 0; b < a; b++) {
            assert_false(str_eq(tactic_table[a].id, tactic_table[b].id));
            assert_false(str_eq(tactic_table[a].name, tactic_table[b].name));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_technique_is_found_and_has_a_tactic),
        cmocka_unit_test(a_sub_technique_stands_below_a_technique),
        cmocka_unit_test(a_withdrawn_id_leads_to_one_that_is_not),
        cmocka_unit_test(ids_are_taken_as_the_current_version_names_them),
        cmocka_unit_test(tactics_are_all_there_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
