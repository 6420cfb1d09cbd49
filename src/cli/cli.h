/* The `cordon` program: what a command is given to work with, and the way from the command line to
 * its exit status. Called by main.c; commands include it for `struct cli`. */
#ifndef CORDON_CLI_CLI_H
#define CORDON_CLI_CLI_H

#include "cli/opt.h"
#include "cli/out.h"

struct cli {
    struct out out; /* standard output: the data */
    struct out err; /* standard error: everything else; written at each line */
};

/** Exit statuses that are not an error's own (base/err.h). */
enum {
    EXIT_FOUND_NOTHING_WRONG = 0,
    EXIT_REFUSED = 1, /* a check or test did its work and found faults */
    EXIT_MATCHED = 3, /* --exit-code: something matched */
    EXIT_INTERRUPTED = 130
};

/** Run one command line. @return the exit status of the process */
int cli_main(int argc, char *const *argv);

/** "cordon: warning: ..." on standard error. */
void cli_warn(struct cli *cli, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** Made true by the first SIGINT or SIGTERM after cli_catch_interrupt; a second one kills. */
bool cli_interrupted(void);
/** From here on the command ends by itself when cli_interrupted says so. */
void cli_catch_interrupt(void);

#endif
