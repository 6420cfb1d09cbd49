/* The self-test's checks that only run programs, with stand-ins that print what the Mac's programs
 * print (launchctl(1), codesign(1), profiles(1), eslogger(1)); the table; the two forms of output.
 * The rest is tested on a real agent by the scenario agent_selftest. */
#include "agent/selftest/selftest.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/selftest/checks.h"
#include "harness/test.h"

static char *folder;
static char eslogger[512], profiles[512], launchctl[512], codesign[512], tcc[512];
static struct selftest_places places;
static struct agent_config config;
static struct selftest test;

static void program(char path[512], const char *name, const char *script)
{
    (void)snprintf(path, 512, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fprintf(f, "#!/bin/sh\n%s\n", script) > 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, 0755), 0);
}

static int set_up(void **state)
{
    (void)state;
    folder = test_tmpdir();
    (void)snprintf(tcc, sizeof tcc, "%s/TCC.db", folder);
    places = (struct selftest_places){eslogger, profiles, launchctl, codesign, tcc};
    test = (struct selftest){.config = &config,
                             .program = "/Library/cordon-agent",
                             .places = &places,
                             .server_time_ns = INT64_MIN};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_tmpdir_remove(folder);
    return 0;
}

static struct selftest_result result_of(void (*check)(struct selftest *, struct selftest_result *))
{
    struct selftest_result r = {0};
    check(&test, &r);
    if (r.state == SELFTEST_FAILED)
        assert_true(strlen(r.todo) > 10);
    else
        assert_string_equal(r.todo, "");
    return r;
}

static void assert_result(void (*check)(struct selftest *, struct selftest_result *),
                          enum selftest_state state, const char *words)
{
    struct selftest_result r = result_of(check);
    if (r.state != state || !strstr(r.text, words))
        print_error("state %d, text: %s\ntodo: %s\n", (int)r.state, r.text, r.todo);
    assert_int_equal(r.state, state);
    assert_non_null(strstr(r.text, words));
}

static void launchd_is_asked_for_the_job(void **state)
{
    (void)state;
    program(launchctl, "launchctl",
            "[ \"$*\" = 'print system/org.cordon.agent' ] || exit 64\n"
            "printf 'system/org.cordon.agent = {\\n\\tactive count = 1\\n\\tpath = "
            "/Library/LaunchDaemons/org.cordon.agent.plist\\n\\tstate = running\\n\\n\\tpid = "
            "4711\\n}\\n'");
    assert_result(check_launchd, SELFTEST_OK, "pid 4711");
    program(launchctl, "launchctl",
            "printf 'system/org.cordon.agent = {\\n\\tstate = spawn scheduled\\n}\\n'");
    assert_result(check_launchd, SELFTEST_FAILED, "does not run: spawn scheduled");
    program(
        launchctl, "launchctl",
        "echo 'Bad request.' >&2\n"
        "echo 'Could not find service \"org.cordon.agent\" in domain for system' >&2\nexit 113");
    assert_result(check_launchd, SELFTEST_FAILED, "no job");
    assert_non_null(strstr(result_of(check_launchd).todo, "launchctl bootstrap system /Library/"));
}

static void the_signature_is_shown_and_verified(void **state)
{
    (void)state;
    program(codesign, "codesign",
            "[ \"$1\" = --verify ] && exit 0\n"
            "printf 'Executable=%s\\nIdentifier=org.cordon.agent\\nFormat=Mach-O universal (x86_64 "
            "arm64)\\nCodeDirectory v=20500 size=1 flags=0x10000(runtime) hashes=1+7 "
            "location=embedded\\nSignature size=9046\\nTeamIdentifier=ABCDE12345\\n' \"$2\" >&2");
    assert_result(check_signature, SELFTEST_OK, "team ABCDE12345 as org.cordon.agent");
    program(codesign, "codesign",
            "[ \"$1\" = --verify ] && exit 0\n"
            "printf 'Identifier=cordon-agent\\nCodeDirectory v=20400 size=1 "
            "flags=0x20002(adhoc,linker-signed) hashes=9+0 location=embedded\\nSignature=adhoc\\n"
            "TeamIdentifier=not set\\n' >&2");
    assert_result(check_signature, SELFTEST_OK, "ad hoc");
    program(codesign, "codesign",
            "[ \"$1\" = --verify ] || exit 0\n"
            "echo \"$3: invalid signature (code or signature have been modified)\" >&2; exit 3");
    assert_result(check_signature, SELFTEST_FAILED, "does not verify");
    program(codesign, "codesign", "echo \"$2: code object is not signed at all\" >&2; exit 1");
    assert_result(check_signature, SELFTEST_FAILED, "is not signed");
}

/* `profiles status` and `profiles show` in one. */
static void managed(const char *installed)
{
    char script[1024];
    (void)snprintf(script, sizeof script,
                   "case $1 in\nstatus) printf 'Enrolled via DEP: No\\nMDM enrollment: Yes (User "
                   "Approved)\\n' ;;\nshow) printf '%s' ;;\nesac",
                   installed);
    program(profiles, "profiles", script);
}

