/* `cordon detect`: reader -> normaliser -> process tree -> engine over each input, one thread. A
 * damaged record costs a message, never the run. See cmd_detect.h. */
#include "cli/cmd_detect.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/timefmt.h"
#include "cli/alertprint.h"
#include "cli/cli.h"
#include "cli/rules.h"
#include "event/normalise.h"
#include "event/proctree.h"
#include "event/reader.h"
#include "os/clock.h"
#include "os/file.h"

#define TREE_PROCESSES     65536
#define FAULTS_SHOWN       50                /* of one input; the rest is only counted */
#define PROGRESS_BYTES     INT64_C(67108864) /* smaller inputs are done before anybody wonders */
#define PROGRESS_EVERY_NS  (NS_PER_S / 2)
#define PROGRESS_EVERY_REC 1024 /* records between two looks at the clock */

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
    {"stats", 0, OPT_FLAG, NULL, "print rates and counts to standard error at the end", 0, 0},
    {"exit-code", 0, OPT_FLAG, NULL, "exit with status 3 when something matched", 0, 0},
    OPT_END,
};

struct detect {
    struct cli *cli;
    struct ruleset *set;
    struct normaliser *normaliser;
    struct engine *engine;
    enum event_format format;
    unsigned form;
    uint64_t events;
    uint64_t alerts;
    uint64_t faults;
    uint64_t bytes;
    struct correlator_stats correlations;
    int64_t progress_ns; /* time of the last progress line, 0 = none shown */
    int failed;          /* first input that could not be read at all: its code */
};

/* One input. */
struct input {
    const char *name;
    int fd;
    bool live;    /* more may come later: alerts are written at once */
    int64_t size; /* bytes of a regular file that is worth a progress line, else 0 */
    struct reader *reader;
    struct proctree *tree;
    struct correlator *correlator;
    uint64_t faults;
};

static void input_done(struct input *in)
{
    reader_free(in->reader);
    proctree_free(in->tree);
    correlator_free(in->correlator);
    if (in->fd > STDIN_FILENO)
        (void)close(in->fd);
}

static void detect_done(struct detect *d)
{
    engine_free(d->engine);
    normaliser_free(d->normaliser);
}

/* ------------------------------------------------------------------ messages */

static void clear_progress(struct detect *d)
{
    if (d->progress_ns) {
        buf_add_cstr(&d->cli->err.text, "\r\x1b[K");
        out_flush(&d->cli->err);
        d->progress_ns = 0;
    }
}

static void show_progress(struct detect *d, const struct input *in)
{
    int64_t now = clock_mono_ns();
    if (d->progress_ns && now - d->progress_ns < PROGRESS_EVERY_NS)
        return;
    d->progress_ns = now;
    struct out *err = &d->cli->err;
    uint64_t done = reader_bytes(in->reader);
    buf_add_cstr(&err->text, "\r\x1b[K");
    out_printable(err, str_of(in->name));
    buf_addf(&err->text, ": %llu %%, %llu events, %llu alerts",
             (unsigned long long)(done * 100 / (uint64_t)in->size), (unsigned long long)d->events,
             (unsigned long long)d->alerts);
    out_flush(err);
}

static void report_fault(struct detect *d, struct input *in, uint64_t line, const struct err *err)
{
    d->faults++;
    if (++in->faults > FAULTS_SHOWN)
        return;
    clear_progress(d);
    if (err->column)
        out_line(&d->cli->err, "%s:%llu:%u: %s", in->name, (unsigned long long)line, err->column,
                 err->message);
    else
        out_line(&d->cli->err, "%s:%llu: %s", in->name, (unsigned long long)line, err->message);
    out_flush(&d->cli->err);
}

/* ------------------------------------------------------------------ one input */

static void print_alert(struct detect *d, const struct alertprint *alert)
{
    clear_progress(d);
    if (d->form == FORM_TABLE)
        alertprint_line(&d->cli->out, alert);
    else
        alertprint_json(&d->cli->out, alert);
    d->alerts++;
}

static int match_event(struct detect *d, const struct input *in, uint64_t line,
                       const struct event *event)
{
    const struct match *matches;
    const struct correlated *fired = NULL;
    uint64_t before = d->alerts;
    int count = engine_match(d->engine, event, &matches);
    if (count < 0)
        return count;
    for (int i = 0; i < count; i++) {
        struct alertprint alert = {in->name, line, d->set, &matches[i], event, NULL};
        if (!ruleset_is_silent(d->set, matches[i].rule))
            print_alert(d, &alert);
    }
    count = correlator_event(in->correlator, event, line, matches, count, &fired);
    for (int i = 0; i < count; i++) {
        struct alertprint alert = {in->name, line, d->set, &fired[i].match, event, &fired[i]};
        print_alert(d, &alert);
    }
    if (d->alerts != before && in->live)
        out_flush(&d->cli->out);
    return count < 0 ? count : 0;
}

/* @return 0, or what ends the whole run (out of memory, the output is gone) */
static int take_record(struct detect *d, struct input *in, struct str record, uint64_t line)
{
    struct event event;
    struct err err = {0};
    int rc = normaliser_record(d->normaliser, record, d->format, &event, &err);
    if (rc == E_NOMEM)
        return rc;
    if (rc) {
        report_fault(d, in, line, &err);
        return 0;
    }
    d->events++;
    rc = proctree_apply(in->tree, &event);
    if (!rc)
        rc = match_event(d, in, line, &event);
    if (!rc)
        rc = d->cli->out.error;
    if (in->size && d->events % PROGRESS_EVERY_REC == 0)
        show_progress(d, in);
    return rc;
}

