/* Entry of cordon-sim: simulated Macs against a real cordond. For tests and demonstrations; never
 * installed. */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "cli/opt.h"
#include "event/normalise.h"
#include "os/log.h"
#include "sim.h"

static const struct opt_row rows[] = {
    {"server", 0, OPT_TEXT, "URL", "device listener, https://host:port", 0, 0},
    {"ca-fingerprint", 0, OPT_TEXT, "HEX", "SHA-256 of the server's CA certificate", 0, 0},
    {"token-file", 0, OPT_TEXT, "FILE", "group enrollment token; read when a Mac enrols", 0, 0},
    {"state", 0, OPT_TEXT, "DIR", "folder for the Macs' keys, spools and state", 0, 0},
    {"devices", 0, OPT_NUMBER, "N", "how many Macs (default 5)", 1, SIM_DEVICES_MAX},
    {"names", 0, OPT_TEXT, "PREFIX", "host names PREFIX-001 ... instead of the invented people's",
     0, 0},
    {"story", 0, OPT_TEXTS, "FILE", "story to play; may be given several times", 0, 0},
    {"recordings", 0, OPT_TEXTS, "FILE",
     "recording to play in a loop; several are dealt out to the Macs in turn", 0, 0},
    {"speed", 0, OPT_NUMBER, "X", "play X times faster (default 1)", 1, 100000},
    {"seed", 0, OPT_NUMBER, "N", "same seed, same Macs and same numbers (default 1)", 0, INT32_MAX},
    {"log-level", 0, OPT_CHOICE, "info|debug|warn|error", "least level logged", 0, 0},
    OPT_END,
};

static const struct opt_command commands[] = {
    {.group = "", .noun = "run", .args = "", .rows = rows, .summary = "simulate Macs"},
    {.noun = NULL},
};

static void usage(void)
{
    (void)printf(
        "usage: cordon-sim --server URL --ca-fingerprint HEX --token-file FILE --state DIR "
        "[OPTION]...\n\nSimulated Macs that enrol with a cordond, report, raise alerts and "
        "obey. SIGUSR1 begins stories again.\n\n");
    for (size_t i = 0; rows[i].name; i++)
        (void)printf("  --%-14s %-22s %s\n", rows[i].name, rows[i].value, rows[i].doc);
}

static int fail(const struct err *err, int rc)
{
    char text[ERR_SOURCE_BYTES + ERR_MESSAGE_BYTES + 32];
    (void)err_format(err, text, sizeof text);
    (void)fprintf(stderr, "cordon-sim: %s\n", err->message[0] ? text : err_sentence(rc));
    return err_exit_status(rc);
}

static int read_options(const struct opt *opt, struct sim_options *o, struct err *err)
{
    static const char *const needed[] = {"server", "ca-fingerprint", "token-file", "state"};
    size_t len;
    for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
        if (!opt_text(opt, needed[i], NULL))
            return err_set(err, E_ARG, "--%s is missing", needed[i]);
    }
    struct str hex = str_of(opt_text(opt, "ca-fingerprint", ""));
    if (text_hex_decode(hex, o->fingerprint, sizeof o->fingerprint, &len) != 0 ||
        len != sizeof o->fingerprint)
        return err_set(err, E_ARG, "--ca-fingerprint '%.*s': expected 64 hex digits", STR_FMT(hex));
    o->server = opt_text(opt, "server", NULL);
    o->token_file = opt_text(opt, "token-file", NULL);
    o->state = opt_text(opt, "state", NULL);
    o->names = opt_text(opt, "names", NULL);
    o->devices = (unsigned)opt_number(opt, "devices", 5);
    o->speed = opt_number(opt, "speed", 1);
    o->seed = (uint64_t)opt_number(opt, "seed", 1);
    return 0;
}

struct stories {
    struct story *list[SIM_STORIES_MAX];
    size_t len;
};

static void stories_done(struct stories *s)
{
    for (size_t i = 0; i < s->len; i++)
        story_free(s->list[i]);
}

static size_t count(const struct opt *opt, const char *name)
{
    size_t pos = 0;
    size_t n = 0;
    while (opt_text_next(opt, name, &pos))
        n++;
    return n;
}

static int load_stories(const struct opt *opt, struct normaliser *normaliser,
                        struct stories *stories, struct err *err)
{
    uint32_t cast = (uint32_t)count(opt, "recordings");
    const char *path;
    size_t pos = 0;
    if (count(opt, "story") + cast > SIM_STORIES_MAX)
        return err_set(err, E_LIMIT, "more than %d stories and recordings", SIM_STORIES_MAX);
    while ((path = opt_text_next(opt, "story", &pos))) {
        int rc = story_load(path, normaliser, &stories->list[stories->len], err);
        if (rc)
            return rc;
        stories->len++;
    }
    pos = 0;
    for (uint32_t seat = 1; (path = opt_text_next(opt, "recordings", &pos)); seat++) {
        int rc =
            story_of_recording(path, seat, cast, normaliser, &stories->list[stories->len], err);
        if (rc)
            return rc;
        stories->len++;
    }
    return 0;
}

static int run(const struct opt *opt, struct err *err)
{
    static const enum log_level levels[] = {LOG_INFO, LOG_DEBUG, LOG_WARN, LOG_ERROR};
    struct stories stories CLEANUP(stories_done) = {0};
    struct normaliser *normaliser = NULL;
    struct sim_options options = {0};
    log_init("cordon-sim", STDERR_FILENO, LOG_FORMAT_TEXT, levels[opt_choice(opt, "log-level")]);
    int rc = read_options(opt, &options, err);
    if (rc == 0 && normaliser_new(&normaliser))
        rc = err_set(err, E_NOMEM, "out of memory");
    if (rc == 0)
        rc = load_stories(opt, normaliser, &stories, err);
    if (rc == 0)
        rc = sim_run(&options, stories.list, stories.len, normaliser, err);
    normaliser_free(normaliser);
    return rc;
}

/* Each Mac has about eight descriptors. */
static void allow_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* The option table wants a command's name; there is one command, and nobody types it. */
int main(int argc, char **argv)
{
    struct opt opt CLEANUP(opt_done) = {0};
    struct err err = {0};
    const char **words = mem_calloc((size_t)argc + 2, sizeof *words);
    if (!words)
        return err_exit_status(E_NOMEM);
    words[0] = argv[0];
    words[1] = "run";
    for (int i = 1; i < argc; i++)
        words[i + 1] = argv[i];
    (void)signal(SIGPIPE, SIG_IGN);
    allow_files();
    int rc = opt_parse(commands, argc + 1, (char *const *)(uintptr_t)words, &opt, &err);
    if (rc == 0 && opt.version)
        (void)puts("cordon-sim " CORDON_VERSION);
    else if (rc == 0 && opt.help)
        usage();
    else if (rc == 0)
        rc = run(&opt, &err);
    int status = rc ? fail(&err, rc) : 0;
    mem_free(words);
    return status;
}
