/* detect/engine: what fires, why, on which log source; regexes, limits, reuse between events. */
#include "harness/test.h"

#include <stdlib.h>

#include "base/buf.h"
#include "detect/detect.h"

struct world {
    struct buf image;
    struct ruleset *rules;
    struct engine *engine;
    const struct match *matches;
    int count;
};

static void print_refused(void *arg, const struct err *err)
{
    (void)arg;
    print_error("%u:%u %s\n", err->line, err->column, err->message);
}

static int try_make(struct world *w, const char *yaml)
{
    *w = (struct world){0};
    struct builder *b;
    int rc = builder_new(&b);
    if (rc)
        return rc;
    struct builder_counts counts = {0};
    rc = builder_add_sigma(b, str_of(yaml), "r.yml", print_refused, NULL, &counts, NULL);
    if (rc == 0)
        rc = builder_finish(b, &w->image, NULL);
    builder_free(b);
    if (rc == 0)
        rc = ruleset_load(buf_str(&w->image), &w->rules, NULL);
    if (rc == 0)
        rc = engine_new(w->rules, &w->engine);
    return rc;
}

static void make(struct world *w, const char *yaml)
{
    assert_ok(try_make(w, yaml));
}

static void done(struct world *w)
{
    engine_free(w->engine);
    ruleset_unref(w->rules);
    buf_done(&w->image);
}

static int match(struct world *w, const struct event *ev)
{
    w->count = engine_match(w->engine, ev, &w->matches);
    return w->count;
}

static struct event exec_event(const char *image, const char *command_line)
{
    struct event ev;
    memset(&ev, 0, sizeof ev);
    event_clear(&ev);
    ev.kind = KIND_EXEC;
    ev.product = STR("macos");
    ev.category = STR("process_creation");
    event_set_str(&ev, F_EXECUTABLE, str_of(image));
    if (command_line)
        event_set_str(&ev, F_COMMAND_LINE, str_of(command_line));
    return ev;
}

#define RULE(title, detection) "---\ntitle: " title "\ndetection:\n" detection

static void a_match_says_which_fields_and_values_made_it(void **state)
{
    (void)state;
    struct world w;
    make(&w, RULE("r", "  s:\n    Image|endswith: /CURL\n"
                       "    process.command_line|contains|all: [' -o', http]\n"
                       "  n:\n    User: null\n"
                       "  other:\n    Image: x\n    CommandLine|contains: curl\n"
                       "  no:\n    CommandLine|contains: safe\n"
                       "  condition: s and n and not no or other\n"));
    struct event ev = exec_event("/usr/bin/curl", "curl -o x http://y");
    assert_int_equal(match(&w, &ev), 1);
    const struct match *m = &w.matches[0];
    assert_int_equal(m->rule, 0);
    assert_int_equal(m->fields_len, 3);
    assert_str(m->fields[0].field, "Image");
    assert_str(m->fields[0].value, "/usr/bin/curl");
    assert_str(m->fields[1].field, "process.command_line");
    assert_str(m->fields[1].value, "curl -o x http://y");
    assert_str(m->fields[2].field, "User");
    assert_null(m->fields[2].value.ptr);
    done(&w);
}

static void each_matching_element_of_a_list_is_reported_once(void **state)
{
    (void)state;
    struct world w;
    make(&w, RULE("r", "  s:\n    process.args|startswith: ['-x', '-y', '-']\n  condition: s\n"));
    static const struct str args[] = {{"ls", 2}, {"-y", 2}, {"-x", 2}};
    struct event ev = exec_event("/bin/ls", NULL);
    event_set_list(&ev, F_ARGS, args, ARRAY_LEN(args));
    assert_int_equal(match(&w, &ev), 1);
    assert_int_equal(w.matches[0].fields_len, 2);
    assert_str(w.matches[0].fields[0].value, "-x");
    assert_str(w.matches[0].fields[1].value, "-y");
    event_set_list(&ev, F_ARGS, args, 1);
    assert_int_equal(match(&w, &ev), 0);
    event_set_list(&ev, F_ARGS, args, 0);
    assert_int_equal(match(&w, &ev), 0);
    done(&w);
}

