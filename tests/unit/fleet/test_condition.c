/* fleet/condition: what a health report says about its device. */
#include "harness/test.h"

#include "fleet/device.h"

static void a_report_is_good_only_when_everything_is(void **state)
{
    static const struct {
        const char *health;
        enum condition expected;
    } cases[] = {
        {"{\"sensor\":{\"tier\":\"kernel\",\"running\":true,\"text\":\"\"},\"containment\":\"\"}",
         CONDITION_GOOD},
        {"{\"sensor\":{\"tier\":\"eslogger\",\"running\":true}}", CONDITION_GOOD},
        {"{\"sensor\":{\"tier\":\"eslogger\",\"running\":false}}", CONDITION_POOR},
        {"{\"sensor\":{\"tier\":\"degraded\",\"running\":true}}", CONDITION_POOR},
        {"{\"sensor\":{\"tier\":\"none\",\"running\":true}}", CONDITION_POOR},
        {"{\"sensor\":{\"tier\":\"kernel\",\"running\":true,\"text\":\"no fanotify\"}}",
         CONDITION_POOR},
        {"{\"sensor\":{\"tier\":\"kernel\",\"running\":true},\"containment\":\"no root\"}",
         CONDITION_POOR},
        {"{\"containment\":\"no root\"}", CONDITION_POOR},
        {"{\"sensor\":{\"running\":true}}", CONDITION_POOR},
        {"{\"sensor\":{\"tier\":3,\"running\":\"yes\"}}", CONDITION_POOR},
        {"{\"sensor\":7}", CONDITION_POOR},
        {"{\"sensor\":{}}", CONDITION_POOR},
        {"{}", CONDITION_UNKNOWN},
        {"{\"spool\":1}", CONDITION_UNKNOWN},
        {"[]", CONDITION_UNKNOWN},
        {"", CONDITION_UNKNOWN},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (device_condition(str_of(cases[i].health)) != cases[i].expected)
            fail_msg("%s is not %s", cases[i].health, condition_names[cases[i].expected].ptr);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_is_good_only_when_everything_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
