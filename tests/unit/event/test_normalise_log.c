/* event/normalise: lines of the unified log as log(1) prints them. */
#include "normalise_test.h"

static const char login[] =
    "{\"traceID\":10,\"eventMessage\":\"Ada signed in\",\"eventType\":\"logEvent\",\"source\":null,"
    "\"formatString\":\"%{public}@\",\"activityIdentifier\":0,\"subsystem\":\"com.example.login\","
    "\"category\":\"auth\",\"threadID\":9,\"senderImageUUID\":\"U\",\"backtrace\":{\"frames\":[]},"
    "\"bootUUID\":\"B\",\"processImagePath\":\"\\/usr\\/libexec\\/logind\",\"senderImagePath\":"
    "\"\\/usr\\/lib\\/libauth.dylib\",\"timestamp\":\"2026-03-01 10:00:00.250000+0100\","
    "\"machTimestamp\":77,\"messageType\":\"Error\",\"processID\":321,\"userID\":0}";

static void a_line_is_an_event_of_kind_log(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    reading_take(r, str_of(login), FORMAT_AUTO);
    assert_int_equal(r->ev.kind, KIND_LOG);
    assert_holds(r, "{\"kind\":\"log\",\"time\":\"2026-03-01T09:00:00.250000000Z\","
                    "\"product\":\"macos\",\"process.pid\":321,"
                    "\"process.executable\":\"/usr/libexec/logind\",\"process.name\":\"logind\","
                    "\"process.uid\":0,\"user.name\":\"root\"");
    assert_holds(r, "\"log.subsystem\":\"com.example.login\",\"log.category\":\"auth\","
                    "\"log.message\":\"Ada signed in\",\"log.format\":\"%{public}@\","
                    "\"log.type\":\"error\",\"log.sender\":\"/usr/lib/libauth.dylib\"}");
    /* And back. */
    struct buf copy = {0};
    buf_add_str(&copy, buf_str(&r->json));
    reading_take(r, buf_str(&copy), FORMAT_AUTO);
    assert_str(buf_str(&r->json), buf_cstr(&copy));
    buf_done(&copy);
    reading_free(r);
}

static void times_have_any_offset_or_none(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *time;
    } rows[] = {
        {"2026-03-01 10:00:00.5-0730", "\"time\":\"2026-03-01T17:30:00.500000000Z\""},
        {"2026-03-01 10:00:00Z", "\"time\":\"2026-03-01T10:00:00.000000000Z\""},
    };
    struct reading *r = reading_new();
    struct buf line = {0};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        buf_clear(&line);
        buf_addf(&line, "{\"eventMessage\":\"m\",\"machTimestamp\":1,\"timestamp\":\"%s\"}",
                 rows[i].text);
        reading_take(r, buf_str(&line), FORMAT_AUTO);
        assert_holds(r, rows[i].time);
    }
    reading_take(r, STR("{\"eventMessage\":\"m\",\"machTimestamp\":1,\"timestamp\":\"soon\"}"),
                 FORMAT_LOG);
    assert_lacks(r, "\"time\"");
    buf_done(&line);
    reading_free(r);
}

static void an_entry_without_a_message_type_has_the_type_of_its_event(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    reading_take(r, STR("{\"eventType\":\"activityCreateEvent\",\"machTimestamp\":1}"),
                 FORMAT_AUTO);
    assert_int_equal(r->ev.kind, KIND_LOG);
    assert_holds(r, "\"log.type\":\"activitycreateevent\"");
    reading_free(r);
}

static void lines_of_other_formats_are_not_mistaken(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    reading_take(r, STR("{\"eventMessage\":\"m\",\"CommandLine\":\"x\"}"), FORMAT_AUTO);
    assert_int_not_equal(r->ev.kind, KIND_LOG);
    /* In the middle of flat records, too. */
    reading_take(r, str_of(login), FORMAT_AUTO);
    assert_int_equal(r->ev.kind, KIND_LOG);
    reading_take(r, STR("{\"CommandLine\":\"x\"}"), FORMAT_AUTO);
    assert_int_not_equal(r->ev.kind, KIND_LOG);
    reading_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_an_event_of_kind_log),
        cmocka_unit_test(times_have_any_offset_or_none),
        cmocka_unit_test(an_entry_without_a_message_type_has_the_type_of_its_event),
        cmocka_unit_test(lines_of_other_formats_are_not_mistaken),
    };
    return cmocka_run_group_tests_name("event/normalise_log", tests, NULL, NULL);
}
