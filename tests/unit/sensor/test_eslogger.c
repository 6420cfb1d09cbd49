#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "sensor/eslogger_args.h"
#include "sensor/eslogger_refusal.h"
#include "unit/sensor/sink.h"

static char *folder;

static int set_up(void **state)
{
    (void)state;
    folder = test_tmpdir();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_tmpdir_remove(folder);
    return 0;
}

static void open_script(struct sink *k, const char *script, const char *options)
{
    char path[512], config[1024];
    sink_script(folder, "logger", script, path);
    (void)snprintf(config, sizeof config, "command=%s\n%s", path, options);
    sink_open(k, "eslogger", config);
    sink_start(k);
}

static void lines_of_the_child_arrive_as_they_are(void **state)
{
    (void)state;
    struct sink k;
    open_script(&k,
                "#!/bin/sh\n"
                "printf '{\"a\":1,\"global_seq_num\":0}\\n{\"half\":'\n"
                "sleep 0.05\n"
                "printf '\"line\",\"global_seq_num\":1}\\nnot a record\\n'\n"
                "echo a word of warning >&2\n"
                "printf '{\"b\":2,\"global_seq_num\":2}\\n'\n"
                "exec sleep 100\n",
                "");
    sink_wait_records(&k, 3);
    assert_str(buf_str(&k.text), "{\"a\":1,\"global_seq_num\":0}\n"
                                 "{\"half\":\"line\",\"global_seq_num\":1}\n"
                                 "{\"b\":2,\"global_seq_num\":2}\n");
    struct sensor_health h = sink_health(&k);
    assert_true(h.running);
    assert_int_equal(h.tier, TIER_ESLOGGER);
    assert_int_equal(h.records, 3);
    assert_int_equal(h.lost, 0);
    sink_close(&k);
}

static bool warned(struct sink *k)
{
    return strstr(sink_health(k).text, "needs TCC Full Disk Access") != NULL &&
           sink_health(k).restarts >= 2;
}

static void a_child_that_fails_is_restarted_and_its_words_are_shown(void **state)
{
    (void)state;
    struct sink k;
    open_script(&k,
                "#!/bin/sh\n"
                "echo 'Failed to create ES client: responsible process needs TCC Full Disk Access "
                "authorization' >&2\n"
                "exit 3\n",
                "restart=1ms\nrestart_most=4ms\n");
    sink_wait(&k, warned);
    assert_true(sink_saw(&k, "\"sensor.text\":\"eslogger ended"));
    sink_close(&k);
}

static bool down(struct sink *k)
{
    return !sink_health(k).running;
}

static void while_it_waits_for_a_restart_health_tells_status_and_delay(void **state)
{
    (void)state;
    struct sink k;
    open_script(&k, "#!/bin/sh\necho oops >&2\nexit 3\n", "restart=1h\n");
    sink_wait(&k, down);
    struct sensor_health h = sink_health(&k);
    assert_int_equal(h.tier, TIER_NONE);
    assert_string_equal(h.text, "ended with status 3, restart in 3600000 ms; it says: oops");
    sink_close(&k);
}

static bool lacks_access(struct sink *k)
{
    return strcmp(sink_health(k).condition, "full_disk_access") == 0 &&
           sink_health(k).restarts >= 3;
}

static void without_full_disk_access_health_says_what_to_do(void **state)
{
    (void)state;
    struct sink k;
    open_script(
        &k,
        "#!/bin/sh\n"
        "echo 'Failed to create ES client: Not permitted to create an ES Client, responsible "
        "process needs TCC Full Disk Access authorization "
        "(ES_NEW_CLIENT_RESULT_ERR_NOT_PERMITTED)' >&2\n"
        "echo 'and one more word' >&2\n"
        "exit 1\n",
        "restart=1ms\nrestart_most=2ms\n");
    sink_wait(&k, lacks_access);
    struct sensor_health h = sink_health(&k);
    assert_int_equal(h.tier, TIER_NONE); /* also while one more try has just been started */
    assert_false(h.running);
    assert_true(str_starts(str_of(h.text), STR("give Full Disk Access to cordon-agent or to ")));
    assert_non_null(strstr(h.text, "it says: Failed to create ES client"));
    sink_close(&k);
}

static bool delivers(struct sink *k)
{
    return k->count > 0 && sink_health(k).running;
}

