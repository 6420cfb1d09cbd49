/* crypto/token: form, kinds, and what is refused. */
#include "harness/test.h"

#include "crypto/token.h"

static void a_token_names_its_kind_and_is_new_each_time(void **state)
{
    (void)state;
    struct buf a CLEANUP(buf_done) = {0};
    struct buf b CLEANUP(buf_done) = {0};
    struct str kind;
    assert_ok(token_make(STR("enroll"), &a));
    assert_ok(token_make(STR("enroll"), &b));
    assert_int_equal(a.len, strlen("cordon_enroll_") + TOKEN_SECRET_CHARS);
    assert_true(str_starts(buf_str(&a), STR("cordon_enroll_")));
    assert_false(str_eq(buf_str(&a), buf_str(&b)));
    assert_ok(token_parse(buf_str(&a), &kind));
    assert_str(kind, "enroll");
}

static void a_kind_is_a_short_word_of_small_letters(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "a_b", "A", "a1", "abcdefghijklmnopq", "a b"};
    struct buf b CLEANUP(buf_done) = {0};
    struct str kind;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(token_make(str_of(bad[i]), &b), E_ARG);
    assert_int_equal(b.len, 0);
    assert_ok(token_make(STR("abcdefghijklmnop"), &b));
    assert_ok(token_parse(buf_str(&b), &kind));
    assert_str(kind, "abcdefghijklmnop");
}

static void a_text_of_another_form_is_refused(void **state)
{
    (void)state;
#define SECRET "0123456789_bcdefghijklmnopqrstuvwxyzABCDE-G"
    static const char *const bad[] = {"",
                                      "cordon_",
                                      "cordon_api",
                                      "cordon_api_",
                                      "cordon__" SECRET,
                                      "cordon_api_" SECRET "x",
                                      "Cordon_api_" SECRET,
                                      "cordon_API_" SECRET,
                                      "cordon_api_ 123456789abcdefghijklmnopqrstuvwxyzABCDEFG",
                                      "cordon_api_+123456789abcdefghijklmnopqrstuvwxyzABCDEFG",
                                      "cordon_abcdefghijklmnopq_" SECRET};
    struct str kind = STR("untouched");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(token_parse(str_of(bad[i]), &kind), E_PARSE);
    assert_str(kind, "untouched");
    assert_ok(token_parse(STR("cordon_api_" SECRET), &kind));
    assert_str(kind, "api");
}

static void what_is_stored_is_the_hash_of_the_text(void **state)
{
    (void)state;
    char hex[HASH_HEX_BYTES];
    assert_ok(token_hash(STR("abc"), hex));
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static int make(void *context)
{
    (void)context;
    struct buf b CLEANUP(buf_done) = {0};
    return token_make(STR("api"), &b);
}

static void an_allocation_failure_is_reported_not_fatal(void **state)
{
    (void)state;
    test_every_allocation_fails(make, NULL, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_names_its_kind_and_is_new_each_time),
        cmocka_unit_test(a_kind_is_a_short_word_of_small_letters),
        cmocka_unit_test(a_text_of_another_form_is_refused),
        cmocka_unit_test(what_is_stored_is_the_hash_of_the_text),
        cmocka_unit_test(an_allocation_failure_is_reported_not_fatal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