static void numbers_and_booleans_are_compared_as_text(void **state)
{
    (void)state;
    struct world w;
    make(&w, RULE("number", "  s: {ParentProcessId: -42}\n  condition: s\n")
                 RULE("boolean", "  s: {PlatformBinary: 'True'}\n  condition: s\n")
                     RULE("part", "  s: {ParentProcessId|contains: 80}\n  condition: s\n"));
    struct event ev = exec_event("/bin/ls", NULL);
    event_set_int(&ev, F_PARENT_PID, -42);
    event_set_bool(&ev, F_PLATFORM_BINARY, true);
    assert_int_equal(match(&w, &ev), 2);
    assert_str(w.matches[0].fields[0].value, "-42");
    assert_str(w.matches[1].fields[0].value, "true");
    event_set_int(&ev, F_PARENT_PID, INT64_MIN);
    event_set_bool(&ev, F_PLATFORM_BINARY, false);
    assert_int_equal(match(&w, &ev), 1);
    assert_int_equal(w.matches[0].rule, 2);
    assert_str(w.matches[0].fields[0].value, "-9223372036854775808");
    done(&w);
}

static void fields_of_the_event_that_no_table_knows_are_matched_by_name(void **state)
{
    (void)state;
    struct world w;
    make(&w, RULE("r", "  s: {OriginalFileName: a.exe, 'a.b|re': '^x'}\n  condition: s\n"));
    struct extra extras[] = {
        {STR("a.b"), {.type = VALUE_NULL}},
        {STR("OriginalFileName"), {.type = VALUE_STR, .s = STR("A.EXE")}},
        {STR("a.b"), {.type = VALUE_STR, .s = STR("y")}},
        {STR("a.b"), {.type = VALUE_STR, .s = STR("xy")}},
        {STR("originalfilename"), {.type = VALUE_STR, .s = STR("A.EXE")}},
    };
    struct event ev = exec_event("/bin/ls", NULL);
    ev.extras = extras;
    ev.extras_len = 4;
    assert_int_equal(match(&w, &ev), 1);
    assert_str(w.matches[0].fields[1].value, "xy");
    ev.extras_len = 3;
    assert_int_equal(match(&w, &ev), 0);
    ev.extras = extras + 2;
    assert_int_equal(match(&w, &ev), 0);
    done(&w);
}

static void null_and_exists_ask_whether_a_field_has_a_value(void **state)
{
    (void)state;
    struct world w;
    make(&w, RULE("absent", "  s: {User: null}\n  condition: s\n")
                 RULE("exists", "  s: {User|exists: true}\n  condition: s\n")
                     RULE("anything", "  s: {User: '*'}\n  condition: s\n")
                         RULE("gone", "  s: {User|exists: false}\n  condition: s\n")
                             RULE("empty", "  s: {User: ''}\n  condition: s\n"));
    struct event ev = exec_event("/bin/ls", NULL);
    assert_int_equal(match(&w, &ev), 2);
    assert_int_equal(w.matches[0].rule, 0);
    assert_int_equal(w.matches[1].rule, 3);
    event_set(&ev, F_USER, (struct value){.type = VALUE_NULL});
    assert_int_equal(match(&w, &ev), 2);
    event_set_str(&ev, F_USER, (struct str){0});
    assert_int_equal(match(&w, &ev), 3);
    assert_int_equal(w.matches[0].rule, 1);
    assert_int_equal(w.matches[2].rule, 4);
    assert_non_null(w.matches[2].fields[0].value.ptr);
    done(&w);
}