static void a_run_that_delivers_ends_the_trouble_of_the_one_before(void **state)
{
    (void)state;
    struct sink k;
    char script[1024];
    (void)snprintf(
        script, sizeof script,
        "#!/bin/sh\n"
        "if [ -e %s/granted ]; then echo '{\"n\":1}'; exec sleep 100; fi\n"
        ": >%s/granted\n"
        "echo 'Failed to create ES client (ES_NEW_CLIENT_RESULT_ERR_NOT_PRIVILEGED)' >&2\n"
        "exit 1\n",
        folder, folder);
    open_script(&k, script, "restart=1ms\n");
    sink_wait(&k, delivers);
    assert_string_equal(sink_health(&k).text, "");
    assert_string_equal(sink_health(&k).condition, "");
    sink_close(&k);
}

static void every_refusal_is_known_by_its_words(void **state)
{
    (void)state;
    static const struct {
        const char *line, *condition;
    } cases[] = {
        {"Failed to create ES client: Not permitted to create an ES Client, responsible process "
         "needs TCC Full Disk Access authorization (ES_NEW_CLIENT_RESULT_ERR_NOT_PERMITTED)",
         "full_disk_access"},
        {"Failed to create ES client: (ES_NEW_CLIENT_RESULT_ERR_NOT_PRIVILEGED)", "not_root"},
        {"(ES_NEW_CLIENT_RESULT_ERR_NOT_ENTITLED)", "not_entitled"},
        {"(ES_NEW_CLIENT_RESULT_ERR_TOO_MANY_CLIENTS)", "too_many_clients"},
        {"Failed to parse event types", "unknown_event"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct eslogger_refusal *r = eslogger_refusal_find(str_of(cases[i].line));
        assert_non_null(r);
        assert_string_equal(r->condition, cases[i].condition);
    }
    assert_null(eslogger_refusal_find(STR("a word of warning")));
    for (const struct eslogger_refusal *r = eslogger_refusals; r->words; r++) {
        assert_true(strlen(r->todo) > 20 && strlen(r->todo) < 250); /* it fits into health */
        assert_ptr_equal(eslogger_refusal_find(str_of(r->words))->condition, r->condition);
    }
}

/* As Apple's program: one name it does not know, and it refuses all. */
static const char picky[] =
    "#!/bin/sh\n"
    "if [ \"$1\" = --list-events ]; then printf 'exec\\nfork\\ncreate\\n'; exit; fi\n"
    "for name in \"$@\"; do\n"
    "  case $name in exec|fork|create) ;;\n"
    "  *) echo 'Failed to parse event types' >&2; exit 64 ;; esac\n"
    "done\n"
    "echo '{\"n\":1}'\n"
    "exec sleep 100\n";

static bool refused(struct sink *k)
{
    return strcmp(sink_health(k).condition, "unknown_event") == 0;
}

static void a_program_that_refuses_unknown_names_is_asked_which_it_knows(void **state)
{
    (void)state;
    struct sink k;
    open_script(&k, picky, "list_events=yes\n"); /* of the whole base set it knows three */
    sink_wait_records(&k, 1);
    assert_int_equal(sink_health(&k).restarts, 0);
    sink_close(&k);
    open_script(&k, picky, "list_events=no\nrestart=1h\n");
    sink_wait(&k, refused);
    assert_true(str_starts(str_of(sink_health(&k).text), STR("take out of sensor.events ")));
    sink_close(&k);
}

static void missing_sequence_numbers_are_counted_and_reported(void **state)
{
    (void)state;
    struct sink k;
    open_script(&k,
                "#!/bin/sh\n"
                "printf '{\"global_seq_num\":5}\\n{\"global_seq_num\":6}\\n'\n"
                "printf '{\"global_seq_num\":10}\\n{\"global_seq_num\":12}\\n'\n"
                "exec sleep 100\n",
                "");
    sink_wait_records(&k, 4);
    assert_int_equal(sink_health(&k).lost, 4);
    k.v->pause(k.s, false); /* going on tells what is not told yet */
    assert_true(sink_saw(&k, "\"product\":\"macos\",\"sensor.lost\":4"));
    sink_close(&k);
}

static bool restarted_twice(struct sink *k)
{
    return sink_health(k).restarts >= 2;
}

static void a_partial_line_at_the_end_is_discarded_and_counted(void **state)
{
    (void)state;
    struct sink k;
    open_script(&k, "#!/bin/sh\nprintf '{\"whole\":1}\\n{\"cut\":'\n", "restart=1ms\n");
    sink_wait(&k, restarted_twice);
    assert_false(sink_saw(&k, "cut"));
    assert_false(sink_saw(&k, "{{"));
    assert_true(sink_health(&k).lost >= 2);
    sink_close(&k);
}

static void a_line_over_the_limit_is_counted_once(void **state)
{
    (void)state;
    struct sink k;
    open_script(&k,
                "#!/bin/sh\n"
                "printf '{\"n\":0}\\n{\"long\":\"'\n"
                "head -c 4300000 /dev/zero | tr '\\0' x\n"
                "printf '\"}\\n{\"n\":1}\\n'\n"
                "exec sleep 100\n",
                "");
    sink_wait_records(&k, 2);
    assert_str(buf_str(&k.text), "{\"n\":0}\n{\"n\":1}\n");
    assert_int_equal(sink_health(&k).lost, 1);
    sink_close(&k);
}

static bool lost_three(struct sink *k)
{
    return sink_health(k).lost == 3;
}

static void what_arrives_while_paused_is_counted_as_lost(void **state)
{
    (void)state;
    struct sink k;
    char script[1024];
    (void)snprintf(script, sizeof script,
                   "#!/bin/sh\n"
                   "echo '{\"n\":0}'\n"
                   "while [ ! -e %s/go ]; do sleep 0.01; done\n"
                   "for n in 1 2 3; do echo \"{\\\"n\\\":$n}\"; done\n"
                   "while [ ! -e %s/again ]; do sleep 0.01; done\n"
                   "echo '{\"n\":4}'\n"
                   "exec sleep 100\n",
                   folder, folder);
    char path[512];
    open_script(&k, script, "");
    sink_wait_records(&k, 1);
    k.v->pause(k.s, true);
    sink_script(folder, "go", "", path);
    sink_wait(&k, lost_three);
    assert_int_equal(k.count, 1);
    k.v->pause(k.s, false);
    assert_true(sink_saw(&k, "\"sensor.lost\":3"));
    sink_script(folder, "again", "", path);
    sink_wait_records(&k, 2);
    assert_true(sink_saw(&k, "{\"n\":4}"));
    assert_int_equal(sink_health(&k).lost, 3);
    sink_close(&k);
}

static void the_child_has_its_own_group_and_close_ends_all_of_it(void **state)
{
    (void)state;
    struct sink k;
    open_script(&k,
                "#!/bin/sh\n"
                "sleep 1000 &\n"
                "echo \"{\\\"me\\\":$$,\\\"group\\\":$(cut -d' ' -f5 /proc/$$/stat),"
                "\\\"child\\\":$!}\"\n"
                "wait\n",
                "");
    sink_wait_records(&k, 1);
    int me = 0, group = 0, child = 0;
    assert_int_equal(
        sscanf(buf_cstr(&k.text), "{\"me\":%d,\"group\":%d,\"child\":%d}", &me, &group, &child), 3);
    assert_int_equal(me, group);
    assert_int_not_equal(group, getpgrp());
    assert_int_equal(kill(me, 0), 0);
    sink_close(&k);
    assert_int_equal(kill(me, 0), -1);
    assert_int_equal(errno, ESRCH);
    /* The grandchild is killed too; whoever adopts it may take a moment to reap it. */
    char stat_path[64];
    (void)snprintf(stat_path, sizeof stat_path, "/proc/%d/stat", child);
    for (unsigned i = 0; i < 5000; i++) {
        char text[256] = "";
        FILE *f = fopen(stat_path, "r");
        if (f && fgets(text, sizeof text, f) && !strstr(text, ") Z")) {
            (void)fclose(f);
            (void)usleep(2000);
            continue;
        }
        if (f)
            (void)fclose(f);
        return;
    }
    fail();
}

static void only_events_the_program_lists_are_asked_for(void **state)
{
    (void)state;
    struct sink k;
    open_script(&k,
                "#!/bin/sh\n"
                "if [ \"$1\" = --list-events ]; then printf 'exec\\nfork\\ncreate\\n'; exit; fi\n"
                "echo \"{\\\"args\\\":\\\"$*\\\"}\"\n"
                "exec sleep 100\n",
                "arg=--format\narg=json\nlist_events=yes\nevents=exec, telepathy,create\n");
    sink_wait_records(&k, 1);
    assert_str(buf_str(&k.text), "{\"args\":\"--format json exec create\"}\n");
    assert_string_equal(sink_health(&k).text, "1 wanted event types are unknown to this system");
    sink_close(&k);
}

static void options_that_cannot_work_are_refused_at_open(void **state)
{
    (void)state;
    char path[512], config[1024];
    sink_script(folder, "logger", "#!/bin/sh\necho no events for you >&2\nexit 1\n", path);
    struct {
        const char *config;
        int code;
        const char *says;
    } cases[] = {
        {"command=eslogger\n", E_ARG, "absolute path"},
        {"command=/nonexistent/eslogger\n", E_UNSUPPORTED, "/nonexistent/eslogger"},
        {"command=/bin/true\ncolour=red\n", E_ARG, "'colour'"},
        {"command=/bin/true\nresponsible=me\n", E_ARG, "responsible is 'me'"},
        {"command=/bin/true\nrestart=fast\n", E_ARG, "restart is 'fast'"},
        {"command=/bin/true\nlist_events=yes\n", E_UNSUPPORTED, "none of the wanted"},
        {config, E_UNSUPPORTED, "no events for you"},
    };
    (void)snprintf(config, sizeof config, "command=%s\nlist_events=yes\n", path);
    const struct sensor_vtable *v = sensor_find(STR("eslogger"));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sensor *s = NULL;
        struct err err = {0};
        assert_int_equal(v->open(str_of(cases[i].config), &s, &err), cases[i].code);
        assert_null(s);
        if (!strstr(err.message, cases[i].says))
            print_error("case %zu says: %s\n", i, err.message);
        assert_non_null(strstr(err.message, cases[i].says));
    }
}

