/* server/config: defaults, single keys, and numbers held against the parameter table. */
#include "harness/test.h"

#include "server/config.h"

static void without_a_file_there_are_the_defaults(void **state)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct server_config c;
    (void)state;
    assert_ok(server_config_load(NULL, &arena, &c, NULL));
    assert_str(c.admin_listen, "127.0.0.1:8443");
    assert_str(c.log_level, "info");
    assert_int_equal(c.segment_bytes.len, 0);
}

static void a_key_is_set_and_a_mistyped_one_gets_a_suggestion(void **state)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct server_config c;
    struct err err = {0};
    (void)state;
    assert_ok(server_config_load(NULL, &arena, &c, NULL));
    assert_ok(server_config_set(&c, STR("log_level = debug"), &arena, &err));
    assert_str(c.log_level, "debug");
    assert_int_equal(server_config_set(&c, STR("log_levl=debug"), &arena, &err), E_PARSE);
    assert_non_null(strstr(err.message, "log_level"));
    assert_int_equal(server_config_set(&c, STR("log_level"), &arena, &err), E_ARG);
}

static void a_number_is_held_against_its_row(void **state)
{
    struct err err = {0};
    int64_t n = -7;
    (void)state;
    assert_ok(server_config_number(STR(""), PARAM_SEGMENT_BYTES, &n, &err));
    assert_int_equal(n, param_default(PARAM_SEGMENT_BYTES));
    assert_ok(server_config_number(STR("65536"), PARAM_SEGMENT_BYTES, &n, &err));
    assert_int_equal(n, 65536);
    static const char *const wrong[] = {"65535", "x", "-1", "65536 ", "99999999999999999999"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_int_equal(server_config_number(str_of(wrong[i]), PARAM_SEGMENT_BYTES, &n, &err),
                         E_ARG);
        assert_non_null(strstr(err.message, "segment_bytes"));
    }
    assert_int_equal(n, 65536);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_file_there_are_the_defaults),
        cmocka_unit_test(a_key_is_set_and_a_mistyped_one_gets_a_suggestion),
        cmocka_unit_test(a_number_is_held_against_its_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
