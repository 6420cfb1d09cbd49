/* `cordon hunt`. See cmd_hunt.h. */
#include "cli/cmd_hunt.h"

#include "cli/alertprint.h"
#include "cli/hunting.h"
#include "cli/listing.h"
#include "cli/recording.h"
#include "cli/rulefiles.h"
#include "cli/rules.h"
#include "cli/view.h"
#include "detect/correlator.h"
#include "detect/expr.h"
#include "os/clock.h"

const struct opt_row cmd_hunt_rows[] = {
    {"since", 0, OPT_TEXT, "TIME", "received at or after: a span before now (7d), a date, RFC 3339",
     0, 0},
    {"until", 0, OPT_TEXT, "TIME", "received before", 0, 0},
    {"device", 0, OPT_TEXTS, "DEVICE", "only this device: host name or id", 0, 0},
    {"in", 0, OPT_TEXTS, "FILE", "read this recording instead of asking a server", 0, 0},
    {"limit", 0, OPT_NUMBER, "N", "most results to show; 0 = all (the default)", 0, 0},
    OPT_OUTPUT(LISTING_FORMS),
    OPT_END,
};

/* A rule file by its name, else an expression. */
static bool is_rule_file(struct str text)
{
    return str_ends(text, STR(".yml")) || str_ends(text, STR(".yaml"));
}

static int add_text(void *arg, const char *path, struct str bytes, struct err *err)
{
    struct buf *text = arg;
    (void)path;
    (void)err;
    if (text->len)
        buf_add_cstr(text, "\n---\n");
    buf_add_str(text, bytes);
    return buf_check(text);
}

/* ------------------------------------------------------------------ through a server */

/* Field of the result's event: the names have dots, so paths do not lead there. */
static void event_cell(struct listing *list, const json_t *item, const char *field)
{
    struct buf text CLEANUP(buf_done) = {0};
    const json_t *value = json_object_get(json_object_get(item, "event"), field);
    if (value)
        view_add(&text, value);
    listing_str(list, buf_str(&text));
}

static void matched_cell(struct listing *list, const json_t *item)
{
    struct buf text CLEANUP(buf_done) = {0};
    const char *field;
    json_t *value;
    json_object_foreach(json_object_get(item, "matched"), field, value)
    {
        if (text.len)
            buf_add_char(&text, ' ');
        buf_addf(&text, "%s=", field);
        view_add(&text, value);
    }
    const json_t *correlation = json_object_get(item, "correlation");
    if (correlation)
        buf_addf(&text, "%s(%lld events)", text.len ? " " : "",
                 (long long)json_integer_value(json_object_get(correlation, "events_total")));
    listing_str(list, str_sub(buf_str(&text), 0, 300));
}

static int print_table(struct cli *cli, const json_t *items)
{
    static const struct listing_column columns[] = {
        {"time", "TIME"},       {"device", "DEVICE"}, {"kind", "KIND"},
        {"process", "PROCESS"}, {"pid", "PID"},       {"matched", "MATCHED"},
    };
    struct listing list CLEANUP(listing_done);
    listing_init(&list, LISTING_TABLE, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        struct str host = view_text(item, "hostname");
        event_cell(&list, item, "time");
        listing_str(&list, host.len ? host : view_text(item, "device"));
        event_cell(&list, item, "kind");
        event_cell(&list, item, "process.executable");
        event_cell(&list, item, "process.pid");
        matched_cell(&list, item);
    }
    return listing_print(&list, &cli->out);
}

static int hunt_server(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct api *api CLEANUP(api_freep) = NULL;
    struct buf rules CLEANUP(buf_done) = {0};
    json_t *body CLEANUP(json_freep) = NULL;
    json_t *hunt CLEANUP(json_freep) = NULL;
    json_t *items CLEANUP(json_freep) = NULL;
    struct str text = str_of(opt->args[0]);
    bool file = is_rule_file(text);
    unsigned form = opt_choice(opt, "output");
    int rc = file ? rulefiles_each(opt->args[0], RULEFILES_YAML, add_text, &rules, err) : 0;
    if (!rc)
        rc = api_open(opt, &api, err);
    if (!rc)
        rc = hunting_body(api, opt, file ? "rules" : "expression", file ? buf_str(&rules) : text,
                          &body, err);
    if (!rc)
        rc = hunting_run(cli, api, body, &hunt, err);
    if (rc)
        return rc;
    rc = hunting_results(api, hunt, NULL, opt_number(opt, "limit", 0), &items, err);
    if (!rc && form == LISTING_TABLE)
        rc = hunting_name_devices(api, items, err);
    if (!rc)
        rc = form == LISTING_TABLE ? print_table(cli, items)
                                   : view_list(&cli->out, form, NULL, 0, items);
    if (rc)
        return rc;
    return cli_interrupted() ? EXIT_INTERRUPTED : 0;
}

