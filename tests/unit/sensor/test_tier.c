/* sensor/tier: which kinds of events come from which source. */
#include "harness/test.h"

#include "sensor/eslogger_args.h"
#include "sensor/tier.h"

static void every_event_asked_of_eslogger_is_a_kind(void **state)
{
    (void)state;
    struct str list = str_of(eslogger_base_events);
    struct str name;
    unsigned seen = 0;
    while (str_next(&list, ',', &name)) {
        enum event_kind kind = kind_find_es(name);
        if (kind == KIND_UNKNOWN)
            print_error("%.*s\n", STR_FMT(name));
        assert_int_not_equal(kind, KIND_UNKNOWN);
        assert_true(tier_tells(SOURCE_ESLOGGER, kind));
        seen++;
    }
    unsigned told = 0;
    for (unsigned k = 0; k < KIND_COUNT; k++)
        told += tier_tells(SOURCE_ESLOGGER, (enum event_kind)k);
    assert_int_equal(told, seen + 2); /* and `sensor` and `prevent`, the agent's own */
}

static void a_lower_tier_tells_no_more(void **state)
{
    (void)state;
    for (unsigned k = 0; k < KIND_COUNT; k++) {
        enum event_kind kind = (enum event_kind)k;
        assert_true(!tier_tells(SOURCE_ESLOGGER, kind) || tier_tells(SOURCE_ES, kind));
        assert_true(!tier_tells(SOURCE_DEGRADED, kind) || tier_tells(SOURCE_ESLOGGER, kind));
    }
    assert_false(tier_tells(SOURCE_ES, KIND_UNKNOWN));
    assert_false(tier_tells(SOURCE_ESLOGGER, KIND_OPEN));
    assert_true(tier_tells(SOURCE_ESLOGGER, KIND_SETUID));
    assert_true(tier_tells(SOURCE_ESLOGGER, KIND_SETEUID));
    assert_true(tier_tells(SOURCE_ESLOGGER, KIND_SETREUID));
    assert_true(tier_tells(SOURCE_ES, KIND_OPEN));
    assert_false(tier_tells(SOURCE_ES, KIND_DNS_QUERY));
    assert_true(tier_tells(SOURCE_KERNEL, KIND_EXEC));
    assert_false(tier_tells(SOURCE_KERNEL, KIND_SUDO));
    assert_true(tier_tells(SOURCE_KERNEL, KIND_YARA_MATCH));
    assert_false(tier_tells(SOURCE_ES, KIND_YARA_MATCH));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_asked_of_eslogger_is_a_kind),
        cmocka_unit_test(a_lower_tier_tells_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