static void words_without_a_field_are_found_in_every_value(void **state)
{
    (void)state;
    struct world w;
    make(&w, RULE("word", "  s: [needle, 'ha?stack', 4711]\n  condition: s\n")
                 RULE("all", "  s: {'|all': [one, two]}\n  condition: s\n")
                     RULE("regex", "  s: {'|re': '^N.*e$'}\n  condition: s\n"));
    struct extra extras[] = {{STR("message"), {.type = VALUE_STR, .s = STR("a Needle")}},
                             {STR(""), {.type = VALUE_STR, .s = STR("two")}}};
    struct event ev = exec_event("/bin/one", NULL);
    assert_int_equal(match(&w, &ev), 0);
    ev.extras = extras;
    ev.extras_len = 1;
    assert_int_equal(match(&w, &ev), 1);
    assert_str(w.matches[0].fields[0].field, "keywords");
    assert_str(w.matches[0].fields[0].value, "a Needle");
    ev.extras_len = 2;
    assert_int_equal(match(&w, &ev), 2);
    event_set_str(&ev, F_USER, STR("Nothing, here!"));
    assert_int_equal(match(&w, &ev), 2);
    event_set_str(&ev, F_USER, STR("Nothing here: hay-"));
    event_set_int(&ev, F_PID, 147110);
    static const struct str args[] = {{"x", 1}, {"Nice", 4}, {"hay.stack", 9}};
    event_set_list(&ev, F_ARGS, args, 3);
    ev.extras_len = 0;
    assert_int_equal(match(&w, &ev), 2);
    assert_int_equal(w.matches[0].fields_len, 1);
    assert_str(w.matches[0].fields[0].value, "147110");
    assert_str(w.matches[1].fields[0].value, "Nice");
    done(&w);
}

/* Many literals for one field: its matchers look for the words as well, for each product its own.
 */
static void words_are_found_in_a_field_that_has_many_literals(void **state)
{
    (void)state;
    struct buf yaml = {0};
    for (unsigned product = 0; product < 3; product++) {
        buf_addf(&yaml,
                 "---\ntitle: many %u\nlogsource: {product: p%u}\ndetection:\n  s:\n"
                 "    Image|contains:\n",
                 product, product);
        for (unsigned i = 0; i < 30; i++)
            buf_addf(&yaml, "      - literal-%u-%u\n", product, i);
        buf_addf(&yaml,
                 "  condition: s\n---\ntitle: words %u\nlogsource: {product: p%u}\n"
                 "detection: {s: [word-%u, everywhere], condition: s}\n",
                 product, product, product);
    }
    buf_add_cstr(&yaml, RULE("few", "  s: {CommandLine|contains: rarely}\n  condition: s\n"));
    struct world w;
    make(&w, buf_cstr(&yaml));
    buf_done(&yaml);
    const struct {
        const char *product;
        const char *image;
        const char *line;
        int matches;
        uint32_t first;
    } cases[] = {{"p0", "x LITERAL-0-7 x", "x", 1, 0},
                 {"p0", "x literal-1-7 x", "x", 0, 0},
                 {"p0", "the word-0 alone", "x", 1, 1},
                 {"p0", "x", "the word-0 alone", 1, 1},
                 {"p0", "the word-1 alone", "and word-2", 0, 0},
                 {"p1", "Word-1 and literal-1-1", "x", 2, 2},
                 {"p2", "x", "everywhere", 1, 5},
                 {"p3", "everywhere and literal-1-1", "x", 0, 0},
                 {"", "everywhere and literal-1-1", "x", 4, 1},
                 {"", "x", "word-0 word-2", 2, 1}};
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
            struct event ev = exec_event(cases[i].image, cases[i].line);
            ev.product = str_of(cases[i].product);
            assert_int_equal(match(&w, &ev), cases[i].matches);
            assert_int_equal(w.count ? w.matches[0].rule : 0, cases[i].first);
        }
    }
    done(&w);
}

