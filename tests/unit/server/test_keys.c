/* server/keys: made once, opened again as they were, and a server certificate that is renewed in
 * time. */
#include "harness/test.h"

#include "base/timefmt.h"
#include "os/clock.h"
#include "server/keys.h"

#define DAY_NS (86400 * NS_PER_S)

static int make_folder(void **state)
{
    *state = test_tmpdir();
    return 0;
}

static int remove_folder(void **state)
{
    test_tmpdir_remove(*state);
    return 0;
}

static struct server_config config_in(const char *folder, struct arena *arena)
{
    struct server_config c;
    assert_ok(server_config_load(NULL, arena, &c, NULL));
    c.keys_dir = arena_fmt(arena, "%s/keys", folder);
    c.kek = arena_fmt(arena, "development:%s/kek", folder);
    return c;
}

static void fingerprint(const struct keys *k, char ret[HASH_HEX_BYTES])
{
    assert_ok(x509_fingerprint(k->server_cert, ret));
}

static void keys_stay_what_they_are(void **state)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct server_config c = config_in(*state, &arena);
    struct keys first;
    struct keys second;
    char a[HASH_HEX_BYTES];
    char b[HASH_HEX_BYTES];
    int64_t now = clock_wall_ns();
    assert_ok(keys_open(&c, now, &first, NULL));
    assert_true(first.created && first.development);
    assert_ok(keys_open(&c, now + DAY_NS, &second, NULL));
    assert_false(second.created);
    assert_string_equal(first.ca_fingerprint, second.ca_fingerprint);
    fingerprint(&first, a);
    fingerprint(&second, b);
    assert_string_equal(a, b);
    keys_close(&first);
    keys_close(&second);
}

static void a_server_certificate_is_renewed_in_its_last_third(void **state)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct server_config c = config_in(*state, &arena);
    struct keys k;
    struct keys later;
    char before[HASH_HEX_BYTES];
    char after[HASH_HEX_BYTES];
    bool changed = true;
    int64_t now = clock_wall_ns();
    assert_ok(keys_open(&c, now, &k, NULL));
    fingerprint(&k, before);
    assert_ok(keys_renew(&c, now + 250 * DAY_NS, &k, &changed, NULL));
    assert_false(changed);
    fingerprint(&k, after);
    assert_string_equal(before, after);
    assert_ok(keys_renew(&c, now + 300 * DAY_NS, &k, &changed, NULL));
    assert_true(changed);
    assert_true(x509_not_after_ns(k.server_cert) > now + 600 * DAY_NS);
    /* It is on disk too. */
    fingerprint(&k, after);
    assert_ok(keys_open(&c, now + 301 * DAY_NS, &later, NULL));
    fingerprint(&later, before);
    assert_string_equal(before, after);
    keys_close(&k);
    keys_close(&later);
}

static void a_renewal_that_fails_changes_nothing(void **state)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct server_config c = config_in(*state, &arena);
    struct err err = {0};
    struct keys k;
    char before[HASH_HEX_BYTES];
    char after[HASH_HEX_BYTES];
    bool changed = false;
    int64_t now = clock_wall_ns();
    assert_ok(keys_open(&c, now, &k, NULL));
    fingerprint(&k, before);
    c.names = STR("");
    assert_int_equal(keys_renew(&c, now, &k, &changed, &err), E_ARG);
    assert_false(changed);
    fingerprint(&k, after);
    assert_string_equal(before, after);
    keys_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_stay_what_they_are, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_server_certificate_is_renewed_in_its_last_third,
                                        make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_renewal_that_fails_changes_nothing, make_folder,
                                        remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
