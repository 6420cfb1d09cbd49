/* `cordon exception ...`: exceptions to rules, offline and on the server. */
#ifndef CORDON_CLI_CMD_EXCEPTION_H
#define CORDON_CLI_CMD_EXCEPTION_H

#include "cli/opt.h"

extern const struct opt_row cmd_exception_check_rows[];

int cmd_exception_check(struct cli *cli, const struct opt *opt, struct err *err);

#endif
