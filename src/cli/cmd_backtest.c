/* `cordon rules backtest`: per rule matches, devices, matches a day and first examples. Over the
 * server's telemetry, or over recordings, each of which counts as a device. See cmd_hunt.h. */
#include "base/mem.h"
#include "base/timefmt.h"
#include "cli/cmd_hunt.h"
#include "cli/hunting.h"
#include "cli/listing.h"
#include "cli/recording.h"
#include "cli/rulefiles.h"
#include "cli/rules.h"
#include "cli/view.h"
#include "detect/correlator.h"
#include "os/clock.h"

enum { EXAMPLES_DEFAULT = 3, EXAMPLES_MOST = 100 };

const struct opt_row cmd_backtest_rows[] = {
    {"since", 0, OPT_TEXT, "TIME", "received at or after: a span before now (7d), a date, RFC 3339",
     0, 0},
    {"until", 0, OPT_TEXT, "TIME", "received before", 0, 0},
    {"device", 0, OPT_TEXTS, "DEVICE", "only this device: host name or id", 0, 0},
    {"in", 0, OPT_TEXTS, "FILE", "read this recording instead of asking a server", 0, 0},
    {"examples", 0, OPT_NUMBER, "N", "first matches to show of each rule (3)", 0, EXAMPLES_MOST},
    OPT_OUTPUT("table|json"),
    OPT_END,
};

/* ------------------------------------------------------------------ showing */

/* Matches a day over the time looked at, at least one day. */
static double per_day(int64_t matches, int64_t span_ns)
{
    double days = (double)span_ns / (86400.0 * (double)NS_PER_S);
    return (double)matches / (days > 1 ? days : 1);
}

static void show_example(struct out *out, const json_t *item)
{
    struct buf line CLEANUP(buf_done) = {0};
    const json_t *event = json_object_get(item, "event");
    struct str host = view_text(item, "hostname");
    struct str place = host.len ? host : view_text(item, "device");
    const char *field;
    json_t *value;
    view_add(&line, json_object_get(event, "time"));
    buf_addf(&line, "  %.*s", STR_FMT(place.len ? place : view_text(item, "file")));
    buf_add_cstr(&line, "  ");
    view_add(&line, json_object_get(event, "process.executable"));
    json_object_foreach(json_object_get(item, "matched"), field, value)
    {
        buf_addf(&line, "  %s=", field);
        view_add(&line, value);
    }
    const json_t *correlation = json_object_get(item, "correlation");
    if (correlation)
        buf_addf(&line, "  (%lld events)",
                 (long long)json_integer_value(json_object_get(correlation, "events_total")));
    out_line(out, "      %.*s", STR_FMT(str_sub(buf_str(&line), 0, 400)));
}

/* @param rules array of {"id","title","level","matches","devices","per_day","examples"} */
static void show_rules(struct out *out, const json_t *rules)
{
    out_line(out, "%8s  %7s  %9s  %-13s  %s", "MATCHES", "DEVICES", "PER DAY", "LEVEL", "RULE");
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *r = json_array_get(rules, i);
        const json_t *examples = json_object_get(r, "examples");
        bool silent = json_is_true(json_object_get(r, "silent"));
        out_line(out, "%8lld  %6lld%s  %9.1f  %-13.*s  %.*s%s",
                 (long long)json_integer_value(json_object_get(r, "matches")),
                 (long long)json_integer_value(json_object_get(r, "devices")),
                 json_is_true(json_object_get(r, "devices_more")) ? "+" : " ",
                 json_real_value(json_object_get(r, "per_day")), STR_FMT(view_text(r, "level")),
                 STR_FMT(view_text(r, "title")), silent ? " (for correlations only)" : "");
        for (size_t k = 0; k < json_array_size(examples); k++)
            show_example(out, json_array_get(examples, k));
    }
}

static int show(struct cli *cli, const struct opt *opt, const json_t *rules)
{
    if (opt_choice(opt, "output") != 0)
        return view_list(&cli->out, LISTING_JSON, NULL, 0, rules);
    show_rules(&cli->out, rules);
    return 0;
}

static int64_t examples_of(const struct opt *opt)
{
    return opt_number(opt, "examples", EXAMPLES_DEFAULT);
}

/* ------------------------------------------------------------------ through a server */

static int add_file(void *arg, const char *path, struct str bytes, struct err *err)
{
    struct buf *text = arg;
    (void)path;
    (void)err;
    if (text->len)
        buf_add_cstr(text, "\n---\n");
    buf_add_str(text, bytes);
    return buf_check(text);
}

static int64_t span_of(const json_t *hunt)
{
    int64_t first = 0;
    int64_t last = 0;
    if (timefmt_parse(view_text(hunt, "received_first"), &first) ||
        timefmt_parse(view_text(hunt, "received_last"), &last))
        return 0;
    return last - first;
}

