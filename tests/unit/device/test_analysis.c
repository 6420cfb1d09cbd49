/* device/analysis: a record becomes a message with its alerts; what is no event is kept as
 * evidence; a quiet kind is matched and not sent. */
#include "harness/test.h"

#include <stdio.h>

#include "detect/correlator.h"
#include "detect/detect.h"
#include "detect/list.h"
#include "device/analysis.h"
#include "event/normalise.h"
#include "proto/agent_msg.h"

static const char rule[] = "title: Shell\nid: 11111111-2222-3333-4444-555555555555\nlevel: high\n"
                           "logsource: {product: macos, category: process_creation}\n"
                           "detection:\n  a: {Image|endswith: /sh}\n  condition: a\n";

static const char shell[] =
    "{\"kind\":\"exec\",\"process.pid\":7,\"process.executable\":\"/bin/sh\"}";
static const char editor[] =
    "{\"kind\":\"exec\",\"process.pid\":8,\"process.executable\":\"/bin/ed\"}";

struct fixture {
    struct normaliser *normaliser;
    struct ruleset *ruleset;
    struct engine *engine;
    struct buf image;
    struct analysis *analysis;
    struct buf out;
};

static void load(struct fixture *f, const char *yaml)
{
    struct builder *b = NULL;
    struct builder_counts counts = {0};
    struct err err = {0};
    f->image = (struct buf){0};
    assert_ok(builder_new(&b));
    assert_ok_err(builder_add_sigma(b, str_of(yaml), "rule", NULL, NULL, &counts, &err), &err);
    assert_ok_err(builder_link(b, NULL, NULL, &counts, &err), &err);
    assert_int_equal(counts.refused, 0);
    assert_ok_err(builder_finish(b, &f->image, &err), &err);
    builder_free(b);
    assert_ok_err(ruleset_load(buf_str(&f->image), &f->ruleset, &err), &err);
    assert_ok(engine_new(f->ruleset, &f->engine));
}

static void begin(struct fixture *f)
{
    *f = (struct fixture){0};
    load(f, rule);
    assert_ok(normaliser_new(&f->normaliser));
    assert_ok(analysis_new(f->normaliser, 64, &f->analysis));
}

static void end(struct fixture *f)
{
    analysis_free(f->analysis);
    normaliser_free(f->normaliser);
    engine_free(f->engine);
    ruleset_unref(f->ruleset);
    buf_done(&f->image);
    buf_done(&f->out);
}

static bool run(struct fixture *f, const char *record, struct agent_event *ret)
{
    bool sent = false;
    assert_ok(analysis_record(f->analysis, 5, str_of(record), &f->out, &sent));
    if (sent)
        assert_ok(agent_event_read(buf_str(&f->out), ret));
    return sent;
}

static void without_rules_events_are_sent_and_counted_as_unmatched(void **state)
{
    (void)state;
    struct fixture f;
    struct agent_event e;
    begin(&f);
    assert_true(run(&f, shell, &e));
    assert_int_equal(e.record, 5);
    assert_int_equal(e.alerts_len, 0);
    assert_int_equal(analysis_stats(f.analysis)->no_ruleset, 1);
    end(&f);
}

static void a_rule_that_fires_puts_its_alert_beside_the_event(void **state)
{
    (void)state;
    struct fixture f;
    struct agent_event e;
    begin(&f);
    assert_ok(analysis_use(f.analysis, f.ruleset, f.engine));
    assert_true(run(&f, shell, &e));
    assert_int_equal(e.alerts_len, 1);
    assert_true(str_is(e.alerts[0].rule, "11111111-2222-3333-4444-555555555555"));
    assert_true(str_find(e.alerts[0].json, STR("\"ancestry\":")) != SIZE_MAX);
    assert_true(run(&f, editor, &e));
    assert_int_equal(e.alerts_len, 0);
    end(&f);
}

static void a_record_that_is_no_event_is_kept_as_evidence(void **state)
{
    (void)state;
    struct fixture f;
    struct agent_event e;
    begin(&f);
    assert_true(run(&f, "this is no JSON", &e));
    assert_true(str_find(e.event, STR("\"sensor.record\":\"this is no JSON\"")) != SIZE_MAX);
    assert_int_equal(analysis_stats(f.analysis)->damaged, 1);
    end(&f);
}

