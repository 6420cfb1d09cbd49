/* detect/expr: what expressions say about one event, what is said about wrong ones, and the engine
 * against an evaluator of the tree that shares nothing with it. */
#include "detect/expr.h"
#include "harness/test.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/timefmt.h"
#include "detect/detect.h"
#include "event/event.h"
#include "os/file.h"

#define NOW INT64_C(1763010000000000000) /* 2025-11-13T05:00:00Z */

static struct str args[3];
static struct extra extras[1];

static void make_event(struct event *ev)
{
    event_clear(ev);
    ev->kind = KIND_EXEC;
    ev->time_ns = NOW - 600 * NS_PER_S;
    event_set_str(ev, F_KIND, STR("exec"));
    event_set_int(ev, F_EVENT_TIME, ev->time_ns);
    event_set_str(ev, F_EXECUTABLE, STR("/usr/bin/curl"));
    event_set_str(ev, F_NAME, STR("curl"));
    event_set_str(ev, F_COMMAND_LINE, STR("curl -o /tmp/x 'http://10.1.2.3/*'"));
    event_set_str(ev, F_TEAM_ID, STR(""));
    event_set_int(ev, F_PID, 512);
    event_set_int(ev, F_FILE_SIZE, 10000000);
    event_set_int(ev, F_FILE_MODE, 493);
    event_set_bool(ev, F_PLATFORM_BINARY, true);
    event_set_str(ev, F_NET_REMOTE_IP, STR("10.1.2.3"));
    args[0] = STR("curl");
    args[1] = STR("-o");
    args[2] = STR("/tmp/x");
    event_set_list(ev, F_ARGS, args, 3);
    extras[0] = (struct extra){STR("my.own"), {.type = VALUE_STR, .s = STR("Seven7")}};
    ev->extras = extras;
    ev->extras_len = 1;
}

/* 1 = it fires, 0 = it does not, negative = it does not compile. */
static int fires(const char *text, const struct event *ev, struct err *err)
{
    struct builder *b = NULL;
    struct buf image = {0};
    struct ruleset *set = NULL;
    struct engine *engine = NULL;
    const struct match *matches = NULL;
    const struct expr_rule rule = {.id = STR("x"), .source = "expression", .now_ns = NOW};
    assert_ok(builder_new(&b));
    int rc = builder_add_expr(b, str_of(text), &rule, err);
    if (rc == 0) {
        assert_ok(builder_finish(b, &image, NULL));
        assert_ok(ruleset_load(buf_str(&image), &set, NULL));
        assert_ok(engine_new(set, &engine));
        rc = engine_match(engine, ev, &matches);
        engine_free(engine);
        ruleset_unref(set);
    }
    buf_done(&image);
    builder_free(b);
    return rc;
}

