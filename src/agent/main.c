/* Entry of cordon-agent: run (monitor), enroll, selftest, and the two roles that the monitor
 * starts. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/account.h"
#include "agent/analyst.h"
#include "agent/enroll.h"
#include "agent/monitor.h"
#include "agent/selftest/selftest.h"
#include "agent/uplink.h"
#include "os/log.h"
#include "os/proc.h"
#include "proto/agent_msg.h"
#include "yara/serve.h"

#define YARA_MEMORY_BYTES (UINT64_C(1) << 30)

enum { YARA_PRECEDENCE = 10 }; /* behind everything a person waits for */

struct options {
    const char *command; /* one of `commands`, or NULL */
    const char *role;    /* given by the monitor only */
    const char *config;
    const char *token_file;
    const char *output; /* of selftest */
    bool here;          /* selftest: this process was started for it */
};

static const char *const commands[] = {"run", "enroll", "selftest"};

static void usage(FILE *out)
{
    struct buf keys CLEANUP(buf_done) = {0};
    agent_config_help(&keys);
    (void)fprintf(out,
                  "usage: cordon-agent run [--config FILE]\n"
                  "       cordon-agent enroll --token-file FILE [--config FILE]\n"
                  "       cordon-agent selftest [-o table|json] [--config FILE]\n"
                  "       cordon-agent --version | --help\n\n"
                  "The endpoint of Cordon. selftest checks whether it can work on this device and "
                  "says what to do\nwhere it cannot; exit status 1 when a check failed. FILE "
                  "is " AGENT_CONFIG_PATH
                  " unless given; --token-file - reads standard input.\nConfiguration keys:\n%s",
                  buf_cstr(&keys));
}

static int bad_word(const char *word)
{
    static const char *const known[] = {"run",          "enroll",    "selftest", "--config",
                                        "--token-file", "--version", "--output", "--help"};
    (void)fprintf(stderr, "cordon-agent: unknown argument '%s'", word);
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (str_distance(str_of(word), str_of(known[i]), 2) <= 2)
            (void)fprintf(stderr, ", did you mean '%s'?", known[i]);
    }
    (void)fputs("\nTry 'cordon-agent --help'.\n", stderr);
    return err_exit_status(E_ARG);
}

static bool is_command(const char *word)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(word, commands[i]) == 0)
            return true;
    }
    return false;
}

/* @return -1 to go on, else the exit status */
static int parse(int argc, char **argv, struct options *o)
{
    const struct {
        const char *name;
        const char **value;
    } valued[] = {{"--config", &o->config},
                  {"--role", &o->role},
                  {"--token-file", &o->token_file},
                  {"--output", &o->output},
                  {"-o", &o->output}};
    for (int i = 1; i < argc; i++) {
        const char **value = NULL;
        if (strcmp(argv[i], "--help") == 0) {
            usage(stdout);
            return 0;
        }
        if (strcmp(argv[i], "--version") == 0) {
            (void)printf("cordon-agent %s\n", CORDON_VERSION);
            return 0;
        }
        for (size_t v = 0; v < ARRAY_LEN(valued); v++) {
            if (strcmp(argv[i], valued[v].name) == 0)
                value = valued[v].value;
        }
        if (strcmp(argv[i], "--here") == 0) {
            o->here = true;
            continue;
        }
        if (!value && !o->command && is_command(argv[i])) {
            o->command = argv[i];
            continue;
        }
        if (!value)
            return bad_word(argv[i]);
        if (++i == argc) {
            (void)fprintf(stderr, "cordon-agent: %s needs a value\n", argv[i - 1]);
            return err_exit_status(E_ARG);
        }
        *value = argv[i];
    }
    return -1;
}

static int fail(const struct err *err, int rc)
{
    char text[ERR_SOURCE_BYTES + ERR_MESSAGE_BYTES + 32];
    (void)err_format(err, text, sizeof text);
    (void)fprintf(stderr, "cordon-agent: %s\n", err->message[0] ? text : err_sentence(rc));
    return err_exit_status(rc);
}

static void start_log(const struct agent_config *c, const char *program)
{
    enum log_level level = LOG_INFO;
    (void)!log_level_parse(c->log_level, &level);
    log_init(program, STDERR_FILENO,
             str_is(c->log_format, "json") ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT, level);
}