static void a_quiet_kind_is_sent_only_with_an_alert(void **state)
{
    (void)state;
    struct fixture f;
    struct agent_event e;
    struct err err = {0};
    begin(&f);
    assert_ok(analysis_use(f.analysis, f.ruleset, f.engine));
    assert_ok(analysis_plan(f.analysis, STR("{\"quiet_kinds\":[\"exec\"]}"), &err));
    assert_false(run(&f, editor, &e));
    assert_true(run(&f, shell, &e));
    assert_int_equal(e.alerts_len, 1);
    assert_int_equal(analysis_plan(f.analysis, STR("[]"), &err), E_PARSE);
    assert_false(run(&f, editor, &e));
    end(&f);
}

/* ------------------------------------------------------------------ correlations */

#define TWICE                                                                                      \
    "---\ntitle: Twice\nid: twice\ncorrelation: {type: event_count, timespan: 1m, "                \
    "rules: [11111111-2222-3333-4444-555555555555], condition: {gte: 2}}\n"

/* As a program does it: the earlier rules go when the new ones are in use. */
static void change_rules(struct fixture *f, const char *yaml)
{
    struct fixture before = *f;
    load(f, yaml);
    assert_ok(analysis_use(f->analysis, f->ruleset, f->engine));
    engine_free(before.engine);
    ruleset_unref(before.ruleset);
    buf_done(&before.image);
}

static void a_correlation_goes_on_when_the_rules_around_it_change(void **state)
{
    (void)state;
    struct fixture f;
    struct agent_event e;
    char yaml[1024];
    begin(&f);
    (void)snprintf(yaml, sizeof yaml, "%s%s", rule, TWICE);
    change_rules(&f, yaml);
    assert_true(run(&f, shell, &e));
    assert_int_equal(e.alerts_len, 0);
    (void)snprintf(yaml, sizeof yaml,
                   "title: Editor\ndetection: {s: {Image|endswith: /ed}, condition: s}\n---\n%s%s",
                   rule, TWICE);
    change_rules(&f, yaml);
    assert_true(run(&f, shell, &e));
    assert_int_equal(e.alerts_len, 1);
    assert_true(str_is(e.alerts[0].rule, "twice"));
    /* Told once in its timespan, whatever rules there are. */
    change_rules(&f, yaml);
    assert_true(run(&f, shell, &e));
    assert_int_equal(e.alerts_len, 0);
    assert_int_equal(analysis_correlations(f.analysis)->alerts, 1);
    end(&f);
}

static int use_under_pressure(void *context)
{
    struct fixture *f = context;
    return analysis_use(f->analysis, f->ruleset, f->engine);
}

static void rules_that_cannot_be_taken_leave_the_earlier_ones_in_use(void **state)
{
    (void)state;
    struct fixture f;
    struct agent_event e;
    char yaml[1024];
    begin(&f);
    (void)snprintf(yaml, sizeof yaml, "%s%s", rule, TWICE);
    change_rules(&f, yaml);
    assert_true(run(&f, shell, &e));
    struct fixture next = f;
    load(&next, yaml);
    test_every_allocation_fails(use_under_pressure, &next, 1000);
    struct fixture before = f;
    f = next;
    assert_true(run(&f, shell, &e));
    assert_int_equal(e.alerts_len, 1);
    engine_free(before.engine);
    ruleset_unref(before.ruleset);
    buf_done(&before.image);
    end(&f);
}

/* ------------------------------------------------------------------ prevent lists */

static unsigned suspects;
static struct agent_suspect last_suspect;

static void note_suspect(void *arg, const struct agent_suspect *s)
{
    (void)arg;
    suspects++;
    last_suspect = *s;
    last_suspect.team_id = (struct str){0}; /* borrowed for the call only */
}

static void use_list(struct fixture *f, const char *text)
{
    struct builder *b = NULL;
    struct list list = {0};
    struct list_counts counts = {0};
    assert_ok(
        list_parse(&list, str_of(text), LIST_FORMAT_AUTO, "l", NULL, NULL, NULL, &counts, NULL));
    assert_ok(builder_new(&b));
    assert_ok(builder_add_list(b, &list, NULL));
    engine_free(f->engine);
    ruleset_unref(f->ruleset);
    buf_done(&f->image);
    assert_ok(builder_finish(b, &f->image, NULL));
    builder_free(b);
    list_done(&list);
    assert_ok(ruleset_load(buf_str(&f->image), &f->ruleset, NULL));
    assert_ok(engine_new(f->ruleset, &f->engine));
    assert_ok(analysis_use(f->analysis, f->ruleset, f->engine));
    analysis_on_suspect(f->analysis, note_suspect, NULL);
    suspects = 0;
}