static int read_all(struct detect *d, struct input *in, struct err *err)
{
    while (!cli_interrupted()) {
        struct str record;
        uint64_t line = 0;
        struct err fault = {0};
        int rc = reader_next(in->reader, &record, &line, &fault);
        if (rc == E_CLOSED)
            break;
        if (rc == E_AGAIN)
            continue;
        if (rc == E_PARSE || rc == E_LIMIT) {
            report_fault(d, in, line, &fault);
            continue;
        }
        if (rc) {
            *err = fault;
            err_prefix(err, "%s", in->name);
            return rc;
        }
        rc = take_record(d, in, record, line);
        if (rc)
            return rc;
    }
    if (in->faults > FAULTS_SHOWN)
        out_line(&d->cli->err, "%s: %llu further damaged records", in->name,
                 (unsigned long long)(in->faults - FAULTS_SHOWN));
    return 0;
}

static int open_input(struct detect *d, const char *name, struct input *in, struct err *err)
{
    struct stat st;
    bool standard = str_is(str_of(name), "-");
    in->name = standard ? "(standard input)" : name;
    in->fd = standard ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
    if (in->fd < 0)
        return err_errno(err, file_errno_code(errno), errno, "cannot read %s", name);
    if (fstat(in->fd, &st))
        return err_errno(err, E_IO, errno, "cannot read %s", name);
    if (S_ISDIR(st.st_mode))
        return err_set(err, E_ARG, "%s is a folder; name the recordings in it", name);
    in->live = !S_ISREG(st.st_mode);
    if (!in->live && st.st_size >= PROGRESS_BYTES && d->cli->err.tty && !d->cli->out.tty)
        in->size = st.st_size;
    int rc = reader_new(in->fd, &in->reader);
    if (!rc)
        rc = proctree_new(TREE_PROCESSES, &in->tree);
    return rc ? rc : correlator_new(d->set, &in->correlator);
}

/* One input; a file that cannot be read is reported and the next one taken. */
static int run_input(struct detect *d, const char *name)
{
    struct input in CLEANUP(input_done) = {.fd = -1};
    struct err err = {0};
    int rc = open_input(d, name, &in, &err);
    if (!rc)
        rc = read_all(d, &in, &err);
    if (in.reader)
        d->bytes += reader_bytes(in.reader);
    if (in.correlator)
        correlator_stats_add(&d->correlations, correlator_stats(in.correlator));
    clear_progress(d);
    if (rc == 0 || rc == E_NOMEM || d->cli->out.error)
        return rc;
    out_line(&d->cli->err, "cordon: detect: %s", err.message);
    out_flush(&d->cli->err);
    if (!d->failed)
        d->failed = rc;
    return 0;
}

/* ------------------------------------------------------------------ the command */

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

static void print_stats(const struct detect *d, int64_t elapsed_ns)
{
    const struct engine_stats *e = engine_stats(d->engine);
    double seconds = (double)(elapsed_ns > 0 ? elapsed_ns : 1) / (double)NS_PER_S;
    double per_event = d->events ? (double)e->candidates / (double)d->events : 0;
    out_line(&d->cli->err,
             "stats: events=%llu alerts=%llu damaged=%llu rules=%u candidates_per_event=%.3f "
             "regex_runs=%llu bytes=%llu seconds=%.3f events_per_s=%.0f mb_per_s=%.1f",
             (unsigned long long)d->events, (unsigned long long)d->alerts,
             (unsigned long long)d->faults, ruleset_len(d->set), per_event,
             (unsigned long long)e->regex_runs, (unsigned long long)d->bytes, seconds,
             (double)d->events / seconds, (double)d->bytes / 1e6 / seconds);
    if (ruleset_correlations(d->set)) {
        struct buf counts CLEANUP(buf_done) = {0};
        correlator_stats_text(&counts, &d->correlations);
        out_line(&d->cli->err, "stats: correlations rules=%u%.*s", ruleset_correlations(d->set),
                 STR_FMT(buf_str(&counts)));
    }
    for (uint32_t i = 0; i < ruleset_exceptions(d->set); i++)
        out_line(&d->cli->err, "stats: exception=%.*s rules=%u hidden=%llu",
                 STR_FMT(ruleset_exception_id(d->set, i)), ruleset_exception_rules(d->set, i),
                 (unsigned long long)engine_hidden(d->engine, i));
}

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
    int rc = load_rules(cli, opt, &rules, err);
    if (rc)
        return rc;
    struct detect d CLEANUP(detect_done) = {.cli = cli,
                                            .set = rules.set,
                                            .format = chosen_format(opt),
                                            .form = opt_choice(opt, "output")};
    rc = normaliser_new(&d.normaliser);
    if (!rc)
        rc = engine_new(rules.set, &d.engine);
    if (rc)
        return rc;

    cli_catch_interrupt();
    if (d.form == FORM_TABLE)
        alertprint_head(&cli->out);
    int64_t start_ns = clock_mono_ns();
    for (size_t i = 0; i < opt->args_len && !cli_interrupted(); i++) {
        rc = run_input(&d, opt->args[i]);
        if (rc)
            return rc;
    }
    out_flush(&cli->out);
    if (opt_flag(opt, "stats"))
        print_stats(&d, clock_mono_ns() - start_ns);
    if (cli_interrupted())
        return EXIT_INTERRUPTED;
    if (d.failed)
        return err_exit_status(d.failed);
    return opt_flag(opt, "exit-code") && d.alerts ? EXIT_MATCHED : 0;
}
