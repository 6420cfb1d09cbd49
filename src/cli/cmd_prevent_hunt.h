/* `cordon prevent preview` without recordings: what a list would have stopped on the fleet, from
 * the telemetry that its server keeps. Called by cmd_prevent_preview.c. */
#ifndef CORDON_CLI_CMD_PREVENT_HUNT_H
#define CORDON_CLI_CMD_PREVENT_HUNT_H

#include "cli/opt.h"
#include "detect/list.h"

/**
 * Hunt for the entries that deny, one rule each, wait, and print those that matched.
 * @return exit status, or an error of the API
 */
int prevent_hunt(struct cli *cli, const struct opt *opt, const struct list *list, struct err *err);

#endif