static void values_are_compared_as_the_modifiers_say(void **state)
{
    (void)state;
    struct world w;
    make(&w, RULE("0", "  s: {Image|cased: '/Bin/*'}\n  condition: s\n")
                 RULE("1", "  s: {Image|neq: [/bin/ls, /bin/sh]}\n  condition: s\n")
                     RULE("2", "  s: {ProcessId|gt: 5, ParentProcessId|lte: -1}\n  condition: s\n")
                         RULE("3", "  s: {DestinationIp|cidr: 10.0.0.0/8}\n  condition: s\n")
                             RULE("4", "  s: {CommandLine|fieldref|contains: Image}\n"
                                       "  condition: s\n")
                                 RULE("5", "  s: {Image|fieldref|endswith: process.name}\n"
                                           "  condition: s\n")
                                     RULE("6", "  s: {CommandLine|contains|windash: ' -k'}\n"
                                               "  condition: s\n"));
    struct event ev = exec_event("/Bin/LS", "run /bin/ls /k");
    event_set_int(&ev, F_PID, 6);
    event_set_int(&ev, F_PARENT_PID, -1);
    event_set_str(&ev, F_NET_REMOTE_IP, STR("::ffff:10.9.8.7"));
    event_set_str(&ev, F_NAME, STR("ls"));
    assert_int_equal(match(&w, &ev), 6);
    for (int i = 0; i < 6; i++)
        assert_int_equal(w.matches[i].rule, i == 0 ? 0 : i + 1);
    ev = exec_event("/bin/zsh", "run /bin/ls -K");
    event_set_str(&ev, F_PID, STR("x"));
    event_set_str(&ev, F_NET_REMOTE_IP, STR("localhost"));
    event_set_str(&ev, F_NAME, STR("ls"));
    assert_int_equal(match(&w, &ev), 2);
    assert_int_equal(w.matches[0].rule, 1);
    assert_int_equal(w.matches[1].rule, 6);
    done(&w);
}

static void rules_apply_to_the_log_sources_they_name(void **state)
{
    (void)state;
    struct world w;
#define SOURCED(title, source)                                                                     \
    "---\ntitle: " title "\nlogsource: " source "\ndetection:\n  s: {User: null}\n  condition: "   \
    "s\n"
    make(&w, SOURCED("0", "{}") SOURCED("1", "{product: macos}") SOURCED("2", "{product: windows}")
                 SOURCED("3", "{category: process_creation}")
                     SOURCED("4", "{product: macos, category: file_event}")
                         SOURCED("5", "{product: macos, service: tcc}"));
    static const struct {
        const char *product;
        const char *category;
        const char *service;
        enum event_kind kind;
        unsigned rules; /* bit r: rule r fires */
    } cases[] = {
        {"macos", "process_creation", "", KIND_EXEC, 0x0b},
        {"MACOS", "Process_Creation", "", KIND_EXEC, 0x0b},
        {"macos", "file_event", "", KIND_CREATE, 0x13},
        {"macos", "", "", KIND_TCC_MODIFY, 0x03},
        {"macos", "", "tcc", KIND_TCC_MODIFY, 0x23},
        {"macos", "", "", KIND_UNKNOWN, 0x3b},
        {"linux", "process_creation", "", KIND_EXEC, 0x09},
        {"", "", "", KIND_EXEC, 0x3f},
        {"", "", "", KIND_UNKNOWN, 0x3f},
        {"", "process_creation", "", KIND_EXEC, 0x0f},
        {"", "process_creation", "", KIND_UNKNOWN, 0x0f},
        {"", "process_creation", "tcc", KIND_UNKNOWN, 0x2f},
    };
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
            struct event ev = exec_event("/bin/ls", NULL);
            ev.kind = cases[i].kind;
            ev.product = str_of(cases[i].product);
            ev.category = str_of(cases[i].category);
            ev.service = str_of(cases[i].service);
            unsigned fired = 0;
            assert_true(match(&w, &ev) >= 0);
            for (int m = 0; m < w.count; m++)
                fired |= 1u << w.matches[m].rule;
            if (fired != cases[i].rules)
                print_error("case %zu\n", i);
            assert_int_equal(fired, cases[i].rules);
        }
    }
    done(&w);
}