static void test_what_expressions_say_about_an_event(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int fires;
    } cases[] = {
        {"process.name = curl", 1},
        {"process.name == CURL", 1},
        {"Image endswith /Curl", 1},
        {"process.name != curl", 0},
        {"process.name != wget", 1},
        {"user.name != root", 1}, /* no such field in the event */
        {"user.name = root", 0},
        {"user.name exists", 0},
        {"user.name not exists", 1},
        {"not user.name exists", 1},
        {"process.name exists and process.pid exists", 1},
        {"kind = exec", 1},
        {"kind in (fork, exec)", 1},
        {"kind not in (fork, 'exit')", 1},
        {"kind in (fork)", 0},
        {"process.pid = 512", 1},
        {"process.pid = 0x200", 1},
        {"process.pid in (1, 512)", 1},
        {"process.pid > 511 and process.pid >= 512 and process.pid < 513 and process.pid <= 512",
         1},
        {"process.pid > 512 or process.pid < 512", 0},
        {"process.pid != 512", 0},
        {"file.size = 10mb", 1},
        {"file.size > 9MiB", 1},
        {"file.size > 10MiB", 0},
        {"file.mode = 0o755", 1},
        {"process.signing.platform_binary = true", 1},
        {"process.signing.platform_binary = FALSE", 0},
        {"process.signing.team_id = \"\"", 1},
        {"process.name = \"\"", 0},
        {"process.args = -o", 1},
        {"process.args = '-o /tmp/x'", 0},
        {"process.args contains tmp", 1},
        {"process.command_line contains (wget, \"curl -o\")", 1},
        {"process.command_line not contains (wget, fetch)", 1},
        {"process.command_line contains '*'", 1}, /* a star is a star */
        {"process.command_line contains 'x*y'", 0},
        {"process.command_line like 'curl*10.?.2.3*'", 1},
        {"process.command_line like 'curl'", 0},
        {"process.command_line matches '^CURL\\s+-[a-z]\\b'", 1},
        {"process.command_line matches '(?-i)^CURL'", 0},
        {"process.executable startswith /usr/ and process.executable endswith curl", 1},
        {"network.remote.ip cidr 10.0.0.0/8", 1},
        {"network.remote.ip cidr (192.168.0.0/16, 172.16.0.0/12)", 0},
        {"network.remote.ip = 10.1.2.3", 1},
        {"event.time > 15m ago", 1},
        {"event.time > 9m ago", 0},
        {"event.time <= now", 1},
        {"event.time > 1w ago and event.time < 2025-11-14", 1},
        {"event.time >= 2025-11-13T04:50:00Z", 1},
        {"event.time = 2025-11-13T04:50:00Z", 1},
        {"event.time > \"2025-11-13T05:50:00+01:00\"", 0},
        {"event.time exists", 1},
        {"any contains '10.1.2.'", 1},
        {"any = seven7", 1},
        {"any contains nowhere", 0},
        {"\"my.own\" = seven7", 1},
        {"\"my.own\" contains even", 1},
        {"\"other\" = x", 0},
        {"\"process.name\" = curl", 1}, /* in quotes, and known */
        {"process.name = \"cu\\\"rl\"", 0},
        {"process.name = wget or process.name = curl and process.pid = 512", 1},
        {"(process.name = curl or process.name = wget) and process.pid = 1", 0},
        {"NOT (process.name = wget)\n  AND\tprocess.pid = 512", 1},
        {"not not process.name = curl", 1},
    };
    static struct event ev;
    make_event(&ev);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        int got = fires(cases[i].text, &ev, &err);
        if (got != cases[i].fires)
            fail_msg("%s: %d, expected %d (%s)", cases[i].text, got, cases[i].fires, err.message);
    }
}

static void test_a_wrong_expression_is_told_where_and_what_was_expected(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t line;
        uint32_t column;
        const char *message;
    } cases[] = {
        {"", 1, 1, "expected the name of a field, 'not' or '(', found the end"},
        {"proces.name = x", 1, 1, "there is no field 'proces.name' (did you mean 'process.name'?)"},
        {"commandline = x", 1, 1, "there is no field 'commandline' (did you mean 'CommandLine'?)"},
        {"executable = x", 1, 1,
         "there is no field 'executable' (did you mean 'process.executable'?)"},
        {"qqqqqqqqqq = x", 1, 1,
         "there is no field 'qqqqqqqqqq'; put quotes around the name of a field no table knows"},
        {"process.name", 1, 13,
         "expected =, !=, <, <=, >, >=, in, contains, startswith, endswith, like, matches, cidr or "
         "exists, found the end"},
        {"process.name startwith x", 1, 14,
         "expected an operator after 'process.name', found 'startwith' (did you mean "
         "'startswith'?)"},
        {"process.name =", 1, 15, "expected a value, found the end"},
        {"process.name = and", 1, 16,
         "expected a value (a word of the language needs quotes), found 'and'"},
        {"process.name = a b", 1, 18, "expected 'and', 'or' or the end, found 'b'"},
        {"process.name = (a b)", 1, 19, "expected ',' or ')' in the list of values, found 'b'"},
        {"process.name in x", 1, 17, "expected '(' and a list of values after 'in', found 'x'"},
        {"process.name in ()", 1, 18, "expected a value, found ')'"},
        {"process.name < 5", 1, 14, "'<' cannot be used with 'process.name', which is text"},
        {"process.pid contains 5", 1, 13,
         "'contains' cannot be used with 'process.pid', which is a number"},
        {"process.pid = five", 1, 15,
         "expected a whole number, such as 42, 0x1f, 0o755 or 10mb, found 'five'"},
        {"process.pid = 9223372036854775808", 1, 15,
         "expected a whole number, such as 42, 0x1f, 0o755 or 10mb, found '9223372036854775808'"},
        {"process.pid > 5 ago", 1, 15,
         "expected a value that is no time: the field is none, found '5'"},
        {"process.pid > (1, 2)", 1, 15, "expected one value, found '('"},
        {"event.time > 2x ago", 1, 14,
         "expected a span of time before 'ago', such as 90s, 15m, 4h, 7d or 2w, found '2x'"},
        {"event.time > 5h", 1, 14,
         "expected a time, such as '2h ago', now, 2025-11-13 or 2025-11-13T05:00:00Z, found '5h'"},
        {"process.signing.platform_binary = maybe", 1, 35, "expected true or false, found 'maybe'"},
        {"process.name = 'x", 1, 16, "the string that begins here has no closing '"},
        {"(process.name = x", 1, 18, "expected ')', 'and' or 'or', found the end"},
        {"process.name = x)", 1, 17, "expected 'and', 'or' or the end, found ')'"},
        {"process.name = x\nand\n  proces.name = y", 3, 3,
         "there is no field 'proces.name' (did you mean 'process.name'?)"},
        {"process.name ! x", 1, 14, "'!' stands only in '!='; the word for the opposite is 'not'"},
        {"process.name not = x", 1, 18,
         "expected in, contains, startswith, endswith, like, matches, cidr or exists after 'not', "
         "found '='"},
        {"process.name = \xc3\xa9 x", 1, 18, "expected 'and', 'or' or the end, found 'x'"},
        {"process.name = \x01", 1, 16, "a control character (0x01)"},
        {"network.remote.ip cidr 10.0.0.1/8", 1, 24, NULL},
        {"process.name matches '('", 1, 22, NULL},
    };
    static struct event ev;
    make_event(&ev);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        int rc = fires(cases[i].text, &ev, &err);
        bool good = rc < 0 && err.line == cases[i].line && err.column == cases[i].column &&
                    strcmp(err.source, "expression") == 0 && err.message[0] &&
                    (!cases[i].message || strcmp(err.message, cases[i].message) == 0);
        if (!good)
            fail_msg("%s: %d, %s:%u:%u: %s", cases[i].text, rc, err.source, err.line, err.column,
                     err.message);
    }
}