static void the_base_set_holds_no_firehose_and_fits_the_command_line(void **state)
{
    (void)state;
    struct eslogger_args a = {0};
    struct err err = {0};
    assert_ok_err(eslogger_args_init(&a, STR("command=/bin/true\n"), &err), &err);
    assert_true(a.argv_len > 50 && a.argv_len < 100);
    assert_null(a.argv[a.argv_len]);
    static const char *const firehoses[] = {"open",   "write",  "close",       "stat",
                                            "lookup", "access", "getattrlist", "readdir"};
    for (size_t i = 0; i < a.argv_len; i++) {
        for (size_t j = 0; j < ARRAY_LEN(firehoses); j++)
            assert_string_not_equal(a.argv[i], firehoses[j]);
    }
    assert_string_equal(a.argv[1], "exec");
    eslogger_args_done(&a);
}

static int open_once(void *context)
{
    (void)context;
    const struct sensor_vtable *v = sensor_find(STR("eslogger"));
    struct sensor *s = NULL;
    int rc = v->open(STR("command=/bin/true\narg=x\n"), &s, NULL);
    if (rc == 0)
        v->close(s);
    return rc;
}

static void open_survives_every_allocation_failure(void **state)
{
    (void)state;
    test_every_allocation_fails(open_once, NULL, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_of_the_child_arrive_as_they_are, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_child_that_fails_is_restarted_and_its_words_are_shown,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(while_it_waits_for_a_restart_health_tells_status_and_delay,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_full_disk_access_health_says_what_to_do, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_run_that_delivers_ends_the_trouble_of_the_one_before,
                                        set_up, tear_down),
        cmocka_unit_test(every_refusal_is_known_by_its_words),
        cmocka_unit_test_setup_teardown(
            a_program_that_refuses_unknown_names_is_asked_which_it_knows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(missing_sequence_numbers_are_counted_and_reported, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_partial_line_at_the_end_is_discarded_and_counted, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_line_over_the_limit_is_counted_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_arrives_while_paused_is_counted_as_lost, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_child_has_its_own_group_and_close_ends_all_of_it,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_events_the_program_lists_are_asked_for, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(options_that_cannot_work_are_refused_at_open, set_up,
                                        tear_down),
        cmocka_unit_test(the_base_set_holds_no_firehose_and_fits_the_command_line),
        cmocka_unit_test(open_survives_every_allocation_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