/* Put its examples and its rate to a rule of the hunt. */
static int complete(struct api *api, const json_t *hunt, json_t *rule, int64_t examples,
                    struct err *err)
{
    json_t *items CLEANUP(json_freep) = json_array();
    int64_t matches = (int64_t)json_integer_value(json_object_get(rule, "matches"));
    const char *id = json_string_value(json_object_get(rule, "id"));
    int rc = items ? 0 : E_NOMEM;
    bool wanted = matches && examples && !json_is_true(json_object_get(rule, "silent"));
    if (!rc && wanted)
        rc = hunting_results(api, hunt, id, examples, &items, err);
    if (!rc && wanted)
        rc = hunting_name_devices(api, items, err);
    if (!rc && (json_object_set(rule, "examples", items) ||
                json_object_set_new(rule, "per_day", json_real(per_day(matches, span_of(hunt))))))
        rc = E_NOMEM;
    return rc;
}

static void tell_refused(struct cli *cli, const json_t *hunt)
{
    const json_t *refused = view_find(hunt, "detail.refused");
    for (size_t i = 0; i < json_array_size(refused); i++) {
        const json_t *r = json_array_get(refused, i);
        cli_warn(cli, "%.*s: %.*s (the rule is left out)", STR_FMT(view_text(r, "place")),
                 STR_FMT(view_text(r, "message")));
    }
}

static int test_server(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct api *api CLEANUP(api_freep) = NULL;
    struct buf text CLEANUP(buf_done) = {0};
    json_t *body CLEANUP(json_freep) = NULL;
    json_t *hunt CLEANUP(json_freep) = NULL;
    int64_t examples = examples_of(opt);
    int rc = 0;
    for (size_t i = 0; !rc && i < opt->args_len; i++)
        rc = rulefiles_each(opt->args[i], RULEFILES_YAML, add_file, &text, err);
    if (!rc)
        rc = api_open(opt, &api, err);
    if (!rc)
        rc = hunting_body(api, opt, "rules", buf_str(&text), &body, err);
    if (!rc && json_object_set_new(body, "results_per_rule", json_integer(examples ? examples : 1)))
        rc = E_NOMEM;
    if (!rc)
        rc = hunting_run(cli, api, body, &hunt, err);
    if (rc)
        return rc;
    tell_refused(cli, hunt);
    json_t *rules = json_object_get(json_object_get(hunt, "detail"), "rules");
    for (size_t i = 0; !rc && i < json_array_size(rules); i++)
        rc = complete(api, hunt, json_array_get(rules, i), examples, err);
    if (!rc)
        rc = show(cli, opt, rules);
    return rc ? rc : cli_interrupted() ? EXIT_INTERRUPTED : 0;
}

/* ------------------------------------------------------------------ recordings */

struct tally {
    int64_t matches;
    int64_t files;
    const char *last_file;
    json_t *examples;
};

struct local {
    struct ruleset *set;
    uint32_t rules_len; /* rules, then correlations */
    struct engine *engine;
    struct correlator *correlator; /* of the recording at hand */
    const char *file;
    struct tally *rules;
    int64_t examples;
    int64_t first_ns;
    int64_t last_ns;
};

static void local_done(struct local *l)
{
    for (uint32_t i = 0; l->rules && i < l->rules_len; i++)
        json_decref(l->rules[i].examples);
    mem_free(l->rules);
    engine_free(l->engine);
    correlator_free(l->correlator);
}

static int keep_example(struct local *l, struct tally *t, const char *file,
                        const struct match *match, const struct event *event,
                        const struct correlated *correlated)
{
    struct buf text CLEANUP(buf_done) = {0};
    json_t *place CLEANUP(json_freep) = json_string(file);
    if (correlated)
        alert_add_correlated_json(&text, STR(""), l->set, correlated, event, NULL, NULL);
    else
        alert_add_json(&text, STR(""), l->set, match, event);
    json_t *example CLEANUP(json_freep) =
        buf_check(&text) ? NULL : json_loadb(text.ptr, text.len, 0, NULL);
    /* An event may hold what is no UTF-8; it is counted all the same. */
    if (!example)
        return buf_check(&text);
    if (place && json_object_set(example, "file", place))
        return E_NOMEM;
    return json_array_append(t->examples, example) ? E_NOMEM : 0;
}

static int tally_match(struct local *l, const char *file, const struct match *match,
                       const struct event *event, const struct correlated *correlated)
{
    struct tally *t = &l->rules[match->rule];
    bool silent = !correlated && ruleset_is_silent(l->set, match->rule);
    t->files += t->last_file == file ? 0 : 1;
    t->last_file = file;
    return t->matches++ < l->examples && !silent
               ? keep_example(l, t, file, match, event, correlated)
               : 0;
}

