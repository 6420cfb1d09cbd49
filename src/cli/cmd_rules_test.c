/* `cordon rules test`: runs the events that rules carry under `cordon.tests` through the whole way,
 * normaliser, process tree and engine. Each rule is tried alone with the rules of its file. An item
 * of `fire` or `quiet` is one event, or a list of events that happen one after the other. A rule
 * that never alerts by itself is tested by the correlation that takes it. */
#include "cli/cli.h"
#include "cli/cmd_rules.h"
#include "cli/rulefiles.h"
#include "cli/rules.h"
#include "cli/testevent.h"
#include "codec/yaml.h"
#include "detect/correlator.h"
#include "event/normalise.h"
#include "event/proctree.h"

#define TREE_PROCESSES 1024 /* a test is a handful of events */

struct totals {
    uint32_t rules;
    uint32_t events; /* items of fire and quiet */
    uint32_t failures;
    uint32_t untested;
};

struct tester {
    struct cli *cli;
    const struct opt *opt;
    struct normaliser *normaliser;
    struct buf json;
    struct totals totals;
};

/* What holds while one file is tried. */
struct file_run {
    struct tester *tester;
    const char *path;
    struct ruleset *set;
    struct engine *engine;
};

static void tester_done(struct tester *t)
{
    normaliser_free(t->normaliser);
    buf_done(&t->json);
}

static void free_correlator(struct correlator **correlator)
{
    correlator_free(*correlator);
}

static void free_tree(struct proctree **tree)
{
    proctree_free(*tree);
}

static void free_engine(struct engine **engine)
{
    engine_free(*engine);
}

static void fail(struct tester *t, const char *path, uint32_t line, const char *what,
                 struct str detail)
{
    t->totals.failures++;
    out_line(&t->cli->out, "%s:%u: %s%s%.*s", path, line, what, detail.len ? ": " : "",
             STR_FMT(detail));
}

static void count_refused(void *arg, const struct err *err)
{
    struct tester *t = arg;
    char text[ERR_SOURCE_BYTES + ERR_MESSAGE_BYTES + 32];
    (void)err_format(err, text, sizeof(text));
    t->totals.failures++;
    out_line(&t->cli->out, "%s", text);
}

/* ------------------------------------------------------------------ one test */

static const struct match *find_match(const struct match *matches, int count, uint32_t rule)
{
    for (int i = 0; i < count; i++) {
        if (matches[i].rule == rule)
            return &matches[i];
    }
    return NULL;
}

/* One event of a test. Sets *fired and, the first time, appends what matched to `why`. */
static int play_event(struct file_run *run, struct proctree *tree, struct correlator *correlator,
                      const struct yaml_node *node, uint32_t rule, bool *fired, struct buf *why)
{
    struct tester *t = run->tester;
    struct err err = {0};
    struct event event;
    const struct match *matches;
    if (node->type != YAML_MAP) {
        fail(t, run->path, node->line, "an event is a map of fields", (struct str){0});
        return 0;
    }
    buf_clear(&t->json);
    int rc = testevent_add_json(&t->json, node);
    if (rc)
        return rc;
    rc = normaliser_record(t->normaliser, buf_str(&t->json), FORMAT_AUTO, &event, &err);
    if (rc == E_NOMEM)
        return rc;
    if (rc) {
        fail(t, run->path, node->line, "not an event", str_of(err.message));
        return 0;
    }
    rc = proctree_apply(tree, &event);
    if (rc)
        return rc;
    int count = engine_match(run->engine, &event, &matches);
    if (count < 0)
        return count;
    const struct correlated *correlated = NULL;
    int alerts = correlator_event(correlator, &event, node->line, matches, count, &correlated);
    if (alerts < 0)
        return alerts;
    const struct match *match = find_match(matches, count, rule);
    for (int i = 0; i < alerts; i++)
        match = correlated[i].match.rule == rule ? &correlated[i].match : match;
    for (uint32_t i = 0; match && !*fired && i < match->fields_len; i++)
        buf_addf(why, "%s%.*s=%.*s", i ? ", " : "", STR_FMT(match->fields[i].field),
                 STR_FMT(match->fields[i].value));
    *fired = *fired || match;
    return buf_check(why);
}

static int play_test(struct file_run *run, const struct yaml_node *node, uint32_t rule,
                     bool must_fire)
{
    struct tester *t = run->tester;
    struct proctree *tree CLEANUP(free_tree) = NULL;
    struct buf why CLEANUP(buf_done) = {0};
    bool fired = false;
    struct correlator *correlator CLEANUP(free_correlator) = NULL;
    int rc = proctree_new(TREE_PROCESSES, &tree);
    if (!rc)
        rc = correlator_new(run->set, &correlator);
    if (!rc && node->type == YAML_MAP)
        rc = play_event(run, tree, correlator, node, rule, &fired, &why);
    for (size_t i = 0; !rc && node->type == YAML_LIST && i < node->len; i++)
        rc = play_event(run, tree, correlator, node->items[i], rule, &fired, &why);
    if (rc)
        return rc;
    t->totals.events++;
    if (node->type == YAML_SCALAR)
        fail(t, run->path, node->line, "a test is an event or a list of events", (struct str){0});
    else if (must_fire && !fired)
        fail(t, run->path, node->line, "must fire, but was quiet",
             ruleset_info(run->set, rule).title);
    else if (!must_fire && fired)
        fail(t, run->path, node->line, "must be quiet, but fired", buf_str(&why));
    return 0;
}

