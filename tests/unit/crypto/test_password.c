/* crypto/password: round trips, a known answer, bounds on what a stored text may ask for. */
#include "harness/test.h"

#include "crypto/password.h"

static void a_password_is_recognised_and_another_is_not(void **state)
{
    (void)state;
    struct buf a CLEANUP(buf_done) = {0};
    struct buf b CLEANUP(buf_done) = {0};
    struct err err = {0};
    bool outdated = true;
    assert_ok_err(password_hash(STR("correct horse"), &a, &err), &err);
    assert_ok_err(password_hash(STR("correct horse"), &b, &err), &err);
    assert_true(str_starts(buf_str(&a), STR("$argon2id$v=19$m=19456,t=2,p=1$")));
    assert_false(str_eq(buf_str(&a), buf_str(&b)));
    assert_ok(password_verify(STR("correct horse"), buf_str(&a), &outdated));
    assert_false(outdated);
    assert_int_equal(password_verify(STR("correct horsE"), buf_str(&a), NULL), E_AUTH);
    assert_int_equal(password_verify(STR(""), buf_str(&a), NULL), E_AUTH);
    assert_int_equal(password_verify_nobody(STR("correct horse")), E_AUTH);
    assert_int_equal(password_verify_nobody(STR("")), E_AUTH);
}

static void a_password_may_hold_any_bytes_but_not_too_many(void **state)
{
    (void)state;
    struct buf b CLEANUP(buf_done) = {0};
    struct err err = {0};
    char big[PASSWORD_BYTES_MAX + 1];
    memset(big, 'x', sizeof big);
    assert_int_equal(password_hash(STR(""), &b, &err), E_ARG);
    assert_int_equal(password_hash(str_n(big, sizeof big), &b, &err), E_ARG);
    assert_int_equal(b.len, 0);
    assert_ok(password_hash(STR("a\0b"), &b, &err));
    assert_ok(password_verify(STR("a\0b"), buf_str(&b), NULL));
    assert_int_equal(password_verify(STR("a\0c"), buf_str(&b), NULL), E_AUTH);
    assert_int_equal(password_verify(STR("a"), buf_str(&b), NULL), E_AUTH);
    assert_int_equal(password_verify(str_n(big, sizeof big), buf_str(&b), NULL), E_AUTH);
}

/* From the test program of the reference implementation (version 0x13, Argon2id). */
static void a_known_text_verifies_and_is_outdated(void **state)
{
    (void)state;
    static const char known[] = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ"
                                "$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    bool outdated = false;
    assert_ok(password_verify(STR("password"), str_of(known), &outdated));
    assert_true(outdated);
    assert_int_equal(password_verify(STR("Password"), str_of(known), NULL), E_AUTH);
}

static void a_stored_text_that_is_none_or_asks_too_much_is_refused(void **state)
{
    (void)state;
#define REST "c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
    static const char *const bad[] = {"",
                                      "password",
                                      "$argon2id$",
                                      "$argon2i$v=19$m=256,t=2,p=1$" REST,
                                      "$argon2id$v=16$m=256,t=2,p=1$" REST,
                                      "$argon2id$v=19$m=4194304,t=2,p=1$" REST,
                                      "$argon2id$v=19$m=256,t=1000000,p=1$" REST,
                                      "$argon2id$v=19$m=256,t=2,p=200$" REST,
                                      "$argon2id$v=19$m=256,t=2$" REST,
                                      "$argon2id$v=19$t=2,m=256,p=1$" REST,
                                      "$argon2id$v=19$m=,t=2,p=1$" REST,
                                      "$argon2id$v=19$m=256,t=2,p=1",
                                      "$argon2id$v=19$m=256,t=2,p=1$" REST "x!",
                                      "$argon2id$v=19$m=256,t=2,p=1$!!!$!!!"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(password_verify(STR("password"), str_of(bad[i]), NULL), E_PARSE);
    char big[PASSWORD_STORED_BYTES_MAX + 1];
    memset(big, 'x', sizeof big);
    assert_int_equal(password_verify(STR("password"), str_n(big, sizeof big), NULL), E_PARSE);
}

static int hash(void *context)
{
    (void)context;
    struct buf b CLEANUP(buf_done) = {0};
    return password_hash(STR("x"), &b, NULL);
}

static void an_allocation_failure_is_reported_not_fatal(void **state)
{
    (void)state;
    test_every_allocation_fails(hash, NULL, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_is_recognised_and_another_is_not),
        cmocka_unit_test(a_password_may_hold_any_bytes_but_not_too_many),
        cmocka_unit_test(a_known_text_verifies_and_is_outdated),
        cmocka_unit_test(a_stored_text_that_is_none_or_asks_too_much_is_refused),
        cmocka_unit_test(an_allocation_failure_is_reported_not_fatal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