/* Files come as descriptors, so no account needs to read them. */
static int run_yara(const struct agent_config *c, struct err *err)
{
    uid_t uid;
    gid_t gid;
    (void)setpriority(PRIO_PROCESS, 0, YARA_PRECEDENCE);
    int rc = account_find(c->analyst_user, &uid, &gid, err);
    if (rc == 0 && uid)
        rc = proc_drop_privileges(uid, gid, err);
    return rc ? fail(err, rc) : yara_serve(STDIN_FILENO, YARA_MEMORY_BYTES);
}

/* A child's socket is its standard input; logs go to standard error. */
static int run_role(const struct options *o, const struct agent_config *c, struct err *err)
{
    uid_t uid;
    gid_t gid;
    bool analyst = strcmp(o->role, "analyst") == 0;
    if (strcmp(o->role, AGENT_YARA_ROLE) == 0)
        return run_yara(c, err);
    (void)setpriority(PRIO_PROCESS, 0, 0); /* the monitor's precedence is its own */
    if (!analyst && strcmp(o->role, "uplink") != 0)
        return fail(err, err_set(err, E_ARG, "there is no role '%s'", o->role));
    start_log(c, analyst ? "cordon-analyst" : "cordon-uplink");
    int rc = account_find(analyst ? c->analyst_user : c->uplink_user, &uid, &gid, err);
    if (rc)
        return fail(err, rc);
    int fd = dup(STDIN_FILENO);
    if (fd < 0)
        return fail(err, err_set(err, E_IO, "a role is started by the monitor only"));
    return analyst ? analyst_main(fd, uid, gid) : uplink_main(fd, c, uid, gid);
}

static int run_monitor(const char *config_path, const struct agent_config *c, struct err *err)
{
    char program[PATH_MAX];
    char config[PATH_MAX];
    uid_t uid;
    gid_t gid;
    int rc = account_find(c->analyst_user, &uid, &gid, err);
    if (rc == 0)
        rc = account_find(c->uplink_user, &uid, &gid, err);
    if (rc)
        return fail(err, rc);
    start_log(c, "cordon-agent");
    rc = proc_own_path(program, sizeof program, err);
    if (rc)
        return fail(err, rc);
    if (!realpath(config_path, config))
        return fail(err, err_errno(err, E_NOT_FOUND, errno, "cannot find %s", config_path));
    return monitor_main(program, config, c);
}

/* A process started by hand has the Full Disk Access of the terminal: the test runs once more as a
 * process that has its own, as the agent has. */
static int run_selftest(const struct options *o, const struct agent_config *c, struct err *err)
{
    char program[PATH_MAX];
    const char *output = o->output ? o->output : "table";
    const char *argv[] = {program,   "selftest", "--here", "--config",
                          o->config, "--output", output,   NULL};
    if (strcmp(output, "table") != 0 && strcmp(output, "json") != 0)
        return fail(err, err_set(err, E_ARG, "--output is '%s', expected table or json", output));
#ifdef __APPLE__
    if (!o->here && proc_own_path(program, sizeof program, NULL) == 0) {
        int status = selftest_disclaimed(argv);
        if (status >= 0)
            return status;
    }
#else
    (void)argv;
#endif
    log_init("cordon-agent", STDERR_FILENO, LOG_FORMAT_TEXT, LOG_ERROR);
    return selftest_main(c, o->config,
                         strcmp(output, "json") == 0 ? SELFTEST_JSON : SELFTEST_TABLE);
}

int main(int argc, char **argv)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct options o = {.config = AGENT_CONFIG_PATH};
    struct agent_config config;
    struct err err = {0};
    int status = parse(argc, argv, &o);
    if (status >= 0)
        return status;
    if (!o.command && !o.role) {
        usage(stderr);
        return err_exit_status(E_ARG);
    }
    int rc = agent_config_load(o.config, &arena, &config, &err);
    if (rc)
        return fail(&err, rc);
    if (o.role)
        return run_role(&o, &config, &err);
    if (strcmp(o.command, "run") == 0)
        return run_monitor(o.config, &config, &err);
    if (strcmp(o.command, "selftest") == 0)
        return run_selftest(&o, &config, &err);
    if (!o.token_file)
        return fail(&err, err_set(&err, E_ARG, "enroll needs --token-file"));
    start_log(&config, "cordon-agent");
    rc = enroll_run(&config, o.token_file, &err);
    return rc ? fail(&err, rc) : 0;
}
