/* detect/correlator: random correlations (types, ranges, aliases, chains) over random streams with
 * missing fields and disorder, held against an evaluator that looks at everything again for each
 * event; the same over changes of the ruleset. CORDON_DIFF_ROUNDS says how much. */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "harness/correlating.h"
#include "harness/naive_correlation.h"

enum { EVENTS = 250 };

static uint64_t seed = 20261124;

static unsigned below(unsigned n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((seed >> 33) % n);
}

/* ------------------------------------------------------------------ definitions */

static void choose_bounds(struct naive_correlation *c)
{
    static const uint32_t sets[] = {1u << BOUND_GTE,
                                    1u << BOUND_GTE,
                                    1u << BOUND_GT,
                                    1u << BOUND_EQ,
                                    1u << BOUND_NEQ,
                                    1u << BOUND_LT,
                                    1u << BOUND_LTE,
                                    1u << BOUND_GTE | 1u << BOUND_LTE,
                                    1u << BOUND_GT | 1u << BOUND_LT,
                                    1u << BOUND_GTE | 1u << BOUND_NEQ};
    bool sequence = c->type == CORRELATION_TEMPORAL || c->type == CORRELATION_TEMPORAL_ORDERED;
    int64_t limit = correlation_table[c->type].counts ? 2 + (int)below(3) : (int)below(12) - 2;
    if (sequence)
        limit = 1 + below((unsigned)c->refs_len);
    limit *= 1000;
    if (!correlation_table[c->type].counts && below(2))
        limit += 500;
    c->bounds_set = sets[below(ARRAY_LEN(sets))];
    for (int i = 0; i < BOUNDS; i++)
        c->bounds[i] = limit;
    c->bounds[BOUND_LTE] = limit + 2000;
    if (c->bounds_set & 1u << BOUND_GT)
        c->bounds[BOUND_LT] = limit + 3000;
    if (c->bounds_set & 1u << BOUND_GTE)
        c->bounds[BOUND_NEQ] = limit + 1000;
}

/* Names in lower case are aliases. */
static const char *meant(const struct naive_correlation *list, const char *name, int rule)
{
    if (strcmp(name, "who") == 0) {
        const struct naive_correlation *child =
            rule < NAIVE_RULES ? NULL : &list[rule - NAIVE_RULES];
        if (child && child->groups_len && strcmp(child->groups[0], "who") == 0)
            return "who";
        return rule % 2 ? "Actor" : "Who";
    }
    if (strcmp(name, "amount") == 0)
        return rule % 2 ? "Count" : "Value";
    return name;
}

static const char *const group_names[] = {"who", "Who", "Kind"};
static const char *field_names[NAIVE_CORRELATIONS][NAIVE_NAMES]; /* as they are written */

static void choose_refs(struct naive_correlation *c, int index)
{
    int used = 0;
    if (index >= 2) {
        c->refs[c->refs_len++].rule = NAIVE_RULES + (index == 3 ? 2 : (int)below(2));
        if (below(3) == 0)
            c->refs[c->refs_len++].rule =
                c->refs[0].rule == NAIVE_RULES ? NAIVE_RULES + 1 : NAIVE_RULES;
    }
    int more = index >= 2 ? (int)below(2) : 1 + (int)below(NAIVE_REFS);
    for (int i = 0; i < more; i++) {
        int rule = (int)below(NAIVE_RULES);
        if (!(used >> rule & 1) && c->refs_len < NAIVE_REFS)
            c->refs[c->refs_len++].rule = rule;
        used |= 1 << rule;
    }
    if (c->refs_len > 1 && below(2)) {
        struct naive_ref first = c->refs[0];
        c->refs[0] = c->refs[1];
        c->refs[1] = first;
    }
}

