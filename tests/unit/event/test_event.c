/* event/event: the flat JSON form. Reading it back is tested in test_normalise_cordon. */
#include "harness/test.h"

#include "base/buf.h"
#include "event/event.h"

static void an_event_is_one_flat_object_with_known_fields_before_extras(void **state)
{
    (void)state;
    static struct event ev;
    event_clear(&ev);
    struct str args[] = {STR("sh"), STR("-c"), STR("a\"b")};
    struct extra extras[] = {
        {STR("thread.thread_id"), {.type = VALUE_INT, .i = 7}},
        {STR("empty"), {.type = VALUE_LIST}},
        {STR("gone"), {.type = VALUE_NULL}},
    };
    ev.kind = KIND_EXEC;
    ev.time_ns = INT64_C(1754572895880814738);
    ev.product = STR("macos");
    ev.category = STR("process_creation");
    event_set_int(&ev, F_PID, 42);
    event_set_str(&ev, F_EXECUTABLE, STR("/bin/sh"));
    event_set_list(&ev, F_ARGS, args, ARRAY_LEN(args));
    event_set_bool(&ev, F_PLATFORM_BINARY, true);
    event_set_int(&ev, F_START, INT64_C(1754572895000000000));
    event_set(&ev, F_TEAM_ID, (struct value){.type = VALUE_NULL});
    event_set_str(&ev, F_SENSOR_TEXT, STR("\xff"));
    ev.extras = extras;
    ev.extras_len = ARRAY_LEN(extras);
    struct buf b = {0};
    event_add_json(&b, &ev);
    assert_str(buf_str(&b),
               "{\"kind\":\"exec\",\"time\":\"2025-08-07T13:21:35.880814738Z\","
               "\"product\":\"macos\",\"category\":\"process_creation\",\"process.pid\":42,"
               "\"process.executable\":\"/bin/sh\",\"process.args\":[\"sh\",\"-c\",\"a\\\"b\"],"
               "\"process.start\":\"2025-08-07T13:21:35.000000000Z\","
               "\"process.signing.team_id\":null,\"process.signing.platform_binary\":true,"
               "\"sensor.text\":\"\xef\xbf\xbd\",\"thread.thread_id\":7,\"empty\":[],"
               "\"gone\":null}");
    buf_done(&b);
}

static void an_event_without_content_has_only_its_kind(void **state)
{
    (void)state;
    static struct event ev;
    event_set_int(&ev, F_PID, 1);
    event_clear(&ev);
    assert_false(event_has(&ev, F_PID));
    assert_int_equal(event_get(&ev, F_PID).type, VALUE_NONE);
    assert_int_equal(event_int(&ev, F_PID, -5), -5);
    struct buf b = {0};
    event_add_json(&b, &ev);
    assert_str(buf_str(&b), "{\"kind\":\"unknown\"}");
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_one_flat_object_with_known_fields_before_extras),
        cmocka_unit_test(an_event_without_content_has_only_its_kind),
    };
    return cmocka_run_group_tests_name("event/event", tests, NULL, NULL);
}
