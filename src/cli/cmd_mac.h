/* `cordon mac-profiles`: the configuration profiles for an organisation's Macs, as files. */
#ifndef CORDON_CLI_CMD_MAC_H
#define CORDON_CLI_CMD_MAC_H

#include "cli/opt.h"

extern const struct opt_row cmd_mac_profiles_rows[];
int cmd_mac_profiles(struct cli *cli, const struct opt *opt, struct err *err);

#endif
