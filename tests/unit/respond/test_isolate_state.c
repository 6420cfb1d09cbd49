#include "respond/isolate_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "harness/test.h"

static struct isolate_record sample(void)
{
    struct isolate_record r = {
        .isolated = true,
        .confirmed = true,
        .has_code = true,
        .since_ns = INT64_C(1754572895880814738),
        .policy = {.generation = UINT64_MAX, .uid = UINT32_MAX, .keep_mdm = true},
    };
    struct isolate_policy *p = &r.policy;
    struct isolate_address a;
    for (size_t i = 0; i < sizeof r.code_hash; i++)
        r.code_hash[i] = (unsigned char)(i * 7);
    assert_ok(isolate_address_parse(STR("192.0.2.10:8443"), &a, NULL));
    assert_ok(isolate_policy_add(p->lifeline, &p->lifeline_len, &a, NULL));
    assert_ok(isolate_address_parse(STR("[2001:db8::10]:443"), &a, NULL));
    assert_ok(isolate_policy_add(p->lifeline, &p->lifeline_len, &a, NULL));
    assert_ok(isolate_policy_add(p->allow, &p->allow_len, &a, NULL));
    return r;
}

static void assert_same(const struct isolate_record *a, const struct isolate_record *b)
{
    assert_int_equal(a->isolated, b->isolated);
    assert_int_equal(a->confirmed, b->confirmed);
    assert_int_equal(a->has_code, b->has_code);
    assert_true(a->since_ns == b->since_ns);
    assert_memory_equal(a->code_hash, b->code_hash, sizeof a->code_hash);
    assert_true(isolate_policy_equal(&a->policy, &b->policy));
}

/* `body` with a seal that fits. */
static void seal(struct buf *out, const char *body)
{
    char hex[HASH_HEX_BYTES];
    assert_ok(hash_sha256_hex(str_of(body), hex));
    buf_addf(out, "%sseal %s\n", body, hex);
}

#define BODY                                                                                       \
    "cordon-isolation 1\nstate released\ngeneration 7\nconfirmed no\n"                             \
    "since 2025-08-07T13:21:35.000000000Z\ncode none\nuid 997\nkeep-mdm no\n"

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    struct isolate_record plain = {.policy.generation = 7, .policy.uid = 997};
    struct isolate_record records[] = {sample(), plain};
    for (size_t i = 0; i < ARRAY_LEN(records); i++) {
        CLEANUP(buf_done) struct buf text = {0};
        struct isolate_record got;
        struct err err = {0};
        assert_ok(isolate_state_add(&text, &records[i]));
        assert_ok_err(isolate_state_parse(buf_str(&text), &got, &err), &err);
        assert_same(&got, &records[i]);
    }
}

static void the_form_of_the_file_is_fixed(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf text = {0};
    struct isolate_record got;
    struct err err = {0};
    seal(&text, BODY "lifeline 192.0.2.1:443\nallow [2001:db8::1]:22\n");
    assert_ok_err(isolate_state_parse(buf_str(&text), &got, &err), &err);
    assert_false(got.isolated);
    assert_int_equal(got.policy.generation, 7);
    assert_int_equal(got.policy.uid, 997);
    assert_int_equal(got.policy.lifeline_len, 1);
    assert_int_equal(got.policy.allow_len, 1);
    assert_int_equal(got.policy.allow[0].port, 22);
}

static void a_flipped_bit_anywhere_is_noticed(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf text = {0};
    struct isolate_record r = sample(), got;
    assert_ok(isolate_state_add(&text, &r));
    for (size_t i = 0; i < text.len; i++) {
        text.ptr[i] ^= 1;
        assert_int_not_equal(isolate_state_parse(buf_str(&text), &got, NULL), 0);
        text.ptr[i] ^= 1;
    }
    for (size_t len = 0; len < text.len; len++)
        assert_int_not_equal(isolate_state_parse(str_n(text.ptr, len), &got, NULL), 0);
}

