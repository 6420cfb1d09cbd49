/* The configuration file: what it keeps, who may read it, and which addresses are servers. */
#include "cli/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "harness/test.h"
#include "os/file.h"

static char *dir;

static int make_dir(void **state)
{
    (void)state;
    dir = test_tmpdir();
    return dir ? 0 : -1;
}

static int drop_dir(void **state)
{
    (void)state;
    test_tmpdir_remove(dir);
    dir = NULL;
    return 0;
}

static const char *in_dir(const char *name)
{
    static char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static struct config sample(void)
{
    return (struct config){.server = (char *)(uintptr_t) "https://cordon.example:8443",
                           .ca = (char *)(uintptr_t) "00ff",
                           .token = (char *)(uintptr_t) "cordon_api_\xc3\xbc",
                           .user = (char *)(uintptr_t) "ada"};
}

static void what_was_saved_is_read_back_and_private(void **state)
{
    (void)state;
    struct config saved = sample();
    struct config c CLEANUP(config_done) = {0};
    struct err err = {0};
    struct stat st;
    const char *path = in_dir("new/folder/config.json");
    assert_ok_err(config_save(path, &saved, &err), &err);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_ok_err(config_load(path, &c, &err), &err);
    assert_string_equal(c.server, saved.server);
    assert_string_equal(c.ca, saved.ca);
    assert_string_equal(c.token, saved.token);
    assert_string_equal(c.user, saved.user);
    assert_null(c.expires);
}

static void a_file_that_others_may_read_is_refused(void **state)
{
    (void)state;
    struct config saved = sample();
    struct config c CLEANUP(config_done) = {0};
    struct err err = {0};
    const char *path = in_dir("config.json");
    assert_ok(config_save(path, &saved, NULL));
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(config_load(path, &c, &err), E_DENIED);
    assert_non_null(strstr(err.message, "chmod 600"));
    assert_null(c.token);
}

static void a_damaged_file_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {{"{\"server\": 1}", "'server' is not a string"},
                 {"[]", "expected an object"},
                 {"{\n\"server\":", "end of"},
                 {"", "end of"}};
    const char *path = in_dir("config.json");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct config c CLEANUP(config_done) = {0};
        struct err err = {0};
        assert_ok(file_write_atomic(path, str_of(cases[i].text), 0600, NULL));
        assert_int_equal(config_load(path, &c, &err), E_PARSE);
        assert_non_null(strstr(err.message, cases[i].message));
    }
    struct config c CLEANUP(config_done) = {0};
    assert_int_equal(config_load(in_dir("none.json"), &c, NULL), E_NOT_FOUND);
}

static void the_path_follows_the_environment(void **state)
{
    (void)state;
    struct buf path CLEANUP(buf_done) = {0};
    assert_int_equal(setenv("CORDON_CONFIG", "/etc/x.json", 1), 0);
    assert_ok(config_path(&path, NULL));
    assert_str(buf_str(&path), "/etc/x.json");
    buf_clear(&path);
    assert_int_equal(unsetenv("CORDON_CONFIG"), 0);
    assert_int_equal(setenv("XDG_CONFIG_HOME", "/xdg", 1), 0);
    assert_ok(config_path(&path, NULL));
    assert_str(buf_str(&path), "/xdg/cordon/config.json");
    buf_clear(&path);
    assert_int_equal(unsetenv("XDG_CONFIG_HOME"), 0);
    assert_int_equal(setenv("HOME", "/home/ada", 1), 0);
    assert_ok(config_path(&path, NULL));
    assert_str(buf_str(&path), "/home/ada/.config/cordon/config.json");
    buf_clear(&path);
    assert_int_equal(unsetenv("HOME"), 0);
    assert_int_equal(config_path(&path, NULL), E_NOT_FOUND);
}

static void only_https_hosts_without_a_path_are_servers(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        const char *server; /* NULL = refused */
    } cases[] = {
        {"https://cordon.example", "https://cordon.example"},
        {"HTTPS://cordon.example:8443/", "https://cordon.example:8443"},
        {"https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"},
        {"http://cordon.example", NULL},
        {"cordon.example", NULL},
        {"https://", NULL},
        {"https:///", NULL},
        {"https://cordon.example/api", NULL},
        {"https://ada:secret@cordon.example", NULL},
        {"https://cordon.example?x=1", NULL},
        {"https://cordon example", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char *server CLEANUP(mem_freep) = NULL;
        int rc = config_server(cases[i].url, &server, NULL);
        assert_int_equal(rc, cases[i].server ? 0 : E_ARG);
        if (cases[i].server)
            assert_string_equal(server, cases[i].server);
    }
}

static void a_fingerprint_is_kept_as_64_digits(void **state)
{
    (void)state;
    const char *typed = "AB:cd:00 11 22334455667788990011223344556677889900112233445566778899";
    const char *kept = "abcd001122334455667788990011223344556677889900112233445566778899";
    char *hex CLEANUP(mem_freep) = NULL;
    assert_ok(config_fingerprint(typed, &hex, NULL));
    assert_string_equal(hex, kept);
    char *none = NULL;
    struct err err = {0};
    assert_int_equal(config_fingerprint("abcd", &none, &err), E_ARG);
    assert_int_equal(config_fingerprint("", &none, &err), E_ARG);
    assert_int_equal(config_fingerprint("abcd0011223344556677889900112233445566778899001122334455"
                                        "6677889900",
                                        &none, &err),
                     E_ARG);
    assert_int_equal(config_fingerprint("xbcd00112233445566778899001122334455667788990011223344"
                                        "5566778899",
                                        &none, &err),
                     E_ARG);
    assert_null(none);
}

static int save_and_load(void *context)
{
    struct config saved = sample();
    struct config c CLEANUP(config_done) = {0};
    int rc = config_save(context, &saved, NULL);
    return rc ? rc : config_load(context, &c, NULL);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    char path[512];
    (void)snprintf(path, sizeof(path), "%s", in_dir("pressure/config.json"));
    test_every_allocation_fails(save_and_load, path, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_saved_is_read_back_and_private, make_dir,
                                        drop_dir),
        cmocka_unit_test_setup_teardown(a_file_that_others_may_read_is_refused, make_dir, drop_dir),
        cmocka_unit_test_setup_teardown(a_damaged_file_is_refused_with_its_place, make_dir,
                                        drop_dir),
        cmocka_unit_test(the_path_follows_the_environment),
        cmocka_unit_test(a_fingerprint_is_kept_as_64_digits),
        cmocka_unit_test(only_https_hosts_without_a_path_are_servers),
        cmocka_unit_test_setup_teardown(every_allocation_may_fail, make_dir, drop_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