static void choose(struct naive_correlation *list, int index)
{
    struct naive_correlation *c = &list[index];
    *c = (struct naive_correlation){.type = (int)below(CORRELATION_TYPES),
                                    .span_ms = 1000 * (1 + below(5)),
                                    .percentile = (int)below(101),
                                    .generate = below(3) == 0};
    choose_refs(c, index);
    if (below(4))
        c->groups[c->groups_len++] = group_names[below(2)];
    if (below(4) == 0)
        c->groups[c->groups_len++] = group_names[2];
    if (correlation_table[c->type].takes_field) {
        field_names[index][c->fields_len++] = below(2) ? "amount" : "Value";
        if (c->type == CORRELATION_VALUE_COUNT && below(2))
            field_names[index][c->fields_len++] = "What";
    }
    for (int k = 0; k < c->refs_len; k++) {
        for (int i = 0; i < c->groups_len; i++)
            c->refs[k].groups[i] = meant(list, c->groups[i], c->refs[k].rule);
        for (int i = 0; i < c->fields_len; i++)
            c->refs[k].fields[i] = meant(list, field_names[index][i], c->refs[k].rule);
    }
    choose_bounds(c);
}

/* ------------------------------------------------------------------ as rule files */

static void add_name(struct buf *out, int rule)
{
    if (rule < NAIVE_RULES)
        buf_addf(out, "%c", 'a' + rule);
    else
        buf_addf(out, "c%d", rule - NAIVE_RULES);
}

static void add_rule(struct buf *out, int rule)
{
    buf_addf(out, "title: %c\nname: %c\ndetection: {s: {What|contains: %c}, condition: s}\n---\n",
             'a' + rule, 'a' + rule, 'a' + rule);
}

static void add_alias(struct buf *out, const struct naive_correlation *list, int index,
                      const char *name)
{
    const struct naive_correlation *c = &list[index];
    buf_addf(out, "    %s: {", name);
    for (int k = 0; k < c->refs_len; k++) {
        buf_add_cstr(out, k ? ", " : "");
        add_name(out, c->refs[k].rule);
        buf_addf(out, ": %s", meant(list, name, c->refs[k].rule));
    }
    buf_add_cstr(out, "}\n");
}

static void add_condition(struct buf *out, const struct naive_correlation *c, int index)
{
    buf_add_cstr(out, "  condition: {");
    for (int i = 0; i < c->fields_len; i++)
        buf_addf(out, "%s%s", i ? ", " : "field: [", field_names[index][i]);
    buf_add_cstr(out, c->fields_len ? "], " : "");
    if (c->type == CORRELATION_VALUE_PERCENTILE)
        buf_addf(out, "percentile: %d, ", c->percentile);
    for (int i = 0; i < BOUNDS; i++) {
        if (c->bounds_set >> i & 1)
            buf_addf(out, "%s: %.1f, ", correlation_bound_name((enum correlation_bound)i),
                     (double)c->bounds[i] / 1000);
    }
    buf_truncate(out, out->len - 2);
    buf_add_cstr(out, "}\n");
}

static void add_correlation(struct buf *out, const struct naive_correlation *list, int index)
{
    const struct naive_correlation *c = &list[index];
    bool who = c->groups_len && strcmp(c->groups[0], "who") == 0;
    bool amount = c->fields_len && strcmp(field_names[index][0], "amount") == 0;
    buf_addf(out, "title: c%d\nid: c%d\ncorrelation:\n  type: %.*s\n  timespan: %llds\n  rules: [",
             index, index, STR_FMT(correlation_table[c->type].name),
             (long long)(c->span_ms / 1000));
    for (int k = 0; k < c->refs_len; k++) {
        buf_add_cstr(out, k ? ", " : "");
        add_name(out, c->refs[k].rule);
    }
    buf_add_cstr(out, "]\n");
    for (int i = 0; i < c->groups_len; i++)
        buf_addf(out, "%s%s%s", i ? ", " : "  group-by: [", c->groups[i],
                 i + 1 == c->groups_len ? "]\n" : "");
    add_condition(out, c, index);
    buf_add_cstr(out, who || amount ? "  aliases:\n" : "");
    if (who)
        add_alias(out, list, index, "who");
    if (amount)
        add_alias(out, list, index, "amount");
    buf_add_cstr(out, c->generate ? "  generate: true\n---\n" : "---\n");
}

