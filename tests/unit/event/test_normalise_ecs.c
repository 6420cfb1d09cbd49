/* event/normalise_ecs: Elastic Endpoint documents bare, as search hits and with dotted keys. */
#include "normalise_test.h"

/* An exec as Elastic Endpoint describes it. */
#define EXEC_BODY                                                                                  \
    "\"@timestamp\":\"2025-06-01T12:00:00.5Z\",\"agent\":{\"type\":\"endpoint\",\"version\":"      \
    "\"8.17\"},\"ecs\":{\"version\":\"8.10.0\"},\"event\":{\"action\":\"exec\",\"category\":"      \
    "[\"process\"],\"type\":[\"start\"],\"kind\":\"event\",\"sequence\":123,\"id\":\"N1\"},"       \
    "\"host\":{\"id\":\"H1\",\"os\":{\"type\":\"macos\",\"version\":\"15.1\"}},\"user\":{"         \
    "\"name\":"                                                                                    \
    "\"mara\",\"id\":\"501\"},\"process\":{\"pid\":4242,\"entity_id\":\"E\",\"executable\":"       \
    "\"/usr/bin/curl\",\"name\":\"curl\",\"args\":[\"curl\",\"-s\"],\"args_count\":2,"             \
    "\"command_line\":\"curl -s\",\"working_directory\":\"/tmp\",\"env_vars\":[\"LD_PRELOAD=x\","  \
    "\"TOKEN=s3cret\"],\"code_signature\":{\"signing_id\":\"com.apple.curl\",\"team_id\":\"\","    \
    "\"exists\":true,\"trusted\":true},\"hash\":{\"sha256\":\"ab\",\"md5\":\"cd\"},\"parent\":"    \
    "{\"pid\":41,\"executable\":\"/bin/zsh\",\"name\":\"zsh\",\"entity_id\":\"P\"},\"Ext\":"       \
    "{\"effective_parent\":{\"pid\":7}}}"

static void assert_exec(struct reading *r)
{
    assert_int_equal(r->ev.kind, KIND_EXEC);
    assert_str(r->ev.product, "macos");
    assert_str(r->ev.category, "process_creation");
    assert_holds(r, "\"time\":\"2025-06-01T12:00:00.500000000Z\"");
    assert_holds(r, "\"event.sequence\":123,\"device.id\":\"H1\",\"process.pid\":4242");
    assert_holds(r, "\"process.args\":[\"curl\",\"-s\"],\"process.env\":[\"LD_PRELOAD=x\"]");
    assert_holds(r, "\"process.uid\":501");
    assert_holds(r, "\"process.signing.id\":\"com.apple.curl\"");
    assert_holds(r, "\"process.hash.sha256\":\"ab\"");
    assert_holds(r, "\"process.parent.executable\":\"/bin/zsh\"");
    assert_holds(r, "\"process.code_signature.trusted\":true");
    assert_holds(r, "\"process.hash.md5\":\"cd\"");
    assert_holds(r, "\"process.parent.entity_id\":\"P\"");
    assert_holds(r, "\"process.Ext.effective_parent.pid\":7");
    assert_holds(r, "\"event.category\":[\"process\"]");
    assert_holds(r, "\"host.os.version\":\"15.1\"");
    assert_holds(r, "\"agent.type\":\"endpoint\"");
    assert_lacks(r, "s3cret");
}

static void a_document_is_read_bare_and_as_a_search_hit(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    reading_take(r, STR("{" EXEC_BODY "}"), FORMAT_AUTO);
    assert_exec(r);
    struct buf bare = {0};
    buf_add_str(&bare, buf_str(&r->json));
    reading_take(r,
                 STR("{\"_index\":\"logs-endpoint.events.process\",\"_id\":\"x\",\"_score\":1.0,"
                     "\"_source\":{" EXEC_BODY "},\"sort\":[1]}"),
                 FORMAT_AUTO);
    assert_exec(r);
    assert_true(str_eq(buf_str(&r->json), buf_str(&bare)));
    buf_done(&bare);
    reading_free(r);
}

static void dotted_keys_and_lists_of_one_are_read_like_nested_ones(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    reading_take(
        r,
        STR("{\"@timestamp\":[\"2025-06-01T12:00:00.5Z\"],\"event.category\":[\"process\"],"
            "\"event.type\":[\"start\"],\"event.action\":[\"exec\"],\"host.os.type\":"
            "[\"macos\"],\"process.pid\":[4242],\"process.executable\":[\"/bin/ls\"],"
            "\"process.args\":[\"ls\",\"-l\"],\"process.env_vars\":[\"TOKEN=s3cret\"],"
            "\"user.id\":[\"501\"],\"process.odd\":[\"x\"]}"),
        FORMAT_AUTO);
    assert_int_equal(r->ev.kind, KIND_EXEC);
    assert_str(r->ev.product, "macos");
    assert_holds(r, "\"time\":\"2025-06-01T12:00:00.500000000Z\"");
    assert_holds(r,
                 "\"process.pid\":4242,\"process.executable\":\"/bin/ls\",\"process.name\":\"ls\","
                 "\"process.command_line\":\"ls -l\",\"process.args\":[\"ls\",\"-l\"]");
    assert_holds(r, "\"process.uid\":501");
    assert_holds(r, "\"process.odd\":[\"x\"]");
    assert_lacks(r, "s3cret");
    reading_free(r);
}