static void repeat(struct buf *b, const char *text, unsigned times)
{
    while (times--)
        buf_add_cstr(b, text);
}

static int compile_built(struct buf *text)
{
    static struct event ev;
    struct err err = {0};
    make_event(&ev);
    int rc = fires(buf_cstr(text), &ev, &err);
    if (rc < 0)
        assert_true(err.message[0] != '\0');
    return rc;
}

static void test_hostile_expressions_meet_limits(void **state)
{
    (void)state;
    struct buf b CLEANUP(buf_done) = {0};
    repeat(&b, "(", 200);
    assert_int_equal(compile_built(&b), E_LIMIT);

    buf_clear(&b);
    repeat(&b, "not ", 5000);
    buf_add_cstr(&b, "process.name = x");
    assert_int_equal(compile_built(&b), E_LIMIT);

    buf_clear(&b);
    repeat(&b, "process.name = x or ", 5000);
    buf_add_cstr(&b, "process.name = y");
    assert_int_equal(compile_built(&b), E_LIMIT);

    buf_clear(&b);
    buf_add_cstr(&b, "process.name in (0");
    repeat(&b, ",1", 20000);
    buf_add_cstr(&b, ")");
    assert_int_equal(compile_built(&b), E_LIMIT);

    buf_clear(&b);
    buf_add_cstr(&b, "process.name = '");
    repeat(&b, "x", 20000);
    buf_add_cstr(&b, "'");
    assert_int_equal(compile_built(&b), E_LIMIT);

    buf_clear(&b);
    repeat(&b, " ", 300000);
    assert_int_equal(compile_built(&b), E_LIMIT);

    /* The deepest and longest that go. */
    buf_clear(&b);
    repeat(&b, "(", 23);
    buf_add_cstr(&b, "process.name = curl");
    repeat(&b, ")", 23);
    assert_int_equal(compile_built(&b), 1);
    buf_clear(&b);
    buf_add_cstr(&b, "process.name in (curl");
    for (unsigned i = 0; i < 15000; i++)
        buf_addf(&b, ",v%u", i);
    buf_add_cstr(&b, ")");
    assert_int_equal(compile_built(&b), 1);
}

static void test_the_tree_does_not_know_events(void **state)
{
    (void)state;
    static const struct expr_field facts[] = {{STR("hostname"), STR("hostname"), FIELD_STR},
                                              {STR("last_seen"), STR("last_seen"), FIELD_TIME}};
    const struct expr_schema schema = {STR("device"), facts, ARRAY_LEN(facts), false};
    struct arena arena CLEANUP(arena_done) = {0};
    const struct expr_node *root = NULL;
    struct err err = {0};
    assert_ok_err(expr_parse(STR("hostname startswith mbp- and last_seen > 7d ago"), &schema, NOW,
                             &arena, &root, &err),
                  &err);
    assert_int_equal(root->type, EXPR_AND);
    assert_int_equal(root->operands_len, 2);
    assert_int_equal(root->operands[0]->compare->op, EXPR_STARTSWITH);
    assert_str(root->operands[0]->compare->values[0].text, "mbp-");
    assert_true(root->operands[1]->compare->values[0].number == NOW - 7 * 86400 * NS_PER_S);
    assert_int_equal(expr_parse(STR("process.name = x"), &schema, NOW, &arena, &root, &err),
                     E_PARSE);
    assert_int_equal(expr_parse(STR("\"free\" = x"), &schema, NOW, &arena, &root, &err), E_PARSE);
}