/* All documents in a random order, with some that are not asked for among them. */
static const char *write_rules(struct buf *out, const struct naive_correlation *list, int others)
{
    int documents[NAIVE_RULES + NAIVE_CORRELATIONS];
    int len = (int)ARRAY_LEN(documents);
    for (int i = 0; i < len; i++) {
        int at = (int)below((unsigned)i + 1);
        documents[i] = documents[at];
        documents[at] = i;
    }
    buf_clear(out);
    for (int i = 0; i < len; i++) {
        if (documents[i] < NAIVE_RULES)
            add_rule(out, documents[i]);
        else
            add_correlation(out, list, documents[i] - NAIVE_RULES);
        if (i < others)
            buf_addf(out,
                     "title: r%d\nid: r%d\ndetection: {s: {What|contains: [a, c]}, condition: s}\n"
                     "---\ntitle: x%d\nid: x%d\ncorrelation: {type: event_count, timespan: %ds, "
                     "rules: [r%d, %c], condition: {gte: 2}}\n---\n",
                     i, i, i, i, i + 1, i, 'a' + i % NAIVE_RULES);
    }
    return buf_cstr(out);
}

/* ------------------------------------------------------------------ streams */

static const char *maybe(const char *const *texts, unsigned len)
{
    return below(8) ? texts[below(len)] : NULL;
}

static struct naive_event some_event(int64_t ms)
{
    static const char *const whats[] = {"a", "b", "c", "d", "ab", "bc", "ad", "abcd", "z"};
    static const char *const people[] = {"x", "y"};
    static const char *const kinds[] = {"k", "l"};
    static const char *const values[] = {"1", "2", "3", "7", "-2", "2.5", "4", "0", "n"};
    return (struct naive_event){.ms = ms,
                                .what = whats[below(ARRAY_LEN(whats))],
                                .who = maybe(people, ARRAY_LEN(people)),
                                .actor = maybe(people, ARRAY_LEN(people)),
                                .kind = maybe(kinds, ARRAY_LEN(kinds)),
                                .value = maybe(values, ARRAY_LEN(values)),
                                .count = maybe(values, ARRAY_LEN(values))};
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The correlator's alerts, those of others left out, as texts. */
static int take(struct correlating *w, const struct naive_event *e, uint64_t record,
                struct naive_alert alerts[NAIVE_ALERTS])
{
    static const char *const names[] = {"What", "Who", "Actor", "Kind", "Value", "Count"};
    struct extra extras[ARRAY_LEN(names)];
    struct event ev = {.time_ns = INT64_C(1700000000) * NS_PER_S + e->ms * NS_PER_MS,
                       .extras = extras};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *text = naive_field(e, names[i]);
        if (text)
            extras[ev.extras_len++] =
                (struct extra){str_of(names[i]), {.type = VALUE_STR, .s = str_of(text)}};
    }
    int len = 0;
    int count = correlating_take(w, &ev, record);
    for (int i = 0; i < count; i++) {
        const struct correlated *c = &w->alerts[i];
        struct str id = ruleset_info(w->rules, c->match.rule).id;
        struct str groups[NAIVE_NAMES] = {STR(""), STR("")};
        for (uint32_t k = 0; k < c->match.fields_len; k++)
            groups[k] = c->match.fields[k].value;
        if (id.ptr[0] == 'c')
            (void)snprintf(alerts[len++].text, sizeof alerts->text, "%.*s %.*s,%.*s %lld %u",
                           STR_FMT(id), STR_FMT(groups[0]), STR_FMT(groups[1]), (long long)c->value,
                           c->events_total);
    }
    qsort(alerts, (size_t)len, sizeof *alerts, by_text);
    return len;
}

