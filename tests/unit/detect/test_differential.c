/* The engine against the reference evaluator: random rules and random events over a small alphabet,
 * so that nearly equal strings abound. CORDON_DIFF_ROUNDS multiplies the number of pairs,
 * CORDON_DIFF_SEED changes them. */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "codec/yaml.h"
#include "detect/detect.h"
#include "detect/sigma.h"
#include "harness/naive_sigma.h"

enum { RULES = 50, FILTERS = 4, EVENTS = 100, SETS = 44, EXTRAS_MOST = 6, LIST_MOST = 4 };

static uint64_t seed_state;

static unsigned below(unsigned n)
{
    seed_state = seed_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((seed_state >> 33) % n);
}

static bool chance(unsigned percent)
{
    return below(100) < percent;
}

static const char *pick(const char *const *list, size_t len)
{
    return list[below((unsigned)len)];
}

static const char *const names[] = {"Image",           "CommandLine",   "process.args",
                                    "ParentProcessId", "User",          "PlatformBinary",
                                    "Extra",           "deep.extra",    "process.command_line",
                                    "dns.answers",     "process.start", "event.time"};

/* ------------------------------------------------------------------ random strings */

static const char *const chunks[] = {"a",        "b",      "A",        "B",
                                     "ab",       "abc",    "/",        "\\",
                                     " ",        ".",      "-",        "x",
                                     "sh",       "/bin/",  "/BIN/",    "bash",
                                     "\\tmp\\",  "curl ",  " -o",      "1",
                                     "42",       "true",   "\xc3\xa9", "\xe2\x82\xac",
                                     "password", "passwd", "Users",    "/Library/LaunchAgents/",
                                     "_",        "@"};

static void add_words(struct buf *b, unsigned most)
{
    for (unsigned n = below(most + 1); n; n--)
        buf_add_cstr(b, pick(chunks, ARRAY_LEN(chunks)));
}

static const char *const addresses[] = {"10.1.2.3",    "10.2.0.1", "11.0.0.1", "::ffff:10.1.2.3",
                                        "fe80::1%en0", "fe80::1",  "-17",      "42",
                                        "41.5",        "-0.25",    "1.5e1",    ".5"};

static const char *const times[] = {
    "2025-08-07T13:21:35.880814738Z", "2024-12-30 23:59:59", "2024-02-29",
    "2023-02-29T10:00:00Z",           "1999-01-03t00:59",    "2025-8-7"};

static void random_text(struct buf *b)
{
    buf_clear(b);
    add_words(b, chance(20) ? 30 : 6);
    if (chance(8)) {
        buf_clear(b);
        buf_add_cstr(b, pick(addresses, ARRAY_LEN(addresses)));
    }
    if (chance(6)) {
        buf_clear(b);
        buf_add_cstr(b, pick(times, ARRAY_LEN(times)));
    }
    if (chance(3))
        buf_add_char(b, '\xff');
    if (chance(3))
        buf_add_char(b, '*');
}

/* A single-quoted YAML scalar. */
static void add_quoted(struct buf *out, struct str text)
{
    buf_add_char(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'')
            buf_add_char(out, '\'');
        buf_add_char(out, text.ptr[i]);
    }
    buf_add_char(out, '\'');
}

/* ------------------------------------------------------------------ random rules */

static const char *const regexes[] = {"a+b",
                                      "^/bin/",
                                      "(?i)BASH",
                                      "a.b",
                                      "pass(word|wd)$",
                                      "[0-9]{2}",
                                      "(curl|wget) -o",
                                      "\\.\\w+$",
                                      "x?abc",
                                      "(.){20,}",
                                      "(?i)/kit/|sh",
                                      "b*",
                                      "\\\\tmp",
                                      "Us+ers",
                                      "(?i)users"};

