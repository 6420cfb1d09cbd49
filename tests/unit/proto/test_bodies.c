/* proto: enrollment bodies, channel messages, batch identity, inter-process messages, signed files.
 */
#include "harness/test.h"

#include "proto/agent_msg.h"
#include "proto/batch.h"
#include "proto/channel.h"
#include "proto/enroll.h"
#include "proto/signed_file.h"

static void an_enrollment_survives_the_wire(void **state)
{
    (void)state;
    struct enroll_request sent = {STR("tok"),   STR("pem"),  STR("uuid"), STR("mac \"1\""),
                                  STR("macos"), STR("15.4"), STR("0.1.0")};
    struct enroll_request got;
    struct buf body CLEANUP(buf_done) = {0};
    struct arena arena CLEANUP(arena_done) = {0};
    struct err err = {0};
    assert_ok(enroll_request_write(&sent, &body));
    assert_ok_err(enroll_request_read(buf_str(&body), &arena, &got, &err), &err);
    assert_str(got.hostname, "mac \"1\"");
    assert_str(got.agent_version, "0.1.0");
}

static void an_enrollment_error_names_the_member(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int code;
        const char *part;
    } cases[] = {
        {"{\"protocol\":1,\"csr\":\"c\",\"hostname\":\"h\",\"platform\":\"p\"}", E_PARSE,
         "'hardware_uuid' is missing"},
        {"{\"protocol\":9}", E_VERSION, "protocol version 9"},
        {"{\"protocol\":1,\"csr\":7}", E_PARSE, "'csr' must be a text"},
        {"[]", E_PARSE, "expected a JSON object"},
        {"{\"protocol\":1,\"protocol\":1}", E_PARSE, "duplicate"},
        {"", E_PARSE, "not valid JSON"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena arena CLEANUP(arena_done) = {0};
        struct enroll_request got;
        struct err err = {0};
        assert_int_equal(enroll_request_read(str_of(cases[i].body), &arena, &got, &err),
                         cases[i].code);
        if (str_find(str_of(err.message), str_of(cases[i].part)) == SIZE_MAX)
            fail_msg("'%s' does not say '%s'", err.message, cases[i].part);
    }
}

/* A message of each type with every member it needs. */
static struct channel_msg full_message(enum channel_type type)
{
    return (struct channel_msg){.type = type,
                                .envelope = STR("\x00\x01\xff"),
                                .agent_version = STR("0.1.0"),
                                .ruleset_version = STR("aa"),
                                .boot = STR("boot"),
                                .challenge = STR("00ff"),
                                .action = STR("act"),
                                .state = STR("succeeded"),
                                .reason = STR("because"),
                                .body = STR("{\"a\":1}"),
                                .isolation_generation = 7,
                                .isolation_state = STR("isolated")};
}

static void every_channel_message_survives_the_wire(void **state)
{
    (void)state;
    for (unsigned t = 0; t < CHANNEL_TYPES; t++) {
        struct channel_msg sent = full_message((enum channel_type)t);
        struct channel_msg got;
        struct buf text CLEANUP(buf_done) = {0};
        struct buf again CLEANUP(buf_done) = {0};
        struct arena arena CLEANUP(arena_done) = {0};
        struct err err = {0};
        assert_ok(channel_write(&sent, &text));
        assert_ok_err(channel_read(buf_str(&text), &arena, &got, &err), &err);
        assert_int_equal(got.type, t);
        assert_ok(channel_write(&got, &again));
        assert_str(buf_str(&again), buf_cstr(&text));
    }
}

static void a_channel_message_without_a_needed_member_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{\"type\":\"ack\"}",
        "{\"type\":\"nonsense\"}",
        "{\"type\":\"observed\",\"isolation\":{\"generation\":-1,\"state\":\"isolated\"}}",
        "{\"type\":\"observed\",\"isolation\":{\"generation\":1,\"state\":\"maybe\"}}",
        "{\"type\":\"command\",\"envelope\":\"*\"}",
        "{\"type\":\"facts\"}",
        "{}",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct arena arena CLEANUP(arena_done) = {0};
        struct channel_msg got;
        struct err err = {0};
        assert_int_equal(channel_read(str_of(bad[i]), &arena, &got, &err), E_PARSE);
        assert_true(err.message[0]);
    }
}

