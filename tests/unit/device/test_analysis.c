/* device/analysis: a record becomes a message with its alerts; what is no event is kept as
 * evidence; a quiet kind is matched and not sent. */
#include "harness/test.h"

#include "detect/detect.h"
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

static void begin(struct fixture *f)
{
    struct builder *b = NULL;
    struct builder_counts counts = {0};
    struct err err = {0};
    *f = (struct fixture){0};
    assert_ok(builder_new(&b));
    assert_ok_err(builder_add_sigma(b, str_of(rule), "rule", NULL, NULL, &counts, &err), &err);
    assert_int_equal(counts.accepted, 1);
    assert_ok_err(builder_finish(b, &f->image, &err), &err);
    builder_free(b);
    assert_ok_err(ruleset_load(buf_str(&f->image), &f->ruleset, &err), &err);
    assert_ok(engine_new(f->ruleset, &f->engine));
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
    analysis_use(f.analysis, f.ruleset, f.engine);
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
    analysis_use(f.analysis, f.ruleset, f.engine);
    assert_ok(analysis_plan(f.analysis, STR("{\"quiet_kinds\":[\"exec\"]}"), &err));
    assert_false(run(&f, editor, &e));
    assert_true(run(&f, shell, &e));
    assert_int_equal(e.alerts_len, 1);
    assert_int_equal(analysis_plan(f.analysis, STR("[]"), &err), E_PARSE);
    assert_false(run(&f, editor, &e));
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_rules_events_are_sent_and_counted_as_unmatched),
        cmocka_unit_test(a_rule_that_fires_puts_its_alert_beside_the_event),
        cmocka_unit_test(a_record_that_is_no_event_is_kept_as_evidence),
        cmocka_unit_test(a_quiet_kind_is_sent_only_with_an_alert),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