static void a_listed_program_that_starts_is_told(void **state)
{
    struct fixture f;
    struct agent_event e;
    (void)state;
    begin(&f);
    use_list(&f, "/opt/evil/*\nABCDE12345\n");
    (void)run(&f,
              "{\"kind\":\"exec\",\"process.pid\":7,\"process.pidversion\":9,"
              "\"process.executable\":\"/opt/evil/x\"}",
              &e);
    assert_int_equal(suspects, 1);
    assert_int_equal(last_suspect.pid, 7);
    assert_int_equal(last_suspect.generation, 9);
    (void)run(&f,
              "{\"kind\":\"exec\",\"process.pid\":7,\"process.pidversion\":9,"
              "\"process.executable\":\"/opt/good\",\"process.signing.team_id\":\"ABCDE12345\"}",
              &e);
    assert_int_equal(suspects, 2);
    /* Not listed; part of the system; without the identity that ending it needs; no start. */
    static const char *const others[] = {
        "{\"kind\":\"exec\",\"process.pid\":7,\"process.pidversion\":9,"
        "\"process.executable\":\"/opt/good\"}",
        "{\"kind\":\"exec\",\"process.pid\":7,\"process.pidversion\":9,"
        "\"process.executable\":\"/usr/bin/x\",\"process.signing.team_id\":\"ABCDE12345\"}",
        "{\"kind\":\"exec\",\"process.pid\":7,\"process.executable\":\"/opt/evil/x\"}",
        "{\"kind\":\"open\",\"process.pid\":7,\"process.pidversion\":9,"
        "\"process.executable\":\"/opt/evil/x\"}",
    };
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        (void)run(&f, others[i], &e);
    assert_int_equal(suspects, 2);
    end(&f);
}

static void a_program_without_a_hash_is_told_when_hashes_are_listed(void **state)
{
    struct fixture f;
    struct agent_event e;
    (void)state;
    begin(&f);
    use_list(&f, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n");
    (void)run(&f,
              "{\"kind\":\"exec\",\"process.pid\":7,\"process.pidversion\":9,"
              "\"process.executable\":\"/opt/x\"}",
              &e);
    (void)run(&f,
              "{\"kind\":\"exec\",\"process.pid\":7,\"process.pidversion\":9,"
              "\"process.executable\":\"/usr/bin/x\"}",
              &e);
    assert_int_equal(suspects, 1);
    end(&f);
}

static void what_was_stopped_is_an_alert_that_says_so(void **state)
{
    struct fixture f;
    struct agent_event e;
    (void)state;
    begin(&f);
    assert_true(run(&f,
                    "{\"kind\":\"prevent\",\"process.pid\":7,\"process.pidversion\":9,"
                    "\"process.executable\":\"/opt/x\",\"prevent.program\":\"/opt/x\","
                    "\"prevent.outcome\":\"denied\",\"prevent.type\":\"path\","
                    "\"prevent.value\":\"/opt/*\",\"prevent.reason\":\"why\"}",
                    &e));
    assert_int_equal(e.alerts_len, 1);
    assert_str(e.alerts[0].rule, "prevent:path:/opt/*");
    assert_true(str_find(e.alerts[0].json, STR("Listed Program Kept from Starting")) != SIZE_MAX);
    assert_true(str_find(e.alerts[0].json, STR("\"prevent.reason\":\"why\"")) != SIZE_MAX);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_correlation_goes_on_when_the_rules_around_it_change),
        cmocka_unit_test(rules_that_cannot_be_taken_leave_the_earlier_ones_in_use),
        cmocka_unit_test(a_listed_program_that_starts_is_told),
        cmocka_unit_test(a_program_without_a_hash_is_told_when_hashes_are_listed),
        cmocka_unit_test(what_was_stopped_is_an_alert_that_says_so),
        cmocka_unit_test(without_rules_events_are_sent_and_counted_as_unmatched),
        cmocka_unit_test(a_rule_that_fires_puts_its_alert_beside_the_event),
        cmocka_unit_test(a_record_that_is_no_event_is_kept_as_evidence),
        cmocka_unit_test(a_quiet_kind_is_sent_only_with_an_alert),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
