/* server/batch_lines: a batch is taken apart, and ids that do not fit are refused. */
#include "harness/test.h"

#include <stdio.h>

#include "proto/batch.h"
#include "server/batch_lines.h"

#define EVENT "{\"kind\":\"exec\",\"time\":\"2026-01-02T03:04:05Z\",\"process.pid\":7}\n"

static void alert_line(struct buf *out, const char *rule, const char *event_id)
{
    char id[BATCH_ALERT_ID_CHARS + 1];
    assert_ok(batch_alert_id(STR("dev"), str_of(rule), str_of(event_id), id));
    buf_addf(out,
             "{\"alert_id\":\"%s\",\"event_id\":\"%s\",\"time\":\"2026-01-02T03:04:05Z\",\"rule\":{"
             "\"id\":\"%s\",\"title\":\"T\",\"level\":\"high\",\"techniques\":[\"T1059\",\"T1105\"]"
             "},\"matched\":{},\"event\":{}}\n",
             id, event_id, rule);
}

static int read_lines(struct buf *text, struct arena *arena, struct batch_lines *lines,
                      struct err *err)
{
    return batch_lines_read(buf_str(text), STR("dev"), 11, 3, 99, arena, lines, err);
}

static void events_and_alerts_are_told_apart(void **state)
{
    (void)state;
    struct buf text CLEANUP(buf_done) = {0};
    struct arena arena CLEANUP(arena_done) = {0};
    struct batch_lines lines CLEANUP(batch_lines_done) = {0};
    struct err err = {0};
    buf_add_cstr(&text, EVENT);
    buf_add_cstr(&text, EVENT);
    alert_line(&text, "r1", "dev/11/3/1");
    alert_line(&text, "r2", "dev/11/3/1");
    buf_add_cstr(&text, EVENT);
    assert_ok_err(read_lines(&text, &arena, &lines, &err), &err);
    assert_int_equal(lines.events_len, 3);
    assert_str(buf_str(&lines.events), EVENT EVENT EVENT);
    assert_int_equal(lines.alerts_len, 2);
    assert_str(lines.alerts[0].rule_id, "r1");
    assert_str(lines.alerts[0].techniques, "T1059,T1105");
    assert_int_equal(lines.alerts[0].level, ALERT_HIGH);
    assert_true(lines.time_min_ns == lines.time_max_ns && lines.time_min_ns > 0);
}

static void ids_of_another_device_batch_or_event_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"dev/11/3/1", "dev/11/2/0", "dev/12/3/0", "other/11/3/0"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct buf text CLEANUP(buf_done) = {0};
        struct arena arena CLEANUP(arena_done) = {0};
        struct batch_lines lines CLEANUP(batch_lines_done) = {0};
        struct err err = {0};
        buf_add_cstr(&text, EVENT);
        alert_line(&text, "r1", wrong[i]);
        assert_int_equal(read_lines(&text, &arena, &lines, &err), E_PARSE);
        assert_int_equal(err.line, 2);
    }
}

static void a_damaged_line_is_named(void **state)
{
    (void)state;
    static const char *const bad[] = {"not json\n", "{\"alert_id\":1}\n", "[]\n",
                                      "{\"alert_id\":\"x\"\n"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct buf text CLEANUP(buf_done) = {0};
        struct arena arena CLEANUP(arena_done) = {0};
        struct batch_lines lines CLEANUP(batch_lines_done) = {0};
        struct err err = {0};
        buf_add_cstr(&text, EVENT);
        buf_add_cstr(&text, bad[i]);
        assert_int_equal(read_lines(&text, &arena, &lines, &err), E_PARSE);
        assert_int_equal(err.line, 2);
        assert_true(err.message[0]);
    }
}

static int read_sample(void *context)
{
    struct buf *text = context;
    struct arena arena CLEANUP(arena_done) = {0};
    struct batch_lines lines CLEANUP(batch_lines_done) = {0};
    return read_lines(text, &arena, &lines, NULL);
}

static void an_allocation_failure_is_reported(void **state)
{
    (void)state;
    struct buf text CLEANUP(buf_done) = {0};
    buf_add_cstr(&text, EVENT);
    alert_line(&text, "r1", "dev/11/3/0");
    test_every_allocation_fails(read_sample, &text, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_and_alerts_are_told_apart),
        cmocka_unit_test(ids_of_another_device_batch_or_event_are_refused),
        cmocka_unit_test(a_damaged_line_is_named),
        cmocka_unit_test(an_allocation_failure_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
