/* proto/command: canonical bytes, envelope, verification, judgement. */
#include "harness/test.h"

#include <stdlib.h>

#include "base/timefmt.h"
#include "proto/command.h"

static struct sign_key *key;
static struct command_key keys[1];
static char key_id[SIGN_KEY_ID_BYTES];

static const struct command sample = {
    .device = {"dev-1", 5},
    .action = {"act-1", 5},
    .name = {"isolate", 7},
    .arguments = {"{\"reason\":\"x\"}", 14},
    .issued_ns = 1000 * NS_PER_S,
    .expires_ns = 2000 * NS_PER_S,
    .generation = 3,
    .nonce = "0123456789abcde",
};

static int make_key(void **state)
{
    (void)state;
    struct err err = {0};
    assert_ok_err(sign_key_new(&key, &err), &err);
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

static void seal(const struct command *c, struct buf *out)
{
    struct err err = {0};
    assert_ok_err(command_seal(c, key, out, &err), &err);
}

static void a_sealed_command_opens_with_all_its_fields(void **state)
{
    (void)state;
    struct buf envelope CLEANUP(buf_done) = {0};
    struct command got;
    struct err err = {0};
    seal(&sample, &envelope);
    assert_ok_err(command_open(buf_str(&envelope), keys, 1, &got, &err), &err);
    assert_str(got.device, "dev-1");
    assert_str(got.action, "act-1");
    assert_str(got.name, "isolate");
    assert_str(got.arguments, "{\"reason\":\"x\"}");
    assert_true(got.issued_ns == sample.issued_ns && got.expires_ns == sample.expires_ns);
    assert_int_equal(got.generation, 3);
    assert_memory_equal(got.nonce, sample.nonce, COMMAND_NONCE_BYTES);
}

static void any_flipped_bit_is_noticed(void **state)
{
    (void)state;
    struct buf envelope CLEANUP(buf_done) = {0};
    seal(&sample, &envelope);
    for (size_t i = 0; i < envelope.len; i++) {
        struct command got;
        struct err err = {0};
        envelope.ptr[i] ^= 1;
        int rc = command_open(buf_str(&envelope), keys, 1, &got, &err);
        assert_true(rc == E_CRYPTO || rc == E_PARSE);
        assert_true(err.message[0]);
        envelope.ptr[i] ^= 1;
    }
}

static void a_cut_or_longer_envelope_is_refused(void **state)
{
    (void)state;
    struct buf envelope CLEANUP(buf_done) = {0};
    struct command got;
    seal(&sample, &envelope);
    for (size_t cut = 0; cut < envelope.len; cut++) {
        /* An exact-size copy, so that a read past the end shows. */
        char *copy = malloc(cut ? cut : 1);
        assert_non_null(copy);
        memcpy(copy, envelope.ptr, cut);
        assert_int_equal(command_open(str_n(copy, cut), keys, 1, &got, NULL), E_PARSE);
        free(copy);
    }
    buf_add_char(&envelope, 'x');
    assert_int_equal(command_open(buf_str(&envelope), keys, 1, &got, NULL), E_PARSE);
}

static void a_key_that_is_not_ours_is_named(void **state)
{
    (void)state;
    struct buf envelope CLEANUP(buf_done) = {0};
    struct sign_key *other CLEANUP(sign_key_freep) = NULL;
    struct command got;
    struct err err = {0};
    assert_ok_err(sign_key_new(&other, &err), &err);
    assert_ok_err(command_seal(&sample, other, &envelope, &err), &err);
    assert_int_equal(command_open(buf_str(&envelope), keys, 1, &got, &err), E_CRYPTO);
    assert_true(str_find(str_of(err.message), STR("unknown key")) != SIZE_MAX);
}

static void a_command_is_judged_by_device_and_server_time(void **state)
{
    (void)state;
    struct err err = {0};
    assert_ok(command_judge(&sample, STR("dev-1"), 1500 * NS_PER_S, &err));
    assert_int_equal(command_judge(&sample, STR("dev-2"), 1500 * NS_PER_S, &err), E_DENIED);
    assert_int_equal(command_judge(&sample, STR("dev-1"), 2000 * NS_PER_S, &err), E_TIMEOUT);
    assert_int_equal(command_judge(&sample, STR("dev-1"), 900 * NS_PER_S, &err), E_TIMEOUT);
    assert_ok(command_judge(&sample, STR("dev-1"), 950 * NS_PER_S, &err));
    assert_int_equal(command_judge(&sample, STR("dev-1"), INT64_MIN, &err), E_STATE);
}

static int seal_and_open(void *context)
{
    (void)context;
    struct buf envelope CLEANUP(buf_done) = {0};
    struct command got;
    int rc = command_seal(&sample, key, &envelope, NULL);
    return rc ? rc : command_open(buf_str(&envelope), keys, 1, &got, NULL);
}

static void an_allocation_failure_is_reported(void **state)
{
    (void)state;
    test_every_allocation_fails(seal_and_open, NULL, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_command_opens_with_all_its_fields),
        cmocka_unit_test(any_flipped_bit_is_noticed),
        cmocka_unit_test(a_cut_or_longer_envelope_is_refused),
        cmocka_unit_test(a_key_that_is_not_ours_is_named),
        cmocka_unit_test(a_command_is_judged_by_device_and_server_time),
        cmocka_unit_test(an_allocation_failure_is_reported),
    };
    return cmocka_run_group_tests(tests, make_key, free_key);
}