/* ------------------------------------------------------------------ recordings */

struct local {
    struct cli *cli;
    struct ruleset *set;
    struct engine *engine;
    struct correlator *correlator; /* of the recording at hand */
    const char *file;
    unsigned form;
    int64_t since_ns;
    int64_t until_ns;
    int64_t most; /* 0 = all */
    int64_t found;
};

static int print_match(struct local *l, const char *file, uint64_t line, const struct match *match,
                       const struct event *event, const struct correlated *correlated)
{
    const struct alertprint alert = {file, line, l->set, match, event, correlated};
    if (l->most && l->found >= l->most)
        return 0;
    if (l->form == LISTING_TABLE) {
        alertprint_line(&l->cli->out, &alert);
    } else {
        if (l->form == LISTING_JSON)
            buf_add_cstr(&l->cli->out.text, l->found ? "," : "[");
        alertprint_json(&l->cli->out, &alert);
    }
    l->found++;
    return l->cli->out.error;
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

static int match_event(void *arg, const char *file, uint64_t line, const struct event *event)
{
    struct local *l = arg;
    const struct match *matches = NULL;
    const struct correlated *fired = NULL;
    if ((l->since_ns && event->time_ns < l->since_ns) ||
        (l->until_ns && event->time_ns >= l->until_ns))
        return 0;
    int count = engine_match(l->engine, event, &matches);
    int rc = count < 0 ? count : begin_file(l, file);
    for (int i = 0; i < count && !rc; i++) {
        if (!ruleset_is_silent(l->set, matches[i].rule))
            rc = print_match(l, file, line, &matches[i], event, NULL);
    }
    if (!rc)
        count = correlator_event(l->correlator, event, line, matches, count, &fired);
    if (!rc && count < 0)
        rc = count;
    for (int i = 0; i < count && fired && !rc; i++)
        rc = print_match(l, file, line, &fired[i].match, event, &fired[i]);
    return rc;
}

static int load(struct cli *cli, const char *text, struct rules *rules, struct err *err)
{
    const struct expr_rule rule = {
        .id = STR("expression"), .source = "expression", .now_ns = clock_wall_ns()};
    int rc = rules_init(rules, rules_warn_refused, cli);
    if (!rc && is_rule_file(str_of(text))) {
        rc = rules_add_path(rules, text, err);
        if (!rc && !rules->counts.accepted)
            rc = err_set(err, E_PARSE, "%s: there is no rule to look for", text);
    } else if (!rc) {
        rc = builder_add_expr(rules->builder, str_of(text), &rule, err);
    }
    return rc ? rc : rules_finish(rules, err);
}

static int time_option(const struct opt *opt, const char *name, int64_t *ret_ns, struct err *err)
{
    const char *typed = opt_text(opt, name, NULL);
    return typed ? hunting_time(typed, name, clock_wall_ns(), ret_ns, err) : 0;
}

static int hunt_recordings(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct rules rules CLEANUP(rules_done) = {0};
    struct recording_counts counts = {0};
    struct local l = {
        .cli = cli, .form = opt_choice(opt, "output"), .most = opt_number(opt, "limit", 0)};
    size_t pos = 0;
    size_t device = 0;
    if (opt_text_next(opt, "device", &device))
        return err_set(err, E_ARG, "--device needs a server: a recording is of one device");
    int rc = load(cli, opt->args[0], &rules, err);
    if (!rc)
        rc = time_option(opt, "since", &l.since_ns, err);
    if (!rc)
        rc = time_option(opt, "until", &l.until_ns, err);
    if (!rc)
        rc = engine_new(rules.set, &l.engine);
    if (rc)
        return rc;
    l.set = rules.set;
    cli_catch_interrupt();
    if (l.form == LISTING_TABLE)
        alertprint_head(&cli->out);
    for (const char *file = opt_text_next(opt, "in", &pos); file && !rc && !cli_interrupted();
         file = opt_text_next(opt, "in", &pos))
        rc = recording_each(cli, file, match_event, &l, &counts, err);
    if (l.form == LISTING_JSON)
        buf_add_cstr(&cli->out.text, l.found ? "]\n" : "[]\n");
    out_flush(&cli->out);
    engine_free(l.engine);
    correlator_free(l.correlator);
    out_line(&cli->err, "%lld matches; %llu events read, %llu damaged", (long long)l.found,
             (unsigned long long)counts.events, (unsigned long long)counts.damaged);
    if (rc)
        return rc;
    return cli_interrupted() ? EXIT_INTERRUPTED : 0;
}

int cmd_hunt(struct cli *cli, const struct opt *opt, struct err *err)
{
    size_t pos = 0;
    return opt_text_next(opt, "in", &pos) ? hunt_recordings(cli, opt, err)
                                          : hunt_server(cli, opt, err);
}
