/* Isolation through pfctl, with a stand-in for the program (fake_pfctl) that keeps rules,
 * references and the enabled state in a folder. */
#include "respond/isolate_pfctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/test.h"
#include "os/file.h"

static char *folder;
static char program[512], token_path[512], before_path[512], system_rules[512];
static struct isolate_pfctl pf;

static void path_of(char out[512], const char *name)
{
    (void)snprintf(out, 512, "%s/%s", folder, name);
}

static void write_file(const char *name, const char *text)
{
    char path[512];
    path_of(path, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void remove_file(const char *name)
{
    char path[512];
    path_of(path, name);
    assert_int_equal(unlink(path), 0);
}

/* Content of a file of the stand-in; "" without it. */
static const char *read_file(const char *name)
{
    static char text[16384];
    char path[512];
    path_of(path, name);
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    text[n] = '\0';
    if (f)
        (void)fclose(f);
    return text;
}

/* Somebody else uses the program. */
static void pfctl(const char *args)
{
    char command[1600];
    (void)snprintf(command, sizeof command, "%s %s 2>/dev/null >/dev/null", program, args);
    assert_int_equal(system(command), 0);
}

static unsigned count(const char *text, const char *word)
{
    unsigned n = 0;
    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
        n++;
    return n;
}

static int set_up(void **state)
{
    (void)state;
    folder = test_tmpdir();
    path_of(program, "pfctl");
    path_of(token_path, "token");
    path_of(before_path, "before");
    path_of(system_rules, "pf.conf");
    char command[1536];
    (void)snprintf(command, sizeof command, "cp %s/tests/unit/respond/fake_pfctl %s",
                   CORDON_SOURCE_DIR, program);
    assert_int_equal(system(command), 0);
    write_file("pf.conf", "scrub-anchor \"com.apple/*\"\nnat-anchor \"com.apple/*\"\n"
                          "anchor \"com.apple/*\"\n"
                          "load anchor \"com.apple\" from \"/etc/pf.anchors/com.apple\"\n");
    pf = (struct isolate_pfctl){.program = program,
                                .token_path = token_path,
                                .before_path = before_path,
                                .system_rules = system_rules};
    char load[520];
    (void)snprintf(load, sizeof load, "-f %s", system_rules);
    pfctl(load);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    isolate_pfctl_done(&pf);
    test_tmpdir_remove(folder);
    return 0;
}

static struct isolate_policy policy(const char *address)
{
    struct isolate_policy p = {.generation = 1, .uid = 497};
    struct isolate_address a;
    assert_ok(isolate_address_parse(str_of(address), &a, NULL));
    assert_ok(isolate_policy_add(p.lifeline, &p.lifeline_len, &a, NULL));
    return p;
}

static void apply(const struct isolate_policy *p)
{
    struct err err = {0};
    assert_ok_err(isolate_pfctl_apply(&pf, p, &err), &err);
}

static void release(void)
{
    struct err err = {0};
    assert_ok_err(isolate_pfctl_release(&pf, &err), &err);
}

static enum isolate_found check(const struct isolate_policy *p, struct err *err)
{
    enum isolate_found found = ISOLATE_ABSENT;
    assert_ok_err(isolate_pfctl_check(&pf, p, &found, err), err);
    return found;
}

static void rules_are_loaded_called_first_and_states_flushed_last(void **state)
{
    (void)state;
    struct isolate_policy p = policy("192.0.2.10:8443");
    struct err err = {0};
    assert_int_equal(check(&p, &err), ISOLATE_ABSENT);
    apply(&p);
    assert_int_equal(check(&p, &err), ISOLATE_AS_WANTED);
    assert_non_null(strstr(read_file("rules.cordon"), "to 192.0.2.10 port = 8443 user = 497 "));
    assert_non_null(
        strstr(read_file("rules.main"), "anchor \"cordon\" all\nanchor \"com.apple/*\""));
    assert_string_equal(read_file("token"), "17284567\n");
    const char *calls = read_file("calls");
    const char *anchor = strstr(calls, "-a cordon -f -\n");
    const char *main_rules = strstr(calls, "\n-f -\n");
    const char *states = strstr(calls, "-F states\n");
    assert_true(anchor && main_rules && states && anchor < main_rules && main_rules < states);
    assert_string_equal(read_file("rules.cordon-check"), "");
}

static void what_was_loaded_before_is_kept_once_as_evidence(void **state)
{
    (void)state;
    struct isolate_policy p = policy("192.0.2.10:8443");
    apply(&p);
    assert_non_null(strstr(read_file("before"), "anchor \"com.apple/*\" all\n"));
    assert_non_null(strstr(read_file("before"), "rdr-anchor"));
    p = policy("192.0.2.11:8443");
    apply(&p);
    assert_null(strstr(read_file("before"), "anchor \"cordon\""));
}

static void release_gives_everything_back(void **state)
{
    (void)state;
    struct isolate_policy p = policy("192.0.2.10:8443");
    struct err err = {0};
    apply(&p);
    release();
    assert_int_equal(check(&p, &err), ISOLATE_ABSENT);
    assert_string_equal(read_file("rules.cordon"), "");
    assert_null(strstr(read_file("rules.main"), "cordon"));
    assert_non_null(strstr(read_file("rules.main"), "com.apple"));
    assert_string_equal(read_file("tokens"), "");
    assert_false(file_exists(token_path));
    release(); /* when there is nothing of ours */
    assert_int_equal(count(read_file("calls"), "pf.conf"), 2);
}

static void pf_that_others_use_stays_enabled(void **state)
{
    (void)state;
    struct isolate_policy p = policy("192.0.2.10:8443");
    pfctl("-E");
    apply(&p);
    release();
    assert_non_null(strstr(read_file("tokens"), " 17284567 "));
    assert_null(strstr(read_file("tokens"), " 17284568 "));
    assert_string_equal(read_file("enabled"), "");
    char enabled[512];
    path_of(enabled, "enabled");
    assert_true(file_exists(enabled));
}

static void a_filter_that_somebody_stopped_is_noticed_and_started_again(void **state)
{
    (void)state;
    struct isolate_policy p = policy("192.0.2.10:8443");
    struct err err = {0};
    apply(&p);
    pfctl("-d");
    assert_int_equal(check(&p, &err), ISOLATE_DIFFERENT);
    assert_string_equal(err.message, "pf is not enabled");
    apply(&p);
    assert_int_equal(check(&p, &err), ISOLATE_AS_WANTED);
    assert_string_equal(read_file("token"), "17284568\n");
}

static void putting_rules_back_takes_no_further_reference(void **state)
{
    (void)state;
    struct isolate_policy p = policy("192.0.2.10:8443");
    struct err err = {0};
    apply(&p);
    pfctl("-F rules");
    assert_int_equal(check(&p, &err), ISOLATE_DIFFERENT);
    assert_string_equal(err.message, "the main ruleset does not call our anchor first");
    apply(&p);
    pfctl("-a cordon -F rules");
    assert_int_equal(check(&p, &err), ISOLATE_DIFFERENT);
    assert_string_equal(err.message, "the rules of our anchor were changed");
    apply(&p);
    assert_int_equal(count(read_file("calls"), "-E\n"), 1);
    /* What pf would print for a policy is asked once. */
    assert_int_equal(count(read_file("calls"), "-a cordon-check -f -\n"), 1);
    assert_int_equal(check(&p, &err), ISOLATE_AS_WANTED);
}

static void a_system_file_that_does_not_load_keeps_nobody_isolated(void **state)
{
    (void)state;
    struct isolate_policy p = policy("192.0.2.10:8443");
    struct err err = {0};
    apply(&p);
    write_file("pf.conf", "this file is broken\n");
    release();
    assert_int_equal(check(&p, &err), ISOLATE_ABSENT);
    assert_non_null(strstr(read_file("rules.main"), "com.apple"));
}

static void a_disk_that_takes_no_token_does_not_stop_containment(void **state)
{
    (void)state;
    struct isolate_policy p = policy("192.0.2.10:8443");
    pf.token_path = "/nonexistent/token";
    apply(&p);
    assert_int_equal(pf.token, 17284567);
    apply(&p);
    assert_int_equal(count(read_file("calls"), "-E\n"), 1);
    release();
    assert_string_equal(read_file("tokens"), "");
}

static void every_call_that_fails_is_told_with_its_words(void **state)
{
    (void)state;
    static const struct {
        const char *call, *words;
        int code;
        const char *says;
    } cases[] = {
        {"fail -a cordon -f -",
         "stdin:2: unknown user\npfctl: Syntax error in config file: pf rules not loaded\n",
         E_STATE, "pfctl: stdin:2: unknown user"},
        {"fail -f -", "pfctl: DIOCXCOMMIT: Device busy\n", E_STATE, "Device busy"},
        {"fail -E", "pfctl: /dev/pf: Permission denied\n", E_DENIED, "/dev/pf"},
        {"fail -s info", "pfctl: /dev/pf: Operation not permitted\n", E_DENIED, "not permitted"},
        {"fail -s rules", "pfctl: DIOCGETRULES: oops\n", E_STATE, "DIOCGETRULES"},
        {"fail -a cordon -s rules", "", E_STATE, "pfctl: ALTQ related functions disabled"},
        {"fail -a cordon-check -f -", "pfctl: no memory\n", E_STATE, "no memory"},
        {"fail -F states", "pfctl: DIOCCLRSTATES: no\n", E_STATE, "DIOCCLRSTATES"},
    };
    struct isolate_policy p = policy("192.0.2.10:8443");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        write_file(cases[i].call, cases[i].words);
        assert_int_equal(isolate_pfctl_apply(&pf, &p, &err), cases[i].code);
        if (!strstr(err.message, cases[i].says))
            print_error("%s: %s\n", cases[i].call, err.message);
        assert_non_null(strstr(err.message, cases[i].says));
        remove_file(cases[i].call);
        release();
        assert_string_equal(read_file("tokens"), "");
    }
}

static void without_the_program_it_is_not_supported(void **state)
{
    (void)state;
    struct isolate_policy p = policy("192.0.2.10:8443");
    struct err err = {0};
    pf.program = "/nonexistent/pfctl";
    assert_int_equal(isolate_pfctl_apply(&pf, &p, &err), E_UNSUPPORTED);
    assert_non_null(strstr(err.message, "/nonexistent/pfctl"));
    assert_int_equal(isolate_pfctl_release(&pf, &err), E_UNSUPPORTED);
}

static void a_dry_run_changes_nothing_and_quotes_what_is_refused(void **state)
{
    (void)state;
    struct isolate_policy p = policy("192.0.2.10:8443");
    struct err err = {0};
    assert_ok_err(isolate_pfctl_dry_run(&pf, &p, &err), &err);
    assert_string_equal(read_file("rules.cordon"), "");
    assert_null(strstr(read_file("rules.main"), "cordon"));
    write_file("fail -n -f -", "stdin:5: syntax error\npfctl: Syntax error in config file\n");
    assert_int_equal(isolate_pfctl_dry_run(&pf, &p, &err), E_STATE);
    assert_string_equal(err.message, "pfctl: stdin:5: syntax error");
}

static void no_lifeline_no_isolation(void **state)
{
    (void)state;
    struct isolate_policy p = {.generation = 1};
    struct err err = {0};
    assert_int_equal(isolate_pfctl_apply(&pf, &p, &err), E_ARG);
    assert_string_equal(read_file("rules.cordon"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(rules_are_loaded_called_first_and_states_flushed_last),
        T(what_was_loaded_before_is_kept_once_as_evidence),
        T(release_gives_everything_back),
        T(pf_that_others_use_stays_enabled),
        T(a_filter_that_somebody_stopped_is_noticed_and_started_again),
        T(putting_rules_back_takes_no_further_reference),
        T(a_system_file_that_does_not_load_keeps_nobody_isolated),
        T(a_disk_that_takes_no_token_does_not_stop_containment),
        T(every_call_that_fails_is_told_with_its_words),
        T(without_the_program_it_is_not_supported),
        T(a_dry_run_changes_nothing_and_quotes_what_is_refused),
        T(no_lifeline_no_isolation),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
