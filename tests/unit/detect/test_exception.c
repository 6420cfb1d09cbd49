/* detect/exception and detect/engine_except: what hides an alert and what does not, whose rules it
 * is for, how often, until when; what is refused and where; damage. */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "detect/detect.h"
#include "detect/exception.h"
#include "detect/image.h"

static const char *const rules =
    "title: A\nid: rule-a\ntags: [attack.t1059.004]\ndetection: {s: {CommandLine|contains: evil}, "
    "condition: s}\n---\n"
    "title: B\nid: rule-b\ntags: [attack.t1105]\ndetection: {s: {CommandLine|contains: evil}, "
    "condition: s}\n";

struct said {
    unsigned count;
    struct err errs[16];
};

static void keep(void *arg, const struct err *err)
{
    struct said *s = arg;
    if (s->count < ARRAY_LEN(s->errs))
        s->errs[s->count] = *err;
    s->count++;
}

static int build(const char *exceptions, struct buf *image, struct said *said, struct err *err)
{
    struct builder *b = NULL;
    struct builder_counts counts = {0};
    struct builder_counts added = {0};
    *said = (struct said){0};
    int rc = builder_new(&b);
    if (rc == 0)
        rc = builder_add_exceptions(b, str_of(exceptions), "x.yml", keep, said, &added, err);
    if (rc == 0)
        rc = builder_add_sigma(b, str_of(rules), "r.yml", NULL, NULL, &counts, err);
    if (rc == 0)
        rc = builder_finish(b, image, err);
    builder_free(b);
    return rc ? rc : added.refused == said->count ? 0 : E_INTERNAL;
}

struct setup {
    struct buf image;
    struct ruleset *set;
    struct engine *engine;
    struct said said;
};

static void set_up(struct setup *s, const char *exceptions)
{
    struct err err = {0};
    *s = (struct setup){0};
    assert_ok_err(build(exceptions, &s->image, &s->said, &err), &err);
    assert_ok_err(ruleset_load(buf_str(&s->image), &s->set, &err), &err);
    assert_ok(engine_new(s->set, &s->engine));
}

static void tear_down(struct setup *s)
{
    engine_free(s->engine);
    ruleset_unref(s->set);
    buf_done(&s->image);
}

/* An event that both rules match and every test of an exception can be about. */
static struct event event_of_everything(void)
{
    static struct event ev;
    event_clear(&ev);
    ev.kind = KIND_EXEC;
    ev.time_ns = 1000;
    event_set_str(&ev, F_EXECUTABLE, STR("/opt/tool/run"));
    event_set_str(&ev, F_COMMAND_LINE, STR("run --Evil now"));
    event_set_str(&ev, F_SIGNING_ID, STR("com.example.run"));
    event_set_str(&ev, F_TEAM_ID, STR("ABCDE12345"));
    event_set_str(&ev, F_CDHASH, STR("0123456789abcdef0123456789abcdef01234567"));
    event_set_str(&ev, F_SHA256,
                  STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"));
    event_set_str(&ev, F_PARENT_EXECUTABLE, STR("/sbin/launchd"));
    event_set_str(&ev, F_USER, STR("ada"));
    return ev;
}

static int alerts(struct setup *s, const struct event *ev)
{
    const struct match *m;
    return engine_match(s->engine, ev, &m);
}

static void each_condition_hides_what_it_is_about_and_nothing_else(void **state)
{
    static const struct {
        const char *when;
        bool hides;
    } cases[] = {
        {"path: /opt/tool/run", true},
        {"path: /opt/*", true},
        {"path: /opt/tool", false},
        {"signing_id: ABCDE12345:com.example.run", true},
        {"signing_id: ABCDE12345:com.example.ru", false},
        {"signing_id: ABCDE99999:com.example.run", false},
        {"signing_id: platform:com.example.run", false},
        {"team_id: ABCDE12345", true},
        {"team_id: ABCDE12346", false},
        {"cdhash: 0123456789ABCDEF0123456789abcdef01234567", true},
        {"cdhash: 1123456789abcdef0123456789abcdef01234567", false},
        {"sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", true},
        {"parent: /sbin/launchd", true},
        {"parent: /sbin/*", true},
        {"parent: /bin/*", false},
        {"user: ada", true},
        {"user: ad", false},
        {"command_line: EVIL now", true},
        {"command_line: evil  now", false},
        {"device: device-1", true},
        {"device: device-2", false},
        {"{path: /opt/*, user: ada}", true},
        {"{path: /opt/*, user: bob}", false},
        {"{user: [bob, ada], path: [/bin/x, /opt/*]}", true},
        {"{user: [bob, eve], path: [/bin/x, /opt/*]}", false},
    };
    struct event ev = event_of_everything();
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct setup s;
        char text[512];
        bool map = cases[i].when[0] == '{';
        (void)snprintf(text, sizeof text, "- id: x\n  reason: r\n  rules: rule-a\n  when: %s%s%s\n",
                       map ? "" : "{", cases[i].when, map ? "" : "}");
        set_up(&s, text);
        assert_int_equal(s.said.count, 0);
        engine_set_device(s.engine, STR("device-1"));
        if (alerts(&s, &ev) != (cases[i].hides ? 1 : 2))
            fail_msg("when %s: expected %s", cases[i].when, cases[i].hides ? "hidden" : "seen");
        assert_int_equal(engine_hidden(s.engine, 0), cases[i].hides);
        assert_int_equal(engine_stats(s.engine)->hidden, cases[i].hides);
        tear_down(&s);
    }
}