static const struct {
    const char *event;
    enum event_kind kind;
} kinds[] = {
    {"\"category\":[\"process\"],\"type\":[\"start\"],\"action\":\"exec\"", KIND_EXEC},
    {"\"category\":[\"process\"],\"type\":[\"start\"],\"action\":\"fork\"", KIND_FORK},
    {"\"category\":[\"process\"],\"type\":[\"end\"],\"action\":\"end\"", KIND_EXIT},
    {"\"category\":\"process\",\"type\":\"start\"", KIND_EXEC},
    {"\"category\":[\"file\"],\"type\":[\"creation\"],\"action\":\"creation\"", KIND_CREATE},
    {"\"category\":[\"file\"],\"type\":[\"change\"],\"action\":\"rename\"", KIND_RENAME},
    {"\"category\":[\"file\"],\"type\":[\"deletion\"],\"action\":\"deletion\"", KIND_UNLINK},
    {"\"category\":[\"file\"],\"type\":[\"change\"],\"action\":\"modification\"", KIND_WRITE},
    {"\"category\":[\"file\"],\"type\":[\"change\"],\"action\":\"extended_attributes_delete\"",
     KIND_DELETEEXTATTR},
    {"\"category\":[\"file\"],\"type\":[\"access\"],\"action\":\"open\"", KIND_OPEN},
    {"\"category\":[\"network\"],\"type\":[\"start\"],\"action\":\"connection_attempted\"",
     KIND_NETWORK_CONNECT},
    {"\"category\":[\"network\"],\"type\":[\"protocol\",\"info\"],\"action\":\"lookup_requested\"",
     KIND_DNS_QUERY},
    {"\"category\":[\"library\"],\"type\":[\"start\"],\"action\":\"load\"", KIND_MMAP},
    {"\"category\":[\"authentication\"],\"type\":[\"start\"],\"action\":\"log_on\"",
     KIND_AUTHENTICATION},
    {"\"category\":[\"configuration\"],\"action\":\"x\"", KIND_UNKNOWN},
};

static void category_type_and_action_make_the_kind(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct buf b = {0};
        buf_addf(&b, "{\"event\":{%s},\"host\":{\"os\":{\"type\":\"linux\"}}}", kinds[i].event);
        reading_take(r, buf_str(&b), FORMAT_AUTO);
        if (r->ev.kind != kinds[i].kind)
            fail_msg("%s is %s", kinds[i].event, buf_cstr(&r->json));
        assert_true(str_eq(r->ev.category, kind_table[kinds[i].kind].category));
        assert_str(r->ev.product, "linux");
        buf_done(&b);
    }
    reading_free(r);
}

static void files_and_connections_have_their_fields(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    reading_take(
        r,
        STR("{\"@timestamp\":1748779200500,\"event\":{\"category\":[\"file\"],\"action\":"
            "\"rename\"},\"file\":{\"path\":\"/a/b.txt\",\"size\":12,\"mode\":\"0644\",\"Ext\":"
            "{\"original\":{\"path\":\"/a/c\",\"name\":\"c\"}}},\"host\":{\"os\":{\"family\":"
            "\"darwin\"}}}"),
        FORMAT_AUTO);
    assert_holds(r, "\"time\":\"2025-06-01T12:00:00.500000000Z\",\"product\":\"macos\"");
    assert_holds(
        r, "\"file.path\":\"/a/b.txt\",\"file.name\":\"b.txt\",\"file.source_path\":\"/a/c\"");
    assert_holds(r, "\"file.Ext.original.name\":\"c\"");
    reading_take(
        r,
        STR("{\"event\":{\"category\":[\"network\"],\"type\":[\"start\"]},\"source\":{\"ip\":"
            "\"192.0.2.2\",\"port\":5000},\"destination\":{\"ip\":\"203.0.113.5\",\"port\":443,"
            "\"domain\":\"example.com\"},\"network\":{\"transport\":\"tcp\",\"protocol\":"
            "\"tls\",\"direction\":\"egress\"},\"dns\":{\"question\":{\"name\":\"q\",\"type\":"
            "\"A\"},\"resolved_ip\":[\"203.0.113.5\"]}}"),
        FORMAT_AUTO);
    assert_holds(r, "\"network.direction\":\"egress\",\"network.protocol\":\"tcp\"");
    assert_holds(r, "\"network.remote.ip\":\"203.0.113.5\",\"network.remote.port\":443");
    assert_holds(r, "\"dns.query\":\"q\",\"dns.type\":\"A\",\"dns.answers\":[\"203.0.113.5\"]");
    /* Their "protocol" is another thing than ours. */
    assert_holds(r, "\"extra.network.protocol\":\"tls\"");
    reading_free(r);
}

static void odd_documents_do_no_harm(void **state)
{
    (void)state;
    static const char *const odd[] = {
        "{\"_source\":{}}",
        "{\"_source\":[]}",
        "{\"_source\":{\"_source\":{\"process\":{\"pid\":1}}}}",
        "{\"event\":{\"kind\":null,\"category\":[[],{},null]},\"process\":[{\"pid\":1}]}",
        "{\"ecs.version\":1,\"process\":{\"pid\":{\"x\":1},\"args\":{\"y\":2},\"hash\":5}}",
        "{\"@timestamp\":-5,\"process\":{}}",
    };
    struct reading *r = reading_new();
    for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
        reading_take(r, str_of(odd[i]), FORMAT_ECS);
        reading_take(r, str_of(odd[i]), FORMAT_AUTO);
        assert_true(r->ev.time_ns == 0);
    }
    reading_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_read_bare_and_as_a_search_hit),
        cmocka_unit_test(dotted_keys_and_lists_of_one_are_read_like_nested_ones),
        cmocka_unit_test(category_type_and_action_make_the_kind),
        cmocka_unit_test(files_and_connections_have_their_fields),
        cmocka_unit_test(odd_documents_do_no_harm),
    };
    return cmocka_run_group_tests_name("event/normalise_ecs", tests, NULL, NULL);
}