static void profiles_are_wanted_where_there_is_an_mdm(void **state)
{
    (void)state;
    managed("_computerlevel[1] attribute: profileIdentifier: org.cordon.agent.full-disk-access\\n"
            "_computerlevel[2] attribute: profileIdentifier: org.cordon.agent.background-item\\n");
    assert_result(check_profiles, SELFTEST_OK, "both profiles");
    managed("_computerlevel[1] attribute: profileIdentifier: org.cordon.agent.background-item\\n");
    assert_result(check_profiles, SELFTEST_FAILED, "without the profile for Full Disk Access");
    managed("");
    assert_result(check_profiles, SELFTEST_FAILED, "Full Disk Access and that for the background");
    program(profiles, "profiles", "echo 'MDM enrollment: No'");
    assert_result(check_profiles, SELFTEST_OK, "not managed by MDM");
}

static void eslogger_is_asked_what_it_knows(void **state)
{
    (void)state;
    program(eslogger, "eslogger", "[ \"$1\" = --list-events ] && printf 'exec\\nfork\\nexit\\n'");
    assert_result(check_eslogger, SELFTEST_OK, "3 of the wanted events are known, ");
    program(eslogger, "eslogger", "echo nothing of yours");
    assert_result(check_eslogger, SELFTEST_FAILED, "knows none of the wanted events");
    (void)snprintf(eslogger, sizeof eslogger, "/nonexistent/eslogger");
    assert_result(check_eslogger, SELFTEST_FAILED, "/nonexistent/eslogger");
}

static void the_privacy_database_tells_of_full_disk_access(void **state)
{
    (void)state;
    assert_result(check_full_disk_access, SELFTEST_FAILED, "cannot be read");
    assert_non_null(strstr(result_of(check_full_disk_access).todo, "Full Disk Access"));
    FILE *f = fopen(tcc, "w");
    assert_non_null(f);
    assert_int_equal(fclose(f), 0);
    assert_result(check_full_disk_access, SELFTEST_OK, "can be read");
}

static void a_sensor_that_sees_nothing_of_the_device_fails(void **state)
{
    (void)state;
    struct agent_config unknown = {.sensor = STR("linus")};
    test.config = &unknown;
    assert_result(check_sensor, SELFTEST_FAILED, "no sensor 'linus'");
}

static void words_of_programs_cannot_dress_up_the_table(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf out = {0};
    struct selftest_result r = {0};
    const struct selftest_check check = {"name", SELFTEST_BOTH, NULL, "doc"};
    selftest_failed(&r, "Do this.", "says \033[31m\"red\"");
    selftest_add_result(&out, &check, &r, SELFTEST_TABLE);
    assert_str(buf_str(&out), "failed  name              says \\x1b[31m\"red\"\n"
                              "                          -> Do this.\n");
    buf_clear(&out);
    selftest_add_result(&out, &check, &r, SELFTEST_JSON);
    assert_str(buf_str(&out),
               "{\"name\":\"name\",\"doc\":\"doc\",\"state\":\"failed\",\"text\":\"says "
               "\\u001b[31m\\\"red\\\"\",\"todo\":\"Do this.\"}");
}

static void every_row_has_a_name_of_its_own_and_runs_somewhere(void **state)
{
    (void)state;
    size_t rows = 0;
    for (const struct selftest_check *c = selftest_table; c->name; c++, rows++) {
        assert_non_null(c->run);
        assert_true(c->systems && strlen(c->doc) > 10);
        for (const struct selftest_check *d = c + 1; d->name; d++)
            assert_string_not_equal(c->name, d->name);
    }
    assert_int_equal(rows, 19);
}

static void a_check_of_another_system_is_not_run(void **state)
{
    (void)state;
    struct selftest_result r;
    const struct selftest_check check = {"mac", SELFTEST_MACOS, check_launchd, "doc"};
    (void)snprintf(launchctl, sizeof launchctl, "/nonexistent/launchctl");
    selftest_run(&test, &check, &r);
    assert_int_equal(r.state, SELFTEST_ABSENT);
    assert_string_equal(r.text, "not on this system");
}

static void a_test_of_its_own_standing_passes_output_and_status_on(void **state)
{
    (void)state;
    static const char *const argv[] = {"/bin/sh", "-c", "exit 7", NULL};
    static const char *const missing[] = {"/nonexistent/agent", NULL};
    assert_int_equal(selftest_disclaimed(argv), 7);
    assert_int_equal(selftest_disclaimed(missing), -1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(launchd_is_asked_for_the_job),
        T(the_signature_is_shown_and_verified),
        T(profiles_are_wanted_where_there_is_an_mdm),
        T(eslogger_is_asked_what_it_knows),
        T(the_privacy_database_tells_of_full_disk_access),
        T(a_sensor_that_sees_nothing_of_the_device_fails),
        T(words_of_programs_cannot_dress_up_the_table),
        T(every_row_has_a_name_of_its_own_and_runs_somewhere),
        T(a_check_of_another_system_is_not_run),
        T(a_test_of_its_own_standing_passes_output_and_status_on),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