static void more_log_sources_than_are_remembered_are_still_told_apart(void **state)
{
    (void)state;
    struct world w;
    make(&w, SOURCED("0", "{product: p7}") SOURCED("1", "{product: p33}"));
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 40; i++) {
            struct buf name = {0};
            buf_addf(&name, "p%d", i);
            for (int k = 0; i == 20 && k < 100; k++)
                buf_add_char(&name, 'x');
            struct event ev = exec_event("/bin/ls", NULL);
            ev.product = buf_str(&name);
            assert_int_equal(match(&w, &ev), i == 7 || i == 33 ? 1 : 0);
            buf_done(&name);
        }
    }
    done(&w);
}

static void a_rule_is_a_candidate_only_when_a_witness_holds(void **state)
{
    (void)state;
    struct world w;
    make(&w, RULE("rare", "  s: {CommandLine|contains: [a, rarewordindeed]}\n"
                          "  t: {Image|endswith: /osascript}\n  condition: all of them\n")
                 RULE("regex", "  s: {CommandLine|re: 'needle[0-9]+'}\n  condition: s\n"));
    struct event ev = exec_event("/bin/ls", "a long command line");
    assert_int_equal(match(&w, &ev), 0);
    assert_int_equal(engine_stats(w.engine)->candidates, 0);
    assert_int_equal(engine_stats(w.engine)->regex_runs, 0);
    ev = exec_event("/usr/bin/osascript", "a needle7");
    assert_int_equal(match(&w, &ev), 2);
    assert_int_equal(engine_stats(w.engine)->candidates, 2);
    assert_int_equal(engine_stats(w.engine)->events, 2);
    assert_int_equal(engine_stats(w.engine)->matches, 2);
    assert_true(engine_stats(w.engine)->regex_runs >= 1);
    done(&w);
}

static void a_regex_that_hits_its_limit_is_no_match_and_counted(void **state)
{
    (void)state;
    struct world w;
    make(&w, RULE("wild", "  s: {CommandLine|re: '(x+x+)+y$'}\n  condition: s\n"));
    struct buf text = {0};
    for (int i = 0; i < 3000; i++)
        buf_add_char(&text, 'x');
    buf_add_cstr(&text, "y!");
    struct event ev = exec_event("/bin/ls", buf_cstr(&text));
    assert_int_equal(match(&w, &ev), 0);
    assert_int_equal(engine_stats(w.engine)->regex_limited, 1);
    ev = exec_event("/bin/ls", "xxy");
    assert_int_equal(match(&w, &ev), 1);
    buf_done(&text);
    done(&w);
}

static void a_reported_value_is_cut_between_characters(void **state)
{
    (void)state;
    struct world w;
    make(&w, RULE("r", "  s: {CommandLine|startswith: x}\n  condition: s\n"));
    struct buf text = {0};
    buf_add_cstr(&text, "x");
    for (int i = 0; i < 3000; i++)
        buf_add_cstr(&text, "\xc3\xa9");
    struct event ev = exec_event("/bin/ls", buf_cstr(&text));
    assert_int_equal(match(&w, &ev), 1);
    assert_int_equal(w.matches[0].fields[0].value.len, 4095);
    buf_done(&text);
    done(&w);
}

static void many_reasons_are_cut_to_a_bounded_number(void **state)
{
    (void)state;
    struct buf yaml = {0};
    buf_add_cstr(&yaml, "title: r\ndetection:\n  s:\n");
    struct extra extras[200];
    struct buf names[200] = {0};
    for (int i = 0; i < 200; i++) {
        buf_addf(&yaml, "    f%d: v\n", i);
        buf_addf(&names[i], "f%d", i);
        extras[i] = (struct extra){buf_str(&names[i]), {.type = VALUE_STR, .s = STR("v")}};
    }
    buf_add_cstr(&yaml, "  condition: s\n");
    struct world w;
    make(&w, buf_cstr(&yaml));
    struct event ev = exec_event("/bin/ls", NULL);
    ev.extras = extras;
    ev.extras_len = 200;
    assert_int_equal(match(&w, &ev), 1);
    assert_int_equal(w.matches[0].fields_len, 64);
    for (int i = 0; i < 200; i++)
        buf_done(&names[i]);
    buf_done(&yaml);
    done(&w);
}