static void add_value(struct buf *y, const char *modifier)
{
    struct buf text = {0};
    if (modifier && strstr(modifier, "re")) {
        buf_add_cstr(&text, pick(regexes, ARRAY_LEN(regexes)));
    } else {
        for (unsigned n = 1 + below(3); n; n--) {
            buf_add_cstr(&text, pick(chunks, ARRAY_LEN(chunks)));
            if (chance(12))
                buf_add_cstr(&text, pick((const char *const[]){"*", "?", "\\*", "\\\\", "\\?"}, 5));
        }
        if (chance(4))
            buf_clear(&text);
    }
    add_quoted(y, buf_str(&text));
    buf_done(&text);
}

/* A value of the form the modifier takes, where it is not any text. */
static bool add_special(struct buf *y, const char *modifier)
{
    static const char *const networks[] = {"10.0.0.0/8", "10.1.2.3/32", "10.1.0.0/16",
                                           "fe80::/10",  "0.0.0.0/0",   "::ffff:10.1.0.0/112"};
    if (!modifier)
        return false;
    if (strcmp(modifier, "exists") == 0)
        buf_addf(y, " %s\n", chance(50) ? "true" : "false");
    else if (strcmp(modifier, "cidr") == 0)
        buf_addf(y, " %s\n", pick(networks, ARRAY_LEN(networks)));
    else if (strncmp(modifier, "fieldref", 8) == 0)
        buf_addf(y, " %s\n", names[below(ARRAY_LEN(names))]);
    else if (strncmp(modifier, "hour", 4) == 0 || strncmp(modifier, "minute", 6) == 0)
        buf_addf(y, " %u\n", below(24));
    else if (strncmp(modifier, "day", 3) == 0 || strncmp(modifier, "week", 4) == 0)
        buf_addf(y, " [%u, %u]\n", 1 + below(10), 20 + below(12));
    else if (strncmp(modifier, "month", 5) == 0)
        buf_addf(y, " [%u, %u]\n", 1 + below(6), 7 + below(6));
    else if (strncmp(modifier, "year", 4) == 0)
        buf_addf(y, " %u\n", 2023 + below(3));
    else if (strncmp(modifier, "expand", 6) == 0)
        buf_addf(y, " '%s'\n",
                 pick((const char *const[]){"%MacShells%", "%MacShells%*", "b%MacShells%",
                                            "\\%MacShells%"},
                      4));
    else if (modifier[0] == 'l' || modifier[0] == 'g')
        buf_addf(y, " %d%s\n", (int)below(100) - 50, chance(30) ? ".5" : "");
    else
        return false;
    return true;
}

static void add_item(struct buf *y, const char *indent, unsigned number)
{
    static const char *const modifiers[] = {NULL,
                                            NULL,
                                            "contains",
                                            "contains",
                                            "startswith",
                                            "endswith",
                                            "endswith",
                                            "contains|all",
                                            "re",
                                            "re|i",
                                            "exists",
                                            "cased",
                                            "contains|cased",
                                            "neq",
                                            "contains|neq",
                                            "lt",
                                            "gte",
                                            "fieldref",
                                            "fieldref|endswith",
                                            "fieldref|contains",
                                            "cidr",
                                            "windash|contains",
                                            "gt",
                                            "hour",
                                            "minute|gte",
                                            "day",
                                            "week",
                                            "month|neq",
                                            "year|lt",
                                            "expand",
                                            "expand|contains",
                                            "endswith|expand"};
    const char *modifier = pick(modifiers, ARRAY_LEN(modifiers));
    const char *name = names[number % ARRAY_LEN(names)];
    buf_addf(y, "%s%s%s%s:", indent, name, modifier ? "|" : "", modifier ? modifier : "");
    if (add_special(y, modifier))
        return;
    if (!modifier && chance(15)) {
        buf_addf(y, " %s\n", pick((const char *const[]){"null", "42", "true", "'*'"}, 4));
        return;
    }
    unsigned values = chance(50) ? 1 : 1 + below(6);
    if (values == 1 && chance(70)) {
        buf_add_char(y, ' ');
        add_value(y, modifier);
        buf_add_char(y, '\n');
        return;
    }
    buf_add_char(y, '\n');
    for (; values; values--) {
        buf_addf(y, "            - ");
        add_value(y, modifier);
        buf_add_char(y, '\n');
    }
}

