/* `cordon prevent ...`: prevent and allow lists, offline and on the server. */
#ifndef CORDON_CLI_CMD_PREVENT_H
#define CORDON_CLI_CMD_PREVENT_H

#include "cli/opt.h"

extern const struct opt_row cmd_prevent_test_rows[];
extern const struct opt_row cmd_prevent_preview_rows[];

extern const struct opt_row cmd_prevent_add_rows[];
extern const struct opt_row cmd_prevent_import_rows[];
extern const struct opt_row cmd_prevent_list_rows[];
extern const struct opt_row cmd_prevent_export_rows[];
extern const struct opt_row cmd_prevent_remove_rows[];

extern const struct opt_row cmd_prevent_sign_rows[];
/* Offline: cmd_prevent.c, cmd_prevent_preview.c, cmd_prevent_sign.c. */
int cmd_prevent_sign(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_prevent_check(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_prevent_test(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_prevent_preview(struct cli *cli, const struct opt *opt, struct err *err);

/* Through a server: cmd_prevent_fleet.c. */
int cmd_prevent_list(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_prevent_add(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_prevent_import(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_prevent_export(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_prevent_remove(struct cli *cli, const struct opt *opt, struct err *err);

#endif
