/* The table of all commands of `cordon`, in the order in which help shows them. One row a command,
 * one file cmd_<noun>.c a noun. */
#ifndef CORDON_CLI_COMMANDS_H
#define CORDON_CLI_COMMANDS_H

#include "cli/opt.h"

/** Ends with a NULL noun. */
extern const struct opt_command cli_commands[];

#endif
