/* `cordon scan`: the walk over files, one worker, a line for each match. A file that cannot be
 * scanned costs a message, never the run. See cmd_scan.h. */
#include "cli/cmd_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "cli/cli.h"
#include "cli/rulefiles.h"
#include "cli/scan_upload.h"
#include "cli/view.h"
#include "codec/json_out.h"
#include "crypto/hash.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/proc.h"
#include "proto/json_in.h"
#include "yara/serve.h"
#include "yara/worker.h"
#include "yara/yara.h"

#define PROGRESS_EVERY_NS (NS_PER_S / 2)

enum { FORM_TABLE, FORM_JSONL };
enum { SECONDS_MOST = 3600, MEGABYTES_MOST = 1024 };

const struct opt_row cmd_scan_rows[] = {
    {"yara", 'y', OPT_TEXTS, "PATH",
     "YARA rules: a file, a folder of which every *.yar and *.yara is taken, or 'builtin' (the "
     "default)",
     0, 0},
    {"upload", 0, OPT_FLAG, NULL, "send each file to the server instead, which has rules", 0, 0},
    {"ruleset", 0, OPT_TEXT, "VERSION", "with --upload: not the ruleset in force", 0, 0},
    {"seconds", 0, OPT_NUMBER, "N", "most seconds for one file (default 30)", 1, SECONDS_MOST},
    {"megabytes", 0, OPT_NUMBER, "N", "look at the first N MiB of a file (default 256)", 1,
     MEGABYTES_MOST},
    OPT_OUTPUT("table|jsonl"),
    {"exit-code", 0, OPT_FLAG, NULL, "exit with status 3 when something matched", 0, 0},
    OPT_END,
};

struct scan {
    struct cli *cli;
    unsigned form;
    struct yara_worker *worker;
    struct api *api; /* NULL: the files are scanned here */
    const char *ruleset;
    uint32_t rules; /* of the server */
    struct yara_found found;
    unsigned rule_files;
    uint64_t files; /* scanned */
    uint64_t matches;
    uint64_t failed;
    uint64_t cut;
    int64_t progress_ns; /* 0 = no progress line shown */
};

static void scan_done(struct scan *s)
{
    yara_worker_free(s->worker);
    api_free(s->api);
    yara_found_done(&s->found);
}

static void close_fts(FTS **fts)
{
    if (*fts)
        (void)fts_close(*fts);
}

static void clear_progress(struct scan *s)
{
    if (s->progress_ns) {
        buf_add_cstr(&s->cli->err.text, "\r\x1b[K");
        out_flush(&s->cli->err);
        s->progress_ns = 0;
    }
}

static void show_progress(struct scan *s)
{
    int64_t now = clock_mono_ns();
    if (!s->cli->err.tty || (s->progress_ns && now - s->progress_ns < PROGRESS_EVERY_NS))
        return;
    s->progress_ns = now;
    buf_addf(&s->cli->err.text, "\r\x1b[K%llu files, %llu matches", (unsigned long long)s->files,
             (unsigned long long)s->matches);
    out_flush(&s->cli->err);
}

static void report(struct scan *s, const char *path, const char *message)
{
    clear_progress(s);
    s->failed++;
    out_line(&s->cli->err, "%s: %s", path, message);
    out_flush(&s->cli->err);
}

/* ------------------------------------------------------------------ rules */

static int add_rules(void *arg, const char *path, struct str text, struct err *err)
{
    struct scan *s = arg;
    s->rule_files++;
    return yara_worker_add(s->worker, str_of(path), text) ? err_set(err, E_NOMEM, "out of memory")
                                                          : 0;
}

static int load_rules(struct scan *s, const struct opt *opt, struct err *err)
{
    size_t pos = 0;
    const char *path;
    int rc = 0;
    if (!opt_text(opt, "yara", NULL))
        rc = rulefiles_each_signature(add_rules, s, err);
    while (!rc && (path = opt_text_next(opt, "yara", &pos)))
        rc = strcmp(path, RULEFILES_BUILTIN_PATH) == 0
                 ? rulefiles_each_signature(add_rules, s, err)
                 : rulefiles_each(path, RULEFILES_YARA, add_rules, s, err);
    if (!rc && !s->rule_files)
        rc = err_set(err, E_ARG, "there are no rules to look for; name some with --yara PATH");
    return rc ? rc : yara_worker_start(s->worker, err);
}

