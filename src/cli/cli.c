/* From the command line to the exit status. See cli.h. */
#include "cli/cli.h"

#include <signal.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/help.h"

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signo)
{
    (void)signo;
    interrupted = 1;
}

bool cli_interrupted(void)
{
    return interrupted != 0;
}

void cli_catch_interrupt(void)
{
    /* No SA_RESTART: a read that waits for input returns. */
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

void cli_warn(struct cli *cli, const char *fmt, ...)
{
    struct buf line CLEANUP(buf_done) = {0};
    va_list ap;
    va_start(ap, fmt);
    buf_vaddf(&line, fmt, ap);
    va_end(ap);
    out_line(&cli->err, "cordon: warning: %s", buf_cstr(&line));
    out_flush(&cli->err);
}

/* "cordon: detect: a.yml:3:5: message" */
static int report(struct cli *cli, const struct opt *opt, int code, const struct err *err)
{
    char text[ERR_SOURCE_BYTES + ERR_MESSAGE_BYTES + 32];
    (void)err_format(err, text, sizeof(text));
    const char *what = err->message[0] ? text : err_sentence(code);
    if (opt->command && opt->command->verb)
        out_line(&cli->err, "cordon: %s %s: %s", opt->command->noun, opt->command->verb, what);
    else if (opt->command)
        out_line(&cli->err, "cordon: %s: %s", opt->command->noun, what);
    else
        out_line(&cli->err, "cordon: %s", what);
    return err_exit_status(code);
}

static int run(struct cli *cli, const struct opt *opt, struct err *err)
{
    if (opt->version) {
        buf_add_cstr(&cli->out.text, "cordon " CORDON_VERSION "\n");
        return 0;
    }
    if (opt->help) {
        help_add(&cli->out.text, cli_commands, opt);
        return 0;
    }
    return opt->command->run(cli, opt, err);
}

int cli_main(int argc, char *const *argv)
{
    struct cli cli = {0};
    struct opt opt CLEANUP(opt_done) = {0};
    struct err err = {0};

    /* A reader that went away ("| head") shows as E_CLOSED of the output. */
    (void)signal(SIGPIPE, SIG_IGN);
    out_init(&cli.out, STDOUT_FILENO, true);
    out_init(&cli.err, STDERR_FILENO, true);

    int rc = opt_parse(cli_commands, argc, argv, &opt, &err);
    if (opt.no_color)
        cli.out.color = cli.err.color = false;
    if (!rc)
        rc = run(&cli, &opt, &err);

    int written = out_done(&cli.out);
    if (written == E_CLOSED) {
        (void)out_done(&cli.err);
        return 128 + SIGPIPE;
    }
    if (rc >= 0 && written) {
        err_clear(&err);
        rc = out_check(&cli.out, &err);
    }
    int status = rc < 0 ? report(&cli, &opt, rc, &err) : rc;
    (void)out_done(&cli.err);
    return status;
}
