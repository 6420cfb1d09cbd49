/* `cordon fields` and `cordon kinds`: what rules and filters can name. */
#ifndef CORDON_CLI_CMD_SCHEMA_H
#define CORDON_CLI_CMD_SCHEMA_H

#include "cli/opt.h"

int cmd_fields(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_kinds(struct cli *cli, const struct opt *opt, struct err *err);

#endif
