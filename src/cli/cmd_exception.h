/* `cordon exception ...`: exceptions to rules, offline and on the server. */
#ifndef CORDON_CLI_CMD_EXCEPTION_H
#define CORDON_CLI_CMD_EXCEPTION_H

#include "cli/opt.h"

extern const struct opt_row cmd_exception_check_rows[];
extern const struct opt_row cmd_exception_list_rows[];
extern const struct opt_row cmd_exception_remove_rows[];

int cmd_exception_check(struct cli *cli, const struct opt *opt, struct err *err);

/* Through a server: cmd_exception_fleet.c. */
int cmd_exception_list(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_exception_add(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_exception_remove(struct cli *cli, const struct opt *opt, struct err *err);

#endif
