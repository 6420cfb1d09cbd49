/* `cordon scan`: YARA rules over files and folders. */
#ifndef CORDON_CLI_CMD_SCAN_H
#define CORDON_CLI_CMD_SCAN_H

#include <stdint.h>

#include "cli/opt.h"

/** Argument by which the program starts itself as the worker. */
#define SCAN_WORKER_ARG    "--yara-worker"
#define SCAN_WORKER_MEMORY (UINT64_C(3) << 30)

extern const struct opt_row cmd_scan_rows[];

int cmd_scan(struct cli *cli, const struct opt *opt, struct err *err);

#endif