/* Distinct field names keep the keys of one map distinct. */
static void add_map(struct buf *y, const char *first_indent, const char *indent)
{
    unsigned at = below(ARRAY_LEN(names));
    for (unsigned n = 1 + below(3); n; n--, first_indent = indent)
        add_item(y, first_indent, at++);
}

static unsigned add_selections(struct buf *y)
{
    unsigned selections = 1 + below(4);
    for (unsigned s = 0; s < selections; s++) {
        buf_addf(y, "    s%u:\n", s);
        if (chance(8)) {
            buf_add_cstr(y, "        - ");
            add_value(y, NULL);
            buf_add_cstr(y, "\n        - ");
            add_value(y, NULL);
            buf_add_char(y, '\n');
            continue;
        }
        if (chance(80)) {
            add_map(y, "        ", "        ");
            continue;
        }
        for (unsigned n = 1 + below(3); n; n--)
            add_map(y, "      - ", "        ");
    }
    return selections;
}

static void add_condition(struct buf *y, unsigned selections, unsigned depth)
{
    if (depth == 0 || chance(30)) {
        buf_addf(y, "s%u", below(selections));
        return;
    }
    switch (below(6)) {
    case 0:
        buf_add_cstr(y, "not ");
        add_condition(y, selections, depth - 1);
        break;
    case 1:
        buf_add_cstr(
            y, pick((const char *const[]){"1 of s*", "all of s*", "1 of them", "all of them"}, 4));
        break;
    case 2:
        buf_add_char(y, '(');
        add_condition(y, selections, depth - 1);
        buf_add_char(y, ')');
        break;
    default:
        add_condition(y, selections, depth - 1);
        buf_add_cstr(y, chance(60) ? " and " : " or ");
        add_condition(y, selections, depth - 1);
    }
}

/* A filter of a few rules or of all of a log source. */
static void random_filter(struct buf *y, unsigned number)
{
    buf_addf(y, "---\ntitle: filter %u\n", number);
    bool any = chance(30);
    buf_addf(y, "logsource: {%s}\n",
             any ? pick((const char *const[]){"product: macos", "category: file_event", ""}, 3)
                 : "");
    buf_add_cstr(y, "filter:\n");
    if (any)
        buf_add_cstr(y, "    rules: any\n");
    else
        buf_addf(y, "    rules: ['rule %u', name_%u, 'rule %u']\n", below(RULES / 2),
                 RULES / 2 + below(RULES / 2), RULES / 2 + below(RULES / 2));
    unsigned selections = add_selections(y);
    buf_add_cstr(y, "    condition: not ");
    add_condition(y, selections, 2);
    buf_add_char(y, '\n');
}

static void random_rule(struct buf *y, unsigned number)
{
    buf_addf(y, "---\ntitle: rule %u\nname: name_%u\n", number, number);
    if (chance(70))
        buf_addf(y, "logsource:\n    product: %s\n    category: %s\n",
                 pick((const char *const[]){"macos", "linux"}, 2),
                 pick((const char *const[]){"process_creation", "file_event"}, 2));
    buf_add_cstr(y, "detection:\n");
    unsigned selections = add_selections(y);
    buf_add_cstr(y, "    condition: ");
    add_condition(y, selections, 3);
    buf_add_char(y, '\n');
}

/* ------------------------------------------------------------------ random events */

struct random_event {
    struct event ev;
    struct buf texts[ARRAY_LEN(names) + 2 * EXTRAS_MOST * LIST_MOST];
    size_t texts_len;
    struct str lists[2 * EXTRAS_MOST][LIST_MOST];
    size_t lists_len;
    struct extra extras[EXTRAS_MOST];
};