enum change { NONE, SAME, OTHER };

struct stream {
    struct naive_correlation list[NAIVE_CORRELATIONS];
    struct correlating w;
    struct naive *naive;
    struct buf yaml;
};

/* Replace the rules: the same among others, or one of them changed as well. */
static void replace(struct stream *s, enum change change)
{
    if (change == OTHER) {
        int changed = (int)below(NAIVE_CORRELATIONS);
        s->list[changed].span_ms = s->list[changed].span_ms % 6000 + 1000;
        naive_forget(s->naive, changed);
    }
    correlating_swap(&s->w, write_rules(&s->yaml, s->list, (int)below(4)));
}

static void compare(struct stream *s, const struct naive_event *e, int number,
                    unsigned fired[CORRELATION_TYPES])
{
    struct naive_alert expected[NAIVE_ALERTS];
    struct naive_alert got[NAIVE_ALERTS];
    int expected_len = naive_take(s->naive, e, expected);
    int got_len = take(&s->w, e, (uint64_t)number + 1, got);
    bool same = got_len == expected_len;
    for (int i = 0; same && i < got_len; i++)
        same = strcmp(got[i].text, expected[i].text) == 0;
    for (int i = 0; !same && i < got_len; i++)
        print_error("event %d, got      %s\n", number, got[i].text);
    for (int i = 0; !same && i < expected_len; i++)
        print_error("event %d, expected %s\n", number, expected[i].text);
    if (!same)
        print_error("%s", buf_cstr(&s->yaml));
    assert_true(same);
    for (int i = 0; i < got_len; i++)
        fired[s->list[got[i].text[1] - '0'].type]++;
}

static void one_stream(enum change change, unsigned spread_ms, unsigned fired[CORRELATION_TYPES])
{
    struct stream s = {0};
    int64_t clock = 0;
    for (int i = 0; i < NAIVE_CORRELATIONS; i++)
        choose(s.list, i);
    correlating_init(&s.w, write_rules(&s.yaml, s.list, 0));
    s.naive = naive_new(s.list, NAIVE_CORRELATIONS);
    for (int i = 0; i < EVENTS; i++) {
        clock += below(6) == 0 ? below(3000) : below(10) * 100;
        if (change != NONE && below(40) == 0)
            replace(&s, change);
        struct naive_event e = some_event(clock - (int64_t)below(spread_ms + 1));
        compare(&s, &e, i, fired);
    }
    assert_int_equal(correlator_stats(s.w.correlator)->late, 0);
    naive_free(s.naive);
    correlating_done(&s.w);
    buf_done(&s.yaml);
}

static void many_streams(enum change change)
{
    const char *rounds = getenv("CORDON_DIFF_ROUNDS");
    unsigned n = 150 * (rounds ? (unsigned)strtoul(rounds, NULL, 10) : 1);
    unsigned fired[CORRELATION_TYPES] = {0};
    for (unsigned r = 0; r < n; r++)
        one_stream(change, r % 2 ? 5000 : 0, fired);
    for (int type = 0; type < CORRELATION_TYPES; type++)
        assert_true(fired[type] > 100);
}

static void random_streams_agree_with_a_naive_evaluator(void **state)
{
    (void)state;
    many_streams(NONE);
}

static void a_stream_under_many_rulesets_is_as_one_under_one(void **state)
{
    (void)state;
    many_streams(SAME);
}

static void a_changed_correlation_and_those_on_top_of_it_begin_anew(void **state)
{
    (void)state;
    many_streams(OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_streams_agree_with_a_naive_evaluator),
        cmocka_unit_test(a_stream_under_many_rulesets_is_as_one_under_one),
        cmocka_unit_test(a_changed_correlation_and_those_on_top_of_it_begin_anew),
    };
    return cmocka_run_group_tests_name("detect/correlator_random", tests, NULL, NULL);
}