static void sealed_texts_of_another_form_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int code;
        unsigned line;
    } cases[] = {
        {"", E_PARSE, 0},
        {"cordon-isolation 2\nstate released\n", E_VERSION, 0},
        {"cordon-isolation 1\n", E_PARSE, 1},
        {"cordon-isolation 1\nstate maybe\n", E_PARSE, 2},
        {"cordon-isolation 1\nstate released\ngeneration -1\n", E_PARSE, 3},
        {"cordon-isolation 1\nstate released\ngeneration 18446744073709551616\n", E_PARSE, 3},
        {BODY "surprise\n", E_PARSE, 8},
        {BODY "lifeline nowhere\n", E_PARSE, 9},
        {BODY "allow 192.0.2.1:443\nlifeline 192.0.2.1:443\n", E_PARSE, 9},
        {BODY "lifeline 192.0.2.1:443\nlifeline 192.0.2.1:443\n", E_PARSE, 10},
        {BODY "lifeline 192.0.2.1:0443\n", E_PARSE, 9},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(buf_done) struct buf text = {0};
        struct isolate_record got = {.since_ns = 77};
        struct err err = {0};
        seal(&text, cases[i].body);
        int rc = isolate_state_parse(buf_str(&text), &got, &err);
        if (rc != cases[i].code || err.line != cases[i].line) {
            print_error("case %zu: %s at line %u: %s\n", i, err_name(rc), err.line, err.message);
            fail();
        }
        assert_true(got.since_ns == 77);
    }
}

static void isolated_without_a_lifeline_is_refused(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf text = {0};
    struct isolate_record r = {.isolated = true}, got;
    struct err err = {0};
    assert_ok(isolate_state_add(&text, &r));
    assert_int_equal(isolate_state_parse(buf_str(&text), &got, &err), E_PARSE);
    assert_non_null(strstr(err.message, "lifeline"));
}

static void more_addresses_than_a_policy_holds_are_refused(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf body = {0}, text = {0};
    struct isolate_record got;
    buf_add_cstr(&body, BODY);
    for (unsigned i = 1; i <= ISOLATE_ADDRESSES_MAX + 1; i++)
        buf_addf(&body, "lifeline 192.0.2.%u:443\n", i);
    seal(&text, buf_cstr(&body));
    assert_int_equal(isolate_state_parse(buf_str(&text), &got, NULL), E_LIMIT);
}

static void the_largest_record_fits_the_limit_of_the_file(void **state)
{
    (void)state;
    struct isolate_record r = sample(), got;
    struct isolate_address a = {.v6 = true, .port = 65535};
    memset(a.ip, 0x9f, sizeof a.ip);
    for (unsigned i = 0; i < ISOLATE_ADDRESSES_MAX; i++) {
        a.ip[15] = (unsigned char)(i | 0x80);
        r.policy.lifeline[i] = r.policy.allow[i] = a;
    }
    r.policy.lifeline_len = r.policy.allow_len = ISOLATE_ADDRESSES_MAX;
    CLEANUP(buf_done) struct buf text = {0};
    assert_ok(isolate_state_add(&text, &r));
    assert_true(text.len <= ISOLATE_STATE_BYTES);
    assert_ok(isolate_state_parse(buf_str(&text), &got, NULL));
    assert_same(&got, &r);
}

static void a_file_is_private_and_says_its_name_when_damaged(void **state)
{
    (void)state;
    char *folder = test_tmpdir();
    char path[512];
    (void)snprintf(path, sizeof path, "%s/isolation", folder);
    struct isolate_record r = sample(), got;
    struct err err = {0};
    assert_int_equal(isolate_state_load(path, &got, &err), E_NOT_FOUND);
    err_clear(&err);
    assert_ok_err(isolate_state_save(path, &r, &err), &err);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_ok_err(isolate_state_load(path, &got, &err), &err);
    assert_same(&got, &r);
    FILE *f = fopen(path, "a");
    assert_non_null(f);
    assert_true(fputs("allow 192.0.2.66:443\n", f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(isolate_state_load(path, &got, &err), E_PARSE);
    assert_non_null(strstr(err.source, "isolation"));
    test_tmpdir_remove(folder);
}

static int write_and_read(void *context)
{
    (void)context;
    CLEANUP(buf_done) struct buf text = {0};
    struct isolate_record r = sample(), got;
    int rc = isolate_state_add(&text, &r);
    if (rc == 0)
        rc = isolate_state_parse(buf_str(&text), &got, NULL);
    return rc;
}

static void memory_may_run_out_at_any_point(void **state)
{
    (void)state;
    test_every_allocation_fails(write_and_read, NULL, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(the_form_of_the_file_is_fixed),
        cmocka_unit_test(a_flipped_bit_anywhere_is_noticed),
        cmocka_unit_test(sealed_texts_of_another_form_are_refused_with_their_line),
        cmocka_unit_test(isolated_without_a_lifeline_is_refused),
        cmocka_unit_test(more_addresses_than_a_policy_holds_are_refused),
        cmocka_unit_test(the_largest_record_fits_the_limit_of_the_file),
        cmocka_unit_test(a_file_is_private_and_says_its_name_when_damaged),
        cmocka_unit_test(memory_may_run_out_at_any_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
