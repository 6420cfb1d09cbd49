/* device/trust, device/identity, agent/ruleset_file, plan_file, config: what the agent keeps on
 * disk, and what it refuses. */
#include "harness/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/config.h"
#include "agent/plan_file.h"
#include "agent/ruleset_file.h"
#include "crypto/sign.h"
#include "device/identity.h"
#include "device/trust.h"
#include "os/file.h"
#include "proto/signed_file.h"

static struct sign_key *key;
static char key_id[SIGN_KEY_ID_BYTES];
static struct command_key keys[1];

static int make_key(void **state)
{
    (void)state;
    assert_ok(sign_key_new(&key, NULL));
    assert_ok(sign_key_id(key, key_id));
    keys[0] = (struct command_key){str_of(key_id), key};
    return 0;
}

static int free_key(void **state)
{
    (void)state;
    sign_key_free(key);
    return 0;
}

static void trust_comes_back_with_its_keys_and_a_foreign_key_kind_is_refused(void **state)
{
    (void)state;
    char *folder = test_tmpdir();
    char path[512];
    struct buf pem CLEANUP(buf_done) = {0};
    struct trust t;
    struct err err = {0};
    (void)snprintf(path, sizeof path, "%s/trust.json", folder);
    assert_int_equal(trust_load(path, &t, &err), E_NOT_FOUND);
    trust_done(&t);
    assert_ok(sign_public_to_pem(key, &pem, NULL));
    struct enroll_reply reply = {.device = STR("dev-1"),
                                 .certificate = STR("c"),
                                 .ca = STR("ca"),
                                 .command_keys = {buf_str(&pem)},
                                 .command_keys_len = 1,
                                 .ruleset_keys = {buf_str(&pem)},
                                 .ruleset_keys_len = 1,
                                 .server_time_ns = 1};
    assert_ok_err(trust_save(path, &reply, &err), &err);
    assert_ok_err(trust_load(path, &t, &err), &err);
    assert_str(t.device, "dev-1");
    assert_str(t.command_keys[0].id, key_id);
    assert_int_equal(t.ruleset_keys_len, 1);
    trust_done(&t);
    reply.command_keys[0] = STR("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
    assert_ok_err(trust_save(path, &reply, &err), &err);
    assert_int_equal(trust_load(path, &t, &err), E_PARSE);
    assert_non_null(strstr(err.message, path));
    trust_done(&t);
    test_tmpdir_remove(folder);
}

static void an_identity_is_private_and_its_certificate_can_be_replaced_alone(void **state)
{
    (void)state;
    char *folder = test_tmpdir();
    char path[512];
    struct identity got;
    struct identity made = {0};
    struct stat st;
    struct err err = {0};
    buf_add_cstr(&made.key_pem, "key");
    buf_add_cstr(&made.cert_pem, "certificate");
    buf_add_cstr(&made.ca_pem, "ca");
    assert_int_equal(identity_load(folder, &got, &err), E_NOT_FOUND);
    identity_done(&got);
    assert_ok_err(identity_save(folder, &made, getuid(), getgid(), &err), &err);
    (void)snprintf(path, sizeof path, "%s/device.key", folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_ok_err(identity_save_certificate(folder, STR("renewed"), &err), &err);
    assert_ok_err(identity_load(folder, &got, &err), &err);
    assert_str(buf_str(&got.key_pem), "key");
    assert_str(buf_str(&got.cert_pem), "renewed");
    assert_str(buf_str(&got.ca_pem), "ca");
    identity_done(&got);
    identity_done(&made);
    test_tmpdir_remove(folder);
}

/* A file with these bytes, open for reading. */
static int file_with(const char *folder, struct str bytes)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/incoming", folder);
    assert_ok(file_write_atomic(path, bytes, 0600, NULL));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static void a_ruleset_is_taken_only_with_its_signature_and_outlives_a_restart(void **state)
{
    (void)state;
    char *folder = test_tmpdir();
    struct ruleset_file r;
    struct buf signed_bytes CLEANUP(buf_done) = {0};
    struct err err = {0};
    char text[16] = "";
    assert_ok_err(ruleset_file_open(&r, folder, &err), &err);
    assert_int_equal(r.fd, -1);
    assert_ok_err(
        signed_file_seal(STR(SIGNED_PURPOSE_RULESET), STR("the rules"), key, &signed_bytes, &err),
        &err);
    int fd = file_with(folder, buf_str(&signed_bytes));
    assert_ok_err(ruleset_file_receive(&r, fd, keys, 1, &err), &err);
    (void)close(fd);
    assert_int_equal(strlen(r.version), 64);
    assert_int_equal(pread(r.fd, text, sizeof text, 0), 9);
    assert_string_equal(text, "the rules");
    char version[HASH_HEX_BYTES];
    memcpy(version, r.version, sizeof version);
    /* Changed in one byte, or a plan in its place: the old ruleset stays. */
    signed_bytes.ptr[signed_bytes.len - 1] ^= 1;
    fd = file_with(folder, buf_str(&signed_bytes));
    assert_int_equal(ruleset_file_receive(&r, fd, keys, 1, &err), E_CRYPTO);
    (void)close(fd);
    buf_clear(&signed_bytes);
    assert_ok(signed_file_seal(STR(SIGNED_PURPOSE_PLAN), STR("{}"), key, &signed_bytes, NULL));
    fd = file_with(folder, buf_str(&signed_bytes));
    assert_int_equal(ruleset_file_receive(&r, fd, keys, 1, &err), E_CRYPTO);
    (void)close(fd);
    assert_string_equal(r.version, version);
    ruleset_file_close(&r);
    assert_ok_err(ruleset_file_open(&r, folder, &err), &err);
    assert_string_equal(r.version, version);
    assert_true(r.fd >= 0);
    ruleset_file_close(&r);
    test_tmpdir_remove(folder);
}

static void a_plan_is_taken_only_with_its_signature_and_outlives_a_restart(void **state)
{
    (void)state;
    char *folder = test_tmpdir();
    struct plan_file p;
    struct buf signed_bytes CLEANUP(buf_done) = {0};
    struct err err = {0};
    assert_ok_err(plan_file_open(&p, folder, &err), &err);
    assert_int_equal(p.json.len, 0);
    assert_ok(
        signed_file_seal(STR(SIGNED_PURPOSE_PLAN), STR("{\"a\":1}"), key, &signed_bytes, NULL));
    assert_ok_err(plan_file_receive(&p, buf_str(&signed_bytes), keys, 1, &err), &err);
    assert_str(buf_str(&p.json), "{\"a\":1}");
    assert_int_equal(plan_file_receive(&p, STR("garbage"), keys, 1, &err), E_PARSE);
    assert_str(buf_str(&p.json), "{\"a\":1}");
    plan_file_close(&p);
    assert_ok_err(plan_file_open(&p, folder, &err), &err);
    assert_str(buf_str(&p.json), "{\"a\":1}");
    plan_file_close(&p);
    test_tmpdir_remove(folder);
}

static void a_configuration_has_defaults_and_sensor_options_and_names_its_faults(void **state)
{
    (void)state;
    struct arena arena CLEANUP(arena_done) = {0};
    struct agent_config c;
    struct err err = {0};
    uint64_t bytes;
    assert_ok_err(agent_config_parse(STR("server = https://h:1\nsensor.watch = /tmp\n"), "a.conf",
                                     &arena, &c, &err),
                  &err);
    assert_str(c.state_dir, "/var/lib/cordon-agent");
    assert_str(c.sensor_options, "watch=/tmp\n");
    assert_ok(agent_config_spool_bytes(&c, &bytes, &err));
    assert_int_equal(agent_config_parse(STR("sever = x\n"), "a.conf", &arena, &c, &err), E_PARSE);
    assert_non_null(strstr(err.message, "did you mean 'server'"));
    static const char *const bad[][2] = {{"spool_bytes = 12\n", "'12'"},
                                         {"log_level = loud\n", "'loud'"},
                                         {"log_format = xml\n", "'xml'"},
                                         {"server = http://h:1\n", "'http://h:1'"}};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(agent_config_parse(str_of(bad[i][0]), "a.conf", &arena, &c, &err), E_ARG);
        assert_non_null(strstr(err.message, bad[i][1]));
        assert_string_equal(err.source, "a.conf");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trust_comes_back_with_its_keys_and_a_foreign_key_kind_is_refused),
        cmocka_unit_test(an_identity_is_private_and_its_certificate_can_be_replaced_alone),
        cmocka_unit_test(a_ruleset_is_taken_only_with_its_signature_and_outlives_a_restart),
        cmocka_unit_test(a_plan_is_taken_only_with_its_signature_and_outlives_a_restart),
        cmocka_unit_test(a_configuration_has_defaults_and_sensor_options_and_names_its_faults),
    };
    return cmocka_run_group_tests(tests, make_key, free_key);
}
