/* event/normalise_sigma: flat records with Sigma names, routing, unknown keys, nested records. */
#include "normalise_test.h"

static void sigma_names_become_fields_of_their_type(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    reading_take(r,
                 STR("{\"product\":\"macos\",\"category\":\"process_creation\",\"Image\":"
                     "\"/usr/bin/curl\",\"CommandLine\":\"curl -s x\",\"ProcessId\":\"42\","
                     "\"ParentImage\":\"/bin/zsh\",\"ParentProcessId\":41,\"User\":\"mara\","
                     "\"PlatformBinary\":\"True\",\"CurrentDirectory\":\"/tmp\","
                     "\"ProcessAncestors\":[\"/bin/zsh\",\"/sbin/launchd\"]}"),
                 FORMAT_AUTO);
    assert_str(buf_str(&r->json),
               "{\"kind\":\"exec\",\"product\":\"macos\",\"category\":\"process_creation\","
               "\"process.pid\":42,\"process.executable\":\"/usr/bin/curl\",\"process.name\":"
               "\"curl\",\"process.command_line\":\"curl -s x\",\"process.working_directory\":"
               "\"/tmp\",\"user.name\":\"mara\",\"process.signing.platform_binary\":true,"
               "\"process.parent.pid\":41,\"process.parent.executable\":\"/bin/zsh\","
               "\"process.parent.name\":\"zsh\",\"process.ancestors\":[\"/bin/zsh\","
               "\"/sbin/launchd\"]}");
    reading_free(r);
}

static void the_log_source_routes_and_its_absence_means_every_rule(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    reading_take(r, STR("{\"product\":\"windows\",\"service\":\"security\",\"EventID\":4625}"),
                 FORMAT_AUTO);
    assert_str(r->ev.product, "windows");
    assert_str(r->ev.service, "security");
    assert_int_equal(r->ev.category.len, 0);
    assert_int_equal(r->ev.kind, KIND_UNKNOWN);
    assert_holds(r, "\"EventID\":4625");
    reading_take(r, STR("{\"category\":\"dns_query\",\"QueryName\":\"example.com\"}"), FORMAT_AUTO);
    assert_int_equal(r->ev.kind, KIND_DNS_QUERY);
    assert_holds(r, "\"dns.query\":\"example.com\"");
    reading_take(r, STR("{\"Image\":\"/x\"}"), FORMAT_AUTO);
    assert_int_equal(r->ev.product.len + r->ev.category.len + r->ev.service.len, 0);
    reading_take(r, STR("{\"product\":5,\"category\":null}"), FORMAT_AUTO);
    assert_int_equal(r->ev.product.len, 0);
    assert_holds(r, "\"extra.product\":5");
    reading_free(r);
}

static void every_category_has_its_first_kind(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    for (unsigned k = 0; k < KIND_COUNT; k++) {
        if (kind_table[k].category.len == 0)
            continue;
        struct buf b = {0};
        buf_addf(&b, "{\"category\":\"%.*s\"}", STR_FMT(kind_table[k].category));
        reading_take(r, buf_str(&b), FORMAT_AUTO);
        assert_true(str_eq(kind_table[r->ev.kind].category, kind_table[k].category));
        assert_true(r->ev.kind <= k);
        buf_done(&b);
    }
    reading_free(r);
}

static void unknown_keys_keep_their_names_types_and_order(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    reading_take(
        r,
        STR("{\"Hashes\":\"SHA256=AA\",\"Count\":18446744073709551615,\"Ratio\":0.5,\"On\":"
            "true,\"None\":null,\"List\":[\"a\",2,null,{\"b\":1}],\"Nest\\u0065d\":{\"a\":"
            "{\"b\":\"\\n\"},\"c\":[]},\"\":1,\"timestamp\":\"2025-01-01T00:00:00Z\"}"),
        FORMAT_AUTO);
    assert_str(buf_str(&r->json),
               "{\"kind\":\"unknown\",\"time\":\"2025-01-01T00:00:00.000000000Z\",\"Hashes\":"
               "\"SHA256=AA\",\"Count\":\"18446744073709551615\",\"Ratio\":\"0.5\",\"On\":true,"
               "\"None\":null,\"List\":[\"a\",\"2\",\"{\\\"b\\\":1}\"],\"Nested.c\":[],"
               "\"Nested.a.b\":\"\\n\",\"\":1,\"timestamp\":\"2025-01-01T00:00:00Z\"}");
    reading_free(r);
}