static void test_the_reference_has_every_operator_as_in_the_table(void **state)
{
    (void)state;
    static const struct {
        unsigned bit;
        const char *name;
    } types[] = {{EXPR_ON_TEXT, "text"},
                 {EXPR_ON_NUMBER, "number"},
                 {EXPR_ON_BOOL, "true/false"},
                 {EXPR_ON_TIME, "time"}};
    struct buf doc CLEANUP(buf_done) = {0};
    assert_ok(file_read(CORDON_SOURCE_DIR "/docs/hunt.md", 1 << 20, &doc, NULL));
    for (size_t i = 0; i < EXPR_OPS; i++) {
        struct buf row CLEANUP(buf_done) = {0};
        const char *gap = "";
        buf_addf(&row, "\n| `%s` | ", expr_op_table[i].spelling.ptr);
        for (size_t t = 0; t < ARRAY_LEN(types); t++) {
            if (!(expr_op_table[i].types & types[t].bit))
                continue;
            buf_addf(&row, "%s%s", gap, types[t].name);
            gap = ", ";
        }
        buf_addf(&row, " | %s |\n", expr_op_table[i].doc.ptr);
        if (str_find(buf_str(&doc), buf_str(&row)) == SIZE_MAX)
            fail_msg("docs/hunt.md lacks the row%s", buf_cstr(&row));
    }
}

/* ------------------------------------------------------------------ differential */

static uint64_t seed_state = 20251113;

static unsigned below(unsigned n)
{
    seed_state = seed_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((seed_state >> 33) % n);
}

static const char *const texts[] = {"a", "b", "ab", "abc", "ABC", "", "a*", "/bin/a", "b a", "?"};
static const enum field_id text_fields[] = {F_NAME, F_COMMAND_LINE, F_ARGS, F_DNS_ANSWERS};

static void random_expr(struct buf *b, unsigned depth)
{
    static const char *const ops[] = {"=",        "!=",           "contains", "startswith",
                                      "endswith", "not contains", "in",       "exists"};
    unsigned roll = below(10);
    if (depth && roll < 6) {
        buf_add_cstr(b, roll == 5 ? "not (" : "(");
        random_expr(b, depth - 1);
        for (unsigned n = below(3); roll != 5 && n; n--) {
            buf_add_cstr(b, roll < 3 ? " and " : " or ");
            random_expr(b, depth - 1);
        }
        buf_add_char(b, ')');
        return;
    }
    if (below(4) == 0) {
        static const char *const relations[] = {"=", "!=", "<", "<=", ">", ">="};
        buf_addf(b, "process.pid %s %u", relations[below(6)], below(6));
        return;
    }
    const char *op = ops[below(ARRAY_LEN(ops))];
    struct str name = field_table[text_fields[below(ARRAY_LEN(text_fields))]].name;
    buf_addf(b, "%.*s %s ", STR_FMT(name), op);
    if (strcmp(op, "exists") == 0)
        return;
    buf_addf(b, "('%s'", texts[below(ARRAY_LEN(texts))]);
    for (unsigned n = below(3); n; n--)
        buf_addf(b, ", '%s'", texts[below(ARRAY_LEN(texts))]);
    buf_add_char(b, ')');
}

static bool text_holds(enum expr_op op, struct str have, struct str want)
{
    switch (op) {
    case EXPR_EQUALS:
    case EXPR_IN:
        return str_eq_nocase(have, want);
    case EXPR_STARTSWITH:
        return str_starts_nocase(have, want);
    case EXPR_ENDSWITH:
        return str_ends_nocase(have, want);
    case EXPR_CONTAINS:
        for (size_t i = 0; i + want.len <= have.len; i++) {
            if (str_eq_nocase(str_sub(have, i, want.len), want))
                return true;
        }
        return false;
    default:
        fail();
        return false;
    }
}

static bool number_holds(enum expr_op op, int64_t have, int64_t want)
{
    switch (op) {
    case EXPR_EQUALS:
        return have == want;
    case EXPR_LESS:
        return have < want;
    case EXPR_LESS_EQUALS:
        return have <= want;
    case EXPR_GREATER:
        return have > want;
    case EXPR_GREATER_EQUALS:
        return have >= want;
    default:
        fail();
        return false;
    }
}