/* ------------------------------------------------------------------ one file */

static void print_match(struct scan *s, const char *path, const json_t *match, const char *sha256)
{
    struct out *out = &s->cli->out;
    const char *rule = json_string_value(json_object_get(match, "rule"));
    s->matches++;
    if (s->form == FORM_TABLE) {
        out_line(out, "%-40s  %s", rule ? rule : "", path);
        return;
    }
    struct json_out j = {.out = &out->text};
    char *text = json_dumps(match, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_object_begin(&j);
    json_kv_cstr(&j, "path", path);
    json_kv_cstr(&j, "sha256", sha256);
    json_kv_uint(&j, "bytes", s->found.bytes);
    json_kv_bool(&j, "cut", s->found.cut);
    json_key(&j, "match");
    json_raw(&j, text ? str_of(text) : STR("null"));
    json_object_end(&j);
    free(text);
    buf_add_char(&out->text, '\n');
    out_end_line(out);
}

static void print_matches(struct scan *s, const char *path, int fd)
{
    struct buf list CLEANUP(buf_done) = {0};
    unsigned char digest[HASH_BYTES];
    char sha256[HASH_HEX_BYTES] = "";
    json_error_t error;
    if (s->found.rules.len == 0)
        return;
    clear_progress(s);
    if (s->form == FORM_JSONL && lseek(fd, 0, SEEK_SET) == 0 &&
        hash_sha256_fd(fd, UINT64_MAX, digest, NULL) == 0)
        hash_hex(digest, sha256);
    buf_addf(&list, "[%.*s]", STR_FMT(buf_str(&s->found.rules)));
    json_t *matches CLEANUP(json_in_freep) = json_loads(buf_cstr(&list), 0, &error);
    if (!matches)
        report(s, path, "the worker's answer is no list of matches");
    for (size_t i = 0; i < json_array_size(matches); i++)
        print_match(s, path, json_array_get(matches, i), sha256);
}

/* ------------------------------------------------------------------ by the server */

static void print_entry(struct scan *s, const char *path, const json_t *entry, const char *sha256)
{
    struct out *out = &s->cli->out;
    struct buf action CLEANUP(buf_done) = {0};
    s->matches++;
    if (s->form == FORM_TABLE) {
        buf_addf(&action, "prevent list: %.*s", STR_FMT(view_text(entry, "action")));
        out_line(out, "%-40s  %s", buf_cstr(&action), path);
        return;
    }
    struct json_out j = {.out = &out->text};
    char *text = json_dumps(entry, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_object_begin(&j);
    json_kv_cstr(&j, "path", path);
    json_kv_cstr(&j, "sha256", sha256);
    json_key(&j, "prevent");
    json_raw(&j, text ? str_of(text) : STR("null"));
    json_object_end(&j);
    free(text);
    buf_add_char(&out->text, '\n');
    out_end_line(out);
}

static void print_answer(struct scan *s, const char *path, const json_t *answer)
{
    const json_t *matches = json_object_get(answer, "matches");
    const json_t *entry = json_object_get(answer, "prevent");
    const char *sha256 = json_string_value(json_object_get(answer, "sha256"));
    const char *reason = json_string_value(json_object_get(answer, "reason"));
    s->rules = (uint32_t)json_integer_value(json_object_get(answer, "rules"));
    s->found.bytes = (uint64_t)json_integer_value(json_object_get(answer, "bytes"));
    clear_progress(s);
    if (!json_is_true(json_object_get(answer, "complete")))
        report(s, path, reason ? reason : "the server did not look at all of it");
    if (json_is_object(entry))
        print_entry(s, path, entry, sha256 ? sha256 : "");
    for (size_t i = 0; i < json_array_size(matches); i++)
        print_match(s, path, json_array_get(matches, i), sha256 ? sha256 : "");
}

/* What concerns one file alone costs a message, anything else ends the run. */
static int send_file(struct scan *s, const char *path, int fd, off_t bytes, struct err *err)
{
    struct err why = {0};
    json_t *answer CLEANUP(json_freep) = NULL;
    int rc = scan_upload(s->api, s->ruleset, fd, (uint64_t)bytes, &answer, &why);
    if (rc == E_LIMIT || rc == E_IO || rc == E_TIMEOUT) {
        report(s, path, why.message);
        return 0;
    }
    if (rc) {
        *err = why;
        return rc;
    }
    print_answer(s, path, answer);
    show_progress(s);
    return s->cli->out.error;
}

/* ------------------------------------------------------------------ all files */

static int scan_file(struct scan *s, const char *path, struct err *end)
{
    struct err err = {0};
    struct stat st;
    int fd CLEANUP(fd_closep) = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        report(s, path, strerror(errno));
        return 0;
    }
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return 0; /* it was another file a moment ago */
    s->files++;
    if (s->api)
        return send_file(s, path, fd, st.st_size, end);
    int rc = yara_worker_scan(s->worker, fd, &s->found, &err);
    if (rc)
        report(s, path, err.message);
    s->cut += s->found.cut;
    print_matches(s, path, fd);
    show_progress(s);
    return rc == E_NOMEM ? rc : s->cli->out.error;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int scan_path(struct scan *s, const char *path, struct err *err)
{
    char *roots[] = {(char *)(uintptr_t)path, NULL};
    FTS *fts CLEANUP(close_fts) =
        fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name);
    FTSENT *e;
    int rc = fts ? 0 : err_errno(err, file_errno_code(errno), errno, "cannot read %s", path);
    while (rc == 0 && !cli_interrupted() && (e = fts_read(fts))) {
        if (e->fts_info == FTS_F)
            rc = scan_file(s, e->fts_path, err);
        else if (e->fts_info == FTS_NS || e->fts_info == FTS_ERR || e->fts_info == FTS_DNR)
            report(s, e->fts_path, strerror(e->fts_errno));
    }
    return rc;
}

/* `own` is the worker's program as long as it may be started. */
static int start_here(struct scan *s, const struct opt *opt, char *own, const char *const *argv,
                      struct err *err)
{
    struct yara_limits limits = yara_limits_default;
    if (s->ruleset)
        return err_set(err, E_ARG, "--ruleset is for --upload");
    if (!yara_available())
        return err_set(
            err, E_UNSUPPORTED,
            "YARA is not part of this program on this system; a server has it: --upload");
    limits.seconds = (uint32_t)opt_number(opt, "seconds", limits.seconds);
    limits.file_bytes = (uint64_t)opt_number(opt, "megabytes", (int64_t)(limits.file_bytes >> 20))
                        << 20;
    int rc = proc_own_path(own, PATH_MAX, err);
    if (rc == 0)
        rc = yara_worker_new(argv, &limits, &s->worker);
    return rc ? rc : load_rules(s, opt, err);
}

static int start_there(struct scan *s, const struct opt *opt, struct err *err)
{
    size_t pos = 0;
    if (opt_text_next(opt, "yara", &pos) || opt_number(opt, "seconds", 0) ||
        opt_number(opt, "megabytes", 0))
        return err_set(err, E_ARG, "with --upload the server has the rules and the limits");
    return api_open(opt, &s->api, err);
}

int cmd_scan(struct cli *cli, const struct opt *opt, struct err *err)
{
    char own[PATH_MAX];
    const char *const argv[] = {own, SCAN_WORKER_ARG, NULL};
    struct scan s CLEANUP(scan_done) = {
        .cli = cli, .form = opt_choice(opt, "output"), .ruleset = opt_text(opt, "ruleset", NULL)};
    int rc =
        opt_flag(opt, "upload") ? start_there(&s, opt, err) : start_here(&s, opt, own, argv, err);
    cli_catch_interrupt();
    for (size_t i = 0; rc == 0 && i < opt->args_len && !cli_interrupted(); i++)
        rc = scan_path(&s, opt->args[i], err);
    clear_progress(&s);
    if (rc)
        return rc;
    out_line(&cli->err, "%llu files with %u rules: %llu matches, %llu not scanned%s",
             (unsigned long long)s.files, s.api ? s.rules : yara_worker_rules(s.worker),
             (unsigned long long)s.matches, (unsigned long long)s.failed,
             s.cut ? "; files longer than --megabytes were looked at in part" : "");
    if (cli_interrupted())
        return EXIT_INTERRUPTED;
    if (opt_flag(opt, "exit-code") && s.matches)
        return EXIT_MATCHED;
    return s.failed ? EXIT_REFUSED : 0;
}
