/* event/normalise: recognising formats, mixed streams, hostile records, memory, whole recordings.
 */
#include "normalise_test.h"

#include "codec/ndjson.h"
#include "schema/param.h"

/* One record of each format, as short as it can be. */
static const struct {
    enum event_format format;
    const char *text;
} shortest[] = {
    {FORMAT_ESLOGGER, "{\"event\":{\"settime\":{}},\"event_type\":75,\"process\":{}}"},
    {FORMAT_ESLOGGER, "{\"event\":{\"cs_invalidate\":{}},\"process\":{\"ppid\":1}}"},
    {FORMAT_CHAMPOLLION,
     "{\"event\":{\"log\":{},\"type\":\"exit\"},\"target_process\":{\"pid\":5}}"},
    {FORMAT_FLEETEDR, "{\"event_type\":\"fork\",\"payload\":{\"child_pid\":7}}"},
    {FORMAT_ECS, "{\"@timestamp\":\"2025-01-01T00:00:00Z\",\"process\":{\"pid\":1}}"},
    {FORMAT_ECS, "{\"_source\":{\"event\":{\"action\":\"exec\"}}}"},
    {FORMAT_ECS, "{\"event.category\":\"process\",\"process.pid\":1}"},
    {FORMAT_CORDON, "{\"kind\":\"exec\",\"process.pid\":4}"},
    {FORMAT_SIGMA, "{\"Image\":\"/bin/sh\"}"},
    {FORMAT_SIGMA, "{\"anything\":[1]}"},
    {FORMAT_SIGMA, "{\"kind\":\"no kind of ours\"}"},
    {FORMAT_SIGMA, "{\"event\":\"text\",\"process\":\"text\"}"},
    {FORMAT_SIGMA, "{}"},
};

static void every_format_is_recognised_whatever_came_before(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    for (size_t i = 0; i < ARRAY_LEN(shortest); i++) {
        for (size_t k = 0; k < ARRAY_LEN(shortest); k++) {
            reading_take(r, str_of(shortest[i].text), FORMAT_AUTO);
            reading_take(r, str_of(shortest[k].text), FORMAT_AUTO);
            struct buf automatic = {0};
            buf_add_str(&automatic, buf_str(&r->json));
            reading_take(r, str_of(shortest[k].text), shortest[k].format);
            if (!str_eq(buf_str(&automatic), buf_str(&r->json)))
                fail_msg("%s after %s: %s", shortest[k].text, shortest[i].text,
                         buf_cstr(&automatic));
            buf_done(&automatic);
        }
    }
    reading_free(r);
}

static void a_format_has_its_name(void **state)
{
    (void)state;
    assert_string_equal(event_format_name(FORMAT_AUTO), "auto");
    assert_string_equal(event_format_name(FORMAT_FLEETEDR), "fleet-edr");
    assert_string_equal(event_format_name((enum event_format)99), "unknown");
}

static void what_is_no_object_is_refused_with_its_column(void **state)
{
    (void)state;
    struct {
        const char *text;
        unsigned column;
    } bad[] = {
        {"", 1},         {"[1]", 1},        {"null", 1},
        {"{\"a\":1", 7}, {"{\"a\":1}x", 8}, {"{\"a\":\"\xff\"}", 7},
        {"{a}", 2},
    };
    struct reading *r = reading_new();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct err err = {0};
        assert_int_equal(normaliser_record(r->n, str_of(bad[i].text), FORMAT_AUTO, &r->ev, &err),
                         E_PARSE);
        assert_int_equal(err.column, bad[i].column);
        assert_int_equal(r->ev.kind, KIND_UNKNOWN);
        assert_int_equal(r->ev.extras_len, 0);
    }
    reading_free(r);
}

static void a_record_beyond_a_limit_is_refused(void **state)
{
    (void)state;
    assert_int_equal(param_default(PARAM_JSON_DEPTH), NDJSON_DEPTH_MAX);
    struct reading *r = reading_new();
    struct buf b = {0};
    struct err err = {0};
    buf_add_cstr(&b, "{\"a\":\"");
    while (b.len < (size_t)param_default(PARAM_EVENT_BYTES))
        buf_add_cstr(&b, "0123456789abcdef");
    buf_add_cstr(&b, "\"}");
    assert_int_equal(normaliser_record(r->n, buf_str(&b), FORMAT_AUTO, &r->ev, &err), E_LIMIT);
    buf_clear(&b);
    for (unsigned i = 0; i < 65; i++)
        buf_add_cstr(&b, "{\"a\":");
    buf_add_cstr(&b, "1");
    for (unsigned i = 0; i < 65; i++)
        buf_add_cstr(&b, "}");
    assert_int_equal(normaliser_record(r->n, buf_str(&b), FORMAT_AUTO, &r->ev, &err), E_LIMIT);
    for (unsigned more = 0; more < 2; more++) {
        buf_clear(&b);
        buf_add_cstr(&b, "{\"deep\":{\"deeper\":[]}");
        for (unsigned i = 1; i < 1024 + more; i++)
            buf_addf(&b, ",\"k%u\":%u", i, i);
        buf_add_cstr(&b, "}");
        assert_int_equal(normaliser_record(r->n, buf_str(&b), FORMAT_AUTO, &r->ev, &err),
                         more ? E_LIMIT : 0);
        assert_int_equal(r->ev.extras_len, more ? 0 : 1024);
    }
    buf_done(&b);
    reading_free(r);
}

