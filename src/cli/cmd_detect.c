/* `cordon detect`: its options, its rules, how many threads, and what is said at the end. The work
 * is done in blocks (detect_block.h) by threads (detect_jobs.h). See cmd_detect.h. */
#include "cli/cmd_detect.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "cli/alertprint.h"
#include "cli/cli.h"
#include "cli/detect_jobs.h"
#include "cli/rules.h"
#include "device/rule_disk.h"
#include "os/clock.h"

#define JOBS_BYTES INT64_C(16777216) /* of all inputs: fewer are done before threads help */
#define JOBS_MOST  8                 /* unless more are asked for: reading is one thread's work */

enum { FORM_JSONL, FORM_TABLE };

const struct opt_row cmd_detect_rows[] = {
    {"rules", 'r', OPT_TEXTS, "PATH", "Sigma rules to add: a file, or a folder with all below it",
     0, 0},
    {"exceptions", 'x', OPT_TEXTS, "FILE", "exceptions to the rules, YAML", 0, 0},
    RULES_PLACEHOLDERS,
    {"no-builtin", 0, OPT_FLAG, NULL, "leave out the analytics that come with the program", 0, 0},
    {"ruleset", 0, OPT_TEXT, "FILE", "take this file of 'cordon rules build' instead of rules", 0,
     0},
    {"format", 0, OPT_CHOICE, "auto|eslogger|champollion|fleet-edr|ecs|cordon|sigma",
     "form of the input; auto recognises each record", 0, 0},
    OPT_OUTPUT("jsonl|table"),
    {"disk", 0, OPT_FLAG, NULL, "let rules ask this machine's files, as they are now (one thread)",
     0, 0},
    {"jobs", 'j', OPT_NUMBER, "N",
     "threads (one a CPU for files that are worth it, 1 for pipes and small files)", 1,
     DETECT_JOBS_MOST},
    {"stats", 0, OPT_FLAG, NULL, "print rates and counts to standard error at the end", 0, 0},
    {"exit-code", 0, OPT_FLAG, NULL, "exit with status 3 when something matched", 0, 0},
    OPT_END,
};

static int load_rules(struct cli *cli, const struct opt *opt, struct rules *rules, struct err *err)
{
    size_t pos = 0;
    const char *path;
    const char *file = opt_text(opt, "ruleset", NULL);
    if (file && (opt_text(opt, "rules", NULL) || opt_flag(opt, "no-builtin")))
        return err_set(err, E_ARG, "--ruleset stands alone, without --rules and --no-builtin");
    if (file)
        return rules_load(rules, file, err);
    int rc = rules_init(rules, rules_warn_refused, cli);
    if (!rc)
        rc = rules_use_options(rules, opt, err);
    if (!rc && !opt_flag(opt, "no-builtin"))
        rc = rules_add_builtin(rules, err);
    while (!rc && (path = opt_text_next(opt, "rules", &pos)))
        rc = rules_add_path(rules, path, err);
    pos = 0;
    while (!rc && (path = opt_text_next(opt, "exceptions", &pos)))
        rc = rules_add_exceptions(rules, path, err);
    if (!rc && !rules->counts.accepted)
        rc = err_set(err, E_ARG, "there is no rule to match; name some with --rules=PATH");
    return rc ? rc : rules_finish(rules, err);
}

/* ------------------------------------------------------------------ threads */

static unsigned jobs_for(const struct opt *opt)
{
    int64_t bytes = 0;
    if (opt_flag(opt, "disk"))
        return 1;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    for (size_t i = 0; i < opt->args_len; i++) {
        struct stat st;
        if (str_is(str_of(opt->args[i]), "-") || stat(opt->args[i], &st))
            return 1;
        if (!S_ISREG(st.st_mode))
            return 1;
        bytes += st.st_size < JOBS_BYTES ? st.st_size : JOBS_BYTES;
    }
    if (bytes < JOBS_BYTES || cpus < 1)
        return 1;
    return cpus < JOBS_MOST ? (unsigned)cpus : JOBS_MOST;
}

struct workers {
    struct detect_worker *list;
    unsigned len;
    struct rule_disk *disk; /* asked by the only one; may be NULL */
};

static void workers_done(struct workers *w)
{
    for (unsigned i = 0; w->list && i < w->len; i++)
        detect_worker_done(&w->list[i]);
    mem_free(w->list);
    rule_disk_free(w->disk);
}

static int workers_init(struct workers *w, unsigned len, struct ruleset *set, bool use_disk)
{
    *w = (struct workers){mem_calloc(len, sizeof *w->list), len, NULL};
    int rc = w->list ? 0 : E_NOMEM;
    for (unsigned i = 0; !rc && i < len; i++)
        rc = detect_worker_init(&w->list[i], set);
    if (!rc && use_disk)
        rc = rule_disk_new(&w->disk);
    if (!rc && use_disk)
        rc = engine_use_disk(w->list[0].engine, rule_disk_of(w->disk));
    return rc;
}