static struct str new_text(struct random_event *r)
{
    struct buf *b = &r->texts[r->texts_len++];
    random_text(b);
    return b->ptr ? buf_str(b) : STR("");
}

static struct value random_value(struct random_event *r)
{
    switch (below(10)) {
    case 0:
        return (struct value){.type = VALUE_NULL};
    case 1:
        return (struct value){.type = VALUE_INT, .i = chance(50) ? 42 : -(int64_t)below(1000)};
    case 2:
        return (struct value){.type = VALUE_BOOL, .b = chance(50)};
    case 3: {
        struct str *list = r->lists[r->lists_len++];
        uint32_t count = below(LIST_MOST + 1);
        for (uint32_t i = 0; i < count; i++)
            list[i] = new_text(r);
        return (struct value){.type = VALUE_LIST, .count = count, .list = list};
    }
    default:
        return (struct value){.type = VALUE_STR, .s = new_text(r)};
    }
}

static int64_t random_time(void)
{
    int64_t seconds = (int64_t)below(2000000000) + (chance(10) ? -INT64_C(2000000000) : 0);
    return seconds * 1000000000 + below(1000000000);
}

static void random_event(struct random_event *r)
{
    r->texts_len = 0;
    r->lists_len = 0;
    event_clear(&r->ev);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        enum field_id id = field_find(str_of(names[i]));
        if (id == FIELD_COUNT || chance(35) || r->lists_len == EXTRAS_MOST)
            continue;
        if (field_table[id].type == FIELD_TIME)
            event_set_int(&r->ev, id, random_time());
        /* A field of text is usually text. */
        else if (chance(70))
            event_set_str(&r->ev, id, new_text(r));
        else
            event_set(&r->ev, id, random_value(r));
    }
    size_t extras = below(EXTRAS_MOST + 1);
    static const char *const extra_names[] = {"Extra", "deep.extra", "extra", "Other"};
    for (size_t i = 0; i < extras; i++)
        r->extras[i] = (struct extra){str_of(pick(extra_names, 4)), random_value(r)};
    r->ev.extras = r->extras;
    r->ev.extras_len = extras;
    if (chance(60)) {
        r->ev.product = str_of(pick((const char *const[]){"macos", "linux", "MacOS", ""}, 4));
        r->ev.category =
            str_of(pick((const char *const[]){"process_creation", "file_event", ""}, 3));
        r->ev.kind = chance(50) ? KIND_EXEC : KIND_UNKNOWN;
    }
}

/* ------------------------------------------------------------------ comparing */

static void report(const struct buf *yaml, const struct event *ev, uint32_t rule, bool naive)
{
    struct buf json = {0};
    event_add_json(&json, ev);
    print_error("rule %u: reference says %d\n%s\n%.*s\n", rule, naive, buf_cstr(&json),
                STR_FMT(buf_str(yaml)));
    buf_done(&json);
}

struct parsed_set {
    struct sigma_rule *rules[RULES];
    struct sigma_filter *filters[FILTERS];
};

static bool fires(const struct parsed_set *set, const struct sigma_rule *rule,
                  const struct event *ev)
{
    if (!naive_sigma_fires(rule, ev))
        return false;
    for (size_t i = 0; i < FILTERS; i++) {
        if (naive_sigma_filtered(set->filters[i], rule) &&
            !naive_sigma_filter_holds(set->filters[i], ev))
            return false;
    }
    return true;
}

static uint64_t compare(struct engine *engine, const struct parsed_set *set, const struct event *ev,
                        const struct buf *yaml)
{
    const struct match *matches = NULL;
    int count = engine_match(engine, ev, &matches);
    assert_true(count >= 0);
    int next = 0;
    for (uint32_t r = 0; r < RULES; r++) {
        bool engine_fires = next < count && matches[next].rule == r;
        bool naive = fires(set, set->rules[r], ev);
        if (engine_fires != naive) {
            report(yaml, ev, r, naive);
            fail();
        }
        next += engine_fires ? 1 : 0;
    }
    assert_int_equal(next, count);
    return (uint64_t)count;
}