static void an_exception_is_for_the_rules_and_techniques_it_names(void **state)
{
    static const struct {
        const char *scope;
        int alerts;
        uint32_t rules;
    } cases[] = {
        {"rules: rule-a", 1, 1},
        {"rules: [rule-a, rule-b]", 0, 2},
        {"rules: all", 0, 2},
        {"rules: rule-c", 2, 0},
        {"tags: attack.t1059", 1, 1},
        {"tags: T1059.004", 1, 1},
        {"tags: attack.t1059.001", 2, 0},
        {"tags: attack.t1106", 2, 0},
        {"tags: [T1105, T1059]", 0, 2},
    };
    struct event ev = event_of_everything();
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct setup s;
        char text[256];
        (void)snprintf(text, sizeof text, "id: x\nreason: r\n%s\nwhen: {user: ada}\n",
                       cases[i].scope);
        set_up(&s, text);
        assert_int_equal(s.said.count, 0);
        assert_int_equal(alerts(&s, &ev), cases[i].alerts);
        assert_int_equal(ruleset_exception_rules(s.set, 0), cases[i].rules);
        tear_down(&s);
    }
}

static void an_exception_counts_for_events_before_its_expiry(void **state)
{
    struct setup s;
    struct event ev = event_of_everything();
    (void)state;
    set_up(&s, "exceptions:\n- id: x\n  reason: r\n  rules: all\n  expires: 2030-01-01T00:00:00Z\n"
               "  when: {user: ada}\n");
    assert_int_equal(alerts(&s, &ev), 0);
    ev.time_ns = INT64_C(1893456000000000000);
    assert_int_equal(alerts(&s, &ev), 2);
    ev.time_ns--;
    assert_int_equal(alerts(&s, &ev), 0);
    assert_int_equal(engine_hidden(s.engine, 0), 4);
    tear_down(&s);
}

static void the_event_itself_is_untouched_and_other_rules_still_fire(void **state)
{
    struct setup s;
    struct event ev = event_of_everything();
    const struct match *m;
    (void)state;
    set_up(&s, "- {id: x, reason: r, rules: rule-a, when: {user: ada}}\n");
    assert_int_equal(engine_match(s.engine, &ev, &m), 1);
    assert_int_equal(m[0].rule, 1);
    assert_true(m[0].fields_len > 0);
    assert_str(m[0].fields[0].value, "run --Evil now");
    tear_down(&s);
}

static void counts_survive_a_new_ruleset(void **state)
{
    struct setup old;
    struct setup s;
    struct event ev = event_of_everything();
    (void)state;
    set_up(&old, "- {id: x, reason: r, rules: rule-a, when: {user: ada}}\n"
                 "- {id: y, reason: r, rules: rule-b, when: {user: ada}}\n");
    assert_int_equal(alerts(&old, &ev), 0);
    assert_int_equal(alerts(&old, &ev), 0);
    set_up(&s, "- {id: z, reason: r, rules: rule-b, when: {user: bob}}\n"
               "- {id: x, reason: r, rules: rule-a, when: {user: ada}}\n");
    engine_carry_hidden(s.engine, old.engine);
    assert_int_equal(ruleset_exceptions(s.set), 2);
    assert_str(ruleset_exception_id(s.set, 1), "x");
    assert_int_equal(engine_hidden(s.engine, 0), 0);
    assert_int_equal(engine_hidden(s.engine, 1), 2);
    assert_int_equal(alerts(&s, &ev), 1);
    assert_int_equal(engine_hidden(s.engine, 1), 3);
    tear_down(&old);
    tear_down(&s);
}