/* ------------------------------------------------------------------ statistics */

static uint64_t hidden_by(const struct workers *w, uint32_t exception)
{
    uint64_t hidden = 0;
    for (unsigned i = 0; i < w->len; i++)
        hidden += engine_hidden(w->list[i].engine, exception);
    return hidden;
}

static void print_stats(const struct detect_run *run, const struct workers *w, int64_t elapsed_ns)
{
    uint64_t candidates = 0;
    uint64_t regex_runs = 0;
    for (unsigned i = 0; i < w->len; i++) {
        candidates += engine_stats(w->list[i].engine)->candidates;
        regex_runs += engine_stats(w->list[i].engine)->regex_runs;
    }
    double seconds = (double)(elapsed_ns > 0 ? elapsed_ns : 1) / (double)NS_PER_S;
    double per_event = run->events ? (double)candidates / (double)run->events : 0;
    out_line(&run->cli->err,
             "stats: events=%llu alerts=%llu damaged=%llu rules=%u candidates_per_event=%.3f "
             "regex_runs=%llu bytes=%llu jobs=%u seconds=%.3f events_per_s=%.0f mb_per_s=%.1f",
             (unsigned long long)run->events, (unsigned long long)run->alerts,
             (unsigned long long)run->faults, ruleset_len(run->set), per_event,
             (unsigned long long)regex_runs, (unsigned long long)run->bytes, w->len, seconds,
             (double)run->events / seconds, (double)run->bytes / 1e6 / seconds);
    if (ruleset_correlations(run->set)) {
        struct buf counts CLEANUP(buf_done) = {0};
        correlator_stats_text(&counts, &run->correlations);
        out_line(&run->cli->err, "stats: correlations rules=%u%.*s", ruleset_correlations(run->set),
                 STR_FMT(buf_str(&counts)));
    }
    if (w->disk) {
        const struct filelook_stats *disk = rule_disk_stats(w->disk);
        out_line(&run->cli->err,
                 "stats: disk opened=%llu unreadable=%llu too_many_a_second=%llu hashed=%llu",
                 (unsigned long long)disk->opened, (unsigned long long)disk->unreadable,
                 (unsigned long long)disk->too_many, (unsigned long long)disk->hashed);
    }
    for (uint32_t i = 0; i < ruleset_exceptions(run->set); i++)
        out_line(&run->cli->err, "stats: exception=%.*s rules=%u hidden=%llu",
                 STR_FMT(ruleset_exception_id(run->set, i)), ruleset_exception_rules(run->set, i),
                 (unsigned long long)hidden_by(w, i));
}

/* ------------------------------------------------------------------ the command */

/* First format whose word was chosen; the words of --format are the names of the formats. */
static enum event_format chosen_format(const struct opt *opt)
{
    static const enum event_format formats[] = {
#define FORMAT_ID(id, name) id,
        EVENT_FORMAT_LIST(FORMAT_ID)
#undef FORMAT_ID
    };
    struct str word = str_of(opt_text(opt, "format", event_format_name(FORMAT_AUTO)));
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        if (str_is(word, event_format_name(formats[i])))
            return formats[i];
    }
    return FORMAT_AUTO;
}

int cmd_detect(struct cli *cli, const struct opt *opt, struct err *err)
{
    struct rules rules CLEANUP(rules_done) = {0};
    struct workers workers CLEANUP(workers_done) = {0};
    int rc = load_rules(cli, opt, &rules, err);
    if (rc)
        return rc;
    struct detect_run run = {.cli = cli,
                             .set = rules.set,
                             .format = chosen_format(opt),
                             .table = opt_choice(opt, "output") == FORM_TABLE};
    struct detect_feed feed = {.names = opt->args, .len = opt->args_len};
    unsigned jobs = (unsigned)opt_number(opt, "jobs", jobs_for(opt));
    if (opt_flag(opt, "disk") && jobs > 1)
        return err_set(err, E_ARG, "--disk is one thread's work: leave --jobs out");
    rc = workers_init(&workers, jobs, rules.set, opt_flag(opt, "disk"));
    if (rc)
        return rc;

    cli_catch_interrupt();
    if (run.table)
        alertprint_head(&cli->out);
    int64_t start_ns = clock_mono_ns();
    rc = detect_jobs_run(&run, &feed, workers.list, workers.len);
    if (rc)
        return rc;
    out_flush(&cli->out);
    if (opt_flag(opt, "stats"))
        print_stats(&run, &workers, clock_mono_ns() - start_ns);
    if (cli_interrupted())
        return EXIT_INTERRUPTED;
    if (run.failed)
        return err_exit_status(run.failed);
    return opt_flag(opt, "exit-code") && run.alerts ? EXIT_MATCHED : 0;
}
