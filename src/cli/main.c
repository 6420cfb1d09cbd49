/* Entry of `cordon`, and of the worker that it starts for YARA: the same program under another
 * argument, so that what libyara does to its memory happens to nobody else's. */
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/cmd_scan.h"
#include "yara/serve.h"

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], SCAN_WORKER_ARG) == 0)
        return yara_serve(STDIN_FILENO, SCAN_WORKER_MEMORY);
    return cli_main(argc, argv);
}