/* Each recording is of a device of its own. */
static int begin_file(struct local *l, const char *file)
{
    if (l->file == file)
        return 0;
    l->file = file;
    correlator_free(TAKE(l->correlator));
    return correlator_new(l->set, &l->correlator);
}

static int tally_event(void *arg, const char *file, uint64_t line, const struct event *event)
{
    struct local *l = arg;
    const struct match *matches = NULL;
    const struct correlated *fired = NULL;
    if (event->time_ns && (!l->first_ns || event->time_ns < l->first_ns))
        l->first_ns = event->time_ns;
    if (event->time_ns > l->last_ns)
        l->last_ns = event->time_ns;
    int count = engine_match(l->engine, event, &matches);
    int rc = count < 0 ? count : begin_file(l, file);
    for (int i = 0; i < count && !rc; i++)
        rc = tally_match(l, file, &matches[i], event, NULL);
    if (!rc)
        count = correlator_event(l->correlator, event, line, matches, count, &fired);
    if (!rc && count < 0)
        rc = count;
    for (int i = 0; i < count && fired && !rc; i++)
        rc = tally_match(l, file, &fired[i].match, event, &fired[i]);
    return rc;
}

static int load(struct cli *cli, const struct opt *opt, struct rules *rules, struct local *l,
                struct err *err)
{
    int rc = rules_init(rules, rules_warn_refused, cli);
    for (size_t i = 0; !rc && i < opt->args_len; i++)
        rc = rules_add_path(rules, opt->args[i], err);
    if (!rc && !rules->counts.accepted)
        rc = err_set(err, E_ARG, "there is no rule to test");
    if (!rc)
        rc = rules_finish(rules, err);
    if (!rc)
        rc = engine_new(rules->set, &l->engine);
    if (rc)
        return rc;
    l->set = rules->set;
    l->rules_len = ruleset_len(l->set) + ruleset_correlations(l->set);
    l->rules = mem_calloc(l->rules_len + 1, sizeof *l->rules);
    for (uint32_t i = 0; l->rules && i < l->rules_len; i++) {
        l->rules[i].examples = json_array();
        if (!l->rules[i].examples)
            return E_NOMEM;
    }
    return l->rules ? 0 : E_NOMEM;
}

static json_t *local_rule(const struct local *l, uint32_t i)
{
    struct rule_info info = ruleset_info(l->set, i);
    const struct tally *t = &l->rules[i];
    json_t *rule =
        json_pack("{s:s%, s:s%, s:s, s:I, s:I, s:f, s:O}", "id", info.id.ptr, info.id.len, "title",
                  info.title.ptr, info.title.len, "level", rule_level_name(info.level), "matches",
                  (json_int_t)t->matches, "devices", (json_int_t)t->files, "per_day",
                  per_day(t->matches, l->last_ns - l->first_ns), "examples", t->examples);
    if (rule && ruleset_is_silent(l->set, i) && json_object_set_new(rule, "silent", json_true())) {
        json_decref(rule);
        return NULL;
    }
    return rule;
}

static int test_recordings(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct rules rules CLEANUP(rules_done) = {0};
    struct local l CLEANUP(local_done) = {.examples = examples_of(opt)};
    struct recording_counts counts = {0};
    json_t *list CLEANUP(json_freep) = json_array();
    size_t pos = 0;
    int rc = list ? load(cli, opt, &rules, &l, err) : E_NOMEM;
    cli_catch_interrupt();
    for (const char *file = opt_text_next(opt, "in", &pos); file && !rc && !cli_interrupted();
         file = opt_text_next(opt, "in", &pos))
        rc = recording_each(cli, file, tally_event, &l, &counts, err);
    for (uint32_t i = 0; !rc && i < l.rules_len; i++)
        rc = json_array_append_new(list, local_rule(&l, i)) ? E_NOMEM : 0;
    if (rc)
        return rc;
    out_line(&cli->err, "%llu events read, %llu damaged", (unsigned long long)counts.events,
             (unsigned long long)counts.damaged);
    rc = show(cli, opt, list);
    return rc ? rc : cli_interrupted() ? EXIT_INTERRUPTED : 0;
}

int cmd_backtest(struct cli *cli, const struct opt *opt, struct err *err)
{
    size_t pos = 0;
    if (!opt_text_next(opt, "in", &pos))
        return test_server(cli, opt, err);
    if (opt_text(opt, "since", NULL) || opt_text(opt, "until", NULL))
        return err_set(err, E_ARG, "--since and --until are times of receipt: they need a server");
    return test_recordings(cli, opt, err);
}
