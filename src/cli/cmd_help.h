/* `cordon help`: the same texts as --help, and the reference of all commands. */
#ifndef CORDON_CLI_CMD_HELP_H
#define CORDON_CLI_CMD_HELP_H

#include "cli/opt.h"

extern const struct opt_row cmd_help_rows[];

int cmd_help(struct cli *cli, const struct opt *opt, struct err *err);

#endif
