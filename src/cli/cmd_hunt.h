/* `cordon hunt` and `cordon rules backtest`: expressions and rules over the server's telemetry or
 * over recordings. */
#ifndef CORDON_CLI_CMD_HUNT_H
#define CORDON_CLI_CMD_HUNT_H

#include "cli/opt.h"

extern const struct opt_row cmd_hunt_rows[];
int cmd_hunt(struct cli *cli, const struct opt *opt, struct err *err);
/** In cmd_backtest.c. */
extern const struct opt_row cmd_backtest_rows[];
int cmd_backtest(struct cli *cli, const struct opt *opt, struct err *err);

#endif
