/* event/normalise_fleetedr: shapes of the macOS 26 recording, in lines of our own. */
#include "normalise_test.h"

#define LINE(type, payload)                                                                        \
    "{\"event_id\":\"E\",\"event_type\":\"" type "\",\"host_id\":\"H\",\"timestamp_ns\":"          \
    "1781013161386143000,\"payload\":{" payload "}}"

static const struct {
    const char *line;
    enum event_kind kind;
    const char *wants[5];
} cases[] = {
    {LINE("exec", "\"pid\":60,\"ppid\":50,\"path\":\"/bin/x\",\"args\":[\"x\",\"-a\"],\"cwd\":\"\","
                  "\"uid\":0,\"gid\":20,\"cdhash\":\"B7F0\",\"sha256\":\"8EC1\",\"code_signing\":"
                  "{\"flags\":637623057,\"is_platform_binary\":false,\"signing_id\":\"com.x\","
                  "\"team_id\":\"\"}"),
     KIND_EXEC,
     {"\"time\":\"2026-06-09T13:52:41.386143000Z\",\"product\":\"macos\",\"category\":"
      "\"process_creation\",\"device.id\":\"H\",\"process.pid\":60,\"process.executable\":"
      "\"/bin/x\",\"process.name\":\"x\",\"process.command_line\":\"x -a\"",
      "\"user.name\":\"root\",\"process.signing.id\":\"com.x\",\"process.signing.team_id\":null,"
      "\"process.signing.cdhash\":\"b7f0\",\"process.signing.flags\":637623057,"
      "\"process.signing.platform_binary\":false,\"process.hash.sha256\":\"8ec1\"",
      "\"process.parent.pid\":50", "\"event_id\":\"E\""}},
    {LINE("fork", "\"child_pid\":60,\"parent_pid\":50"),
     KIND_FORK,
     {"\"process.pid\":50,\"target.process.pid\":60"}},
    {LINE("exit", "\"pid\":60,\"exit_code\":1,\"exit_reason\":\"host_reconciled\""),
     KIND_EXIT,
     {"\"process.exit_status\":1", "\"exit.exit_reason\":\"host_reconciled\""}},
    {LINE("network_connect", "\"direction\":\"outbound\",\"local_address\":\"0.0.0.0\","
                             "\"local_port\":0,\"path\":\"/bin/x\",\"pid\":60,\"protocol\":\"tcp\","
                             "\"remote_address\":\"203.0.113.1\",\"remote_hostname\":\"\","
                             "\"remote_port\":443,\"uid\":501"),
     KIND_NETWORK_CONNECT,
     {"\"network.direction\":\"outbound\",\"network.protocol\":\"tcp\"",
      "\"network.remote.ip\":\"203.0.113.1\",\"network.remote.port\":443,\"event_id\"",
      "\"category\":\"network_connection\""}},
    {LINE("dns_query", "\"path\":\"/bin/x\",\"pid\":60,\"protocol\":\"udp\",\"query_name\":"
                       "\"example.com\",\"query_type\":\"A\",\"response_addresses\":"
                       "[\"203.0.113.4\"],\"uid\":65"),
     KIND_DNS_QUERY,
     {"\"dns.query\":\"example.com\",\"dns.type\":\"A\",\"dns.answers\":[\"203.0.113.4\"]"}},
    {LINE("of its own", "\"x\":{\"y\":1}"), KIND_UNKNOWN, {"\"of its own.x.y\":1"}},
    {"{\"event_type\":\"exec\",\"payload\":{\"pid\":[],\"args\":5,\"cdhash\":7,\"code_signing\":"
     "null},\"timestamp_ns\":\"x\"}",
     KIND_EXEC,
     {"{\"kind\":\"exec\",\"product\":\"macos\",\"category\":\"process_creation\"}"}},
};

static void every_shape_gives_its_fields(void **state)
{
    (void)state;
    struct reading *r = reading_new();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        reading_take(r, str_of(cases[i].line), FORMAT_AUTO);
        if (r->ev.kind != cases[i].kind)
            fail_msg("case %zu: %s", i, buf_cstr(&r->json));
        for (size_t k = 0; k < ARRAY_LEN(cases[i].wants) && cases[i].wants[k]; k++)
            assert_holds(r, cases[i].wants[k]);
        assert_lacks(r, "\"\"");
    }
    reading_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shape_gives_its_fields),
    };
    return cmocka_run_group_tests_name("event/normalise_fleetedr", tests, NULL, NULL);
}