static void an_alert_id_depends_on_each_of_its_parts(void **state)
{
    (void)state;
    char a[BATCH_ALERT_ID_CHARS + 1];
    char b[BATCH_ALERT_ID_CHARS + 1];
    assert_ok(batch_alert_id(STR("d"), STR("r"), STR("e"), a));
    assert_ok(batch_alert_id(STR("d"), STR("r"), STR("e"), b));
    assert_string_equal(a, b);
    assert_ok(batch_alert_id(STR("dr"), STR(""), STR("e"), b));
    assert_string_not_equal(a, b);
    assert_ok(batch_alert_id(STR("d"), STR("r"), STR("f"), b));
    assert_string_not_equal(a, b);
    uint64_t n;
    assert_ok(batch_number(STR("9223372036854775807"), &n));
    assert_int_equal(batch_number(STR("0"), &n), E_PARSE);
    assert_int_equal(batch_number(STR("9223372036854775808"), &n), E_PARSE);
    assert_int_equal(batch_number(STR("1a"), &n), E_PARSE);
}

static void a_message_from_the_wrong_process_is_refused(void **state)
{
    (void)state;
    struct err err = {0};
    assert_ok(agent_msg_check(AGENT_COMMAND, AGENT_ROLE_UPLINK, AGENT_ROLE_MONITOR, 100, &err));
    assert_int_equal(
        agent_msg_check(AGENT_COMMAND, AGENT_ROLE_ANALYST, AGENT_ROLE_MONITOR, 100, &err),
        E_DENIED);
    assert_int_equal(
        agent_msg_check(AGENT_COMMAND, AGENT_ROLE_UPLINK, AGENT_ROLE_MONITOR, 600000, &err),
        E_LIMIT);
    assert_int_equal(agent_msg_check(AGENT_NONE, AGENT_ROLE_UPLINK, AGENT_ROLE_MONITOR, 1, &err),
                     E_DENIED);
    assert_int_equal(agent_msg_check(9999, AGENT_ROLE_UPLINK, AGENT_ROLE_MONITOR, 1, &err),
                     E_DENIED);
}

static void an_event_with_alerts_survives_the_socket(void **state)
{
    (void)state;
    struct agent_event sent = {.record = 42, .event = STR("{}"), .alerts_len = 2};
    struct agent_event got;
    struct buf body CLEANUP(buf_done) = {0};
    sent.alerts[0].rule = STR("r1");
    sent.alerts[0].json = STR("{\"x\":1}");
    sent.alerts[1].rule = STR("r2");
    sent.alerts[1].json = STR("{\"x\":2}");
    assert_ok(agent_event_write(&sent, &body));
    assert_ok(agent_event_read(buf_str(&body), &got));
    assert_int_equal(got.record, 42);
    assert_int_equal(got.alerts_len, 2);
    assert_str(got.alerts[1].json, "{\"x\":2}");
    for (size_t cut = 1; cut < body.len; cut++) {
        struct str part = str_n(body.ptr, body.len - cut);
        int rc = agent_event_read(part, &got);
        assert_true(rc == E_PARSE || got.alerts_len < 2);
    }
}

static void a_signed_file_opens_only_for_its_purpose_and_unchanged(void **state)
{
    (void)state;
    struct sign_key *key CLEANUP(sign_key_freep) = NULL;
    char id[SIGN_KEY_ID_BYTES];
    struct buf file CLEANUP(buf_done) = {0};
    struct str payload;
    struct err err = {0};
    assert_ok_err(sign_key_new(&key, &err), &err);
    assert_ok(sign_key_id(key, id));
    struct command_key keys[] = {{str_of(id), key}};
    assert_ok_err(signed_file_seal(STR("ruleset"), STR("the payload"), key, &file, &err), &err);
    assert_ok_err(signed_file_open(buf_str(&file), STR("ruleset"), keys, 1, &payload, &err), &err);
    assert_str(payload, "the payload");
    assert_int_equal((payload.ptr - file.ptr) % 16, 0);
    assert_int_equal(signed_file_open(buf_str(&file), STR("plan"), keys, 1, &payload, &err),
                     E_CRYPTO);
    for (size_t i = 0; i < file.len; i++) {
        file.ptr[i] ^= 1;
        int rc = signed_file_open(buf_str(&file), STR("ruleset"), keys, 1, &payload, &err);
        assert_true(rc == E_CRYPTO || rc == E_PARSE);
        file.ptr[i] ^= 1;
    }
    for (size_t cut = 0; cut < file.len; cut++)
        assert_int_equal(
            signed_file_open(str_n(file.ptr, cut), STR("ruleset"), keys, 1, &payload, &err),
            E_PARSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_enrollment_survives_the_wire),
        cmocka_unit_test(an_enrollment_error_names_the_member),
        cmocka_unit_test(every_channel_message_survives_the_wire),
        cmocka_unit_test(a_channel_message_without_a_needed_member_is_refused),
        cmocka_unit_test(an_alert_id_depends_on_each_of_its_parts),
        cmocka_unit_test(a_message_from_the_wrong_process_is_refused),
        cmocka_unit_test(an_event_with_alerts_survives_the_socket),
        cmocka_unit_test(a_signed_file_opens_only_for_its_purpose_and_unchanged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