static const char *const steady_rules =
    RULE("a", "  s: {CommandLine|contains: [abc, def]}\n  condition: s\n")
        RULE("b", "  s: {CommandLine|re: 'x(y|z)'}\n  t: {Image: '/b*n/?s'}\n  condition: s or t\n")
            RULE("c", "  s: {User: null}\n  t: {ParentProcessId: 7, Extra|endswith: q}\n"
                      "  condition: s and t\n");

static struct event steady_event(const struct extra *extra)
{
    struct event ev = exec_event("/bin/ls", "abc xz");
    event_set_int(&ev, F_PARENT_PID, 7);
    ev.extras = extra;
    ev.extras_len = 1;
    return ev;
}

static void no_allocation_is_made_in_the_steady_state(void **state)
{
    (void)state;
    struct world w;
    make(&w, steady_rules);
    const struct extra extra = {STR("Extra"), {.type = VALUE_STR, .s = STR("pq")}};
    struct event ev = steady_event(&extra);
    struct event other = exec_event("/bin/sh", NULL);
    assert_int_equal(match(&w, &ev), 3);
    assert_int_equal(match(&w, &other), 0);
    mem_fail_after(0);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(match(&w, &ev), 3);
        assert_int_equal(match(&w, &other), 0);
    }
    assert_int_equal(mem_count(), 0);
    done(&w);
}

static int build_and_match(void *context)
{
    (void)context;
    struct world w;
    const struct extra extra = {STR("Extra"), {.type = VALUE_STR, .s = STR("pq")}};
    struct event ev = steady_event(&extra);
    int rc = try_make(&w, steady_rules);
    if (rc == 0)
        rc = match(&w, &ev);
    done(&w);
    return rc == 3 ? 0 : rc;
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    test_every_allocation_fails(build_and_match, NULL, 1000);
}

/* An event that failed for want of memory leaves the engine usable. */
static void an_engine_survives_a_failed_event(void **state)
{
    (void)state;
    const struct extra extra = {STR("Extra"), {.type = VALUE_STR, .s = STR("pq")}};
    struct event ev = steady_event(&extra);
    struct event other = exec_event("/bin/sh", "def");
    for (unsigned n = 1;; n++) {
        struct world w;
        make(&w, steady_rules);
        mem_fail_after(n);
        int count = match(&w, &ev);
        mem_fail_after(0);
        assert_true(count == E_NOMEM || count == 3);
        assert_int_equal(match(&w, &other), 1);
        assert_int_equal(match(&w, &ev), 3);
        done(&w);
        if (count == 3)
            break;
        assert_true(n < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_match_says_which_fields_and_values_made_it),
        cmocka_unit_test(each_matching_element_of_a_list_is_reported_once),
        cmocka_unit_test(numbers_and_booleans_are_compared_as_text),
        cmocka_unit_test(fields_of_the_event_that_no_table_knows_are_matched_by_name),
        cmocka_unit_test(null_and_exists_ask_whether_a_field_has_a_value),
        cmocka_unit_test(words_without_a_field_are_found_in_every_value),
        cmocka_unit_test(words_are_found_in_a_field_that_has_many_literals),
        cmocka_unit_test(values_are_compared_as_the_modifiers_say),
        cmocka_unit_test(rules_apply_to_the_log_sources_they_name),
        cmocka_unit_test(more_log_sources_than_are_remembered_are_still_told_apart),
        cmocka_unit_test(a_rule_is_a_candidate_only_when_a_witness_holds),
        cmocka_unit_test(a_regex_that_hits_its_limit_is_no_match_and_counted),
        cmocka_unit_test(a_reported_value_is_cut_between_characters),
        cmocka_unit_test(many_reasons_are_cut_to_a_bounded_number),
        cmocka_unit_test(no_allocation_is_made_in_the_steady_state),
        cmocka_unit_test(every_failed_allocation_is_reported),
        cmocka_unit_test(an_engine_survives_a_failed_event),
    };
    return cmocka_run_group_tests_name("detect/engine", tests, NULL, NULL);
}