static bool compare_holds(const struct expr_compare *c, const struct event *ev)
{
    struct value v = event_get(ev, field_find(c->field));
    bool holds = false;
    struct str one = v.type == VALUE_STR ? v.s : STR("");
    const struct str *list = v.type == VALUE_LIST ? v.list : &one;
    size_t len = v.type == VALUE_LIST ? v.count : v.type == VALUE_STR ? 1 : 0;
    if (v.type == VALUE_INT && c->op != EXPR_EXISTS)
        holds = number_holds(c->op, v.i, c->values[0].number);
    else if (c->op == EXPR_EXISTS)
        holds = len > 0 || v.type == VALUE_INT;
    for (size_t i = 0; i < len && c->op != EXPR_EXISTS; i++) {
        for (size_t k = 0; k < c->values_len; k++)
            holds = holds || text_holds(c->op, list[i], c->values[k].text);
    }
    return holds != c->negated;
}

static bool node_holds(const struct expr_node *n, const struct event *ev)
{
    if (n->type == EXPR_COMPARE)
        return compare_holds(n->compare, ev);
    if (n->type == EXPR_NOT)
        return !node_holds(n->operands[0], ev);
    for (size_t i = 0; i < n->operands_len; i++) {
        if (node_holds(n->operands[i], ev) == (n->type == EXPR_OR))
            return n->type == EXPR_OR;
    }
    return n->type == EXPR_AND;
}

static void random_event(struct event *ev, struct str lists[2][3])
{
    event_clear(ev);
    ev->kind = KIND_EXEC;
    for (size_t i = 0; i < ARRAY_LEN(text_fields); i++) {
        enum field_id id = text_fields[i];
        if (below(4) == 0)
            continue;
        if (field_table[id].type == FIELD_LIST) {
            struct str *list = lists[i % 2];
            unsigned len = below(4);
            for (unsigned k = 0; k < len; k++)
                list[k] = str_of(texts[below(ARRAY_LEN(texts))]);
            event_set_list(ev, id, list, len);
        } else {
            event_set_str(ev, id, str_of(texts[below(ARRAY_LEN(texts))]));
        }
    }
    if (below(4))
        event_set_int(ev, F_PID, below(6));
}

static void test_engine_and_tree_agree_on_random_expressions(void **state)
{
    (void)state;
    static struct event ev;
    struct buf text CLEANUP(buf_done) = {0};
    unsigned held = 0;
    for (unsigned round = 0; round < 20000; round++) {
        struct arena arena CLEANUP(arena_done) = {0};
        struct str lists[2][3];
        const struct expr_node *root = NULL;
        struct err err = {0};
        buf_clear(&text);
        random_expr(&text, 3);
        random_event(&ev, lists);
        assert_ok_err(expr_parse(buf_str(&text), expr_schema_events(), NOW, &arena, &root, &err),
                      &err);
        int want = node_holds(root, &ev);
        int got = fires(buf_cstr(&text), &ev, &err);
        if (got != want)
            fail_msg("%s: the engine says %d, the tree %d (round %u)", buf_cstr(&text), got, want,
                     round);
        held += (unsigned)want;
    }
    assert_in_range(held, 5000, 15000);
}

static int compile_once(void *context)
{
    (void)context;
    struct builder *b = NULL;
    struct err err = {0};
    const struct expr_rule rule = {.id = STR("x"), .source = "expression", .now_ns = NOW};
    int rc = builder_new(&b);
    if (rc == 0)
        rc = builder_add_expr(b,
                              STR("process.name in (a, \"b\\\"\") and not (process.pid > 4 or "
                                  "process.command_line like 'x*y')"),
                              &rule, &err);
    builder_free(b);
    return rc;
}

static void test_compiling_survives_every_allocation_failure(void **state)
{
    (void)state;
    test_every_allocation_fails(compile_once, NULL, 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_expressions_say_about_an_event),
        cmocka_unit_test(test_a_wrong_expression_is_told_where_and_what_was_expected),
        cmocka_unit_test(test_hostile_expressions_meet_limits),
        cmocka_unit_test(test_the_tree_does_not_know_events),
        cmocka_unit_test(test_the_reference_has_every_operator_as_in_the_table),
        cmocka_unit_test(test_engine_and_tree_agree_on_random_expressions),
        cmocka_unit_test(test_compiling_survives_every_allocation_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
