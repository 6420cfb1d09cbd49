/* `cordon detect`: rules over recordings. */
#ifndef CORDON_CLI_CMD_DETECT_H
#define CORDON_CLI_CMD_DETECT_H

#include "cli/opt.h"

extern const struct opt_row cmd_detect_rows[];

int cmd_detect(struct cli *cli, const struct opt *opt, struct err *err);

#endif
