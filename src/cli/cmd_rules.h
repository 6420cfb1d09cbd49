/* `cordon rules check|list|test|coverage|build|convert|reference`: work on rule files without a
 * server. */
#ifndef CORDON_CLI_CMD_RULES_H
#define CORDON_CLI_CMD_RULES_H

#include "cli/opt.h"

extern const struct opt_row cmd_rules_rows[]; /* check and test */
extern const struct opt_row cmd_rules_list_rows[];
extern const struct opt_row cmd_rules_reference_rows[];

int cmd_rules_check(struct cli *cli, const struct opt *opt, struct err *err);
int cmd_rules_list(struct cli *cli, const struct opt *opt, struct err *err);
/** In cmd_rules_reference.c. */
int cmd_rules_reference(struct cli *cli, const struct opt *opt, struct err *err);
/** In cmd_rules_test.c. */
int cmd_rules_test(struct cli *cli, const struct opt *opt, struct err *err);
extern const struct opt_row cmd_rules_build_rows[];
int cmd_rules_build(struct cli *cli, const struct opt *opt, struct err *err);
/** In cmd_rules_coverage.c. */
extern const struct opt_row cmd_rules_coverage_rows[];
int cmd_rules_coverage(struct cli *cli, const struct opt *opt, struct err *err);
/** In cmd_rules_convert.c. */
extern const struct opt_row cmd_rules_convert_rows[];
int cmd_rules_convert(struct cli *cli, const struct opt *opt, struct err *err);

#endif
