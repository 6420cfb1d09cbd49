#include "sensor/sensor.h"

#include "harness/test.h"
#include "sensor/option.h"

static void every_sensor_has_a_name_a_description_and_all_functions(void **state)
{
    (void)state;
    for (size_t i = 0; sensor_table[i]; i++) {
        const struct sensor_vtable *v = sensor_table[i];
        assert_true(strlen(v->name) > 0);
        assert_true(strlen(v->doc) > 20);
        assert_non_null(v->open);
        assert_non_null(v->start);
        assert_non_null(v->pause);
        assert_non_null(v->health);
        assert_non_null(v->close);
        assert_ptr_equal(sensor_find(str_of(v->name)), v);
    }
    assert_null(sensor_find(STR("telepathy")));
    assert_null(sensor_find((struct str){0}));
}

static void every_tier_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(sensor_tier_name(TIER_NONE), "none");
    assert_string_equal(sensor_tier_name(TIER_DEGRADED), "degraded");
    assert_string_equal(sensor_tier_name(TIER_ESLOGGER), "eslogger");
    assert_string_equal(sensor_tier_name(TIER_KERNEL), "kernel");
}

static void the_noop_sensor_takes_no_options_and_delivers_nothing(void **state)
{
    (void)state;
    const struct sensor_vtable *v = sensor_find(STR("noop"));
    struct sensor *s = NULL;
    struct err err = {0};
    assert_int_equal(v->open(STR("watch=/etc"), &s, &err), E_ARG);
    assert_null(s);
    assert_non_null(strstr(err.message, "watch=/etc"));
    assert_ok_err(v->open(STR(" \n"), &s, &err), &err);
    struct sensor_health health;
    v->health(s, &health);
    assert_false(health.running);
    assert_ok_err(v->start(s, NULL, NULL, NULL, &err), &err);
    v->pause(s, true);
    v->pause(s, false);
    v->health(s, &health);
    assert_true(health.running);
    assert_int_equal(health.tier, TIER_NONE);
    assert_int_equal(health.records, 0);
    assert_string_equal(health.text, "");
    v->close(s);
}

static void options_are_lines_of_key_and_value(void **state)
{
    (void)state;
    struct str text = STR("path=/tmp/a=b\n\n  loop = yes \nbare\n");
    struct option o;
    assert_true(option_next(&text, &o));
    assert_str(o.key, "path");
    assert_str(o.value, "/tmp/a=b");
    assert_true(option_next(&text, &o));
    assert_str(o.key, "loop");
    assert_str(o.value, "yes");
    assert_true(option_next(&text, &o));
    assert_str(o.key, "bare");
    assert_str(o.value, "");
    assert_false(option_next(&text, &o));
}

static void bad_option_values_are_refused_by_name(void **state)
{
    (void)state;
    struct err err = {0};
    struct option o = {STR("loop"), STR("maybe")};
    bool yes = true;
    assert_int_equal(option_bool(&o, &yes, &err), E_ARG);
    assert_non_null(strstr(err.message, "loop is 'maybe'"));
    assert_true(yes);
    static const char *const durations[] = {"", "5", "-5s", "0s", "soon"};
    for (size_t i = 0; i < ARRAY_LEN(durations); i++) {
        int64_t ms = 77;
        o = (struct option){STR("restart"), str_of(durations[i])};
        assert_int_equal(option_ms(&o, &ms, &err), E_ARG);
        assert_int_equal(ms, 77);
    }
    int64_t ms = 0;
    o.value = STR("250ms");
    assert_ok_err(option_ms(&o, &ms, &err), &err);
    assert_int_equal(ms, 250);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sensor_has_a_name_a_description_and_all_functions),
        cmocka_unit_test(every_tier_has_a_name),
        cmocka_unit_test(the_noop_sensor_takes_no_options_and_delivers_nothing),
        cmocka_unit_test(options_are_lines_of_key_and_value),
        cmocka_unit_test(bad_option_values_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