static void refused(void *arg, const struct err *err)
{
    (void)arg;
    char text[1024];
    (void)err_format(err, text, sizeof text);
    print_error("%s\n", text);
}

/* One ruleset of random rules against random events. @return how often rules fired */
static uint64_t run_set(struct random_event *r)
{
    struct buf yaml = {0};
    for (unsigned i = 0; i < RULES; i++)
        random_rule(&yaml, i);
    for (unsigned i = 0; i < FILTERS; i++)
        random_filter(&yaml, i);
    struct builder *builder;
    assert_ok(builder_new(&builder));
    struct builder_counts counts = {0};
    struct err err = {0};
    assert_ok_err(
        builder_add_sigma(builder, buf_str(&yaml), "random.yml", refused, NULL, &counts, &err),
        &err);
    assert_ok_err(builder_link(builder, refused, NULL, &counts, &err), &err);
    if (counts.accepted != RULES || counts.filters != FILTERS)
        print_error("%s\n", buf_cstr(&yaml));
    assert_int_equal(counts.accepted, RULES);
    assert_int_equal(counts.filters, FILTERS);
    struct buf image = {0};
    assert_ok_err(builder_finish(builder, &image, &err), &err);
    builder_free(builder);
    struct ruleset *ruleset;
    assert_ok_err(ruleset_load(buf_str(&image), &ruleset, &err), &err);
    struct engine *engine;
    assert_ok(engine_new(ruleset, &engine));

    struct arena arena = {0};
    struct yaml_node **docs;
    size_t docs_len;
    assert_ok_err(yaml_parse(buf_str(&yaml), "random.yml", &yaml_limits_default, &arena, &docs,
                             &docs_len, &err),
                  &err);
    static struct parsed_set set;
    assert_int_equal(docs_len, RULES + FILTERS);
    for (size_t i = 0; i < RULES; i++)
        assert_ok_err(sigma_parse(docs[i], NULL, &arena, &set.rules[i], &err), &err);
    for (size_t i = 0; i < FILTERS; i++)
        assert_ok_err(sigma_filter(docs[RULES + i], NULL, &arena, &set.filters[i], &err), &err);

    uint64_t fired = 0;
    for (unsigned i = 0; i < EVENTS; i++) {
        random_event(r);
        fired += compare(engine, &set, &r->ev, &yaml);
    }
    engine_free(engine);
    ruleset_unref(ruleset);
    arena_done(&arena);
    buf_done(&image);
    buf_done(&yaml);
    return fired;
}

static void the_engine_agrees_with_the_reference_on_random_rules_and_events(void **state)
{
    (void)state;
    const char *rounds = getenv("CORDON_DIFF_ROUNDS");
    const char *seed = getenv("CORDON_DIFF_SEED");
    seed_state = seed ? strtoull(seed, NULL, 10) : 20260701;
    unsigned sets = SETS * (rounds ? (unsigned)strtoul(rounds, NULL, 10) : 1);
    struct random_event *r = calloc(1, sizeof *r);
    assert_non_null(r);
    uint64_t fired = 0;
    for (unsigned i = 0; i < sets; i++)
        fired += run_set(r);
    for (size_t i = 0; i < ARRAY_LEN(r->texts); i++)
        buf_done(&r->texts[i]);
    free(r);
    uint64_t pairs = (uint64_t)sets * RULES * EVENTS;
    print_message("%llu pairs, %llu fired\n", (unsigned long long)pairs, (unsigned long long)fired);
    assert_true(pairs >= 200000);
    /* Neither almost always nor almost never: the comparison means something. */
    assert_true(fired > pairs / 20 && fired < pairs / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_engine_agrees_with_the_reference_on_random_rules_and_events),
    };
    return cmocka_run_group_tests_name("detect/differential", tests, NULL, NULL);
}