static void what_is_wrong_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *text;
        uint32_t line;
        const char *words;
    } cases[] = {
        {"- {reason: r, rules: all, when: {user: a}}", 1, "has an id"},
        {"- {id: a b, reason: r, rules: all, when: {user: a}}", 1, "letters, digits"},
        {"- {id: x, rules: all, when: {user: a}}", 1, "no reason"},
        {"- {id: x, reason: r, when: {user: a}}", 1, "neither rules nor tags"},
        {"- {id: x, reason: r, rules: all}", 1, "no 'when'"},
        {"- {id: x, reason: r, rules: all, when: {}}", 1, "between 1 and 256"},
        {"- {id: x, reason: r, rules: all, when: user}", 1, "map of conditions"},
        {"- {id: x, reason: r, rules: all, when: {usr: a}}", 1, "'usr' is no condition"},
        {"- {id: x, reason: r, rules: all, when: {user: {a: b}}}", 1, "one value"},
        {"- {id: x, reason: r, rules: all, when: {user: [[a]]}}", 1, "expected a text"},
        {"- {id: x, reason: r, rules: all, when: {team_id: a}}", 1, "10 upper-case"},
        {"- {id: x, reason: r, rules: all, when: {path: a}}", 1, "begins with"},
        {"- {id: x, reason: r, rules: [], when: {user: a}}", 1, "256 texts"},
        {"- {id: x, reason: r, tags: evil, when: {user: a}}", 1, "no ATT&CK technique"},
        {"- {id: x, reason: r, rules: all, expires: soon, when: {user: a}}", 1, "RFC 3339"},
        {"- {id: x, reason: r, rules: all, expiry: 2030-01-01, when: {user: a}}", 1,
         "unknown key 'expiry'"},
        {"- text", 1, "is a map"},
        {"- {id: x, reason: r, rules: all, when: {user: a}}\n"
         "- {id: x, reason: r, rules: all, when: {user: a}}",
         2, "used twice"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct setup s;
        set_up(&s, cases[i].text);
        assert_int_equal(s.said.count, 1);
        assert_int_equal(s.said.errs[0].line, cases[i].line);
        if (!strstr(s.said.errs[0].message, cases[i].words))
            fail_msg("'%s' does not say '%s'", s.said.errs[0].message, cases[i].words);
        tear_down(&s);
    }
    struct buf image = {0};
    struct said said;
    struct err err = {0};
    assert_int_equal(build("exceptions: 5\n", &image, &said, &err), E_PARSE);
    assert_int_equal(build("exceptions: []\nmore: 1\n", &image, &said, &err), E_PARSE);
    buf_done(&image);
}

static void sealed_damage_is_refused_or_harmless(void **state)
{
    struct setup s;
    struct event ev = event_of_everything();
    unsigned refused = 0;
    unsigned seed = 9;
    (void)state;
    set_up(&s,
           "- {id: x, reason: r, rules: rule-a, when: {user: [bob, ada], path: /opt/*}}\n"
           "- {id: y, reason: r, tags: T1105, when: {signing_id: ABCDE12345:com.example.run}}\n");
    struct image image;
    assert_ok(image_open(buf_str(&s.image), true, &image, NULL));
    size_t from = (size_t)((const char *)image.exceptions - s.image.ptr);
    for (size_t at = from; at + 4 <= s.image.len; at += 4) {
        for (unsigned round = 0; round < 6; round++) {
            uint32_t old;
            uint32_t value =
                round == 0 ? UINT32_MAX : (unsigned)rand_r(&seed) % (round < 4 ? 9 : 4000);
            struct ruleset *r;
            struct engine *e;
            const struct match *m;
            memcpy(&old, s.image.ptr + at, sizeof old);
            memcpy(s.image.ptr + at, &value, sizeof value);
            assert_ok(image_seal(s.image.ptr, s.image.len));
            int rc = ruleset_load(buf_str(&s.image), &r, NULL);
            assert_true(rc == 0 || rc == E_PARSE);
            refused += rc ? 1 : 0;
            if (rc == 0) {
                assert_ok(engine_new(r, &e));
                assert_true(engine_match(e, &ev, &m) >= 0);
                engine_free(e);
                ruleset_unref(r);
            }
            memcpy(s.image.ptr + at, &old, sizeof old);
        }
    }
    assert_true(refused > 50);
    tear_down(&s);
}

static int build_it(void *context)
{
    struct buf image = {0};
    struct said said;
    struct ruleset *r = NULL;
    struct engine *e = NULL;
    (void)context;
    int rc = build("- {id: x, reason: r, rules: rule-a, when: {user: [bob, ada], path: /opt/*}}\n",
                   &image, &said, NULL);
    if (rc == 0)
        rc = ruleset_load(buf_str(&image), &r, NULL);
    if (rc == 0)
        rc = engine_new(r, &e);
    engine_free(e);
    ruleset_unref(r);
    buf_done(&image);
    return rc;
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    test_every_allocation_fails(build_it, NULL, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_condition_hides_what_it_is_about_and_nothing_else),
        cmocka_unit_test(an_exception_is_for_the_rules_and_techniques_it_names),
        cmocka_unit_test(an_exception_counts_for_events_before_its_expiry),
        cmocka_unit_test(the_event_itself_is_untouched_and_other_rules_still_fire),
        cmocka_unit_test(counts_survive_a_new_ruleset),
        cmocka_unit_test(what_is_wrong_is_refused_with_its_place),
        cmocka_unit_test(sealed_damage_is_refused_or_harmless),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests_name("detect/exception", tests, NULL, NULL);
}