static void the_last_of_repeated_keys_counts(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    reading_take(r,
                 STR("{\"Image\":\"/a\",\"x\":1,\"y\":2,\"Image\":\"/b\",\"\\u0078\":3,"
                     "\"n\":{\"k\":1},\"n.k\":2}"),
                 FORMAT_AUTO);
    assert_str(event_str(&r->ev, F_EXECUTABLE), "/b");
    assert_int_equal(r->ev.extras_len, 3);
    assert_holds(r, "\"x\":3,\"y\":2,\"n.k\":2");
    reading_free(r);
}

static void nested_records_reach_the_fields_of_their_dotted_names(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    reading_take(r,
                 STR("{\"data\":{\"Image\":\"/x\"},\"target\":{\"process\":{\"pid\":\"9\"}},"
                     "\"process\":{\"executable\":\"/bin/ls\",\"args\":[\"ls\",\"-l\"]},"
                     "\"tcc\":{\"service\":\"s\",\"odd\":1}}"),
                 FORMAT_SIGMA);
    assert_str(event_str(&r->ev, F_EXECUTABLE), "/bin/ls");
    assert_str(event_str(&r->ev, F_COMMAND_LINE), "ls -l");
    assert_int_equal(event_int(&r->ev, F_TARGET_PID, 0), 9);
    assert_str(event_str(&r->ev, F_TCC_SERVICE), "s");
    assert_holds(r, "\"data.Image\":\"/x\"");
    assert_holds(r, "\"tcc.odd\":1");
    reading_free(r);
}

static void an_unfit_value_stays_what_it_is(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    reading_take(
        r,
        STR("{\"ProcessId\":\"0x1f\",\"ParentProcessId\":[\"7\"],\"Image\":[\"/a\",\"/b\"],"
            "\"User\":5,\"PlatformBinary\":1,\"process.args\":\"one\",\"SourcePort\":null,"
            "\"process.start\":\"2025-01-01T00:00:00Z\",\"CommandLine\":true}"),
        FORMAT_AUTO);
    assert_holds(r, "\"process.pid\":\"0x1f\"");
    assert_holds(r, "\"process.parent.pid\":7");
    assert_holds(r, "\"process.executable\":[\"/a\",\"/b\"]");
    assert_holds(r, "\"user.name\":\"5\"");
    assert_holds(r, "\"process.signing.platform_binary\":true");
    assert_holds(r, "\"process.args\":[\"one\"]");
    assert_holds(r, "\"network.local.port\":null");
    assert_holds(r, "\"process.command_line\":\"true\"");
    assert_true(event_int(&r->ev, F_START, 0) == INT64_C(1735689600000000000));
    reading_free(r);
}

static void long_names_and_many_keys_are_limits(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    struct buf b = {0};
    buf_add_cstr(&b, "{\"");
    for (unsigned i = 0; i < 100; i++)
        buf_add_cstr(&b, "0123456789");
    buf_add_cstr(&b, "\":{\"");
    size_t len = b.len;
    for (unsigned more = 0; more < 2; more++) {
        buf_truncate(&b, len);
        for (unsigned i = 0; i < 22 + more * 10; i++)
            buf_add_cstr(&b, "x");
        buf_add_cstr(&b, "\":1}}");
        struct err err = {0};
        assert_int_equal(normaliser_record(r->n, buf_str(&b), FORMAT_AUTO, &r->ev, &err),
                         more ? E_LIMIT : 0);
    }
    buf_done(&b);
    reading_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sigma_names_become_fields_of_their_type),
        cmocka_unit_test(the_log_source_routes_and_its_absence_means_every_rule),
        cmocka_unit_test(every_category_has_its_first_kind),
        cmocka_unit_test(unknown_keys_keep_their_names_types_and_order),
        cmocka_unit_test(the_last_of_repeated_keys_counts),
        cmocka_unit_test(nested_records_reach_the_fields_of_their_dotted_names),
        cmocka_unit_test(an_unfit_value_stays_what_it_is),
        cmocka_unit_test(long_names_and_many_keys_are_limits),
    };
    return cmocka_run_group_tests_name("event/normalise_sigma", tests, NULL, NULL);
}