/* ------------------------------------------------------------------ one rule, one file */

static int play_list(struct file_run *run, const struct yaml_node *list, uint32_t rule,
                     bool must_fire)
{
    if (list->type != YAML_LIST) {
        fail(run->tester, run->path, list->line, "'fire' and 'quiet' are lists of events",
             (struct str){0});
        return 0;
    }
    for (size_t i = 0; i < list->len; i++) {
        int rc = play_test(run, list->items[i], rule, must_fire);
        if (rc)
            return rc;
    }
    return 0;
}

static int play_tests(struct file_run *run, const struct yaml_node *tests, uint32_t rule)
{
    for (size_t i = 0; tests->type == YAML_MAP && i < tests->len; i++) {
        const struct yaml_pair *pair = &tests->pairs[i];
        bool fire = str_is(pair->key->text, "fire");
        int rc = 0;
        if (fire || str_is(pair->key->text, "quiet"))
            rc = play_list(run, pair->value, rule, fire);
        else
            fail(run->tester, run->path, pair->key->line,
                 "unknown key; tests have 'fire' and 'quiet'", pair->key->text);
        if (rc)
            return rc;
    }
    return 0;
}

/* The compiled rule of a document; ruleset_len when it was refused. */
static uint32_t find_rule(const struct ruleset *set, struct str id, struct str title)
{
    uint32_t rule = 0;
    while (rule < ruleset_len(set) + ruleset_correlations(set)) {
        struct rule_info info = ruleset_info(set, rule);
        if (id.len ? str_eq_nocase(info.id, id) : str_eq(info.title, title))
            break;
        rule++;
    }
    return rule;
}

static int play_document(struct file_run *run, const struct yaml_node *doc)
{
    struct tester *t = run->tester;
    struct str title = yaml_find_text(doc, "title");
    const struct yaml_node *tests = yaml_find(yaml_find(doc, "cordon"), "tests");
    uint32_t rule = find_rule(run->set, yaml_find_text(doc, "id"), title);
    if (rule == ruleset_len(run->set) + ruleset_correlations(run->set))
        return 0; /* refused, and counted as a failure already */
    if (!tests && ruleset_is_silent(run->set, rule))
        return 0;
    t->totals.rules++;
    if (!yaml_find(tests, "fire") || !yaml_find(tests, "quiet")) {
        t->totals.untested++;
        out_line(&t->cli->out, "%s:%u: no tests: %.*s", run->path, doc->line, STR_FMT(title));
    }
    return tests ? play_tests(run, tests, rule) : 0;
}

static int play_file(void *arg, const char *path, struct str bytes, struct err *err)
{
    struct tester *t = arg;
    struct file_run run = {.tester = t, .path = path};
    struct rules rules CLEANUP(rules_done) = {0};
    struct arena arena CLEANUP(arena_done) = {0};
    struct engine *engine CLEANUP(free_engine) = NULL;
    struct yaml_node **docs = NULL;
    size_t docs_len = 0;

    int rc = rules_init(&rules, count_refused, t);
    if (!rc)
        rc = rules_use_options(&rules, t->opt, err);
    if (!rc)
        rc = rules_add_bytes(&rules, path, bytes, err);
    if (!rc)
        rc = rules_finish(&rules, err);
    if (!rc)
        rc = engine_new(rules.set, &engine);
    if (rc)
        return rc;
    /* What is no YAML at all was refused by the compiler with its place. */
    rc = yaml_parse(bytes, path, &yaml_limits_default, &arena, &docs, &docs_len, NULL);
    if (rc)
        return rc == E_NOMEM ? rc : 0;
    run.set = rules.set;
    run.engine = engine;
    for (size_t i = 0; i < docs_len; i++) {
        rc = play_document(&run, docs[i]);
        if (rc)
            return rc;
    }
    return 0;
}

int cmd_rules_test(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct tester t CLEANUP(tester_done) = {.cli = cli, .opt = opt};
    int rc = normaliser_new(&t.normaliser);
    if (!rc && !opt->args_len)
        rc = rulefiles_each_builtin(play_file, &t, err);
    for (size_t i = 0; !rc && i < opt->args_len; i++)
        rc = rulefiles_each(opt->args[i], RULEFILES_YAML, play_file, &t, err);
    if (rc)
        return rc;
    out_line(&cli->out, "%u rules, %u tests, %u failures, %u rules without tests", t.totals.rules,
             t.totals.events, t.totals.failures, t.totals.untested);
    return t.totals.failures ? EXIT_REFUSED : 0;
}