static int read_them_all(void *context)
{
    (void)context;
    struct normaliser *n = NULL;
    struct event *ev = calloc(1, sizeof *ev);
    assert_non_null(ev);
    int rc = normaliser_new(&n);
    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(shortest); i++)
        rc = normaliser_record(n, str_of(shortest[i].text), FORMAT_AUTO, ev, NULL);
    if (rc == 0)
        rc = normaliser_record(
            n,
            STR("{\"event\":{\"exec\":{\"args\":[\"a\",\"b\"],\"env\":[\"DYLD_X=1\"],\"target\":"
                "{\"audit_token\":{\"pid\":1},\"cdhash\":\"AB\"},\"odd\":{\"\\u0061\":[\"\\n\"]}}},"
                "\"process\":{},\"event_type\":9}"),
            FORMAT_AUTO, ev, NULL);
    normaliser_free(n);
    free(ev);
    return rc;
}

/* Rules ask for the kind as for a field; a record cannot pretend another one. */
static void the_kind_is_a_field_that_no_record_sets(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    reading_take(r, STR("{\"kind\":\"exec\",\"process.pid\":4}"), FORMAT_AUTO);
    assert_str(event_str(&r->ev, F_KIND), "exec");
    assert_str(r->ev.category, "process_creation");
    assert_str(buf_str(&r->json),
               "{\"kind\":\"exec\",\"category\":\"process_creation\",\"process.pid\":4}");
    reading_take(r, STR("{\"kind\":\"exec\",\"category\":\"other\"}"), FORMAT_AUTO);
    assert_str(r->ev.category, "other");
    reading_take(r, STR("{\"Image\":\"/bin/sh\",\"kind\":\"not one of ours\"}"), FORMAT_AUTO);
    assert_str(event_str(&r->ev, F_KIND), "unknown");
    assert_holds(r, "\"extra.kind\":\"not one of ours\"");
    reading_free(r);
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    test_every_allocation_fails(read_them_all, NULL, 1000);
}

/* Read every line of a file; returns their number. Each event must be of a known kind, and its flat
 * form must come back as it was. */
static size_t read_recording(FILE *f, size_t *by_kind)
{
    struct reading *r = reading_new();
    struct reading *again = reading_new();
    char *line = NULL;
    size_t cap = 0;
    size_t lines = 0;
    for (ssize_t got = getline(&line, &cap, f); got > 0; got = getline(&line, &cap, f)) {
        reading_take(r, str_n(line, (size_t)got), FORMAT_AUTO);
        assert_int_not_equal(r->ev.kind, KIND_UNKNOWN);
        assert_str(r->ev.product, "macos");
        assert_true(event_int(&r->ev, F_PID, -1) >= 0);
        reading_take(again, buf_str(&r->json), FORMAT_AUTO);
        assert_true(str_eq(buf_str(&again->json), buf_str(&r->json)));
        by_kind[r->ev.kind]++;
        lines++;
    }
    free(line);
    reading_free(again);
    reading_free(r);
    return lines;
}

static void our_recordings_are_read_without_a_fault(void **state)
{
    (void)state;
    static const char *const names[] = {"benign-macos15-v9", "benign-macos26-v10",
                                        "infostealer-macos26-v10", "infostealer-macos27-v11"};
    size_t by_kind[KIND_COUNT] = {0};
    size_t lines = 0;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/tests/data/recordings/%s.ndjson", CORDON_SOURCE_DIR,
                       names[i]);
        FILE *f = fopen(path, "rb");
        assert_non_null(f);
        lines += read_recording(f, by_kind);
        (void)fclose(f);
    }
    assert_int_equal(lines, 240);
    assert_true(by_kind[KIND_EXEC] > 50);
    assert_int_equal(by_kind[KIND_TCC_MODIFY], 2);
    assert_int_equal(by_kind[KIND_LAUNCH_ITEM_ADD], 4);
}

static void the_macos_11_recording_is_read_without_a_fault(void **state)
{
    (void)state;
    size_t by_kind[KIND_COUNT] = {0};
    FILE *f = open_shared("telemetry/champollion-macos11.jsonl");
    assert_int_equal(read_recording(f, by_kind), 11886);
    (void)fclose(f);
    assert_int_equal(by_kind[KIND_LOOKUP], 5091);
    assert_int_equal(by_kind[KIND_PROC_CHECK], 2868);
    assert_int_equal(by_kind[KIND_FORK], 60);
    assert_int_equal(by_kind[KIND_EXEC], 46);
    assert_int_equal(by_kind[KIND_UNLINK], 3);
}

static void the_macos_26_recording_is_read_without_a_fault(void **state)
{
    (void)state;
    size_t by_kind[KIND_COUNT] = {0};
    FILE *f = open_shared("telemetry/fleet-edr-macos26-developer.jsonl");
    assert_int_equal(read_recording(f, by_kind), 952);
    (void)fclose(f);
    assert_int_equal(by_kind[KIND_NETWORK_CONNECT], 270);
    assert_int_equal(by_kind[KIND_DNS_QUERY], 254);
    assert_int_equal(by_kind[KIND_EXEC], 160);
    assert_int_equal(by_kind[KIND_EXIT], 147);
    assert_int_equal(by_kind[KIND_FORK], 121);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_is_recognised_whatever_came_before),
        cmocka_unit_test(a_format_has_its_name),
        cmocka_unit_test(what_is_no_object_is_refused_with_its_column),
        cmocka_unit_test(a_record_beyond_a_limit_is_refused),
        cmocka_unit_test(the_kind_is_a_field_that_no_record_sets),
        cmocka_unit_test(every_failed_allocation_is_reported),
        cmocka_unit_test(our_recordings_are_read_without_a_fault),
        cmocka_unit_test(the_macos_11_recording_is_read_without_a_fault),
        cmocka_unit_test(the_macos_26_recording_is_read_without_a_fault),
    };
    return cmocka_run_group_tests_name("event/normalise", tests, NULL, NULL);
}
